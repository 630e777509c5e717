//! A bank that does not answer, a Google that is away, a process that dies.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use paceline_domain::name::Identifier;
use paceline_domain::notice::Phase;
use paceline_engine::bank::Asking;
use paceline_engine::google::{Call, Delivery, Trouble};
use paceline_engine::limits::GOOGLE_CALLS_MAX;
use paceline_engine::tokenized::{Instrument, OtpReceiver, Pay, SendOtp};
use paceline_engine::{Engine, EngineError, report};

use crate::common::standard::*;
use crate::common::{run, text};

async fn later(engine: &Engine, id: &str) -> String {
    let wanted = pay(id, "gpt", dollars(12));
    words(engine.capture_later(wanted, keyed("asynchronousCapture", id, 1)).await)
}

#[test]
fn a_bank_that_does_not_answer_has_declined_nothing() {
    run(async {
        let mut integrator = Integrator::new();
        let bank = MuteBank::new();
        integrator.bank = Some(Arc::clone(&bank) as _);
        integrator.shop.options.tokenized.deadline = Duration::from_millis(20);
        let engine = integrator.open();
        link(&engine, "acct-sally", "gpt").await;
        let answer = capture(&engine, "cap:1", "gpt", dollars(12)).await;
        assert_eq!(answer, "503 Unfinished");
        bank.speak();
        // The same request, again: it waits for what is under way, or hears what came of it.
        let answer = loop {
            let answer = capture(&engine, "cap:1", "gpt", dollars(12)).await;
            if answer.starts_with("200") {
                break answer;
            }
        };
        assert!(answer.contains("Captured") && answer.contains("Ok(())"), "{answer}");
        let asked = bank.asked.lock().unwrap().clone();
        assert!(asked.windows(2).all(|two| two[0].id == two[1].id), "under one name");
        // Whoever was told to ask again is also told of the result.
        let told = integrator.google.hears(|_| true).await;
        assert!(format!("{:?}", told.what).contains("cap:1"), "{told:?}");
    });
}

#[test]
fn a_bank_that_hangs_keeps_nobody_waiting() {
    run(async {
        let mut integrator = Integrator::new();
        integrator.bank = Some(Arc::new(HangingBank) as _);
        integrator.shop.options.gateway_timeout = Duration::from_millis(20);
        integrator.shop.options.tokenized.deadline = Duration::from_millis(20);
        let engine = integrator.open();
        let by_address = Instrument::Vpa(text("sally@paceline"));
        let wanted = Pay { with: by_address, ..pay("cap:1", "gpt", dollars(1)) };
        let answer = words(engine.capture(wanted, keyed("capture", "cap:1", 1)).await);
        assert_eq!(answer, "503 Unfinished");
        let to = OtpReceiver::Phone(text("+15550100001"));
        let wanted = SendOtp { request: request("otp:1"), to, matching_token: text("Qm4tZ8kLp0w") };
        let answer = words(engine.send_otp(wanted, keyed("sendOtp", "otp:1", 1)).await);
        assert_eq!(answer, "503 Unfinished");
        let who = Identifier::Email(text("sally@otheremail.com"));
        let signed_in = engine.sign_in(&who, &secret("correct horse")).await;
        assert_eq!(signed_in, Err(EngineError::Overloaded));
    });
}

#[test]
fn what_the_bank_was_asked_before_a_crash_is_asked_again_under_the_same_name() {
    run(async {
        let mut integrator = Integrator::new();
        let bank = MuteBank::new();
        integrator.bank = Some(Arc::clone(&bank) as _);
        integrator.shop.options.tokenized.deadline = Duration::from_millis(20);
        let first = integrator.open();
        link(&first, "acct-sally", "gpt").await;
        assert_eq!(capture(&first, "cap:1", "gpt", dollars(12)).await, "503 Unfinished");
        bank.is_asked().await;
        let before = bank.asked.lock().unwrap().len();
        // Nobody asks the second one anything: what is owed follows from the log.
        let _second = integrator.open();
        while bank.asked.lock().unwrap().len() == before {
            tokio::task::yield_now().await;
        }
        let asked = bank.asked.lock().unwrap().clone();
        assert!(asked.iter().all(|transfer| *transfer == asked[0]), "{asked:?}");
    });
}

#[test]
fn other_content_under_the_key_of_a_capture_under_way_is_a_mismatch_after_a_restart_too() {
    run(async {
        let mut integrator = Integrator::new();
        let bank = MuteBank::new();
        integrator.bank = Some(Arc::clone(&bank) as _);
        integrator.shop.options.tokenized.deadline = Duration::from_millis(20);
        let first = integrator.open();
        link(&first, "acct-sally", "gpt").await;
        assert_eq!(capture(&first, "cap:1", "gpt", dollars(12)).await, "503 Unfinished");
        for engine in [first, integrator.open()] {
            let other = pay("cap:1", "gpt", dollars(12));
            let refused = engine.capture(other, keyed("capture", "cap:1", 2)).await;
            assert_eq!(refused, Err(EngineError::KeyMismatched));
        }
    });
}

