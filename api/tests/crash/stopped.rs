//! Asked to stop, the program answers what it has begun, and ends well.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::purchase::path;
use crate::common::{Serving, answer, guide};

const PAYING: usize = 8;

/// Begins to pay for some sessions, and waits until the engine has all of them in hand.
fn paying(serving: &Serving, token: &str) -> Vec<(String, TcpStream)> {
    let caller = serving.caller();
    let pay = |number: usize| {
        let id = guide::ready(&caller);
        let body = guide::complete(token).to_string();
        let keyed = caller.keyed(&format!("pay-{number}"));
        let asked = keyed.say("POST", &format!("{}/complete", path(&id)), body);
        (id, asked)
    };
    let paying: Vec<_> = (0..PAYING).map(pay).collect();
    let deadline = Instant::now() + Duration::from_secs(10);
    while serving.metric("engine_asks_in_flight") != Some(PAYING as f64) {
        assert!(Instant::now() < deadline, "they are not all in flight");
    }
    paying
}

#[test]
fn payments_in_flight_are_answered_before_it_ends_and_are_there_after_it() {
    // Slow enough to be in flight all together, and to be answered in time.
    let processor = "latency_median = \"1s\"\nlatency_p99 = \"1s\"";
    let config = format!("[processor]\n{processor}\n[engine]\ncomplete_deadline = \"15s\"\n");
    let mut serving = Serving::with(&config);
    let paying = paying(&serving, "tok");
    serving.signal("TERM");
    let answered: Vec<_> = paying
        .into_iter()
        .map(|(id, mut asked)| {
            let answer = answer(&mut asked);
            assert_eq!((answer.status, &answer.json()["status"]), (200, &"completed".into()));
            (id, answer.body)
        })
        .collect();
    assert_eq!(serving.ended().code(), Some(0));
    let serving = serving.again();
    for (id, told) in answered {
        assert_eq!(serving.caller().get(&id).body, told);
    }
}

#[test]
fn a_processor_that_says_nothing_does_not_keep_it_from_ending() {
    let config = "[engine]\ncomplete_deadline = \"2s\"\ngateway_timeout = \"1h\"\n";
    let mut serving = Serving::with(config);
    let paying = paying(&serving, "sim_timeout_then_approve");
    serving.signal("TERM");
    let paying: Vec<_> = paying
        .into_iter()
        .map(|(id, mut asked)| {
            let answer = answer(&mut asked);
            assert_eq!(answer.json()["status"], "complete_in_progress", "{}", answer.body);
            (id, answer.body)
        })
        .collect();
    assert_eq!(serving.ended().code(), Some(0));
    // The next one asks again, and hears.
    let serving = serving.again();
    let deadline = Instant::now() + Duration::from_secs(10);
    for (number, (id, told)) in paying.into_iter().enumerate() {
        let keyed = serving.caller().keyed(&format!("pay-{number}"));
        let again = keyed.complete(&id, &guide::complete("sim_timeout_then_approve"));
        assert_eq!(again.body, told, "a retry hears the first answer");
        while serving.caller().get(&id).json()["status"] != "completed" {
            assert!(Instant::now() < deadline, "{id} is never completed");
        }
    }
}
