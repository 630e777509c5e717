//! From a request to its answer: who asks, what, under which key, and what the engine says.
//!
//! Promise: a caller is known before anything of theirs is looked at; what is refused here has
//! changed nothing.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header};
use paceline_domain::ids::SessionId;
use paceline_domain::text::Text;
use paceline_engine::{Engine, EngineError, Front, IdempotencyKey, Keyed, Reply};
use ring::digest;

use super::agent::agent;
use super::callers::Callers;
use super::error::Refusal;
use super::profile::Profile;
use super::settings::Settings;
use super::{Dialect, Operation, manner, request};
use crate::limits::IDEMPOTENCY_KEY_BYTES_MAX;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The inbound side of this wire.
pub struct Wire {
    callers: Callers,
    pub profile: Profile,
    pub base_path: String,
}

/// What is asked of a checkout, before its body is read.
pub struct Asked<'a> {
    pub operation: Operation,
    /// `None` if the path names no session that could exist; always for create.
    pub session: Option<SessionId>,
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
}

impl Wire {
    pub fn new(settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            callers: Callers::new(&settings.api_keys, settings.platform_default.clone()),
            profile: Profile::new(settings),
            base_path: settings.base_path.clone(),
        })
    }

    /// Asks the engine what the caller asks of us. The dialect is told also of what is refused.
    pub async fn answer(
        &self,
        engine: &Engine,
        asked: Asked<'_>,
    ) -> (Dialect, Result<Reply, Refusal>) {
        let agent = match agent(asked.headers) {
            Ok(agent) => agent,
            Err(refusal) => return (Dialect::D1, Err(refusal)),
        };
        let answer = match self.callers.caller(asked.headers, &agent) {
            Ok(caller) => ask(engine, caller, agent.dialect, asked).await,
            Err(refusal) => Err(refusal),
        };
        (agent.dialect, answer)
    }
}

async fn ask(
    engine: &Engine,
    caller: Text,
    dialect: Dialect,
    asked: Asked<'_>,
) -> Result<Reply, Refusal> {
    let Asked { operation, session, headers, body, .. } = asked;
    check_content(headers, body)?;
    let keyed = keyed(&caller, &asked)?;
    if let Some(reply) = keyed.as_ref().and_then(|keyed| engine.repeated(keyed)) {
        return Ok(reply);
    }
    let front = Front { manner: manner(dialect, operation), keyed };
    let session = || session.ok_or_else(Refusal::no_session);
    let answer: Result<Reply, EngineError> = match operation {
        Operation::Create => engine.create(caller, request::parse_create(body)?, front).await,
        Operation::Get => engine.get(session()?, caller, front).await,
        Operation::Update => {
            let id = session()?;
            engine.update(id, caller, request::parse_update(body, id)?, front).await
        }
        Operation::Complete => {
            let id = session()?;
            engine.complete(id, caller, request::parse_complete(body)?, front).await
        }
        Operation::Cancel => {
            let id = session()?;
            request::parse_cancel(body)?;
            engine.cancel(id, caller, front).await
        }
        Operation::Profile => return Err(Refusal::not_found()),
    };
    answer.map_err(Refusal::from)
}

/// A body is JSON, plainly sent. Whoever does not say what it is means that.
fn check_content(headers: &HeaderMap, body: &Bytes) -> Result<(), Refusal> {
    if body.is_empty() {
        return Ok(());
    }
    let encoded = headers.get(header::CONTENT_ENCODING);
    if encoded.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::unsupported_media_type("A body is sent without encoding."));
    }
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    if kind.trim_ascii().eq_ignore_ascii_case(b"application/json") {
        Ok(())
    } else {
        Err(Refusal::unsupported_media_type("A body is application/json."))
    }
}

