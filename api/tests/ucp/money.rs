//! Sections 13, 16 and 17 of the protocol reference: currencies, discounts, consent.

use serde_json::{Value, json};

use crate::common::guide::{self, TOKEN};
use crate::common::{Caller, Serving};
use crate::{body, messages, totals};

/// A purchase with these lines and codes, priced for the guide's address.
fn priced(lines: Value, codes: Value) -> Value {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::id(&body(&caller.create(&json!({"line_items": lines})), 201));
    body(&caller.update(&id, &guide::update()), 200);
    body(&caller.update(&id, &json!({"discounts": {"codes": codes}})), 200)
}

fn line(product: &str, quantity: u32) -> Value {
    json!({"item": {"id": product}, "quantity": quantity})
}

#[test]
fn a_currency_without_decimals_is_counted_in_whole_units() {
    let serving = Serving::with("");
    let checkout = bought(&serving.caller(), "product_jpy", "JPY", "JP", "13");
    assert_eq!(checkout["line_items"][0]["item"]["price"], 1500);
    assert_eq!(totals(&checkout), ["subtotal 1500", "fulfillment 750", "tax 0", "total 2250"]);
    assert_eq!(serving.stopped_book().of(&guide::id(&checkout)), charged("2250 JPY"));
}

#[test]
fn a_currency_of_three_decimals_is_counted_in_thousandths() {
    let serving = Serving::with("");
    let checkout = bought(&serving.caller(), "product_kwd", "KWD", "KW", "13001");
    assert_eq!(checkout["line_items"][0]["item"]["price"], 12_500);
    assert_eq!(totals(&checkout), ["subtotal 12500", "fulfillment 1500", "tax 0", "total 14000"]);
    assert_eq!(serving.stopped_book().of(&guide::id(&checkout)), charged("14000 KWD"));
}

fn bought(caller: &Caller, product: &str, currency: &str, country: &str, code: &str) -> Value {
    let id = guide::opened_with(caller, &guide::create_of(product, currency));
    let mut update = guide::update();
    update["fulfillment"]["methods"][0]["destinations"] =
        json!([{"id": "dest_1", "postal_code": code, "address_country": country}]);
    body(&caller.update(&id, &update), 200);
    let checkout = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(
        (&checkout["status"], &checkout["currency"]),
        (&json!("completed"), &json!(currency))
    );
    checkout
}

fn charged(amount: &str) -> [String; 2] {
    [format!("reserved {amount}"), format!("captured {amount}")]
}

#[test]
fn without_a_currency_it_is_the_products() {
    let serving = Serving::with("");
    let lines = json!({"line_items": [line("product_jpy", 1)]});
    assert_eq!(body(&serving.caller().create(&lines), 201)["currency"], "JPY");
}

#[test]
fn what_is_on_sale_has_its_sale_price() {
    let checkout = priced(json!([line("product_sale", 2)]), json!([]));
    assert_eq!(checkout["line_items"][0]["item"]["price"], 1_250);
    // 2.125 of tax is 213 cents and not 212.
    assert_eq!(totals(&checkout), ["subtotal 2500", "fulfillment 500", "tax 213", "total 3213"]);
}

#[test]
fn a_share_is_taken_off_each_line_and_named_with_its_parts() {
    let lines = json!([line("product_12345", 1), line("product_sale", 1)]);
    let checkout = priced(lines, json!(["TENOFF"]));
    assert_eq!(
        totals(&checkout),
        ["subtotal 11250", "items_discount 1125", "fulfillment 500", "tax 861", "total 11486"]
    );
    assert_eq!(
        checkout["discounts"],
        json!({"codes": ["TENOFF"], "applied": [{
            "code": "TENOFF", "title": "10% off", "amount": 1125, "automatic": false,
            "priority": 100, "method": "each", "allocations": [
                {"path": "$.line_items[0]", "amount": 1000},
                {"path": "$.line_items[1]", "amount": 125}
            ]
        }]})
    );
    let line = &checkout["line_items"][1];
    assert_eq!(
        line["totals"],
        json!([{"type": "subtotal", "amount": 1250}, {"type": "items_discount", "amount": 125},
            {"type": "total", "amount": 1125}])
    );
    let scalars = ["base_amount", "discount", "subtotal", "total"].map(|name| line[name].clone());
    assert_eq!(scalars, [1250, 125, 1125, 1125]);
    assert_eq!(checkout["status"], "ready_for_complete");
}

