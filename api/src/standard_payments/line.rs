//! The line to Google: a request out, sealed; its answer back, opened.
//!
//! Promise: each sending has a moment of its own, under whatever name the request has. What comes
//! back may be anything, an empty body too, and is no reason to stop.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri, header};
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_envelope::{Envelope, SealError};
use serde_json::{Map, Value, json};

use super::MAJOR;
use super::serve::{aside, millis};
use crate::client::{Client, NoAnswer};

/// Google's services, as one integrator reaches them.
pub struct Line {
    client: Client,
    /// Without a slash at its end.
    base_url: String,
    envelope: Arc<Envelope>,
}

/// How the header is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    Usual,
    /// As in the families that came later: it holds the account, and the moment is an object.
    Newer,
}

/// What came back.
pub struct Heard {
    pub status: StatusCode,
    /// `None` if it does not open, or is no JSON object.
    pub answer: Option<Map<String, Value>>,
}

/// Why nothing did.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    #[error("the path is no URI: {0}")]
    NoUri(http::uri::InvalidUri),
    #[error("it is not sealed: {0}")]
    NotSealed(SealError),
    #[error("{0}")]
    NotReached(NoAnswer),
}

impl Line {
    pub fn new(client: Client, base_url: String, envelope: Arc<Envelope>) -> Self {
        Self { client, base_url, envelope }
    }

    /// - `path`: of the method, below the base, such as `/v1/echo`.
    /// - `members`: what the method's request has beside its header and the account.
    ///
    /// # Errors
    /// [`Unheard`].
    pub async fn ask(
        &self,
        path: &str,
        account: &IntegratorAccountId,
        request: &RequestId,
        heading: Heading,
        members: Value,
    ) -> Result<Heard, Unheard> {
        let uri = self.uri(path, account).map_err(Unheard::NoUri)?;
        let now = SystemTime::now();
        let body = serde_json::to_vec(&body(account, request, heading, members, now));
        let body = body.expect("a value is JSON");
        let sealed = aside(&self.envelope, move |envelope| envelope.seal(&body, now)).await;
        let sealed = Bytes::from(sealed.map_err(Unheard::NotSealed)?);
        let kind = HeaderValue::from_static(self.envelope.content_type());
        let answered = self.client.post(&uri, [(header::CONTENT_TYPE, kind)], sealed).await;
        let (status, body) = answered.map_err(Unheard::NotReached)?;
        let now = SystemTime::now();
        let opened = aside(&self.envelope, move |envelope| envelope.open(&body, now)).await;
        let answer = opened.ok().and_then(|opened| serde_json::from_slice(&opened.json).ok());
        Ok(Heard { status, answer })
    }

    /// The account id comes last.
    fn uri(&self, path: &str, account: &IntegratorAccountId) -> Result<Uri, http::uri::InvalidUri> {
        let account = percent_encoding::utf8_percent_encode(
            account.as_str(),
            percent_encoding::NON_ALPHANUMERIC,
        );
        // `_` and `-` need no escaping, and Google's own examples have them.
        let account = account.to_string().replace("%5F", "_").replace("%2D", "-");
        format!("{}{path}/{account}", self.base_url).parse()
    }
}

fn body(
    account: &IntegratorAccountId,
    request: &RequestId,
    heading: Heading,
    members: Value,
    now: SystemTime,
) -> Value {
    let now = millis(now).to_string();
    let mut header = json!({
        "protocolVersion": {"major": MAJOR, "minor": 0, "revision": 0},
        "requestId": request.as_str(),
    });
    let mut body = Map::new();
    match heading {
        Heading::Usual => {
            header["requestTimestamp"] = now.into();
            body.insert("paymentIntegratorAccountId".to_owned(), account.as_str().into());
        }
        Heading::Newer => {
            header["requestTimestamp"] = json!({"epochMillis": now});
            header["paymentIntegratorAccountId"] = account.as_str().into();
        }
    }
    body.insert("requestHeader".to_owned(), header);
    body.extend(members.as_object().cloned().unwrap_or_default());
    Value::Object(body)
}
