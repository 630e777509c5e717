//! Section 9 of the protocol reference: each call on each status.

use serde_json::{Value, json};

use crate::common::guide::{self, TOKEN};
use crate::common::{Caller, Serving};
use crate::{body, messages, refused};

/// The processor answers late: there is time to look at a payment in progress.
const SLOW: &str = "[engine]\ncomplete_deadline = \"20ms\"\ngateway_timeout = \"30s\"\n\
    [processor]\nlatency_median = \"0s\"\nlatency_p99 = \"0s\"\n";

fn status(caller: &Caller, id: &str) -> String {
    body(&caller.get(id), 200)["status"].as_str().unwrap().to_owned()
}

fn escalated(caller: &Caller) -> String {
    let id = guide::ready(caller);
    let body = body(&caller.complete(&id, &guide::complete(CHALLENGE)), 200);
    assert_eq!(body["status"], "requires_escalation");
    id
}

fn in_progress(caller: &Caller) -> String {
    let id = guide::ready(caller);
    let body = body(&caller.complete(&id, &guide::complete("sim_timeout_then_approve")), 200);
    assert_eq!(body["status"], "complete_in_progress");
    id
}

fn canceled(caller: &Caller) -> String {
    let id = guide::ready(caller);
    assert_eq!(body(&caller.cancel(&id), 200)["status"], "canceled");
    id
}

const CHALLENGE: &str = "sim_decline_authentication_required";

fn rename(name: &str) -> Value {
    json!({"buyer": {"first_name": name, "email": "jane@example.com"}})
}

#[test]
fn a_created_checkout_is_incomplete_and_says_what_it_lacks() {
    let serving = Serving::with("");
    let checkout = body(&serving.caller().create(&guide::create()), 201);
    assert_eq!(checkout["status"], "incomplete");
    let lacks = ["error missing $.buyer.email", "error missing $.fulfillment.methods"];
    assert_eq!(messages(&checkout), lacks);
}

#[test]
fn a_checkout_created_with_everything_is_ready_at_once() {
    let serving = Serving::with("");
    let mut whole = guide::create();
    whole.as_object_mut().unwrap().extend(guide::update().as_object().unwrap().clone());
    let checkout = body(&serving.caller().create(&whole), 201);
    assert_eq!(checkout["status"], "ready_for_complete");
    assert_eq!(messages(&checkout), [""; 0]);
}

#[test]
fn an_incomplete_checkout_is_updated_and_canceled_and_completing_it_says_what_it_lacks() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::opened(&caller);
    let before = caller.get(&id).json();
    let told = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(told, before);
    assert_eq!(messages(&told).len(), 2);
    assert_eq!(body(&caller.update(&id, &rename("Ines")), 200)["buyer"]["first_name"], "Ines");
    assert_eq!(body(&caller.cancel(&id), 200)["status"], "canceled");
}

#[test]
fn a_ready_checkout_that_loses_what_it_needs_is_incomplete_again() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let checkout = body(&caller.update(&id, &json!({"buyer": null})), 200);
    assert_eq!(checkout["status"], "incomplete");
    assert_eq!(messages(&checkout), ["error missing $.buyer.email"]);
}

#[test]
fn a_ready_checkout_is_updated_completed_and_canceled() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let checkout = body(&caller.update(&id, &rename("Ines")), 200);
    assert_eq!(checkout["status"], "ready_for_complete");
    let checkout = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(checkout["status"], "completed");
    let other = guide::ready(&caller);
    let before = caller.get(&other).json();
    let checkout = body(&caller.cancel(&other), 200);
    assert_eq!(checkout["status"], "canceled");
    for member in ["line_items", "totals", "buyer", "fulfillment"] {
        assert_eq!(checkout[member], before[member]);
    }
    assert_eq!(checkout.get("continue_url"), None);
}

