//! What became of a turn: the log has told.

use std::sync::Arc;

use paceline_storage::{AppendError, StreamId, Version};

use super::ask::{Answered, Leaving, Unanswered};
use crate::codec::Remembered;
use crate::directory::Glance;
use crate::entity::Entity;
use crate::error::EngineError;
use crate::world::World;

/// What became of a queued turn, with all that waits for it.
pub(crate) struct Written<E: Entity> {
    pub stream: StreamId,
    /// Of the owner that decided it.
    pub(super) generation: u64,
    pub(super) decided_on: Version,
    pub(super) outcome: Result<Version, AppendError>,
    pub(super) events: Vec<E::Event>,
    pub(super) leaving: Leaving<E>,
    pub(super) fingerprint: Option<[u8; 32]>,
    /// Whether whoever asks again under its key will find the answer.
    pub(super) remembered: bool,
    /// What a reader may be shown from now on, if that changes.
    pub(super) shown: Option<Option<Glance>>,
}

/// How the one who hosts the owner hears of what was written; called from the log's threads.
pub(crate) type Tell<E> = Arc<dyn Fn(Written<E>) + Send + Sync>;

/// What an owner hears of one of its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Of the owner that decided it.
    pub(super) generation: u64,
    pub(super) what: Result<Version, Lost>,
}

/// The owner's state is not the truth: the log has the stream at another version than a turn was
/// decided on, or its key taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub decided_on: Version,
    pub why: Unanswered,
}

impl<E: Entity> Written<E> {
    /// A turn that the log had no room for.
    pub(super) fn refused(stream: StreamId, generation: u64, decided_on: Version) -> Self {
        let outcome = Err(AppendError::Conflict { found: decided_on });
        Self { outcome, ..Self::without_events(stream, generation, decided_on) }
    }

    pub(super) fn without_events(stream: StreamId, generation: u64, decided_on: Version) -> Self {
        Self {
            stream,
            generation,
            decided_on,
            outcome: Ok(decided_on),
            events: vec![],
            leaving: vec![],
            fingerprint: None,
            remembered: false,
            shown: None,
        }
    }

    /// Counts what has happened and lets the answers leave. What its owner has to hear of it,
    /// should there still be one.
    pub fn conclude(self, world: &World) -> Heard {
        let Self { generation, decided_on, fingerprint, .. } = self;
        let error = match self.outcome {
            Ok(version) => {
                self.events.iter().for_each(|event| E::count(event, &world.metrics));
                // Before anybody hears of it: whoever looks next sees it, or something later.
                if let Some(glance) = self.shown {
                    E::directory(world).show(self.stream, glance);
                }
                for (asker, reply) in self.leaving {
                    asker.answer(Ok(Answered { reply, remembered: self.remembered }));
                }
                return Heard { generation, what: Ok(version) };
            }
            Err(error) => error,
        };
        let lost = !self.events.is_empty() || matches!(error, AppendError::Conflict { .. });
        let why = unanswered(error, fingerprint);
        for (asker, _) in self.leaving {
            asker.answer(Err(why.clone()));
        }
        let what = if lost { Err(Lost { decided_on, why }) } else { Ok(Version(0)) };
        Heard { generation, what }
    }
}

/// What a refusal of the log means to an asker who asked with this fingerprint.
fn unanswered(error: AppendError, fingerprint: Option<[u8; 32]>) -> Unanswered {
    let taken = match error {
        AppendError::Conflict { .. } => return Unanswered::Again,
        AppendError::Stopped(_) => return Unanswered::Failed(EngineError::Stopped),
        AppendError::TooLarge { part, bytes } => {
            tracing::error!(part, bytes, "a turn is too large for the log");
            return Unanswered::Failed(EngineError::Damaged);
        }
        AppendError::KeyTaken(taken) => taken,
    };
    match Remembered::from_bytes(&taken.body) {
        Ok(first) if Some(first.fingerprint) != fingerprint => {
            Unanswered::Failed(EngineError::KeyMismatched)
        }
        Ok(Remembered { reply: Some(reply), .. }) => Unanswered::Before(reply),
        Ok(Remembered { reply: None, .. }) => Unanswered::Again,
        Err(error) => {
            tracing::error!(stream = ?taken.stream, %error, "a remembered answer is unreadable");
            Unanswered::Failed(EngineError::Damaged)
        }
    }
}
