//! UCP's official Python models, from PyPI.

use serde_json::json;

use super::exchanges::{Exchange, Operation, record};
use super::python::Python;

/// Every model that a checkout in an answer has to satisfy: the whole, and each extension.
const CHECKOUTS: [&str; 4] = [
    "schemas.shopping.checkout_resp:CheckoutResponse",
    "schemas.shopping.fulfillment_resp:Checkout",
    "schemas.shopping.discount_resp:Checkout",
    "schemas.shopping.buyer_consent_resp:Checkout",
];

#[test]
fn the_official_models_accept_every_answer() {
    let Some(python) = Python::find() else { return };
    let record = record();
    let mut cases = vec![];
    for Exchange { name, operation, request, checkout } in &record.exchanges {
        let name = format!("{name} ({})", operation.word());
        cases.extend(CHECKOUTS.map(|model| json!([model, name, checkout])));
        if let (Operation::Complete, Some(request)) = (operation, request) {
            cases.push(json!(["schemas.shopping.payment_data:PaymentData", name, request]));
        }
    }
    for message in record.refusal_messages() {
        cases.push(json!(["schemas.shopping.types.message:Message", "a refusal", message]));
    }
    let profile = "discovery.profile_schema:UcpDiscoveryProfile";
    cases.push(json!([profile, "the profile", record.profile]));
    let all = format!("{} cases, 0 refused\n", cases.len());
    assert_eq!(python.judges("models.py", &cases), (true, all));
}

/// A judge that takes everything is no judge.
#[test]
fn the_official_models_refuse_what_is_wrong() {
    let Some(python) = Python::find() else { return };
    let [whole, fulfillment, ..] = CHECKOUTS;
    let record = record();
    let cases = [
        (whole, "/status", json!("ready_for_payment")),
        (whole, "/totals/0/amount", json!("10000")),
        (whole, "/totals/0/type", json!("shipping")),
        (whole, "/payment/handlers/0/version", json!(null)),
        (fulfillment, "/fulfillment/methods/0/type", json!("drone")),
    ]
    .map(|(model, pointer, value)| json!([model, pointer, record.spoilt(pointer, value)]));
    let (_, words) = python.judges("models.py", &cases);
    let all = format!("{0} cases, {0} refused\n", cases.len());
    assert!(words.ends_with(&all), "{words}");
}
