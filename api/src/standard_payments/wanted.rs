//! The tokenized family: each method read into what the engine is asked, and asked.

use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_engine::tokenized::{
    Associate, Pay, Refresh, Refund, SendOtp, StatementNotified, VerifyOtp,
};
use paceline_engine::{Engine, EngineError, Keyed, Reply};
use serde_json::{Map, Value};

use super::fingerprint::canonical;
use super::read::Members;
use super::serve::Family;
use super::settings::Dialect;
use super::{Fault, Method, request};

/// What is asked, once all of it is read.
pub enum Wanted {
    SendOtp(SendOtp),
    VerifyOtp(VerifyOtp),
    Associate(Associate),
    Refresh(Refresh),
    Capture(Pay),
    CaptureLater(Pay),
    Refund(Refund),
    Disburse(Pay),
    Statement(StatementNotified),
}

impl Family for Method {
    type Wanted = Wanted;

    fn at(path: &str) -> Option<Self> {
        Self::named(path)
    }

    fn name(self) -> &'static str {
        self.word()
    }

    fn is_echo(self) -> bool {
        self == Self::Echo
    }

    fn has_account(self) -> bool {
        match self {
            Self::Capture
            | Self::AsynchronousCapture
            | Self::Refund
            | Self::DisburseFunds
            | Self::RemittanceStatementNotification => true,
            Self::Echo
            | Self::SendOtp
            | Self::VerifyOtp
            | Self::AssociateAccount
            | Self::RefreshToken => false,
        }
    }

    fn fingerprint(engine: &Engine, body: Map<String, Value>) -> [u8; 32] {
        engine.fingerprint(&canonical(body))
    }

    fn read(
        self,
        body: Members<'_>,
        id: RequestId,
        account: Option<IntegratorAccountId>,
        dialect: &Dialect,
    ) -> Result<Wanted, Fault> {
        let of = || account.clone().expect("the method has an account");
        Ok(match self {
            Self::SendOtp => Wanted::SendOtp(request::send_otp(body, id)?),
            Self::VerifyOtp => Wanted::VerifyOtp(request::verify_otp(body, id)?),
            Self::AssociateAccount => Wanted::Associate(request::associate(body, id)?),
            Self::RefreshToken => Wanted::Refresh(request::refresh(body, id)?),
            Self::Capture => Wanted::Capture(request::capture(body, id, of())?),
            Self::AsynchronousCapture => {
                Wanted::CaptureLater(request::capture_later(body, id, of())?)
            }
            Self::Refund => Wanted::Refund(request::refund(body, id, of())?),
            Self::DisburseFunds => Wanted::Disburse(request::disburse(body, id, of())?),
            Self::RemittanceStatementNotification => {
                Wanted::Statement(request::statement(body, id, of(), dialect.total_due)?)
            }
            Self::Echo => unreachable!("the engine is not asked this"),
        })
    }

    async fn ask(engine: &Engine, wanted: Wanted, keyed: Keyed) -> Result<Reply, EngineError> {
        match wanted {
            Wanted::SendOtp(wanted) => engine.send_otp(wanted, keyed).await,
            Wanted::VerifyOtp(wanted) => engine.verify_otp(wanted, keyed).await,
            Wanted::Associate(wanted) => engine.associate(wanted, keyed).await,
            Wanted::Refresh(wanted) => engine.refresh_token(wanted, keyed).await,
            Wanted::Capture(pay) => engine.capture(pay, keyed).await,
            Wanted::CaptureLater(pay) => engine.capture_later(pay, keyed).await,
            Wanted::Refund(refund) => engine.refund(refund, keyed).await,
            Wanted::Disburse(pay) => engine.disburse(pay, keyed).await,
            Wanted::Statement(statement) => engine.statement_notified(statement, keyed).await,
        }
    }
}