#[test]
fn what_google_is_owed_while_it_is_away_is_told_in_the_end_under_one_id() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        integrator.google.go_away();
        later(&engine, "acap:1").await;
        integrator.google.hears(|_| true).await;
        let owed = engine.notices_owed(10).await.unwrap();
        assert_eq!(owed.len(), 1, "{owed:?}");
        integrator.google.say(Delivery::Heard);
        // The next process goes on with it.
        let next = integrator.open();
        while !next.notices_owed(10).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let calls = integrator.google.calls();
        assert!(calls.len() >= 2 && calls.iter().all(|call| *call == calls[0]), "{calls:?}");
    });
}

#[test]
fn a_notice_that_google_refuses_for_good_stops_until_somebody_sends_it_again() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        integrator.google.say(Delivery::Refused(text("told otherwise")));
        later(&engine, "acap:1").await;
        integrator.google.hears(|_| true).await;
        while !engine.notices_owed(10).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let open = report::notices_open(&*integrator.shop.log).unwrap();
        assert!(matches!(open[0].phase, Phase::Refused { .. }), "{open:?}");
        integrator.google.say(Delivery::Heard);
        engine.send_again(open[0].id).await.unwrap();
        while !report::notices_open(&*integrator.shop.log).unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(integrator.google.calls().len(), 2);
    });
}

#[test]
fn what_google_cannot_take_stays_owed_and_is_told_at_once_when_somebody_has_it_sent() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        integrator.google.say(Delivery::NotYet(Trouble::NeedsMending));
        later(&engine, "acap:1").await;
        integrator.google.hears(|_| true).await;
        let owed = engine.notices_owed(10).await.unwrap();
        assert_eq!(owed.len(), 1, "{owed:?}");
        integrator.google.say(Delivery::Heard);
        engine.send_again(owed[0].id).await.unwrap();
        while !engine.notices_owed(10).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(integrator.google.calls().len(), 2);
    });
}

#[test]
fn a_declined_capture_that_was_acknowledged_is_told_as_declined() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        customer(&engine, "bob", "bob@otheremail.com", "+15550100002", 5).await;
        link(&engine, "bob", "gpt").await;
        let answer = later(&engine, "acap:1").await;
        assert!(answer.contains("Acknowledged") && answer.contains("Ok(())"), "{answer}");
        let told = integrator.google.hears(|_| true).await;
        assert!(format!("{:?}", told.what).contains("InsufficientFunds"), "{told:?}");
    });
}

#[test]
fn an_immediate_refusal_is_not_notified() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        engine.hold_account(&account("acct-sally")).await.unwrap();
        let answer = later(&engine, "acap:1").await;
        assert!(answer.contains("AccountOnHold"), "{answer}");
        assert_eq!(engine.notices_owed(10).await.unwrap(), vec![]);
        assert_eq!(integrator.google.calls(), vec![]);
    });
}

/// Never answers, and counts who asks.
struct Hanging(std::sync::atomic::AtomicUsize);

impl paceline_engine::google::Google for Hanging {
    fn deliver(&self, _: Call) -> Asking<'_, Delivery> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::pending())
    }
}

#[test]
fn a_google_that_hangs_is_asked_so_much_at_once_and_no_more() {
    run(async {
        let integrator = Integrator::new();
        let google = Arc::new(Hanging(0.into()));
        let engine = integrator.open_with(Arc::clone(&google) as _);
        sally(&engine).await;
        link(&engine, "acct-sally", "gpt").await;
        const OWED: usize = GOOGLE_CALLS_MAX + 40;
        let ids: Vec<String> = (0..OWED).map(|number| format!("acap:{number}")).collect();
        join_all(ids.iter().map(|id| later(&engine, id))).await;
        while engine.notices_owed(OWED).await.unwrap().len() < OWED {
            tokio::task::yield_now().await;
        }
        // Whoever found no room sleeps for a second or so.
        assert!(google.0.load(Ordering::Relaxed) <= GOOGLE_CALLS_MAX);
    });
}

#[test]
fn the_ledger_comes_to_nothing_whatever_was_done() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        customer(&engine, "bob", "bob@otheremail.com", "+15550100002", 5).await;
        link(&engine, "acct-sally", "gpt").await;
        link(&engine, "bob", "bobs").await;
        capture(&engine, "cap:1", "gpt", dollars(12)).await;
        capture(&engine, "cap:2", "bobs", dollars(6)).await;
        refund(&engine, "ref:1", "cap:1", dollars(5)).await;
        let disbursed = pay("dis:1", "bobs", dollars(3));
        engine.disburse(disbursed, keyed("disburseFunds", "dis:1", 1)).await.unwrap();
        let ledger = report::ledger(&*integrator.shop.log).unwrap();
        assert!(ledger.balances(), "{ledger:?}");
        assert_eq!(ledger.accounts.len(), 2);
        assert_eq!(ledger.sides.len(), 3, "customers, Google, cash: {ledger:?}");
    });
}
