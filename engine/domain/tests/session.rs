//! The checkout session's life: what may be asked of it in which phase, what it lacks, and how it
//! ends. Its contents, deliveries and payments have files of their own.

mod common;

use std::time::Duration;

use common::checkout::{
    CALLER, Checkout, OPENED_AT, SIX_HOURS, buyer, cancelled, card, completed, completing,
    everything, ines, lines, methods, named, opened, opened_with, ready, shipping, tea_and_pot,
    to_address, wanted,
};
use common::shop::{POT, Shop, TEA, WHISK, address, product, seattle};
use common::{cents, currency, text, usd};
use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::LineId;
use paceline_domain::market::Address;
use paceline_domain::money::AMOUNT_MAX;
use paceline_domain::session::{
    AttemptOutcome, Buyer, CancelReason, Changes, Command, Event, Phase, Problem, Rejection,
    Status, expires, owes, pending,
};

#[test]
fn a_session_is_opened_on_lines_alone() {
    let checkout = opened();
    let session = checkout.session();
    assert_eq!(checkout.line_ids(), [id("line_1", TEA), id("line_2", POT)]);
    assert_eq!(session.quote.subtotal, cents(10_180));
    assert_eq!(session.quote.total, cents(10_180));
    assert_eq!(session.contents.currency, usd());
    assert_eq!(session.opened_at, OPENED_AT);
    assert_eq!(session.expires_at, OPENED_AT.after(SIX_HOURS));
    assert_eq!(checkout.status(), Status::Incomplete);
}

#[test]
fn title_and_price_come_from_the_catalogue() {
    let checkout = opened();
    let facts: Vec<_> = checkout.lines().iter().map(|l| (l.title.as_str(), l.price.0)).collect();
    assert_eq!(facts, [("Oolong 250 g", 1_890), ("Clay pot 0.6 l", 6_400)]);
}

#[test]
fn a_session_that_lacks_nothing_is_ready_at_once() {
    let checkout = ready();
    assert_eq!(checkout.session().problems(), []);
    assert_eq!(checkout.status(), Status::ReadyForComplete);
    assert_eq!(checkout.total(), 11_884);
}

#[test]
fn a_session_is_created_once() {
    let mut checkout = opened();
    assert_eq!(checkout.create(everything()), Err(Rejection::AlreadyExists));
}

#[test]
fn a_session_needs_lines() {
    assert_eq!(creating(Changes::default()), Rejection::NoLines);
    assert_eq!(creating(lines(vec![])), Rejection::NoLines);
}

#[test]
fn an_unknown_item_is_refused_by_its_index() {
    let (index, gone) = (1, product("gone"));
    let refused = Rejection::ItemUnknown { index, product: gone.clone() };
    assert_eq!(creating(lines(vec![wanted(TEA, 1), wanted("gone", 1)])), refused);
    let refused = Rejection::ItemUnknown { index: 0, product: gone };
    assert_eq!(creating(lines(vec![wanted("gone", 1)])), refused);
}

#[test]
fn one_product_is_on_one_line() {
    let twice = lines(vec![wanted(TEA, 1), wanted(POT, 1), wanted(TEA, 2)]);
    let refused = Rejection::LineDuplicate { index: 2, product: product(TEA) };
    assert_eq!(creating(twice.clone()), refused);
    assert_eq!(opened().update(twice), Err(refused));
}

#[test]
fn whatever_a_new_session_calls_its_lines_we_name_them() {
    let checkout = opened_with(lines(vec![named(9, TEA, 1), named(9, POT, 1)]));
    assert_eq!(checkout.line_ids(), [id("line_1", TEA), id("line_2", POT)]);
}

#[test]
fn the_currency_is_the_first_products_unless_another_is_asked_for() {
    let yen = opened_with(lines(vec![wanted(WHISK, 3)]));
    assert_eq!(yen.session().contents.currency, currency("JPY"));
    assert_eq!(yen.total(), 3_600, "yen have no cents");
    let asked = Changes { currency: Some(usd()), ..lines(tea_and_pot()) };
    assert_eq!(opened_with(asked).session().contents.currency, usd());
}

#[test]
fn a_product_of_another_currency_is_refused() {
    let differs = |index, sold_in, asked| Rejection::CurrencyDiffers {
        index,
        product: product(if sold_in == usd() { TEA } else { WHISK }),
        sold_in,
        asked,
    };
    let yen = currency("JPY");
    let mixed = lines(vec![wanted(TEA, 1), wanted(WHISK, 1)]);
    assert_eq!(creating(mixed.clone()), differs(1, yen, usd()));
    assert_eq!(opened().update(mixed), Err(differs(1, yen, usd())));
    let in_yen = Changes { currency: Some(yen), ..lines(vec![wanted(TEA, 1)]) };
    assert_eq!(creating(in_yen), differs(0, usd(), yen));
}

