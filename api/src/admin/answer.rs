//! The table of the admin listener.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;

use super::{Admin, Stage};
use super::{books, story};
use crate::limits::ADMIN_BODY_BYTES_MAX;

pub type Answer = Response<Full<Bytes>>;

pub async fn answer(admin: &Arc<Admin>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    if books::is_at(request.uri().path()) {
        return Ok(book(admin, request).await);
    }
    let path = request.uri().path();
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    Ok(match path {
        "/metrics" if read => text(StatusCode::OK, "text/plain; version=0.0.4", admin.metrics()),
        "/healthz" if read => plain(StatusCode::OK, "ok"),
        "/readyz" if read => match admin.stage() {
            Stage::Starting => plain(StatusCode::SERVICE_UNAVAILABLE, "starting"),
            Stage::Ready => plain(StatusCode::OK, "ready"),
            Stage::Draining => plain(StatusCode::SERVICE_UNAVAILABLE, "draining"),
        },
        "/drain" if request.method() == Method::POST => {
            admin.drain();
            plain(StatusCode::OK, "draining: not ready any more, still serving; SIGTERM ends it")
        }
        DEVELOPMENT_SMS if read => match admin.development() {
            Some(development) => {
                let sent =
                    development.sms.sent_to(&phone(request.uri().query().unwrap_or_default()));
                text(StatusCode::OK, "application/json", format!("{sent}\n"))
            }
            None => plain(StatusCode::NOT_FOUND, "messages are read in development mode only"),
        },
        path if path.starts_with(story::PATH) && read => {
            let as_json = story::wants_json(request.headers());
            story::answer(admin, &path[story::PATH.len()..], as_json).await
        }
        "/metrics" | "/healthz" | "/readyz" => plain(StatusCode::METHOD_NOT_ALLOWED, "GET only"),
        "/drain" => plain(StatusCode::METHOD_NOT_ALLOWED, "POST only"),
        _ => plain(
            StatusCode::NOT_FOUND,
            "there is /metrics, /healthz, /readyz, /drain, /inspect/<entity>/<id>, /accounts, /notices, \
             /remittance, /google, /cards and /card-keys",
        ),
    })
}

async fn book(admin: &Admin, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    match Limited::new(body, ADMIN_BODY_BYTES_MAX).collect().await {
        Ok(body) => {
            let (path, body) = (head.uri.path(), body.to_bytes());
            books::answer(admin, &head.method, path, &head.headers, &body).await
        }
        Err(_) => plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long, or ended early"),
    }
}

const DEVELOPMENT_SMS: &str = "/development/sms";

/// A plus is a plus here, encoded or not: no telephone number has a blank.
fn phone(query: &str) -> String {
    let mut pairs = query.split('&').filter_map(|pair| pair.strip_prefix("phone="));
    percent_decode_str(pairs.next().unwrap_or_default()).decode_utf8_lossy().into_owned()
}

pub fn plain(status: StatusCode, words: &str) -> Answer {
    text(status, "text/plain; charset=utf-8", format!("{words}\n"))
}

pub fn text(status: StatusCode, kind: &'static str, body: String) -> Answer {
    let mut response = bytes(kind, body.into_bytes());
    *response.status_mut() = status;
    response
}

pub fn bytes(kind: &'static str, body: Vec<u8>) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
