//! What was ever written stays readable.
//!
//! Why: a data directory outlives the program that made it. A member moved, a variant put in
//! between, and years of sessions read as something else. So one of everything that is stored is
//! kept in `tests/samples`, as it was written; each is read back here, and written anew to the
//! same bytes.
//! Promise: a variant without a sample does not compile or does not pass. A sample is never
//! written again: what differs from it needs a new version, with a directory of its own beside
//! the old one, whose samples are still read.
//! Left out: what is remembered under an idempotency key, which is private to the engine
//! (`src/codec/tests.rs`), and the order of RocksDB's keys, which is storage's.
//!
//! `KEEP_SAMPLES=1` before the command keeps those that are missing.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod card;
mod card_parts;
mod entities;
mod parts;
mod samples;
mod standard;
mod streams;
mod variants;

use std::collections::BTreeSet;
use std::fmt::Debug;

use paceline_engine::codec;
use serde::Serialize;
use serde::de::DeserializeOwned;

use variants::Variants;

#[test]
fn every_event_of_a_session_is_read_and_written_as_ever() {
    check(&records(entities::session_events()));
}

#[test]
fn every_event_of_an_instrument_is_read_and_written_as_ever() {
    check(&records(entities::instrument_events()));
}

#[test]
fn every_event_of_a_stock_is_read_and_written_as_ever() {
    check(&records(entities::stock_events()));
}

#[test]
fn every_event_of_an_order_is_read_and_written_as_ever() {
    check(&records(entities::order_events()));
}

#[test]
fn every_event_of_standard_payments_is_read_and_written_as_ever() {
    check(&records(standard::account_events()));
    check(&records(standard::name_events()));
    check(&records(standard::link_events()));
    check(&records(standard::challenge_events()));
    check(&records(standard::payment_events()));
    check(&records(standard::notice_events()));
    check(&records(standard::statement_events()));
    check(&records(standard::journal_events()));
    check(&records(standard::telephone_events()));
    check(&[("later-declines".to_owned(), standard::later_declines())]);
    check(&[("later-names".to_owned(), standard::later_name_events())]);
    check(&[("later-statements".to_owned(), standard::later_statement_events())]);
    check(&[("later-stops".to_owned(), standard::later_stops())]);
    check(&[("later-remitted".to_owned(), standard::remitted_names())]);
    check(&[("later-notices".to_owned(), standard::later_notice_events())]);
}

#[test]
fn every_state_of_standard_payments_is_read_and_written_as_ever() {
    check(&[("account-snapshot".to_owned(), standard::account())]);
    check(&[("link-snapshots".to_owned(), standard::links())]);
    check(&[("challenge-snapshots".to_owned(), standard::challenges())]);
    check(&[("payment-snapshots".to_owned(), standard::payments())]);
    check(&[("notice-snapshots".to_owned(), standard::notices())]);
    let (statements, later) = standard::statements();
    check(&[("statement-snapshots".to_owned(), statements)]);
    check(&[("later-statement-snapshots".to_owned(), later)]);
    check(&[("journal-snapshot".to_owned(), standard::journal())]);
    check(&[("telephone-snapshot".to_owned(), standard::telephone())]);
}

#[test]
fn every_event_and_state_of_cards_is_read_and_written_as_ever() {
    check(&records(card::card_events()));
    check(&records(card::payment_events()));
    check(&[("later-card-payment-authorized".to_owned(), card::later_payment_events())]);
    check(&records(card::document_events()));
    check(&records(card::settlement_events()));
    check(&[("card-snapshots".to_owned(), card::cards())]);
    check(&[("card-payment-snapshots".to_owned(), card::payments())]);
    let [before, now] = card::documents();
    check(&[("document-snapshot".to_owned(), before)]);
    check(&[("later-document-snapshot".to_owned(), now)]);
    let [before, now] = card::settlements();
    check(&[("settlement-snapshots".to_owned(), before)]);
    check(&[("later-settlement-snapshots".to_owned(), now)]);
}

#[test]
fn every_entry_of_the_acquirers_book_is_read_and_written_as_ever() {
    check(&records(card::book_entries()));
}