#[test]
fn the_currency_of_a_session_never_changes() {
    let mut checkout = ready();
    let (kept, asked) = (usd(), currency("JPY"));
    let in_yen = Changes { currency: Some(asked), ..Changes::default() };
    assert_eq!(checkout.update(in_yen), Err(Rejection::CurrencyFixed { kept, asked }));
    let in_dollars = Changes { currency: Some(kept), ..Changes::default() };
    assert_eq!(checkout.update(in_dollars), Ok(()));
}

#[test]
fn amounts_that_do_not_fit_are_refused() {
    let mut shop = Shop::open();
    shop.reprice(POT, AMOUNT_MAX);
    let refused = Checkout::of(shop).create(lines(vec![wanted(POT, 2)]));
    assert_eq!(refused, Err(Rejection::AmountTooLarge));
}

#[test]
fn a_session_is_opened_while_at_least_one_line_can_be_sold() {
    let mut shop = Shop::open();
    shop.leave(POT, 0);
    let mut checkout = Checkout::of(shop.clone());
    checkout.create(everything()).unwrap();
    assert_eq!(checkout.session().problems(), [Problem::OutOfStock { line: 1, left: 0 }]);
    assert_eq!(checkout.status(), Status::Incomplete);
    shop.leave(TEA, 0);
    assert_eq!(Checkout::of(shop).create(everything()), Err(Rejection::NothingInStock));
}

#[test]
fn a_line_that_asks_for_too_many_says_how_many_are_left() {
    let mut shop = Shop::open();
    shop.leave(TEA, 1);
    let mut checkout = Checkout::of(shop);
    checkout.create(everything()).unwrap();
    assert_eq!(checkout.session().problems(), [Problem::OutOfStock { line: 0, left: 1 }]);
    checkout.update(lines(vec![wanted(TEA, 1)])).unwrap();
    assert_eq!(checkout.status(), Status::ReadyForComplete);
}

#[test]
fn what_is_incomplete_says_what_it_lacks() {
    let lacks = |changes| {
        let checkout = opened_with(Changes { lines: Some(tea_and_pot()), ..changes });
        assert_eq!(checkout.status(), Status::Incomplete);
        checkout.session().problems()
    };
    let (method, destination) = (0, 0);
    assert_eq!(lacks(Changes::default()), [Problem::EmailMissing, Problem::FulfillmentMissing]);
    assert_eq!(lacks(buyer(ines())), [Problem::FulfillmentMissing]);
    let sent_to = |address| Changes {
        buyer: everything().buyer,
        ..methods(vec![to_address("dest_1", address)])
    };
    assert_eq!(
        lacks(Changes { buyer: everything().buyer, ..methods(vec![shipping()]) }),
        [Problem::DestinationMissing { method }]
    );
    assert_eq!(
        lacks(sent_to(Address { country: None, ..seattle() })),
        [Problem::CountryMissing { method, destination }]
    );
    assert_eq!(
        lacks(sent_to(Address { region: None, postal_code: None, ..seattle() })),
        [Problem::AreaMissing { method, destination }]
    );
    assert_eq!(
        lacks(sent_to(address("AQ", "Ross", "1"))),
        [Problem::NotServed { method, destination }]
    );
}

#[test]
fn an_empty_email_is_none() {
    let mut checkout = ready();
    checkout.update(buyer(Buyer { email: Some(text("")), ..ines() })).unwrap();
    assert_eq!(checkout.session().problems(), [Problem::EmailMissing]);
}

#[test]
fn half_an_address_is_enough_to_be_quoted() {
    for known in [Address { region: None, ..seattle() }, Address { postal_code: None, ..seattle() }]
    {
        let mut checkout = ready();
        checkout.update_method(to_address("dest_1", known)).unwrap();
        assert_eq!(checkout.status(), Status::ReadyForComplete);
    }
}

#[test]
fn an_incomplete_session_is_updated_and_cancelled_but_not_completed() {
    let incomplete = opened;
    assert_eq!(incomplete().update(everything()), Ok(()));
    assert_eq!(incomplete().complete(), Err(Rejection::NotReady));
    assert_eq!(incomplete().cancel(), Ok(()));
}

