//! The bytes on disk: keys in RocksDB, and values with a format and a checksum of their own.
//!
//! Why: RocksDB guards its blocks, but not against a value that turns up under another key or in
//! another column family, nor against a byte that went wrong on its way in. The checksum here is
//! taken over all of these where the value is made, and asked again where it is used.
//!
//! Every format ever written stays readable: a change of layout gets a new [`FORMAT`], and the
//! kept samples below stay as they are. Numbers in keys are big-endian, so that bytes sort as
//! the numbers do.
//!
//! | column family | key | value after the header |
//! |---|---|---|
//! | records | stream, version it brings the stream to | the record |
//! | snapshots | stream | version, the state |
//! | heads | stream | version that changed what is due, 0 or 1, the due time if 1 |
//! | answers | the answer key | stream, expiry, the body |
//! | due | due time, stream | the note |

use std::fmt;

use bytes::Bytes;

use crate::check::Head;
use crate::{Answer, DueAt, Millis, StreamId, Version};

pub(crate) const STREAM_BYTES: usize = 17;

/// Format and checksum: one byte and four.
const HEADER_BYTES: usize = 5;
const FORMAT: u8 = 1;

/// A column family. Its number is part of every checksum in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Records = 1,
    Snapshots = 2,
    Heads = 3,
    Answers = 4,
    Due = 5,
}

impl Family {
    pub const ALL: [Family; 5] =
        [Family::Records, Family::Snapshots, Family::Heads, Family::Answers, Family::Due];

    pub fn name(self) -> &'static str {
        match self {
            Family::Records => "records",
            Family::Snapshots => "snapshots",
            Family::Heads => "heads",
            Family::Answers => "answers",
            Family::Due => "due",
        }
    }
}

/// Why a value is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    Format(u8),
    Checksum,
    Layout,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Format(format) => write!(f, "unknown format {format}"),
            Malformed::Checksum => write!(f, "bad checksum"),
            Malformed::Layout => write!(f, "bad layout"),
        }
    }
}

pub(crate) fn stream_key(stream: StreamId) -> [u8; STREAM_BYTES] {
    let mut key = [0; STREAM_BYTES];
    key[0] = stream.kind;
    key[1..].copy_from_slice(&stream.id);
    key
}

pub(crate) fn record_key(stream: StreamId, version: Version) -> [u8; STREAM_BYTES + 8] {
    let mut key = [0; STREAM_BYTES + 8];
    key[..STREAM_BYTES].copy_from_slice(&stream_key(stream));
    key[STREAM_BYTES..].copy_from_slice(&version.0.to_be_bytes());
    key
}

/// The version in a key of the records. `None` if it is no such key.
pub(crate) fn record_version(key: &[u8]) -> Option<Version> {
    let version = key.get(STREAM_BYTES..)?.try_into().ok()?;
    Some(Version(u64::from_be_bytes(version)))
}

/// The stream in a key of the records. `None` if it is no such key.
pub(crate) fn record_stream(key: &[u8]) -> Option<StreamId> {
    take_stream(key).map(|(stream, _)| stream)
}

pub(crate) fn due_key(due: DueAt) -> [u8; 8 + STREAM_BYTES] {
    let mut key = [0; 8 + STREAM_BYTES];
    key[..8].copy_from_slice(&due.at.0.to_be_bytes());
    key[8..].copy_from_slice(&stream_key(due.stream));
    key
}

pub(crate) fn parse_due_key(key: &[u8]) -> Option<DueAt> {
    let (at, rest) = take_u64(key)?;
    let (stream, rest) = take_stream(rest)?;
    rest.is_empty().then_some(DueAt { at: Millis(at), stream })
}

/// Values are made in one buffer that is used again: a committer makes several for each turn.
#[derive(Default)]
pub(crate) struct Sealer(Vec<u8>);

impl Sealer {
    pub fn record(&mut self, key: &[u8], record: &[u8]) -> &[u8] {
        self.seal(Family::Records, key, &[record])
    }

    pub fn snapshot(&mut self, key: &[u8], version: Version, state: &[u8]) -> &[u8] {
        self.seal(Family::Snapshots, key, &[&version.0.to_be_bytes(), state])
    }

