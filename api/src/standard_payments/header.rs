//! The header of a request: its version, its name and its moment.

use std::time::Duration;

use paceline_domain::ids::RequestId;
use paceline_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::read::Members;
use super::{Fault, MAJOR};

/// What the header comes to once it is checked.
#[derive(Debug)]
pub struct Header {
    pub request: RequestId,
}

/// Checks version and moment. The moment is checked on every delivery, repeats included.
///
/// - `tolerance`: how far the caller's clock may be from ours, either way.
///
/// # Errors
/// In the order in which a receiver looks.
/// # Source
/// Standard Payments, `RequestHeader`; implementation guide, receiver pipeline.
pub fn check(
    body: &Map<String, Value>,
    now: Timestamp,
    tolerance: Duration,
) -> Result<Header, Fault> {
    Members::new(body, "").object("requestHeader", |header| {
        let major = header.object("protocolVersion", |version| {
            let major = version.int64("major")?;
            if major == MAJOR {
                version.int64("minor")?;
                version.int64("revision")?;
            }
            Ok(major)
        })?;
        if major != MAJOR {
            return Err(Fault::version());
        }
        let sent = header.moment("requestTimestamp")?;
        let apart = Duration::from_millis(sent.0.abs_diff(now.0));
        if apart > tolerance {
            return Err(Fault::clock(tolerance));
        }
        Ok(Header { request: header.parsed("requestId", RequestId::parse)? })
    })
}
