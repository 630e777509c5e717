//! What goes back: refunds in parts, chargebacks and their reversal; and what is only told.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/card_payment.rs"]
mod card;
#[path = "common/machine.rs"]
mod machine;

use card::*;
use machine::*;
use paceline_domain::card_payment::{
    AskRefund, CASES_MAX, CaseKind, Command, DisputeReason, Effect, FRAUDS_MAX, Flow, LineKind,
    Moved, OpenCase, REFUNDS_MAX, RawResult, RefundDecline, RefundProgress, Rejection, Stage,
    Subject, pending,
};
use paceline_domain::ids::{DocumentId, RefundId};
use paceline_domain::money::Micros;
use paceline_domain::time::Timestamp;

fn left(payment: &Payment) -> Micros {
    now_of(payment).remainder()
}

fn progress(payment: &Payment, id: u128) -> RefundProgress {
    now_of(payment).refunds[&RefundId(id)].progress
}

fn reverse_refund(id: u128) -> Command {
    Command::ReverseRefund { refund: RefundId(id), raw: raw("46"), now: LATER }
}

fn inquire(name: &str, amount: i64) -> Command {
    Command::OpenCase(Box::new(case(name, CaseKind::Inquiry, amount)))
}

fn defend(document: u128, now: Timestamp) -> Command {
    Command::Defend { document: DocumentId(document), now }
}

fn report(kind: &str) -> Command {
    Command::ReportFraud { kind: text(kind), raw: raw("TC40-6"), now: LATER }
}

#[test]
fn of_racing_refunds_the_second_sees_what_the_first_has_left() {
    let mut payment = captured();
    payment.give(refund(1, 5)).unwrap();
    let left = dollars(3);
    assert_eq!(payment.give(refund(2, 4)), Err(Rejection::RefundExceedsRemainder { left }));
    payment.give(refund(2, 3)).unwrap();
    let left = dollars(0);
    assert_eq!(payment.give(refund(3, 1)), Err(Rejection::RefundExceedsRemainder { left }));
    payment.give(refund_concluded(2, Ok(()))).unwrap();
    payment.give(refund_concluded(1, Ok(()))).unwrap();
    assert_eq!(self::left(&payment), Micros::ZERO);
}

#[test]
fn a_refund_that_fails_gives_its_part_free_and_is_told() {
    let mut payment = captured();
    payment.give(refund(1, 5)).unwrap();
    payment.give(refund_concluded(1, DECLINED)).unwrap();
    assert_eq!(left(&payment), dollars(8));
    assert_eq!(payment.give(refund_concluded(1, Ok(()))), Ok(vec![]), "it never changes");
    let Subject::Refunded { request: told, refund: id, outcome, .. } = &told(&payment)[1] else {
        panic!("a refund is told of")
    };
    assert_eq!((told, *id, *outcome), (&request("ref:1"), RefundId(1), DECLINED));
    assert_eq!(untold(&payment)[1].line, None);
    payment.give(refund(2, 8)).unwrap();
}

#[test]
fn a_repeated_refund_is_one_refund_and_another_amount_under_its_name_is_refused() {
    let mut payment = captured();
    payment.give(refund(1, 5)).unwrap();
    assert_eq!(payment.give(refund(1, 5)), Ok(vec![]));
    assert_eq!(payment.give(refund(1, 4)), Err(Rejection::RequestTaken));
    assert_eq!(left(&payment), dollars(3));
}

#[test]
fn only_what_was_captured_is_refunded() {
    assert_eq!(held().give(refund(1, 1)), Err(Rejection::NotCaptured));
    let mut capturing = held();
    capturing.give(capture("cap:1", 8)).unwrap();
    assert_eq!(capturing.give(refund(1, 1)), Err(Rejection::NotCaptured));
    let mut payment = captured();
    assert_eq!(payment.give(refund(1, 0)), Err(Rejection::NothingAsked));
    let left = dollars(8);
    assert_eq!(payment.give(refund(1, 9)), Err(Rejection::RefundExceedsRemainder { left }));
    authorized(Flow::Capture).give(refund(1, 10)).unwrap();
}

