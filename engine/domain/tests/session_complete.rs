//! Completing: everything is looked at once more, one attempt is made at a time, and how it ends
//! counts once.

mod common;

use common::checkout::{
    CALLER, Checkout, OPENED_AT, asked, buyer, card, codes, completed, completing, ines, lines,
    methods, ready, selecting, shipping, wanted,
};
use common::shop::{POT, TEA, product};
use common::{cents, text, usd};
use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::{InstrumentId, OrderId};
use paceline_domain::market::Discount;
use paceline_domain::session::{
    Attempt, AttemptOutcome, Changes, Command, Effect, Event, InstrumentShown, Notice, Phase,
    Problem, Rejection, Release, Status, apply, decide, expires, owes, pending,
};

const POOR: DeclineReason = DeclineReason::InsufficientFunds;

#[test]
fn a_ready_session_is_paid_for_at_its_own_total() {
    let mut checkout = ready();
    let attempt = Attempt {
        number: 1,
        instrument: InstrumentId(9),
        order: OrderId(10_042),
        accepted_at: OPENED_AT,
        asked: Some(asked()),
    };
    let (attempt, shown) = (Box::new(attempt), Box::new(card("pi_9")));
    let accepted = vec![Event::CompletionAccepted { attempt, shown }];
    assert_eq!(checkout.events_of(Checkout::complete), Ok(accepted));
    assert_eq!(checkout.status(), Status::CompleteInProgress);
    assert_eq!(
        pending(&checkout.state),
        [Effect::Attempt {
            attempt: checkout.session().attempt_id(1),
            units: vec![(product(TEA), 2), (product(POT), 1)],
            instrument: InstrumentId(9),
            amount: cents(11_884),
            currency: usd(),
        }]
    );
}

#[test]
fn the_instrument_is_shown_afterwards_as_selected() {
    let checkout = completing();
    let payment = &checkout.session().contents.payment;
    assert_eq!(payment.selected_instrument_id, Some(text("pi_9")));
    assert_eq!(payment.instruments, [card("pi_9")]);
}

#[test]
fn an_instrument_that_was_shown_before_is_replaced_not_repeated() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    let other = InstrumentShown { brand: Some(text("mastercard")), ..card("pi_9") };
    checkout.complete_with(CALLER, other.clone()).unwrap();
    assert_eq!(checkout.session().contents.payment.instruments, [other]);
}

#[test]
fn of_the_instruments_that_were_paid_with_the_latest_are_shown() {
    let mut checkout = ready();
    for number in 1..=21 {
        checkout.complete_with(CALLER, card(&format!("pi_{number}"))).unwrap();
        checkout.ends(number, AttemptOutcome::Declined(POOR)).unwrap();
    }
    let shown = &checkout.session().contents.payment.instruments;
    assert_eq!(shown.len(), 20);
    assert_eq!(shown[0].id.as_str(), "pi_2");
    assert_eq!(shown[19].id.as_str(), "pi_21");
}

#[test]
fn a_handler_that_is_not_offered_is_refused() {
    let mut checkout = ready();
    let handler = text("paypal");
    let shown = InstrumentShown { handler_id: handler.clone(), ..card("pi_9") };
    let refused = checkout.complete_with(CALLER, shown);
    assert_eq!(refused, Err(Rejection::HandlerUnknown { handler }));
    checkout.shop.handler = "other";
    let gone = Rejection::HandlerUnknown { handler: text("gpay") };
    assert_eq!(checkout.complete(), Err(gone), "it was offered once");
}

#[test]
fn a_changed_price_is_told_and_not_charged() {
    let mut checkout = ready();
    checkout.shop.reprice(TEA, 1_900);
    checkout.complete().unwrap();
    assert!(checkout.is_open());
    assert_eq!(pending(&checkout.state), []);
    let changed = Notice::TotalsChanged { was: cents(11_884), now: cents(11_906) };
    assert_eq!(checkout.session().notices, [changed]);
    assert_eq!(checkout.total(), 11_906);
    assert_eq!(checkout.status(), Status::ReadyForComplete);
    checkout.complete().unwrap();
    assert_eq!(checkout.status(), Status::CompleteInProgress, "now it is agreed");
    assert_eq!(checkout.session().notices, []);
}

