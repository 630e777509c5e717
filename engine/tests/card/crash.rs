//! An acquirer that does not answer, and a process that dies while it is asked.

use std::time::Duration;

use paceline_domain::card_payment::Flow;

use crate::common::card::*;
use crate::common::run;
use crate::common::standard::{dollars, request};

fn impatient() -> Cards {
    let mut cards = Cards::new();
    cards.shop.options.tokenized.deadline = Duration::from_millis(20);
    cards
}

#[test]
fn an_acquirer_that_does_not_answer_has_declined_nothing() {
    run(async {
        let cards = impatient();
        let engine = cards.open();
        cards.line.hush(true);
        let wanted = authorize(Flow::Reserve, "rsv:1", GOOD, 25);
        assert_eq!(ask(&engine, wanted.clone()).await, "503 Unfinished");
        cards.line.hush(false);
        let said = until_answered(&engine, &wanted).await;
        assert!(said.contains("Ok("), "{said}");
        let asked = cards.line.asked.lock().unwrap().clone();
        assert!(asked.iter().all(|id| *id == asked[0]), "under one name: {asked:?}");
    });
}

#[test]
fn what_the_acquirer_has_not_heard_before_a_crash_is_never_asked_by_anybody_but_google() {
    run(async {
        let mut cards = impatient();
        let first = cards.open();
        cards.line.hush(true);
        let wanted = authorize(Flow::Capture, "cap:1", GOOD, 25);
        assert_eq!(ask(&first, wanted.clone()).await, "503 Unfinished");
        let before = cards.line.asked.lock().unwrap()[0];
        cards.die();
        // The verification code died with the first: the second asks only what was heard.
        let second = cards.open();
        while cards.line.found.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let said = until_answered(&second, &wanted).await;
        assert!(said.contains("Ok("), "{said}");
        let asked = cards.line.asked.lock().unwrap().clone();
        let found = cards.line.found.lock().unwrap().clone();
        assert!(found.iter().all(|id| *id == before), "{found:?}");
        assert!(!asked.contains(&before), "what was barred is asked under another name");
        let payment = second.card_payment(&piaid(), &request("cap:1")).await.unwrap();
        assert_eq!(payment.amounts.captured, dollars(25), "and once");
    });
}

#[test]
fn what_the_acquirer_has_heard_before_a_crash_is_found() {
    run(async {
        let mut cards = impatient();
        let first = cards.open();
        // Carried out, and the first question is never answered.
        let wanted = authorize(Flow::Reserve, "rsv:1", "4000011200000007", 25);
        assert_eq!(ask(&first, wanted.clone()).await, "503 Unfinished");
        cards.die();
        let second = cards.open();
        while cards.line.found.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let said = until_answered(&second, &wanted).await;
        assert!(said.contains("Ok("), "{said}");
        assert_eq!(cards.line.asked.lock().unwrap().len(), 0, "asked once, by the first");
    });
}
