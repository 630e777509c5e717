//! Calls that go out: HTTP with a bound on time and on what comes back.
//!
//! Why: whoever is called may be slow, wrong or gone, and may say anything.
//! Promise: an answer of a bounded size within a bounded time, or none.

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use crate::limits::{CALLED_BYTES_MAX, CALLED_IDLE, CALLED_LONGEST};

#[derive(Clone, Debug)]
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Nobody answered in time, or what was answered is no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(String);

impl Client {
    /// - `tls`: whom it trusts, and what it shows.
    pub fn new(tls: ClientConfig) -> Self {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(CALLED_IDLE)
            .build(connector);
        Self { pool }
    }

    /// # Errors
    /// [`NoAnswer`], in words for a log.
    pub async fn post(
        &self,
        to: &Uri,
        headers: impl IntoIterator<Item = (http::HeaderName, http::HeaderValue)>,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), NoAnswer> {
        let mut request = Request::post(to.clone()).body(Full::new(body)).expect("it has a URI");
        request.headers_mut().extend(headers);
        let answered = async {
            let answer = self.pool.request(request).await.map_err(words)?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), CALLED_BYTES_MAX).collect().await;
            Ok((status, body.map_err(|error| NoAnswer(error.to_string()))?.to_bytes()))
        };
        let longest = || NoAnswer(format!("no answer within {CALLED_LONGEST:?}"));
        timeout(CALLED_LONGEST, answered).await.unwrap_or_else(|_| Err(longest()))
    }
}

/// With what is behind it, which says more.
fn words(error: hyper_util::client::legacy::Error) -> NoAnswer {
    let behind = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    NoAnswer(format!("{error}{}", behind.unwrap_or_default()))
}
