//! Section 11 of the protocol reference: what an update replaces, keeps and refuses.

use serde_json::{Value, json};

use crate::common::guide::{self, TOKEN, choose};
use crate::common::{Caller, Serving};
use crate::{body, messages, refused, totals};

/// What an update makes of a ready checkout.
fn updated(change: &Value) -> (Value, Value) {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let before = caller.get(&id).json();
    (before, body(&caller.update(&id, change), 200))
}

fn method(checkout: &Value) -> &Value {
    &checkout["fulfillment"]["methods"][0]
}

fn address(postal_code: &str, region: &str, country: &str) -> Value {
    json!({"fulfillment": {"methods": [{"type": "shipping", "destinations": [{
        "id": "dest_1", "address_region": region, "postal_code": postal_code,
        "address_country": country
    }]}]}})
}

#[test]
fn an_update_of_nothing_changes_nothing() {
    let (before, after) = updated(&json!({}));
    assert_eq!(after, before);
}

#[test]
fn a_member_that_is_given_replaces_the_whole_and_one_that_is_omitted_stays() {
    let (before, after) = updated(&json!({"buyer": {"email": "ines@example.com"}}));
    assert_eq!(after["buyer"], json!({"email": "ines@example.com"}));
    for member in ["line_items", "totals", "fulfillment", "payment", "status"] {
        assert_eq!(after[member], before[member], "{member}");
    }
}

#[test]
fn null_and_empty_clear() {
    for nothing in [Value::Null, json!({})] {
        let (_, after) = updated(&json!({"buyer": nothing, "fulfillment": nothing}));
        assert_eq!(after.get("buyer"), None);
        assert_eq!(after.get("fulfillment"), None);
        let lacks = ["error missing $.buyer.email", "error missing $.fulfillment.methods"];
        assert_eq!(messages(&after), lacks);
        assert_eq!(totals(&after), ["subtotal 10000", "tax 0", "total 10000"]);
    }
}

#[test]
fn quantities_and_items_change_and_lines_keep_their_ids() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let lines = |lines: Value| {
        let checkout = body(&caller.update(&id, &json!({"line_items": lines})), 200);
        let lines = checkout["line_items"].as_array().unwrap().clone();
        let word = |line: &Value| {
            let (id, item) = (line["id"].as_str().unwrap(), line["item"]["id"].as_str().unwrap());
            format!("{id} {item} {}", line["quantity"])
        };
        (lines.iter().map(word).collect::<Vec<_>>(), method(&checkout)["line_item_ids"].clone())
    };
    let line =
        |product: &str, quantity: u32| json!({"item": {"id": product}, "quantity": quantity});
    let named = |id: &str, product: &str, quantity: u32| json!({"id": id, "item": {"id": product}, "quantity": quantity});
    // Without an id a line is known by its item.
    let (told, covered) = lines(json!([line("product_12345", 3)]));
    assert_eq!((told, covered), (vec!["line_1 product_12345 3".to_owned()], json!(["line_1"])));
    let (told, covered) =
        lines(json!([line("product_sale", 1), named("line_1", "product_12345", 2)]));
    assert_eq!(told, ["line_2 product_sale 1", "line_1 product_12345 2"]);
    assert_eq!(covered, json!(["line_1", "line_2"]));
    // With its id a line may become another item.
    let (told, _) = lines(json!([named("line_1", "product_100", 1)]));
    assert_eq!(told, ["line_1 product_100 1"]);
    // What is gone is gone: its id is not used again.
    let (told, _) = lines(json!([named("line_1", "product_100", 1), line("product_sale", 1)]));
    assert_eq!(told, ["line_1 product_100 1", "line_3 product_sale 1"]);
}

#[test]
fn another_quantity_is_priced_and_taxed_anew() {
    let lines = json!([{"id": "line_1", "item": {"id": "product_12345"}, "quantity": 2}]);
    let (before, after) = updated(&json!({"line_items": lines}));
    assert_eq!(totals(&after), ["subtotal 20000", "fulfillment 500", "tax 1700", "total 22200"]);
    assert_eq!(method(&after), method(&before));
}

#[test]
fn an_unrelated_update_keeps_ids_and_choices() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let before = body(&caller.update(&id, &choose("ship_express")), 200);
    let group = &method(&before)["groups"][0];
    assert_eq!(group["selected_option_id"], "ship_express");
    for change in [
        json!({"buyer": {"email": "ines@example.com"}}),
        json!({"fulfillment": {"methods": [{"type": "shipping"}]}}),
        json!({"fulfillment": {"methods": [{"id": "method_1", "line_item_ids": ["line_1"]}]}}),
        json!({"discounts": {"codes": ["TENOFF"]}}),
        json!({"payment": {"instruments": [{"id": "pi", "handler_id": "gpay", "type": "card"}]}}),
        json!({"line_items": [{"item": {"id": "product_12345"}, "quantity": 1}]}),
    ] {
        let after = body(&caller.update(&id, &change), 200);
        assert_eq!(method(&after), method(&before), "{change}");
    }
}

#[test]
fn a_new_address_is_quoted_anew_and_keeps_the_choice_that_it_still_has() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    caller.update(&id, &choose("ship_express"));
    let checkout = body(&caller.update(&id, &address("89501", "NV", "US")), 200);
    assert_eq!(totals(&checkout), ["subtotal 10000", "fulfillment 1500", "tax 0", "total 11500"]);
    assert_eq!(method(&checkout)["groups"][0]["selected_option_id"], "ship_express");
    assert_eq!(method(&checkout)["groups"][0]["id"], "group_1");
    assert_eq!(method(&checkout)["destinations"][0]["postal_code"], "89501");
    assert_eq!(messages(&checkout), [""; 0]);
}

