//! Google's side of the requests: what it wants, under which id, and what it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use paceline_domain::account::Profile;
use paceline_domain::ids::AccountId;
use paceline_domain::money::Micros;
use paceline_domain::text::Text;
use paceline_engine::tokenized::{
    Approval, Associate, Instrument, OtpReceiver, Pay, Proven, Refund, SendOtp, StatementNotified,
};
use paceline_engine::{Engine, EngineError, Keyed, Reply};
use tokio::task::JoinHandle;

use crate::common::standard::{account, association, keyed, piaid, redirect, request, secret};
use crate::common::{text, usd};
use crate::simulation::machine::Power;
use crate::simulation::standard::day::ACCOUNTS;
use crate::simulation::standard::google::Ears;
use crate::simulation::standard::phones::Phones;

/// One request, however often it is sent.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Told apart by its content.
    pub number: usize,
    /// The request's id.
    pub id: usize,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Link {
        token: usize,
        account: usize,
    },
    Capture {
        token: usize,
        amount: i64,
    },
    /// By somebody who has just signed in; a few requests have the same sign-in.
    Challenged {
        token: usize,
        amount: i64,
        sign_in: usize,
    },
    CaptureLater {
        token: usize,
        amount: i64,
    },
    Disburse {
        token: usize,
        amount: i64,
    },
    /// A one-time password to the customer of the token, for its association alone or for any.
    SendOtp {
        token: usize,
        bound: bool,
    },
    /// By somebody who types what the request of this id has sent, or something else.
    Typed {
        token: usize,
        amount: i64,
        sent_by: usize,
        right: bool,
    },
    /// Of what Google knows.
    Statement,
    /// Of the request of this id.
    Refund {
        of: usize,
        amount: i64,
    },
}

impl What {
    pub fn method(self) -> &'static str {
        match self {
            Self::Link { .. } => "associateAccount",
            Self::Capture { .. } | Self::Challenged { .. } | Self::Typed { .. } => "capture",
            Self::SendOtp { .. } => "sendOtp",
            Self::Statement => "remittanceStatementNotification",
            Self::CaptureLater { .. } => "asynchronousCapture",
            Self::Disburse { .. } => "disburseFunds",
            Self::Refund { .. } => "refund",
        }
    }
}

pub fn name(id: usize) -> String {
    format!("r{id}")
}

pub fn owner(account: usize) -> String {
    format!("account-{account}")
}

/// Of an account's customer.
pub fn profile(account: &AccountId) -> Profile {
    let number = account.as_str().strip_prefix("account-").unwrap();
    let phone = Some(text(&format!("+1555000000{number}")));
    Profile { phone, ..Profile::default() }
}

pub fn whose(phone: &Text) -> AccountId {
    account(&owner(phone.as_str().strip_prefix("+1555000000").unwrap().parse().unwrap()))
}

fn signed_in(number: usize) -> String {
    format!("sign-in:{number}")
}

/// The association of a token.
fn linked(number: usize) -> String {
    format!("association-{}", token(number))
}

fn token(token: usize) -> String {
    format!("token-{token}")
}

/// A half of a dollar.
pub fn amount(halves: i64) -> Micros {
    Micros(halves * 500_000)
}

impl Intent {
    pub fn keyed(&self) -> Keyed {
        let mut keyed = keyed(self.what.method(), &name(self.id), 0);
        let number = u64::try_from(self.number).unwrap().to_be_bytes();
        keyed.fingerprint = std::array::from_fn(|index| number[index % 8]);
        keyed
    }

