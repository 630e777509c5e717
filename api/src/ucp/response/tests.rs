//! What a session looks like on this wire, from the guide's purchase to every kind of trouble.

use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::ProductId;
use paceline_domain::money::MinorUnits;
use paceline_domain::session::{AttemptOutcome, Command};
use paceline_engine::Voice as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ucp::testing::{
    Desk, NOON, ORDER, SESSION, TOKEN, guide_complete, guide_create, guide_update, settings, text,
};
use crate::ucp::{Dialect, Operation, manner};

/// The checkout's amounts by type, each of which is there once.
fn amounts(checkout: &Value) -> Vec<(&str, u64)> {
    let amount = |total: &'_ Value| total["amount"].as_u64().unwrap();
    let totals = checkout["totals"].as_array().unwrap();
    let pairs: Vec<_> =
        totals.iter().map(|total| (total["type"].as_str().unwrap(), amount(total))).collect();
    for (index, (kind, _)) in pairs.iter().enumerate() {
        assert!(pairs[..index].iter().all(|(earlier, _)| earlier != kind), "{kind} is there once");
    }
    pairs
}

/// Codes and paths of the messages.
fn messages(checkout: &Value) -> Vec<(&str, &str)> {
    let all = checkout["messages"].as_array().into_iter().flatten();
    let word = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|message| {
        assert!(!word(&message["content"]).is_empty());
        assert_eq!(message["type"] == "error", message.get("severity").is_some());
        (message["code"].as_str().unwrap(), message["path"].as_str().unwrap_or_default())
    })
    .collect()
}

/// The guide's purchase, up to what is asked for.
fn created() -> (Desk, Value) {
    let mut desk = Desk::open();
    let (status, checkout) = desk.create(&guide_create());
    assert_eq!(status, 201);
    (desk, checkout)
}

fn ready() -> (Desk, Value) {
    let (mut desk, _) = created();
    let (status, checkout) = desk.update(&guide_update());
    assert_eq!(status, 200);
    (desk, checkout)
}

fn completing() -> (Desk, Value) {
    let (mut desk, _) = ready();
    let (status, checkout) = desk.complete(&guide_complete());
    assert_eq!(status, 200);
    (desk, checkout)
}

fn completed() -> (Desk, Value) {
    let (mut desk, _) = completing();
    let (status, checkout) = desk.end(AttemptOutcome::Reserved);
    assert_eq!(status, 200);
    (desk, checkout)
}

fn declined(reason: DeclineReason) -> (Desk, Value) {
    let (mut desk, _) = completing();
    let (status, checkout) = desk.end(AttemptOutcome::Declined(reason));
    assert_eq!(status, 200);
    (desk, checkout)
}

#[test]
fn the_guides_create_is_answered_with_the_members_of_both_dialects() {
    let (_, checkout) = created();
    let handlers = settings(IdForm::Gid).handlers;
    let expected = json!({
        "ucp": {"version": "2026-01-11", "capabilities": [
            {"name": "dev.ucp.shopping.checkout", "version": "2026-01-11"},
            {"name": "dev.ucp.shopping.fulfillment", "version": "2026-01-11"},
            {"name": "dev.ucp.shopping.discount", "version": "2026-01-11"},
            {"name": "dev.ucp.shopping.buyer_consent", "version": "2026-01-11"}
        ]},
        "id": format!("gid://merchant.example.com/Checkout/{SESSION}"),
        "status": "incomplete",
        "messages": [
            {"type": "error", "code": "missing", "path": "$.buyer.email",
             "severity": "recoverable", "content": "An email address is needed."},
            {"type": "error", "code": "missing", "path": "$.fulfillment.methods",
             "severity": "recoverable", "content": "A delivery address is needed."}
        ],
        "currency": "USD",
        "line_items": [{
            "id": "line_1",
            "item": {"id": "product_12345", "title": "Running Shoes", "price": 10000},
            "quantity": 1,
            "base_amount": 10000, "subtotal": 10000, "total": 10000,
            "totals": [{"type": "subtotal", "amount": 10000}, {"type": "total", "amount": 10000}]
        }],
        "totals": [
            {"type": "subtotal", "display_text": "Subtotal", "amount": 10000},
            {"type": "tax", "display_text": "Estimated tax", "amount": 0},
            {"type": "total", "display_text": "Total", "amount": 10000}
        ],
        "payment": {"handlers": handlers, "instruments": []},
        "links": [
            {"type": "privacy_policy", "url": "https://merchant.example.com/privacy"},
            {"type": "terms_of_service", "url": "https://merchant.example.com/terms"}
        ],
        "expires_at": "2026-02-01T18:00:00Z",
        "continue_url": format!("https://merchant.example.com/checkout/{SESSION}")
    });
    assert_eq!(checkout, expected);
}

