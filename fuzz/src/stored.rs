//! What is read back from the disk: events, states, the books of processor and acquirer, card data
//! keys, a story, the marker.
//!
//! Left out: applying events that no decision made. A record is behind a checksum, and what the
//! core does with a story that breaks its rules is to stop.

use std::fmt::Debug;
use std::path::Path;

use bytes::Bytes;
use paceline_api::admin::{story_json, story_text};
use paceline_domain::{
    account, card, card_payment, challenge, document, instrument, journal, link, name, notice,
    order, payment, session, settlement, statement, stock, telephone,
};
use paceline_engine::Secret;
use paceline_engine::acquirer::simulated;
use paceline_engine::card::keyring::Keyring;
use paceline_engine::codec::{CodecError, decode, encode};
use paceline_engine::gateway::simulated::Entry;
use paceline_engine::inspect::{InspectError, inspect};
use paceline_storage::{
    Answer, AnswerKey, Append, Done, DueAt, EventLog, Millis, QueueFull, ReadError, RocksLog,
    Stored, StreamId, Version,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bounds::{DISK, WIRE, within};

/// Of entities.
const KINDS: u8 = 17;

/// The first byte says what the rest is.
pub fn events(bytes: &[u8]) {
    let Some((kind, record)) = bytes.split_first() else { return };
    match kind % KINDS {
        0 => again::<Vec<session::Event>>(record),
        1 => again::<Vec<instrument::Event>>(record),
        2 => again::<Vec<stock::Event>>(record),
        3 => again::<Vec<order::Event>>(record),
        4 => again::<Vec<account::Event>>(record),
        5 => again::<Vec<name::Event>>(record),
        6 => again::<Vec<link::Event>>(record),
        7 => again::<Vec<challenge::Event>>(record),
        8 => again::<Vec<payment::Event>>(record),
        9 => again::<Vec<statement::Event>>(record),
        10 => again::<Vec<notice::Event>>(record),
        11 => again::<Vec<journal::Event>>(record),
        12 => again::<Vec<telephone::Event>>(record),
        13 => again::<Vec<card::Event>>(record),
        14 => again::<Vec<card_payment::Event>>(record),
        15 => again::<Vec<document::Event>>(record),
        _ => again::<Vec<settlement::Event>>(record),
    }
}

/// As [`events`].
pub fn states(bytes: &[u8]) {
    let Some((kind, snapshot)) = bytes.split_first() else { return };
    match kind % KINDS {
        0 => again::<session::State>(snapshot),
        1 => again::<instrument::Instrument>(snapshot),
        2 => again::<stock::Stock>(snapshot),
        3 => again::<Option<order::Placement>>(snapshot),
        4 => again::<account::State>(snapshot),
        5 => again::<name::State>(snapshot),
        6 => again::<link::State>(snapshot),
        7 => again::<challenge::State>(snapshot),
        8 => again::<payment::State>(snapshot),
        9 => again::<statement::State>(snapshot),
        10 => again::<notice::State>(snapshot),
        11 => again::<journal::Journal>(snapshot),
        12 => again::<telephone::Telephone>(snapshot),
        13 => again::<card::State>(snapshot),
        14 => again::<card_payment::State>(snapshot),
        15 => again::<document::State>(snapshot),
        _ => again::<settlement::State>(snapshot),
    }
}

pub fn book(bytes: &[u8]) {
    again::<Entry>(bytes);
}

/// As [`book`], of the acquirer.
pub fn acquirer_book(bytes: &[u8]) {
    again::<Vec<simulated::Entry>>(bytes);
}

/// Card data keys, in a file or a variable: what is wrong with them is said, and what they are not.
pub fn card_keys(bytes: &[u8]) {
    let words = Secret::new(bytes.to_vec());
    let Err(refused) = within(WIRE, bytes, |_| Keyring::parse(&words, "CARD_KEYS")) else { return };
    let told = refused.to_string();
    assert!(told.starts_with("CARD_KEYS") && told.len() < 256, "{told}");
    let shown = told.as_bytes().windows(SHOWN).any(|seen| {
        seen.iter().all(u8::is_ascii_hexdigit) && bytes.windows(SHOWN).any(|given| given == seen)
    });
    assert!(!shown, "{told} shows a part of a key");
}

/// No word of ours has so many hexadecimal digits on end.
const SHOWN: usize = 8;

/// What is read is written to what is read as the same.
fn again<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    match within(DISK, bytes, decode::<T>) {
        Ok(read) => assert_eq!(decode::<T>(&encode(&read)), Ok(read)),
        Err(CodecError::UnknownVersion(version)) => assert_eq!(bytes.first(), Some(&version)),
        Err(CodecError::Malformed(why)) => assert!(!why.is_empty()),
    }
}

/// `paceline inspect`: a line with entity and id, then the record that is found.
pub fn story(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, record) = bytes.split_at(end);
    let Ok(line) = std::str::from_utf8(line) else { return };
    let (entity, id) = line.split_once(' ').unwrap_or((line, ""));
    let log = OneRecord(Bytes::copy_from_slice(record.get(1..).unwrap_or_default()));
    match inspect(&log, &log, entity, id) {
        Ok(story) => {
            let told = story_text(&story);
            assert!(told.lines().count() > story.events.len(), "an event has a line: {told}");
            assert!(serde_json::from_str::<Value>(&story_json(&story)).is_ok());
        }
        Err(InspectError::EntityUnknown(word)) => assert_eq!(word, entity),
        Err(InspectError::Malformed { id: given, why }) => assert!(given == id && !why.is_empty()),
        Err(InspectError::Nothing { id: given, .. }) => assert_eq!(given, id),
        Err(InspectError::Damaged(why)) => assert!(!why.is_empty()),
    }
}

/// The file that says what a data directory is.
pub fn marker(bytes: &[u8]) {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("PACELINE");
    std::fs::write(&file, bytes).expect("a file");
    let opened = within(WIRE, bytes, |_| RocksLog::open_read_only(home.path()).map(drop));
    let told = opened.expect_err("there is no log beside it").to_string();
    let named = |path: &Path| told.contains(&path.display().to_string());
    assert!(named(home.path()), "{told} names no directory");
    assert!(told.len() < 1024, "{told}");
}

/// Every stream has this record.
struct OneRecord(Bytes);

impl EventLog for OneRecord {
    fn append(&self, _: Append, _: Done) -> Result<(), QueueFull> {
        Err(QueueFull)
    }

    fn read(&self, _: StreamId) -> Result<Stored, ReadError> {
        Ok(Stored { version: Version(1), records: vec![self.0.clone()], ..Stored::default() })
    }

    fn history(&self, _: StreamId) -> Result<Vec<Bytes>, ReadError> {
        Ok(vec![self.0.clone()])
    }

    fn answer(&self, _: &AnswerKey, _: Millis) -> Result<Option<Answer>, ReadError> {
        Ok(None)
    }

    fn due(&self, _: Millis, _: Option<DueAt>, _: usize) -> Result<Vec<DueAt>, ReadError> {
        Ok(vec![])
    }

    fn streams(&self, _: u8, _: Option<StreamId>, _: usize) -> Result<Vec<StreamId>, ReadError> {
        Ok(vec![])
    }
}
