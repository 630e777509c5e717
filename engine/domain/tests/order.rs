//! The order: placed once, by the session that was completed.

mod common;

use common::checkout::{OPENED_AT, completed};
use common::{Orders, after, given};
use paceline_domain::ids::SessionId;
use paceline_domain::order::{Command, Event, Placement, Rejection};
use paceline_domain::session::{Effect, pending};

#[test]
fn an_order_is_placed_once() {
    let placement = placement();
    let placed = [Event::Placed(placement.clone())];
    given::<Orders>(&[]).when(Command::Place(placement.clone())).then(&placed);
    assert_eq!(after::<Orders>(&placed), Some(*placement));
}

#[test]
fn a_repeated_placement_changes_nothing() {
    let placement = placement();
    given::<Orders>(&[Event::Placed(placement.clone())])
        .when(Command::Place(placement))
        .then_nothing();
}

#[test]
fn no_session_places_the_order_of_another() {
    let placement = placement();
    let foreign = Box::new(Placement { session: SessionId(8), ..*placement.clone() });
    given::<Orders>(&[Event::Placed(placement)])
        .when(Command::Place(foreign))
        .then_refused(Rejection::PlacedByAnother);
}

#[test]
fn an_order_says_what_was_bought_and_what_it_cost() {
    let checkout = completed();
    let session = checkout.session();
    let placement = placement();
    assert_eq!(placement.session, session.id);
    assert_eq!(placement.contents, session.contents);
    assert_eq!(placement.quote, session.quote);
    assert_eq!(placement.at, OPENED_AT);
}

/// What a completed session asks to be placed.
fn placement() -> Box<Placement> {
    match pending(&completed().state).as_slice() {
        [Effect::Settle { order, .. }] => order.clone(),
        owed => panic!("a completed session owes its settlement, not {owed:?}"),
    }
}
