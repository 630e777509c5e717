//! Keys are changed on both sides, step by step, and at each step every call succeeds.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use common::{Keys, start};
use paceline_google::behaviours::Stage;
use paceline_google::wire::{Request, fresh};
use serde_json::{Value, json};

/// Both ways: what is sent back is sealed, too.
async fn echoes(stage: &Stage, keys: &Keys) -> u16 {
    let integrator = stage.google.integrator.with(keys.google());
    let request = Request::new(fresh("echo"), json!({"clientMessage": "which keys are right?"}));
    let answer = integrator.call("echo", &request).await.unwrap();
    // What does not open with Google's keys is no answer.
    if answer.body["clientMessage"].is_string() { answer.status } else { 0 }
}

#[tokio::test]
async fn both_sides_change_their_keys_and_no_call_fails() {
    let keys = Keys::exchanged();
    let files = tempfile::tempdir().unwrap();
    let (stage, paceline) = start(&files, Some(&keys)).await;
    let own = |side: &str| keys.command(side, &["list", "--json"]);
    let names = |side: &str| -> Vec<String> {
        let listed: Value = serde_json::from_str(&own(side)).unwrap();
        let keys = listed["keys"].as_array().unwrap().clone();
        let own = keys.iter().filter(|key| key["side"] == "own");
        own.map(|key| key["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(echoes(&stage, &keys).await, 200);
    for (side, other) in [("paceline", "google"), ("google", "paceline")] {
        let old = names(side).remove(0);
        keys.command(side, &["rotate"]);
        paceline.reload().await;
        assert_eq!(echoes(&stage, &keys).await, 200, "{side} has two, {other} knows one");
        keys.give(side, other);
        paceline.reload().await;
        assert_eq!(echoes(&stage, &keys).await, 200, "{other} knows both");
        keys.command(side, &["retire", &old]);
        paceline.reload().await;
        assert_eq!(echoes(&stage, &keys).await, 200, "{side} has the new one");
        keys.command(other, &["retire", &old]);
        paceline.reload().await;
        assert_eq!(echoes(&stage, &keys).await, 200, "{other} knows the new one");
    }
}