#[test]
fn the_guides_update_is_quoted_for_its_address() {
    let (_, checkout) = ready();
    assert_eq!(checkout["status"], "ready_for_complete");
    assert_eq!(checkout.get("messages"), None);
    assert_eq!(
        amounts(&checkout),
        [("subtotal", 10_000), ("fulfillment", 500), ("tax", 850), ("total", 11_350)]
    );
    let buyer = json!({"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"});
    assert_eq!(checkout["buyer"], buyer);
    let option = |id: &str, title: &str, amount: u64| {
        json!({"id": id, "title": title, "total": amount,
            "totals": [{"type": "total", "amount": amount}]})
    };
    let fulfillment = json!({"methods": [{
        "id": "method_1", "type": "shipping", "line_item_ids": ["line_1"],
        "destinations": [{
            "id": "dest_1", "address_locality": "Mountain View", "address_region": "CA",
            "postal_code": "94043", "address_country": "US", "country": "US"
        }],
        "selected_destination_id": "dest_1",
        "groups": [{
            "id": "group_1", "line_item_ids": ["line_1"],
            "options": [
                option("ship_ground", "Ground (3-5 days)", 500),
                option("ship_express", "Express (1-2 days)", 1_500)
            ],
            "selected_option_id": "ship_ground"
        }]
    }]});
    assert_eq!(checkout["fulfillment"], fulfillment);
    let instruments = json!([{
        "id": "pi_1", "handler_id": "gpay", "type": "card", "brand": "visa",
        "last_digits": "1111", "rich_text_description": "Google Pay 1111"
    }]);
    assert_eq!(checkout["payment"]["instruments"], instruments);
    assert_eq!(checkout["payment"]["selected_instrument_id"], "pi_1");
}

#[test]
fn title_and_price_are_the_merchants_whatever_the_caller_sends() {
    let (_, checkout) = ready();
    let item = json!({"id": "product_12345", "title": "Running Shoes", "price": 10000});
    assert_eq!(checkout["line_items"][0]["item"], item);
}

#[test]
fn an_option_chosen_by_id_changes_the_totals_and_nothing_else() {
    let (mut desk, before) = ready();
    let (_, mut after) = desk.update(&json!({"fulfillment": {"methods": [
        {"id": "method_1", "groups": [{"id": "group_1", "selected_option_id": "ship_express"}]}
    ]}}));
    assert_eq!(
        amounts(&after),
        [("subtotal", 10_000), ("fulfillment", 1_500), ("tax", 850), ("total", 12_350)]
    );
    after["totals"] = before["totals"].clone();
    after["fulfillment"]["methods"][0]["groups"][0]["selected_option_id"] = json!("ship_ground");
    assert_eq!(after, before);
}

#[test]
fn an_unrelated_update_loses_no_id_and_no_selection() {
    let (mut desk, before) = ready();
    let (_, mut after) = desk.update(&json!({"buyer": {"email": "other@example.com"}}));
    assert_eq!(after["buyer"], json!({"email": "other@example.com"}));
    after["buyer"] = before["buyer"].clone();
    assert_eq!(after, before);
}

#[test]
fn while_paying_there_is_no_order_and_nothing_to_hand_over() {
    let (_, checkout) = completing();
    assert_eq!(checkout["status"], "complete_in_progress");
    for member in ["order", "order_id", "order_permalink_url", "messages"] {
        assert_eq!(checkout.get(member), None, "{member}");
    }
}