#[test]
fn an_update_can_make_a_session_ready_and_incomplete_again() {
    let mut checkout = opened();
    checkout.update(everything()).unwrap();
    assert_eq!(checkout.status(), Status::ReadyForComplete);
    checkout.update(buyer(Buyer::default())).unwrap();
    assert_eq!(checkout.status(), Status::Incomplete);
}

#[test]
fn a_ready_session_is_updated_completed_and_cancelled() {
    assert_eq!(ready().update(Changes::default()), Ok(()));
    assert_eq!(ready().complete(), Ok(()));
    assert_eq!(ready().cancel(), Ok(()));
}

#[test]
fn a_session_that_is_being_paid_for_is_frozen() {
    let mut checkout = completing();
    let frozen = checkout.state.clone();
    assert_eq!(checkout.update(everything()), Err(Rejection::InProgress));
    assert_eq!(checkout.complete(), Err(Rejection::InProgress));
    assert_eq!(checkout.cancel(), Err(Rejection::InProgress));
    assert_eq!(checkout.state, frozen);
    assert_eq!(checkout.status(), Status::CompleteInProgress);
}

#[test]
fn a_completed_session_is_immutable() {
    let mut checkout = completed();
    let frozen = checkout.state.clone();
    assert_eq!(checkout.update(everything()), Err(Rejection::AlreadyCompleted));
    assert_eq!(checkout.complete(), Err(Rejection::AlreadyCompleted));
    assert_eq!(checkout.cancel(), Err(Rejection::AlreadyCompleted));
    assert_eq!(checkout.state, frozen);
    assert_eq!(checkout.status(), Status::Completed);
}

#[test]
fn a_cancelled_session_is_immutable() {
    let mut checkout = cancelled();
    let frozen = checkout.state.clone();
    assert_eq!(checkout.update(everything()), Err(Rejection::AlreadyCancelled));
    assert_eq!(checkout.complete(), Err(Rejection::AlreadyCancelled));
    assert_eq!(checkout.cancel(), Err(Rejection::AlreadyCancelled));
    assert_eq!(checkout.state, frozen);
    assert_eq!(checkout.status(), Status::Canceled);
}

#[test]
fn a_session_that_needs_the_buyer_is_updated_tried_again_and_cancelled() {
    let escalated = || {
        let mut checkout = completing();
        let confirm = DeclineReason::AuthenticationRequired;
        checkout.ends(1, AttemptOutcome::Declined(confirm)).unwrap();
        assert_eq!(checkout.status(), Status::RequiresEscalation);
        assert_eq!(checkout.session().problems(), [Problem::Declined(confirm)]);
        checkout
    };
    let mut updated = escalated();
    updated.update(Changes::default()).unwrap();
    assert_eq!(updated.status(), Status::ReadyForComplete);
    let mut tried = escalated();
    tried.complete().unwrap(); // whether the buyer has confirmed, the processor knows
    assert_eq!(tried.status(), Status::CompleteInProgress);
    assert_eq!(escalated().cancel(), Ok(()));
}

#[test]
fn what_is_incomplete_is_not_escalated() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(DeclineReason::AuthenticationRequired)).unwrap();
    let attempt = checkout.session().attempt_id(1);
    checkout.ask(Command::ConfirmReleased { attempt }).unwrap();
    checkout.shop.leave(TEA, 0);
    checkout.complete().unwrap();
    assert_eq!(checkout.status(), Status::Incomplete);
}

#[test]
fn a_cancelled_session_keeps_its_lines_and_totals() {
    let (before, after) = (ready(), cancelled());
    assert_eq!(after.session().contents, before.session().contents);
    assert_eq!(after.session().quote, before.session().quote);
    assert_eq!(after.session().phase, Phase::Cancelled { why: CancelReason::Asked, at: OPENED_AT });
}

#[test]
fn nobody_but_its_caller_finds_a_session() {
    for mut checkout in [opened(), ready(), completing(), completed(), cancelled()] {
        let other = || text("another");
        let now = checkout.now;
        assert_eq!(checkout.update_as("another", everything()), Err(Rejection::NotFound));
        assert_eq!(checkout.complete_with("another", card("pi_9")), Err(Rejection::NotFound));
        assert_eq!(
            checkout.ask(Command::Cancel { caller: other(), now }),
            Err(Rejection::NotFound)
        );
        assert_eq!(checkout.ask(Command::Look { caller: other() }), Err(Rejection::NotFound));
    }
}

