//! Every bound of this crate that an operator does not turn, with its reason. Those that one may
//! turn are in `config.rs`.

use std::time::Duration;

/// The longest payment token: an encrypted wallet token has 1 to 4 KiB.
pub const TOKEN_BYTES_MAX: usize = 32 * 1024;

/// The longest idempotency key: a UUID has 36 characters.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// The longest request id that is echoed.
pub const REQUEST_ID_BYTES_MAX: usize = 128;

/// The longest `UCP-Agent` header: one URL and a few parameters.
pub const AGENT_BYTES_MAX: usize = 2048;

/// The longest error text: what a caller sent is never echoed at length.
pub const ERROR_PATH_BYTES_MAX: usize = 256;

/// The largest product feed: a million products with long descriptions. It is read whole.
pub const FEED_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Products on offer: some 300 bytes of memory each.
pub const PRODUCTS_MAX: usize = 2_000_000;

/// One value of a feed; titles and links have their own, smaller bounds.
pub const FIELD_BYTES_MAX: usize = 16 * 1024;

/// Elements inside of elements of a feed; Merchant Center's go five deep.
pub const FEED_DEPTH_MAX: usize = 64;

/// Problems of a feed that are told before reading stops: nobody reads more at a time.
pub const FEED_PROBLEMS_MAX: usize = 1_000;

/// Characters of a bad value that are repeated in a message.
pub const SHOWN_CHARS_MAX: usize = 40;

/// Units of one product that a feed may count: more than was ever made of anything.
pub const UNITS_MAX: u64 = 1_000_000_000_000;

/// Lines of the log that wait to be written: a second or so of a busy server.
pub const LOG_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How often they are written: as often as a person can see, and seldom enough to cost nothing.
pub const LOG_PERIOD: Duration = Duration::from_millis(50);

/// How long the program tries to say why it ends before it does.
pub const LAST_WORDS_LONGEST: Duration = Duration::from_secs(1);

/// Characters of a path that are logged; ours are shorter.
pub const LOGGED_PATH_CHARS_MAX: usize = 200;

/// How long a caller is asked to stay away when there is no room: long enough for a burst to pass.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long accepting rests when it fails: a moment for a file descriptor to become free.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Connections that are looked at for one that is idle, when a new one has no place: enough to
/// find one where many were used since, and still less than a millisecond.
pub const PLACES_LOOKED_AT: usize = 1024;

/// Connections turned away whose request is taken in and thrown away, so that they hear why.
pub const TURNED_AWAY_MAX: usize = 256;

/// So many requests for each serving thread may be in progress however slow the writes: enough for
/// a sync to carry many, and for a machine that is slow for other reasons than ours to do what it
/// can. A thread works off what it has let in one after the other, and a refusal waits behind it.
pub const REQUESTS_ALWAYS: usize = 128;

/// Writes that take longer on average stand in a queue. Two syncs of a slow disk take less. With
/// half as much, a machine that was slow for other reasons did a third of what it could.
pub const WRITE_FAST_ENOUGH: Duration = Duration::from_millis(200);

/// Whoever waits longer for a serving thread, when nobody waits less, stands in a queue. A refusal
/// waits as long, and has to be heard within 50 ms.
pub const THREAD_SOON_ENOUGH: Duration = Duration::from_millis(5);

/// How often it is tried how long one waits for a serving thread.
pub const THREAD_TRIED_EVERY: Duration = Duration::from_millis(5);

/// The same while there is no request in progress: a program at rest uses next to nothing. Twice
/// from look to look at least, or a thread would seem stuck.
pub const THREAD_TRIED_AT_REST: Duration = Duration::from_millis(20);

/// Connections that are accepted at once for a serving thread.
pub const NEWCOMERS_AT_ONCE: usize = 8;