#[test]
fn a_completed_checkout_shows_its_order_in_both_spellings_and_no_credential() {
    let (mut desk, checkout) = completed();
    let id = format!("gid://merchant.example.com/Order/{ORDER}");
    let permalink = format!("https://merchant.example.com/orders/{ORDER}");
    assert_eq!(checkout["status"], "completed");
    assert_eq!(checkout["order_id"], id.as_str());
    assert_eq!(checkout["order_permalink_url"], permalink.as_str());
    assert_eq!(checkout["order"], json!({"id": id, "permalink_url": permalink}));
    assert_eq!(checkout.get("continue_url"), None);
    assert_eq!(checkout.get("expires_at"), None);
    assert_eq!(checkout["totals"][3]["amount"], 11_350);
    let written = checkout.to_string();
    assert!(!written.contains("credential") && !written.contains("ECv2"));
    assert!(!written.contains(TOKEN));
    assert_eq!(desk.get(), (200, checkout));
}

#[test]
fn a_canceled_checkout_keeps_its_lines_and_totals() {
    let (mut desk, before) = ready();
    let (status, checkout) = desk.cancel();
    assert_eq!((status, &checkout["status"]), (200, &json!("canceled")));
    assert_eq!(checkout["totals"], before["totals"]);
    assert_eq!(checkout["line_items"], before["line_items"]);
    assert_eq!(checkout.get("continue_url"), None);
}

#[test]
fn an_expired_checkout_is_canceled_and_says_why() {
    let (mut desk, _) = ready();
    let late = Timestamp(NOON.0 + 6 * 60 * 60 * 1000);
    let (_, checkout) = desk.ask(Operation::Get, Command::Expire { now: late });
    assert_eq!(checkout["status"], "canceled");
    assert_eq!(messages(&checkout), [("expired", "")]);
    let (status, refused) = desk.complete(&guide_complete());
    assert_eq!((status, messages(&refused)), (409, vec![("expired", "")]));
}

#[test]
fn what_is_over_cannot_be_changed_completed_or_canceled() {
    for (mut desk, code) in [(completed().0, "already_completed"), (canceled(), "already_canceled")]
    {
        let (_, before) = desk.get();
        for (status, body) in
            [desk.update(&guide_update()), desk.complete(&guide_complete()), desk.cancel()]
        {
            assert_eq!((status, messages(&body)), (409, vec![(code, "")]));
            assert_eq!(body["status"], "requires_escalation");
        }
        assert_eq!(desk.get(), (200, before));
    }
}

fn canceled() -> Desk {
    let (mut desk, _) = ready();
    desk.cancel();
    desk
}

#[test]
fn while_paying_the_checkout_is_shown_as_it_is_and_nothing_is_taken() {
    let (mut desk, before) = completing();
    for (status, mut body) in
        [desk.update(&guide_update()), desk.complete(&guide_complete()), desk.cancel()]
    {
        assert_eq!((status, messages(&body)), (409, vec![("complete_in_progress", "$.status")]));
        body.as_object_mut().unwrap().remove("messages");
        assert_eq!(body, before);
    }
}

#[test]
fn a_checkout_that_is_not_ready_says_what_it_lacks() {
    let (mut desk, before) = created();
    assert_eq!(desk.complete(&guide_complete()), (200, before));
}

#[test]
fn a_handler_that_is_not_offered_is_told_and_the_checkout_stays_ready() {
    let (mut desk, before) = ready();
    let mut body = guide_complete();
    body["payment_data"]["handler_id"] = json!("other");
    let (status, mut answer) = desk.complete(&body);
    assert_eq!((status, messages(&answer)), (200, vec![("invalid", "$.payment.instruments[0]")]));
    answer.as_object_mut().unwrap().remove("messages");
    assert_eq!(answer, before);
}

#[test]
fn a_decline_is_a_message_and_the_checkout_can_be_paid_otherwise() {
    for reason in DeclineReason::ALL {
        if reason == DeclineReason::AuthenticationRequired {
            continue;
        }
        let (mut desk, checkout) = declined(reason);
        assert_eq!(checkout["status"], "ready_for_complete", "{reason}");
        assert_eq!(messages(&checkout), [("payment_declined", "")]);
        assert_eq!(checkout["messages"][0]["severity"], "recoverable");
        assert_eq!(checkout.get("order"), None);
        let (_, again) = desk.complete(&guide_complete());
        assert_eq!(again["status"], "complete_in_progress");
    }
}

#[test]
fn a_suspicion_is_not_told_to_the_buyer() {
    let plain = declined(DeclineReason::DoNotHonor).1;
    for reason in [DeclineReason::SuspectedFraud, DeclineReason::LostOrStolen] {
        assert_eq!(declined(reason).1, plain);
    }
}