/// The caller's key for this intent, if there is one. A read needs none.
///
/// # Source
/// Protocol reference, section 12: a key belongs to its caller and operation, and to the bytes of
/// the body, the method and the path.
fn keyed(caller: &Text, asked: &Asked<'_>) -> Result<Option<Keyed>, Refusal> {
    let mut keys = asked.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next().filter(|_| asked.operation != Operation::Get) else {
        return Ok(None);
    };
    let key = key.as_bytes();
    let fits = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len());
    let visible =
        std::str::from_utf8(key).ok().filter(|key| key.bytes().all(|b| b.is_ascii_graphic()));
    let Some(key) = visible.filter(|_| fits && keys.next().is_none()) else {
        let most = IDEMPOTENCY_KEY_BYTES_MAX;
        let what = format!("An Idempotency-Key is 1 to {most} visible ASCII characters, once.");
        return Err(Refusal::bad_request(what));
    };
    let key = IdempotencyKey::new(caller, asked.operation.word(), key);
    Ok(Some(Keyed { key, fingerprint: fingerprint(asked) }))
}

/// Of what is asked, for a key to stand for. The operation stands for its method.
pub fn fingerprint(asked: &Asked<'_>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [asked.operation.word(), asked.path] {
        context.update(part.as_bytes());
        context.update(b"\n");
    }
    context.update(asked.body);
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let mut headers = HeaderMap::new();
        for (name, value) in given.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    fn content(given: &[(&'static str, &'static str)], body: &'static str) -> Option<StatusCode> {
        let refused = check_content(&headers(given), &Bytes::from_static(body.as_bytes()));
        refused.err().map(|refusal| refusal.status)
    }

    #[test]
    fn a_body_is_json_whatever_parameters_follow_and_whoever_does_not_say_so_means_it() {
        for kind in ["application/json", "Application/JSON ; charset=utf-8"] {
            assert_eq!(content(&[("content-type", kind)], "{}"), None);
        }
        assert_eq!(content(&[], "{}"), None);
        assert_eq!(content(&[("content-type", "text/plain")], ""), None);
    }

    #[test]
    fn another_content_type_or_encoding_is_unsupported() {
        for kind in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
            let status = content(&[("content-type", kind)], "{}");
            assert_eq!(status, Some(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{kind}");
        }
        let status = content(&[("content-encoding", "gzip")], "{}");
        assert_eq!(status, Some(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }

    fn key_of(
        operation: Operation,
        path: &str,
        given: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> Result<Option<Keyed>, Refusal> {
        let (headers, body) = (headers(given), Bytes::from_static(body.as_bytes()));
        let asked = Asked { operation, session: None, path, headers: &headers, body: &body };
        keyed(&Text::parse("caller").unwrap(), &asked)
    }

    const KEYED: &[(&str, &str)] = &[("idempotency-key", "one")];

    #[test]
    fn a_key_stands_for_its_operation_path_and_body_as_sent() {
        let print = |operation, path, body| {
            key_of(operation, path, KEYED, body).unwrap().unwrap().fingerprint
        };
        let first = print(Operation::Update, "/a", "{}");
        assert_eq!(print(Operation::Update, "/a", "{}"), first);
        assert_ne!(print(Operation::Update, "/a", "{ }"), first);
        assert_ne!(print(Operation::Update, "/b", "{}"), first);
        assert_ne!(print(Operation::Create, "/a", "{}"), first);
    }

    #[test]
    fn a_request_without_a_key_and_a_read_with_one_are_not_keyed() {
        assert!(key_of(Operation::Create, "/", &[], "{}").unwrap().is_none());
        assert!(key_of(Operation::Get, "/", KEYED, "").unwrap().is_none());
    }

    #[test]
    fn a_key_that_is_empty_blank_or_given_twice_is_refused() {
        let twice = [("idempotency-key", "one"), ("idempotency-key", "two")];
        for given in [&[("idempotency-key", "")][..], &[("idempotency-key", "a b")], &twice] {
            let refused = key_of(Operation::Create, "/", given, "{}").unwrap_err();
            assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        }
    }
}
