//! Section 12 of the protocol reference: the same question gets the same answer.

use std::net::TcpStream;

use serde_json::{Value, json};

use crate::common::caller::path_of;
use crate::common::guide::{self, TOKEN};
use crate::common::{Answer, Caller, Serving, answer, until};
use crate::{body, refused};

/// Everything of an answer that must be repeated: all but the time of day.
fn whole(answer: &Answer) -> (u16, Vec<String>, String) {
    let lines = answer.headers.lines().filter(|line| !line.starts_with("date:"));
    (answer.status, lines.map(str::to_owned).collect(), answer.body.clone())
}

fn email(address: &str) -> Value {
    json!({"buyer": {"email": address}})
}

#[test]
fn each_operation_repeats_its_answer_byte_for_byte() {
    let serving = Serving::with("");
    let caller = serving.caller().keyed("3b9f2c1e-6a57-4d0c-9f1b-2c7d5e8a4410");
    let twice = |ask: &dyn Fn() -> Answer| {
        let (first, second) = (ask(), ask());
        assert_eq!(whole(&first), whole(&second));
        first.json()
    };
    let id = guide::id(&twice(&|| caller.create(&guide::create())));
    twice(&|| caller.update(&id, &guide::update()));
    let completed = twice(&|| caller.complete(&id, &guide::complete(TOKEN)));
    assert_eq!(completed["status"], "completed");
    let other = guide::opened(&serving.caller());
    assert_eq!(twice(&|| caller.cancel(&other))["status"], "canceled");
}

#[test]
fn a_repeated_update_is_not_carried_out_again() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let first = caller.keyed("k").update(&id, &email("first@example.com"));
    caller.update(&id, &email("second@example.com"));
    let again = caller.keyed("k").update(&id, &email("first@example.com"));
    assert_eq!(again.body, first.body);
    assert_eq!(caller.get(&id).json()["buyer"]["email"], "second@example.com");
}

#[test]
fn a_key_with_another_body_is_a_conflict_and_changes_nothing() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let keyed = caller.keyed("k");
    let create = guide::create();
    keyed.create(&create);
    refused(&keyed.create(&guide::create_of("product_100", "USD")), 409, "idempotency_conflict");
    keyed.update(&id, &email("first@example.com"));
    let before = caller.get(&id).body;
    let other = keyed.update(&id, &email("second@example.com"));
    refused(&other, 409, "idempotency_conflict");
    assert_eq!(caller.get(&id).body, before);
    keyed.complete(&id, &guide::complete("sim_decline_do_not_honor"));
    let before = caller.get(&id).body;
    let other = keyed.complete(&id, &guide::complete(TOKEN));
    refused(&other, 409, "idempotency_conflict");
    assert_eq!(caller.get(&id).body, before);
    assert_eq!(serving.stopped_book().of(&id), ["-reserved 11350 USD"]);
}

#[test]
fn a_key_counts_the_bytes_of_a_body_and_not_what_they_mean() {
    let serving = Serving::with("");
    let caller = serving.caller().keyed("k");
    let first = caller.ask("POST", "/checkout-sessions", guide::create().to_string());
    body(&first, 201);
    let spaced = format!(" {}", guide::create());
    let other = caller.ask("POST", "/checkout-sessions", spaced);
    refused(&other, 409, "idempotency_conflict");
}

#[test]
fn a_key_with_another_session_is_a_conflict_and_changes_nothing() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let (one, two) = (guide::ready(&caller), guide::ready(&caller));
    let keyed = caller.keyed("k");
    let before = caller.get(&two).body;
    keyed.update(&one, &email("first@example.com"));
    refused(&keyed.update(&two, &email("first@example.com")), 409, "idempotency_conflict");
    keyed.complete(&one, &guide::complete(TOKEN));
    refused(&keyed.complete(&two, &guide::complete(TOKEN)), 409, "idempotency_conflict");
    let three = guide::opened(&caller);
    keyed.cancel(&three);
    refused(&keyed.cancel(&two), 409, "idempotency_conflict");
    assert_eq!(caller.get(&two).body, before);
}

#[test]
fn a_key_belongs_to_its_operation() {
    let serving = Serving::with("");
    let caller = serving.caller().keyed("k");
    let id = guide::id(&body(&caller.create(&guide::create()), 201));
    body(&caller.update(&id, &guide::update()), 200);
    body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    refused(&caller.cancel(&id), 409, "already_completed");
}

#[test]
fn a_key_belongs_to_its_caller() {
    let serving = Serving::with("");
    let one = serving.caller().from("https://one.example/ucp").keyed("k");
    let two = serving.caller().from("https://two.example/ucp").keyed("k");
    let first = guide::id(&body(&one.create(&guide::create()), 201));
    let second = guide::id(&body(&two.create(&guide::create_of("product_100", "USD")), 201));
    assert_ne!(first, second);
}

