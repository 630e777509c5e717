//! One request: bounded, answered, counted, logged.

use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::time::{Duration, Instant, timeout};

use super::Server;
use super::body::{self, NoBody};
use crate::limits::{LOGGED_PATH_CHARS_MAX, RETRY_AFTER};
use crate::logging::RequestLine;
use crate::metrics::Told;
use crate::routes::{Inbound, REQUEST_ID, refusal};
use crate::ucp::Refusal;

type Answer = Response<Full<Bytes>>;

pub async fn answer(server: &Server, incoming: Request<Incoming>) -> Answer {
    let started = Instant::now();
    let (method, uri) = (incoming.method().clone(), incoming.uri().clone());
    server.metrics.in_flight.increment(1.0);
    let counted = InFlight(server);
    let (told, answer) = within_bounds(server, incoming).await;
    drop(counted);
    let took = started.elapsed();
    server.metrics.answered(&told, answer.status(), took);
    log(&method, &uri, &answer, &told, took);
    answer
}

/// Answers, or says which bound was met. What met it has changed nothing, save at the deadline:
/// what was asked then goes on, and is answered alike when it is asked again under its key.
async fn within_bounds(server: &Server, incoming: Request<Incoming>) -> (Told, Answer) {
    let Ok(_room) = server.requests.try_acquire() else {
        server.metrics.refused_requests.increment(1);
        return refused(&Refusal::overloaded(RETRY_AFTER));
    };
    match timeout(server.bounds.request_timeout, read_and_answer(server, incoming)).await {
        Ok(answer) => answer,
        Err(_) => {
            server.metrics.refused_deadline.increment(1);
            refused(&Refusal::overloaded(RETRY_AFTER))
        }
    }
}

async fn read_and_answer(server: &Server, incoming: Request<Incoming>) -> (Told, Answer) {
    let (head, body) = incoming.into_parts();
    let body = if body.is_end_stream() {
        Bytes::new()
    } else {
        let bytes_max = server.bounds.body_bytes_max;
        match timeout(server.bounds.body_timeout, body::read(body, bytes_max)).await {
            Ok(Ok(body)) => body,
            Ok(Err(NoBody::TooLarge)) => {
                server.metrics.refused_body_too_large.increment(1);
                return refused(&Refusal::payload_too_large(bytes_max));
            }
            Ok(Err(NoBody::Broken)) => {
                return refused(&Refusal::bad_request("The body ended before its end."));
            }
            Err(_) => {
                server.metrics.refused_body_too_slow.increment(1);
                return refused(&Refusal::request_timeout());
            }
        }
    };
    let inbound = Inbound { method: head.method, uri: head.uri, headers: head.headers, body };
    server.site.answer(inbound).await
}

/// Before anybody has looked at what was asked.
fn refused(why: &Refusal) -> (Told, Answer) {
    (Told::default(), refusal(why))
}

/// The path without its query, which may hold anything.
fn log(method: &Method, uri: &Uri, answer: &Answer, told: &Told, took: Duration) {
    let path = uri.path();
    let line = RequestLine {
        method,
        operation: told.operation_word(),
        path: path.char_indices().nth(LOGGED_PATH_CHARS_MAX).map_or(path, |(end, _)| &path[..end]),
        status: answer.status(),
        took,
        dialect: told.dialect_word(),
        session: told.session,
        request_id: answer.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()),
    };
    line.write();
}

/// A caller may leave in the middle of its request.
struct InFlight<'a>(&'a Server);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.in_flight.decrement(1.0);
    }
}
