//! The customer's account: what is on it, and who may touch it.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use machine::*;
use paceline_domain::account::{
    self, Closure, Command, DeclineOf, Event, Movement, Opening, Profile, Purpose, Rejection,
    State, legs,
};
use paceline_domain::decline::Decline;
use paceline_domain::ids::MovementId;
use paceline_domain::money::{CurrencyCode, Micros};

type Account = Machine<State, Command, Event, Rejection>;

/// An open account with so much on it.
fn with(has: i64) -> Account {
    let mut account = Machine::new(account::decide, account::apply);
    let opening = Opening {
        id: account_id("sally"),
        currency: usd(),
        profile: Profile::default(),
        password: None,
        at: NOW,
    };
    account.give(Command::Open(Box::new(opening))).unwrap();
    if has > 0 {
        account.give(fund(1, has)).unwrap();
    }
    account
}

fn moved(id: u128, purpose: Purpose, amount: i64) -> Command {
    let (id, amount, currency) = (MovementId(id), dollars(amount), usd());
    Command::Move(Movement { id, purpose, amount, currency, now: NOW })
}

fn fund(id: u128, amount: i64) -> Command {
    moved(id, Purpose::Funding(text("cash")), amount)
}

fn capture(id: u128, amount: i64) -> Command {
    moved(id, Purpose::Capture(piaid()), amount)
}

fn refund(id: u128, amount: i64) -> Command {
    moved(id, Purpose::Refund(piaid()), amount)
}

fn balance(account: &Account) -> Micros {
    account.state.as_ref().unwrap().balance
}

fn declined(why: Decline) -> Result<Vec<Event>, Rejection> {
    Err(Rejection::Declined(DeclineOf(why)))
}

#[test]
fn a_capture_takes_and_a_refund_gives_back() {
    let mut account = with(500);
    account.give(capture(2, 12)).unwrap();
    assert_eq!(balance(&account), dollars(488));
    account.give(refund(3, 5)).unwrap();
    assert_eq!(balance(&account), dollars(493));
}

#[test]
fn a_movement_happens_once_however_often_it_is_asked_for() {
    let mut account = with(500);
    account.give(capture(2, 12)).unwrap();
    assert_eq!(account.give(capture(2, 12)), Ok(vec![]));
    assert_eq!(balance(&account), dollars(488));
}

#[test]
fn a_known_movement_of_another_amount_or_direction_is_refused() {
    let mut account = with(500);
    account.give(capture(2, 12)).unwrap();
    assert_eq!(account.give(capture(2, 13)), Err(Rejection::MovementDiffers));
    assert_eq!(account.give(refund(2, 12)), Err(Rejection::MovementDiffers));
}

#[test]
fn nobody_is_debited_below_zero() {
    let mut account = with(5);
    let balance = Some(dollars(5));
    assert_eq!(account.give(capture(2, 6)), declined(Decline::InsufficientFunds { balance }));
    assert!(account.give(capture(2, 5)).is_ok(), "a decline uses up nothing");
}

#[test]
fn an_amount_that_moves_is_above_zero() {
    let mut account = with(5);
    assert_eq!(account.give(capture(2, 0)), Err(Rejection::NotAnAmount));
    assert_eq!(account.give(capture(2, -1)), Err(Rejection::NotAnAmount));
}

#[test]
fn money_of_another_currency_does_not_move() {
    let mut account = with(5);
    let Command::Move(movement) = capture(2, 1) else { unreachable!() };
    let euros = Movement { currency: CurrencyCode::parse("EUR").unwrap(), ..movement };
    assert_eq!(account.give(Command::Move(euros)), declined(Decline::CurrencyUnsupported));
}

#[test]
fn no_balance_goes_beyond_what_can_be_counted() {
    let mut account = with(5);
    let Command::Move(movement) = fund(2, 1) else { unreachable!() };
    let all = Movement { amount: Micros(i64::MAX), ..movement };
    assert_eq!(account.give(Command::Move(all)), declined(Decline::BalanceExceeded));
}

#[test]
fn nothing_moves_on_an_account_that_is_held_or_closed() {
    let mut account = with(5);
    account.give(Command::Hold { now: NOW }).unwrap();
    assert_eq!(account.give(capture(2, 1)), declined(Decline::AccountOnHold));
    account.give(Command::Release { now: NOW }).unwrap();
    assert!(account.give(capture(2, 1)).is_ok());
    let whys = [
        (Closure::Asked, Decline::AccountClosed),
        (Closure::TakenOver, Decline::AccountTakenOver),
        (Closure::Fraud, Decline::AccountClosedForFraud),
    ];
    for (why, decline) in whys {
        let mut account = with(5);
        account.give(Command::Close { why, now: NOW }).unwrap();
        assert_eq!(account.give(capture(2, 1)), declined(decline));
        assert_eq!(account.give(refund(3, 1)), declined(decline));
        assert_eq!(account.give(Command::Release { now: NOW }), Err(Rejection::ClosedAlready));
    }
}

#[test]
fn a_movement_before_the_closing_is_still_known_after_it() {
    let mut account = with(5);
    account.give(capture(2, 1)).unwrap();
    account.give(Command::Close { why: Closure::Asked, now: NOW }).unwrap();
    assert_eq!(account.give(capture(2, 1)), Ok(vec![]), "its outcome was lost, not its money");
}

#[test]
fn what_nobody_will_ask_for_again_is_forgotten() {
    let mut account = with(5);
    account.give(capture(2, 1)).unwrap();
    account.give(Command::Forget { movement: MovementId(2) }).unwrap();
    assert_eq!(account.give(Command::Forget { movement: MovementId(2) }), Ok(vec![]));
    let known: Vec<_> = account.state.unwrap().moved.into_keys().collect();
    assert_eq!(known, [MovementId(1)], "the funding, whose operator may ask");
}

#[test]
fn an_account_that_nobody_opened_is_unknown_and_one_is_opened_once() {
    let mut nobody = Machine::new(account::decide, account::apply);
    assert_eq!(nobody.give(capture(2, 1)), Err(Rejection::Unknown));
    let mut account = with(0);
    let Event::Opened(opening) = account.events[0].clone() else { unreachable!() };
    assert_eq!(account.give(Command::Open(opening)), Err(Rejection::OpenAlready));
}

#[test]
fn both_legs_of_every_movement_come_to_nothing() {
    let mut account = with(500);
    account.give(capture(2, 12)).unwrap();
    account.give(refund(3, 5)).unwrap();
    account.give(moved(4, Purpose::Disbursement(piaid()), 3)).unwrap();
    let sums: Vec<Micros> =
        account.events.iter().filter_map(legs).map(|[one, other]| one.1 + other.1).collect();
    assert_eq!(sums, [Micros::ZERO; 4]);
}
