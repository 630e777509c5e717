//! Every bound of this program, with its reason.

use std::time::Duration;

/// A method that takes longer does not count as answered, by the service levels of the wire.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(7);

/// How far the two clocks may be apart.
pub const CLOCKS_APART_MAX: Duration = Duration::from_secs(60);

/// Of a body, before it is opened.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Of a page of a statement, by the wire.
pub const EVENTS_PAGE_MAX: usize = 1000;

/// Of a request's id, by the wire.
pub const REQUEST_ID_MAX: usize = 100;

/// How long a command waits for what the integrator tells of its own accord.
pub const NOTICE_WITHIN: Duration = Duration::from_secs(60);

/// How often is looked whether it has come.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);
