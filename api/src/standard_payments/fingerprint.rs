//! What a repeat has to repeat: all that the caller says, but for the moment of sending and what
//! may change with it.
//!
//! Left out: the hash. It is keyed, for there are secrets in what is asked, and each family has a key.

use serde_json::{Map, Value};

/// A request in canonical form: members sorted, without the moment of sending, the deprecated
/// locale, and the minor and revision of the version, which may change at any time.
///
/// # Source
/// Standard Payments, idempotency: comparison.
pub fn canonical(mut body: Map<String, Value>) -> Vec<u8> {
    if let Some(Value::Object(header)) = body.get_mut("requestHeader") {
        header.remove("requestTimestamp");
        header.remove("userLocale");
        if let Some(Value::Object(version)) = header.get_mut("protocolVersion") {
            version.remove("minor");
            version.remove("revision");
        }
    }
    // The map is sorted by its keys.
    serde_json::to_vec(&body).expect("what was JSON is JSON")
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