/// How often so many are: some thousands a second for each thread. With twice as many, those who
/// break off and come back at once could be felt; with half, those who come in the first moment of
/// a sale, each on a connection of its own, waited a second.
pub const NEWCOMERS_EVERY: Duration = Duration::from_millis(1);

/// How often the bound on requests is looked at: within the time in which a refusal is to be heard.
pub const PACE_PERIOD: Duration = Duration::from_millis(50);

/// How long an idle connection may take to say goodbye.
pub const LINGER: Duration = Duration::from_secs(2);

/// Of a body that is too large, this much is taken in and thrown away before the answer.
pub const BODY_DISCARDED_BYTES_MAX: usize = 1024 * 1024;

/// What one HTTP/2 stream may have waiting to be sent; the largest answer is some 100 KiB.
pub const STREAM_SEND_BYTES_MAX: usize = 256 * 1024;

/// The smallest buffer that hyper takes for HTTP/1.
pub const HTTP1_BUFFER_BYTES_MIN: usize = 8 * 1024;

/// Connections to the admin listener: a scraper, a probe, and a few people.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;

/// File descriptors for everything else: listeners, event loops, the log of lines, a feed.
pub const DESCRIPTORS_SPARE: usize = 128;

/// How long anything on the admin listener may take; a long story is read from the disk.
pub const ADMIN_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the metrics are tidied up. Their memory grows with what comes in between.
pub const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Memory for the book of the simulated processor, twice: what is read and what is written.
pub const BOOK_BYTES: usize = 16 * 1024 * 1024;

/// The longest story that is asked of a running server: a busy product's, a day long.
pub const STORY_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// When the end of a key is said to be soon: an exchange of keys between companies takes weeks.
pub const KEY_ENDS_SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Characters of a Google payment token or a one-time password: published ones have below a
/// hundred, and what is sealed has to fit beside an entity's state.
pub const GOOGLE_TOKEN_CHARS_MAX: usize = 1024;

/// How many times more one-time passwords may go to one telephone in development mode: a page of
/// checks asks for fifty, a load test for more, and none of them rings.
pub const DEVELOPMENT_OTP_TIMES: usize = 100;

/// How long whoever is called out there may take.
pub const CALLED_LONGEST: Duration = Duration::from_secs(10);

/// How long a connection to them is kept for the next call.
pub const CALLED_IDLE: Duration = Duration::from_secs(30);

/// Bytes of an answer of theirs: a page of a remittance statement has a thousand lines of some two
/// hundred bytes each, encrypted.
pub const CALLED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Messages of the development mode that can be read again.
pub const DEVELOPMENT_SMS_MAX: usize = 1000;

/// Wrong passwords for one name within [`SIGN_IN_WINDOW`], after which nobody tries.
pub const SIGN_IN_TRIES_MAX: usize = 10;

/// How long a wrong password counts.
pub const SIGN_IN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Names whose wrong passwords are counted.
pub const SIGN_IN_NAMES_MAX: usize = 10_000;

/// A longer name is nobody's: an e-mail address has no more.
pub const SIGN_IN_NAME_BYTES_MAX: usize = 254;

/// Who signs in at once; each waits for a tenth of a second of a core. One more is told to come
/// back.
pub const SIGN_INS_MAX: usize = 32;

/// Bytes of what an operator sends to the admin listener.
pub const ADMIN_BODY_BYTES_MAX: usize = 16 * 1024;

/// Lines of a card holder's address: forms have two or three.
pub const ADDRESS_LINES_MAX: usize = 10;

/// The longest body with a document in it: base64 makes it a third longer, and what is sealed is in
/// base64 once more.
pub const DOCUMENT_BODY_BYTES_MAX: usize = 2 * paceline_domain::document::DOCUMENT_BYTES_MAX;

/// Such bodies that may be arriving on one thread: a few megabytes of memory, and more than an
/// issuer's disputes ever bring at once.
pub const DOCUMENT_BODIES_ARRIVING_MAX: usize = 4;
