//! Reservations, captures, cancellations and refunds.

use futures_util::future::join_all;
use paceline_domain::card_payment::{CaptureRefusal, Flow, Hold, Subject};
use paceline_engine::EngineError;
use paceline_engine::card::{Raise, Raised, Refusal};
use paceline_engine::inspect::inspect;

use crate::common::card::*;
use crate::common::run;
use crate::common::standard::{dollars, keyed, request};

#[test]
fn a_reservation_is_captured_and_google_is_told_once() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let said = reserve(&engine, "rsv:1", GOOD, 25).await;
        assert!(said.starts_with("200 Authorized") && said.contains("Ok("), "{said}");
        let said = capture(&engine, "cap:1", "rsv:1", 22).await;
        assert!(said.starts_with("200 CaptureAcknowledged"), "{said}");
        let (_, told) = cards.told(|told| matches!(told, Subject::Captured { .. })).await;
        let Subject::Captured { request: told, outcome: Ok(()), .. } = told else {
            panic!("{told:?}")
        };
        assert_eq!(told, request("cap:1"));
        let payment = engine.card_payment(&piaid(), &request("cap:1")).await.unwrap();
        let amounts = payment.amounts;
        assert_eq!((amounts.captured, amounts.voided), (dollars(22), dollars(3)));
        cards.told(|told| matches!(told, Subject::CaptureReferenced { .. })).await;
        let captured = |call: &paceline_engine::google::Call| {
            format!("{:?}", call.what).contains("Captured {")
        };
        assert_eq!(cards.google.calls().iter().filter(|call| captured(call)).count(), 1);
    });
}

#[test]
fn a_repeat_gets_the_first_answer_and_other_content_under_its_key_none() {
    run(async {
        let cards = Cards::new();
        let first = cards.open();
        let said = reserve(&first, "rsv:1", GOOD, 25).await;
        for engine in [&first, &cards.open()] {
            assert_eq!(reserve(engine, "rsv:1", GOOD, 25).await, said);
            let other = authorize(Flow::Reserve, "rsv:1", GOOD, 26);
            let refused = engine.authorize_card(other, keyed("reserveFunds", "rsv:1", 2)).await;
            assert_eq!(refused, Err(EngineError::KeyMismatched));
        }
        assert_eq!(cards.line.asked.lock().unwrap().len(), 1);
    });
}

#[test]
fn a_decline_is_repeated_though_its_cause_is_gone() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let said = take(&engine, "cap:1", "4000005100000000", 5).await;
        assert!(said.starts_with("200 Authorized") && said.contains("Err("), "{said}");
        assert_eq!(take(&engine, "cap:1", "4000005100000000", 5).await, said);
        assert_eq!(cards.line.asked.lock().unwrap().len(), 1);
    });
}

#[test]
fn what_the_network_did_not_decide_is_asked_again_under_another_name() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let unavailable = "4000001900000001";
        for _ in 0..2 {
            let said = reserve(&engine, "rsv:1", unavailable, 25).await;
            assert_eq!(said, "503 Failed(Unavailable)");
        }
        let asked = cards.line.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 2);
        assert_ne!(asked[0], asked[1]);
    });
}

#[test]
fn a_number_that_no_card_has_is_declined_before_anything_leaves() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let said = reserve(&engine, "rsv:1", "4111111111111112", 25).await;
        assert!(said.starts_with("200 Authorized") && said.contains("code: 14"), "{said}");
        assert_eq!(cards.line.asked.lock().unwrap().len(), 0);
        assert_eq!(capture(&engine, "cap:1", "rsv:1", 5).await, "400 Refused(NotReserved)");
    });
}

#[test]
fn a_capture_of_more_than_is_reserved_or_of_nothing_known_changes_nothing() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        reserve(&engine, "rsv:1", GOOD, 25).await;
        let above = capture(&engine, "cap:1", "rsv:1", 26).await;
        assert!(above.starts_with("400 Refused(CaptureExceedsHold"), "{above}");
        assert_eq!(capture(&engine, "cap:2", "rsv:2", 5).await, "400 Refused(ReservationUnknown)");
        assert_eq!(void(&engine, "void:2", "rsv:2").await, "400 Refused(ReservationUnknown)");
        assert_eq!(refund(&engine, "ref:2", "cap:2", 5).await, "400 Refused(CaptureUnknown)");
        // The key is free: what was refused may be asked again, and is looked at afresh.
        let said = capture(&engine, "cap:1", "rsv:1", 25).await;
        assert!(said.starts_with("200"), "{said}");
        assert_eq!(capture(&engine, "cap:3", "rsv:1", 1).await, "400 Refused(CapturedAlready)");
        assert_eq!(void(&engine, "void:1", "rsv:1").await, "400 Refused(CapturedAlready)");
    });
}

