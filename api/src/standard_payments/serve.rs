//! From a body to its answer, in the order that every receiver of this protocol keeps.
//!
//! Promise: until its signature has checked out a caller hears nothing but that it has not; a
//! repeat is recognised before its fields are looked at; whatever is answered after that travels
//! signed and encrypted, errors too.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::StatusCode;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::time::Timestamp;
use paceline_engine::{Engine, EngineError, IdempotencyKey, Keyed, Reply};
use paceline_envelope::{Envelope, Opened};
use serde_json::{Map, Value};

use super::read::Members;
use super::settings::{Dialect, Door};
use super::{Fault, header, words};
use crate::write::Object;

/// Who calls: there is one on the other side.
const CALLER: &str = "google";
/// Of an answer to whoever is not known, and of what travels bare.
const JSON: &str = "application/json";

/// The methods of one form of payment: how each is found, read, and asked of the engine.
pub trait Family: Copy + 'static {
    /// A request, once all of it is read.
    type Wanted;

    /// - `path`: what follows the version.
    fn at(path: &str) -> Option<Self>;

    /// In keys, metrics and lines of the log: no two families have the same.
    fn name(self) -> &'static str;

    /// Whether it asks nothing of the engine and only proves the connection.
    fn is_echo(self) -> bool;

    /// Whether its body carries the payment integrator account id, which is a part of its key then.
    fn has_account(self) -> bool;

    /// What a repeat has to repeat.
    fn fingerprint(engine: &Engine, body: Map<String, Value>) -> [u8; 32];

    /// - `account`: there if the method has one.
    ///
    /// # Errors
    /// What is wrong with the body.
    fn read(
        self,
        body: Members<'_>,
        id: RequestId,
        account: Option<IntegratorAccountId>,
        dialect: &Dialect,
    ) -> Result<Self::Wanted, Fault>;

    fn ask(
        engine: &Engine,
        wanted: Self::Wanted,
        keyed: Keyed,
    ) -> impl Future<Output = Result<Reply, EngineError>>;
}

/// The inbound side of a family.
pub struct Wire<F> {
    door: Door,
    family: PhantomData<F>,
}

/// An answer on its way out.
pub struct Answer {
    pub status: StatusCode,
    pub content_type: &'static str,
    pub body: Bytes,
    /// When to come back.
    pub retry_after: Option<Duration>,
}

impl<F: Family> Wire<F> {
    pub fn new(door: Door) -> Arc<Self> {
        Arc::new(Self { door, family: PhantomData })
    }

    /// The method of a path, if it is a path of this wire: `None` inside for one that there is not.
    pub fn method(&self, path: &str) -> Option<Option<F>> {
        let rest = path.strip_prefix(&self.door.base_path)?.strip_prefix("/v1/")?;
        Some(F::at(rest))
    }

    /// Opens the body, asks the engine, and seals the answer.
    pub async fn answer(&self, engine: &Engine, method: F, body: Bytes) -> Answer {
        let now = SystemTime::now();
        let opened = aside(&self.door.envelope, move |envelope| envelope.open(&body, now)).await;
        let json = match opened {
            Ok(Opened { json, signed_by: _ }) => json,
            Err(error) => {
                tracing::warn!(method = method.name(), %error, "a body was not opened");
                return bare(&error.into());
            }
        };
        let answered = match self.ask(engine, method, &json).await {
            Ok(reply) => reply,
            Err(fault) => fault.reply(),
        };
        self.sealed(answered).await
    }

    async fn sealed(&self, reply: Reply) -> Answer {
        let now = SystemTime::now();
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
        let whole = with_header(&reply.body, now);
        let sealed = aside(&self.door.envelope, move |envelope| envelope.seal(&whole, now)).await;
        match sealed {
            Ok(body) => Answer {
                status,
                content_type: self.door.envelope.content_type(),
                body: body.into(),
                retry_after: retry_after(status),
            },
            Err(error) => {
                tracing::error!(%error, "an answer was not sealed: it is kept, and told again");
                bare(&Fault::unavailable())
            }
        }
    }

