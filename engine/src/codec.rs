//! Events, states and answers as bytes that later versions can still read.
//!
//! Promise: every version ever written stays readable; `tests/samples` keeps one of each. The
//! first byte is the version of what follows. A change to an event that postcard cannot read
//! back (a field added, removed or moved) is a new version with its own reader here; a variant
//! added at the end of an enum is not.

use bytes::{BufMut, Bytes, BytesMut};
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
    let writer = BytesMut::with_capacity(512).writer();
    let mut writer = postcard::to_io(&VERSION, writer).expect("memory takes every byte");
    postcard::to_io(value, &mut writer).expect("what is stored has a form in postcard");
    writer.into_inner().freeze()
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
pub(crate) struct Remembered {
    /// Of what was asked.
    pub fingerprint: [u8; 32],
    /// `None` while the work is under way.
    pub reply: Option<Reply>,
}

#[derive(Serialize, Deserialize)]
struct Remembering<'a> {
    fingerprint: [u8; 32],
    #[serde(borrow)]
    reply: Option<(u16, &'a [u8])>,
}

impl Remembered {
    pub(crate) fn to_bytes(&self) -> Bytes {
        let reply = self.reply.as_ref().map(|reply| (reply.status, &reply.body[..]));
        encode(&Remembering { fingerprint: self.fingerprint, reply })
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let (&version, rest) =
            bytes.split_first().ok_or_else(|| CodecError::Malformed("nothing at all".into()))?;
        if version != VERSION {
            return Err(CodecError::UnknownVersion(version));
        }
        let read: Remembering<'_> =
            postcard::from_bytes(rest).map_err(|error| CodecError::Malformed(error.to_string()))?;
        let reply =
            read.reply.map(|(status, body)| Reply { status, body: Bytes::copy_from_slice(body) });
        Ok(Self { fingerprint: read.fingerprint, reply })
    }
}

#[cfg(test)]
mod tests;