#[test]
fn a_cancellation_is_acknowledged_and_told_however_often_it_is_asked_for() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        reserve(&engine, "rsv:1", GOOD, 25).await;
        for id in ["void:1", "void:2"] {
            assert_eq!(void(&engine, id, "rsv:1").await, "200 VoidAcknowledged");
            let wanted = request(id);
            cards
                .told(|told| matches!(told, Subject::Voided { request } if *request == wanted))
                .await;
        }
        assert_eq!(capture(&engine, "cap:1", "rsv:1", 5).await, "400 Refused(Voided)");
    });
}

#[test]
fn a_verification_holds_nothing_and_is_cancelled_like_a_reservation() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let said = ask(&engine, authorize(Flow::Verify, "vfy:1", GOOD, 0)).await;
        assert!(said.starts_with("200 Authorized { flow: Verify"), "{said}");
        assert_eq!(capture(&engine, "cap:1", "vfy:1", 1).await, "400 Refused(OnlyVerified)");
        assert_eq!(void(&engine, "void:1", "vfy:1").await, "200 VoidAcknowledged");
        cards.told(|told| matches!(told, Subject::Voided { .. })).await;
    });
}

#[test]
fn a_reservation_lapses_by_itself_and_is_cancelled_and_captured_as_documented() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        *cards.line.holds_until.lock().unwrap() = Some(now());
        reserve(&engine, "rsv:1", GOOD, 25).await;
        // Nobody asks anything of it: its time comes by itself.
        let lapsed = || async {
            let story = paceline_engine::inspect::inspect(
                &*cards.shop.log,
                &*cards.shop.book,
                "card-payment",
                "InvisiCardUSA_USD/rsv:1",
            );
            story.unwrap().events.iter().any(|chapter| chapter.told.contains("lapsed"))
        };
        while !lapsed().await {
            tokio::task::yield_now().await;
        }
        assert_eq!(void(&engine, "void:1", "rsv:1").await, "200 VoidAcknowledged");
        cards.told(|told| matches!(told, Subject::Voided { .. })).await;
        let said = capture(&engine, "cap:1", "rsv:1", 5).await;
        assert!(said.starts_with("200 CaptureAcknowledged"), "{said}");
        let (_, told) = cards.told(|told| matches!(told, Subject::Captured { .. })).await;
        let Subject::Captured { outcome, .. } = told else { unreachable!() };
        assert_eq!(outcome, Err(CaptureRefusal::Lapsed));
        assert_eq!(refund(&engine, "ref:1", "cap:1", 5).await, "400 Refused(NotCaptured)");
    });
}

#[test]
fn what_is_acknowledged_is_known_by_its_name_at_once() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        reserve(&engine, "rsv:1", GOOD, 25).await;
        take(&engine, "cap:2", GOOD, 5).await;
        cards.line.hush(true);
        capture(&engine, "cap:1", "rsv:1", 22).await;
        assert_eq!(refund(&engine, "ref:1", "cap:1", 5).await, "400 Refused(NotCaptured)");
        assert!(engine.card_payment(&piaid(), &request("cap:1")).await.is_some());
        refund(&engine, "ref:2", "cap:2", 5).await;
        let what = Raised::RefundReference {
            refund: request("ref:2"),
            number: reference("24011345263000000088402"),
        };
        let raised = engine.raise(Raise { integrator: piaid(), what }).await.unwrap();
        assert_eq!(raised, Err(Refusal::NotRefunded), "it is known, and under way");
        let unnamed = capture(&engine, "cap:3", "rsv:1", 1).await;
        assert_eq!(unnamed, "400 Refused(CapturedAlready)");
        assert_eq!(refund(&engine, "ref:3", "cap:3", 1).await, "400 Refused(CaptureUnknown)");
    });
}

