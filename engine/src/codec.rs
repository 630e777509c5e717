//! Events, states and answers as bytes that later versions can still read.
//!
//! Promise: every version ever written stays readable; `tests/samples` keeps one of each. The
//! first byte is the version of what follows. A change to an event that postcard cannot read
//! back (a field added, removed or moved) is a new version with its own reader here; a variant
//! added at the end of an enum is not.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::voice::Reply;

const VERSION: u8 = 1;

/// Bytes that this program cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("written in version {0}, which this program does not know")]
    UnknownVersion(u8),
    #[error("not what version {VERSION} writes: {0}")]
    Malformed(String),
}

/// Writes the events of one turn.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Bytes {
    encode_into(value, Vec::with_capacity(512))
}

fn encode_into<T: Serialize + ?Sized>(value: &T, mut room: Vec<u8>) -> Bytes {
    room.push(VERSION);
    postcard::to_extend(value, room).expect("what is stored has a form in postcard").into()
}

/// Reads what any version of [`encode`] wrote.
///
/// # Errors
/// [`CodecError`].
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            postcard::from_bytes(rest).map_err(|error| CodecError::Malformed(error.to_string()))
        }
        Some((&other, _)) => Err(CodecError::UnknownVersion(other)),
        None => Err(CodecError::Malformed("nothing at all".into())),
    }
}

/// What is remembered under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Of what was asked.
    pub fingerprint: [u8; 32],
    /// `None` while the work is under way.
    pub reply: Option<Reply>,
}

#[derive(Serialize, Deserialize)]
struct Remembering<'a> {
    fingerprint: [u8; 32],
    #[serde(borrow)]
    reply: Option<Replying<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Replying<'a> {
    status: u16,
    /// At once: the same bytes one by one are as long in coming as the whole turn.
    #[serde(borrow, with = "serde_bytes")]
    body: &'a [u8],
}

impl Remembered {
    pub fn to_bytes(&self) -> Bytes {
        let room = 64 + self.reply.as_ref().map_or(0, |reply| reply.body.len());
        let reply =
            self.reply.as_ref().map(|Reply { status, body }| Replying { status: *status, body });
        encode_into(&Remembering { fingerprint: self.fingerprint, reply }, Vec::with_capacity(room))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let (&version, rest) =
            bytes.split_first().ok_or_else(|| CodecError::Malformed("nothing at all".into()))?;
        if version != VERSION {
            return Err(CodecError::UnknownVersion(version));
        }
        let read: Remembering<'_> =
            postcard::from_bytes(rest).map_err(|error| CodecError::Malformed(error.to_string()))?;
        let reply = read
            .reply
            .map(|Replying { status, body }| Reply { status, body: Bytes::copy_from_slice(body) });
        Ok(Self { fingerprint: read.fingerprint, reply })
    }
}

#[cfg(test)]
mod tests;