#[test]
fn a_choice_that_the_new_address_does_not_have_gives_way_with_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let shipping = "[shipping]\noptions = [\
        { id = \"slow\", title = \"Slow\", serves = [\"US\", \"DE\"], prices = [\"5.00 USD\"] },\
        { id = \"fast\", title = \"Fast\", serves = [\"US\"], prices = [\"15.00 USD\"] }]\n";
    let serving = Serving::of(home, shipping);
    let caller = serving.caller();
    let id = guide::ready(&caller);
    caller.update(&id, &choose("fast"));
    let checkout = body(&caller.update(&id, &address("10115", "BE", "DE")), 200);
    assert_eq!(method(&checkout)["groups"][0]["selected_option_id"], "slow");
    let path = "$.fulfillment.methods[0].groups[0].selected_option_id";
    assert_eq!(messages(&checkout), [format!("warning fulfillment_option_changed {path}")]);
    assert_eq!(checkout["status"], "ready_for_complete");
}

#[test]
fn an_unknown_choice_is_told_and_what_was_chosen_stays() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let checkout = body(&caller.update(&id, &choose("ship_rocket")), 200);
    let path = "$.fulfillment.methods[0].groups[0].selected_option_id";
    assert_eq!(messages(&checkout), [format!("error invalid {path}")]);
    assert_eq!(checkout["messages"][0]["severity"], "recoverable");
    assert_eq!(checkout["status"], "incomplete");
    assert_eq!(method(&checkout)["groups"][0]["selected_option_id"], "ship_ground");
    let elsewhere = json!({"fulfillment": {"methods": [
        {"type": "shipping", "selected_destination_id": "dest_9"}
    ]}});
    let checkout = body(&caller.update(&id, &elsewhere), 200);
    let path = "$.fulfillment.methods[0].selected_destination_id";
    assert_eq!(messages(&checkout), [format!("error invalid {path}")]);
    assert_eq!(method(&checkout)["selected_destination_id"], "dest_1");
    assert_eq!(status_after(&caller, &id, &choose("ship_ground")), "ready_for_complete");
}

fn status_after(caller: &Caller, id: &str, change: &Value) -> String {
    body(&caller.update(id, change), 200)["status"].as_str().unwrap().to_owned()
}

#[test]
fn ids_that_are_not_of_this_checkout_are_refused_and_change_nothing() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let before = caller.get(&id);
    let line = |id: &str| json!({"id": id, "item": {"id": "product_12345"}, "quantity": 1});
    let methods = |method: Value| json!({"fulfillment": {"methods": [method]}});
    for (change, message) in [
        (json!({"line_items": [line("line_2")]}), "invalid $.line_items[0].id"),
        (json!({"line_items": [line("product_12345")]}), "invalid $.line_items[0].id"),
        (json!({"line_items": [line("line_1"), line("line_1")]}), "invalid $.line_items[1].id"),
        (methods(json!({"id": "method_2"})), "invalid $.fulfillment.methods[0].id"),
        (methods(json!({"id": "m"})), "invalid $.fulfillment.methods[0].id"),
        (
            methods(json!({"id": "method_1", "line_item_ids": ["line_7"]})),
            "invalid $.fulfillment.methods[0].line_item_ids",
        ),
        (
            methods(json!({"id": "method_1", "groups": [{"id": "group_2"}]})),
            "invalid $.fulfillment.methods[0].groups[0].id",
        ),
        (json!({"id": guide::opened(&caller)}), "invalid $.id"),
    ] {
        refused(&caller.update(&id, &change), 400, message);
        assert_eq!(caller.get(&id).body, before.body, "{change}");
    }
}

#[test]
fn the_body_may_repeat_the_id_whole_or_in_part() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let (_, last) = id.rsplit_once('/').unwrap();
    for spelled in [id.as_str(), last] {
        body(&caller.update(&id, &json!({"id": spelled})), 200);
    }
}

#[test]
fn what_a_caller_cannot_write_is_ignored() {
    let (before, after) = updated(&json!({
        "status": "completed", "totals": [{"type": "total", "amount": 1}], "currency": "USD",
        "messages": [], "links": [], "order": {"id": "x"}, "expires_at": "2000-01-01T00:00:00Z",
        "continue_url": "https://elsewhere.example", "nobody": {"knows": ["this"]},
        "discounts": {"applied": [{"title": "all", "amount": 10000}]},
        "line_items": [{"id": "line_1", "quantity": 1, "total": 1, "base_amount": 1,
            "item": {"id": "product_12345", "title": "Gold", "price": 1}}],
        "fulfillment": {"methods": [{"type": "shipping", "groups": [{"id": "group_1",
            "options": [{"id": "ship_ground", "title": "Free", "total": 0}]}]}]}
    }));
    assert_eq!(after, before);
}

#[test]
fn a_whole_checkout_that_is_sent_back_as_it_came_changes_nothing() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    caller.update(&id, &choose("ship_express"));
    let before = caller.get(&id).json();
    assert_eq!(body(&caller.update(&id, &before), 200), before);
    let completed = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(completed["totals"], before["totals"]);
}
