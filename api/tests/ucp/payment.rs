//! Section 18 of the protocol reference: credentials, declines, and a processor that is slow,
//! wrong or down. Its magic tokens are those of the simulated processor.

use std::fs;

use serde_json::{Value, json};

use crate::common::caller::path_of;
use crate::common::guide::{self, TOKEN};
use crate::common::{Caller, Serving, awaited};
use crate::{body, messages};

/// A processor that answers at once or, if it is told to, not in time.
const PROMPT: &str = "[engine]\ncomplete_deadline = \"20ms\"\ngateway_timeout = \"150ms\"\n\
    [processor]\nlatency_median = \"0s\"\nlatency_p99 = \"0s\"\n";

/// What a payment with this token is answered, and how it ends.
fn paid(serving: &Serving, token: &str) -> (String, Value, Value) {
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let first = body(&caller.complete(&id, &guide::complete(token)), 200);
    let last = settled(&caller, &id);
    (id, first, last)
}

/// The checkout once its payment is not in progress any more.
fn settled(caller: &Caller, id: &str) -> Value {
    awaited(|| {
        let checkout = caller.get(id).json();
        (checkout["status"] != "complete_in_progress").then_some(checkout)
    })
}

const CHARGED: [&str; 2] = ["reserved 11350 USD", "captured 11350 USD"];
const DECLINED: [&str; 1] = ["-reserved 11350 USD"];

#[test]
fn each_decline_is_a_business_outcome_and_leaves_the_checkout_usable() {
    let serving = Serving::with("");
    let mut ids = vec![];
    for reason in [
        "do_not_honor",
        "insufficient_funds",
        "expired_card",
        "incorrect_cvc",
        "lost_or_stolen",
        "suspected_fraud",
        "limit_exceeded",
        "invalid_credential",
    ] {
        let (id, first, last) = paid(&serving, &format!("sim_decline_{reason}"));
        assert_eq!(first["status"], "ready_for_complete", "{reason}");
        assert_eq!(messages(&first), ["error payment_declined"], "{reason}");
        assert_eq!(first["messages"][0]["severity"], "recoverable", "{reason}");
        assert_eq!(first.get("order"), None, "{reason}");
        assert_eq!(first, last, "{reason}");
        let caller = serving.caller();
        let again = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
        assert_eq!(again["status"], "completed", "{reason}");
        assert_eq!(messages(&again), [""; 0]);
        ids.push(id);
    }
    let book = serving.stopped_book();
    for id in ids {
        assert_eq!(book.of(&id), [&DECLINED[..], &CHARGED].concat());
    }
}

#[test]
fn a_suspicion_is_not_for_the_buyers_eyes() {
    let serving = Serving::with("");
    let words = |reason: &str| {
        let (_, first, _) = paid(&serving, &format!("sim_decline_{reason}"));
        first["messages"].clone()
    };
    let plain = words("do_not_honor");
    assert_eq!(words("suspected_fraud"), plain);
    assert_eq!(words("lost_or_stolen"), plain);
    assert_ne!(words("expired_card"), plain);
}

#[test]
fn what_the_bank_wants_confirmed_is_handed_off() {
    let serving = Serving::with("");
    let (id, first, _) = paid(&serving, "sim_decline_authentication_required");
    assert_eq!(first["status"], "requires_escalation");
    assert_eq!(messages(&first), ["error requires_3ds"]);
    assert_eq!(first["messages"][0]["severity"], "requires_buyer_input");
    assert!(first["continue_url"].as_str().unwrap().starts_with("https://"));
    assert_eq!(serving.stopped_book().of(&id), DECLINED);
}

#[test]
fn a_processor_that_is_late_and_approves_is_seen_in_progress_and_then_completed() {
    let serving = Serving::with(PROMPT);
    let (id, first, last) = paid(&serving, "sim_timeout_then_approve");
    assert_eq!(first["status"], "complete_in_progress");
    for member in ["order", "order_id", "order_permalink_url", "continue_url", "expires_at"] {
        assert_eq!(first.get(member), None, "{member}");
    }
    assert_eq!(last["status"], "completed");
    assert!(last["order"]["id"].is_string());
    assert_eq!(serving.stopped_book().of(&id), CHARGED);
}

#[test]
fn a_processor_that_is_late_and_declines_is_seen_in_progress_and_then_declined() {
    let serving = Serving::with(PROMPT);
    let (id, first, last) = paid(&serving, "sim_timeout_then_decline");
    assert_eq!(first["status"], "complete_in_progress");
    assert_eq!(last["status"], "ready_for_complete");
    assert_eq!(messages(&last), ["error payment_declined"]);
    let caller = serving.caller();
    body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(settled(&caller, &id)["status"], "completed");
    assert_eq!(serving.stopped_book().of(&id), [&DECLINED[..], &CHARGED].concat());
}

#[test]
fn a_processor_that_hears_everything_twice_moves_money_once() {
    let serving = Serving::with("");
    let (id, first, _) = paid(&serving, "sim_duplicate");
    assert_eq!(first["status"], "completed");
    assert_eq!(serving.stopped_book().of(&id), CHARGED);
}

#[test]
fn a_processor_that_is_down_for_a_while_is_asked_until_it_is_back() {
    // It answers at once: on a busy machine a short timeout would only add to the waiting.
    let serving = Serving::with("[engine]\ncomplete_deadline = \"20ms\"\n");
    let (id, first, last) = paid(&serving, "sim_outage");
    assert_eq!(first["status"], "complete_in_progress");
    assert_eq!(last["status"], "completed");
    assert_eq!(serving.stopped_book().of(&id), CHARGED);
}