#[test]
fn refunds_are_asked_for_in_their_order_and_name_what_took_the_money() {
    let mut payment = captured();
    payment.give(refund(9, 1)).unwrap();
    payment.give(refund(3, 2)).unwrap();
    let owed: Vec<_> = pending(&payment.state)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Refund { refund, of, amount, .. } => Some((refund.0, of, amount)),
            _ => None,
        })
        .collect();
    let [(9, first, one), (3, second, two)] = owed[..] else { panic!("{owed:?}") };
    assert_eq!((one, two), (dollars(1), dollars(2)));
    assert_eq!(first, second);
    assert_ne!(first, now_of(&payment).authorized_by(), "the capture took it, not the hold");
    let mut at_once = authorized(Flow::Capture);
    at_once.give(refund(1, 1)).unwrap();
    let Some(Effect::Refund { of, .. }) = pending(&at_once.state).pop() else {
        panic!("it is owed")
    };
    assert_eq!(of, now_of(&at_once).authorized_by());
}

#[test]
fn a_reversed_refund_is_a_new_event_after_success() {
    let mut payment = captured();
    payment.give(refund(1, 5)).unwrap();
    assert_eq!(payment.give(reverse_refund(1)), Err(Rejection::NotRefunded));
    payment.give(refund_concluded(1, Ok(()))).unwrap();
    payment.give(reverse_refund(1)).unwrap();
    assert_eq!(payment.give(reverse_refund(1)), Ok(vec![]), "it was undone once");
    assert_eq!(payment.give(reverse_refund(2)), Err(Rejection::NotRefunded));
    assert_eq!(left(&payment), dollars(8), "the money is back");
    let told = told(&payment);
    let [_, Subject::Refunded { outcome: Ok(()), .. }, Subject::RefundReversed { amount, .. }] =
        &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(*amount, dollars(5));
    let kinds: Vec<_> = untold(&payment).into_iter().map(|t| t.line.unwrap().kind).collect();
    assert_eq!(kinds, [LineKind::Capture, LineKind::Refund, LineKind::RefundReversal]);
}

#[test]
fn a_refund_has_its_own_reference_number_also_after_it_was_reversed() {
    let mut payment = captured();
    payment.give(refund(1, 5)).unwrap();
    let number = |end| {
        let of = Moved::Refund(RefundId(1));
        Command::Reference { of, number: arn(end), now: LATER }
    };
    assert_eq!(payment.give(number(1)), Err(Rejection::NotRefunded));
    payment.give(refund_concluded(1, Ok(()))).unwrap();
    payment.give(reverse_refund(1)).unwrap();
    payment.give(number(1)).unwrap();
    assert_eq!(payment.give(number(1)), Ok(vec![]));
    assert_eq!(payment.give(number(2)), Err(Rejection::ReferenceDiffers));
    let Some(Subject::RefundReferenced { refund, .. }) = told(&payment).pop() else {
        panic!("it is told of")
    };
    assert_eq!(refund, request("ref:1"));
}

#[test]
fn a_capture_has_so_many_refunds_and_no_more() {
    let mut payment = captured();
    let mut full = payment.state.clone();
    payment.give(refund(1, 1)).unwrap();
    payment.give(refund_concluded(1, DECLINED)).unwrap();
    let failed = now_of(&payment).refunds[&RefundId(1)].clone();
    for id in 0..REFUNDS_MAX as u128 {
        full.as_mut().unwrap().refunds.insert(RefundId(id), failed.clone());
    }
    let one_more = AskRefund {
        id: RefundId(u128::MAX),
        request: request("ref:more"),
        amount: dollars(1),
        now: LATER,
    };
    let refused = paceline_domain::card_payment::decide(&full, Command::Refund(one_more));
    assert_eq!(refused, Err(Rejection::TooMany));
}

#[test]
fn an_inquiry_moves_no_money_and_is_told() {
    let mut payment = captured();
    payment.give(inquire("case-1", 8)).unwrap();
    assert_eq!(left(&payment), dollars(8));
    let Subject::Inquiry(told) = &told(&payment)[1] else { panic!("an inquiry is told of") };
    assert_eq!((&told.capture, told.amount), (&request("cap:1"), dollars(8)));
    assert_eq!(untold(&payment)[1].line, None);
}

#[test]
fn a_chargeback_takes_what_was_not_given_back_and_no_more() {
    let mut payment = captured();
    payment.give(refund(1, 3)).unwrap();
    payment.give(refund_concluded(1, Ok(()))).unwrap();
    let left = dollars(5);
    let above = payment.give(charge_back("case-1", Stage::First, 6));
    assert_eq!(above, Err(Rejection::ChargebackExceedsRemainder { left }));
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    assert_eq!(self::left(&payment), Micros::ZERO);
    assert_eq!(now_of(&payment).charged_back(), dollars(5));
    let untold = untold(&payment);
    let line = untold[2].line.as_ref().unwrap();
    assert_eq!((line.kind, line.amount), (LineKind::Chargeback, dollars(5)));
    assert!(matches!(untold[2].subject, Some(Subject::Chargeback { stage: Stage::First, .. })));
}