#[test]
fn a_bank_that_asks_for_confirmation_sends_the_buyer_to_the_merchant() {
    let (_, checkout) = declined(DeclineReason::AuthenticationRequired);
    assert_eq!(checkout["status"], "requires_escalation");
    assert_eq!(messages(&checkout), [("requires_3ds", "")]);
    assert_eq!(checkout["messages"][0]["severity"], "requires_buyer_input");
    let page = format!("https://merchant.example.com/checkout/{SESSION}");
    assert_eq!(checkout["continue_url"], page.as_str());
}

#[test]
fn a_price_that_changed_before_paying_is_told_and_not_charged() {
    let (mut desk, _) = ready();
    let shoes = ProductId::parse("product_12345").unwrap();
    desk.shop.0.products.get_mut(&shoes).unwrap().price = MinorUnits(12_000);
    let (status, checkout) = desk.complete(&guide_complete());
    assert_eq!((status, &checkout["status"]), (200, &json!("ready_for_complete")));
    assert_eq!(messages(&checkout), [("totals_changed", "$.totals[3]")]);
    assert_eq!(checkout["messages"][0]["type"], "warning");
    let said = "The total has changed from 113.50 USD to 135.20 USD.";
    assert_eq!(checkout["messages"][0]["content"], said);
    assert_eq!(
        checkout["totals"][3],
        json!({"type": "total", "display_text": "Total", "amount": 13_520})
    );
}

#[test]
fn too_little_stock_is_told_with_the_line() {
    let (mut desk, _) = created();
    let (status, checkout) = desk.update(&json!({"line_items": [
        {"item": {"id": "product_12345"}, "quantity": 1},
        {"item": {"id": "product_mug"}, "quantity": 101},
        {"item": {"id": "product_none"}, "quantity": 1}
    ]}));
    assert_eq!((status, &checkout["status"]), (200, &json!("incomplete")));
    let expected = [("out_of_stock", "$.line_items[1]"), ("out_of_stock", "$.line_items[2]")];
    assert_eq!(messages(&checkout)[..2], expected);
    assert_eq!(checkout["messages"][0]["content"], "Only 100 of Mug are left.");
    assert_eq!(checkout["messages"][1]["content"], "Sold Out is out of stock.");
    let (mut desk, _) = completing();
    let shoes = ProductId::parse("product_12345").unwrap();
    let (_, checkout) = desk.end(AttemptOutcome::OutOfStock(vec![(shoes, 0)]));
    assert_eq!(checkout["status"], "incomplete");
    assert_eq!(messages(&checkout), [("out_of_stock", "$.line_items[0]")]);
}

#[test]
fn each_lack_of_an_address_is_told_with_its_place() {
    let method = "$.fulfillment.methods[0]";
    for (wanted, code, path) in [
        (json!({"type": "shipping"}), "missing", format!("{method}.selected_destination_id")),
        (json!({"type": "pickup"}), "missing", format!("{method}.selected_destination_id")),
        (
            json!({"type": "shipping", "destinations": [{"postal_code": "94043"}]}),
            "missing",
            format!("{method}.destinations[0].address_country"),
        ),
        (
            json!({"type": "shipping", "destinations": [{"country": "US"}]}),
            "missing",
            format!("{method}.destinations[0].postal_code"),
        ),
        (
            json!({"type": "shipping", "destinations": [{"country": "FR", "postal_code": "75001"}]}),
            "address_undeliverable",
            format!("{method}.destinations[0]"),
        ),
        (
            json!({"type": "shipping", "destinations": [{"country": "US", "postal_code": "94043"}],
                "groups": [{"selected_option_id": "ship_rocket"}]}),
            "invalid",
            format!("{method}.groups[0].selected_option_id"),
        ),
        (
            json!({"type": "shipping", "destinations": [{"country": "US", "postal_code": "94043"}],
                "groups": [{"selected_option_id": null}]}),
            "missing",
            format!("{method}.groups[0].selected_option_id"),
        ),
        (
            json!({"type": "shipping", "destinations": [{"country": "US", "postal_code": "94043"}],
                "selected_destination_id": "elsewhere"}),
            "invalid",
            format!("{method}.selected_destination_id"),
        ),
    ] {
        let (mut desk, _) = created();
        let (status, checkout) = desk.update(&json!({
            "buyer": {"email": "jane@example.com"}, "fulfillment": {"methods": [wanted]}
        }));
        assert_eq!((status, &checkout["status"]), (200, &json!("incomplete")), "{wanted}");
        assert_eq!(messages(&checkout), [(code, path.as_str())], "{wanted}");
    }
}

