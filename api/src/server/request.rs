//! One request: bounded, answered, counted, logged.

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::time::{Duration, Instant, timeout};

use super::Server;
use super::body::{self, NoBody, Size};
use super::connection::Shown;
use crate::limits::{
    DOCUMENT_BODIES_ARRIVING_MAX, DOCUMENT_BODY_BYTES_MAX, LOGGED_PATH_CHARS_MAX, RETRY_AFTER,
};
use crate::logging::RequestLine;
use crate::metrics::Told;
use crate::operation::Operation;
use crate::routes::{Inbound, REQUEST_ID, echo_request_id};
use crate::ucp::Refusal;

type Answer = Response<Full<Bytes>>;

pub async fn answer(server: &Server, incoming: Request<Incoming>, shown: Shown) -> Answer {
    let started = Instant::now();
    let (head, body) = incoming.into_parts();
    server.metrics.in_flight.increment(1.0);
    let counted = InFlight(server);
    let (told, mut answer) = match shown {
        Shown::Nothing if !server.site.is_for_people(&head) => {
            refused(server, &head, &Refusal::no_certificate())
        }
        _ => within_bounds(server, &head, body).await,
    };
    echo_request_id(&head.headers, answer.headers_mut());
    drop(counted);
    let took = started.elapsed();
    server.metrics.answered(&told, answer.status(), took);
    log(&head, &answer, &told, took);
    answer
}

/// Answers, or says which bound was met. What met it has changed nothing, save at the deadline:
/// what was asked then goes on, and is answered alike when it is asked again under its key.
async fn within_bounds(server: &Server, head: &Parts, body: Incoming) -> (Told, Answer) {
    match timeout(server.bounds.request_timeout, read_and_answer(server, head, body)).await {
        Ok(answer) => answer,
        Err(_) => {
            server.metrics.refused_deadline.increment(1);
            refused(server, head, &Refusal::overloaded(RETRY_AFTER))
        }
    }
}

async fn read_and_answer(server: &Server, head: &Parts, body: Incoming) -> (Told, Answer) {
    let body = if body.is_end_stream() {
        Bytes::new()
    } else {
        let size = server.site.size(head);
        let usual = server.bounds.body_bytes_max;
        let (bytes_max, arriving_max) = match size {
            Size::Usual => (usual, server.bodies_max),
            Size::Large => (usual.max(DOCUMENT_BODY_BYTES_MAX), DOCUMENT_BODIES_ARRIVING_MAX),
        };
        let reading = body::read(body, size, bytes_max, arriving_max);
        match timeout(server.bounds.body_timeout, reading).await {
            Ok(Ok(body)) => body,
            Ok(Err(NoBody::TooLarge)) => {
                server.metrics.refused_body_too_large.increment(1);
                return refused(server, head, &Refusal::payload_too_large(bytes_max));
            }
            Ok(Err(NoBody::Broken)) => {
                let ended = Refusal::bad_request("The body ended before its end.");
                return refused(server, head, &ended);
            }
            Ok(Err(NoBody::GivenUp)) | Err(_) => {
                server.metrics.refused_body_too_slow.increment(1);
                return refused(server, head, &Refusal::request_timeout());
            }
        }
    };
    // Only now: who never sends all of it takes no room from others, and who is refused while it
    // sends may never read why.
    let Some(_room) = server.pace.enter() else {
        server.metrics.refused_requests.increment(1);
        return refused(server, head, &Refusal::overloaded(RETRY_AFTER));
    };
    let began = Instant::now();
    let (told, answer) = server.site.answer(Inbound { head, body }).await;
    if told.operation.is_some_and(Operation::only_writes) {
        server.pace.wrote(began.elapsed());
    }
    (told, answer)
}

/// Before there was a body to look at.
fn refused(server: &Server, head: &Parts, why: &Refusal) -> (Told, Answer) {
    server.site.refused(head, why)
}

/// The path without its query, which may hold anything; of a path that is not ours only where it
/// leads.
fn log(head: &Parts, answer: &Answer, told: &Told, took: Duration) {
    let path = match told.operation {
        Some(_) => head.uri.path(),
        None => way(head.uri.path()),
    };
    let line = RequestLine {
        method: &head.method,
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

/// A path without its end: whatever somebody has put there by mistake, the number of a card
/// perhaps.
fn way(path: &str) -> &str {
    let ends = path.match_indices('/').map(|(slash, _)| &path[..=slash]);
    let digits = |way: &str| way.bytes().filter(u8::is_ascii_digit).count();
    ends.take_while(|way| digits(way) < CARD_DIGITS_MIN).last().unwrap_or_default()
}

/// No card has a shorter number.
const CARD_DIGITS_MIN: usize = 12;

/// A caller may leave in the middle of its request.
struct InFlight<'a>(&'a Server);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.in_flight.decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::way;

    #[test]
    fn of_a_path_that_is_not_ours_only_where_it_leads_is_logged() {
        for (path, told) in [
            ("/card/v1/4485275742308327", "/card/v1/"),
            ("/card/v1/4485275742308327/capture", "/card/v1/"),
            ("/card/v1/4485-2757-4230-8327/x/y", "/card/v1/"),
            ("/wrong/v1/capture", "/wrong/v1/"),
            ("/4485275742308327", "/"),
            ("/", "/"),
            ("*", ""),
        ] {
            assert_eq!(way(path), told, "{path}");
        }
    }
}