#[test]
fn a_discount_that_has_ended_is_told_and_not_charged() {
    let mut checkout = ready();
    checkout.update(codes(&["LEAF10"])).unwrap();
    checkout.shop.coded[0] =
        Discount { expires_at: Some(checkout.now), ..checkout.shop.coded[0].clone() };
    checkout.complete().unwrap();
    let changed = Notice::TotalsChanged { was: cents(10_760), now: cents(11_884) };
    assert_eq!(checkout.session().notices, [changed]);
    assert_eq!(pending(&checkout.state), []);
}

#[test]
fn stock_that_has_run_short_is_told_and_not_charged() {
    let mut checkout = ready();
    checkout.shop.leave(POT, 0);
    checkout.complete().unwrap();
    assert_eq!(checkout.session().problems(), [Problem::OutOfStock { line: 1, left: 0 }]);
    assert_eq!(checkout.status(), Status::Incomplete);
    assert_eq!(pending(&checkout.state), []);
    assert_eq!(checkout.complete(), Err(Rejection::NotReady), "nothing new to tell");
}

#[test]
fn an_option_that_is_withdrawn_is_told_and_not_charged() {
    let mut checkout = ready();
    checkout.update_method(selecting(Some("ship_express"))).unwrap();
    let mut rates = checkout.shop.rates["US"].clone();
    rates.pop();
    rates[0].price = cents(1_800); // the same total would hide it
    checkout.shop.rates.insert("US", rates);
    checkout.complete().unwrap();
    let replaced = Notice::OptionReplaced { method: 0, group: 0, was: text("ship_express") };
    assert_eq!(checkout.session().notices, [replaced]);
    assert_eq!(pending(&checkout.state), []);
}

#[test]
fn a_new_title_is_written_and_stands_in_nobodys_way() {
    let mut checkout = ready();
    checkout.shop.offers.get_mut(&product(TEA)).unwrap().title = text("Oolong, 250 g");
    let events = checkout.events_of(Checkout::complete).unwrap();
    assert!(matches!(events[..], [Event::Updated { .. }, Event::CompletionAccepted { .. }]));
    assert_eq!(checkout.lines()[0].title.as_str(), "Oolong, 250 g");
    assert_eq!(checkout.status(), Status::CompleteInProgress);
}

#[test]
fn stock_that_has_come_back_is_written_and_sold() {
    let mut checkout = ready();
    checkout.shop.leave(TEA, 0);
    checkout.update(Changes::default()).unwrap();
    checkout.shop.leave(TEA, 2);
    checkout.complete().unwrap();
    assert_eq!(checkout.status(), Status::CompleteInProgress);
}

#[test]
fn a_choice_that_could_not_be_honoured_is_not_forgotten_by_a_new_price() {
    let mut checkout = ready();
    checkout.update_method(selecting(Some("by_balloon"))).unwrap();
    assert_eq!(checkout.complete(), Err(Rejection::NotReady));
    checkout.shop.reprice(TEA, 1_900);
    checkout.complete().unwrap();
    assert_eq!(checkout.session().notices.len(), 2);
    assert_eq!(checkout.complete(), Err(Rejection::NotReady));
}

#[test]
fn what_a_session_lacks_is_told_even_with_a_new_price() {
    let mut checkout = ready();
    checkout.update(methods(vec![])).unwrap();
    checkout.shop.reprice(TEA, 1_900);
    checkout.complete().unwrap();
    assert_eq!(checkout.session().problems(), [Problem::FulfillmentMissing]);
    assert_eq!(checkout.session().notices.len(), 1);
}

#[test]
fn a_product_that_was_withdrawn_is_told_as_sold_out_and_nothing_is_charged() {
    let mut checkout = ready();
    checkout.shop.offers.remove(&product(POT));
    assert_eq!(checkout.complete(), Ok(()));
    assert!(checkout.is_open());
    assert_eq!(checkout.session().problems(), [Problem::OutOfStock { line: 1, left: 0 }]);
}

