//! What is asked of either server, and what a right answer looks like.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bodies;
use bytes::Bytes;
use serde_json::json;

use super::Outcome;
use super::load::{Expected, Request};
use super::report::Sample;
use super::{cards, payers};

/// In the order in which they are played: each finds the sessions as the one before left them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    Create,
    /// A create once more under its key: the first answer, byte for byte.
    Replay,
    Get,
    Update,
    Complete,
    Cancel,
    /// Standard Payments: from a linked account, which pays a cent.
    Capture,
    /// By card, in two messages: the hold.
    Reserve,
    /// All of what was held; the answer says that it was heard.
    CaptureReservation,
    /// By card, in one message.
    CardCapture,
}

/// A checkout session as its caller knows it.
pub struct Session {
    key: String,
    /// What its path is called; on the floor, which gives no ids, a name as long as ours.
    id: String,
    /// The answer to its create.
    created: Bytes,
    /// Who pays, where it is no checkout.
    payer: u64,
}

/// Bytes of our answers: what the floor returns.
pub struct Sizes(Vec<(Operation, usize)>);

/// How far the mean size of an answer may be from what the floor returns, in percent.
const SIZE_DRIFT_MAX: usize = 2;

impl Operation {
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Replay,
        Self::Get,
        Self::Update,
        Self::Complete,
        Self::Cancel,
        Self::Capture,
        Self::Reserve,
        Self::CaptureReservation,
        Self::CardCapture,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Replay => "replay of a create",
            Self::Get => "get",
            Self::Update => "update",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
            Self::Capture => "tokenized capture",
            Self::Reserve => "card reserve",
            Self::CaptureReservation => "card capture of a reservation",
            Self::CardCapture => "card capture in one message",
        }
    }

    /// Method and path, as both servers tell operations apart; `{id}` is the session's.
    pub fn route(self) -> (&'static str, &'static str) {
        match self {
            Self::Create | Self::Replay => ("POST", "/checkout-sessions"),
            Self::Get => ("GET", "/checkout-sessions/{id}"),
            Self::Update => ("PUT", "/checkout-sessions/{id}"),
            Self::Complete => ("POST", "/checkout-sessions/{id}/complete"),
            Self::Cancel => ("POST", "/checkout-sessions/{id}/cancel"),
            Self::Capture => ("POST", "/tokenized/v1/capture"),
            Self::Reserve => ("POST", "/card/v1/reserveFunds"),
            Self::CaptureReservation => ("POST", "/card/v1/asynchronousCaptureFundsReservation"),
            Self::CardCapture => ("POST", "/card/v1/capture"),
        }
    }

    /// The same bytes for both servers; they differ in what is expected back.
    pub fn request(self, session: &Session, floor: Option<&Sizes>) -> Request {
        let Session { key, id, payer, .. } = session;
        let body = match self {
            Self::Create | Self::Replay => bodies::CREATE.to_owned(),
            Self::Update => bodies::UPDATE.to_owned(),
            Self::Complete => bodies::complete(),
            Self::Get | Self::Cancel => String::new(),
            Self::Capture => capture(key, *payer),
            Self::Reserve => cards::reserve(key, *payer),
            Self::CaptureReservation => cards::capture_reservation(key),
            Self::CardCapture => cards::capture(key, *payer),
        };
        let (method, path) = self.route();
        let line = format!("{method} {}", path.replace("{id}", id));
        let mut bytes = format!("{line} HTTP/1.1\r\nHost: shop.example\r\n");
        if self != Self::Get {
            bytes += &format!(
                "Content-Type: application/json\r\n\
                 Content-Length: {}\r\n\
                 Idempotency-Key: {key}-{}\r\n",
                body.len(),
                path.rsplit('/').next().unwrap_or(path),
            );
        }
        bytes += "Accept: application/json\r\n\r\n";
        bytes += &body;
        Request {
            bytes: bytes.into_bytes(),
            status: self.status(),
            body: self.expected(session, floor),
        }
    }

    pub fn status(self) -> u16 {
        match self {
            Self::Create | Self::Replay => 201,
            _ => 200,
        }
    }

    fn expected(self, session: &Session, floor: Option<&Sizes>) -> Expected {
        if let Some(sizes) = floor {
            return Expected::Long(sizes.get(self));
        }
        match self {
            Self::Create | Self::Get => Expected::With(r#""status":"incomplete""#),
            Self::Replay => Expected::Same(session.created.clone()),
            Self::Update => Expected::With(r#""status":"ready_for_complete""#),
            Self::Complete => Expected::With(r#""status":"completed""#),
            Self::Cancel => Expected::With(r#""status":"canceled""#),
            Self::Capture | Self::Reserve | Self::CardCapture => {
                Expected::With(r#""result":"SUCCESS""#)
            }
            Self::CaptureReservation => Expected::With(r#""result":"ACKNOWLEDGED""#),
        }
    }
}

impl Session {
    /// Sessions that are still to be created, under keys that nobody else has.
    pub fn named(sessions: usize) -> Vec<Self> {
        let named = |payer| {
            let key = next_key();
            Self { id: key.replace('-', ""), key, created: Bytes::new(), payer }
        };
        (0..).take(sessions).map(named).collect()
    }

    /// Sessions that were created some time ago, with the ids that paths have.
    pub fn stored(ids: impl Iterator<Item = String>) -> Vec<Self> {
        ids.map(|id| Self { key: next_key(), id, created: Bytes::new(), payer: 0 }).collect()
    }

    /// To see it, whatever has become of it.
    pub fn look(&self) -> Request {
        let expected = Expected::With(r#""status":""#);
        Request { body: expected, ..Operation::Get.request(self, None) }
    }

    /// Takes the id from the answer to the create: the last component of what the body says.
    pub fn opened(&mut self, answer: Bytes) -> Outcome<()> {
        let checkout: serde_json::Value = serde_json::from_slice(&answer)?;
        let id = checkout["id"].as_str().ok_or("a created checkout has an id")?;
        self.id = id.rsplit('/').next().unwrap_or(id).to_owned();
        self.created = answer;
        Ok(())
    }
}

fn capture(key: &str, payer: u64) -> String {
    payers::request(
        &format!("cap:{key}"),
        json!({
            "paymentIntegratorAccountId": "InvisiCashUSA_USD",
            "googlePaymentToken": payers::token(payer),
            "transactionDescription": "Google - Sky Atlas",
            "currencyCode": "USD",
            "amount": "10000",
            "captureContext": {},
        }),
    )
}

/// As long as a UUID, and used once: what is stored may have been written by an earlier run.
fn next_key() -> String {
    static RUN: LazyLock<u32> = LazyLock::new(rand::random);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-9d4e-4a07-8c35-{number:012x}", *RUN)
}

impl Sizes {
    pub fn of(sizes: impl Iterator<Item = (Operation, usize)>) -> Self {
        Self(sizes.collect())
    }

    /// What the floor answers on each route, as it is told.
    pub fn answers(&self) -> impl Iterator<Item = String> {
        let asked_first = self.0.iter().filter(|(operation, _)| *operation != Operation::Replay);
        asked_first.map(|(operation, bytes)| {
            let (method, path) = operation.route();
            format!("{method} {path} {} {bytes}", operation.status())
        })
    }

    pub fn get(&self, operation: Operation) -> usize {
        let found = self.0.iter().find(|(of, _)| *of == operation);
        found.expect("every operation was played once to learn its size").1
    }

    /// # Errors
    /// If the two servers did not return as many bytes after all.
    pub fn check(&self, operation: Operation, sample: &Sample) -> Outcome<()> {
        let (floor, seen) = (self.get(operation), sample.answer_bytes);
        if floor.abs_diff(seen) * 100 > floor * SIZE_DRIFT_MAX {
            return Err(
                format!("{}: answers of {seen} bytes, not {floor}", operation.name()).into()
            );
        }
        Ok(())
    }
}
