//! How a request of Standard Payments is asked and answered, whatever its family and method.
//!
//! Why: the tokenized family and the card family have the same rules of repetition. What a method
//! comes to is each family's own, and so are the words for it.

use paceline_domain::asked::Asked;
use paceline_storage::{AnswerKey, Millis, StreamId};

use crate::codec::Remembered;
use crate::dispatch::{Known, ask};
use crate::engine::{Asking, Engine, Front};
use crate::entity::Entity;
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::limits::BEYOND_DEADLINE;
use crate::turn::Answered;
use crate::voice::{INSIDE, Manner, Reply, Voices};

/// Whoever asks over the wire, and needs words.
pub(crate) const WIRE: Manner = Manner(1);

/// What a request came to, in the terms of its family.
pub(crate) trait Worded {
    fn reply(&self, voices: &Voices) -> Reply;

    /// Whether a repeat is to hear it again.
    fn lasts(&self) -> bool;
}

/// What an entity answers: the facts to whoever asks from inside, and their words to a wire.
#[derive(Clone, Debug)]
pub(crate) enum Said<F> {
    Facts(F),
    Words { reply: Reply, lasts: bool },
}

impl<F> Said<F> {
    pub fn by<W: Worded>(
        voices: &Voices,
        manner: Manner,
        facts: impl FnOnce() -> F,
        words: impl FnOnce() -> W,
    ) -> Self {
        if manner == INSIDE {
            return Self::Facts(facts());
        }
        let outcome = words();
        Self::Words { reply: outcome.reply(voices), lasts: outcome.lasts() }
    }

    pub fn facts(self) -> F {
        match self {
            Self::Facts(facts) => facts,
            Self::Words { .. } => unreachable!("who asks from inside is told facts"),
        }
    }

    pub fn words(self) -> Reply {
        match self {
            Self::Words { reply, .. } => reply,
            Self::Facts(_) => unreachable!("who asks over a wire is told words"),
        }
    }

    pub fn to_remember(&self) -> Option<&Reply> {
        match self {
            Self::Words { reply, lasts: true } => Some(reply),
            Self::Words { lasts: false, .. } | Self::Facts(_) => None,
        }
    }
}

/// The log had it.
impl<F> From<Reply> for Said<F> {
    fn from(reply: Reply) -> Self {
        Self::Words { reply, lasts: true }
    }
}

impl Engine {
    /// The keyed hash of what is asked, by which a repeat is told from another request.
    pub fn fingerprint(&self, asked: &[u8]) -> [u8; 32] {
        self.0.world.seal_key.fingerprint(asked)
    }

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
    pub(crate) async fn over_the_wire<'a>(
        &'a self,
        keyed: Keyed,
        work: impl AsyncFn(Asking<'a>) -> Result<Answered<Reply>, EngineError>,
    ) -> Result<Reply, EngineError> {
        let front = Front { manner: WIRE, keyed: Some(keyed.clone()) };
        let deadline = self.0.world.options.tokenized.deadline;
        let answered = self.ask_keyed(front, async |mut asking| {
            drop(self.0.permit()?); // who is to be refused for want of room is refused before any work
            asking.patience = Some(deadline);
            let answered = work(asking).await?;
            if answered.remembered {
                return Ok(answered);
            }
            let before = self.looked_up(&keyed).await?;
            let remembered = before.is_some();
            Ok(Answered { reply: before.unwrap_or(answered.reply), remembered })
        });
        // A bank that is asked before anything is written, and an equal request that is waited for,
        // take time as well. What has been decided goes on without whoever asked.
        tokio::time::timeout(deadline + BEYOND_DEADLINE, answered)
            .await
            .unwrap_or(Err(EngineError::Overloaded))
    }

    /// The words for a request that is answered before anybody is asked.
    pub(crate) fn passing(&self, outcome: &impl Worded) -> Answered<Reply> {
        Answered { reply: outcome.reply(&self.0.world.voices), remembered: false }
    }

    /// Asks an entity for facts.
    pub(crate) async fn ask_inside<E: Entity>(
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
pub(crate) fn asked(keyed: &Keyed) -> Option<Asked> {
    let key = keyed.key.as_bytes().into();
    Some(Asked { key, fingerprint: keyed.fingerprint, manner: WIRE.0 })
}

/// The words alone.
pub(crate) fn worded<F>(answered: Answered<Said<F>>) -> Answered<Reply> {
    let Answered { reply, remembered } = answered;
    Answered { reply: reply.words(), remembered }
}