#[test]
fn a_processor_that_is_late_but_not_too_late_is_waited_for() {
    let serving = Serving::with("[engine]\ngateway_timeout = \"100ms\"\n");
    let (_, first, _) = paid(&serving, "sim_timeout_then_approve");
    assert_eq!(first["status"], "completed");
}

#[test]
fn a_payment_that_is_not_offered_here_is_refused_and_nothing_is_charged() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let mut payment = guide::complete(TOKEN);
    payment["payment_data"]["handler_id"] = json!("shop_pay");
    let before = caller.get(&id).body;
    let told = body(&caller.complete(&id, &payment), 200);
    assert_eq!(messages(&told), ["error invalid $.payment.instruments[0]"]);
    assert_eq!(told["messages"][0]["severity"], "recoverable");
    assert_eq!(told["status"], "ready_for_complete");
    assert_eq!(caller.get(&id).body, before);
    assert_eq!(serving.stopped_book().of(&id), [""; 0]);
}

#[test]
fn each_spelling_of_a_payment_is_understood_and_shown_without_its_credential() {
    let shown = json!([{"id": "pi_9", "handler_id": "gpay", "type": "card", "brand": "visa",
        "last_digits": "1111", "expiry_month": 12, "expiry_year": 2030,
        "rich_text_description": "Visa 1111"}]);
    let credential = json!({"type": "PAYMENT_GATEWAY", "token": TOKEN, "binding": {"x": 1}});
    let flat = json!({"id": "pi_9", "handler_id": "gpay", "type": "card", "brand": "visa",
        "last_digits": "1111", "expiry_month": 12, "expiry_year": 2030,
        "rich_text_description": "Visa 1111", "credential": credential});
    let nested = json!({"id": "pi_9", "handler_id": "gpay", "type": "card", "selected": true,
        "display": {"brand": "visa", "last_digits": "1111", "expiry_month": 12,
            "expiry_year": 2030, "description": "Visa 1111"}, "credential": credential});
    let other = json!({"id": "pi_1", "handler_id": "gpay", "type": "card"});
    let serving = Serving::with("");
    let caller = serving.caller();
    for payment in [
        json!({"payment_data": flat, "risk_signals": {"ip_address": "203.0.113.42"}}),
        json!({"payment": {"instruments": [flat]}}),
        json!({"payment": {"instruments": [other, nested]}}),
        json!({"payment": {"instruments": [other, flat], "selected_instrument_id": "pi_9"}}),
    ] {
        let id = guide::ready(&caller);
        let checkout = body(&caller.complete(&id, &payment), 200);
        assert_eq!(checkout["status"], "completed", "{payment}");
        assert_eq!(checkout["payment"]["instruments"], shown, "{payment}");
        assert_eq!(checkout["payment"]["selected_instrument_id"], "pi_9");
    }
}

#[test]
fn a_card_that_is_shown_before_it_is_paid_with_is_repeated_without_a_credential() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let payment = json!({"payment": {"selected_instrument_id": "pi_9", "instruments": [{
        "id": "pi_9", "handler_id": "gpay", "type": "card", "brand": "visa",
        "last_digits": "1111", "rich_text_description": "Google Pay 1111",
        "credential": {"type": "PAYMENT_GATEWAY", "token": TOKEN}
    }]}});
    let checkout = body(&caller.update(&id, &payment), 200);
    let mut shown = payment["payment"].clone();
    shown["instruments"][0].as_object_mut().unwrap().remove("credential");
    shown["handlers"] = checkout["payment"]["handlers"].clone();
    assert_eq!(checkout["payment"], shown);
}

#[test]
fn a_token_is_on_no_answer_in_no_log_and_not_on_the_disk() {
    let secret = "tok-5f2c9e-very-secret";
    let token = format!(r#"{{"protocolVersion":"ECv2","signedMessage":"{secret}"}}"#);
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let mut told = vec![caller.update(
        &id,
        &json!({"payment": {"instruments": [
            guide::complete(&token)["payment_data"]
        ]}}),
    )];
    let mut wrong = guide::complete(&token);
    wrong["payment_data"]["type"] = json!(5);
    told.push(caller.complete(&id, &wrong));
    let mut unknown = guide::complete(&token);
    unknown["payment_data"]["handler_id"] = json!("shop_pay");
    told.push(caller.complete(&id, &unknown));
    let whole = guide::complete(&token).to_string();
    let path = path_of(&id, "complete");
    told.push(caller.ask("POST", &path, whole.strip_suffix('}').unwrap()));
    told.push(caller.ask("POST", &format!("{path}?token={secret}"), &whole));
    assert_eq!(told.last().unwrap().json()["status"], "completed");
    told.push(caller.keyed("k").complete(&id, &guide::complete(&token)));
    told.push(caller.get(&id));
    for answer in told {
        assert!(!answer.body.contains(secret), "{}", answer.body);
    }
    let mut serving = serving;
    serving.signal("TERM");
    assert!(serving.ended().success());
    assert!(!serving.log().contains(secret), "{}", serving.log());
    let mut read = 0;
    for file in files(&serving.data_dir()) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{} holds the token", file.display());
        read += bytes.len();
    }
    assert!(read > 0, "there was something to look at");
}

fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
