//! The integrator, as Google calls it: a sealed POST, and what came back.
//!
//! Left out: TLS. In front of a server that speaks it a proxy does, as in front of this program.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use paceline_envelope::Envelope;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::limits::{ANSWER_WITHIN, BODY_BYTES_MAX};
use crate::telling::Telling;
use crate::wire::{self, Request};

#[derive(Clone, Debug)]
pub struct Integrator {
    /// With what stands before `/v1/<method>`.
    base: String,
    pub envelope: Arc<Envelope>,
    pub telling: Telling,
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// `Null` if it is no JSON that we can open.
    pub body: Value,
}

impl Answer {
    /// Everything but what is new in each delivery.
    pub fn members(&self) -> Value {
        wire::members(&self.body)
    }

    pub fn result(&self) -> &str {
        self.body["result"].as_str().unwrap_or("")
    }

    pub fn error(&self) -> &str {
        self.body["errorResponseCode"].as_str().unwrap_or("")
    }

    pub fn is(&self, status: u16, code: &str) -> bool {
        self.status == status && (self.result() == code || self.error() == code)
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.members())
    }
}

impl Integrator {
    pub fn new(base: &str, envelope: Arc<Envelope>, telling: Telling) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), envelope, telling }
    }

    /// The same one, spoken to with other keys.
    pub fn with(&self, envelope: Envelope) -> Self {
        Self { envelope: Arc::new(envelope), ..self.clone() }
    }

    /// Of a method of the integrator's.
    pub fn url(&self, method: &str) -> String {
        format!("{}/v1/{method}", self.base)
    }

    /// # Errors
    /// If there is no answer at all.
    pub async fn call(&self, method: &str, request: &Request) -> Result<Answer, Failure> {
        self.call_at(method, request, SystemTime::now()).await
    }

    /// As if it were sent at another moment.
    ///
    /// # Errors
    /// If there is no answer at all.
    pub async fn call_at(
        &self,
        method: &str,
        request: &Request,
        moment: SystemTime,
    ) -> Result<Answer, Failure> {
        let body = request.at(moment);
        let sealed = self.envelope.seal(body.to_string().as_bytes(), SystemTime::now())?;
        self.telling.asked(&self.url(method), &body);
        self.deliver(method, sealed).await
    }

    /// These very bytes.
    ///
    /// # Errors
    /// If there is no answer at all.
    pub async fn deliver(&self, method: &str, sealed: Vec<u8>) -> Result<Answer, Failure> {
        let (status, bytes) = self.post(&self.url(method), sealed).await?;
        let opened = self.envelope.open(&bytes, SystemTime::now());
        // Whoever is not known is answered in the open.
        let json = opened.map_or(bytes.to_vec(), |opened| opened.json);
        let body = serde_json::from_slice(&json).unwrap_or(Value::Null);
        self.telling.answered(status, &body);
        Ok(Answer { status, body })
    }

    /// # Errors
    /// If there is no answer at all.
    pub async fn post(&self, url: &str, body: Vec<u8>) -> Result<(u16, Bytes), Failure> {
        send(Method::POST, url, self.envelope.content_type(), body).await
    }
}

/// # Errors
/// If there is no answer in time.
pub async fn get(url: &str) -> Result<(u16, Bytes), Failure> {
    send(Method::GET, url, "application/json", vec![]).await
}

async fn send(
    method: Method,
    url: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<(u16, Bytes), Failure> {
    let sent = exchange(method, url, content_type, body);
    let late = |_| Failure(format!("{url} did not answer within {ANSWER_WITHIN:?}"));
    timeout(ANSWER_WITHIN, sent).await.map_err(late)?
}

async fn exchange(
    method: Method,
    url: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<(u16, Bytes), Failure> {
    let uri: Uri = url.parse().map_err(|_| Failure(format!("{url} is no URL")))?;
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"));
    let authority = authority.ok_or_else(|| Failure(format!("{url} is no URL with http")))?;
    let port = authority.port_u16().unwrap_or(80);
    let unreachable = |cause| Failure(format!("{authority} cannot be reached: {cause}"));
    let socket = TcpStream::connect((authority.host(), port)).await.map_err(unreachable)?;
    socket.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let connection = tokio::spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, content_type)
        .body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), BODY_BYTES_MAX).collect().await;
    let body = body.map_err(|cause| Failure(cause.to_string()))?.to_bytes();
    connection.abort();
    Ok((status, body))
}