#[test]
fn its_caller_may_look_at_a_session_in_any_phase() {
    for mut checkout in [opened(), ready(), completing(), completed(), cancelled()] {
        let (events, state) = (checkout.events.len(), checkout.state.clone());
        assert_eq!(checkout.ask(Command::Look { caller: text(CALLER) }), Ok(()));
        assert_eq!((checkout.events.len(), &checkout.state), (events, &state));
    }
}

#[test]
fn what_was_never_opened_is_not_found() {
    let mut nothing = Checkout::of(Shop::open());
    assert_eq!(nothing.update(everything()), Err(Rejection::NotFound));
    assert_eq!(nothing.complete(), Err(Rejection::NotFound));
    assert_eq!(nothing.cancel(), Err(Rejection::NotFound));
    assert_eq!(nothing.expire(), Err(Rejection::NotFound));
    assert_eq!(nothing.ask(Command::Look { caller: text(CALLER) }), Err(Rejection::NotFound));
    assert_eq!((pending(&nothing.state), expires(&nothing.state)), (vec![], None));
}

#[test]
fn an_open_session_expires_when_its_time_is_over_and_not_before() {
    let mut checkout = ready();
    assert_eq!(expires(&checkout.state), Some(OPENED_AT.after(SIX_HOURS)));
    checkout.wait(SIX_HOURS - Duration::from_millis(1));
    assert_eq!(checkout.events_of(Checkout::expire), Ok(vec![]));
    checkout.wait(Duration::from_millis(1));
    let (why, at) = (CancelReason::Expired, checkout.now);
    assert_eq!(checkout.events_of(Checkout::expire), Ok(vec![Event::Cancelled { why, at }]));
    assert_eq!(checkout.status(), Status::Canceled);
    assert_eq!(expires(&checkout.state), None);
}

#[test]
fn nothing_is_written_after_the_time_whether_or_not_the_timer_has_fired() {
    let mut checkout = ready();
    checkout.wait(SIX_HOURS);
    for _ in ["before the timer", "after it"] {
        assert_eq!(checkout.update(everything()), Err(Rejection::Expired));
        assert_eq!(checkout.complete(), Err(Rejection::Expired));
        assert_eq!(checkout.cancel(), Err(Rejection::Expired));
        checkout.expire().unwrap();
    }
}

#[test]
fn an_update_does_not_lengthen_a_sessions_life() {
    let mut checkout = ready();
    checkout.wait(SIX_HOURS / 2);
    checkout.update(everything()).unwrap();
    assert_eq!(checkout.session().expires_at, OPENED_AT.after(SIX_HOURS));
}

#[test]
fn a_session_that_is_being_paid_for_does_not_expire() {
    let mut checkout = completing();
    checkout.wait(SIX_HOURS);
    assert_eq!(checkout.events_of(Checkout::expire), Ok(vec![]));
    checkout.ends(1, AttemptOutcome::Reserved).unwrap();
    assert_eq!(checkout.status(), Status::Completed);
    assert_eq!(checkout.events_of(Checkout::expire), Ok(vec![]));
}

#[test]
fn a_session_whose_payment_is_declined_after_its_time_expires_then() {
    let mut checkout = completing();
    checkout.wait(SIX_HOURS);
    checkout.ends(1, AttemptOutcome::Declined(DeclineReason::DoNotHonor)).unwrap();
    assert_eq!(checkout.complete(), Err(Rejection::Expired));
    assert!(expires(&checkout.state).is_some_and(|due| due <= checkout.now));
    checkout.expire().unwrap();
    assert_eq!(checkout.status(), Status::Canceled);
}

#[test]
fn an_expired_session_still_gives_back_what_it_held() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(DeclineReason::DoNotHonor)).unwrap();
    checkout.wait(SIX_HOURS);
    checkout.expire().unwrap();
    assert_eq!(pending(&checkout.state).len(), 1);
    assert!(owes(&checkout.state));
    let attempt = checkout.session().attempt_id(1);
    checkout.ask(Command::ConfirmReleased { attempt }).unwrap();
    assert_eq!(pending(&checkout.state), []);
    assert!(!owes(&checkout.state));
}

#[test]
fn a_refused_update_changes_nothing() {
    let mut checkout = ready();
    let before = checkout.state.clone();
    let unknown = Rejection::LineUnknown { index: 0, line: LineId(9) };
    assert_eq!(checkout.update(lines(vec![named(9, TEA, 1)])), Err(unknown));
    assert_eq!(checkout.state, before);
}

fn creating(changes: Changes) -> Rejection {
    Checkout::of(Shop::open()).create(changes).expect_err("it is refused")
}

fn id(line: &str, product: &str) -> (String, String) {
    (line.to_owned(), product.to_owned())
}
