//! What is kept beside a decision for somebody outside of it: a question, and bytes that are never
//! shown.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// The caller's question, kept so that its answer can be recorded by whoever learns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    #[serde(serialize_with = "readable")]
    pub key: Arc<[u8]>,
    #[serde(serialize_with = "readable")]
    pub fingerprint: [u8; 32],
    /// How the wire words the answer; the core only keeps it.
    pub manner: u8,
}

/// Bytes as words where people read them, and as they are where only we do.
fn readable<S: Serializer, B: AsRef<[u8]> + Serialize>(
    bytes: &B,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match serializer.is_human_readable() {
        true => serializer.collect_str(&bytes.as_ref().escape_ascii()),
        false => bytes.serialize(serializer),
    }
}

/// Bytes that are stored and compared, and that no person gets to see: a sealed token, the hash of
/// a password.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Hidden(pub Arc<[u8]>);

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str("hidden"),
            false => self.0.serialize(serializer),
        }
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}
