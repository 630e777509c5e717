//! What a repeat has to repeat: all that the caller says, but for the moment of sending and what
//! may change with it.
//!
//! Left out: the hash. It is keyed, for there are secrets in what is asked, and each family has a key.

use serde_json::{Map, Value};

/// A request in canonical form: members sorted, without those that are `null`, whole numbers as
/// strings of digits; without the moment of sending, the deprecated locale, and the minor and revision
/// of the version, which may change at any time.
///
/// # Source
/// Standard Payments, idempotency: comparison; values: a whole number is read in either form.
pub fn canonical(mut body: Map<String, Value>) -> Vec<u8> {
    if let Some(Value::Object(header)) = body.get_mut("requestHeader") {
        header.remove("requestTimestamp");
        header.remove("userLocale");
        if let Some(Value::Object(version)) = header.get_mut("protocolVersion") {
            version.remove("minor");
            version.remove("revision");
        }
    }
    body.retain(|_, value| is_there(value));
    // The map is sorted by its keys.
    serde_json::to_vec(&body).expect("what was JSON is JSON")
}

/// Brings a member into canonical form, in its place: a document is neither read nor copied for it.
fn is_there(value: &mut Value) -> bool {
    match value {
        Value::Null => return false,
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            *value = Value::String(number.to_string());
        }
        Value::Object(members) => members.retain(|_, value| is_there(value)),
        // What is `null` in a list keeps its place there.
        Value::Array(entries) => {
            for entry in entries {
                is_there(entry);
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(body: Value) -> Vec<u8> {
        let Value::Object(body) = body else { panic!("an object") };
        canonical(body)
    }

    fn request() -> Value {
        json!({"requestHeader": {"protocolVersion": {"major": 1, "minor": 0, "revision": 0},
            "requestId": "a", "requestTimestamp": "1"}, "amount": "5", "unknown": {"b": 1, "a": 2}})
    }

    #[test]
    fn a_repeat_may_have_another_moment_locale_minor_and_revision_and_another_order() {
        let mut other = request();
        let header = &mut other["requestHeader"];
        header["requestTimestamp"] = json!("2");
        header["userLocale"] = json!("fil-PH");
        header["protocolVersion"] = json!({"major": 1, "minor": 4, "revision": 9});
        assert_eq!(of(other), of(request()));
        let sorted = r#"{"unknown":{"a":2,"b":1},"amount":"5","requestHeader":{"requestTimestamp":"1",
            "requestId":"a","protocolVersion":{"revision":0,"minor":0,"major":1}}}"#;
        assert_eq!(of(serde_json::from_str(sorted).unwrap()), of(request()));
    }

    #[test]
    fn a_whole_number_is_its_digits_and_a_null_is_nothing_at_every_depth() {
        let mut other = request();
        other["amount"] = json!(5);
        other["unknown"] = json!({"b": "1", "a": "2", "c": null});
        other["requestHeader"]["protocolVersion"]["major"] = json!("1");
        other["more"] = json!(null);
        assert_eq!(of(other), of(request()));
        let list = |entries: Value| of(json!({"list": [entries]}));
        assert_eq!(
            list(json!({"a": 18_446_744_073_709_551_615_u64, "b": null})),
            list(json!({"a": "18446744073709551615"}))
        );
        assert_eq!(list(json!(-7)), list(json!("-7")));
        let different = [json!("05"), json!("+5"), json!("5.0"), json!(5.0), json!(" 5")];
        for value in different {
            let mut other = request();
            other["amount"] = value.clone();
            assert_ne!(of(other), of(request()), "{value}");
        }
        assert_ne!(list(json!(null)), of(json!({"list": []})), "a place in a list is a place");
    }

    #[test]
    fn anything_else_makes_it_another_request_unknown_members_too() {
        for (member, value) in
            [("amount", json!("6")), ("unknown", json!({"b": 1})), ("more", json!(1))]
        {
            let mut other = request();
            other[member] = value;
            assert_ne!(of(other), of(request()), "{member}");
        }
    }
}
