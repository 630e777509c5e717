//! The same question gets the same answer.
//!
//! Why: a caller that hears nothing asks again, and must not be charged again. The claims here
//! are in memory and in front of the mailbox: they save the work. The log decides: a key that
//! these claims have forgotten is found taken when its turn is written.
//! Promise: of the askers with one key, one does the work and the others wait for its answer; a
//! claim whose work gave no answer is given back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{BufMut, Bytes, BytesMut};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use paceline_storage::AnswerKey;
use tokio::sync::oneshot;

use crate::metrics::Metrics;
use crate::voice::Reply;

/// A caller's name for one intent, unique for the caller and the operation whatever entity the
/// request names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Bytes);

impl IdempotencyKey {
    /// - `caller`, `operation`, `key`: joined so that no two triples are alike.
    pub fn new(caller: &str, operation: &str, key: &str) -> Self {
        let mut bytes = BytesMut::with_capacity(caller.len() + operation.len() + key.len() + 4);
        for part in [caller, operation] {
            bytes.put_u16(u16::try_from(part.len()).expect("callers have short names"));
            bytes.put_slice(part.as_bytes());
        }
        bytes.put_slice(key.as_bytes());
        Self(bytes.freeze())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<IdempotencyKey> for AnswerKey {
    fn from(key: IdempotencyKey) -> Self {
        Self(key.0)
    }
}

/// A key together with what was asked under it.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub key: IdempotencyKey,
    /// SHA-256 of all that a retry must repeat.
    pub fingerprint: [u8; 32],
}

/// What a claim comes to.
pub enum Claim<'a> {
    /// Nobody has asked this, as far as is known here: go on, and say what came of it.
    Unseen(Claimed<'a>),
    /// Somebody is at it, or at another request under the same key: wait for what it comes to.
    Running(Outcome),
    Answered(Reply),
    Mismatched,
}

/// What a running claim comes to; an error if it came to nothing, or to the answer to another
/// request.
pub type Outcome = oneshot::Receiver<Reply>;

/// The keys in use and the latest answers, up to a bound.
pub struct Claims {
    entries: DashMap<IdempotencyKey, Seen>,
    /// Answered keys, oldest first, with their cost.
    answered: Mutex<Answers>,
    bytes_max: usize,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Answers {
    oldest_first: VecDeque<(IdempotencyKey, usize)>,
    bytes: usize,
}

struct Seen {
    asked: [u8; 32],
    progress: Progress,
}

enum Progress {
    Running {
        /// Those who ask the same: seldom anybody.
        waiting: Vec<oneshot::Sender<Reply>>,
        /// Those who ask something else. Whose the key is the log will tell, and this one may be
        /// the slip and they the repeat: they hear nothing but that it is over.
        contesting: Vec<oneshot::Sender<Reply>>,
    },
    Answered(Reply),
}

/// The right, and the duty, to answer a key. Dropped without an answer, it is given back.
pub struct Claimed<'a> {
    claims: &'a Claims,
    key: Option<IdempotencyKey>,
    asked: [u8; 32],
}

impl Claims {
    /// - `bytes_max`: memory for answers, their keys included.
    pub fn new(bytes_max: usize, metrics: Arc<Metrics>) -> Self {
        Self { entries: DashMap::new(), answered: Mutex::default(), bytes_max, metrics }
    }

    /// Takes or reads a claim in one step. Not `async`, so the map's guard never meets an
    /// `.await`.
    pub fn claim(&self, keyed: &Keyed) -> Claim<'_> {
        let asked = keyed.fingerprint;
        match self.entries.entry(keyed.key.clone()) {
            Entry::Occupied(mut seen) => {
                let alike = seen.get().asked == asked;
                match &mut seen.get_mut().progress {
                    Progress::Running { waiting, contesting } => {
                        self.metrics.claims_running.increment(1);
                        let line = if alike { waiting } else { contesting };
                        line.retain(|waits| !waits.is_closed()); // some have left since
                        let (tell, outcome) = oneshot::channel();
                        line.push(tell);
                        Claim::Running(outcome)
                    }
                    Progress::Answered(reply) if alike => {
                        self.metrics.claims_answered.increment(1);
                        Claim::Answered(reply.clone())
                    }
                    Progress::Answered(_) => {
                        self.metrics.claims_mismatched.increment(1);
                        Claim::Mismatched
                    }
                }
            }
            Entry::Vacant(free) => {
                self.metrics.claims_unseen.increment(1);
                let progress = Progress::Running { waiting: vec![], contesting: vec![] };
                free.insert(Seen { asked, progress });
                let key = Some(keyed.key.clone());
                Claim::Unseen(Claimed { claims: self, key, asked })
            }
        }
    }

    /// The answer to the same request, if it is at hand: nothing else of the request has to be
    /// looked at then.
    pub fn repeated(&self, keyed: &Keyed) -> Option<Reply> {
        let seen = self.entries.get(&keyed.key)?;
        match &seen.progress {
            Progress::Answered(reply) if seen.asked == keyed.fingerprint => {
                self.metrics.claims_answered.increment(1);
                Some(reply.clone())
            }
            Progress::Answered(_) | Progress::Running { .. } => None,
        }
    }

    /// Makes room by forgetting the oldest answers: the log still has them.
    fn remember(&self, key: IdempotencyKey, cost: usize) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.oldest_first.push_back((key, cost));
        answered.bytes += cost;
        while answered.bytes > self.bytes_max {
            let Some((oldest, cost)) = answered.oldest_first.pop_front() else { break };
            answered.bytes -= cost;
            self.entries.remove(&oldest);
        }
    }
}

impl Claimed<'_> {
    /// The answer is in the log under the key: whoever asks again gets it from here.
    pub fn answered(mut self, reply: &Reply) {
        let Some(key) = self.key.take() else { return };
        let seen = Seen { asked: self.asked, progress: Progress::Answered(reply.clone()) };
        let cost = reply.body.len() + 2 * key.as_bytes().len() + ENTRY_BYTES;
        let before = self.claims.entries.insert(key.clone(), seen);
        self.claims.remember(key, cost);
        if let Some(Seen { progress: Progress::Running { waiting, .. }, .. }) = before {
            for waits in waiting {
                let _ = waits.send(reply.clone()); // it may have left
            }
        }
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.claims.entries.remove(&key);
        }
    }
}

/// What an entry costs besides its bytes, roughly.
const ENTRY_BYTES: usize = 256;

#[cfg(test)]
mod tests;
