//! Turns in a few words, so that a test says only what it is about.

// Each test binary uses its own part of this.
#![allow(dead_code)]

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use bytes::Bytes;
use paceline_storage::rocks::{OnStop, Sync};
use paceline_storage::{
    AnswerKey, AnswerWrite, Append, AppendError, DataDirError, Due, DueAt, DueChange, EventLog,
    Millis, RocksLog, RocksOptions, ShardCount, StreamId, Version,
};

pub type Outcome = Result<Version, AppendError>;

/// A turn of a stream with no record yet.
pub struct Turn(pub Append);

pub fn turn(stream: StreamId, expected: u64) -> Turn {
    Turn(Append {
        stream,
        expected: Version(expected),
        record: None,
        snapshot: None,
        answer: None,
        due: DueChange::Keep,
    })
}

impl Turn {
    pub fn record(self, record: impl Into<Bytes>) -> Turn {
        Turn(Append { record: Some(record.into()), ..self.0 })
    }

    pub fn snapshot(self, state: impl Into<Bytes>) -> Turn {
        Turn(Append { snapshot: Some(state.into()), ..self.0 })
    }

    pub fn take(self, name: &str, body: impl Into<Bytes>, now: u64, expires_at: u64) -> Turn {
        let (key, body) = (key(name), body.into());
        let (now, expires_at) = (Millis(now), Millis(expires_at));
        let answer = AnswerWrite::Take { key, body, now, expires_at };
        Turn(Append { answer: Some(answer), ..self.0 })
    }

    pub fn replace(self, name: &str, body: impl Into<Bytes>, expires_at: u64) -> Turn {
        let (key, body) = (key(name), body.into());
        let answer = AnswerWrite::Replace { key, body, expires_at: Millis(expires_at) };
        Turn(Append { answer: Some(answer), ..self.0 })
    }

    pub fn due(self, at: u64, note: impl Into<Bytes>) -> Turn {
        let due = DueChange::Set(Due { at: Millis(at), note: note.into() });
        Turn(Append { due, ..self.0 })
    }

    pub fn done_with_it(self) -> Turn {
        Turn(Append { due: DueChange::Clear, ..self.0 })
    }
}

/// Some stream; those of neighbouring numbers are in different shards more often than not.
pub fn stream(number: u64) -> StreamId {
    StreamId { kind: 1, id: u128::from(number).to_be_bytes() }
}

pub fn key(name: &str) -> AnswerKey {
    AnswerKey(Bytes::copy_from_slice(name.as_bytes()))
}

pub fn due_at(at: u64, stream: StreamId) -> DueAt {
    DueAt { at: Millis(at), stream }
}

/// Appending in one expression.
pub trait Appending: EventLog {
    /// Queues a turn, whose outcome will be in the receiver.
    fn queue(&self, turn: Turn) -> Receiver<Outcome> {
        let (told, outcome) = mpsc::channel();
        self.append(turn.0, Box::new(move |result| drop(told.send(result)))).unwrap();
        outcome
    }

    /// Queues a turn and waits for its outcome.
    fn commit(&self, turn: Turn) -> Outcome {
        self.queue(turn).recv().unwrap()
    }
}

impl<L: EventLog + ?Sized> Appending for L {}

pub fn conflict(found: u64) -> Outcome {
    Err(AppendError::Conflict { found: Version(found) })
}

pub fn options(shards: u16, sync: Sync) -> RocksOptions {
    let on_stop: OnStop = Arc::new(|why| panic!("a shard has stopped: {why}"));
    RocksOptions {
        cache_bytes: 8 << 20,
        memtable_bytes: 16 << 20,
        sync,
        ..RocksOptions::new(ShardCount::new(shards).unwrap(), on_stop)
    }
}

pub fn open(dir: &Path, shards: u16) -> Result<RocksLog, DataDirError> {
    RocksLog::open(dir, options(shards, Sync::Every))
}

/// Bytes that do not compress, so that what is looked for in a file is there as it was written.
pub fn noise(bytes: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}