#[test]
fn an_option_that_is_gone_is_replaced_with_a_warning() {
    let (mut desk, _) = ready();
    desk.shop.0.shipping.remove(0);
    let (_, checkout) = desk.get();
    assert_eq!(checkout.get("messages"), None);
    let (_, checkout) = desk.update(&json!({}));
    let path = "$.fulfillment.methods[0].groups[0].selected_option_id";
    assert_eq!(messages(&checkout), [("fulfillment_option_changed", path)]);
    assert_eq!(checkout["messages"][0]["type"], "warning");
    assert_eq!(checkout["status"], "ready_for_complete");
}

#[test]
fn goods_to_be_collected_go_to_a_shop_with_its_address_inside() {
    let (mut desk, _) = created();
    let (_, checkout) = desk.update(&json!({
        "buyer": {"email": "jane@example.com"},
        "fulfillment": {"methods": [{"type": "pickup", "selected_destination_id": "store_1"}]}
    }));
    assert_eq!(checkout["status"], "ready_for_complete");
    let method = &checkout["fulfillment"]["methods"][0];
    assert_eq!(method["type"], "pickup");
    let store = json!({"id": "store_1", "name": "Main Street", "address": {
        "address_locality": "Mountain View", "address_region": "CA", "postal_code": "94043",
        "address_country": "US", "country": "US"
    }});
    assert_eq!(method["destinations"], json!([store]));
    assert_eq!(method["selected_destination_id"], "store_1");
    assert_eq!(amounts(&checkout)[1], ("fulfillment", 0));
}

#[test]
fn discounts_are_positive_allocated_and_taken_off_once() {
    let (mut desk, _) = ready();
    let (_, checkout) = desk.update(&json!({"discounts": {"codes": ["ten", "FIVE"]}}));
    assert_eq!(
        amounts(&checkout),
        [
            ("subtotal", 10_000),
            ("items_discount", 1_000),
            ("discount", 500),
            ("fulfillment", 500),
            ("tax", checkout["totals"][4]["amount"].as_u64().unwrap()),
            ("total", checkout["totals"][5]["amount"].as_u64().unwrap()),
        ]
    );
    let line = &checkout["line_items"][0];
    assert_eq!(line["base_amount"], 10_000);
    assert_eq!(line["discount"], 1_000);
    assert_eq!((&line["subtotal"], &line["total"]), (&json!(9_000), &json!(9_000)));
    let totals = json!([
        {"type": "subtotal", "amount": 10_000},
        {"type": "items_discount", "amount": 1_000},
        {"type": "total", "amount": 9_000}
    ]);
    assert_eq!(line["totals"], totals);
    let discounts = json!({"codes": ["ten", "FIVE"], "applied": [
        {"code": "ten", "title": "TEN off", "amount": 1_000, "automatic": false, "priority": 1,
         "method": "each", "allocations": [{"path": "$.line_items[0]", "amount": 1_000}]},
        {"code": "FIVE", "title": "FIVE off", "amount": 500, "automatic": false, "priority": 1}
    ]});
    assert_eq!(checkout["discounts"], discounts);
}

#[test]
fn a_refused_code_is_a_warning_and_stays_where_it_was() {
    let (mut desk, _) = ready();
    let (_, checkout) = desk.update(&json!({"discounts": {"codes": ["NOPE", "TEN", "ten"]}}));
    assert_eq!(checkout["status"], "ready_for_complete");
    assert_eq!(checkout["discounts"]["codes"], json!(["NOPE", "TEN", "ten"]));
    assert_eq!(
        messages(&checkout),
        [
            ("discount_code_invalid", "$.discounts.codes[0]"),
            ("discount_code_already_applied", "$.discounts.codes[2]")
        ]
    );
    assert_eq!(checkout["messages"][0]["type"], "warning");
    let (_, checkout) = desk.update(&json!({"discounts": {"codes": []}}));
    assert_eq!(checkout.get("discounts"), None);
}