#[test]
fn reserved_money_completes_the_session_and_owes_its_settlement() {
    let mut checkout = completing();
    let (attempt, at) = (1, checkout.now);
    let events = checkout.events_of(|c| c.ends(1, AttemptOutcome::Reserved));
    assert_eq!(events, Ok(vec![Event::Completed { attempt, at }]));
    assert_eq!(checkout.status(), Status::Completed);
    let owed = pending(&checkout.state);
    let [Effect::Settle { attempt, instrument, order }] = owed.as_slice() else {
        panic!("a settlement is owed, not {owed:?}");
    };
    assert_eq!((attempt.number, *instrument), (1, InstrumentId(9)));
    assert_eq!(order.id, OrderId(10_042));
    assert_eq!(order.quote.total, cents(11_884));
    assert!(owes(&checkout.state));
}

#[test]
fn a_settled_session_owes_nothing() {
    let mut checkout = completed();
    let settled = |checkout: &mut Checkout| checkout.ask(Command::ConfirmSettled);
    assert_eq!(checkout.events_of(settled), Ok(vec![Event::Settled]));
    assert_eq!(checkout.events_of(settled), Ok(vec![]));
    assert_eq!((pending(&checkout.state), expires(&checkout.state)), (vec![], None));
    assert!(!owes(&checkout.state));
}

#[test]
fn a_session_that_was_not_completed_is_not_settled() {
    for mut checkout in [ready(), completing()] {
        assert_eq!(checkout.events_of(|c| c.ask(Command::ConfirmSettled)), Ok(vec![]));
    }
}

#[test]
fn a_decline_leaves_the_session_usable_and_gives_the_stock_back() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    assert_eq!(checkout.status(), Status::ReadyForComplete);
    assert_eq!(checkout.session().problems(), [Problem::Declined(POOR)]);
    let attempt = checkout.session().attempt_id(1);
    let products = vec![product(TEA), product(POT)];
    assert_eq!(pending(&checkout.state), [Effect::Release(Release { attempt, products })]);
    checkout.complete_with(CALLER, card("pi_10")).unwrap();
    assert_eq!(checkout.session().attempt_in_progress().map(|a| a.number), Some(2));
    checkout.ends(2, AttemptOutcome::Reserved).unwrap();
    assert_eq!(checkout.status(), Status::Completed);
}

#[test]
fn a_decline_is_forgotten_by_the_next_update() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.session().problems(), []);
}

#[test]
fn every_reason_but_one_leaves_the_session_ready() {
    for reason in DeclineReason::ALL {
        let mut checkout = completing();
        checkout.ends(1, AttemptOutcome::Declined(reason)).unwrap();
        let expected = match reason {
            DeclineReason::AuthenticationRequired => Status::RequiresEscalation,
            _ => Status::ReadyForComplete,
        };
        assert_eq!(checkout.status(), expected, "{reason}");
    }
}

#[test]
fn an_attempt_that_finds_too_little_stock_says_which_and_owes_the_rest_back() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::OutOfStock(vec![(product(TEA), 1)])).unwrap();
    assert_eq!(checkout.session().problems(), [Problem::OutOfStock { line: 0, left: 1 }]);
    assert_eq!(checkout.status(), Status::Incomplete);
    assert!(matches!(pending(&checkout.state)[..], [Effect::Release(_)]));
    checkout.shop.leave(TEA, 1);
    checkout.update(lines(vec![wanted(TEA, 1), wanted(POT, 1)])).unwrap();
    assert_eq!(checkout.complete(), Ok(()));
    assert_eq!(checkout.status(), Status::CompleteInProgress);
}

#[test]
fn a_repeated_outcome_changes_nothing() {
    let outcomes = [
        AttemptOutcome::Reserved,
        AttemptOutcome::Declined(POOR),
        AttemptOutcome::OutOfStock(vec![(product(TEA), 0)]),
    ];
    for first in &outcomes {
        for second in &outcomes {
            let mut checkout = completing();
            checkout.ends(1, first.clone()).unwrap();
            let again = checkout.events_of(|c| c.ends(1, second.clone()));
            assert_eq!(again, Ok(vec![]), "{first:?}, then {second:?}");
        }
    }
}

#[test]
fn a_late_outcome_does_not_touch_the_next_attempt() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    checkout.complete().unwrap();
    for late in [AttemptOutcome::Reserved, AttemptOutcome::Declined(POOR)] {
        assert_eq!(checkout.events_of(|c| c.ends(1, late)), Ok(vec![]));
    }
    assert_eq!(checkout.status(), Status::CompleteInProgress);
}

