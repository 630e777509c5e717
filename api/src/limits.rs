//! Every bound of this crate that an operator does not turn, with its reason. Those that one may
//! turn are in `config.rs`.

/// The longest payment token: an encrypted wallet token has 1 to 4 KiB.
pub const TOKEN_BYTES_MAX: usize = 32 * 1024;

/// How deep a body may nest. The deepest member that is read lies at 8; parsers recurse.
pub const NESTING_MAX: usize = 64;

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
