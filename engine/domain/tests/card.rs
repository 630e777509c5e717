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
fn a_payment_brings_the_card_under_the_newest_key_with_its_newest_expiry() {
    let mut machine = new();
    machine.give(using(1, sealed("key-1", 1))).unwrap();
    let same = machine.give(using(2, sealed("key-1", 1))).unwrap();
    assert!(matches!(same[..], [Event::PaymentBegun { .. }]));
    machine.give(using(3, sealed("key-2", 2))).unwrap();
    assert_eq!(card(&machine).sealed, sealed("key-2", 2));
    assert_eq!(card(&machine).payments, 3);
}

#[test]
fn a_card_is_sealed_anew_when_asked_to_and_not_twice_the_same() {
    let mut machine = new();
    assert_eq!(machine.give(Command::Reseal(sealed("key-2", 2))), Err(Rejection::Unknown));
    machine.give(using(1, sealed("key-1", 1))).unwrap();
    assert_eq!(machine.give(Command::Reseal(sealed("key-1", 1))), Ok(vec![]));
    machine.give(Command::Reseal(sealed("key-2", 2))).unwrap();
    assert_eq!(card(&machine).sealed, sealed("key-2", 2));
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