    pub fn head(&mut self, key: &[u8], head: Head) -> &[u8] {
        let version = head.version.0.to_be_bytes();
        match head.due_at {
            None => self.seal(Family::Heads, key, &[&version, &[0]]),
            Some(at) => self.seal(Family::Heads, key, &[&version, &[1], &at.0.to_be_bytes()]),
        }
    }

    pub fn answer(&mut self, key: &[u8], answer: &Answer) -> &[u8] {
        let (stream, expires_at) = (stream_key(answer.stream), answer.expires_at.0.to_be_bytes());
        self.seal(Family::Answers, key, &[&stream, &expires_at, &answer.body])
    }

    pub fn due(&mut self, key: &[u8], note: &[u8]) -> &[u8] {
        self.seal(Family::Due, key, &[note])
    }

    fn seal(&mut self, family: Family, key: &[u8], parts: &[&[u8]]) -> &[u8] {
        self.0.clear();
        self.0.extend_from_slice(&[FORMAT, 0, 0, 0, 0]);
        parts.iter().for_each(|part| self.0.extend_from_slice(part));
        let sum = checksum(family, key, &self.0[HEADER_BYTES..]);
        self.0[1..HEADER_BYTES].copy_from_slice(&sum.to_le_bytes());
        &self.0
    }
}

/// What a record or a due note was made of.
pub(crate) fn open<'v>(family: Family, key: &[u8], value: &'v [u8]) -> Result<&'v [u8], Malformed> {
    let (&format, rest) = value.split_first().ok_or(Malformed::Layout)?;
    if format != FORMAT {
        return Err(Malformed::Format(format));
    }
    let (sum, payload) = rest.split_first_chunk().ok_or(Malformed::Layout)?;
    if u32::from_le_bytes(*sum) != checksum(family, key, payload) {
        return Err(Malformed::Checksum);
    }
    Ok(payload)
}

pub(crate) fn open_snapshot(key: &[u8], value: &[u8]) -> Result<(Version, Bytes), Malformed> {
    let payload = open(Family::Snapshots, key, value)?;
    let (version, state) = take_u64(payload).ok_or(Malformed::Layout)?;
    Ok((Version(version), Bytes::copy_from_slice(state)))
}

pub(crate) fn open_head(key: &[u8], value: &[u8]) -> Result<Head, Malformed> {
    let payload = open(Family::Heads, key, value)?;
    let (version, rest) = take_u64(payload).ok_or(Malformed::Layout)?;
    let due_at = match rest.split_first() {
        Some((0, [])) => None,
        Some((1, at)) => {
            let (at, rest) = take_u64(at).ok_or(Malformed::Layout)?;
            Some(rest.is_empty().then_some(Millis(at)).ok_or(Malformed::Layout)?)
        }
        Some(_) | None => return Err(Malformed::Layout),
    };
    Ok(Head { version: Version(version), due_at })
}

pub(crate) fn open_answer(key: &[u8], value: &[u8]) -> Result<Answer, Malformed> {
    let (stream, expires_at, body) = answer_parts(key, value)?;
    Ok(Answer { stream, expires_at, body: Bytes::copy_from_slice(body) })
}

/// When an answer expires, without a copy of it: compaction asks this of each.
pub(crate) fn answer_expires_at(key: &[u8], value: &[u8]) -> Result<Millis, Malformed> {
    answer_parts(key, value).map(|(_, expires_at, _)| expires_at)
}

fn answer_parts<'v>(
    key: &[u8],
    value: &'v [u8],
) -> Result<(StreamId, Millis, &'v [u8]), Malformed> {
    let payload = open(Family::Answers, key, value)?;
    let (stream, rest) = take_stream(payload).ok_or(Malformed::Layout)?;
    let (expires_at, body) = take_u64(rest).ok_or(Malformed::Layout)?;
    Ok((stream, Millis(expires_at), body))
}

/// The key's length is part of it, so that no byte can move between key and value unnoticed.
fn checksum(family: Family, key: &[u8], payload: &[u8]) -> u32 {
    let key_bytes = (key.len() as u64).to_be_bytes();
    [&key_bytes, key, payload]
        .into_iter()
        .fold(crc32c::crc32c(&[family as u8, FORMAT]), crc32c::crc32c_append)
}

fn take_u64(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

fn take_stream(bytes: &[u8]) -> Option<(StreamId, &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    let (&id, rest) = rest.split_first_chunk()?;
    Some((StreamId { kind, id }, rest))
}

#[cfg(test)]
mod tests;