#[test]
fn an_amount_is_taken_off_the_order_after_the_shares() {
    let checkout = priced(json!([line("product_12345", 1)]), json!(["FIVEOFF", "tenoff"]));
    assert_eq!(
        totals(&checkout),
        [
            "subtotal 10000",
            "items_discount 1000",
            "discount 500",
            "fulfillment 500",
            "tax 723",
            "total 9723"
        ]
    );
    let codes: Vec<&Value> = checkout["discounts"]["applied"]
        .as_array()
        .unwrap()
        .iter()
        .map(|applied| &applied["code"])
        .collect();
    assert_eq!(codes, ["tenoff", "FIVEOFF"]);
    assert_eq!(checkout["discounts"]["codes"], json!(["FIVEOFF", "tenoff"]));
}

#[test]
fn a_rejected_code_is_kept_and_warned_of_and_stands_in_nobodys_way() {
    for (codes, index, word) in [
        (json!(["NOSUCH"]), 0, "discount_code_invalid"),
        (json!(["TENOFF", "SUMMER25"]), 1, "discount_code_expired"),
        (json!(["TENOFF", "TenOff"]), 1, "discount_code_already_applied"),
        (json!(["TENOFF", "SOLO20"]), 1, "discount_code_combination_disallowed"),
    ] {
        let checkout = priced(json!([line("product_12345", 1)]), codes.clone());
        let warning = format!("warning {word} $.discounts.codes[{index}]");
        assert_eq!(messages(&checkout), [warning], "{codes}");
        assert_eq!(checkout["discounts"]["codes"], codes);
        assert_eq!(checkout["status"], "ready_for_complete");
    }
    let small = priced(json!([line("product_sale", 1)]), json!(["FIVEOFF"]));
    assert_eq!(messages(&small), ["warning discount_code_user_ineligible $.discounts.codes[0]"]);
    assert_eq!(totals(&small), ["subtotal 1250", "fulfillment 500", "tax 106", "total 1856"]);
}

#[test]
fn codes_replace_the_codes_before_and_none_clears_them() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let codes =
        |codes: Value| body(&caller.update(&id, &json!({"discounts": {"codes": codes}})), 200);
    assert_eq!(codes(json!(["TENOFF"]))["discounts"]["codes"], json!(["TENOFF"]));
    assert_eq!(codes(json!(["FIVEOFF"]))["discounts"]["codes"], json!(["FIVEOFF"]));
    let cleared = codes(json!([]));
    assert_eq!(cleared.get("discounts"), None);
    assert_eq!(totals(&cleared), ["subtotal 10000", "fulfillment 500", "tax 850", "total 11350"]);
}

#[test]
fn an_automatic_discount_has_no_code_and_cannot_be_removed() {
    let checkout = priced(json!([line("product_12345", 5)]), json!([]));
    assert_eq!(
        checkout["discounts"]["applied"],
        json!([{"title": "50 USD off from 500 USD", "amount": 5000, "automatic": true,
            "priority": 300}])
    );
    assert_eq!(
        totals(&checkout),
        ["subtotal 50000", "discount 5000", "fulfillment 500", "tax 3825", "total 49325"]
    );
}

#[test]
fn what_was_taken_off_is_not_charged() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    body(&caller.update(&id, &json!({"discounts": {"codes": ["TENOFF", "NOSUCH"]}})), 200);
    let checkout = body(&caller.complete(&id, &guide::complete(TOKEN)), 200);
    assert_eq!(
        totals(&checkout),
        ["subtotal 10000", "items_discount 1000", "fulfillment 500", "tax 765", "total 10265"]
    );
    assert_eq!(serving.stopped_book().of(&id), charged("10265 USD"));
}

#[test]
fn consent_is_repeated_as_it_was_given_and_never_made_up() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let consent = |consent: Value| {
        let buyer = json!({"buyer": {"email": "jane@example.com", "consent": consent}});
        body(&caller.update(&id, &buyer), 200)["buyer"]["consent"].clone()
    };
    assert_eq!(consent(json!({"marketing": false})), json!({"marketing": false}));
    let all = json!({
        "analytics": true, "preferences": false, "marketing": true, "sale_of_data": false
    });
    assert_eq!(consent(all.clone()), all);
    let kept = body(&caller.update(&id, &json!({"discounts": {"codes": []}})), 200);
    assert_eq!(kept["buyer"]["consent"], all);
    let anew = body(&caller.update(&id, &json!({"buyer": {"email": "jane@example.com"}})), 200);
    assert_eq!(anew["buyer"].get("consent"), None);
}
