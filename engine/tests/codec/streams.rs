//! Streams keep their names: what is stored under one is found under it by every version.

use std::sync::Arc;

use paceline_domain::ids::MovementId;
use paceline_engine::acquirer::simulated::Simulated;
use paceline_engine::inspect::{self, Story};
use paceline_engine::{Kind, codec};
use paceline_storage::{Append, DueChange, EventLog, MemoryLog, StreamId, Version};
use serde::Serialize;

use crate::entities;
use crate::parts::{INSTRUMENT, ORDER, SESSION, attempt_id};
use crate::standard;
use crate::{card, card_parts};

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
fn an_entity_of_standard_payments_is_found_where_it_always_was() {
    let wide = |id: u128| id.to_be_bytes();
    // The first halves of the SHA-256 of words, each after its length in eight bytes.
    let account: u128 = 0xe05c_94c9_5855_5a23_8263_ada5_0782_d1b4;
    found_at(5, wide(account), &standard::account_events(), "account", "acct-000318877");
    let phone: u128 = 0x919a_f1cb_d83a_c589_808a_5851_3a92_262c;
    found_at(6, wide(phone), &standard::name_events(), "name", "phone:+15550100001");
    let link = standard::LINK;
    found_at(7, wide(link.0), &standard::link_events(), "link", &link.to_string());
    let challenge = standard::CHALLENGE;
    found_at(
        8,
        wide(challenge.0),
        &standard::challenge_events(),
        "challenge",
        &challenge.to_string(),
    );
    let payment: u128 = 0x37e4_5c4d_69f4_cde9_15c3_f4bf_8c50_1825;
    let named = "InvisiCashUSA_USD/cap:01K58Q2VZ9";
    found_at(9, wide(payment), &standard::payment_events(), "payment", named);
    let statement: u128 = 0xf45e_97fd_0bc4_794e_083a_ce0f_fe2c_0cf9;
    let named = "InvisiCashUSA_USD/stmt:2025-09-15:EUR";
    found_at(10, wide(statement), &standard::statement_events(), "statement", named);
    let notice = standard::NOTICE;
    found_at(11, wide(notice.0), &standard::notice_events(), "notice", &notice.to_string());
    let journal: u128 = 0xbc85_a5d5_7a1f_ee9c_d333_01b4_97cb_9702;
    let named = "InvisiCashUSA_USD/20347";
    found_at(12, wide(journal), &standard::journal_events(), "journal", named);
}

#[test]
fn an_entity_of_cards_is_found_where_it_always_was() {
    let wide = |id: u128| id.to_be_bytes();
    let id = card_parts::CARD;
    found_at(14, wide(id.0), &card::card_events(), "card", &id.to_string());
    // The first halves of the SHA-256 of words, each after its length in eight bytes.
    let payment: u128 = 0xafea_6a36_c1cf_c4b3_9d44_5be9_2b49_4cd1;
    let named = "InvisiCashUSA_USD/rsv:9c01";
    found_at(15, wide(payment), &card::payment_events(), "card-payment", named);
    let id = card::DOCUMENT;
    found_at(16, wide(id.0), &card::document_events(), "document", &id.to_string());
    let settlement: u128 = 0xf225_5657_5c7d_5300_604c_def5_bb94_5275;
    let named = "InvisiCashUSA_USD/USD/2026-01-01";
    found_at(17, wide(settlement), &card::settlement_events(), "settlement", named);
}

#[test]
fn a_page_of_the_processors_book_is_found_where_it_always_was() {
    // The first half of the SHA-256 of the session's 16 bytes and the number's 4.
    let page: u128 = 0x67f5_2181_bebe_faa6_a4c4_d4ce_bf2f_8dfb;
    let attempt = attempt_id(1).to_string();
    found_at(0, page.to_be_bytes(), &entities::book_entries()[0], inspect::PROCESSOR, &attempt);
}

#[test]
fn a_page_of_the_acquirers_book_is_found_where_it_always_was() {
    let movement = MovementId(0x5555_6666_7777_8888_9999_aaaa_bbbb_cccc);
    let entry = card::book_entries().remove(0);
    let log = with_record(1, movement.0.to_be_bytes(), &entry);
    assert_eq!(Simulated::book_of(&*log, movement), Ok(vec![entry]));
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
        Kind::Telephone => 13,
        Kind::Card => 14,
        Kind::CardPayment => 15,
        Kind::Document => 16,
        Kind::Settlement => 17,
    });
    assert_eq!(Kind::ALL.map(|kind| kind as u8), numbers);
}

/// Writes a record to a stream and reads the entity's story.
fn found_at<T: Serialize + ?Sized>(kind: u8, id: [u8; 16], record: &T, entity: &str, name: &str) {
    let log = with_record(kind, id, record);
    let story: Story = inspect::inspect(&*log, &*log, entity, name).unwrap();
    assert!(!story.events.is_empty());
}

fn with_record<T: Serialize + ?Sized>(kind: u8, id: [u8; 16], record: &T) -> Arc<MemoryLog> {
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
    log
}
