//! Payments, refunds and disbursements: asked once, concluded once, told to whoever has to know.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;

use machine::*;
use paceline_domain::asked::Asked;
use paceline_domain::decline::Decline;
use paceline_domain::ids::{PaymentId, RefundId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::notice::Subject;
use paceline_domain::payment::{
    self, AskRefund, Command, Direction, Effect, Event, Flow, Part, Pay, Progress, REFUNDS_MAX,
    Rejection, State, Terms, owes, pending,
};

type Payment = Machine<State, Command, Event, Rejection>;

const DECLINED: Result<(), Decline> = Err(Decline::RiskDeclined);

fn new() -> Payment {
    Machine::new(payment::decide, payment::apply)
}

fn asked() -> Asked {
    Asked { key: Arc::from(b"key".as_slice()), fingerprint: [1; 32], manner: 1 }
}

fn pay(flow: Flow, amount: i64) -> Pay {
    let terms = Terms {
        flow,
        integrator: piaid(),
        request: request("cap:1"),
        account: account_id("sally"),
        association: Some(association("one")),
        amount: dollars(amount),
        currency: usd(),
        description: text("Google - Sky Atlas"),
    };
    let (proof, barred) = (None, None);
    Pay { id: PaymentId(1), terms, proof, barred, now: NOW, asked: Some(asked()) }
}

fn begun(flow: Flow) -> Payment {
    let mut payment = new();
    payment.give(Command::Pay(Box::new(pay(flow, 10)))).unwrap();
    payment
}

fn concluded(flow: Flow, outcome: Result<(), Decline>) -> Payment {
    let mut payment = begun(flow);
    payment.give(conclude(Part::Payment, outcome)).unwrap();
    payment
}

fn conclude(part: Part, outcome: Result<(), Decline>) -> Command {
    Command::Concluded { part, outcome, now: LATER }
}

fn refund(id: u128, amount: i64) -> Command {
    Command::Refund(AskRefund {
        id: RefundId(id),
        request: request(&format!("ref:{id}")),
        amount: dollars(amount),
        currency: usd(),
        now: LATER,
        asked: None,
    })
}

fn part(id: u128) -> Part {
    Part::Refund(RefundId(id))
}

fn outcome(payment: &Payment, part: Part) -> Option<Result<(), Decline>> {
    payment.state.as_ref().unwrap().course(part).unwrap().progress.outcome()
}

fn left(payment: &Payment) -> Micros {
    payment.state.as_ref().unwrap().remainder()
}

fn refused(left: i64) -> Result<Vec<Event>, Rejection> {
    Err(Rejection::RefundExceedsRemainder { left: dollars(left) })
}

#[test]
fn the_bank_is_asked_only_after_the_payment_is_written_down() {
    let payment = begun(Flow::Capture);
    let [Effect::Conclude { of, wanted, .. }] = &pending(&payment.state)[..] else {
        panic!("one thing is owed")
    };
    assert_eq!((of.payment, of.part), (PaymentId(1), Part::Payment));
    assert_eq!((wanted.direction, wanted.amount), (Direction::Capture, dollars(10)));
}

#[test]
fn what_is_concluded_never_changes() {
    let mut payment = concluded(Flow::Capture, DECLINED);
    assert_eq!(payment.give(conclude(Part::Payment, Ok(()))), Ok(vec![]));
    assert_eq!(outcome(&payment, Part::Payment), Some(DECLINED));
}

#[test]
fn a_repeat_is_nothing_new_and_other_terms_under_the_id_are_refused() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    assert_eq!(payment.give(Command::Pay(Box::new(pay(Flow::Capture, 10)))), Ok(vec![]));
    for other in [pay(Flow::Capture, 11), pay(Flow::CaptureLater, 10)] {
        let refused = payment.give(Command::Pay(Box::new(other)));
        assert_eq!(refused, Err(Rejection::RequestTaken));
    }
}

#[test]
fn only_the_question_that_began_it_waits_for_what_is_under_way() {
    let other = || Some(Asked { fingerprint: [2; 32], ..asked() });
    let mut payment = begun(Flow::Capture);
    assert_eq!(payment.give(Command::Pay(Box::new(pay(Flow::Capture, 10)))), Ok(vec![]));
    let another = Pay { asked: other(), ..pay(Flow::Capture, 10) };
    let refused = payment.give(Command::Pay(Box::new(another.clone())));
    assert_eq!(refused, Err(Rejection::RequestTaken), "its key tells whether it is a misuse");
    payment.give(conclude(Part::Payment, Ok(()))).unwrap();
    assert_eq!(payment.give(Command::Pay(Box::new(another))), Ok(vec![]), "the key still tells");
    payment.give(refund(1, 1)).unwrap();
    let Command::Refund(again) = refund(1, 1) else { unreachable!() };
    let another = Command::Refund(AskRefund { asked: other(), ..again });
    assert_eq!(payment.give(another.clone()), Err(Rejection::RequestTaken));
    payment.give(conclude(part(1), DECLINED)).unwrap();
    assert_eq!(payment.give(another), Ok(vec![]));
}

#[test]
fn what_is_barred_is_declined_in_the_same_breath_and_the_bank_not_asked() {
    let mut payment = new();
    let barred = Pay { barred: Some(Decline::RefreshRequired), ..pay(Flow::Capture, 10) };
    payment.give(Command::Pay(Box::new(barred))).unwrap();
    assert_eq!(outcome(&payment, Part::Payment), Some(Err(Decline::RefreshRequired)));
    assert!(!owes(&payment.state));
}

#[test]
fn a_decline_moves_nothing_and_owes_nothing() {
    assert!(!owes(&concluded(Flow::Capture, DECLINED).state));
    assert!(!owes(&concluded(Flow::Disbursement, DECLINED).state));
}

