//! Google's side of the requests: what it wants, under which id, and what it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use paceline_domain::money::Micros;
use paceline_engine::tokenized::{Approval, Associate, Instrument, Pay, Proven, Refund};
use paceline_engine::{Engine, EngineError, Keyed, Reply};
use tokio::task::JoinHandle;

use crate::common::standard::{account, association, keyed, piaid, redirect, request, secret};
use crate::common::{text, usd};
use crate::simulation::machine::Power;
use crate::simulation::standard::day::ACCOUNTS;

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
            Self::Capture { .. } | Self::Challenged { .. } => "capture",
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

fn signed_in(number: usize) -> String {
    format!("sign-in:{number}")
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

    async fn ask(self, engine: Engine) -> Result<Reply, EngineError> {
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
                    association: association(&format!("association-{token}")),
                    proven: redirect(&token),
                    with_information: true,
                };
                engine.associate(wanted, keyed).await
            }
            What::Capture { .. } => engine.capture(self.pay(), keyed).await,
            What::Challenged { token, sign_in, .. } => {
                let account = account(&owner(token % ACCOUNTS));
                let authentication = request(&signed_in(sign_in));
                let approval = Approval { authentication, account, association: None };
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
            | What::CaptureLater { token, amount }
            | What::Disburse { token, amount } => (token, amount),
            What::Link { .. } | What::Refund { .. } => unreachable!("it pays nobody"),
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

    pub fn ask(&mut self, intent: usize, engine: &Engine, power: &Arc<Power>) {
        let (asked, engine) = (self.intents[intent].clone(), engine.clone());
        let (heard, power) = (Arc::clone(&self.heard), Arc::clone(power));
        let task = tokio::task::spawn_local(async move {
            let answer = asked.ask(engine).await;
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
