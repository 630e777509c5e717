//! Stock of one product: no unit is promised twice, and a repeat changes nothing.

mod common;

use common::{Stocks, after, attempt, given};
use paceline_domain::ids::{AttemptId, SessionId};
use paceline_domain::stock::{
    Command, Event, Rejection, SETTLED_REMEMBERED_MAX, Stock, apply, decide,
};
use proptest::prelude::*;

#[test]
fn the_first_hold_learns_how_many_there_are() {
    given::<Stocks>(&[]).when(hold(1, 2)).then(&[counted(10), held(1, 2)]);
}

#[test]
fn a_hold_sets_units_aside() {
    given::<Stocks>(&[counted(10), held(1, 4)]).when(hold(2, 6)).then(&[held(2, 6)]);
    assert_eq!(after::<Stocks>(&[counted(10), held(1, 4)]).available(), 6);
}

#[test]
fn no_more_is_held_than_is_left() {
    given::<Stocks>(&[counted(10), held(1, 4)])
        .when(hold(2, 7))
        .then_refused(Rejection::Short { left: 6 });
    given::<Stocks>(&[counted(4), held(1, 4), sold(1)])
        .when(hold_of(2, 1, 4))
        .then_refused(Rejection::Short { left: 0 });
}

#[test]
fn attempts_of_different_sessions_share_one_stock() {
    let other = AttemptId { session: SessionId(8), number: 1 };
    given::<Stocks>(&[counted(10), held(1, 6)])
        .when(Command::Hold { attempt: other, units: 5, counted: 10 })
        .then_refused(Rejection::Short { left: 4 });
}

#[test]
fn a_repeated_hold_holds_no_more() {
    given::<Stocks>(&[counted(10), held(1, 10)]).when(hold(1, 10)).then_nothing();
}

#[test]
fn what_is_held_can_be_sold() {
    let sale = [counted(10), held(1, 4), sold(1)];
    given::<Stocks>(&sale[..2]).when(sell(1)).then(&sale[2..]);
    let stock = after::<Stocks>(&sale);
    assert_eq!((stock.sold, stock.held, stock.available()), (4, 0, 6));
}

#[test]
fn a_repeated_sale_sells_no_more() {
    given::<Stocks>(&[counted(10), held(1, 4), sold(1)]).when(sell(1)).then_nothing();
}

#[test]
fn what_is_not_held_cannot_be_sold() {
    given::<Stocks>(&[counted(10)]).when(sell(1)).then_refused(Rejection::NotHeld);
}

#[test]
fn what_was_given_back_cannot_be_sold() {
    given::<Stocks>(&[counted(10), held(1, 4), released(1)])
        .when(sell(1))
        .then_refused(Rejection::NotHeld);
}

#[test]
fn what_is_held_can_be_given_back() {
    let story = [counted(10), held(1, 4), released(1)];
    given::<Stocks>(&story[..2]).when(release(1)).then(&story[2..]);
    assert_eq!(after::<Stocks>(&story).available(), 10);
}

#[test]
fn a_repeated_release_gives_nothing_back_twice() {
    given::<Stocks>(&[counted(10), held(1, 4), released(1)]).when(release(1)).then_nothing();
}

#[test]
fn what_is_sold_is_not_given_back() {
    given::<Stocks>(&[counted(10), held(1, 4), sold(1)]).when(release(1)).then_nothing();
}

#[test]
fn a_late_repeat_of_a_settled_hold_holds_nothing() {
    given::<Stocks>(&[counted(10), held(1, 4), sold(1)])
        .when(hold(1, 4))
        .then_refused(Rejection::Settled);
    given::<Stocks>(&[counted(10), held(1, 4), released(1)])
        .when(hold(1, 4))
        .then_refused(Rejection::Settled);
}

#[test]
fn a_release_that_overtakes_its_hold_is_remembered() {
    given::<Stocks>(&[counted(10)]).when(release(1)).then(&[released_unheld(1)]);
    given::<Stocks>(&[counted(10), released_unheld(1)])
        .when(hold(1, 4))
        .then_refused(Rejection::Settled);
}