#[test]
fn consent_is_echoed_as_it_was_given() {
    let (mut desk, _) = created();
    let buyer = json!({"email": "jane@example.com", "consent": {"marketing": false}});
    let (_, checkout) = desk.update(&json!({"buyer": buyer}));
    assert_eq!(checkout["buyer"], buyer);
}

#[test]
fn yen_have_no_decimals_and_dinars_have_three() {
    for (product, currency, country, subtotal, shipping) in
        [("product_jpy", "JPY", "JP", 1_200, 700), ("product_kwd", "KWD", "KW", 1_250, 1_500)]
    {
        let mut desk = Desk::open();
        let (_, checkout) = desk.create(&json!({
            "line_items": [{"item": {"id": product}, "quantity": 1}],
            "buyer": {"email": "jane@example.com"},
            "fulfillment": {"methods": [{"type": "shipping", "destinations": [
                {"address_country": country, "postal_code": "1000001"}
            ]}]}
        }));
        assert_eq!(
            (&checkout["currency"], &checkout["status"]),
            (&json!(currency), &json!("ready_for_complete"))
        );
        let total = subtotal + shipping;
        let expected =
            [("subtotal", subtotal), ("fulfillment", shipping), ("tax", 0), ("total", total)];
        assert_eq!(amounts(&checkout), expected);
    }
}

#[test]
fn what_a_session_cannot_be_opened_on_is_a_bad_request_in_the_error_shape() {
    let line = |id: &str| json!({"item": {"id": id}, "quantity": 1});
    let address = json!([{"country": "US", "postal_code": "94043"}]);
    for (body, code, path) in [
        (json!({"line_items": []}), "missing", "$.line_items"),
        (json!({"line_items": [line("x")]}), "item_unavailable", "$.line_items[0].item.id"),
        (
            json!({"line_items": [line("product_mug"), line("product_mug")]}),
            "invalid",
            "$.line_items[1].item.id",
        ),
        (json!({"line_items": [line("product_none")]}), "out_of_stock", "$.line_items"),
        (json!({"line_items": [line("product_mug")], "currency": "EUR"}), "invalid", "$.currency"),
        (
            json!({"line_items": [line("product_mug"), line("product_jpy")]}),
            "invalid",
            "$.currency",
        ),
        (
            json!({"line_items": [line("product_mug")],
                "fulfillment": {"methods": [{"destinations": address}]}}),
            "missing",
            "$.fulfillment.methods[0].type",
        ),
        (json!({"line_items": vec![line("product_mug"); 1_000]}), "invalid", "$.line_items"),
    ] {
        let mut desk = Desk::open();
        let (status, refused) = desk.create(&body);
        assert_eq!((status, messages(&refused)), (400, vec![(code, path)]), "{body}");
        assert_eq!(refused["status"], "requires_escalation");
        assert!(desk.state.is_none());
    }
}

#[test]
fn an_update_that_cannot_be_meant_changes_nothing() {
    let (mut desk, before) = ready();
    for (body, path) in [
        (json!({"currency": "EUR"}), "$.currency"),
        (
            json!({"line_items": [{"id": "line_9", "item": {"id": "product_mug"}, "quantity": 1}]}),
            "$.line_items[0].id",
        ),
        (json!({"fulfillment": {"methods": [{"id": "method_9"}]}}), "$.fulfillment.methods[0].id"),
        (
            json!({"fulfillment": {"methods": [{"id": "method_1", "groups": [{"id": "group_9"}]}]}}),
            "$.fulfillment.methods[0].groups[0].id",
        ),
        (
            json!({"fulfillment": {"methods": [{"id": "method_1", "line_item_ids": ["line_9"]}]}}),
            "$.fulfillment.methods[0].line_item_ids",
        ),
    ] {
        let (status, refused) = desk.update(&body);
        assert_eq!((status, messages(&refused)), (400, vec![("invalid", path)]), "{body}");
    }
    assert_eq!(desk.get(), (200, before));
}

#[test]
fn another_callers_session_is_no_session() {
    let (mut desk, _) = ready();
    let look = Command::Look { caller: text("another") };
    let (status, refused) = desk.ask(Operation::Get, look);
    assert_eq!((status, messages(&refused)), (404, vec![("not_found", "")]));
    assert!(!refused.to_string().contains("jane@example.com"));
}