    async fn ask(self, engine: Engine, world: World) -> Result<Reply, EngineError> {
        let keyed = self.keyed();
        if let Some(reply) = engine.repeated(&keyed) {
            return Ok(reply);
        }
        match self.what {
            What::Link { token: number, account: of } => {
                let token = token(number);
                let authentication = request(&format!("auth:{token}"));
                let approval =
                    Approval { authentication, account: account(&owner(of)), association: None };
                let _ = engine.approve(approval).await?; // another account's: told below
                let wanted = Associate {
                    request: request(&name(self.id)),
                    token: secret(&token),
                    association: association(&linked(number)),
                    proven: redirect(&token),
                    with_information: true,
                };
                engine.associate(wanted, keyed).await
            }
            What::Capture { .. } => engine.capture(self.pay(), keyed).await,
            What::Typed { sent_by, right, .. } => {
                let password = match right {
                    true => world.phones.password(&name(sent_by)).expect("it has arrived"),
                    false => secret("guess"),
                };
                let proven = Proven::Password { sent_by: request(&name(sent_by)), password };
                engine.capture(Pay { proven: Some(proven), ..self.pay() }, keyed).await
            }
            What::SendOtp { token: number, bound } => {
                let to = match bound {
                    true => OtpReceiver::Association(association(&linked(number))),
                    false => {
                        let profile = profile(&account(&owner(number % ACCOUNTS)));
                        OtpReceiver::Phone(profile.phone.unwrap())
                    }
                };
                let (request, matching_token) = (request(&name(self.id)), text(&name(self.id)));
                engine.send_otp(SendOtp { request, to, matching_token }, keyed).await
            }
            What::Statement => {
                let request = request(&name(self.id));
                let summary = world.ears.composed.lock().unwrap()[&request].summary.clone();
                let wanted = StatementNotified { request, integrator: piaid(), summary };
                engine.statement_notified(wanted, keyed).await
            }
            What::Challenged { token, sign_in, .. } => {
                let account = account(&owner(token % ACCOUNTS));
                let authentication = request(&signed_in(sign_in));
                let association = Some(association(&linked(token)));
                let approval = Approval { authentication, account, association };
                let _ = engine.approve(approval).await?; // another account's: told below
                engine.capture(self.pay(), keyed).await
            }
            What::CaptureLater { .. } => engine.capture_later(self.pay(), keyed).await,
            What::Disburse { .. } => engine.disburse(self.pay(), keyed).await,
            What::Refund { of, amount: halves } => {
                let wanted = Refund {
                    request: request(&name(self.id)),
                    integrator: piaid(),
                    capture: request(&name(of)),
                    amount: amount(halves),
                    currency: usd(),
                };
                engine.refund(wanted, keyed).await
            }
        }
    }

    fn pay(&self) -> Pay {
        let proven = match self.what {
            What::Challenged { sign_in, .. } => {
                Some(Proven::Redirect { authentication: request(&signed_in(sign_in)) })
            }
            _ => None,
        };
        let (number, halves) = match self.what {
            What::Capture { token, amount }
            | What::Challenged { token, amount, .. }
            | What::Typed { token, amount, .. }
            | What::CaptureLater { token, amount }
            | What::Disburse { token, amount } => (token, amount),
            What::Link { .. } | What::Refund { .. } | What::SendOtp { .. } | What::Statement => {
                unreachable!("it pays nobody")
            }
        };
        Pay {
            request: request(&name(self.id)),
            integrator: piaid(),
            with: Instrument::Token(secret(&token(number))),
            amount: amount(halves),
            currency: usd(),
            description: text("Google - Sky Atlas"),
            proven,
        }
    }
}

/// What a client looks at beside the engine.
#[derive(Clone)]
pub struct World {
    pub phones: Arc<Phones>,
    pub ears: Arc<Ears>,
}

type Answers = Arc<Mutex<Vec<(usize, Result<Reply, EngineError>)>>>;

#[derive(Default)]
pub struct Clients {
    pub intents: Vec<Intent>,
    /// The 200 that an intent was told first.
    pub told: BTreeMap<usize, Reply>,
    under_way: Vec<(usize, JoinHandle<()>)>,
    heard: Answers,
}

impl Clients {
    pub fn want(&mut self, id: usize, what: What) -> usize {
        let number = self.intents.len();
        self.intents.push(Intent { number, id, what });
        number
    }

    pub fn ask(&mut self, intent: usize, engine: &Engine, world: &World, power: &Arc<Power>) {
        let asked = self.intents[intent].clone();
        let (engine, world) = (engine.clone(), world.clone());
        let (heard, power) = (Arc::clone(&self.heard), Arc::clone(power));
        let task = tokio::task::spawn_local(async move {
            let answer = asked.ask(engine, world).await;
            if power.spend() {
                heard.lock().unwrap().push((intent, answer));
            }
        });
        self.under_way.push((intent, task));
    }

    pub fn under_way(&self) -> usize {
        self.under_way.iter().filter(|(_, task)| !task.is_finished()).count()
    }

    /// Somebody does not wait any longer.
    pub fn hang_up(&mut self, which: usize) {
        let (_, task) = self.under_way.remove(which % self.under_way.len());
        task.abort();
    }

    /// The power is off: nobody hears anything.
    pub fn cut_off(&mut self) {
        self.under_way.drain(..).for_each(|(_, task)| task.abort());
        self.heard.lock().unwrap().clear();
    }

    /// What was heard since the last time.
    pub fn heard(&mut self) -> Vec<(usize, Result<Reply, EngineError>)> {
        self.under_way.retain(|(_, task)| !task.is_finished());
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}
