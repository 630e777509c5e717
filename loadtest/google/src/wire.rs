//! Bodies as they are written and read on both sides: headers, canonical form, errors.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::limits::CLOCKS_APART_MAX;

/// A request: its members with a header in front.
#[derive(Clone, Debug)]
pub struct Request {
    pub id: String,
    pub version: [u64; 3],
    pub members: Value,
}

impl Request {
    pub fn new(id: impl Into<String>, members: Value) -> Self {
        Self { id: id.into(), version: [1, 0, 0], members }
    }

    /// As it is sent at this moment.
    pub fn at(&self, moment: SystemTime) -> Value {
        let [major, minor, revision] = self.version;
        let header = json!({
            "protocolVersion": {"major": major, "minor": minor, "revision": revision},
            "requestId": self.id,
            "requestTimestamp": millis(moment).to_string(),
        });
        let mut body = Map::from_iter([("requestHeader".to_owned(), header)]);
        body.extend(self.members.as_object().cloned().unwrap_or_default());
        Value::Object(body)
    }
}

pub fn millis(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A new name that nobody has used.
pub fn fresh(what: &str) -> String {
    format!("{what}:{:016x}", rand::random::<u64>())
}

/// What two deliveries of one request have in common.
pub fn canonical(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(header) = body.get_mut("requestHeader").and_then(Value::as_object_mut) {
        header.remove("requestTimestamp");
        header.remove("userLocale");
        if let Some(version) = header.get_mut("protocolVersion").and_then(Value::as_object_mut) {
            version.remove("minor");
            version.remove("revision");
        }
    }
    body
}

/// An answer's members, without the header that is new in each delivery.
pub fn members(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(members) = answer.as_object_mut() {
        members.remove("responseHeader");
    }
    answer
}

/// An answer: its members with a header in front.
pub fn answer(members: &Value, moment: SystemTime) -> Value {
    let header = json!({"responseTimestamp": millis(moment).to_string()});
    let mut body = Map::from_iter([("responseHeader".to_owned(), header)]);
    body.extend(members.as_object().cloned().unwrap_or_default());
    Value::Object(body)
}

/// As the newer methods have it.
pub fn newer_answer(members: &Value, moment: SystemTime) -> Value {
    let mut body = answer(members, moment);
    let told = body["responseHeader"]["responseTimestamp"].take();
    body["responseHeader"]["responseTimestamp"] = json!({"epochMillis": told});
    body
}

/// Whether a request says that it was sent about now.
pub fn is_of_now(body: &Value, now: SystemTime) -> bool {
    let said = &body["requestHeader"]["requestTimestamp"];
    // The newer methods have an object around it.
    let sent =
        said.as_str().or(said["epochMillis"].as_str()).and_then(|text| text.parse::<u64>().ok());
    let apart = u64::try_from(CLOCKS_APART_MAX.as_millis()).expect("a minute");
    sent.is_some_and(|sent| sent.abs_diff(millis(now)) <= apart)
}

/// The integrator's whole millionths, as the wire writes them.
pub fn money(micros: i64, currency: &str) -> Value {
    json!({"amountMicros": micros.to_string(), "currencyCode": currency})
}

/// `4.25` is 4250000 millionths.
///
/// # Errors
/// Words, if it is no amount.
pub fn micros(text: &str) -> Result<i64, String> {
    let no = || format!("`{text}` is no amount such as 4.25");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 {
        return Err(no());
    }
    format!("{whole}{part:0<6}").parse().map_err(|_| no())
}

/// The other way round, to at least two places.
pub fn amount(micros: i64) -> String {
    let (sign, all) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let part = format!("{:06}", all % 1_000_000);
    let places = part.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", all / 1_000_000, &part[..places])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        for (text, expected) in [("4.25", 4_250_000), ("0.000001", 1), ("7", 7_000_000)] {
            assert_eq!(micros(text), Ok(expected), "{text}");
        }
        for text in ["", ".5", "-1", "1.2345678", "1e3", "99999999999999"] {
            assert!(micros(text).is_err(), "{text}");
        }
        assert_eq!(amount(4_250_000), "4.25");
        assert_eq!(amount(-1), "-0.000001");
        assert_eq!(amount(7_000_000), "7.00");
    }

    #[test]
    fn two_deliveries_differ_in_what_a_retry_may_change_and_in_nothing_else() {
        let one = Request::new("r", json!({"amount": "1"}));
        let later = SystemTime::now() + Duration::from_secs(9);
        let other = Request { version: [1, 7, 3], ..one.clone() };
        assert_eq!(canonical(&one.at(SystemTime::now())), canonical(&other.at(later)));
        let more = Request::new("r", json!({"amount": "2"}));
        assert_ne!(canonical(&one.at(later)), canonical(&more.at(later)));
    }
}
