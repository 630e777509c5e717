//! What was exchanged, for a person to read.

use serde_json::Value;

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
            body => serde_json::to_string_pretty(body).unwrap_or_default(),
        };
        println!("{head}\n  {}\n", text.replace('\n', "\n  "));
    }
}
