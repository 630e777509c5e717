//! Google's guide: its bodies, and its purchase as far as a test needs it.

use serde_json::{Value, json};

use super::Caller;

/// A wallet's token as it comes: JSON inside a string, to be forwarded character for character.
pub const TOKEN: &str = r#"{"signature":"MEQCIFake\/Signature==","protocolVersion":"ECv2","signedMessage":"{\"tag\":\"c2VjcmV0\"}"}"#;

pub fn create() -> Value {
    create_of("product_12345", "USD")
}

pub fn create_of(product: &str, currency: &str) -> Value {
    json!({
        "line_items": [{"item": {"id": product, "title": "Running Shoes"}, "quantity": 1}],
        "currency": currency
    })
}

/// Buyer and address, as the guide sends them: a method without ids, `country` in D0's spelling.
pub fn update() -> Value {
    json!({
        "buyer": {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"},
        "fulfillment": {"methods": [{
            "type": "shipping",
            "destinations": [{
                "id": "dest_1", "address_locality": "Mountain View", "address_region": "CA",
                "postal_code": "94043", "country": "US"
            }],
            "selected_destination_id": "dest_1"
        }]}
    })
}

/// The choice of an option, and nothing else.
pub fn choose(option: &str) -> Value {
    json!({"fulfillment": {"methods": [
        {"type": "shipping", "groups": [{"selected_option_id": option}]}
    ]}})
}

/// One instrument, with the wallet's token.
pub fn complete(token: &str) -> Value {
    json!({"payment_data": {
        "id": "pi_9", "handler_id": "gpay", "type": "card", "brand": "visa", "last_digits": "1111",
        "billing_address": {"postal_code": "94043", "country": "US"},
        "credential": {"type": "PAYMENT_GATEWAY", "token": token}
    }})
}

/// The id of a checkout, as its body has it.
pub fn id(checkout: &Value) -> String {
    checkout["id"].as_str().unwrap().to_owned()
}

/// A new session of one pair of shoes; its id.
pub fn opened(caller: &Caller) -> String {
    opened_with(caller, &create())
}

pub fn opened_with(caller: &Caller, body: &Value) -> String {
    let answer = caller.create(body);
    assert_eq!(answer.status, 201, "{}", answer.body);
    id(&answer.json())
}

/// A session that lacks nothing but payment; its id.
pub fn ready(caller: &Caller) -> String {
    ready_with(caller, &create())
}

pub fn ready_with(caller: &Caller, body: &Value) -> String {
    let id = opened_with(caller, body);
    let answer = caller.update(&id, &update());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["status"], "ready_for_complete", "{}", answer.body);
    id
}

/// A session that was paid for; its id.
pub fn completed(caller: &Caller) -> String {
    let id = ready(caller);
    let answer = caller.complete(&id, &complete(TOKEN));
    assert_eq!(answer.json()["status"], "completed", "{}", answer.body);
    id
}
