//! UCP's official JSON Schemas: those that its authors have resolved for each operation.
//!
//! The schemas are not ours to keep here. Where a copy of them lies beside the checkout they
//! judge; elsewhere the test says that they did not.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::exchanges::{Exchange, Operation, record};
use super::python::Python;

/// The whole checkout, and each extension of it.
const CHECKOUTS: [(&str, &str); 4] = [
    ("checkout", ""),
    ("fulfillment", "#/$defs/checkout"),
    ("discount", "#/$defs/checkout"),
    ("buyer_consent", "#/$defs/checkout"),
];

#[test]
fn the_official_schemas_accept_every_answer_and_every_whole_request() {
    let (Some(schemas), Some(python)) = (schemas(), Python::find()) else { return };
    let record = record();
    let mut cases = vec![];
    let mut case = |schema: &str, name: &str, body: &Value| {
        cases.push(json!([format!("{}/{schema}", schemas.display()), name, body]));
    };
    for Exchange { name, operation, request, checkout } in &record.exchanges {
        let asked = format!("{name} ({})", operation.word());
        let asking = match (operation, request) {
            (Operation::Create, Some(request)) => Some(("create", request)),
            (Operation::Update, Some(request)) if is_whole(request) => Some(("update", request)),
            _ => None,
        };
        for (kind, definition) in CHECKOUTS {
            case(&format!("schemas/shopping/{kind}_resp.json{definition}"), &asked, checkout);
            if let Some((word, request)) = asking {
                let schema = format!("schemas/shopping/{kind}.{word}_req.json{definition}");
                case(&schema, &asked, request);
            }
        }
        if let (Operation::Complete, Some(request)) = (operation, request) {
            case("schemas/shopping/payment_data.json", &asked, request);
        }
    }
    for message in record.refusal_messages() {
        case("schemas/shopping/types/message.json", "a refusal", message);
    }
    case("discovery/profile_schema.json", "the profile", &record.profile);
    let all = format!("{} cases, 0 refused\n", cases.len());
    assert_eq!(python.judges("schemas.py", &cases), (true, all));
}

/// A judge that takes everything is no judge.
#[test]
fn the_official_schemas_refuse_what_is_wrong() {
    let (Some(schemas), Some(python)) = (schemas(), Python::find()) else { return };
    let record = record();
    let schema =
        format!("{}/schemas/shopping/fulfillment_resp.json#/$defs/checkout", schemas.display());
    let cases = [
        ("/status", json!("ready_for_payment")),
        ("/totals/0/amount", json!("10000")),
        ("/totals/0/type", json!("shipping")),
        ("/expires_at", json!("tomorrow")),
        ("/fulfillment/methods/0/type", json!("drone")),
        ("/fulfillment/methods/0/destinations/0", json!({"postal_code": "94043"})),
    ]
    .map(|(pointer, value)| json!([schema, pointer, record.spoilt(pointer, value)]));
    let (_, words) = python.judges("schemas.py", &cases);
    let all = format!("{0} cases, {0} refused\n", cases.len());
    assert!(words.ends_with(&all), "{words}");
}

/// An update with a part of the checkout is the first guide's way, which these schemas are not of.
fn is_whole(request: &Value) -> bool {
    request.get("line_items").is_some()
}

/// The copy beside the checkout; `None`, with a word on it, where there is none.
fn schemas() -> Option<PathBuf> {
    let beside = "../../shared/protocol/ucp-schemas/2026-01-11/spec";
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(beside);
    if let Ok(dir) = dir.canonicalize() {
        return Some(dir);
    }
    eprintln!("SKIPPED, this judge has not looked at anything: no {}", dir.display());
    None
}
