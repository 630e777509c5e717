//! What happened to one entity, event by event: for people, and for programs.
//!
//! Why: "what happened to this checkout?" is answered from what is on disk, by the same reader
//! that wakes an actor, whether the program runs or not.

mod card;
mod standard;
mod words;

use std::fmt::{self, Write};

use paceline_domain::ids::{
    AccountId, AssociationId, AttemptId, CardId, ChallengeId, DocumentId, InstrumentId,
    IntegratorAccountId, LinkId, MalformedId, NoticeId, OrderId, PaymentId, ProductId, RequestId,
    SessionId, SettlementId, StatementId,
};
use paceline_domain::money::CurrencyCode;
use paceline_domain::name::Identifier;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use paceline_storage::{EventLog, StreamId};
use serde::Serialize;
use serde_json::Value;

use crate::codec;
use crate::entity::{
    Accounts, CardPayments, Cards, Challenges, Documents, Entity, Instruments, Journals, Kind,
    Links, Names, Notices, Orders, Payments, Sessions, Settlements, Statements, Stocks, Telephones,
};
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
    #[error("`{0}` is no entity; there are {all}, {PROCESSOR}", all = Kind::ALL.map(Kind::word).join(", "))]
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
/// - `entity`: a [`Kind`]'s word, or [`PROCESSOR`].
/// - `id`: as the wires and the logs write it, a product's id for `stock`, an attempt's for
///   [`PROCESSOR`]; a payment or a statement also as Google names it, its account id, a slash and
///   the request's id.
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
    let stream = stream(log, kind, id, plain)?.map_err(malformed)?;
    let events = match kind {
        Kind::Session => chapters::<Sessions>(log, stream, words::session),
        Kind::Instrument => chapters::<Instruments>(log, stream, words::instrument),
        Kind::Order => chapters::<Orders>(log, stream, words::order),
        Kind::Stock => chapters::<Stocks>(log, stream, words::stock),
        Kind::Account => chapters::<Accounts>(log, stream, standard::account),
        Kind::Name => chapters::<Names>(log, stream, standard::name),
        Kind::Link => chapters::<Links>(log, stream, standard::link),
        Kind::Challenge => chapters::<Challenges>(log, stream, standard::challenge),
        Kind::Payment => chapters::<Payments>(log, stream, standard::payment),
        Kind::Statement => chapters::<Statements>(log, stream, standard::statement),
        Kind::Notice => chapters::<Notices>(log, stream, standard::notice),
        Kind::Journal => chapters::<Journals>(log, stream, standard::journal),
        Kind::Telephone => chapters::<Telephones>(log, stream, standard::telephone),
        Kind::Card => card::story(log, stream),
        Kind::CardPayment => chapters::<CardPayments>(log, stream, card::payment),
        Kind::Document => chapters::<Documents>(log, stream, card::document),
        Kind::Settlement => chapters::<Settlements>(log, stream, card::settlement),
    }?;
    story(kind.word(), id, events)
}

/// Where an entity of this id is stored.
///
/// - `plain`: what follows the last slash of `id`.
///
/// # Errors
/// Outer: what is stored cannot be trusted. Inner: why it is no id of this kind.
fn stream(
    log: &dyn EventLog,
    kind: Kind,
    id: &str,
    plain: &str,
) -> Result<Result<StreamId, String>, InspectError> {
    let by_card = |of: Result<Option<(IntegratorAccountId, RequestId)>, String>| {
        let Ok(Some((integrator, request))) = of else { return Ok(None) };
        card::found(log, &integrator, &request).map(Some)
    };
    if kind == Kind::CardPayment
        && let Some(payment) = by_card(of_request(id))?
    {
        return Ok(Ok(CardPayments::stream(payment)));
    }
    if kind == Kind::Card
        && let Some(payment) = by_card(of_request(id))?
    {
        let card = card::card_of(log, payment)?;
        return Ok(card.map(Cards::stream).ok_or_else(|| "there is no such payment".to_owned()));
    }
    Ok(plain_stream(kind, id, plain))
}

