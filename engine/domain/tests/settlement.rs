//! A day of movements by card: it takes what moves until it is closed, and is told once.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use machine::*;
use paceline_domain::card_payment::{Line, LineKind};
use paceline_domain::ids::{MovementId, PaymentId, SettlementId};
use paceline_domain::money::Micros;
use paceline_domain::settlement::{
    self, Command, Enter, Entry, Event, Of, Phase, Rejection, Settlement, State,
};
use paceline_domain::time::Timestamp;

type Day = Machine<State, Command, Event, Rejection>;

fn new() -> Day {
    Machine::new(settlement::decide, settlement::apply)
}

fn entry(movement: u128, kind: LineKind, amount: Micros, fee: Micros) -> Entry {
    let (payment, movement) = (PaymentId(1), MovementId(movement));
    let line = Line { kind, payment, movement, request: request("cap:1"), amount, at: NOW };
    Entry { line, fee }
}

fn captured(movement: u128, amount: i64) -> Entry {
    entry(movement, LineKind::Capture, dollars(amount), Micros::ZERO)
}

fn enter(entry: Entry) -> Command {
    let of = Of {
        id: SettlementId(7),
        integrator: piaid(),
        currency: usd(),
        starts: NOW,
        ends: Timestamp(LATER.0 - 1),
    };
    Command::Enter(Box::new(Enter { of, closes_at: LATER, entry }))
}

fn told(total: Micros) -> Command {
    Command::ConfirmTold { parts: 1, total, now: LATER }
}

fn now_of(day: &Day) -> &Settlement {
    day.state.as_ref().unwrap()
}

#[test]
fn a_day_is_opened_by_its_first_movement() {
    let mut day = new();
    for command in [Command::Close { now: LATER }, told(Micros::ZERO), Command::Look] {
        assert_eq!(day.give(command), Err(Rejection::Unknown));
    }
    let events = day.give(enter(captured(1, 10))).unwrap();
    assert!(matches!(events[..], [Event::Opened { .. }, Event::Entered(_)]));
    day.give(enter(captured(2, 5))).unwrap();
    assert_eq!((now_of(&day).phase, now_of(&day).closes_at), (Phase::Open, LATER));
}

#[test]
fn a_day_that_is_closed_never_grows() {
    let mut day = new();
    day.give(enter(captured(1, 10))).unwrap();
    day.give(Command::Close { now: LATER }).unwrap();
    let closed = settlement::entries(day.events.clone());
    for phase in ["closed", "told"] {
        assert_eq!(day.give(enter(captured(2, 5))), Err(Rejection::Closed), "{phase}");
        assert_eq!(day.give(enter(captured(1, 10))), Err(Rejection::Closed), "{phase}");
        day.give(told(dollars(10))).unwrap();
    }
    assert_eq!(settlement::entries(day.events.clone()), closed);
}

#[test]
fn a_day_is_closed_once_and_told_once_and_only_then() {
    let mut day = new();
    day.give(enter(captured(1, 10))).unwrap();
    assert_eq!(day.give(told(dollars(10))), Ok(vec![]), "it is open");
    day.give(Command::Close { now: LATER }).unwrap();
    assert_eq!(day.give(Command::Close { now: LATER }), Ok(vec![]));
    day.give(told(dollars(10))).unwrap();
    assert_eq!(day.give(told(dollars(11))), Ok(vec![]));
    assert_eq!(day.give(Command::Close { now: LATER }), Ok(vec![]));
    let expected = Phase::Told { at: LATER, parts: 1, total: dollars(10) };
    assert_eq!(now_of(&day).phase, expected);
}

#[test]
fn a_day_that_has_not_begun_is_not_closed() {
    let mut day = new();
    day.give(enter(captured(1, 10))).unwrap();
    let early = Command::Close { now: Timestamp(NOW.0 - 1) };
    assert_eq!(day.give(early), Err(Rejection::NotBegun));
    assert_eq!((now_of(&day).phase, now_of(&day).ended()), (Phase::Open, None));
    day.give(Command::Close { now: NOW }).unwrap();
}

#[test]
fn a_day_that_is_closed_while_it_runs_ends_there_and_another_at_its_end() {
    let last = Timestamp(LATER.0 - 1);
    for (closed, ended) in [(NOW, NOW), (last, last), (LATER, last)] {
        let mut day = new();
        day.give(enter(captured(1, 10))).unwrap();
        day.give(Command::Close { now: closed }).unwrap();
        assert_eq!(now_of(&day).ended(), Some(ended));
        day.give(told(dollars(10))).unwrap();
        assert_eq!(now_of(&day).ended(), Some(ended), "for ever");
    }
}

#[test]
fn what_is_entered_twice_counts_once() {
    let mut day = new();
    for movement in [1, 2, 1] {
        day.give(enter(captured(movement, 10))).unwrap();
    }
    let entries = settlement::entries(day.events.clone());
    assert_eq!(entries, [captured(1, 10), captured(2, 10)]);
    assert_eq!(settlement::total(&entries), Some(dollars(20)));
}

#[test]
fn what_comes_to_google_adds_and_what_goes_from_it_and_our_fees_are_taken_off() {
    let fee = Micros(250_000);
    let entries = [
        entry(1, LineKind::Capture, dollars(100), fee),
        entry(2, LineKind::Refund, dollars(30), Micros::ZERO),
        entry(3, LineKind::RefundReversal, dollars(20), Micros::ZERO),
        entry(4, LineKind::Chargeback, dollars(50), Micros::ZERO),
        entry(5, LineKind::ChargebackReversal, dollars(10), Micros::ZERO),
    ];
    assert_eq!(settlement::total(&entries), Some(dollars(50) - fee));
    assert_eq!(settlement::total(&entries[3..4]), Some(-dollars(50)), "Google owes");
}

#[test]
fn a_sum_is_what_it_comes_to_in_the_end_whatever_it_is_on_the_way() {
    let most = Micros(i64::MAX);
    let there = |movement| entry(movement, LineKind::Capture, most, Micros::ZERO);
    let back = |movement| entry(movement, LineKind::Refund, most, Micros::ZERO);
    assert_eq!(settlement::total(&[there(1), there(2), back(3)]), Some(most));
    assert_eq!(settlement::total(&[there(1), there(2)]), None, "no amount can hold it");
}
