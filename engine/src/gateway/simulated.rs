//! A payment processor that needs no contract: slow, wrong or down, by seed and by token.
//!
//! Why: everything that a real processor does to an engine can be had here on demand. It keeps a
//! book of its own, so that what it says it moved can be held against what the engine says.
//!
//! | token | what happens |
//! |---|---|
//! | `sim_decline_<reason>` | declined, for any word of [`DeclineReason::word`] |
//! | `sim_timeout_then_approve` | the first question is carried out and never answered |
//! | `sim_timeout_then_decline` | likewise, and it was declined |
//! | `sim_duplicate` | the network delivers every question twice |
//! | `sim_outage` | cannot be reached for the first [`OUTAGE_ASKS`] questions, then approves |
//! | any other `sim_…` | declined as `invalid_credential`: a slip of the pen buys nothing |
//! | anything else | approved |

use std::sync::Arc;

use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::AttemptId;
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_storage::{AppendError, EventLog, StreamId};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::{Answer, Asking, Charge, Gateway};
use crate::secret::Secret;
use crate::simulated::{Book, Latency, Outages};

pub use crate::simulated::{OUTAGE_ASKS, SimulatedOptions};

/// The simulated processor.
pub struct Simulated {
    latency: Latency,
    book: Book,
    outages: Outages<AttemptId>,
}

/// One line of the processor's book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub movement: Movement,
    pub attempt: AttemptId,
    pub amount: MinorUnits,
    pub currency: CurrencyCode,
    /// `Err` if it was declined and nothing moved.
    pub outcome: Result<(), DeclineReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Movement {
    Reserved,
    Captured,
}

/// What a token asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Approve,
    Decline(DeclineReason),
    TimeoutThenApprove,
    TimeoutThenDecline,
    Duplicate,
    Outage,
}

impl Simulated {
    /// - `book`: where the processor writes what it does; nobody else's.
    pub fn new(options: SimulatedOptions, book: Arc<dyn EventLog>) -> Self {
        let (latency, book) = (Latency::new(options), Book::new(book));
        Self { latency, book, outages: Outages::new() }
    }

    /// What the processor's book says of an attempt, oldest first.
    ///
    /// # Errors
    /// A word on why the book cannot be read.
    pub fn book_of(book: &dyn EventLog, attempt: AttemptId) -> Result<Vec<Entry>, String> {
        Book::read(book, page(attempt))
    }

    /// Carries a movement out, unless the book says that it was. `true` if it is new.
    async fn carry_out(
        &self,
        charge: Charge,
        movement: Movement,
        outcome: Result<(), DeclineReason>,
    ) -> Option<(Result<(), DeclineReason>, bool)> {
        let page = page(charge.attempt);
        let read = || self.book.page::<Entry>(page);
        // A reservation is the first on its page nearly always, and the book says if it is not.
        let mut entries = match movement {
            Movement::Reserved => vec![],
            Movement::Captured => read()?,
        };
        loop {
            if let Some(known) = entries.iter().find(|entry| entry.movement == movement) {
                return Some((known.outcome, false));
            }
            let reserved =
                entries.iter().any(|e| e.movement == Movement::Reserved && e.outcome.is_ok());
            if movement == Movement::Captured && !reserved {
                return Some((Err(DeclineReason::DoNotHonor), false));
            }
            let Charge { attempt, amount, currency } = charge;
            let entry = Entry { movement, attempt, amount, currency, outcome };
            match self.book.write(page, entries.len(), &entry).await {
                Ok(_) => return Some((outcome, true)),
                Err(AppendError::Conflict { .. }) => entries = read()?, // it was asked before
                Err(_) => return None,
            }
        }
    }

    async fn answer(&self, charge: Charge, movement: Movement, script: Script) -> Answer {
        self.latency.pass().await;
        if script == Script::Outage && self.outages.swallow(charge.attempt) {
            return Answer::Unknown;
        }
        let outcome = match script {
            Script::Decline(reason) => Err(reason),
            Script::TimeoutThenDecline => Err(DeclineReason::DoNotHonor),
            Script::Approve | Script::TimeoutThenApprove | Script::Duplicate | Script::Outage => {
                Ok(())
            }
        };
        if script == Script::Duplicate {
            self.carry_out(charge, movement, outcome).await;
        }
        let Some((outcome, new)) = self.carry_out(charge, movement, outcome).await else {
            return Answer::Unknown;
        };
        if new && matches!(script, Script::TimeoutThenApprove | Script::TimeoutThenDecline) {
            std::future::pending::<()>().await; // carried out, and nobody is told
        }
        outcome.map_or_else(Answer::Declined, |()| Answer::Approved)
    }
}

impl Gateway for Simulated {
    fn reserve(&self, charge: Charge, credential: Secret) -> Asking<'_> {
        let script = Script::of(credential.expose());
        Box::pin(self.answer(charge, Movement::Reserved, script))
    }

    fn capture(&self, charge: Charge) -> Asking<'_> {
        Box::pin(self.answer(charge, Movement::Captured, Script::Approve))
    }
}

impl Script {
    fn of(token: &[u8]) -> Self {
        match token {
            b"sim_timeout_then_approve" => Self::TimeoutThenApprove,
            b"sim_timeout_then_decline" => Self::TimeoutThenDecline,
            b"sim_duplicate" => Self::Duplicate,
            b"sim_outage" => Self::Outage,
            other if other.starts_with(b"sim_") => {
                let word = other.strip_prefix(b"sim_decline_").unwrap_or_default();
                let named = |reason: &DeclineReason| reason.word().as_bytes() == word;
                let reason = DeclineReason::ALL.into_iter().find(named);
                Self::Decline(reason.unwrap_or(DeclineReason::InvalidCredential))
            }
            _ => Self::Approve,
        }
    }
}

/// The page of the book on which an attempt stands.
fn page(attempt: AttemptId) -> StreamId {
    let mut name = Context::new(&SHA256);
    name.update(&attempt.session.0.to_be_bytes());
    name.update(&attempt.number.to_be_bytes());
    let hash = name.finish();
    StreamId { kind: 0, id: hash.as_ref()[..16].try_into().expect("a SHA-256 has 32 bytes") }
}

#[cfg(test)]
mod tests;
