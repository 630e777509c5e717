//! Bytes in order, durable once acknowledged.
//!
//! Why: what an entity decides must outlive the process before anyone hears of it, and a second
//! owner of the same entity must find out that it is second. Both are one primitive here: append
//! a turn to a stream *at an expected version*, together with everything that must not be torn
//! from it.
//!
//! Promise: `done` is called with `Ok` only after the turn is on disk; a turn is there whole or
//! not at all; turns queued for one stream are written in the order they were queued.
//! Left out: what the bytes mean. This crate knows no entity, no clock and no runtime.

pub mod limits;
pub mod memory;
pub mod metrics;
pub mod rocks;

mod acknowledged;
mod check;
mod claims;
mod datadir;
mod format;
mod recovery;
mod shard;
mod writer;

use std::fmt;
use std::hash::{Hash, Hasher};

use bytes::Bytes;

pub use datadir::DataDirError;
pub use memory::MemoryLog;
pub use rocks::{RocksLog, RocksOptions};
pub use shard::{ShardCount, ShardCountOutOfRange};

/// One entity's stream: what kind of entity, and which one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId {
    pub kind: u8,
    pub id: [u8; 16],
}

/// By its id alone, all of it in one step: several maps look a stream up at every step of a
/// request, and kinds are few. Nothing of the id is left out, for callers choose ids, and could
/// choose many that are alike in the rest.
impl Hash for StreamId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.id));
    }
}

/// How many records a stream has. The fence: an append names the version it was decided on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// Milliseconds since the Unix epoch, as the caller counts them; storage reads no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// The caller's name for one intent, already scoped to caller and operation. At most
/// [`limits::ANSWER_KEY_BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnswerKey(pub Bytes);

/// What is remembered under an [`AnswerKey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The stream whose turn took the key.
    pub stream: StreamId,
    /// The engine's words: fingerprint, progress, reply.
    pub body: Bytes,
    /// Read as absent from this moment on, and dropped by compaction some time later.
    pub expires_at: Millis,
}

/// How an append writes under an [`AnswerKey`].
#[derive(Clone, Debug)]
pub enum AnswerWrite {
    /// Takes a key that nobody has. If any stream has taken it, the append is refused with
    /// [`AppendError::KeyTaken`] and writes nothing.
    Take { key: AnswerKey, body: Bytes, now: Millis, expires_at: Millis },
    /// Overwrites what this stream wrote under the key before; if it wrote nothing, or that has
    /// gone, takes the key. Refused with [`AppendError::KeyTaken`] if another stream has taken it.
    Replace { key: AnswerKey, body: Bytes, expires_at: Millis },
}

/// When a stream wants to be looked at again, and the note it left for that moment. A stream has
/// at most one; the note is gone from the index with the append that replaces or clears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub at: Millis,
    pub note: Bytes,
}

/// What an append does to its stream's [`Due`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DueChange {
    #[default]
    Keep,
    Set(Due),
    Clear,
}

/// One turn of one stream: written whole or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    pub stream: StreamId,
    /// Versions the stream must have when this is written.
    pub expected: Version,
    /// The turn's events, encoded. `None` adds no version: for an answer alone, or for a barrier
    /// that is acknowledged once everything queued on its stream before it is.
    pub record: Option<Bytes>,
    /// The state after `record`, so that later reads start here.
    pub snapshot: Option<Bytes>,
    pub answer: Option<AnswerWrite>,
    pub due: DueChange,
}

/// What a stream holds: the latest snapshot and the records after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Records in the stream, those before the snapshot included.
    pub version: Version,
    /// The state as of a version.
    pub snapshot: Option<(Version, Bytes)>,
    /// Records after the snapshot, oldest first.
    pub records: Vec<Bytes>,
    pub due: Option<Due>,
}

/// Where a page of due streams ended; hand it back to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueAt {
    pub at: Millis,
    pub stream: StreamId,
}

/// Called exactly once, soon after the sync: on a thread of the log's, or on the caller's before
/// [`EventLog::append`] returns. It must not block, and may append. Gets the stream's version
/// after the append.
pub type Done = Box<dyn FnOnce(Result<Version, AppendError>) + Send>;

/// Why an append wrote nothing, or may have written something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote to the stream: the caller's state is old.
    #[error("the stream is at version {}, not at the expected one", found.0)]
    Conflict { found: Version },
    #[error("the idempotency key is taken")]
    KeyTaken(Box<Answer>),
    /// The log has stopped. Written or not: recovery will tell.
    #[error("the log has stopped: {0}")]
    Stopped(String),
    /// A part is over its bound in [`limits`]; nothing was written.
    #[error("{part} of {bytes} bytes is over its bound")]
    TooLarge { part: &'static str, bytes: usize },
}

/// The queue of the stream's shard is full; nothing was queued and `done` will not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log's queue is full")]
pub struct QueueFull;

/// Why a stream cannot be read. Nothing is answered from a stream that is doubtful.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A gap, a bad checksum or an unknown format: what was read cannot be trusted.
    #[error("stream {stream:?} is damaged at version {} in {place}: {why}", version.0)]
    Damaged { stream: StreamId, version: Version, place: String, why: String },
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
}

/// Streams of records with a fence, an idempotency table and a timer index that move together.
///
/// Any number of processes may one day share one log: whoever appends at a stale version is
/// refused, whoever takes a taken key is told by whom.
pub trait EventLog: Send + Sync + 'static {
    /// Queues one turn and returns at once; `done` hears of it. Turns of one stream are written
    /// in the order in which they were queued, each checked against the version the one before
    /// it left: if one is refused, those queued behind it on its new version are refused too.
    ///
    /// # Errors
    /// [`QueueFull`]: nothing was queued.
    fn append(&self, turn: Append, done: Done) -> Result<(), QueueFull>;

    /// Reads a stream from its latest snapshot on; a stream never written is empty. What an
    /// append left behind that failed is not shown before the log is opened again. Blocks on the
    /// disk.
    ///
    /// # Errors
    /// [`ReadError`] rather than a part of the truth.
    fn read(&self, stream: StreamId) -> Result<Stored, ReadError>;

    /// Reads every record of a stream from its beginning, ignoring snapshots: for telling its
    /// story. Blocks on the disk.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    fn history(&self, stream: StreamId) -> Result<Vec<Bytes>, ReadError>;

    /// What is remembered under a key at `now`. Blocks on the disk.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    fn answer(&self, key: &AnswerKey, now: Millis) -> Result<Option<Answer>, ReadError>;

    /// Streams whose [`Due`] is at or before `until`, in order, at most `limit`, starting after
    /// `after`. Blocks on the disk.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    fn due(
        &self,
        until: Millis,
        after: Option<DueAt>,
        limit: usize,
    ) -> Result<Vec<DueAt>, ReadError>;

    /// Streams of one kind that have a record, in order, at most `limit`, starting after `after`:
    /// for reports that go through all of them. Blocks on the disk.
    ///
    /// # Errors
    /// As [`EventLog::read`].
    fn streams(
        &self,
        kind: u8,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, ReadError>;
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind)?;
        self.id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn streams_whose_ids_differ_in_any_one_byte_have_hashes_that_differ() {
        let hasher = RandomState::new();
        let zero = StreamId { kind: 1, id: [0; 16] };
        for place in 0..16 {
            let mut other = zero;
            other.id[place] = 1;
            assert_ne!(hasher.hash_one(zero), hasher.hash_one(other), "byte {place}");
        }
    }
}
