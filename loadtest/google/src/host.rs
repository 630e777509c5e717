//! Google's own methods, served: what the integrator calls.
//!
//! Why: what is owed to Google arrives here, and whether the integrator behaves is seen here: does
//! it repeat, with the same id and a new time stamp, until it is heard?
//! Promise: the receiver's pipeline in its order. Until a signature is verified every refusal is
//! the same bare sentence, so that nobody can find out which integrators there are. A request that
//! was answered with 200 is answered the same again; a result that was told never changes.

mod cards;
mod methods;
mod phones;
mod script;
mod settlements;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use paceline_envelope::Envelope;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::books::{Books, Heard};
use crate::failure::Failure;
use crate::limits::{BODY_BYTES_MAX, REQUEST_ID_MAX};
use crate::telling::Telling;
use crate::wire;

use phones::Phones;
pub use script::{Delivery, Refusing, Script};

/// What nobody learns anything from.
pub const GENERIC: &str = "The server encountered an error. Please try again later.";

/// Where browsers come back to.
pub const CALLBACK_PATH: &str = "/callback";

/// Serves until it is dropped.
pub struct Host {
    pub address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct State {
    envelope: Arc<Envelope>,
    accounts: Accounts,
    books: Books,
    telling: Telling,
    phones: Phones,
    script: Mutex<Script>,
}

/// The integrator's accounts with Google: one contract for each form of payment.
#[derive(Clone, Debug)]
pub struct Accounts {
    pub tokenized: String,
    pub card: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Tokenized,
    Card,
}

/// What a path says.
#[derive(Clone, Copy)]
struct Called<'a> {
    family: Family,
    method: &'a str,
    account: &'a str,
}

/// An answer before it is sealed: `Err` is the bare sentence.
type Reply = Result<(u16, Value), u16>;

impl Host {
    /// # Errors
    /// If the address is not free.
    pub async fn start(
        address: SocketAddr,
        accounts: Accounts,
        envelope: Arc<Envelope>,
        books: Books,
        telling: Telling,
    ) -> Result<Self, Failure> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|cause| Failure(format!("{address} cannot be listened on: {cause}")))?;
        let address = listener.local_addr()?;
        let (phones, script) = (Phones::default(), Mutex::default());
        let state = Arc::new(State { envelope, accounts, books, telling, phones, script });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, accepting })
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.state.script()
    }

    pub fn callback(&self) -> String {
        format!("http://{}{CALLBACK_PATH}", self.address)
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        // Out of descriptors, say: the next one may be let in again.
        let Ok((socket, _)) = listener.accept().await else { continue };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(Arc::clone(&state), request));
            let protocol = hyper::server::conn::http1::Builder::new();
            // Whoever hangs up has heard enough.
            let _ = protocol.serve_connection(TokioIo::new(socket), answer).await;
        });
    }
}

async fn answer(
    state: Arc<State>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, http::Error> {
    let (head, body) = request.into_parts();
    if head.uri.path() == CALLBACK_PATH {
        state.script().came_back(head.uri.query().unwrap_or_default());
        let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Google</title>\
                    <p>Thank you. You can close this page.";
        return Response::builder().header(CONTENT_TYPE, "text/html").body(Full::from(page));
    }
    if head.uri.path() == phones::READ_PATH {
        let shown = state.phones.sent_to(head.uri.query().unwrap_or_default());
        return Response::builder().body(Full::from(shown.to_string()));
    }
    let known = (head.method == Method::POST).then(|| called(head.uri.path()));
    let is_message = head.method == Method::POST && head.uri.path() == phones::SEND_PATH;
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return generic(400);
    };
    if is_message {
        let status = state.phones.receive(&body.to_bytes());
        return Response::builder().status(status).body(Full::default());
    }
    let Some(called) = known.flatten() else {
        return generic(404);
    };
    match state.hear(called, &body.to_bytes()) {
        Err(status) => generic(status),
        Ok((status, members)) => {
            let now = SystemTime::now();
            let body = match called.method {
                "settlementNotification" => wire::newer_answer(&members, now),
                _ => wire::answer(&members, now),
            };
            state.telling.replied(status, &body);
            match state.envelope.seal(body.to_string().as_bytes(), now) {
                Err(_) => generic(500),
                Ok(sealed) => Response::builder()
                    .status(status)
                    .header(CONTENT_TYPE, state.envelope.content_type())
                    .body(Full::from(sealed)),
            }
        }
    }
}

