//! The users' telephones: an SMS provider's endpoint, and what has arrived.
//!
//! Why: an integrator that has keys is in no development mode, and shows nobody what it has sent.
//! It sends through a provider (`sms.url`), and here that one is us.

use std::sync::{Mutex, PoisonError};

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

/// Where the integrator sends a message.
pub const SEND_PATH: &str = "/sms";

/// Where it is read, as the integrator's own development mode has it.
pub const READ_PATH: &str = "/development/sms";

#[derive(Default)]
pub struct Phones(Mutex<Vec<Message>>);

#[derive(Deserialize)]
struct Message {
    id: String,
    to: String,
    text: String,
}

impl Phones {
    /// The status of the answer. The same id is the same message.
    pub fn receive(&self, body: &[u8]) -> u16 {
        let Ok(message) = serde_json::from_slice::<Message>(body) else { return 400 };
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !messages.iter().any(|earlier| earlier.id == message.id) {
            messages.push(message);
        }
        200
    }

    /// Newest first.
    ///
    /// - `query`: `phone=` and a number, escaped.
    pub fn sent_to(&self, query: &str) -> Value {
        let phone = query.strip_prefix("phone=").unwrap_or_default();
        let phone = percent_decode_str(phone).decode_utf8_lossy();
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = messages.iter().rev().filter(|message| message.to == phone);
        theirs.map(|message| Value::from(message.text.as_str())).collect()
    }
}