#[test]
fn a_refusal_that_is_final_is_repeated_too() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let keyed = caller.keyed("k");
    let sold_out = guide::create_of("product_0", "USD");
    assert_eq!(whole(&keyed.create(&sold_out)), whole(&keyed.create(&sold_out)));
    let declined = guide::complete("sim_decline_insufficient_funds");
    let first = keyed.complete(&id, &declined);
    assert_eq!(whole(&keyed.complete(&id, &declined)), whole(&first));
    let completed = caller.complete(&id, &guide::complete(TOKEN));
    assert_eq!(completed.json()["status"], "completed");
    assert_eq!(whole(&keyed.complete(&id, &declined)), whole(&first));
    assert_eq!(
        serving.stopped_book().of(&id),
        ["-reserved 11350 USD", "reserved 11350 USD", "captured 11350 USD"]
    );
}

#[test]
fn without_a_key_each_request_is_one_of_its_own() {
    let serving = Serving::with("");
    let caller = serving.caller();
    assert_ne!(guide::opened(&caller), guide::opened(&caller));
    let id = guide::completed(&caller);
    refused(&caller.complete(&id, &guide::complete(TOKEN)), 409, "already_completed");
}

#[test]
fn a_key_on_a_read_means_nothing() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::opened(&caller);
    let before = body(&caller.keyed("k").get(&id), 200);
    caller.update(&id, &guide::update());
    assert_ne!(body(&caller.keyed("k").get(&id), 200), before);
}

#[test]
fn duplicates_of_a_request_in_progress_wait_for_its_answer() {
    // An answer of the processor takes long enough for all of them to arrive.
    let serving = Serving::with("[processor]\nlatency_median = \"150ms\"\n");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let payment = guide::complete(TOKEN).to_string();
    let keyed = caller.keyed("k");
    let say = |_| keyed.say("POST", &path_of(&id, "complete"), &payment);
    let mut waiting: Vec<TcpStream> = (0..16).map(say).collect();
    let other = keyed.complete(&id, &guide::complete("another token"));
    refused(&other, 409, "idempotency_conflict");
    let answers: Vec<_> = waiting.iter_mut().map(|socket| whole(&answer(socket))).collect();
    assert!(answers[0].2.contains(r#""status":"completed""#), "{}", answers[0].2);
    assert!(answers.iter().all(|each| *each == answers[0]));
    assert_eq!(serving.stopped_book().of(&id), ["reserved 11350 USD", "captured 11350 USD"]);
}

#[test]
fn duplicates_of_a_create_open_one_session() {
    let serving = Serving::with("");
    let keyed = serving.caller().keyed("k");
    let create = guide::create().to_string();
    let say = |_| keyed.say("POST", "/checkout-sessions", &create);
    let mut waiting: Vec<TcpStream> = (0..16).map(say).collect();
    let answers: Vec<_> = waiting.iter_mut().map(|socket| whole(&answer(socket))).collect();
    assert_eq!(answers[0].0, 201);
    assert!(answers.iter().all(|each| *each == answers[0]));
}

#[test]
fn a_key_is_remembered_after_a_crash() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let payment = guide::complete(TOKEN);
    let ask = |caller: &Caller| {
        let keyed = caller.keyed("k");
        let other = guide::create_of("product_0", "USD");
        let answers = [
            keyed.create(&guide::create()),
            keyed.complete(&id, &payment),
            caller.keyed("refused").create(&other),
        ];
        answers.map(|answer| whole(&answer))
    };
    let before = ask(&caller);
    let serving = serving.again();
    let caller = serving.caller();
    assert_eq!(ask(&caller), before);
    let other = caller.keyed("k").create(&guide::create_of("product_100", "USD"));
    refused(&other, 409, "idempotency_conflict");
    // The crash may have come before the money was captured: then it is on its way.
    let book = serving.stopped_book().of(&id);
    assert_eq!(book.iter().filter(|entry| entry.starts_with("reserved")).count(), 1);
}

#[test]
fn an_answer_that_there_was_no_room_is_not_remembered() {
    let serving = Serving::with(
        "[engine]\nasks_max = 1\ncomplete_deadline = \"2s\"\ngateway_timeout = \"10s\"\n",
    );
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let payment = guide::complete("sim_timeout_then_approve").to_string();
    let mut paying = caller.say("POST", &path_of(&id, "complete"), payment);
    let keyed = caller.keyed("k");
    until(|| serving.metric("engine_asks_in_flight") == Some(1.0));
    let full = keyed.create(&guide::create());
    refused(&full, 503, "unavailable");
    assert_eq!(full.header("retry-after"), Some("1"));
    assert_eq!(answer(&mut paying).json()["status"], "complete_in_progress");
    body(&keyed.create(&guide::create()), 201);
}