#[test]
fn a_case_is_of_something_captured_and_of_an_amount() {
    assert_eq!(held().give(charge_back("c", Stage::First, 1)), Err(Rejection::NotCaptured));
    assert_eq!(held().give(inquire("c", 1)), Err(Rejection::NotCaptured));
    let mut payment = captured();
    assert_eq!(payment.give(charge_back("c", Stage::First, 0)), Err(Rejection::NothingAsked));
    let left = dollars(8);
    let above = Err(Rejection::ChargebackExceedsRemainder { left });
    assert_eq!(payment.give(inquire("c", 9)), above);
}

#[test]
fn a_case_that_is_raised_again_is_the_same_case_and_another_under_its_name_is_refused() {
    let mut payment = captured();
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    let kind = CaseKind::Chargeback(Stage::First);
    let same = OpenCase { at: LAPSES, ..case("case-1", kind, 5) };
    assert_eq!(payment.give(Command::OpenCase(Box::new(same))), Ok(vec![]));
    let other = OpenCase { reason: DisputeReason::Other, ..case("case-1", kind, 5) };
    assert_eq!(payment.give(Command::OpenCase(Box::new(other))), Err(Rejection::CaseTaken));
}

/// As published: `ng-case-5512` is the inquiry of the 19th and the chargeback of the 20th.
#[test]
fn an_inquiry_and_the_chargebacks_that_come_of_it_share_a_name() {
    let mut payment = captured();
    let name = "ng-case-5512";
    payment.give(inquire(name, 8)).unwrap();
    payment.give(charge_back(name, Stage::First, 8)).unwrap();
    assert_eq!(payment.give(inquire(name, 8)), Ok(vec![]), "each is known by its kind");
    assert_eq!(payment.give(charge_back(name, Stage::First, 8)), Ok(vec![]));
    payment.give(defend(1, LATER)).unwrap();
    payment.give(reverse_chargeback(name)).unwrap();
    assert_eq!(left(&payment), dollars(8));
    payment.give(charge_back(name, Stage::Second, 8)).unwrap();
    payment.give(defend(2, LATER)).unwrap();
    assert_eq!(payment.give(charge_back(name, Stage::First, 8)), Ok(vec![]));
    let documents: Vec<_> = now_of(&payment).cases.iter().map(|c| c.documents.clone()).collect();
    assert_eq!(documents, [vec![], vec![DocumentId(1)], vec![DocumentId(2)]]);
    payment.give(reverse_chargeback(name)).unwrap();
    assert_eq!(left(&payment), dollars(8));
    let told = told(&payment);
    let [
        _,
        Subject::Inquiry(_),
        Subject::Chargeback { stage: Stage::First, .. },
        Subject::ChargebackReversed { chargeback: first, .. },
        Subject::Chargeback { stage: Stage::Second, .. },
        Subject::ChargebackReversed { chargeback: second, .. },
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    let notices: Vec<_> = now_of(&payment).cases.iter().map(|case| case.notice).collect();
    assert_eq!([*first, *second], notices[1..], "each reversal names its own chargeback");
}

#[test]
fn a_reversal_that_is_told_late_is_of_the_chargeback_that_was_raised_by_then() {
    let mut payment = captured();
    payment.give(charge_back("case-1", Stage::First, 8)).unwrap();
    let won = reverse_chargeback("case-1");
    let Command::ReverseChargeback { reversed_on, .. } = &won else { unreachable!() };
    let after = Timestamp(reversed_on.0 + 1);
    payment.give(won.clone()).unwrap();
    let kind = CaseKind::Chargeback(Stage::Second);
    let second = OpenCase { raised_on: after, at: after, ..case("case-1", kind, 8) };
    payment.give(Command::OpenCase(Box::new(second))).unwrap();
    assert_eq!(payment.give(won), Ok(vec![]), "a repeat of the first");
    assert_eq!(left(&payment), Micros::ZERO);
}

#[test]
fn the_days_of_a_case_follow_one_another() {
    let mut payment = captured();
    let opened = |raised_on, reply_by| {
        let kind = CaseKind::Chargeback(Stage::First);
        Command::OpenCase(Box::new(OpenCase { raised_on, reply_by, ..case("c", kind, 5) }))
    };
    let (tomorrow, before) = (Timestamp(LATER.0 + 1), Timestamp(LATER.0 - 86_400_000));
    assert_eq!(payment.give(opened(tomorrow, LAPSES)), Err(Rejection::RaisedLater));
    assert_eq!(payment.give(opened(before, LAPSES)), Err(Rejection::RaisedBeforePaid));
    assert_eq!(payment.give(opened(LATER, NOW)), Err(Rejection::ReplyBeforeRaised));
    let none = Timestamp(0);
    assert_eq!(payment.give(opened(none, none)), Err(Rejection::RaisedBeforePaid));
    // A day is told by its first moment.
    payment.give(opened(Timestamp(before.0 + 1), LAPSES)).unwrap();
}

#[test]
fn a_chargeback_is_reversed_after_it_was_raised_and_not_in_the_future() {
    let mut payment = captured();
    payment.give(charge_back("c", Stage::First, 5)).unwrap();
    let won = |reversed_on| Command::ReverseChargeback {
        case: text("c"),
        raw: raw("WON"),
        reversed_on,
        now: LATER,
    };
    let before = payment.give(won(Timestamp(NOW.0 - 1)));
    assert_eq!(before, Err(Rejection::ReversedBeforeRaised));
    assert_eq!(payment.give(won(Timestamp(LATER.0 + 1))), Err(Rejection::ReversedLater));
    assert_eq!(now_of(&payment).charged_back(), dollars(5));
    payment.give(won(NOW)).unwrap();
}

#[test]
fn of_one_name_one_chargeback_is_open() {
    let mut payment = captured();
    payment.give(charge_back("case-1", Stage::First, 2)).unwrap();
    payment.give(reverse_chargeback("case-1")).unwrap();
    payment.give(charge_back("case-2", Stage::First, 2)).unwrap();
    let second = charge_back("case-2", Stage::Second, 2);
    assert_eq!(payment.give(second), Err(Rejection::CaseTaken));
}

#[test]
fn a_refund_of_what_is_being_charged_back_is_acknowledged_and_told_to_have_failed() {
    let mut payment = captured();
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    payment.give(refund(1, 4)).unwrap();
    let in_place = RefundDecline::ChargebackInPlace;
    assert_eq!(progress(&payment, 1), RefundProgress::Failed(in_place));
    assert!(!pending(&payment.state).iter().any(|owed| matches!(owed, Effect::Refund { .. })));
    payment.give(refund(2, 3)).unwrap();
    assert_eq!(progress(&payment, 2), RefundProgress::Asking, "what is not contested goes back");
    let left = dollars(5);
    let above = payment.give(refund(3, 6));
    assert_eq!(above, Err(Rejection::RefundExceedsRemainder { left }));
}

#[test]
fn a_reversed_chargeback_brings_the_money_back_and_names_its_notification() {
    let mut payment = captured();
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    let notified = untold(&payment)[1].notice;
    payment.give(reverse_chargeback("case-1")).unwrap();
    assert_eq!(left(&payment), dollars(8));
    let Subject::ChargebackReversed { chargeback, amount, .. } = &told(&payment)[2] else {
        panic!("a reversal is told of")
    };
    assert_eq!((*chargeback, *amount), (notified, dollars(5)));
    assert_eq!(payment.give(reverse_chargeback("case-1")), Ok(vec![]), "it was won once");
    assert_eq!(payment.give(reverse_chargeback("case-2")), Err(Rejection::CaseUnknown));
}

#[test]
fn an_inquiry_is_neither_reversed_nor_defended() {
    let mut payment = captured();
    payment.give(inquire("case-1", 8)).unwrap();
    assert_eq!(payment.give(reverse_chargeback("case-1")), Err(Rejection::CaseUnknown));
    assert_eq!(payment.give(defend(1, LATER)), Err(Rejection::CaseUnknown));
}

#[test]
fn a_second_chargeback_follows_a_first_that_was_reversed() {
    let mut payment = captured();
    let second = || charge_back("case-2", Stage::Second, 8);
    assert_eq!(payment.give(second()), Err(Rejection::NoneReversed));
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    let small = |name| charge_back(name, Stage::Second, 1);
    assert_eq!(payment.give(small("case-2")), Err(Rejection::NoneReversed), "it is not decided");
    payment.give(reverse_chargeback("case-1")).unwrap();
    payment.give(second()).unwrap();
    assert_eq!(left(&payment), Micros::ZERO);
    payment.give(reverse_chargeback("case-2")).unwrap();
    assert_eq!(payment.give(small("case-3")), Err(Rejection::NoneReversed), "it has its second");
    payment.give(charge_back("case-4", Stage::First, 1)).unwrap();
    payment.give(reverse_chargeback("case-4")).unwrap();
    payment.give(small("case-5")).unwrap();
}

#[test]
fn evidence_belongs_to_the_chargeback_that_is_open_while_there_is_time() {
    let mut payment = captured();
    assert_eq!(payment.give(defend(1, LATER)), Err(Rejection::CaseUnknown));
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    payment.give(defend(1, LAPSES)).unwrap();
    assert_eq!(payment.give(defend(1, LATER)), Ok(vec![]), "a repeat");
    let late = Timestamp(LAPSES.0 + 1);
    assert_eq!(payment.give(defend(2, late)), Err(Rejection::TooLateToReply));
    payment.give(reverse_chargeback("case-1")).unwrap();
    assert_eq!(payment.give(defend(2, LATER)), Err(Rejection::CaseClosed));
    payment.give(charge_back("case-2", Stage::Second, 5)).unwrap();
    payment.give(defend(2, LATER)).unwrap();
    let documents: Vec<_> = now_of(&payment).cases.iter().map(|c| c.documents.clone()).collect();
    assert_eq!(documents, [vec![DocumentId(1)], vec![DocumentId(2)]]);
    assert_eq!(told(&payment).len(), 4, "of evidence nobody is told");
}

#[test]
fn what_google_would_never_take_is_not_kept_to_be_told() {
    let mut payment = captured();
    for word in ["", "UNKNOWN_FRAUD_TYPE", "FRAUD_TYPE_UNSPECIFIED", "lost card", "LOST CARD", "_X"]
    {
        assert_eq!(payment.give(report(word)), Err(Rejection::FraudKindMalformed), "{word}");
    }
    let nameless = charge_back("", Stage::First, 1);
    assert_eq!(payment.give(nameless), Err(Rejection::CaseUnnamed));
    payment.give(charge_back("won", Stage::First, 1)).unwrap();
    payment.give(refund(1, 1)).unwrap();
    payment.give(refund_concluded(1, Ok(()))).unwrap();
    let empty = RawResult { scope: Some(text("")), code: text("1") };
    for raw in [raw(""), raw(" "), empty] {
        let opened = OpenCase { raw: raw.clone(), ..case("c", CaseKind::Inquiry, 1) };
        for command in [
            Command::OpenCase(Box::new(opened)),
            Command::ReportFraud { kind: text("LOST"), raw: raw.clone(), now: LATER },
            Command::ReverseRefund { refund: RefundId(1), raw: raw.clone(), now: LATER },
            Command::ReverseChargeback {
                case: text("won"),
                raw: raw.clone(),
                reversed_on: LATER,
                now: LATER,
            },
        ] {
            assert_eq!(payment.give(command.clone()), Err(Rejection::CodeEmpty), "{command:?}");
        }
    }
}

#[test]
fn a_report_of_fraud_moves_no_money_and_is_told_once() {
    assert_eq!(held().give(report("FRAUDULENT_USE")), Err(Rejection::NotCaptured));
    let mut payment = captured();
    payment.give(report("FRAUDULENT_USE")).unwrap();
    assert_eq!(payment.give(report("FRAUDULENT_USE")), Ok(vec![]));
    payment.give(report("LOST")).unwrap();
    assert_eq!(left(&payment), dollars(8));
    let told = told(&payment);
    let [_, Subject::FraudReported { capture, kind, .. }, Subject::FraudReported { .. }] =
        &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!((capture, kind.as_str()), (&request("cap:1"), "FRAUDULENT_USE"));
}

#[test]
fn a_payment_has_so_many_cases_and_reports_and_no_more() {
    let mut payment = captured();
    for number in 0..CASES_MAX {
        payment.give(inquire(&format!("case-{number}"), 1)).unwrap();
    }
    assert_eq!(payment.give(inquire("more", 1)), Err(Rejection::TooMany));
    for number in 0..FRAUDS_MAX {
        payment.give(report(&format!("KIND_{number}"))).unwrap();
    }
    assert_eq!(payment.give(report("MORE")), Err(Rejection::TooMany));
}
