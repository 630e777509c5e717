//! Streams keep their names: what is stored under one is found under it by every version.

use std::sync::Arc;

use paceline_engine::inspect::{self, Story};
use paceline_engine::{Kind, codec};
use paceline_storage::{Append, DueChange, EventLog, MemoryLog, StreamId, Version};
use serde::Serialize;

use crate::entities;
use crate::parts::{INSTRUMENT, ORDER, SESSION, attempt_id};

#[test]
fn an_entity_is_found_where_it_always_was() {
    let wide = |id: u128| id.to_be_bytes();
    found_at(1, wide(SESSION.0), &entities::session_events(), "session", &SESSION.to_string());
    found_at(
        2,
        wide(INSTRUMENT.0),
        &entities::instrument_events(),
        "instrument",
        &INSTRUMENT.to_string(),
    );
    found_at(4, wide(ORDER.0), &entities::order_events(), "order", &ORDER.to_string());
    // The first half of `printf product_12345 | sha256sum`.
    let stock: u128 = 0x6331_9a4e_7119_9efe_1f05_2c7d_0124_49e1;
    found_at(3, wide(stock), &entities::stock_events(), "stock", "product_12345");
}

#[test]
fn a_page_of_the_processors_book_is_found_where_it_always_was() {
    // The first half of the SHA-256 of the session's 16 bytes and the number's 4.
    let page: u128 = 0x67f5_2181_bebe_faa6_a4c4_d4ce_bf2f_8dfb;
    let attempt = attempt_id(1).to_string();
    found_at(0, page.to_be_bytes(), &entities::book_entries()[0], inspect::PROCESSOR, &attempt);
}

#[test]
fn kinds_keep_their_numbers() {
    let numbers = Kind::ALL.map(|kind| match kind {
        Kind::Session => 1,
        Kind::Instrument => 2,
        Kind::Stock => 3,
        Kind::Order => 4,
        Kind::Account => 5,
        Kind::Name => 6,
        Kind::Link => 7,
        Kind::Challenge => 8,
        Kind::Payment => 9,
        Kind::Statement => 10,
        Kind::Notice => 11,
        Kind::Journal => 12,
    });
    assert_eq!(Kind::ALL.map(|kind| kind as u8), numbers);
}

/// Writes a record to a stream and reads the entity's story.
fn found_at<T: Serialize + ?Sized>(kind: u8, id: [u8; 16], record: &T, entity: &str, name: &str) {
    let log = Arc::new(MemoryLog::new());
    let turn = Append {
        stream: StreamId { kind, id },
        expected: Version(0),
        record: Some(codec::encode(record)),
        snapshot: None,
        answer: None,
        due: DueChange::Keep,
    };
    log.append(turn, Box::new(|written| assert_eq!(written, Ok(Version(1))))).unwrap();
    let story: Story = inspect::inspect(&*log, &*log, entity, name).unwrap();
    assert!(!story.events.is_empty());
}
