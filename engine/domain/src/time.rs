//! Moments. The core reads no clock: a moment arrives inside the command that needs it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    pub fn after(self, span: Duration) -> Self {
        let millis = u64::try_from(span.as_millis()).expect("a span is shorter than an era");
        Self(self.0.saturating_add(millis))
    }

    pub fn before(self, span: Duration) -> Self {
        let millis = u64::try_from(span.as_millis()).expect("a span is shorter than an era");
        Self(self.0.saturating_sub(millis))
    }
}
