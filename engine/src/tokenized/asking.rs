//! How a request of this wire is asked, whatever its method.

use paceline_domain::asked::Asked;
use paceline_storage::{AnswerKey, Millis, StreamId};

use super::{Outcome, Refusal, Said, WIRE};
use crate::codec::Remembered;
use crate::dispatch::{Known, ask};
use crate::engine::{Asking, Engine, Front};
use crate::entity::Entity;
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::turn::Answered;
use crate::voice::Reply;

impl Engine {
    /// What is known of a key: the first answer, another request under it, or nothing yet. For a
    /// request that can be refused before it is asked at all: it may be a misuse of an older key.
    ///
    /// # Errors
    /// [`EngineError::KeyMismatched`] if the key was used for another request.
    pub async fn looked_up(&self, keyed: &Keyed) -> Result<Option<Reply>, EngineError> {
        if let Some(reply) = self.repeated(keyed) {
            return Ok(Some(reply));
        }
        let world = &self.0.world;
        let (key, now) = (AnswerKey::from(keyed.key.clone()), Millis(world.now().0));
        let read = world.read(move |log| log.answer(&key, now)).await;
        let answer = match read.ok_or(EngineError::Stopped)? {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be read");
                return Err(EngineError::Damaged);
            }
        };
        match Remembered::from_bytes(&answer.body) {
            Ok(first) if first.fingerprint != keyed.fingerprint => Err(EngineError::KeyMismatched),
            Ok(first) => Ok(first.reply),
            Err(error) => {
                tracing::error!(%error, "a remembered answer is unreadable");
                Err(EngineError::Damaged)
            }
        }
    }

    /// One request under its key. What would be refused may be a repeat, or a misuse, of a request
    /// that was answered when things were otherwise: the log is asked first.
    pub(super) async fn over_the_wire<'a>(
        &'a self,
        keyed: Keyed,
        work: impl AsyncFn(Asking<'a>) -> Result<Answered<Reply>, EngineError>,
    ) -> Result<Reply, EngineError> {
        let front = Front { manner: WIRE, keyed: Some(keyed.clone()) };
        self.ask_keyed(front, async |mut asking| {
            drop(self.0.permit()?); // who is to be refused for want of room is refused before any work
            asking.patience = Some(self.0.world.options.tokenized.deadline);
            let answered = work(asking).await?;
            if answered.remembered {
                return Ok(answered);
            }
            let before = self.looked_up(&keyed).await?;
            let remembered = before.is_some();
            Ok(Answered { reply: before.unwrap_or(answered.reply), remembered })
        })
        .await
    }

    /// The words for a request that is refused before anybody is asked.
    pub(super) fn refused(&self, why: Refusal) -> Answered<Reply> {
        self.passing(&Outcome::Refused(why))
    }

    /// The words for a request that found somebody away.
    pub(super) fn unfinished(&self) -> Answered<Reply> {
        self.passing(&Outcome::Unfinished)
    }

    fn passing(&self, outcome: &Outcome<'_>) -> Answered<Reply> {
        let reply = self.0.world.voices.tokenized().words(outcome);
        Answered { reply, remembered: false }
    }

    /// Asks an entity for facts.
    pub(super) async fn ask_inside<E: Entity>(
        &self,
        stream: StreamId,
        command: E::Command,
    ) -> E::Reply
    where
        E::Command: Clone,
    {
        ask::<E>(&self.0.world, stream, command, None, Known::Perhaps).await
    }
}

/// The question, to be kept until it is answered.
pub(super) fn asked(keyed: &Keyed) -> Option<Asked> {
    let key = keyed.key.as_bytes().into();
    Some(Asked { key, fingerprint: keyed.fingerprint, manner: WIRE.0 })
}

/// The words alone.
pub(super) fn worded<F>(answered: Answered<Said<F>>) -> Answered<Reply> {
    let Answered { reply, remembered } = answered;
    Answered { reply: reply.words(), remembered }
}
