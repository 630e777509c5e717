//! A reservation: held once, then captured once, cancelled, or let go of by itself.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/card_payment.rs"]
mod card;
#[path = "common/machine.rs"]
mod machine;

use std::collections::BTreeSet;
use std::sync::Arc;

use card::*;
use machine::*;
use paceline_domain::asked::Asked;
use paceline_domain::card_payment::{
    Authorization, Authorize, CaptureRefusal, Command, Effect, Event, Flow, Hold, LineKind, Moved,
    Rejection, Stage, Subject, VOIDS_MAX, owes, pending, sleeps_until,
};
use paceline_domain::ids::RequestId;
use paceline_domain::money::Micros;
use paceline_domain::response_code::Failure;
use paceline_domain::time::Timestamp;

fn question(number: u8) -> Option<Asked> {
    Some(Asked { key: Arc::from(b"key".as_slice()), fingerprint: [number; 32], manner: 2 })
}

fn again(asked: Option<Asked>) -> Command {
    Command::Authorize(Box::new(Authorize { asked, ..authorize(Flow::Reserve, 10) }))
}

fn movements(payment: &Payment) -> Vec<Effect> {
    pending(&payment.state)
}

#[test]
fn the_acquirer_is_asked_only_after_the_payment_is_written_down() {
    let payment = asked(Flow::Reserve);
    let [Effect::Authorize { attempt: 1, movement, terms, .. }] = &movements(&payment)[..] else {
        panic!("one thing is owed")
    };
    assert_eq!(*movement, now_of(&payment).authorized_by());
    assert_eq!((terms.flow, terms.amount), (Flow::Reserve, dollars(10)));
    assert_eq!(amounts(&payment), [0, 0, 0, 0], "nothing is held that nobody has approved");
}

#[test]
fn what_is_approved_is_held_until_it_lapses() {
    let payment = held();
    assert_eq!(amounts(&payment), [10, 10, 0, 0]);
    assert_eq!(now_of(&payment).hold, Hold::Held { expires_at: LAPSES });
    assert_eq!(movements(&payment), [Effect::Lapse { expires_at: LAPSES }]);
    assert_eq!(sleeps_until(&payment.state), Some(LAPSES));
    assert_eq!(told(&payment), [], "whoever asked has the answer");
}

#[test]
fn a_capture_in_one_message_takes_at_once_and_only_the_books_are_told() {
    let payment = authorized(Flow::Capture);
    assert_eq!(amounts(&payment), [10, 0, 10, 0]);
    assert_eq!(told(&payment), []);
    let [telling] = &untold(&payment)[..] else { panic!("one thing is owed") };
    let line = telling.line.as_ref().unwrap();
    assert_eq!((line.kind, line.amount), (LineKind::Capture, dollars(10)));
    assert_eq!(line.request, request("rsv:1"), "its own request is the capture's");
}

#[test]
fn a_decline_holds_nothing_owes_nothing_and_never_changes() {
    let mut payment = asked(Flow::Reserve);
    payment.give(answered(1, declined("51"))).unwrap();
    assert!(!owes(&payment.state));
    assert_eq!(payment.give(answered(1, approved())), Ok(vec![]));
    assert_eq!(payment.give(again(question(1))), Ok(vec![]));
    assert_eq!(amounts(&payment), [0, 0, 0, 0]);
}

#[test]
fn what_is_barred_is_declined_in_the_same_breath_and_nobody_asked() {
    let mut payment = new();
    let barred = Some(Box::new(verdict("14")));
    let ask = Authorize { barred, asked: question(1), ..authorize(Flow::Reserve, 10) };
    payment.give(Command::Authorize(Box::new(ask))).unwrap();
    assert_eq!(now_of(&payment).authorization, declined("14"));
    assert_eq!(now_of(&payment).asked, None);
    assert!(!owes(&payment.state));
}

#[test]
fn a_failure_is_no_answer_and_is_asked_afresh_under_another_name() {
    let mut payment = asked(Flow::Reserve);
    let first = now_of(&payment).authorized_by();
    payment.give(answered(1, Authorization::Failed(Failure::Unavailable))).unwrap();
    assert!(!owes(&payment.state));
    payment.give(again(question(2))).unwrap();
    assert_ne!(now_of(&payment).authorized_by(), first);
    assert_eq!(now_of(&payment).asked, question(2));
    assert_eq!(payment.give(answered(1, approved())), Ok(vec![]), "a late answer to the first");
    payment.give(answered(2, approved())).unwrap();
    assert_eq!(amounts(&payment), [10, 10, 0, 0]);
}