/// Whatever stands before it is the base, which is the integrator's configuration. The pages of the
/// card family print two prefixes.
fn called(path: &str) -> Option<Called<'_>> {
    let (before, account) = path.rsplit_once('/')?;
    let (before, method) = before.rsplit_once('/')?;
    let of_captures = method == "captureFundsReservationResultNotification"
        && before.ends_with("/v1/payment-integrator-card-fop-api");
    let family = match before {
        _ if of_captures || before.ends_with("/google-card-fop-api/v1") => Family::Card,
        _ if before.ends_with("/v1") => Family::Tokenized,
        _ => return None,
    };
    Some(Called { family, method, account })
}

fn generic(status: u16) -> Result<Response<Full<Bytes>>, http::Error> {
    Response::builder().status(status).header(CONTENT_TYPE, "text/plain").body(Full::from(GENERIC))
}

impl State {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, called: Called<'_>, sealed: &[u8]) -> Reply {
        let Called { family, method, account } = called;
        let now = SystemTime::now();
        let opened = self.envelope.open(sealed, now).map_err(|_| 404_u16)?;
        let Accounts { tokenized, card } = &self.accounts;
        let of_the_family = match family {
            Family::Card => account == card,
            // Whose echo it is the path does not say.
            Family::Tokenized => account == tokenized || (method == "echo" && account == card),
        };
        if !of_the_family {
            return Err(404);
        }
        let Ok(body) = serde_json::from_slice::<Value>(&opened.json) else {
            return Ok(error(400, "INVALID_DECRYPTED_REQUEST", "this is no JSON"));
        };
        self.telling.heard(&format!("{method}/{account}"), &body);
        let reply = match self.script().take(method) {
            Some(Refusing::Generic(status)) => Err(status),
            Some(Refusing::Coded(status, code)) => Ok(error(status, code, "as scripted")),
            None => Ok(self.reply(called, &body, now)),
        };
        let status = reply.as_ref().map_or_else(|status| *status, |(status, _)| *status);
        self.script().delivered(method, &body, status);
        reply
    }

    fn reply(&self, called: Called<'_>, body: &Value, now: SystemTime) -> (u16, Value) {
        let Called { family, method, account } = called;
        if let Err(refused) = header(body, now) {
            return refused;
        }
        // The newer methods have it in the header.
        let said = [body, &body["requestHeader"]].map(|it| it.get("paymentIntegratorAccountId"));
        if said.into_iter().flatten().any(|said| said != account) {
            return error(
                400,
                "INVALID_FIELD_VALUE",
                "paymentIntegratorAccountId is not the path's",
            );
        }
        let request = body["requestHeader"]["requestId"].as_str().unwrap_or_default();
        let key = format!("{method} {account} {request}");
        let asked = wire::canonical(body);
        let done = self.books.change(|ledger| {
            match ledger.heard.get(&key) {
                Some(heard) if heard.asked == asked => return (200, heard.answer.clone()),
                Some(_) => return error(412, "IDEMPOTENCY_VIOLATION", "other content before"),
                None => {}
            }
            let (status, answer) = match family {
                Family::Tokenized => methods::answer(method, body, ledger),
                Family::Card => cards::answer(method, body, &mut ledger.cards),
            };
            if status == 200 {
                ledger.heard.insert(key, Heard { asked, answer: answer.clone() });
            }
            (status, answer)
        });
        done.unwrap_or_else(|cause| error(503, "", &cause.to_string()))
    }
}

fn header(body: &Value, now: SystemTime) -> Result<(), (u16, Value)> {
    let header = &body["requestHeader"];
    if !body.is_object() || !header.is_object() {
        return Err(error(400, "INVALID_DECRYPTED_REQUEST", "there is no requestHeader"));
    }
    let version = &header["protocolVersion"];
    if ["major", "minor", "revision"].iter().any(|part| version[*part].as_u64().is_none()) {
        return Err(error(400, "MISSING_REQUIRED_FIELD", "requestHeader.protocolVersion"));
    }
    if version["major"] != 1 {
        return Err(error(400, "INVALID_API_VERSION", "the major version is 1"));
    }
    if !wire::is_of_now(body, now) {
        let why = "the timestamp is more than 60 s from here";
        return Err(error(400, "REQUEST_TIMESTAMP_OUT_OF_RANGE", why));
    }
    let id = header["requestId"].as_str().unwrap_or_default();
    let allowed = |it: char| it.is_ascii_alphanumeric() || ":_-".contains(it);
    if id.is_empty() || id.len() > REQUEST_ID_MAX || !id.chars().all(allowed) {
        return Err(error(400, "INVALID_FIELD_VALUE", "requestHeader.requestId"));
    }
    Ok(())
}

fn error(status: u16, code: &str, description: &str) -> (u16, Value) {
    let mut members = json!({"errorDescription": description});
    if !code.is_empty() {
        members["errorResponseCode"] = code.into();
    }
    (status, members)
}
