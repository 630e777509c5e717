//! What is told to a caller whose request is refused before there is a checkout to show.
//!
//! Promise: one shape for every refusal, whichever part of the program refuses; nothing of what
//! the caller wrote is in it, save what names a thing.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use paceline_engine::EngineError;

use crate::limits::RETRY_AFTER;
use crate::write::Object;

/// Who can do something about an error.
///
/// # Source
/// Protocol reference, section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The platform, by asking differently.
    Recoverable,
    /// Nobody through this API.
    RequiresBuyerInput,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Recoverable => "recoverable",
            Self::RequiresBuyerInput => "requires_buyer_input",
        }
    }
}

/// A request that cannot be read: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct Malformed {
    pub code: &'static str,
    /// JSONPath into the body.
    pub path: String,
    pub what: Cow<'static, str>,
}

impl Malformed {
    pub fn missing(path: impl ToString, what: impl Into<Cow<'static, str>>) -> Self {
        Self { code: "missing", path: path.to_string(), what: what.into() }
    }

    pub fn invalid(path: impl ToString, what: impl Into<Cow<'static, str>>) -> Self {
        Self { code: "invalid", path: path.to_string(), what: what.into() }
    }
}

/// An answer that is no checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub severity: Severity,
    pub path: Option<String>,
    pub content: Cow<'static, str>,
    /// When asking again may help.
    pub retry_after: Option<Duration>,
    /// Methods that the path has, in the form of the `Allow` header.
    pub allow: Option<&'static str>,
}

impl Refusal {
    pub fn new(
        status: StatusCode,
        code: &'static str,
        severity: Severity,
        content: impl Into<Cow<'static, str>>,
    ) -> Self {
        let content = content.into();
        Self { status, code, severity, path: None, content, retry_after: None, allow: None }
    }

    /// The caller's header or parameter is wrong.
    pub fn bad_request(content: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", Severity::Recoverable, content)
    }

    pub fn not_found() -> Self {
        let content = "There is nothing at this path.";
        Self::new(StatusCode::NOT_FOUND, "not_found", Severity::RequiresBuyerInput, content)
    }

    pub fn no_session() -> Self {
        let content = "There is no such checkout session.";
        Self::new(StatusCode::NOT_FOUND, "not_found", Severity::RequiresBuyerInput, content)
    }

    pub fn method_not_allowed(allow: &'static str) -> Self {
        let (status, code) = (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
        let content = format!("This path has {allow} only.");
        let refusal = Self::new(status, code, Severity::Recoverable, content);
        Self { allow: Some(allow), ..refusal }
    }

    pub fn unsupported_media_type(content: &'static str) -> Self {
        let (status, code) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
        Self::new(status, code, Severity::Recoverable, content)
    }

    pub fn payload_too_large(bytes_max: usize) -> Self {
        let (status, code) = (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large");
        let content = format!("A body has at most {bytes_max} bytes.");
        Self::new(status, code, Severity::Recoverable, content)
    }

    pub fn request_timeout() -> Self {
        let (status, code) = (StatusCode::REQUEST_TIMEOUT, "request_timeout");
        Self::new(status, code, Severity::Recoverable, "The body took too long to arrive.")
    }

    pub fn unauthorized() -> Self {
        let (status, code) = (StatusCode::UNAUTHORIZED, "unauthorized");
        let content = "A valid X-API-Key header is needed.";
        Self::new(status, code, Severity::RequiresBuyerInput, content)
    }

    pub fn no_certificate() -> Self {
        let content = "A client certificate is needed.";
        Self { content: content.into(), ..Self::unauthorized() }
    }

    pub fn overloaded(retry_after: Duration) -> Self {
        let (status, code) = (StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        let content = "The service is busy. Please try again.";
        let refusal = Self::new(status, code, Severity::Recoverable, content);
        Self { retry_after: Some(retry_after), ..refusal }
    }

    pub fn internal() -> Self {
        let (status, code) = (StatusCode::INTERNAL_SERVER_ERROR, "internal_error");
        let content = "Something went wrong on our side.";
        Self::new(status, code, Severity::Recoverable, content)
    }

    /// In the protocol's error shape. `content` is the field of the schemas; `message` is how the
    /// specification's own sample of a version refusal spells it.
    pub fn body(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        Object::write(&mut out, |body| {
            body.word("status", "requires_escalation");
            body.array("messages", |messages| {
                messages.object(|message| {
                    message.word("type", "error");
                    message.word("code", self.code);
                    message.text_known("path", self.path.as_deref());
                    message.word("severity", self.severity.word());
                    message.text("content", &self.content);
                    message.text("message", &self.content);
                });
            });
        });
        out
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        let Malformed { code, path, what } = malformed;
        let refusal =
            Self::new(StatusCode::BAD_REQUEST, code, Severity::Recoverable, sentence(&what));
        Self { path: Some(path), ..refusal }
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Overloaded | EngineError::Stopped => Self::overloaded(RETRY_AFTER),
            EngineError::KeyMismatched => Self::new(
                StatusCode::CONFLICT,
                "idempotency_conflict",
                Severity::Recoverable,
                "This idempotency key was used for another request.",
            ),
            EngineError::Damaged => Self::internal(),
        }
    }
}

/// As a sentence to be read: `a word` becomes `A word.`
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
