//! One-time passwords on their way to a telephone: over HTTP, or, where one machine is all there
//! is, into a list that a developer reads.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use paceline_engine::bank::Asking;
use paceline_engine::messenger::{Message, Messenger, Sent};
use serde_json::{Value, json};

use crate::client::Client;
use crate::limits::DEVELOPMENT_SMS_MAX;

/// What the customer reads. The matching token stands on a line of its own, so that the telephone
/// hands the message to the app that waits for it.
fn text(message: &Message) -> String {
    let password = String::from_utf8_lossy(message.password.expose());
    format!("Your code is {password}. Tell it nobody.\n{}", message.matching_token)
}

/// A provider's endpoint: `POST` with `id`, `to` and `text`. The same id is the same message.
pub struct HttpSms {
    client: Client,
    url: Uri,
    authorization: Option<HeaderValue>,
}

impl HttpSms {
    pub fn new(client: Client, url: Uri, mut authorization: Option<HeaderValue>) -> Self {
        if let Some(secret) = &mut authorization {
            secret.set_sensitive(true);
        }
        Self { client, url, authorization }
    }

    async fn post(&self, message: Message) -> Sent {
        let (to, text) = (message.phone.as_str(), text(&message));
        let body = json!({"id": message.id.to_string(), "to": to, "text": text}).to_string();
        let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let secret = self.authorization.clone().map(|secret| (header::AUTHORIZATION, secret));
        let headers: Vec<(HeaderName, HeaderValue)> = [json].into_iter().chain(secret).collect();
        match self.client.post(&self.url, headers, Bytes::from(body)).await {
            Ok((status, _)) if status.is_success() => Sent::Sent,
            Ok((status, _)) if is_final(status) => {
                tracing::error!(status = status.as_u16(), "the SMS provider refuses a message");
                Sent::Failed
            }
            Ok((status, _)) => {
                tracing::warn!(status = status.as_u16(), "the SMS provider has trouble");
                Sent::Unknown
            }
            Err(error) => {
                tracing::warn!(%error, "the SMS provider was not reached");
                Sent::Unknown
            }
        }
    }
}

/// Whether to ask again would be answered the same.
fn is_final(status: StatusCode) -> bool {
    status.is_client_error()
        && status != StatusCode::REQUEST_TIMEOUT
        && status != StatusCode::TOO_MANY_REQUESTS
}

impl Messenger for HttpSms {
    fn send(&self, message: Message) -> Asking<'_, Sent> {
        Box::pin(self.post(message))
    }
}

/// The development mode's: the latest messages, to be read on the admin listener.
#[derive(Default)]
pub struct DevelopmentSms(Mutex<VecDeque<(SystemTime, Message)>>);

impl DevelopmentSms {
    /// What was sent to a telephone, newest first.
    pub fn sent_to(&self, phone: &str) -> Value {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = sent.iter().rev().filter(|(_, message)| message.phone.as_str() == phone);
        theirs
            .map(|(at, message)| {
                let at = humantime::format_rfc3339_millis(*at).to_string();
                json!({"id": message.id.to_string(), "sent": at, "to": phone, "text": text(message)})
            })
            .collect()
    }
}

impl Messenger for DevelopmentSms {
    fn send(&self, message: Message) -> Asking<'_, Sent> {
        tracing::info!(to = message.phone.as_str(), text = text(&message), "development: an SMS");
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked again, it is the same message.
        if !sent.iter().any(|(_, earlier)| earlier.id == message.id) {
            sent.push_back((SystemTime::now(), message));
        }
        if sent.len() > DEVELOPMENT_SMS_MAX {
            sent.pop_front();
        }
        Box::pin(async { Sent::Sent })
    }
}