fn plain_stream(kind: Kind, id: &str, plain: &str) -> Result<StreamId, String> {
    fn wide<T>(parsed: Result<T, MalformedId>, id: fn(T) -> u128) -> Result<u128, String> {
        parsed.map(id).map_err(|error| error.to_string())
    }
    let id = match kind {
        Kind::Session => wide(SessionId::parse(plain), |id| id.0),
        Kind::Instrument => wide(InstrumentId::parse(plain), |id| id.0),
        Kind::Order => wide(OrderId::parse(plain), |id| id.0),
        Kind::Link => wide(LinkId::parse(id), |id| id.0),
        Kind::Challenge => wide(ChallengeId::parse(id), |id| id.0),
        Kind::Notice => wide(NoticeId::parse(id), |id| id.0),
        Kind::Card => wide(CardId::parse(id), |id| id.0),
        Kind::CardPayment => wide(PaymentId::parse(id), |id| id.0),
        Kind::Document => wide(DocumentId::parse(id), |id| id.0),
        Kind::Settlement => return settlement(id),
        Kind::Payment => match of_request(id)? {
            Some((integrator, request)) => Ok(Payments::capture(&integrator, &request).0),
            None => wide(PaymentId::parse(id), |id| id.0),
        },
        Kind::Statement => match of_request(id)? {
            Some((integrator, request)) => Ok(Statements::id(&integrator, &request).0),
            None => wide(StatementId::parse(id), |id| id.0),
        },
        Kind::Stock => {
            let product = ProductId::parse(id).map_err(|error| error.to_string())?;
            return Ok(Stocks::stream(&product));
        }
        Kind::Account => {
            let account = AccountId::parse(id).map_err(|error| error.to_string())?;
            return Ok(Accounts::stream(&account));
        }
        Kind::Name => return name(id),
        Kind::Telephone => {
            let number = Text::parse(id).map_err(|error| error.to_string())?;
            return Ok(Telephones::stream(&number));
        }
        Kind::Journal => {
            let of = id.rsplit_once('/').and_then(|(of, day)| Some((of, day.parse().ok()?)));
            let (of, day) = of.ok_or("it is an account id of Google's, `/` and days since 1970")?;
            let integrator = IntegratorAccountId::parse(of).map_err(|error| error.to_string())?;
            return Ok(Journals::stream(&integrator, day));
        }
    };
    id.map(|id| kind.stream(id))
}

/// A settlement is told by the account, the currency and a moment of its day.
fn settlement(id: &str) -> Result<StreamId, String> {
    const SHAPE: &str = "it is `stl_…`, or an account id of Google's, `/`, a currency, `/` and a day \
                         such as 2026-02-01";
    if let Ok(id) = SettlementId::parse(id) {
        return Ok(Settlements::stream(id));
    }
    let (of, day) = id.rsplit_once('/').ok_or(SHAPE)?;
    let (integrator, currency) = of.rsplit_once('/').ok_or(SHAPE)?;
    let day = humantime::parse_rfc3339_weak(&format!("{day} 00:00:00")).map_err(|_| SHAPE)?;
    let day = day.duration_since(std::time::UNIX_EPOCH).map_err(|_| SHAPE)?;
    let integrator = IntegratorAccountId::parse(integrator).map_err(|error| error.to_string())?;
    let currency = CurrencyCode::parse(currency).map_err(|error| error.to_string())?;
    let day = Timestamp(0).after(day);
    Ok(Settlements::stream(Settlements::of(&integrator, currency, day).id))
}

/// What Google calls a payment or a statement by: its account id, a slash, the request's id.
fn of_request(id: &str) -> Result<Option<(IntegratorAccountId, RequestId)>, String> {
    let Some((integrator, request)) = id.rsplit_once('/') else { return Ok(None) };
    let integrator = IntegratorAccountId::parse(integrator).map_err(|error| error.to_string())?;
    let request = RequestId::parse(request).map_err(|error| error.to_string())?;
    Ok(Some((integrator, request)))
}

/// A name is told with what it is a name of: `phone:+15550100001`.
fn name(id: &str) -> Result<StreamId, String> {
    const KINDS: &str = "a name begins with `phone:`, `email:`, `vpa:` or `association:`";
    let (what, name) = id.split_once(':').ok_or(KINDS)?;
    let text = || Text::parse(name).map_err(|error| error.to_string());
    Ok(match what {
        "phone" => Names::customer(&Identifier::Phone(text()?)),
        "email" => Names::customer(&Identifier::Email(text()?)),
        "vpa" => Names::customer(&Identifier::Vpa(text()?)),
        "association" => {
            Names::association(&AssociationId::parse(name).map_err(|error| error.to_string())?)
        }
        _ => return Err(KINDS.to_owned()),
    })
}

fn chapters<E: Entity>(
    log: &dyn EventLog,
    stream: StreamId,
    tell: fn(&E::Event) -> String,
) -> Result<Vec<Chapter>, InspectError> {
    let told = events::<E>(log, stream)?;
    let told = told.iter().map(|(version, event)| {
        Ok(Chapter { version: *version, told: tell(event), event: value(event)? })
    });
    told.collect()
}

/// Every event of a stream, with the record that it stands in.
fn events<E: Entity>(
    log: &dyn EventLog,
    stream: StreamId,
) -> Result<Vec<(u64, E::Event)>, InspectError> {
    let damaged = |error: &dyn fmt::Display| InspectError::Damaged(error.to_string());
    let mut told = vec![];
    for (record, version) in log.history(stream).map_err(|e| damaged(&e))?.iter().zip(1..) {
        let events: Vec<E::Event> = codec::decode(record).map_err(|e| damaged(&e))?;
        told.extend(events.into_iter().map(|event| (version, event)));
    }
    Ok(told)
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

/// The day of a moment, in UTC, as a settlement is told by.
pub fn day(at: Timestamp) -> String {
    moment(at).chars().take_while(|c| *c != 'T').collect()
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
