//! The questions that every log asks of a turn before it writes it.
//!
//! Why: the log in memory stands in for the one on disk wherever the engine is tested. Were the
//! rules written twice, the tests would prove the wrong ones.

use crate::limits::{
    ANSWER_BYTES_MAX, ANSWER_KEY_BYTES_MAX, NOTE_BYTES_MAX, RECORD_BYTES_MAX, SNAPSHOT_BYTES_MAX,
};
use crate::{
    Answer, AnswerKey, AnswerWrite, Append, AppendError, DueChange, Millis, StreamId, Version,
};

/// What the next turn of a stream must know about the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub version: Version,
    pub due_at: Option<Millis>,
}

impl Head {
    /// The head once `turn` is written.
    pub fn after(self, turn: &Append) -> Head {
        let records = u64::from(turn.record.is_some());
        Head {
            version: Version(self.version.0 + records),
            due_at: match &turn.due {
                DueChange::Keep => self.due_at,
                DueChange::Set(due) => Some(due.at),
                DueChange::Clear => None,
            },
        }
    }
}

/// The bytes of a turn, if each part is within its bound.
pub(crate) fn size(turn: &Append) -> Result<usize, AppendError> {
    let answer = turn.answer.as_ref();
    let due = match &turn.due {
        DueChange::Set(due) => due.note.len(),
        DueChange::Keep | DueChange::Clear => 0,
    };
    let parts = [
        ("record", turn.record.as_ref().map_or(0, |part| part.len()), RECORD_BYTES_MAX),
        ("snapshot", turn.snapshot.as_ref().map_or(0, |part| part.len()), SNAPSHOT_BYTES_MAX),
        ("answer", answer.map_or(0, |write| write.body().len()), ANSWER_BYTES_MAX),
        ("answer key", answer.map_or(0, |write| write.key().0.len()), ANSWER_KEY_BYTES_MAX),
        ("due note", due, NOTE_BYTES_MAX),
    ];
    match parts.iter().find(|(_, bytes, bytes_max)| bytes > bytes_max) {
        Some(&(part, bytes, _)) => Err(AppendError::TooLarge { part, bytes }),
        None => Ok(parts.iter().map(|(_, bytes, _)| bytes).sum()),
    }
}

/// The fence: refuses a turn that was decided on another version.
pub(crate) fn version(turn: &Append, head: Head) -> Result<(), AppendError> {
    if turn.expected != head.version {
        return Err(AppendError::Conflict { found: head.version });
    }
    Ok(())
}

/// Refuses an answer under a key that is another's.
///
/// - `known`: what is remembered under the key, expired or not.
/// - `heard`: the latest time that any take has named. A replacement names none, and needs one
///   only to tell a key that somebody else has taken from one that somebody else had.
pub(crate) fn answer(
    write: &AnswerWrite,
    stream: StreamId,
    known: Option<&Answer>,
    heard: Millis,
) -> Result<(), AppendError> {
    let Some(known) = known else { return Ok(()) };
    let taken = match write {
        AnswerWrite::Take { now, .. } => is_live(known, *now),
        AnswerWrite::Replace { .. } => known.stream != stream && is_live(known, heard),
    };
    if taken { Err(AppendError::KeyTaken(Box::new(known.clone()))) } else { Ok(()) }
}

/// Whether an answer is still remembered at `now`.
pub(crate) fn is_live(answer: &Answer, now: Millis) -> bool {
    now < answer.expires_at
}

impl AnswerWrite {
    pub(crate) fn key(&self) -> &AnswerKey {
        match self {
            AnswerWrite::Take { key, .. } | AnswerWrite::Replace { key, .. } => key,
        }
    }

    pub(crate) fn body(&self) -> &bytes::Bytes {
        match self {
            AnswerWrite::Take { body, .. } | AnswerWrite::Replace { body, .. } => body,
        }
    }

    /// What is remembered once a turn of `stream` has written this.
    pub(crate) fn answer(&self, stream: StreamId) -> Answer {
        let (AnswerWrite::Take { body, expires_at, .. }
        | AnswerWrite::Replace { body, expires_at, .. }) = self;
        Answer { stream, body: body.clone(), expires_at: *expires_at }
    }
}
