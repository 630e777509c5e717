//! A card: introduced once, sealed under the newest key, and the payments made with it.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;

use machine::*;
use paceline_domain::asked::Hidden;
use paceline_domain::authorization::{LastFour, Network};
use paceline_domain::card::{self, Card, Command, Event, Rejection, Sealed, State, Use};
use paceline_domain::ids::{CardId, PaymentId};

type Machined = Machine<State, Command, Event, Rejection>;

fn new() -> Machined {
    Machine::new(card::decide, card::apply)
}

fn sealed(key: &str, bytes: u8) -> Sealed {
    Sealed { key: text(key), bytes: Hidden(Arc::from([bytes].as_slice())) }
}

fn using(payment: u128, sealed: Sealed) -> Command {
    Command::Use(Box::new(Use {
        id: CardId(7),
        integrator: piaid(),
        network: Some(Network::Visa),
        last_four: LastFour(*b"1111"),
        sealed,
        payment: PaymentId(payment),
        now: NOW,
    }))
}

fn card(machine: &Machined) -> &Card {
    machine.state.as_ref().unwrap()
}

#[test]
fn a_card_is_introduced_by_its_first_payment() {
    let mut machine = new();
    let events = machine.give(using(1, sealed("key-1", 1))).unwrap();
    assert!(matches!(events[..], [Event::Introduced { .. }, Event::PaymentBegun { .. }]));
    assert_eq!((card(&machine).payments, card(&machine).first_used_at), (1, NOW));
}

#[test]
fn a_repeat_of_the_last_payment_is_nothing_new() {
    let mut machine = new();
    machine.give(using(1, sealed("key-1", 1))).unwrap();
    assert_eq!(machine.give(using(1, sealed("key-1", 2))), Ok(vec![]));
    assert_eq!(card(&machine).payments, 1);
}

#[test]
fn a_payment_leaves_what_is_kept_of_a_card_as_it_is() {
    let mut machine = new();
    machine.give(using(1, sealed("key-1", 1))).unwrap();
    let again = machine.give(using(2, sealed("key-2", 2))).unwrap();
    assert!(matches!(again[..], [Event::PaymentBegun { .. }]));
    assert_eq!(card(&machine).sealed, sealed("key-1", 1));
    assert_eq!(card(&machine).payments, 2);
}

#[test]
fn a_card_is_sealed_anew_when_asked_to_and_not_twice_the_same() {
    let mut machine = new();
    let reseal = |replaced, sealed| Command::Reseal { replaced, sealed };
    let (first, second) = (sealed("key-1", 1), sealed("key-2", 2));
    let unknown = machine.give(reseal(first.clone(), second.clone()));
    assert_eq!(unknown, Err(Rejection::Unknown));
    machine.give(using(1, first.clone())).unwrap();
    assert_eq!(machine.give(reseal(first.clone(), first.clone())), Ok(vec![]));
    machine.give(reseal(first.clone(), second.clone())).unwrap();
    assert_eq!(card(&machine).sealed, second);
    assert_eq!(machine.give(reseal(first, second)), Ok(vec![]), "a repeat");
}

#[test]
fn whoever_seals_a_card_anew_overwrites_nothing_that_it_has_not_seen() {
    let mut machine = new();
    let seen = sealed("key-1", 1);
    machine.give(using(1, seen.clone())).unwrap();
    // A payment was approved meanwhile, and brought another expiry.
    let newer = sealed("key-1", 2);
    machine.give(Command::Reseal { replaced: seen.clone(), sealed: newer.clone() }).unwrap();
    let late = Command::Reseal { replaced: seen, sealed: sealed("key-2", 3) };
    assert_eq!(machine.give(late), Ok(vec![]));
    assert_eq!(card(&machine).sealed, newer);
}

#[test]
fn only_a_card_that_was_used_is_looked_at() {
    let mut machine = new();
    assert_eq!(machine.give(Command::Look), Err(Rejection::Unknown));
    machine.give(using(1, sealed("key-1", 1))).unwrap();
    assert_eq!(machine.give(Command::Look), Ok(vec![]));
}

#[test]
fn a_card_shows_its_last_four_digits_and_nothing_that_is_sealed() {
    let mut machine = new();
    machine.give(using(1, sealed("key-1", 231))).unwrap();
    let shown = format!("{:?} {:?}", machine.state, machine.events);
    assert!(shown.contains("1111") && !shown.contains("231"), "{shown}");
}
