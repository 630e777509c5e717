//! Captures, refunds and disbursements.

use futures_util::future::join_all;
use paceline_domain::account::Closure;
use paceline_engine::{EngineError, Kind};
use paceline_storage::EventLog;

use crate::common::standard::*;
use crate::common::{run, text, usd};

#[test]
fn a_capture_moves_the_customers_money_once_and_a_repeat_hears_the_same() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        let first = capture(&engine, "cap:1", "gpt", dollars(12)).await;
        assert!(first.starts_with("200 Captured") && first.contains("Ok(())"), "{first}");
        assert_eq!(capture(&engine, "cap:1", "gpt", dollars(12)).await, first);
        let restarted = integrator.open();
        assert_eq!(capture(&restarted, "cap:1", "gpt", dollars(12)).await, first);
        assert_eq!(balance(&restarted, "acct-sally").await, dollars(488));
    });
}

#[test]
fn two_equal_captures_at_the_same_moment_have_one_effect() {
    run(async {
        let engine = linked(&Integrator::new()).await;
        let both = (0..2).map(|_| capture(&engine, "cap:1", "gpt", dollars(12)));
        let both = join_all(both).await;
        assert_eq!(both[0], both[1]);
        assert_eq!(balance(&engine, "acct-sally").await, dollars(488));
    });
}

#[test]
fn a_decline_is_terminal_and_repeated_even_after_its_cause_is_gone() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        customer(&engine, "bob", "bob@otheremail.com", "+15550100002", 5).await;
        link(&engine, "bob", "gpt").await;
        let declined = capture(&engine, "cap:1", "gpt", dollars(6)).await;
        assert!(declined.contains("InsufficientFunds { balance: Some(Micros(5000000)) }"));
        let source = text("cash");
        engine.fund_account(&account("bob"), "more", dollars(50), usd(), source).await.unwrap();
        assert_eq!(capture(&engine, "cap:1", "gpt", dollars(6)).await, declined);
        assert_eq!(capture(&integrator.open(), "cap:1", "gpt", dollars(6)).await, declined);
        let anew = capture(&engine, "cap:2", "gpt", dollars(6)).await;
        assert!(anew.contains("Ok(())"), "{anew}");
    });
}

#[test]
fn what_is_no_200_is_evaluated_again() {
    run(async {
        let engine = Integrator::new().open();
        sally(&engine).await;
        let unknown = capture(&engine, "cap:1", "gpt", dollars(12)).await;
        assert_eq!(unknown, "400 Refused(TokenUnknown)");
        link(&engine, "acct-sally", "gpt").await;
        let now = capture(&engine, "cap:1", "gpt", dollars(12)).await;
        assert!(now.contains("Ok(())"), "{now}");
    });
}

#[test]
fn other_content_under_the_same_key_is_a_mismatch_also_when_it_names_another_token() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        capture(&engine, "cap:1", "gpt", dollars(12)).await;
        for engine in [engine, integrator.open()] {
            for other in [pay("cap:1", "gpt", dollars(13)), pay("cap:1", "never", dollars(12))] {
                let refused = engine.capture(other, keyed("capture", "cap:1", 2)).await;
                assert_eq!(refused, Err(EngineError::KeyMismatched));
            }
            assert_eq!(balance(&engine, "acct-sally").await, dollars(488));
        }
    });
}

#[test]
fn two_users_spend_from_the_balance_of_one_account() {
    run(async {
        let engine = Integrator::new().open();
        customer(&engine, "bob", "bob@otheremail.com", "+15550100002", 5).await;
        link(&engine, "bob", "one").await;
        link(&engine, "bob", "two").await;
        assert!(capture(&engine, "cap:1", "one", dollars(3)).await.contains("Ok(())"));
        assert!(capture(&engine, "cap:2", "two", dollars(3)).await.contains("InsufficientFunds"));
        assert!(capture(&engine, "cap:3", "two", dollars(2)).await.contains("Ok(())"));
        assert_eq!(balance(&engine, "bob").await, dollars(0));
    });
}

#[test]
fn partial_refunds_give_back_exactly_what_was_captured_and_no_more() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        capture(&engine, "cap:1", "gpt", dollars(12)).await;
        let first = refund(&engine, "ref:1", "cap:1", dollars(5)).await;
        assert!(first.contains("Ok(())"), "{first}");
        let above = refund(&engine, "ref:2", "cap:1", dollars(8)).await;
        assert_eq!(above, "400 Refused(RefundExceedsRemainder { left: Micros(7000000) })");
        assert!(refund(&engine, "ref:3", "cap:1", dollars(7)).await.contains("Ok(())"));
        assert!(refund(&engine, "ref:4", "cap:1", dollars(1)).await.contains("left: Micros(0)"));
        assert_eq!(refund(&integrator.open(), "ref:1", "cap:1", dollars(5)).await, first);
        assert_eq!(balance(&engine, "acct-sally").await, dollars(500));
    });
}