#[test]
fn who_was_answered_is_not_told_and_the_bank_is() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    let [Effect::Settle { concluded, .. }] = &pending(&payment.state)[..] else {
        panic!("one thing is owed")
    };
    assert_eq!(concluded.notice, None);
    assert_eq!(concluded.moved.as_ref().unwrap().amount, dollars(10));
    payment.give(Command::ConfirmSettled { part: Part::Payment }).unwrap();
    assert!(!owes(&payment.state));
}

#[test]
fn what_was_only_acknowledged_is_told_whatever_it_comes_to() {
    for outcome in [Ok(()), DECLINED] {
        let payment = concluded(Flow::CaptureLater, outcome);
        let [Effect::Settle { concluded, .. }] = &pending(&payment.state)[..] else {
            panic!("one thing is owed")
        };
        let (request, payment) = (request("cap:1"), PaymentId(1));
        let told = Subject::Capture { request, payment, outcome };
        assert_eq!(concluded.notice, Some(told));
        assert_eq!(concluded.moved.is_some(), outcome.is_ok());
    }
}

#[test]
fn an_asker_that_has_left_is_told_later() {
    let mut payment = begun(Flow::Capture);
    payment.give(Command::LeaveAsker { part: Part::Payment }).unwrap();
    assert_eq!(payment.give(Command::LeaveAsker { part: Part::Payment }), Ok(vec![]));
    payment.give(conclude(Part::Payment, DECLINED)).unwrap();
    let [Effect::Settle { concluded, .. }] = &pending(&payment.state)[..] else {
        panic!("one thing is owed")
    };
    assert!(concluded.notice.is_some());
}

#[test]
fn an_asker_that_leaves_when_there_is_an_answer_to_be_had_is_not_told() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    assert_eq!(payment.give(Command::LeaveAsker { part: Part::Payment }), Ok(vec![]));
}

#[test]
fn a_question_is_open_until_it_is_concluded() {
    let mut payment = begun(Flow::Capture);
    let open = |payment: &Payment| -> Vec<Part> {
        payment.state.as_ref().unwrap().asked().map(|(part, _)| part).collect()
    };
    assert_eq!(open(&payment), [Part::Payment]);
    payment.give(conclude(Part::Payment, Ok(()))).unwrap();
    assert_eq!(open(&payment), []);
    assert_eq!(open(&begun(Flow::CaptureLater)), [], "its answer has left");
}

#[test]
fn a_refund_sets_its_part_aside_before_the_bank_is_asked() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    payment.give(refund(1, 6)).unwrap();
    assert_eq!(left(&payment), dollars(4));
    assert_eq!(payment.give(refund(2, 5)), refused(4));
    payment.give(refund(2, 4)).unwrap();
    assert_eq!(payment.give(refund(3, 1)), refused(0));
}

#[test]
fn a_declined_refund_uses_up_nothing() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    payment.give(refund(1, 6)).unwrap();
    payment.give(conclude(part(1), DECLINED)).unwrap();
    assert_eq!(left(&payment), dollars(10));
    payment.give(refund(2, 10)).unwrap();
}

#[test]
fn refunds_are_carried_out_in_the_order_in_which_they_were_asked() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    payment.give(refund(9, 1)).unwrap();
    payment.give(refund(3, 1)).unwrap();
    let parts: Vec<Part> = pending(&payment.state)
        .into_iter()
        .map(|effect| match effect {
            Effect::Conclude { of, .. } | Effect::Settle { of, .. } => of.part,
        })
        .collect();
    assert_eq!(parts, [part(9), part(3), Part::Payment], "first what somebody waits for");
}

#[test]
fn only_what_was_captured_is_refunded() {
    assert_eq!(new().give(refund(1, 1)), Err(Rejection::Unknown));
    assert_eq!(begun(Flow::Capture).give(refund(1, 1)), Err(Rejection::NotCaptured));
    let mut declined = concluded(Flow::Capture, DECLINED);
    assert_eq!(declined.give(refund(1, 1)), Err(Rejection::NotCaptured));
    let mut disbursed = concluded(Flow::Disbursement, Ok(()));
    assert_eq!(disbursed.give(refund(1, 1)), Err(Rejection::Unknown));
    let mut captured = concluded(Flow::CaptureLater, Ok(()));
    assert!(captured.give(refund(1, 1)).is_ok());
}

#[test]
fn a_refund_is_of_an_amount_in_the_currency_of_its_capture() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    assert_eq!(payment.give(refund(1, 0)), refused(10));
    assert_eq!(payment.give(refund(1, -1)), refused(10));
    let Command::Refund(asked) = refund(1, 1) else { unreachable!() };
    let euros = AskRefund { currency: CurrencyCode::parse("EUR").unwrap(), ..asked };
    assert_eq!(payment.give(Command::Refund(euros)), Err(Rejection::CurrencyDiffers));
}

#[test]
fn a_capture_has_so_many_refunds_and_no_more() {
    let mut payment = concluded(Flow::Capture, Ok(()));
    let state = payment.state.as_mut().unwrap();
    for number in 0..REFUNDS_MAX as u128 {
        let Command::Refund(asked) = refund(number + 1, 1) else { unreachable!() };
        let course = state.course.clone();
        let refund = payment::Refund {
            request: asked.request,
            number: u32::try_from(number + 1).unwrap(),
            amount: asked.amount,
            asked_at: NOW,
            course: payment::Course { progress: Progress::Settled(DECLINED), ..course },
        };
        state.refunds.insert(asked.id, refund);
    }
    let one_more = payment::decide(&payment.state, refund(9_999, 1));
    assert_eq!(one_more, Err(Rejection::TooManyRefunds));
}
