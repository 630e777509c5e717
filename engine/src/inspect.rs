//! What happened to one entity, event by event: for people, and for programs.
//!
//! Why: "what happened to this checkout?" is answered from what is on disk, by the same reader
//! that wakes an actor, whether the program runs or not.

mod words;

use std::fmt::{self, Write};

use paceline_domain::ids::{AttemptId, InstrumentId, OrderId, ProductId, SessionId};
use paceline_domain::time::Timestamp;
use paceline_storage::{EventLog, StreamId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::codec;
use crate::entity::{Entity, Instruments, Kind, Orders, Sessions, Stocks};
use crate::gateway::simulated::Simulated;

/// One entity's story, oldest event first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    pub entity: &'static str,
    pub id: String,
    pub events: Vec<Chapter>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// The record it stands in, counted from 1. Events of one turn share a record.
    pub version: u64,
    /// In words.
    pub told: String,
    /// As it is stored.
    pub event: Value,
}

/// Why there is no story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    #[error("`{0}` is no entity; there are session, instrument, stock, order and processor")]
    EntityUnknown(String),
    #[error("`{id}` is no id of this kind: {why}")]
    Malformed { id: String, why: String },
    #[error("nothing is stored of {entity} `{id}`")]
    Nothing { entity: &'static str, id: String },
    #[error("what is stored cannot be trusted: {0}")]
    Damaged(String),
}

/// The word under which the processor's own book is read, by the attempt.
pub const PROCESSOR: &str = "processor";

/// Tells the story of one entity.
///
/// - `entity`: `session`, `instrument`, `stock`, `order`, or [`PROCESSOR`].
/// - `id`: as the wires and the logs write it, a product's id for `stock`, an attempt's for
///   [`PROCESSOR`].
/// - `book`: the simulated processor's.
///
/// # Errors
/// [`InspectError`].
pub fn inspect(
    log: &dyn EventLog,
    book: &dyn EventLog,
    entity: &str,
    id: &str,
) -> Result<Story, InspectError> {
    let malformed = |why: String| InspectError::Malformed { id: id.to_owned(), why };
    // A global id, as the wire writes it, ends in the plain one.
    let plain = id.rsplit('/').next().unwrap_or(id);
    if entity == PROCESSOR {
        let attempt = AttemptId::parse(plain).map_err(|error| malformed(error.to_string()))?;
        return processor(book, attempt);
    }
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.word() == entity)
        .ok_or_else(|| InspectError::EntityUnknown(entity.to_owned()))?;
    let wide = |parsed: Result<u128, String>| parsed.map(|wide| kind.stream(wide));
    let stream = match kind {
        Kind::Session => wide(SessionId::parse(plain).map(|i| i.0).map_err(|e| e.to_string())),
        Kind::Instrument => {
            wide(InstrumentId::parse(plain).map(|i| i.0).map_err(|e| e.to_string()))
        }
        Kind::Order => wide(OrderId::parse(plain).map(|i| i.0).map_err(|e| e.to_string())),
        Kind::Stock => ProductId::parse(id).map(|p| Stocks::stream(&p)).map_err(|e| e.to_string()),
    };
    let stream = stream.map_err(malformed)?;
    let events = match kind {
        Kind::Session => chapters::<Sessions>(log, stream, words::session),
        Kind::Instrument => chapters::<Instruments>(log, stream, words::instrument),
        Kind::Order => chapters::<Orders>(log, stream, words::order),
        Kind::Stock => chapters::<Stocks>(log, stream, words::stock),
    }?;
    story(kind.word(), id, events)
}

fn chapters<E: Entity>(
    log: &dyn EventLog,
    stream: StreamId,
    tell: fn(&E::Event) -> String,
) -> Result<Vec<Chapter>, InspectError>
where
    E::Event: DeserializeOwned,
{
    let damaged = |error: &dyn fmt::Display| InspectError::Damaged(error.to_string());
    let mut chapters = vec![];
    for (record, version) in log.history(stream).map_err(|e| damaged(&e))?.iter().zip(1..) {
        let events: Vec<E::Event> = codec::decode(record).map_err(|e| damaged(&e))?;
        for event in &events {
            chapters.push(Chapter { version, told: tell(event), event: value(event)? });
        }
    }
    Ok(chapters)
}

fn processor(book: &dyn EventLog, attempt: AttemptId) -> Result<Story, InspectError> {
    let entries = Simulated::book_of(book, attempt).map_err(InspectError::Damaged)?;
    let chapter =
        |(entry, version)| Ok(Chapter { version, told: words::entry(entry), event: value(entry)? });
    let events = entries.iter().zip(1..).map(chapter).collect::<Result<_, _>>()?;
    story(PROCESSOR, &attempt.to_string(), events)
}

fn value<T: Serialize>(event: &T) -> Result<Value, InspectError> {
    serde_json::to_value(event).map_err(|error| InspectError::Damaged(error.to_string()))
}

fn story(entity: &'static str, id: &str, events: Vec<Chapter>) -> Result<Story, InspectError> {
    let id = id.to_owned();
    match events.is_empty() {
        true => Err(InspectError::Nothing { entity, id }),
        false => Ok(Story { entity, id, events }),
    }
}

/// A moment as people and programs both read it: RFC 3339, UTC, to the millisecond. A record may
/// name one that is in no calendar of four digits, and its story is told nevertheless.
pub(crate) fn moment(Timestamp(millis): Timestamp) -> String {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    let mut told = String::new();
    match write!(told, "{}", humantime::format_rfc3339_millis(at)) {
        Ok(()) => told,
        Err(fmt::Error) => format!("{millis} ms after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_that_no_calendar_has_is_told_in_milliseconds() {
        assert_eq!(moment(Timestamp(1_769_947_200_000)), "2026-02-01T12:00:00.000Z");
        assert_eq!(moment(Timestamp(u64::MAX)), format!("{} ms after 1970", u64::MAX));
    }
}