#[test]
fn of_two_captures_of_one_name_the_one_that_took_the_money_is_meant() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let said = take(&engine, "cap:1", "4000005100000000", 5).await;
        assert!(said.contains("Err("), "{said}");
        assert_eq!(refund(&engine, "ref:0", "cap:1", 5).await, "400 Refused(NotCaptured)");
        reserve(&engine, "rsv:1", GOOD, 25).await;
        capture(&engine, "cap:1", "rsv:1", 22).await;
        cards.told(|told| matches!(told, Subject::Captured { .. })).await;
        let said = refund(&engine, "ref:1", "cap:1", 22).await;
        assert!(said.starts_with("200"), "{said}");
        take(&engine, "cap:2", GOOD, 7).await;
        reserve(&engine, "rsv:2", GOOD, 25).await;
        capture(&engine, "cap:2", "rsv:2", 22).await;
        for (name, amount, words) in [("cap:1", 22, "rsv:1"), ("cap:2", 7, "capture of 7.00 USD")] {
            let payment = engine.card_payment(&piaid(), &request(name)).await.unwrap();
            assert_eq!(payment.amounts.captured, dollars(amount));
            let id = format!("InvisiCardUSA_USD/{name}");
            let (log, book) = (&*cards.shop.log, &*cards.shop.book);
            let story = inspect(log, book, "card-payment", &id).unwrap();
            assert!(story.events[0].told.contains(words), "{}", story.events[0].told);
        }
    });
}

#[test]
fn refunds_that_race_never_exceed_what_was_captured() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 10).await;
        let ids: Vec<String> = (0..10).map(|number| format!("ref:{number}")).collect();
        let refunds = ids.iter().map(|id| refund(&engine, id, "cap:1", 3));
        let said = join_all(refunds).await;
        let acknowledged = said.iter().filter(|said| said.starts_with("200")).count();
        assert_eq!(acknowledged, 3, "{said:?}");
        assert!(said.iter().any(|said| said.starts_with("400 Refused(RefundExceedsRemainder")));
        let said = refund(&engine, "ref:last", "cap:1", 1).await;
        assert!(said.starts_with("200"), "to the last dollar: {said}");
        cards
            .told(|told| {
                matches!(told, Subject::Refunded { request: told, .. } if *told == request("ref:last"))
            })
            .await;
        let payment = engine.card_payment(&piaid(), &request("cap:1")).await.unwrap();
        assert_eq!(payment.remainder(), dollars(0));
        assert_eq!(payment.hold, Hold::None);
    });
}

#[test]
fn a_refund_that_is_under_way_for_long_holds_up_no_other() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 10).await;
        *cards.line.stuck.lock().unwrap() = Some(dollars(3));
        refund(&engine, "ref:slow", "cap:1", 3).await;
        refund(&engine, "ref:quick", "cap:1", 2).await;
        let quick = request("ref:quick");
        let is_quick =
            |told: &Subject| matches!(told, Subject::Refunded { request, .. } if *request == quick);
        cards.told(is_quick).await;
    });
}

#[test]
fn what_is_asked_of_a_reservation_under_way_may_be_asked_again() {
    run(async {
        let mut cards = Cards::new();
        cards.shop.options.tokenized.deadline = std::time::Duration::from_millis(20);
        let engine = cards.open();
        cards.line.hush(true);
        assert_eq!(reserve(&engine, "rsv:1", GOOD, 25).await, "503 Unfinished");
        assert_eq!(capture(&engine, "cap:1", "rsv:1", 5).await, "400 Refused(UnderWay)");
        assert_eq!(void(&engine, "void:1", "rsv:1").await, "400 Refused(UnderWay)");
    });
}

#[test]
fn two_equal_requests_at_the_same_moment_have_one_effect() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let wanted = (0..5).map(|_| reserve(&engine, "rsv:1", GOOD, 25));
        let said = join_all(wanted).await;
        assert!(said.iter().all(|one| *one == said[0] && one.starts_with("200")), "{said:?}");
        assert_eq!(cards.line.asked.lock().unwrap().len(), 1);
    });
}
