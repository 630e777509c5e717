//! The first wire as a platform meets it: the program itself, over real sockets.
//!
//! Why: whatever the parts promise, a platform sees bytes. Each test here is an exchange that the
//! protocol reference describes, or one that it warns of.
//! Left out: bounds of the listener, which are in `server.rs`; crashes, which are in `crash.rs`.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use common::Answer;
use serde_json::Value;

mod ucp {
    mod callers;
    mod contention;
    mod fulfillment;
    mod guide;
    mod idempotency;
    mod mistakes;
    mod money;
    mod payment;
    mod put;
    mod refused;
    mod status;
    mod time;
}

/// The body of an answer that must have this status.
pub fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

/// Everything the messages of a checkout or a refusal say, a line each, as `type code path`.
pub fn messages(body: &Value) -> Vec<String> {
    let all = body["messages"].as_array().into_iter().flatten();
    all.map(|message| {
        let word = |name: &str| message[name].as_str().unwrap_or_default();
        assert!(!word("content").is_empty(), "{message}");
        assert_eq!(word("type") == "error", message.get("severity").is_some(), "{message}");
        format!("{} {} {}", word("type"), word("code"), word("path")).trim_end().to_owned()
    })
    .collect()
}

/// An answer that shows no checkout, but says in the wire's own shape what is wrong.
pub fn refused(answer: &Answer, status: u16, message: &str) {
    let body = body(answer, status);
    assert_eq!(body["status"], "requires_escalation", "{body}");
    assert_eq!(messages(&body), [format!("error {message}")], "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
}

/// The totals of a checkout, as `type amount`. Each adds up, and each type is there once.
pub fn totals(checkout: &Value) -> Vec<String> {
    let entries = checkout["totals"].as_array().unwrap();
    let of = |kind: &str| {
        let mut found = entries.iter().filter(|entry| entry["type"] == kind);
        let amount = found.next().map(|entry| entry["amount"].as_u64().unwrap());
        assert!(found.next().is_none(), "{kind} is there once: {checkout}");
        amount
    };
    let [taken, given] = [&["items_discount", "discount"][..], &["fulfillment", "tax"]]
        .map(|kinds| kinds.iter().filter_map(|kind| of(kind)).sum::<u64>());
    assert_eq!(of("subtotal").unwrap() - taken + given, of("total").unwrap(), "{checkout}");
    let word = |entry: &Value| format!("{} {}", entry["type"].as_str().unwrap(), entry["amount"]);
    entries.iter().map(word).collect()
}
