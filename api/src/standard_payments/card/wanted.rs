//! The card family: each method read into what the engine is asked, and asked.

use paceline_domain::card_payment::Flow;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_engine::card::{Authorize, Capture, Defend, Refund, Void};
use paceline_engine::{Engine, EngineError, Keyed, Reply};
use serde_json::{Map, Value};

use super::{Method, request};
use crate::standard_payments::fingerprint::canonical;
use crate::standard_payments::read::Members;
use crate::standard_payments::serve::Family;
use crate::standard_payments::{Dialect, Fault};

/// What is asked, once all of it is read.
pub enum Wanted {
    Authorize(Box<Authorize>),
    Capture(Capture),
    Void(Void),
    Refund(Refund),
    Defend(Defend),
}

impl Family for Method {
    type Wanted = Wanted;

    fn at(path: &str) -> Option<Self> {
        Self::named(path)
    }

    fn name(self) -> &'static str {
        Method::name(self)
    }

    fn is_echo(self) -> bool {
        self == Self::Echo
    }

    fn has_account(self) -> bool {
        self != Self::Echo
    }

    /// Keyed: whoever reads what is stored must not be able to try numbers and codes against it.
    fn fingerprint(engine: &Engine, body: Map<String, Value>) -> [u8; 32] {
        engine.card_fingerprint(&canonical(body))
    }

    fn read(
        self,
        body: Members<'_>,
        id: RequestId,
        account: Option<IntegratorAccountId>,
        _: &Dialect,
    ) -> Result<Wanted, Fault> {
        let account = account.expect("the method has an account");
        let authorize = |flow, id, account| {
            request::authorize(body, flow, id, account).map(Box::new).map(Wanted::Authorize)
        };
        Ok(match self {
            Self::ReserveFunds => authorize(Flow::Reserve, id, account)?,
            Self::Capture => authorize(Flow::Capture, id, account)?,
            Self::VerifyCardWithMinimumReservation => authorize(Flow::Verify, id, account)?,
            Self::AsynchronousCaptureFundsReservation => {
                Wanted::Capture(request::capture(body, id, account)?)
            }
            Self::AsynchronousCancelFundsReservation => {
                Wanted::Void(request::void(body, id, account)?)
            }
            Self::AsynchronousRefund => Wanted::Refund(request::refund(body, id, account)?),
            Self::DefendChargeback => Wanted::Defend(request::defend(body, id, account)?),
            Self::Echo => unreachable!("the engine is not asked this"),
        })
    }

    async fn ask(engine: &Engine, wanted: Wanted, keyed: Keyed) -> Result<Reply, EngineError> {
        match wanted {
            Wanted::Authorize(wanted) => engine.authorize_card(*wanted, keyed).await,
            Wanted::Capture(wanted) => engine.capture_card(wanted, keyed).await,
            Wanted::Void(wanted) => engine.void_card(wanted, keyed).await,
            Wanted::Refund(wanted) => engine.refund_card(wanted, keyed).await,
            Wanted::Defend(wanted) => engine.defend_chargeback(wanted, keyed).await,
        }
    }
}
