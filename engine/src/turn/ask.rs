//! What comes to an entity, and how it is answered.

use metrics::Gauge;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::entity::Entity;
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::secret::Secret;
use crate::voice::{Manner, Reply};

/// A command on its way to its entity, with everything its answer needs.
pub(crate) struct Ask<E: Entity> {
    pub command: E::Command,
    pub manner: Manner,
    pub keyed: Option<Keyed>,
    pub secret: Option<Secret>,
    pub reply: ReplyTo<E>,
    /// Held until the answer leaves, so that what is in flight is bounded.
    pub permit: Option<Permit>,
    /// How long the asker waits for what is beyond this process; `None`: as long as it takes.
    pub patience: Option<std::time::Duration>,
}

/// Room for one request, given back when it is dropped.
pub(crate) struct Permit {
    _room: OwnedSemaphorePermit,
    in_flight: Gauge,
}

impl Permit {
    pub fn new(room: OwnedSemaphorePermit, in_flight: &Gauge) -> Self {
        in_flight.increment(1.0);
        Self { _room: room, in_flight: in_flight.clone() }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.in_flight.decrement(1.0);
    }
}

/// Where an answer goes. Dropped unanswered, it means [`Unanswered::Again`].
pub(crate) type ReplyTo<E> = oneshot::Sender<Result<Answered<<E as Entity>::Reply>, Unanswered>>;

/// An answer, and whether it is remembered under the key it was asked with.
#[derive(Clone, Debug)]
pub(crate) struct Answered<R> {
    pub reply: R,
    pub remembered: bool,
}

/// Why a turn gave no answer of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Nothing was written, for no fault of the asker's: ask again.
    Again,
    /// The key was answered before, like this.
    Before(Reply),
    Failed(EngineError),
}

/// Who waits for an answer.
pub(super) struct Asker<E: Entity> {
    pub manner: Manner,
    pub reply: ReplyTo<E>,
    pub permit: Option<Permit>,
}

impl<E: Entity> Asker<E> {
    /// The room is free before the answer is heard: whoever asks one thing after the other never
    /// stands in its own way.
    pub fn answer(self, answer: Result<Answered<E::Reply>, Unanswered>) {
        let Self { reply, permit, .. } = self;
        drop(permit);
        let _ = reply.send(answer); // the asker may have left
    }
}

/// Answers that leave when their turn is on disk.
pub(super) type Leaving<E> = Vec<(Asker<E>, <E as Entity>::Reply)>;
