//! Section 26 of the protocol reference: mistakes that others made, each with its test.
//!
//! | mistake | where it is looked for |
//! |---|---|
//! | 1 what an update omits | `put.rs` |
//! | 2 the caller's prices and titles | here |
//! | 3 global ids in paths, tails in bodies | here |
//! | 4 state before key, parsed hash, kept 5xx | `idempotency.rs` |
//! | 5 charging before looking again, or twice | `time.rs`, `payment.rs` |
//! | 6 the credential echoed | `payment.rs` |
//! | 7 signs and names of totals | here, `money.rs` |
//! | 8 sums that do not add up | here, and wherever totals are compared |
//! | 9 a hand-off without an address or a reason | here |
//! | 10 declines as client errors | `payment.rs` |
//! | 11 the shape and the names of capabilities | here |
//! | 12 the version rule of another dialect | `callers.rs` |
//! | 13 several groups for who cannot show them | here |
//! | 14 rejected codes dropped, or in the way | `money.rs` |
//! | 15 order webhooks | there are none yet |
//! | 16 cents for every currency | `money.rs` |
//! | 17 an order while paying | `payment.rs` |
//! | 18 another platform's checkout | `callers.rs` |

use serde_json::{Value, json};

use crate::common::Serving;
use crate::common::guide::{self, TOKEN};
use crate::{body, messages, refused, totals};

#[test]
fn prices_titles_and_totals_of_callers_count_for_nothing() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let create = json!({
        "line_items": [{
            "item": {"id": "product_12345", "title": "Free Shoes", "price": 1},
            "quantity": 1, "base_amount": 1, "subtotal": 1, "total": 1
        }],
        "currency": "USD",
        "totals": [{"type": "total", "amount": 1}],
        "discounts": {"applied": [{"title": "mine", "amount": 9999}]}
    });
    let id = guide::ready_with(&caller, &create);
    let checkout = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    let item = &checkout["line_items"][0]["item"];
    assert_eq!((&item["title"], &item["price"]), (&json!("Running Shoes"), &json!(10_000)));
    assert_eq!(serving.stopped_book().of(&id), ["reserved 11350 USD", "captured 11350 USD"]);
}

#[test]
fn the_body_has_the_whole_id_and_the_path_needs_its_last_component() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let checkout = body(&caller.create(&guide::create()), 201);
    let id = guide::id(&checkout);
    let (whole, last) = id.rsplit_once('/').unwrap();
    assert_eq!(whole, "gid://merchant.example.com/Checkout");
    assert!(last.starts_with("chk_"));
    let encoded = id.replace(':', "%3A").replace('/', "%2F");
    for spelled in [last, &id, &encoded] {
        let read = caller.ask("GET", &format!("/checkout-sessions/{spelled}"), "");
        assert_eq!(body(&read, 200), checkout, "{spelled}");
    }
    refused(&caller.ask("GET", &format!("/checkout-sessions/x/{last}"), ""), 404, "not_found");
}

#[test]
fn ids_are_plain_where_that_is_configured() {
    let serving = Serving::with("[merchant]\nids = \"plain\"\n");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    assert!(id.starts_with("chk_"));
    body(&caller.update(&id, &json!({"id": format!("gid://x.example/Checkout/{id}")})), 200);
    let checkout = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(guide::id(&checkout), id);
    assert!(checkout["order_id"].as_str().unwrap().starts_with("ord_"));
}

#[test]
fn what_travelling_costs_is_called_fulfillment_and_a_discount_is_positive() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let codes = json!({"discounts": {"codes": ["TENOFF", "FIVEOFF"]}});
    let checkout = body(&caller.update(&id, &codes), 200);
    let known = ["subtotal", "items_discount", "discount", "fulfillment", "tax", "total"];
    let lines = checkout["line_items"].as_array().unwrap();
    let groups = checkout["fulfillment"]["methods"][0]["groups"].as_array().unwrap();
    let options = groups[0]["options"].as_array().unwrap();
    let everywhere = [&checkout].into_iter().chain(lines).chain(options);
    for entry in everywhere.flat_map(|owner| owner["totals"].as_array().unwrap()) {
        assert!(known.contains(&entry["type"].as_str().unwrap()), "{entry}");
        assert!(entry["amount"].is_u64(), "{entry}");
    }
}

#[test]
fn totals_add_up_whatever_is_bought_with_whatever_codes() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let codes = [json!([]), json!(["TENOFF"]), json!(["TENOFF", "FIVEOFF"]), json!(["SOLO20"])];
    for quantity in [1, 3, 7, 41, 9_999] {
        for codes in &codes {
            let change = json!({
                "line_items": [
                    {"item": {"id": "product_12345"}, "quantity": quantity},
                    {"item": {"id": "product_sale"}, "quantity": quantity}
                ],
                "discounts": {"codes": codes}
            });
            let checkout = body(&caller.update(&id, &change), 200);
            totals(&checkout);
            let of_line = |line: &Value| line["total"].as_u64().unwrap();
            let lines: u64 = checkout["line_items"].as_array().unwrap().iter().map(of_line).sum();
            let of = |kind: &str| {
                let entries = checkout["totals"].as_array().unwrap();
                let found = entries.iter().find(|entry| entry["type"] == kind);
                found.map_or(0, |entry| entry["amount"].as_u64().unwrap())
            };
            assert_eq!(lines, of("subtotal") - of("items_discount"));
        }
    }
}

#[test]
fn a_hand_off_has_an_address_and_a_reason() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let challenge = guide::complete("sim_decline_authentication_required");
    let checkout = body(&caller.complete(&id, &challenge), 200);
    assert_eq!(checkout["status"], "requires_escalation");
    let (_, last) = id.rsplit_once('/').unwrap();
    let address = format!("https://merchant.example.com/checkout/{last}");
    assert_eq!(checkout["continue_url"], json!(address));
    assert_eq!(messages(&checkout), ["error requires_3ds"]);
    assert_eq!(checkout["messages"][0]["severity"], "requires_buyer_input");
}

#[test]
fn capabilities_are_a_list_of_checkout_and_what_extends_it() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let checkout = body(&caller.create(&guide::create()), 201);
    let profile = body(&caller.ask("GET", "/.well-known/ucp", ""), 200);
    let names = |body: &Value| {
        let list = body["ucp"]["capabilities"].as_array().unwrap().iter();
        list.map(|each| each["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = ["checkout", "fulfillment", "discount", "buyer_consent"];
    let expected = expected.map(|name| format!("dev.ucp.shopping.{name}"));
    assert_eq!(names(&checkout), expected);
    assert_eq!(names(&profile), expected);
    for capability in profile["ucp"]["capabilities"].as_array().unwrap().iter().skip(1) {
        assert_eq!(capability["extends"], "dev.ucp.shopping.checkout");
    }
}

#[test]
fn a_method_has_one_group_with_all_its_lines() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let lines = json!({"line_items": [
        {"item": {"id": "product_12345"}, "quantity": 1},
        {"item": {"id": "product_sale"}, "quantity": 2},
        {"item": {"id": "product_100"}, "quantity": 1}
    ]});
    let checkout = body(&caller.update(&id, &lines), 200);
    let method = &checkout["fulfillment"]["methods"][0];
    let groups = method["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(method["line_item_ids"], json!(["line_1", "line_2", "line_3"]));
    assert_eq!(groups[0]["line_item_ids"], method["line_item_ids"]);
}
