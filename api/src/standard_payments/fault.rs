//! What is answered when a request came to no conclusion: `ErrorResponse`.
//!
//! Promise: a description names the field that is wrong and never repeats what it holds.

use std::time::Duration;

use bytes::{Buf, Bytes};
use http::StatusCode;
use paceline_engine::{EngineError, Reply};
use paceline_envelope::OpenError;

use crate::ucp::Refusal;
use crate::write;

/// # Source
/// Standard Payments, `ErrorResponse` and `ErrorResponseCode`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub status: StatusCode,
    pub code: Option<&'static str>,
    pub description: Option<String>,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, description: impl Into<String>) -> Self {
        Self { status, code: Some(code), description: Some(description.into()) }
    }

    /// Without a code, for which the protocol has none.
    pub fn plain(status: StatusCode, description: &str) -> Self {
        Self { status, code: None, description: Some(description.to_owned()) }
    }

    pub fn invalid(path: &str, what: &str) -> Self {
        let description = format!("{path}: {what}");
        Self::new(StatusCode::BAD_REQUEST, "INVALID_FIELD_VALUE", description)
    }

    pub fn missing(path: &str) -> Self {
        let description = format!("{path} is missing");
        Self::new(StatusCode::BAD_REQUEST, "MISSING_REQUIRED_FIELD", description)
    }

    pub fn unreadable(what: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_DECRYPTED_REQUEST", what)
    }

    pub fn version() -> Self {
        let what = "protocolVersion.major: version 1 is spoken";
        Self::new(StatusCode::BAD_REQUEST, "INVALID_API_VERSION", what)
    }

    pub fn clock(tolerance: Duration) -> Self {
        let what = format!(
            "requestHeader.requestTimestamp is more than {} s from the clock here",
            tolerance.as_secs()
        );
        Self::new(StatusCode::BAD_REQUEST, "REQUEST_TIMESTAMP_OUT_OF_RANGE", what)
    }

    /// - `what`: begins with the member that holds the identifier, as the protocol wants it.
    pub fn unknown(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "INVALID_IDENTIFIER", what)
    }

    pub fn at(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub fn precondition(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "PRECONDITION_VIOLATION", what)
    }

    pub fn key_misused() -> Self {
        let what = "requestHeader.requestId was used for another request";
        Self::new(StatusCode::PRECONDITION_FAILED, "IDEMPOTENCY_VIOLATION", what)
    }

    pub fn conflict(what: &str) -> Self {
        Self::plain(StatusCode::CONFLICT, what)
    }

    pub fn unavailable() -> Self {
        Self::plain(StatusCode::SERVICE_UNAVAILABLE, "temporarily unavailable: send it again")
    }

    /// The members after the header of the response, the last brace included.
    pub fn rest(&self) -> Bytes {
        let mut rest = write::object(|error| {
            if let Some(code) = self.code {
                error.text("errorResponseCode", code);
            }
            error.text_known("errorDescription", self.description.as_deref());
        });
        rest.advance(1);
        rest
    }

    pub fn reply(&self) -> Reply {
        Reply { status: self.status.as_u16(), body: self.rest() }
    }
}

/// What the server refuses before it knows which wire is spoken.
impl From<&Refusal> for Fault {
    fn from(refusal: &Refusal) -> Self {
        Self::plain(refusal.status, &refusal.content)
    }
}

impl From<OpenError> for Fault {
    /// Says no more than which of the two it was: whoever asks has proven nothing.
    fn from(error: OpenError) -> Self {
        let (status, code) = match error {
            OpenError::Encryption(_) => (StatusCode::BAD_REQUEST, "INVALID_PAYLOAD_ENCRYPTION"),
            OpenError::Signature(_) => (StatusCode::UNAUTHORIZED, "INVALID_PAYLOAD_SIGNATURE"),
        };
        Self { status, code: Some(code), description: None }
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Overloaded | EngineError::Stopped => Self::unavailable(),
            EngineError::KeyMismatched => Self::key_misused(),
            EngineError::Damaged => {
                Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "something is wrong on our side")
            }
        }
    }
}