#[test]
fn what_the_bank_wants_confirmed_is_handed_to_the_buyer_and_can_be_updated_and_canceled() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = escalated(&caller);
    let checkout = body(&caller.get(&id), 200);
    assert_eq!(checkout["status"], "requires_escalation");
    assert!(checkout["continue_url"].as_str().unwrap().starts_with("https://"));
    assert_eq!(messages(&checkout), ["error requires_3ds"]);
    assert_eq!(checkout["messages"][0]["severity"], "requires_buyer_input");
    let checkout = body(&caller.update(&id, &rename("Ines")), 200);
    assert_eq!(checkout["status"], "ready_for_complete");
    let other = escalated(&caller);
    assert_eq!(body(&caller.cancel(&other), 200)["status"], "canceled");
}

/// Whether the buyer's step is done, the processor knows: it is asked each time.
#[test]
fn completing_what_the_bank_wants_confirmed_is_one_more_attempt() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = escalated(&caller);
    let checkout = body(&caller.complete(&id, &guide::complete(CHALLENGE)), 200);
    assert_eq!(checkout["status"], "requires_escalation");
    let checkout = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(checkout["status"], "completed");
}

#[test]
fn while_a_payment_is_in_progress_nothing_is_updated_completed_or_canceled() {
    let serving = Serving::with(SLOW);
    let caller = serving.caller();
    let id = in_progress(&caller);
    let before = caller.get(&id).json();
    assert_eq!(messages(&before), [""; 0]);
    for (what, answer) in [
        ("update", caller.update(&id, &rename("Ines"))),
        ("complete", caller.complete(&id, &guide::complete(TOKEN))),
        ("cancel", caller.cancel(&id)),
    ] {
        let mut told = body(&answer, 409);
        assert_eq!(messages(&told), ["error complete_in_progress $.status"], "{what}");
        assert_eq!(told["messages"][0]["severity"], "recoverable", "{what}");
        told.as_object_mut().unwrap().remove("messages");
        assert_eq!(told, before, "{what}");
    }
    assert_eq!(caller.get(&id).json(), before);
}

#[test]
fn a_payment_in_progress_that_is_asked_for_again_under_its_key_gets_its_first_answer() {
    let serving = Serving::with(SLOW);
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let payment = guide::complete("sim_timeout_then_approve");
    let first = caller.keyed("k").complete(&id, &payment);
    assert_eq!(first.json()["status"], "complete_in_progress");
    let second = caller.keyed("k").complete(&id, &payment);
    assert_eq!((second.status, second.body), (first.status, first.body));
}

#[test]
fn a_completed_checkout_is_read_and_refuses_everything_else() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::completed(&caller);
    let before = caller.get(&id);
    let checkout = body(&before, 200);
    assert!(checkout["order"]["id"].is_string());
    assert_eq!(checkout.get("continue_url"), None);
    for answer in [
        caller.update(&id, &rename("Ines")),
        caller.complete(&id, &guide::complete(TOKEN)),
        caller.cancel(&id),
    ] {
        refused(&answer, 409, "already_completed");
    }
    assert_eq!(caller.get(&id).body, before.body);
}

#[test]
fn a_canceled_checkout_is_read_and_refuses_everything_else() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = canceled(&caller);
    let before = caller.get(&id);
    for answer in [
        caller.update(&id, &rename("Ines")),
        caller.complete(&id, &guide::complete(TOKEN)),
        caller.cancel(&id),
    ] {
        refused(&answer, 409, "already_canceled");
    }
    assert_eq!(caller.get(&id).body, before.body);
}

#[test]
fn a_replayed_key_on_a_checkout_that_is_over_gets_the_stored_answer() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let (update, payment) = (rename("Ines"), guide::complete(TOKEN));
    let updated = caller.keyed("k").update(&id, &update);
    let completed = caller.keyed("k").complete(&id, &payment);
    assert_eq!(status(&caller, &id), "completed");
    assert_eq!(caller.keyed("k").update(&id, &update).body, updated.body);
    assert_eq!(caller.keyed("k").complete(&id, &payment).body, completed.body);
    let other = guide::ready(&caller);
    let canceled = caller.keyed("k").cancel(&other);
    assert_eq!(caller.keyed("k").cancel(&other).body, canceled.body);
}
