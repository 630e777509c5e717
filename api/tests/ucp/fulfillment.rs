//! Section 15 of the protocol reference: where the goods go, and how.

use serde_json::{Value, json};

use crate::common::guide::{self, TOKEN};
use crate::common::{Caller, Serving};
use crate::{body, messages, refused, totals};

fn ready_to_choose(caller: &Caller) -> String {
    let id = guide::opened(caller);
    body(&caller.update(&id, &json!({"buyer": {"email": "jane@example.com"}})), 200);
    id
}

fn methods(methods: Value) -> Value {
    json!({"fulfillment": {"methods": methods}})
}

#[test]
fn goods_are_picked_up_in_a_shop_that_is_chosen() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = ready_to_choose(&caller);
    let offered = body(&caller.update(&id, &methods(json!([{"type": "pickup"}]))), 200);
    assert_eq!(offered["status"], "incomplete");
    let method = &offered["fulfillment"]["methods"][0];
    assert_eq!(method["selected_destination_id"], Value::Null);
    assert_eq!(
        method["destinations"],
        json!([{"id": "shop_mountain_view", "name": "Example Merchant, Castro Street", "address": {
            "street_address": "100 Castro Street", "address_locality": "Mountain View",
            "address_region": "CA", "postal_code": "94041",
            "address_country": "US", "country": "US"
        }}])
    );
    let path = "$.fulfillment.methods[0].selected_destination_id";
    assert_eq!(messages(&offered), [format!("error missing {path}")]);
    let there = json!([{"type": "pickup", "selected_destination_id": "shop_mountain_view"}]);
    let chosen = body(&caller.update(&id, &methods(there)), 200);
    assert_eq!(chosen["status"], "ready_for_complete");
    assert_eq!(chosen["fulfillment"]["methods"][0]["id"], method["id"]);
    assert_eq!(totals(&chosen), ["subtotal 10000", "fulfillment 0", "tax 850", "total 10850"]);
    let completed = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(completed["status"], "completed");
}

#[test]
fn an_address_that_is_not_served_is_told_and_has_no_options() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = ready_to_choose(&caller);
    let far = json!([{"type": "shipping", "destinations": [
        {"postal_code": "0001", "address_country": "AQ"}
    ]}]);
    let checkout = body(&caller.update(&id, &methods(far)), 200);
    let path = "$.fulfillment.methods[0].destinations[0]";
    assert_eq!(messages(&checkout), [format!("error address_undeliverable {path}")]);
    assert_eq!(checkout["messages"][0]["severity"], "recoverable");
    assert_eq!(checkout["fulfillment"]["methods"][0]["groups"][0]["options"], json!([]));
    assert_eq!(checkout["status"], "incomplete");
    assert_eq!(totals(&checkout), ["subtotal 10000", "tax 0", "total 10000"]);
}

#[test]
fn an_address_is_quoted_as_soon_as_there_is_enough_of_it() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = ready_to_choose(&caller);
    let to = |address: Value| {
        let to = methods(json!([{"type": "shipping", "destinations": [address]}]));
        body(&caller.update(&id, &to), 200)
    };
    let path = "$.fulfillment.methods[0].destinations[0]";
    let nowhere = to(json!({"postal_code": "94043"}));
    assert_eq!(messages(&nowhere), [format!("error missing {path}.address_country")]);
    let country = to(json!({"address_country": "US"}));
    assert_eq!(messages(&country), [format!("error missing {path}.postal_code")]);
    let region = to(json!({"address_country": "US", "address_region": "CA"}));
    assert_eq!(region["status"], "ready_for_complete");
    // The street comes later, and moves nothing.
    let street = to(json!({"address_country": "US", "address_region": "CA",
        "street_address": "1600 Amphitheatre Parkway"}));
    assert_eq!(street["totals"], region["totals"]);
    let places = [&region, &street]
        .map(|checkout| checkout["fulfillment"]["methods"][0]["destinations"][0]["id"].clone());
    assert_eq!(places[0], places[1]);
}

#[test]
fn both_spellings_of_the_country_are_read_and_written() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = ready_to_choose(&caller);
    for spelling in ["country", "address_country"] {
        let to = json!([{"type": "shipping", "destinations": [
            {"postal_code": "94043", spelling: "US"}
        ]}]);
        let checkout = body(&caller.update(&id, &methods(to)), 200);
        let place = &checkout["fulfillment"]["methods"][0]["destinations"][0];
        assert_eq!((&place["country"], &place["address_country"]), (&json!("US"), &json!("US")));
    }
}

#[test]
fn lines_may_travel_by_two_methods_and_each_line_by_one() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = ready_to_choose(&caller);
    let lines = json!({"line_items": [
        {"id": "line_1", "item": {"id": "product_12345"}, "quantity": 1},
        {"item": {"id": "product_sale"}, "quantity": 1}
    ]});
    body(&caller.update(&id, &lines), 200);
    let two = methods(json!([
        {"type": "shipping", "line_item_ids": ["line_1"], "destinations": [
            {"id": "home", "postal_code": "94043", "address_region": "CA", "country": "US"}
        ]},
        {"type": "pickup", "line_item_ids": ["line_2"],
         "selected_destination_id": "shop_mountain_view"}
    ]));
    let checkout = body(&caller.update(&id, &two), 200);
    assert_eq!(checkout["status"], "ready_for_complete");
    let covered: Vec<&Value> = checkout["fulfillment"]["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|method| &method["line_item_ids"])
        .collect();
    assert_eq!(covered, [&json!(["line_1"]), &json!(["line_2"])]);
    assert_eq!(totals(&checkout), ["subtotal 11250", "fulfillment 500", "tax 956", "total 12706"]);
}

#[test]
fn on_create_a_caller_may_name_lines_and_places_in_its_own_words() {
    let serving = Serving::with("");
    let mut whole = guide::create();
    whole["buyer"] = json!({"email": "jane@example.com"});
    whole["fulfillment"] = json!({"methods": [{
        "id": "theirs", "type": "shipping", "line_item_ids": ["product_12345"],
        "destinations": [{"id": "home", "postal_code": "94043", "country": "US"}],
        "selected_destination_id": "home",
        "groups": [{"id": "theirs", "selected_option_id": "ship_express"}]
    }]});
    let checkout = body(&serving.caller().create(&whole), 201);
    let method = &checkout["fulfillment"]["methods"][0];
    assert_eq!(method["id"], "method_1");
    assert_eq!(method["line_item_ids"], json!(["line_1"]));
    assert_eq!(method["selected_destination_id"], "home");
    assert_eq!(method["groups"][0]["selected_option_id"], "ship_express");
    assert_eq!(checkout["status"], "ready_for_complete");
}

#[test]
fn a_method_that_is_not_named_and_of_no_kind_is_refused() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = ready_to_choose(&caller);
    let before = caller.get(&id).body;
    let answer = caller.update(&id, &methods(json!([{"destinations": []}])));
    refused(&answer, 400, "missing $.fulfillment.methods[0].type");
    assert_eq!(caller.get(&id).body, before);
}