    async fn ask(&self, engine: &Engine, method: F, json: &[u8]) -> Result<Reply, Fault> {
        let body: Map<String, Value> = serde_json::from_slice(json)
            .map_err(|_| Fault::unreadable("the request is no JSON object"))?;
        let header = header::check(&body, moment(), self.door.clock_tolerance)?;
        let members = Members::new(&body, "");
        let account = match method.has_account() {
            true => Some(self.account(members)?),
            false => None,
        };
        if method.is_echo() {
            return echo(&body);
        }
        let scope = match &account {
            Some(account) => format!("{}/{account}", method.name()),
            None => method.name().to_owned(),
        };
        let key = IdempotencyKey::new(CALLER, &scope, header.request.as_str());
        let wanted = method.read(members, header.request, account, &self.door.dialect);
        let keyed = Keyed { key, fingerprint: F::fingerprint(engine, body) };
        match wanted {
            Ok(wanted) => match engine.repeated(&keyed) {
                Some(reply) => Ok(reply),
                None => F::ask(engine, wanted, keyed).await.map_err(Fault::from),
            },
            // Whose key it is counts for more than what is wrong with the request.
            Err(fault) => engine.looked_up(&keyed).await?.ok_or(fault),
        }
    }

    fn account(&self, members: Members<'_>) -> Result<IntegratorAccountId, Fault> {
        const NAME: &str = "paymentIntegratorAccountId";
        let account = members.parsed(NAME, IntegratorAccountId::parse)?;
        match self.door.accounts.contains(&account) {
            true => Ok(account),
            false => Err(Fault::unknown("paymentIntegratorAccountId is not known here")),
        }
    }
}

/// Nothing is asked of the engine: who hears this knows that network, keys and clocks are right.
fn echo(body: &Map<String, Value>) -> Result<Reply, Fault> {
    let message = match body.get("clientMessage") {
        None | Some(Value::Null) => None,
        Some(Value::String(message)) => Some(message),
        Some(_) => return Err(Fault::invalid("clientMessage", "a string is wanted")),
    };
    Ok(words::done(|echo| {
        echo.text_known("clientMessage", message.map(String::as_str));
        echo.text("serverMessage", concat!("paceline ", env!("CARGO_PKG_VERSION")));
    }))
}

/// The answer to somebody who has proven nothing, or for whom there is no key.
pub fn bare(fault: &Fault) -> Answer {
    Answer {
        status: fault.status,
        content_type: JSON,
        body: with_header(&fault.rest(), SystemTime::now()).into(),
        retry_after: retry_after(fault.status),
    }
}

fn retry_after(status: StatusCode) -> Option<Duration> {
    (status == StatusCode::SERVICE_UNAVAILABLE).then_some(crate::limits::RETRY_AFTER)
}

/// - `rest`: the members that follow, with the last brace.
fn with_header(rest: &[u8], now: SystemTime) -> Vec<u8> {
    let mut whole = vec![];
    Object::write(&mut whole, |response| {
        response.object("responseHeader", |header| {
            header.text("responseTimestamp", &millis(now).to_string());
        });
    });
    whole.pop();
    if rest != b"}" {
        whole.push(b',');
    }
    whole.extend_from_slice(rest);
    whole
}

fn moment() -> Timestamp {
    Timestamp(millis(SystemTime::now()))
}

pub fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).expect("the year is below 500 million")
}

/// Works with keys off this thread, which has others to serve: RSA takes milliseconds.
pub async fn aside<T: Send + 'static>(
    envelope: &Arc<Envelope>,
    work: impl FnOnce(&Envelope) -> T + Send + 'static,
) -> T {
    if matches!(**envelope, Envelope::Plaintext) {
        return work(envelope);
    }
    let envelope = Arc::clone(envelope);
    let done = tokio::task::spawn_blocking(move || work(&envelope)).await;
    done.expect("keys are worked with until it is done")
}
