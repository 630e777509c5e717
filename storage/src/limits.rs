//! Every bound of this crate, and why it is what it is.
//!
//! Why: a log without bounds moves the overload of one busy hour into memory, where it ends as
//! a killed process. Here it ends as [`QueueFull`](crate::QueueFull), at once.

/// Shards of one data directory. Each costs a thread, a RocksDB and its open files; one per core
/// is plenty, and no machine we run on has more cores than this.
pub const SHARDS_MAX: u16 = 64;

/// Turns waiting for one shard. A synced batch takes a few milliseconds and carries up to
/// [`BATCH_TURNS_MAX`], so a full queue is some tens of milliseconds of work: within the time a
/// caller is willing to wait, and no more.
pub const QUEUE_TURNS_MAX: usize = 8 * 1024;

/// Bytes waiting for one shard: what bounds memory when turns are large rather than many.
pub const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Turns of one shard that wait to hear whether another shard gets their idempotency key. It
/// takes two requests with one key at the same instant to make one; beyond this the shard takes
/// nothing new until it has heard.
pub const PARKED_TURNS_MAX: usize = 256;

/// Turns written with one sync. More would not make the sync much cheaper per turn, and the
/// first waits for the last.
pub const BATCH_TURNS_MAX: usize = 1024;

/// A batch that has reached this takes no further turn, so the first record never waits long for
/// the last. The turn that reaches it may be as large as [`TURN_BYTES_MAX`].
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// One turn's events. A checkout with a few hundred lines takes some 100 KiB.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// One entity's state. The largest is the stock of a product that everybody holds.
pub const SNAPSHOT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// One remembered answer: a whole reply as it went over the wire.
pub const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// One idempotency key with its caller and operation. The wires allow 256 characters at most;
/// the rest is the scope.
pub const ANSWER_KEY_BYTES_MAX: usize = 1024;

/// The note of a due entry. Most are a few bytes; sealed credentials, kept until a payment is
/// through, are the largest.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;

/// All parts of one turn together.
pub const TURN_BYTES_MAX: usize = RECORD_BYTES_MAX
    + SNAPSHOT_BYTES_MAX
    + ANSWER_BYTES_MAX
    + ANSWER_KEY_BYTES_MAX
    + NOTE_BYTES_MAX;

/// Heads (a stream's version and due time) that a committer keeps, about 64 bytes each. A miss
/// costs one look-up in RocksDB, so the bound costs time and never correctness.
pub const HEADS_CACHED_MAX: usize = 64 * 1024;

/// Files that one shard's RocksDB keeps open. 64 shards stay below 32 Ki descriptors.
pub const OPEN_FILES_MAX: i32 = 512;

/// Write-ahead log of one shard. It is replayed when the shard opens, so this bounds the start
/// after a crash to half a second for each shard that a core has to open, however much is stored.
pub const WAL_BYTES_MAX: u64 = 128 * 1024 * 1024;

const _: () = assert!(RECORD_BYTES_MAX <= BATCH_BYTES_MAX, "a record of full size fits a batch");
const _: () = assert!(SNAPSHOT_BYTES_MAX >= 1024 * 1024, "the stock of a busy product fits");
const _: () = assert!(NOTE_BYTES_MAX >= 64 * 1024, "sealed credentials fit a note");
const _: () = assert!(TURN_BYTES_MAX <= QUEUE_BYTES_MAX, "a turn of full size fits a queue");
const _: () = assert!(BATCH_TURNS_MAX <= QUEUE_TURNS_MAX, "a full queue fills a batch");
const _: () = assert!(PARKED_TURNS_MAX <= BATCH_TURNS_MAX, "all parked turns fit one batch");
const _: () = assert!(BATCH_TURNS_MAX <= HEADS_CACHED_MAX, "a batch's heads fit the cache");
const _: () = assert!(SHARDS_MAX >= 1, "there is a shard");
