//! Every bound of the engine that an operator does not turn, and why it has its size.

use std::time::Duration;

use paceline_storage::limits::SNAPSHOT_BYTES_MAX;

/// A stream with this many records since its last snapshot gets one: waking stays a matter of a
/// millisecond, however long the story, and a hot product does not write itself down too often.
pub const RECORDS_BETWEEN_SNAPSHOTS: u64 = 1024;

/// The first repeat of a step that got no answer comes after this, each later one after twice
/// the wait before.
pub const RETRY_FIRST: Duration = Duration::from_millis(50);

/// The longest wait between repeats: an outage of hours costs a question every so often, and
/// its end is noticed within this time.
pub const RETRY_LONGEST: Duration = Duration::from_secs(15);

/// A step that has been repeated this often without an answer is shown to an operator.
pub const RETRIES_BEFORE_OVERDUE: u32 = 8;

/// Sessions whose payment is under way, or whose completion is not settled: one more is refused
/// before it is accepted. What an outage of the processor leaves open stays in memory and holds
/// stock, so it needs a bound of its own: minutes of a busy shop.
pub const ATTEMPTS_OPEN_MAX: usize = 32 * 1024;

/// A hold in the snapshot of a stock: an attempt's id and its units.
const HOLD_BYTES_MAX: usize = 32;

const _: () = assert!(
    ATTEMPTS_OPEN_MAX * HOLD_BYTES_MAX <= SNAPSHOT_BYTES_MAX / 2,
    "the stock that everybody holds has a snapshot"
);

/// How long something owed is left to whoever decided it, before the log brings it up: nearly all
/// of it is done long before, and is never looked for. A start looks for all of it at once.
pub const OWED_LEFT_ALONE: Duration = Duration::from_secs(60);

/// How often the log is searched for what has come due.
pub const TIMER_PERIOD: Duration = Duration::from_millis(100);

/// What comes due is woken in pages of this size, so that a start after a busy hour does not push
/// everybody else out.
pub const DUE_PAGE: usize = 512;

/// How long a request waits to hear what is left of a product; after that the feed's count has to
/// do, and the hold will tell.
pub const LEVEL_PATIENCE: Duration = Duration::from_secs(1);

/// How often an ask that met a changing of owners is sent again before it is refused.
pub const ASKS_RETRIED_MAX: u32 = 4;

/// Threads of one worker that read streams from the disk: enough to keep a disk busy, few enough
/// to be no crowd.
pub const READERS_MAX: usize = 8;

/// How long draining waits for what is in flight.
pub const DRAIN_LONGEST: Duration = Duration::from_secs(20);