#[test]
fn plain_ids_are_written_where_they_are_configured() {
    let (mut desk, _) = completed();
    desk.words = Words::new(&settings(IdForm::Plain));
    let (_, checkout) = desk.get();
    assert_eq!(checkout["id"], SESSION.to_string());
    assert_eq!(checkout["order"]["id"], ORDER.to_string());
    assert_eq!(checkout["order_id"], ORDER.to_string());
}

#[test]
fn every_dialect_and_operation_is_answered_alike_save_for_the_status_of_create() {
    let (desk, _) = ready();
    let mut bodies = vec![];
    for dialect in Dialect::ALL {
        for operation in Operation::ALL.into_iter().filter(|each| *each != Operation::Profile) {
            let reply = desk.words.session(manner(dialect, operation), desk.session(), None);
            assert_eq!(reply.status, if operation == Operation::Create { 201 } else { 200 });
            bodies.push(reply.body);
        }
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

/// The arithmetic of the protocol, on what is written rather than on what was meant.
fn assert_adds_up(checkout: &Value) {
    let all = amounts(checkout);
    let of = |kind: &str| all.iter().find(|(each, _)| *each == kind).map(|(_, amount)| *amount);
    let subtotal = of("subtotal").unwrap();
    let items_discount = of("items_discount").unwrap_or_default();
    let off = items_discount + of("discount").unwrap_or_default();
    let on = of("fulfillment").unwrap_or_default() + of("tax").unwrap();
    assert_eq!(subtotal - off + on, of("total").unwrap(), "{checkout}");
    assert!(of("items_discount") != Some(0) && of("discount") != Some(0));
    let lines = checkout["line_items"].as_array().unwrap();
    let sum = |key: &str| lines.iter().map(|line| line[key].as_u64().unwrap_or_default()).sum();
    let (base, discount, total): (u64, u64, u64) =
        (sum("base_amount"), sum("discount"), sum("total"));
    assert_eq!((base, discount, total), (subtotal, items_discount, subtotal - items_discount));
    let applied = checkout["discounts"]["applied"].as_array().into_iter().flatten();
    let taken: u64 = applied.map(|discount| discount["amount"].as_u64().unwrap()).sum();
    assert_eq!(taken, off);
}

fn any_update() -> impl Strategy<Value = Value> {
    let lines = prop::collection::btree_map(0..3usize, 1..200u32, 1..3).prop_map(|lines| {
        let ids = ["product_12345", "product_mug", "product_none"];
        let line = |(id, quantity)| json!({"item": {"id": ids[id]}, "quantity": quantity});
        Value::from(lines.into_iter().map(line).collect::<Vec<_>>())
    });
    let country = prop::sample::select(vec!["US", "FR", "JP"]);
    let kind = prop::sample::select(vec!["shipping", "pickup"]);
    let option = prop::sample::select(vec!["ship_ground", "ship_express", "store_1"]);
    let method = (kind, country, option).prop_map(|(kind, country, option)| {
        json!({"methods": [{
            "type": kind, "selected_destination_id": if kind == "pickup" { "store_1" } else { "d" },
            "destinations": [{"id": "d", "country": country, "address_region": "CA",
                "postal_code": "94043"}],
            "groups": [{"selected_option_id": option}]
        }]})
    });
    let codes = prop::collection::vec(
        prop::sample::select(vec!["TEN", "ten", "FIVE", "ALONE", "NOPE"]),
        0..4,
    );
    (prop::option::of(lines), prop::option::of(method), prop::option::of(codes)).prop_map(
        |(lines, method, codes)| {
            let mut body = json!({"buyer": {"email": "jane@example.com"}});
            let parts = [
                ("line_items", lines),
                ("fulfillment", method),
                ("discounts", codes.map(|codes| json!({"codes": codes}))),
            ];
            for (member, value) in parts {
                if let Some(value) = value {
                    body[member] = value;
                }
            }
            body
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_always_adds_up(updates in prop::collection::vec(any_update(), 1..6)) {
        let mut desk = Desk::open();
        assert_adds_up(&desk.create(&guide_create()).1);
        for body in updates {
            let (status, checkout) = desk.update(&body);
            assert_eq!(status, 200, "{checkout}");
            assert_adds_up(&checkout);
            let incomplete = checkout["status"] == "incomplete";
            let errors = checkout["messages"].as_array().into_iter().flatten();
            assert_eq!(incomplete, errors.filter(|m| m["type"] == "error").count() > 0);
        }
    }
}
