//! What must never be seen: credentials in memory, and sealed on their way to the disk.

use std::fmt;

use bytes::Bytes;

/// Bytes that no log line, error text, metric or trace can show: there is no way to print them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Bytes);

impl Secret {
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for whoever must have them: the processor, or the sealer.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
