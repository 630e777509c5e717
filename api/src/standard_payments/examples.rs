//! The bodies that the protocol's pages print, for tests.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Names and kinds without the values.
pub fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), shape(value))).collect()
        }
        Value::Array(list) => list.iter().map(shape).collect(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "flag".into(),
        Value::Null => Value::Null,
    }
}

/// A published body, if they are at hand.
pub fn example(name: &str) -> Option<Value> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/protocol/standard-payments-examples");
    if !examples.is_dir() {
        eprintln!("skipped: the protocol's examples are not here");
        return None;
    }
    Some(serde_json::from_slice(&fs::read(examples.join(name)).unwrap()).unwrap())
}
