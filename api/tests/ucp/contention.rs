//! Many buyers, few units.

use std::net::TcpStream;
use std::thread;

use serde_json::{Value, json};

use crate::common::caller::path_of;
use crate::common::guide::{self, TOKEN};
use crate::common::{Caller, Serving, answer, until};
use crate::{body, messages, refused};

const BUYERS: usize = 1_000;

fn limited() -> Value {
    guide::create_of("product_100", "USD")
}

#[test]
fn of_a_thousand_buyers_of_a_hundred_units_exactly_a_hundred_get_one() {
    let serving = Serving::with("[processor]\nlatency_median = \"1ms\"\nlatency_p99 = \"20ms\"\n");
    let caller = serving.caller();
    let ids = many_ready(&caller);
    let payment = guide::complete(TOKEN).to_string();
    let say = |id: &String| caller.say("POST", &path_of(id, "complete"), &payment);
    let mut paying: Vec<TcpStream> = ids.iter().map(say).collect();
    let answers: Vec<Value> = paying.iter_mut().map(|socket| body(&answer(socket), 200)).collect();

    let (completed, others): (Vec<_>, Vec<_>) =
        answers.iter().partition(|checkout| checkout["status"] == "completed");
    assert_eq!(completed.len(), 100);
    for checkout in others {
        assert_eq!(checkout["status"], "incomplete");
        assert_eq!(messages(checkout), ["error out_of_stock $.line_items[0]"]);
    }
    refused(&caller.create(&limited()), 400, "out_of_stock $.line_items");
    until(|| serving.metric(r#"engine_units_total{movement="sold"}"#) == Some(100.0));
    let book = serving.stopped_book();
    let charged = ids.iter().filter(|id| !book.of(id).is_empty()).count();
    assert_eq!(charged, 100, "nobody else was charged");
}

/// A session for each buyer, opened by a few at a time.
fn many_ready(caller: &Caller) -> Vec<String> {
    let some = |_| {
        let caller = caller.clone();
        thread::spawn(move || {
            (0..BUYERS / 8).map(|_| guide::ready_with(&caller, &limited())).collect::<Vec<_>>()
        })
    };
    let working: Vec<_> = (0..8).map(some).collect();
    working.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
}

#[test]
fn the_unit_of_a_declined_buyer_is_there_for_the_next() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let all = json!({"line_items": [{"item": {"id": "product_100"}, "quantity": 100}]});
    let (first, second) = (guide::ready_with(&caller, &all), guide::ready_with(&caller, &all));
    let declined = caller.complete(&first, &guide::complete("sim_decline_do_not_honor"));
    assert_eq!(body(&declined, 200)["status"], "ready_for_complete");
    // What is given back travels to the stock on its own.
    until(|| serving.metric(r#"engine_units_total{movement="released"}"#) == Some(100.0));
    let completed = body(&caller.complete(&second, &guide::complete(TOKEN)), 200);
    assert_eq!(completed["status"], "completed");
    let too_late = body(&caller.complete(&first, &guide::complete(TOKEN)), 200);
    assert_eq!(messages(&too_late), ["error out_of_stock $.line_items[0]"]);
    assert_eq!(too_late["status"], "incomplete");
}

#[test]
fn what_is_sold_out_is_kept_beside_what_is_not_and_can_be_taken_off() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let both = json!({"line_items": [
        {"item": {"id": "product_12345"}, "quantity": 1},
        {"item": {"id": "product_0"}, "quantity": 1}
    ]});
    let id = guide::id(&body(&caller.create(&both), 201));
    let checkout = body(&caller.update(&id, &guide::update()), 200);
    assert_eq!(checkout["status"], "incomplete");
    assert_eq!(messages(&checkout), ["error out_of_stock $.line_items[1]"]);
    let refused = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(refused, checkout);
    let lines = json!({"line_items": [
        {"id": "line_1", "item": {"id": "product_12345"}, "quantity": 1}
    ]});
    let checkout = body(&caller.update(&id, &lines), 200);
    assert_eq!(checkout["status"], "ready_for_complete");
}

#[test]
fn whoever_wants_more_than_there_is_learns_how_much_there_is() {
    let serving = Serving::with("");
    let more = json!({"line_items": [{"item": {"id": "product_100"}, "quantity": 101}]});
    let checkout = body(&serving.caller().create(&more), 201);
    assert_eq!(messages(&checkout)[0], "error out_of_stock $.line_items[0]");
    let words = checkout["messages"][0]["content"].as_str().unwrap();
    assert!(words.contains("Only 100"), "{words}");
}

#[test]
fn of_many_completes_of_one_checkout_one_is_carried_out() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let say = |number: usize| {
        let payment = guide::complete(&format!("token-{number}")).to_string();
        caller.keyed(&format!("k{number}")).say("POST", &path_of(&id, "complete"), payment)
    };
    let mut paying: Vec<TcpStream> = (0..32).map(say).collect();
    let answers: Vec<_> = paying.iter_mut().map(answer).collect();
    let (first, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].json()["status"], "completed");
    for other in others {
        let code = &other.json()["messages"][0]["code"];
        assert!(code == "complete_in_progress" || code == "already_completed", "{code}");
        assert_eq!(other.status, 409);
    }
    assert_eq!(serving.stopped_book().of(&id), ["reserved 11350 USD", "captured 11350 USD"]);
}

#[test]
fn of_a_complete_and_a_cancel_at_once_one_wins_and_the_other_learns_it() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let ids: Vec<String> = (0..20).map(|_| guide::ready(&caller)).collect();
    let payment = guide::complete(TOKEN).to_string();
    let complete = |id: &str| caller.say("POST", &path_of(id, "complete"), &payment);
    let cancel = |id: &str| caller.say("POST", &path_of(id, "cancel"), "");
    let both = |(number, id): (usize, &String)| match number % 2 {
        0 => [complete(id), cancel(id)],
        _ => {
            let first = cancel(id);
            [complete(id), first]
        }
    };
    let mut asked: Vec<[TcpStream; 2]> = ids.iter().enumerate().map(both).collect();
    let mut ends = vec![];
    for (id, [complete, cancel]) in ids.iter().zip(&mut asked) {
        let (completed, canceled) = (answer(complete).status, answer(cancel).status);
        let end = caller.get(id).json()["status"].as_str().unwrap().to_owned();
        match end.as_str() {
            "completed" => assert_eq!((completed, canceled), (200, 409)),
            "canceled" => assert_eq!((completed, canceled), (409, 200)),
            other => panic!("{other}"),
        }
        ends.push(end);
    }
    let book = serving.stopped_book();
    for (id, end) in ids.iter().zip(ends) {
        assert_eq!(book.of(id).len(), if end == "completed" { 2 } else { 0 });
    }
}