#[test]
fn every_state_that_a_snapshot_keeps_is_read_and_written_as_ever() {
    check(&session_snapshots());
    check(&[("instrument-snapshot".to_owned(), entities::instrument())]);
    check(&[("stock-snapshot".to_owned(), entities::stock())]);
    check(&[("order-snapshot".to_owned(), Some(parts::placement()))]);
}

#[test]
fn every_line_of_the_processors_book_is_read_and_written_as_ever() {
    for entry in variants::all(entities::book_entries()) {
        check(&[(entities::book_name(&entry), entry)]);
    }
}

#[test]
fn no_sample_is_kept_that_nobody_reads() {
    let mut read: BTreeSet<String> = names(&records(entities::session_events()));
    read.extend(names(&records(entities::instrument_events())));
    read.extend(names(&records(entities::stock_events())));
    read.extend(names(&records(entities::order_events())));
    read.extend(names(&records(standard::account_events())));
    read.extend(names(&records(standard::name_events())));
    read.extend(names(&records(standard::link_events())));
    read.extend(names(&records(standard::challenge_events())));
    read.extend(names(&records(standard::payment_events())));
    read.extend(names(&records(standard::notice_events())));
    read.extend(names(&records(standard::statement_events())));
    read.extend(names(&records(standard::journal_events())));
    read.extend(names(&records(standard::telephone_events())));
    read.extend(
        ["declines", "names", "notices", "remitted", "statements", "stops"]
            .map(|of| format!("later-{of}")),
    );
    read.extend(["account", "journal", "telephone"].map(|of| format!("{of}-snapshot")));
    let several = ["link", "challenge", "payment", "notice", "statement", "later-statement"];
    read.extend(several.map(|of| format!("{of}-snapshots")));
    read.extend(names(&session_snapshots()));
    read.extend(["instrument", "stock", "order"].map(|of| format!("{of}-snapshot")));
    read.extend(entities::book_entries().iter().map(entities::book_name));
    read.extend(names(&records(card::card_events())));
    read.extend(names(&records(card::payment_events())));
    read.extend(names(&records(card::document_events())));
    read.extend(names(&records(card::settlement_events())));
    read.insert("settlement-snapshots".to_owned());
    read.insert("later-card-payment-authorized".to_owned());
    read.extend(["later-document-snapshot", "later-settlement-snapshots"].map(str::to_owned));
    read.extend(
        ["card-snapshots", "card-payment-snapshots", "document-snapshot"].map(str::to_owned),
    );
    read.extend(names(&records(card::book_entries())));
    read.extend(["remembered-running", "remembered-answered"].map(str::to_owned));
    assert_eq!(samples::names(), read);
}

/// A value as it is stored, under the name of its sample.
type Named<T> = (String, T);

/// Reads each sample as its value, and writes each value as its sample.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: &[Named<T>]) {
    for (name, value) in values {
        let kept = samples::kept(name, &codec::encode(value));
        assert_eq!(&codec::decode::<T>(&kept).unwrap(), value, "{name} reads as something else");
        assert_eq!(codec::encode(value), kept, "{name} is written in another way");
    }
}

/// One record for each variant of an event, with all samples of it.
fn records<E: Variants + Clone>(events: Vec<E>) -> Vec<Named<Vec<E>>> {
    let events = variants::all(events);
    let record = |variant: &&'static str| {
        let alike = events.iter().filter(|event| event.variant() == *variant);
        (format!("{}-{variant}", E::WORD), alike.cloned().collect())
    };
    E::ALL.iter().map(record).collect()
}

/// One snapshot for each phase of a session.
fn session_snapshots() -> Vec<Named<paceline_domain::session::State>> {
    let phases = variants::all(entities::session_phases());
    let snapshot = |phase: paceline_domain::session::Phase| {
        let name = format!("session-snapshot-{}", phase.variant());
        (name, Some(entities::session(phase)))
    };
    phases.into_iter().map(snapshot).collect()
}

fn names<T>(values: &[Named<T>]) -> BTreeSet<String> {
    values.iter().map(|(name, _)| name.clone()).collect()
}