#[test]
fn a_new_count_takes_effect_with_the_next_hold() {
    given::<Stocks>(&[counted(10), held(1, 4)])
        .when(hold_of(2, 8, 12))
        .then(&[counted(12), held(2, 8)]);
    given::<Stocks>(&[counted(10), held(1, 4)])
        .when(hold_of(2, 4, 7))
        .then_refused(Rejection::Short { left: 3 });
}

#[test]
fn what_is_sold_or_held_cannot_be_counted_away() {
    let story = [counted(10), held(1, 4), sold(1), held(2, 3)];
    given::<Stocks>(&story).when(Command::Count { counted: 0 }).then(&[counted(7)]);
    given::<Stocks>(&story).when(hold_of(3, 1, 0)).then_refused(Rejection::Short { left: 0 });
}

#[test]
fn the_same_count_is_no_event() {
    given::<Stocks>(&[counted(10)]).when(Command::Count { counted: 10 }).then_nothing();
}

#[test]
fn only_the_last_settled_holds_are_remembered() {
    let mut stock = after::<Stocks>(&[counted(10)]);
    let last = u32::try_from(SETTLED_REMEMBERED_MAX).unwrap() + 1;
    for number in 1..=last {
        apply(&mut stock, &released_unheld(number));
    }
    assert_eq!(decide(&stock, hold(2, 1)), Err(Rejection::Settled));
    assert_eq!(decide(&stock, hold(1, 1)), Ok(vec![held(1, 1)]), "the first is forgotten");
}

proptest! {
    #[test]
    fn whatever_is_asked_in_any_order_no_unit_is_lost_or_promised_twice(
        commands in prop::collection::vec(any_command(), 0..80)
    ) {
        let mut stock = Stock::default();
        let mut events = vec![];
        let mut available = 0;
        for command in commands {
            let Ok(decided) = decide(&stock, command) else { continue };
            for event in decided {
                if let Event::Held { units, .. } = event {
                    prop_assert!(units <= stock.available());
                }
                apply(&mut stock, &event);
                prop_assert_eq!(stock.held, stock.holds.values().sum::<u64>());
                prop_assert_eq!(stock.counted, stock.available() + stock.held + stock.sold);
                events.push(event);
            }
            available = stock.available();
        }
        let replayed = after::<Stocks>(&events);
        prop_assert_eq!(replayed.available(), available);
        prop_assert_eq!(replayed, stock);
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let attempt = (1..6_u32).prop_map(attempt);
    prop_oneof![
        3 => (attempt.clone(), 1..6_u64, 0..20_u64)
            .prop_map(|(attempt, units, counted)| Command::Hold { attempt, units, counted }),
        2 => attempt.clone().prop_map(|attempt| Command::Sell { attempt }),
        2 => attempt.prop_map(|attempt| Command::Release { attempt }),
        1 => (0..20_u64).prop_map(|counted| Command::Count { counted }),
    ]
}

fn hold(number: u32, units: u64) -> Command {
    hold_of(number, units, 10)
}

fn hold_of(number: u32, units: u64, counted: u64) -> Command {
    Command::Hold { attempt: attempt(number), units, counted }
}

fn sell(number: u32) -> Command {
    Command::Sell { attempt: attempt(number) }
}

fn release(number: u32) -> Command {
    Command::Release { attempt: attempt(number) }
}

fn counted(counted: u64) -> Event {
    Event::Counted { counted }
}

fn held(number: u32, units: u64) -> Event {
    Event::Held { attempt: attempt(number), units }
}

fn sold(number: u32) -> Event {
    Event::Sold { attempt: attempt(number), units: 4 }
}

fn released(number: u32) -> Event {
    Event::Released { attempt: attempt(number), units: 4 }
}

fn released_unheld(number: u32) -> Event {
    Event::Released { attempt: attempt(number), units: 0 }
}
