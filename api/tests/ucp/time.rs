//! Time passing: sessions that nobody completes, prices that change meanwhile.

use std::fs;

use serde_json::json;

use crate::common::guide::{self, TOKEN};
use crate::common::{Serving, awaited, until};
use crate::{body, messages, refused, totals};

#[test]
fn a_session_that_nobody_completes_is_canceled_and_takes_no_more_writes() {
    let serving = Serving::with("[engine]\nsession_lives = \"1s\"\n");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let checkout = awaited(|| {
        let checkout = caller.get(&id).json();
        (checkout["status"] == "canceled").then_some(checkout)
    });
    assert_eq!(messages(&checkout), ["info expired"]);
    for member in ["continue_url", "expires_at"] {
        assert_eq!(checkout.get(member), None);
    }
    for answer in [
        caller.update(&id, &json!({"buyer": null})),
        caller.complete(&id, &guide::complete(TOKEN)),
        caller.cancel(&id),
    ] {
        refused(&answer, 409, "expired");
    }
    assert_eq!(caller.get(&id).json(), checkout);
    assert_eq!(serving.stopped_book().of(&id), [""; 0]);
}

#[test]
fn a_session_expires_though_the_program_was_down_when_its_time_came() {
    let serving = Serving::with("[engine]\nsession_lives = \"50ms\"\n");
    let id = guide::opened(&serving.caller());
    let serving = serving.again();
    let caller = serving.caller();
    until(|| caller.get(&id).json()["status"] == "canceled");
}

#[test]
fn a_session_that_is_being_paid_for_does_not_expire() {
    let serving = Serving::with(
        "[engine]\nsession_lives = \"1s\"\ncomplete_deadline = \"20ms\"\n\
         gateway_timeout = \"1500ms\"\n",
    );
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let payment = guide::complete("sim_timeout_then_approve");
    let first = body(&caller.complete(&id, &payment), 200);
    assert_eq!(first["status"], "complete_in_progress");
    let last = awaited(|| {
        let checkout = caller.get(&id).json();
        (checkout["status"] != "complete_in_progress").then_some(checkout)
    });
    assert_eq!(last["status"], "completed");
}

/// A shop with one product, whose price is told by `feed`.
fn feed(price: &str, title: &str) -> String {
    format!("id\ttitle\tprice\tavailability\tquantity\ntea\t{title}\t{price}\tin_stock\t5\n")
}

/// A program that sells tea, and what makes it sell by another feed from then on.
fn selling_tea() -> (Serving, impl Fn(&Serving, &str)) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("feed.tsv");
    fs::write(&file, feed("10.00 USD", "Tea")).unwrap();
    let serving = Serving::of(home, "[catalogue]\nfeed = \"feed.tsv\"\n");
    let sell = move |serving: &Serving, feed: &str| {
        fs::write(&file, feed).unwrap();
        serving.signal("HUP");
        let taken = r#"api_catalogue_reloads_total{outcome="taken"}"#;
        until(|| serving.metric(taken) == Some(1.0));
    };
    (serving, sell)
}

#[test]
fn an_item_that_is_sold_no_longer_is_told_and_nothing_is_charged() {
    let (serving, sell) = selling_tea();
    let caller = serving.caller();
    let id = guide::ready_with(&caller, &guide::create_of("tea", "USD"));
    sell(&serving, &feed("10.00 USD", "Tea").replace("tea", "coffee"));
    let told = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(told["status"], "incomplete");
    assert_eq!(messages(&told), ["error out_of_stock $.line_items[0]"]);
    let instead = json!({"line_items": [{"item": {"id": "coffee"}, "quantity": 1}]});
    assert_eq!(body(&caller.update(&id, &instead), 200)["status"], "ready_for_complete");
    let completed = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(completed["status"], "completed");
    assert_eq!(serving.stopped_book().of(&id), ["reserved 1585 USD", "captured 1585 USD"]);
}

#[test]
fn a_price_that_changed_is_told_before_anything_is_charged() {
    let (serving, sell) = selling_tea();
    let caller = serving.caller();
    let id = guide::ready_with(&caller, &guide::create_of("tea", "USD"));
    let other = guide::ready_with(&caller, &guide::create_of("tea", "USD"));
    sell(&serving, &feed("20.00 USD", "Tea"));
    let told = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(told["status"], "ready_for_complete");
    assert_eq!(messages(&told), ["warning totals_changed $.totals[3]"]);
    assert_eq!(totals(&told), ["subtotal 2000", "fulfillment 500", "tax 170", "total 2670"]);
    assert_eq!(told["totals"][3]["type"], "total");
    let completed = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(completed["status"], "completed");

    // An update is an answer to the new price, too.
    let updated = body(&caller.update(&other, &json!({})), 200);
    assert_eq!(totals(&updated), totals(&completed));
    let book = serving.stopped_book();
    assert_eq!(book.of(&id), ["reserved 2670 USD", "captured 2670 USD"]);
    assert_eq!(book.of(&other), [""; 0]);
}

#[test]
fn a_new_title_at_the_same_price_is_nothing_to_ask_about() {
    let (serving, sell) = selling_tea();
    let caller = serving.caller();
    let id = guide::ready_with(&caller, &guide::create_of("tea", "USD"));
    sell(&serving, &feed("10.00 USD", "Fine Tea"));
    let completed = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(completed["status"], "completed");
    assert_eq!(completed["line_items"][0]["item"]["title"], "Fine Tea");
}
