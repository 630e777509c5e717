//! A payment processor that needs no contract: slow, wrong or down, by seed and by token.
//!
//! Why: everything that a real processor does to an engine can be had here on demand. It keeps a
//! book of its own, so that what it says it moved can be held against what the engine says.
//! Left out: the death of the machine. Its book survives the death of this process; a real
//! processor's does not depend on us at all.
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

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::AttemptId;
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_storage::{Append, AppendError, DueChange, EventLog, StreamId, Version};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{Answer, Asking, Charge, Gateway};
use crate::codec;
use crate::secret::Secret;

/// Questions that an outage swallows.
pub const OUTAGE_ASKS: u32 = 3;

/// How the simulated processor behaves.
#[derive(Clone, Debug)]
pub struct SimulatedOptions {
    /// The same seed gives the same latencies in the same order.
    pub seed: u64,
    /// Half of the answers take at most this long.
    pub latency_median: Duration,
    /// 99 of 100 answers take at most this long.
    pub latency_p99: Duration,
}

/// The simulated processor.
pub struct Simulated {
    options: SimulatedOptions,
    random: Mutex<StdRng>,
    book: Arc<dyn EventLog>,
    /// Questions that an outage has swallowed, while it lasts.
    swallowed: DashMap<AttemptId, u32>,
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
        let random = Mutex::new(StdRng::seed_from_u64(options.seed));
        Self { options, random, book, swallowed: DashMap::new() }
    }

    /// What the processor's book says of an attempt, oldest first.
    ///
    /// # Errors
    /// A word on why the book cannot be read.
    pub fn book_of(book: &dyn EventLog, attempt: AttemptId) -> Result<Vec<Entry>, String> {
        let records = book.history(page(attempt)).map_err(|error| error.to_string())?;
        records.iter().map(|record| codec::decode(record).map_err(|e| e.to_string())).collect()
    }

    /// Carries a movement out, unless the book says that it was. `true` if it is new.
    async fn carry_out(
        &self,
        charge: Charge,
        movement: Movement,
        outcome: Result<(), DeclineReason>,
    ) -> Option<(Result<(), DeclineReason>, bool)> {
        let read = || Self::book_of(&*self.book, charge.attempt).ok();
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
            match self.write(entries.len() as u64, &entry).await {
                Ok(_) => return Some((outcome, true)),
                Err(AppendError::Conflict { .. }) => entries = read()?, // it was asked before
                Err(_) => return None,
            }
        }
    }

    async fn write(&self, version: u64, entry: &Entry) -> Result<Version, AppendError> {
        let (written, wait) = oneshot::channel();
        let turn = Append {
            stream: page(entry.attempt),
            expected: Version(version),
            record: Some(codec::encode(entry)),
            snapshot: None,
            answer: None,
            due: DueChange::Keep,
        };
        let done = Box::new(move |result| {
            let _ = written.send(result); // whoever asked may have given up
        });
        let stopped = || AppendError::Stopped("the processor's book is full".into());
        self.book.append(turn, done).map_err(|_| stopped())?;
        wait.await.unwrap_or_else(|_| Err(stopped()))
    }

    async fn answer(&self, charge: Charge, movement: Movement, script: Script) -> Answer {
        let latency = self.latency();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await; // a sleep of nothing takes a timer's tick
        }
        if script == Script::Outage && self.swallows(charge.attempt) {
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

    fn swallows(&self, attempt: AttemptId) -> bool {
        let mut asks = self.swallowed.entry(attempt).or_insert(0);
        *asks += 1;
        let swallows = *asks <= OUTAGE_ASKS;
        drop(asks);
        if !swallows {
            self.swallowed.remove(&attempt);
        }
        swallows
    }

    /// A log-normal time with the configured median and 99th percentile.
    fn latency(&self) -> Duration {
        let SimulatedOptions { latency_median: median, latency_p99: p99, .. } = self.options;
        if median.is_zero() {
            return Duration::ZERO;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        // The sum of twelve uniform numbers less six is close to a standard normal one.
        let normal = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let spread = (p99.max(median).as_secs_f64() / median.as_secs_f64()).ln() / NORMAL_P99;
        median.mul_f64((normal * spread).exp())
    }
}

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326;

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
