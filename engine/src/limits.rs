//! Every bound of the engine that an operator does not turn, and why it has its size.

use std::time::Duration;

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

/// An actor that has been carrying something out for this long may leave memory all the same:
/// else an outage of the processor would fill it. The log wakes it again.
pub const CARRYING_BEFORE_SLEEP: Duration = Duration::from_secs(30);

/// How often the log is searched for what has come due.
pub const TIMER_PERIOD: Duration = Duration::from_millis(100);

/// What comes due is woken in pages of this size, so that an hour in which everything expires
/// does not push everybody else out.
pub const DUE_PAGE: usize = 512;

/// How often an ask that met a changing of owners is sent again before it is refused.
pub const ASKS_RETRIED_MAX: u32 = 4;

/// Threads of one worker that read streams from the disk: enough to keep a disk busy, few enough
/// to be no crowd.
pub const READERS_MAX: usize = 8;

/// How long draining waits for what is in flight.
pub const DRAIN_LONGEST: Duration = Duration::from_secs(20);
