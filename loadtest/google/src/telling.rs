//! What was exchanged, for a person to read.

use serde_json::{Map, Value};

/// Whether every exchange is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    Everything,
    Nothing,
}

impl Telling {
    pub fn asked(self, url: &str, body: &Value) {
        self.say(&format!("→ POST {url}"), body);
    }

    pub fn answered(self, status: u16, body: &Value) {
        self.say(&format!("← {status}"), body);
    }

    pub fn heard(self, path: &str, body: &Value) {
        self.say(&format!("⇐ POST {path}"), body);
    }

    pub fn replied(self, status: u16, body: &Value) {
        self.say(&format!("⇒ {status}"), body);
    }

    pub fn remarked(self, words: &str) {
        if self == Self::Everything {
            println!("{words}");
        }
    }

    fn say(self, head: &str, body: &Value) {
        if self == Self::Nothing {
            return;
        }
        let text = match body {
            Value::Null => "(nothing that can be read)".to_owned(),
            Value::String(text) => text.clone(),
            body => serde_json::to_string_pretty(&masked(body)).unwrap_or_default(),
        };
        println!("{head}\n  {}\n", text.replace('\n', "\n  "));
    }
}

/// Without what is on the card: of its number the last digits, of its code nothing.
fn masked(body: &Value) -> Value {
    let member = |(name, value): (&String, &Value)| {
        let value = match (name.as_str(), value.as_str()) {
            ("accountNumber" | "paymentTokenAccountNumber", Some(number)) => {
                last_digits(number).into()
            }
            ("cvn" | "cryptogram" | "cavv", Some(_)) => "***".into(),
            _ => masked(value),
        };
        (name.clone(), value)
    };
    match body {
        Value::Object(members) => Value::Object(members.iter().map(member).collect::<Map<_, _>>()),
        Value::Array(list) => Value::Array(list.iter().map(masked).collect()),
        other => other.clone(),
    }
}

fn last_digits(number: &str) -> String {
    let shown = number.len().checked_sub(4).and_then(|hidden| number.get(hidden..));
    format!("**** {}", shown.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_shown_by_its_last_digits_and_a_code_not_at_all() {
        let body = json!({"accountDetails": {"card": {"accountNumber": "4111111111111111",
            "cvn": "717", "nameOnCard": "Sally Sun"}}, "amount": "4111111"});
        let shown = json!({"accountDetails": {"card": {"accountNumber": "**** 1111",
            "cvn": "***", "nameOnCard": "Sally Sun"}}, "amount": "4111111"});
        assert_eq!(masked(&body), shown);
    }
}
