//! Every bound of the engine that an operator does not turn, and why it has its size.

use std::num::NonZeroU32;
use std::time::Duration;

use paceline_domain::money::Micros;
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

/// The first repeat of what is owed to Google, or to a bank that is away, comes after about this;
/// each later one after half of the time for which it has been owed.
pub const OWED_FIRST: Duration = Duration::from_secs(1);

/// The longest wait of what is owed outside: the end of an outage of hours is noticed within this.
pub const OWED_LONGEST: Duration = Duration::from_secs(5 * 60);

/// The first and the longest wait where somebody has to mend something first.
pub const MENDING_FIRST: Duration = Duration::from_secs(60);
pub const MENDING_LONGEST: Duration = Duration::from_secs(60 * 60);

/// What a request of Standard Payments may take beyond its deadline, which is for carrying out what was
/// decided: whoever is to pay is found before, and an equal request is waited for. Google gives up
/// after seven seconds, two after the deadline.
pub const BEYOND_DEADLINE: Duration = Duration::from_secs(1);

/// When a call to Google counts as unanswered: beyond the longest that its services promise.
pub const GOOGLE_PATIENCE: Duration = Duration::from_secs(15);

/// Calls to Google at once. After an outage everything that is owed comes due together; what finds
/// no room is tried again soon, and sleeps until then.
pub const GOOGLE_CALLS_MAX: usize = 256;

/// What is owed to Google for longer than this is late: somebody should know.
pub const NOTICE_LATE: Duration = Duration::from_secs(5 * 60);

/// How often it is counted what is owed to Google.
pub const NOTICES_COUNTED_EVERY: Duration = Duration::from_secs(15);

/// Lines of a statement in one page: the most that Google gives, so that there are few pages.
pub const STATEMENT_PAGE_LINES: u32 = 1_000;

/// Lines that a statement lacks and that are listed one by one: what is more than this is no
/// matter of lines. They fit a record.
pub const MISSING_LINES_MAX: usize = 4_000;

/// Payments that a statement looks at together.
pub const LOOKED_UP_AT_ONCE: usize = 64;

/// Days of journals that a statement is held against: a year and a bit, whatever period it names.
pub const STATEMENT_DAYS_MAX: usize = 400;

/// Rounds of PBKDF2 over the password that a customer signs in with. OWASP's advice of 2023 for
/// SHA-256; a tenth of a second on a thread that serves nobody else.
pub const PASSWORD_ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("it is not zero");

/// Passwords that are compared at once: whoever posts many waits, and leaves threads and cores to
/// payments.
pub const PASSWORDS_COMPARED_MAX: usize = 2;

/// The most that a payment by card may be of: a billion, in whatever currency. What a day of
/// thousands of these comes to is still an amount.
pub const CARD_AMOUNT_MAX: Micros = Micros(1_000_000_000 * 1_000_000);

/// Movements that Google is told of in one part of a settlement: a part fits a record.
pub const SETTLEMENT_PART_ENTRIES: usize = 1_000;