#[test]
fn only_the_question_that_began_it_waits_for_what_is_under_way() {
    let mut payment = new();
    payment.give(again(question(1))).unwrap();
    assert_eq!(payment.give(again(question(1))), Ok(vec![]));
    assert_eq!(payment.give(again(question(2))), Err(Rejection::RequestTaken));
    payment.give(answered(1, approved())).unwrap();
    assert_eq!(payment.give(again(question(2))), Ok(vec![]), "its key tells");
}

#[test]
fn other_terms_under_the_same_request_are_refused() {
    let mut payment = held();
    for (flow, amount) in [(Flow::Reserve, 11), (Flow::Capture, 10)] {
        let other = Command::Authorize(Box::new(authorize(flow, amount)));
        assert_eq!(payment.give(other), Err(Rejection::RequestTaken));
    }
}

#[test]
fn a_capture_is_acknowledged_asked_for_and_concluded_by_one_notification() {
    let mut payment = held();
    payment.give(capture("cap:1", 8)).unwrap();
    assert_eq!(amounts(&payment), [10, 10, 0, 0], "nothing has moved yet");
    let [Effect::Capture { movement, of, amount, .. }] = &movements(&payment)[..] else {
        panic!("one thing is owed")
    };
    assert_eq!((*of, *amount), (now_of(&payment).authorized_by(), dollars(8)));
    assert_ne!(movement, of);
    payment.give(capture_concluded(Ok(()))).unwrap();
    assert_eq!(amounts(&payment), [10, 0, 8, 2], "what is not taken is let go of");
    let told = told(&payment);
    let [Subject::Captured { request: told, outcome: Ok(()), .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(*told, request("cap:1"), "the capture's request, not the reservation's");
    let line = untold(&payment)[0].line.clone().unwrap();
    assert_eq!((line.kind, line.amount), (LineKind::Capture, dollars(8)));
}

#[test]
fn what_was_concluded_never_changes() {
    let mut payment = captured();
    let before = payment.state.clone();
    for outcome in [Ok(()), Err(CaptureRefusal::Revoked)] {
        assert_eq!(payment.give(capture_concluded(outcome)), Ok(vec![]));
    }
    assert_eq!(payment.state, before);
}

#[test]
fn a_capture_that_the_issuer_refuses_takes_nothing_and_is_told() {
    let mut payment = held();
    payment.give(capture("cap:1", 8)).unwrap();
    payment.give(capture_concluded(Err(CaptureRefusal::Revoked))).unwrap();
    assert_eq!(amounts(&payment), [10, 0, 0, 10]);
    let told = told(&payment);
    let [Subject::Captured { outcome: Err(CaptureRefusal::Revoked), .. }] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(untold(&payment)[0].line, None, "no money has moved");
}

#[test]
fn a_part_of_a_cent_is_neither_captured_nor_refunded_nor_charged_back() {
    let fraction = Micros(1_005_000);
    let mut of_a_capture = capture("cap:1", 1);
    let mut of_a_refund = refund(1, 1);
    let mut of_a_case = charge_back("case", Stage::First, 1);
    let usd = now_of(&held()).terms.currency;
    let (fractional, of_refund) = (Rejection::Fractional(usd), Rejection::FractionalRefund(usd));
    for (command, mut payment, why) in [
        (&mut of_a_capture, held(), &fractional),
        (&mut of_a_refund, captured(), &of_refund),
        (&mut of_a_case, captured(), &fractional),
    ] {
        match command {
            Command::Capture(ask) => ask.amount = fraction,
            Command::Refund(ask) => ask.amount = fraction,
            Command::OpenCase(case) => case.amount = fraction,
            _ => unreachable!("these three have an amount"),
        }
        assert_eq!(payment.give(command.clone()).as_ref(), Err(why));
    }
}

#[test]
fn a_capture_is_of_an_amount_within_what_is_held() {
    let mut payment = held();
    let held = dollars(10);
    assert_eq!(payment.give(capture("cap:1", 11)), Err(Rejection::CaptureExceedsHold { held }));
    assert_eq!(payment.give(capture("cap:1", 0)), Err(Rejection::NothingAsked));
    assert_eq!(payment.give(capture("cap:1", -1)), Err(Rejection::NothingAsked));
    payment.give(capture("cap:1", 10)).unwrap();
    let mut nothing = new();
    nothing.give(Command::Authorize(Box::new(authorize(Flow::Reserve, 0)))).unwrap();
    nothing.give(answered(1, approved())).unwrap();
    let held = dollars(0);
    assert_eq!(nothing.give(capture("cap:1", 1)), Err(Rejection::CaptureExceedsHold { held }));
}

#[test]
fn a_verification_is_cancelled_and_never_captured() {
    let mut payment = new();
    payment.give(Command::Authorize(Box::new(authorize(Flow::Verify, 0)))).unwrap();
    payment.give(answered(1, approved())).unwrap();
    assert_eq!(payment.give(capture("cap:1", 1)), Err(Rejection::OnlyVerified));
    payment.give(void("can:1")).unwrap();
    assert!(matches!(movements(&payment)[..], [Effect::Void { .. }]), "zero is let go of, too");
    payment.give(Command::VoidConcluded { now: LATER }).unwrap();
    assert_eq!(told(&payment), [Subject::Voided { request: request("can:1") }]);
}

#[test]
fn a_reservation_lapses_by_itself_when_its_time_has_come_and_nobody_is_told() {
    let mut payment = held();
    let early = Command::Lapse { now: Timestamp(LAPSES.0 - 1) };
    assert_eq!(payment.give(early), Ok(vec![]));
    payment.give(Command::Lapse { now: LAPSES }).unwrap();
    assert_eq!(amounts(&payment), [10, 0, 0, 10]);
    assert!(!owes(&payment.state));
}

/// A reservation in each state of the reference's table, and what its cells say.
#[test]
fn the_table_of_reservation_states_cell_by_cell() {
    let after = |commands: Vec<Command>| {
        let mut payment = held();
        commands.into_iter().for_each(|command| drop(payment.give(command).unwrap()));
        payment
    };
    let capturing = || after(vec![capture("cap:1", 8)]);
    let cancelling = || after(vec![void("can:1")]);
    let cancelled = || after(vec![void("can:1"), Command::VoidConcluded { now: LATER }]);
    let lapsed = || after(vec![Command::Lapse { now: LAPSES }]);
    let declined = || {
        let mut payment = asked(Flow::Reserve);
        payment.give(answered(1, declined("05"))).unwrap();
        payment
    };
    let hold = |mut payment: Payment, command| payment.give(command).map(|_| now_of(&payment).hold);

    // Held.
    assert_eq!(hold(held(), capture("cap:2", 8)), Ok(Hold::Capturing));
    assert_eq!(hold(held(), void("can:2")), Ok(Hold::Voiding));
    assert_eq!(hold(held(), Command::Lapse { now: LAPSES }), Ok(Hold::Lapsed));
    // Capturing, captured.
    for mut payment in [capturing(), captured()] {
        assert_eq!(payment.give(capture("cap:2", 8)), Err(Rejection::CapturedAlready));
        assert_eq!(payment.give(capture("cap:1", 8)), Ok(vec![]), "a repeat");
        assert_eq!(payment.give(void("can:2")), Err(Rejection::CapturedAlready));
        assert_eq!(payment.give(Command::Lapse { now: LAPSES }), Ok(vec![]));
    }
    // Cancelling, cancelled.
    for mut payment in [cancelling(), cancelled()] {
        assert_eq!(payment.give(capture("cap:2", 8)), Err(Rejection::Voided));
        assert_eq!(payment.give(void("can:1")), Ok(vec![]), "a repeat");
        payment.give(void("can:2")).unwrap();
        payment.give(Command::VoidConcluded { now: LATER }).unwrap();
        let each = ["can:1", "can:2"].map(|id| Subject::Voided { request: request(id) });
        assert_eq!(told(&payment), each, "each cancellation is told of once");
        assert_eq!(payment.give(Command::Lapse { now: LAPSES }), Ok(vec![]));
    }
    // Expired, whether or not the timer has noticed.
    for mut payment in [lapsed(), held()] {
        payment.give(capture_at("cap:2", 8, LAPSES)).unwrap();
        assert_eq!(now_of(&payment).hold, Hold::Lapsed);
        let told = told(&payment);
        let [Subject::Captured { outcome: Err(CaptureRefusal::Lapsed), raw, .. }] = &told[..]
        else {
            panic!("{told:?}")
        };
        assert_eq!(raw.scope.as_deref(), Some("VISA"));
        assert!(!movements(&payment).iter().any(|owed| matches!(owed, Effect::Capture { .. })));
        payment.give(capture_at("cap:3", 5, LAPSES)).unwrap();
        let refused =
            crate::card::told(&payment).iter().filter_map(refused_capture).collect::<Vec<_>>();
        assert_eq!(refused, ["cap:2", "cap:3"].map(request), "each request is told of");
        assert_eq!(payment.give(refund(1, 1)), Err(Rejection::NotCaptured));
    }
    for mut payment in [lapsed(), held()] {
        payment.give(void_at("can:2", LAPSES)).unwrap();
        assert_eq!(now_of(&payment).hold, Hold::Lapsed);
        assert_eq!(told(&payment), [Subject::Voided { request: request("can:2") }]);
        assert!(!movements(&payment).iter().any(|owed| matches!(owed, Effect::Void { .. })));
    }
    // Declined, under way, unknown.
    for (mut payment, why) in
        [(declined(), Rejection::NotReserved), (asked(Flow::Reserve), Rejection::UnderWay)]
    {
        assert_eq!(payment.give(capture("cap:2", 8)), Err(why.clone()));
        assert_eq!(payment.give(void("can:2")), Err(why));
        assert_eq!(payment.give(Command::Lapse { now: LAPSES }), Ok(vec![]));
    }
    assert_eq!(new().give(capture("cap:2", 8)), Err(Rejection::Unknown));
    assert_eq!(new().give(void("can:2")), Err(Rejection::Unknown));
}

fn refused_capture(told: &Subject) -> Option<RequestId> {
    match told {
        Subject::Captured { request, outcome: Err(CaptureRefusal::Lapsed), .. } => {
            Some(request.clone())
        }
        _ => None,
    }
}

#[test]
fn the_last_moment_of_a_hold_is_captured_and_the_next_is_too_late() {
    let mut payment = held();
    payment.give(capture_at("cap:1", 8, Timestamp(LAPSES.0 - 1))).unwrap();
    assert_eq!(now_of(&payment).hold, Hold::Capturing);
}

#[test]
fn what_the_issuer_has_let_go_of_is_cancelled_with_success() {
    let mut payment = held();
    payment.give(capture("cap:1", 8)).unwrap();
    payment.give(capture_concluded(Err(CaptureRefusal::Lapsed))).unwrap();
    payment.give(void("can:1")).unwrap();
    assert_eq!(told(&payment)[1], Subject::Voided { request: request("can:1") });
}

#[test]
fn a_reservation_has_so_many_cancellations_and_no_more() {
    let mut payment = held();
    payment.give(Command::Lapse { now: LAPSES }).unwrap();
    for number in 0..VOIDS_MAX {
        payment.give(void(&format!("can:{number}"))).unwrap();
    }
    assert_eq!(payment.give(void("can:more")), Err(Rejection::TooMany));
}

#[test]
fn what_took_the_money_in_one_message_is_no_reservation() {
    for mut payment in [asked(Flow::Capture), authorized(Flow::Capture)] {
        let own = now_of(&payment).terms.request.clone();
        for name in ["cap:1", own.as_str()] {
            assert_eq!(payment.give(capture(name, 10)), Err(Rejection::Unknown), "{name}");
        }
        assert_eq!(payment.give(void("can:1")), Err(Rejection::Unknown));
    }
}

#[test]
fn what_was_revoked_is_told_to_have_been_revoked_ever_after() {
    let mut payment = held();
    payment.give(capture("cap:1", 8)).unwrap();
    payment.give(capture_concluded(Err(CaptureRefusal::Revoked))).unwrap();
    for id in ["cap:2", "cap:3"] {
        payment.give(capture(id, 8)).unwrap();
        assert!(now_of(&payment).is_revoked());
    }
    let told = told(&payment);
    assert_eq!(told.len(), 3);
    for subject in told {
        let Subject::Captured { outcome, raw, .. } = &subject else { panic!("{subject:?}") };
        assert_eq!(*outcome, Err(CaptureRefusal::Revoked));
        assert_ne!(raw.code.as_str(), "54", "nothing has expired");
    }
}

#[test]
fn a_reference_number_is_known_once_and_another_is_refused() {
    let of = Moved::Capture;
    let number = |end| Command::Reference { of, number: arn(end), now: LATER };
    assert_eq!(held().give(number(117)), Err(Rejection::NotCaptured));
    let mut payment = captured();
    payment.give(number(117)).unwrap();
    assert_eq!(payment.give(number(117)), Ok(vec![]));
    let other = payment.give(number(118));
    assert_eq!(other, Err(Rejection::ReferenceDiffers));
    let told = told(&payment);
    let [_, Subject::CaptureReferenced { capture, number }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((capture, number.as_str()), (&request("cap:1"), arn(117).as_str()));
}

#[test]
fn a_reference_number_that_comes_with_the_capture_is_told_after_it() {
    let mut payment = held();
    payment.give(capture("cap:1", 8)).unwrap();
    let reference = Some(arn(117));
    let outcome = Ok(());
    let concluded = Command::CaptureConcluded { outcome, raw: raw("00"), reference, now: LATER };
    payment.give(concluded).unwrap();
    let told = told(&payment);
    let [Subject::Captured { .. }, Subject::CaptureReferenced { .. }] = &told[..] else {
        panic!("{told:?}")
    };
}

#[test]
fn what_was_told_is_told_no_more_and_the_rest_keeps_its_order() {
    let mut payment = captured();
    payment.give(refund(1, 3)).unwrap();
    payment.give(refund_concluded(1, Ok(()))).unwrap();
    let [first, second] = &untold(&payment)[..] else { panic!("two things are owed") };
    assert_eq!((first.number, second.number), (1, 2));
    payment.give(Command::ConfirmTold { number: 1 }).unwrap();
    assert_eq!(payment.give(Command::ConfirmTold { number: 1 }), Ok(vec![]));
    assert_eq!(untold(&payment), std::slice::from_ref(second));
    payment.give(Command::ConfirmTold { number: 2 }).unwrap();
    assert!(!owes(&payment.state));
}

#[test]
fn no_two_things_that_leave_have_one_name() {
    let mut payment = held();
    let mut names = BTreeSet::from([now_of(&payment).authorized_by().0]);
    let collect = |payment: &Payment, names: &mut BTreeSet<u128>| {
        for owed in pending(&payment.state) {
            let name = match owed {
                Effect::Authorize { movement, .. }
                | Effect::Capture { movement, .. }
                | Effect::Void { movement, .. }
                | Effect::Refund { movement, .. } => movement.0,
                Effect::Tell { telling, .. } => telling.notice.0,
                Effect::Lapse { .. } => continue,
            };
            assert!(names.insert(name), "{name:032x} is the name of two things");
        }
    };
    payment.give(capture("cap:1", 8)).unwrap();
    collect(&payment, &mut names);
    payment.give(capture_concluded(Ok(()))).unwrap();
    payment.give(refund(1, 3)).unwrap();
    payment.give(charge_back("case-1", Stage::First, 5)).unwrap();
    collect(&payment, &mut names);
    let mut voided = held();
    voided.give(void("can:1")).unwrap();
    collect(&voided, &mut names);
}

#[test]
fn nothing_is_decided_of_a_payment_that_is_not_there() {
    let mut payment = new();
    assert_eq!(payment.give(answered(1, approved())), Ok(vec![]));
    assert_eq!(payment.give(Command::ConfirmTold { number: 1 }), Ok(vec![]));
    assert_eq!(payment.give(Command::Look), Err(Rejection::Unknown));
    assert_eq!(payment.give(refund(1, 1)), Err(Rejection::Unknown));
    assert_eq!(payment.events, Vec::<Event>::new());
}