#[test]
fn the_outcome_of_an_attempt_that_nobody_made_is_refused() {
    for mut checkout in [ready(), completing(), completed()] {
        let refused = checkout.ends(2, AttemptOutcome::Reserved);
        assert_eq!(refused, Err(Rejection::AttemptUnknown));
    }
}

#[test]
fn what_a_session_itself_still_holds_is_not_sold_out_to_it() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    checkout.shop.leave(POT, 0); // the declined attempt holds the last one
    checkout.complete().unwrap();
    assert_eq!(checkout.status(), Status::CompleteInProgress);
    checkout.ends(2, AttemptOutcome::OutOfStock(vec![(product(POT), 0)])).unwrap();
    let attempts = [1, 2].map(|number| checkout.session().attempt_id(number));
    for attempt in attempts {
        checkout.ask(Command::ConfirmReleased { attempt }).unwrap();
    }
    checkout.update(Changes::default()).unwrap();
    assert_eq!(checkout.complete(), Err(Rejection::NotReady), "somebody else has it");
}

#[test]
fn what_was_given_back_is_owed_no_more_and_once_only() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    let attempt = checkout.session().attempt_id(1);
    let confirm = |checkout: &mut Checkout| checkout.ask(Command::ConfirmReleased { attempt });
    assert_eq!(checkout.events_of(confirm), Ok(vec![Event::Released { attempt }]));
    assert_eq!(checkout.events_of(confirm), Ok(vec![]));
    assert_eq!(pending(&checkout.state), []);
}

#[test]
fn what_is_owed_back_is_owed_before_anything_newer_and_whatever_happens_next() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    checkout.update(lines(vec![wanted(POT, 1)])).unwrap();
    checkout.complete().unwrap();
    let products = vec![product(TEA), product(POT)];
    let release = Release { attempt: checkout.session().attempt_id(1), products };
    let owed = pending(&checkout.state);
    assert_eq!(owed[0], Effect::Release(release.clone()), "what was held, not what is wanted now");
    assert!(matches!(owed[1], Effect::Attempt { .. }));
    checkout.ends(2, AttemptOutcome::Reserved).unwrap();
    checkout.ask(Command::ConfirmSettled).unwrap();
    assert_eq!(pending(&checkout.state), [Effect::Release(release)]);
    assert!(owes(&checkout.state));
}

#[test]
fn who_waited_too_long_is_let_go_once() {
    let mut checkout = completing();
    let leave = |attempt| move |c: &mut Checkout| c.ask(Command::LeaveAsker { attempt });
    assert_eq!(checkout.events_of(leave(2)), Ok(vec![]));
    assert_eq!(checkout.events_of(leave(1)), Ok(vec![Event::AskerLeft { attempt: 1 }]));
    assert_eq!(checkout.events_of(leave(1)), Ok(vec![]));
    assert_eq!(checkout.session().attempt_in_progress().unwrap().asked, None);
    checkout.ends(1, AttemptOutcome::Reserved).unwrap();
    assert_eq!(checkout.status(), Status::Completed, "the payment goes on without an asker");
    assert_eq!(checkout.events_of(leave(1)), Ok(vec![]));
}

#[test]
fn a_question_is_forgotten_once_it_is_answered() {
    let checkout = completed();
    let Phase::Completed { attempt, .. } = &checkout.session().phase else { unreachable!() };
    assert_eq!(attempt.asked, None);
}

#[test]
fn a_session_replayed_from_its_events_is_the_same_session() {
    let mut checkout = completing();
    checkout.ends(1, AttemptOutcome::Declined(POOR)).unwrap();
    checkout.update_method(shipping()).unwrap();
    checkout.complete().unwrap();
    checkout.ends(2, AttemptOutcome::Reserved).unwrap();
    let mut replayed = None;
    checkout.events.iter().for_each(|event| apply(&mut replayed, event));
    assert_eq!(replayed, checkout.state);
    assert_eq!(pending(&replayed), pending(&checkout.state));
    let look = Command::Look { caller: text(CALLER) };
    assert_eq!(decide(&replayed, look), Ok(vec![]));
}