#[test]
fn racing_partial_refunds_never_exceed_what_was_captured() {
    run(async {
        let engine = linked(&Integrator::new()).await;
        capture(&engine, "cap:1", "gpt", dollars(10)).await;
        let ids: Vec<String> = (0..20).map(|number| format!("ref:{number}")).collect();
        let racing = ids.iter().map(|id| refund(&engine, id, "cap:1", dollars(3)));
        let answers = join_all(racing).await;
        assert_eq!(answers.iter().filter(|answer| answer.contains("Ok(())")).count(), 3);
        assert_eq!(balance(&engine, "acct-sally").await, dollars(499));
    });
}

#[test]
fn a_refund_of_what_was_never_captured_is_refused() {
    run(async {
        let engine = Integrator::new().open();
        let refused = refund(&engine, "ref:1", "cap:1", dollars(3)).await;
        assert_eq!(refused, "400 Refused(CaptureUnknown)");
    });
}

#[test]
fn a_disbursement_credits_the_account() {
    run(async {
        let engine = linked(&Integrator::new()).await;
        let wanted = || pay("dis:1", "gpt", dollars(3));
        let done = words(engine.disburse(wanted(), keyed("disburseFunds", "dis:1", 1)).await);
        assert!(done.starts_with("200 Disbursed") && done.contains("Ok(())"), "{done}");
        let again = words(engine.disburse(wanted(), keyed("disburseFunds", "dis:1", 1)).await);
        assert_eq!(again, done);
        assert_eq!(balance(&engine, "acct-sally").await, dollars(503));
    });
}

#[test]
fn closed_held_and_emptied_accounts_each_have_their_own_result() {
    run(async {
        let engine = linked(&Integrator::new()).await;
        let id = account("acct-sally");
        engine.hold_account(&id).await.unwrap();
        assert!(capture(&engine, "cap:1", "gpt", dollars(1)).await.contains("AccountOnHold"));
        engine.release_account(&id).await.unwrap();
        assert!(capture(&engine, "cap:2", "gpt", dollars(1)).await.contains("Ok(())"));
        engine.close_account(&id, Closure::Fraud).await.unwrap();
        let closed = capture(&engine, "cap:3", "gpt", dollars(1)).await;
        assert!(closed.contains("AccountClosedForFraud"), "{closed}");
        let closed = refund(&engine, "ref:1", "cap:2", dollars(1)).await;
        assert!(closed.contains("AccountClosedForFraud"), "{closed}");
        let left = refund(&engine, "ref:2", "cap:2", dollars(2)).await;
        assert!(left.contains("left: Micros(1000000)"), "a decline uses up nothing: {left}");
    });
}

#[test]
fn a_capture_that_concludes_later_owes_google_its_result_once() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        let wanted = || pay("acap:1", "gpt", dollars(12));
        let key = || keyed("asynchronousCapture", "acap:1", 1);
        let answer = words(engine.capture_later(wanted(), key()).await);
        assert!(answer.starts_with("200 Acknowledged") && answer.contains("Ok(())"), "{answer}");
        let told = integrator.google.hears(|_| true).await;
        assert!(format!("{:?}", told.what).contains("acap:1"), "{told:?}");
        assert!(format!("{:?}", told.what).contains("Ok(())"), "{told:?}");
        assert_eq!(words(engine.capture_later(wanted(), key()).await), answer);
        while !engine.notices_owed(10).await.unwrap().is_empty() {}
        assert_eq!(integrator.google.calls().len(), 1);
        assert_eq!(balance(&engine, "acct-sally").await, dollars(488));
    });
}

/// A statement may name it at once, however late the day's journal is.
#[test]
fn a_refund_is_found_by_its_own_request_when_google_hears_of_it() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        capture(&engine, "cap:1", "gpt", dollars(12)).await;
        let names = || {
            let names = integrator.shop.log.streams(Kind::Name as u8, None, usize::MAX);
            names.unwrap().len()
        };
        let before = names();
        assert!(refund(&engine, "ref:1", "cap:1", dollars(5)).await.contains("Ok(())"));
        assert_eq!(names(), before + 1);
    });
}
