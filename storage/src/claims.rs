//! Idempotency keys that some shard is writing right now.
//!
//! Why: a key belongs to one stream of the whole log, but is stored in that stream's shard, to
//! be written with its turn. Two shards may look for one key at the same instant and both find
//! nothing. So a committer claims the key first, looks for it then, and holds the claim until
//! its batch is on disk, where the next one to look will find it.
//!
//! Promise: a claim has one holder. A shard that is refused one is woken once the holder has let
//! go, and asks again; it does not wait, so two shards never wait for each other.
//! A key whose writer has failed stays doubtful until recovery tells: nobody gets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use dashmap::{DashMap, Entry};

use crate::{AnswerKey, Millis};

pub(crate) struct Claims {
    /// At most the keys of one batch for each shard, and those of the batches that failed.
    keys: DashMap<AnswerKey, Claim>,
    /// One for each shard. Room for one signal: a shard asks again about all it has parked.
    wakers: Vec<Sender<()>>,
    /// See [`Claims::heard`].
    heard: Arc<AtomicU64>,
}

enum Claim {
    Held { by: usize, waiting: Vec<usize> },
    Doubtful,
}

/// What a shard gets for asking.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claimed {
    /// The key is the shard's until its [`Holding`] is released.
    Ours,
    /// Another shard's: the asker will be woken.
    Elsewhere,
    /// Its writer failed. Nobody knows whether the key is taken.
    Doubtful,
}

impl Claims {
    /// - Returns the claims, and for each shard the receiver on which it is woken.
    pub fn new(shards: usize, heard: Arc<AtomicU64>) -> (Claims, Vec<Receiver<()>>) {
        let (wakers, woken) = (0..shards).map(|_| bounded(1)).unzip();
        (Claims { keys: DashMap::new(), wakers, heard }, woken)
    }

    /// Notes the time that a take names.
    pub fn hear(&self, now: Millis) {
        self.heard.fetch_max(now.0, Ordering::AcqRel);
    }

    /// The latest time that any take has named: storage reads no clock, and what had expired
    /// for one caller is not brought back for another.
    pub fn heard(&self) -> Millis {
        Millis(self.heard.load(Ordering::Acquire))
    }

    fn claim(&self, key: &AnswerKey, shard: usize) -> Claimed {
        match self.keys.entry(key.clone()) {
            Entry::Vacant(free) => {
                free.insert(Claim::Held { by: shard, waiting: Vec::new() });
                Claimed::Ours
            }
            Entry::Occupied(mut claim) => match claim.get_mut() {
                Claim::Held { by, .. } if *by == shard => Claimed::Ours,
                Claim::Held { waiting, .. } => {
                    if !waiting.contains(&shard) {
                        waiting.push(shard);
                    }
                    Claimed::Elsewhere
                }
                Claim::Doubtful => Claimed::Doubtful,
            },
        }
    }

    fn wake(&self, waiting: Vec<usize>) {
        for shard in waiting {
            // Full: it has a signal that it has not seen yet, which does as well.
            let _ = self.wakers[shard].try_send(());
        }
    }
}

/// The claims of one batch. Dropped without [`Holding::release`] they become doubtful: the batch
/// failed, or its committer panicked.
pub(crate) struct Holding {
    claims: Arc<Claims>,
    shard: usize,
    keys: Vec<AnswerKey>,
}

impl Holding {
    pub fn none(claims: Arc<Claims>, shard: usize) -> Holding {
        Holding { claims, shard, keys: Vec::new() }
    }

    pub fn claim(&mut self, key: &AnswerKey) -> Claimed {
        let claimed = self.claims.claim(key, self.shard);
        if claimed == Claimed::Ours {
            // A key claimed twice in one batch is listed twice, and released once.
            self.keys.push(key.clone());
        }
        claimed
    }

    /// Lets go: the batch is on disk, or wrote nothing.
    pub fn release(mut self) {
        for key in std::mem::take(&mut self.keys) {
            if let Some((_, Claim::Held { waiting, .. })) = self.claims.keys.remove(&key) {
                self.claims.wake(waiting);
            }
        }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        for key in std::mem::take(&mut self.keys) {
            if let Some(Claim::Held { waiting, .. }) = self.claims.keys.insert(key, Claim::Doubtful)
            {
                self.claims.wake(waiting);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn claims() -> (Arc<Claims>, Vec<Receiver<()>>) {
        let (claims, woken) = Claims::new(2, Arc::default());
        (Arc::new(claims), woken)
    }

    fn key(name: &'static str) -> AnswerKey {
        AnswerKey(Bytes::from_static(name.as_bytes()))
    }

    #[test]
    fn a_shard_that_is_refused_a_key_is_woken_when_the_holder_lets_go() {
        let (claims, woken) = claims();
        let mut first = Holding::none(claims.clone(), 0);
        let mut second = Holding::none(claims.clone(), 1);
        assert_eq!(first.claim(&key("k")), Claimed::Ours);
        assert_eq!(first.claim(&key("k")), Claimed::Ours, "again in the same batch");
        assert_eq!(second.claim(&key("k")), Claimed::Elsewhere);
        assert!(woken[1].is_empty(), "the holder has not let go");
        first.release();
        assert_eq!(woken[1].len(), 1);
        assert!(woken[0].is_empty(), "nobody else is woken");
        assert_eq!(second.claim(&key("k")), Claimed::Ours);
        second.release();
        assert!(claims.keys.is_empty(), "nothing is kept of a claim that has ended");
    }

    #[test]
    fn a_key_whose_writer_failed_stays_doubtful_and_those_waiting_hear_of_it() {
        let (claims, woken) = claims();
        let mut first = Holding::none(claims.clone(), 0);
        let mut second = Holding::none(claims.clone(), 1);
        assert_eq!(first.claim(&key("k")), Claimed::Ours);
        assert_eq!(second.claim(&key("k")), Claimed::Elsewhere);
        drop(first);
        assert_eq!(woken[1].len(), 1);
        assert_eq!(second.claim(&key("k")), Claimed::Doubtful);
        assert_eq!(second.claim(&key("other")), Claimed::Ours, "other keys are free");
        second.release();
    }

    #[test]
    fn the_time_heard_never_goes_back() {
        let (claims, _) = claims();
        claims.hear(Millis(7));
        claims.hear(Millis(5));
        assert_eq!(claims.heard(), Millis(7));
    }
}
