//! Clients that mean no good, a few against bounds that are small: each behaviour takes nothing
//! from whoever asks properly.
//!
//! `make overload` does the same with ten thousand of them, and with a clock.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{ErrorKind, Write};
use std::net::TcpStream;

use common::{Serving, parse, read_to_end, until};

/// As many connections as places, so that one more needs somebody's.
fn crowded() -> Serving {
    let patient = "headers_timeout = \"1h\"\nbody_timeout = \"1h\"\nidle_timeout = \"1h\"\n";
    Serving::with(&format!("[server]\nconnections_max = 2\n{patient}"))
}

/// Connects, says something, and waits until the server has it.
fn connected(serving: &Serving, said: &[u8], count: usize) -> TcpStream {
    let mut socket = TcpStream::connect(serving.public).unwrap();
    socket.write_all(said).unwrap();
    until(|| serving.metric("api_connections") == Some(count as f64));
    socket
}

#[test]
fn idle_connections_make_room_for_new_ones_the_longest_idle_first() {
    let serving = crowded();
    let mut first = connected(&serving, b"", 1);
    let second = connected(&serving, b"", 2);
    assert_eq!(serving.create("product_12345").status, 201);
    assert_eq!(read_to_end(&mut first), "", "it had to go");
    assert_eq!(serving.metric(r#"api_refused_total{reason="idle"}"#), Some(1.0));
    until(|| serving.metric("api_connections") == Some(1.0));
    drop(second);
    until(|| serving.metric("api_connections") == Some(0.0));
}

#[test]
fn a_request_in_progress_is_not_cut_off_for_a_newcomer() {
    let serving = crowded();
    let mut busy = serving.begin_create(BODY);
    let _idle = connected(&serving, b"", 2);
    for _ in 0..10 {
        assert_eq!(serving.create("product_12345").status, 201);
    }
    busy.write_all(BODY.as_bytes()).unwrap();
    assert_eq!(parse(&read_to_end(&mut busy)).status, 201);
}

#[test]
fn headers_that_never_end_keep_nobody_out() {
    let serving = crowded();
    let slow = b"GET /.well-known/ucp HTTP/1.1\r\nhost: x\r\nx-slow: ";
    let _held = [connected(&serving, slow, 1), connected(&serving, slow, 2)];
    for _ in 0..10 {
        assert_eq!(serving.create("product_12345").status, 201);
    }
}

#[test]
fn answers_that_nobody_reads_keep_nobody_out() {
    let serving = crowded();
    let ask = b"GET /.well-known/ucp HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    let deaf = |count| {
        let mut socket = connected(&serving, &ask, count);
        socket.set_nonblocking(true).unwrap();
        // Until nothing more goes either way.
        let stuck = std::iter::repeat_with(|| socket.write(&ask)).find_map(Result::err).unwrap();
        assert_eq!(stuck.kind(), ErrorKind::WouldBlock);
        socket
    };
    let _held = [deaf(1), deaf(2)];
    // It may find them in the middle of a request, and asks again then, as it is told.
    until(|| serving.get("/.well-known/ucp").status == 200);
}

#[test]
fn bodies_that_never_end_take_no_room_from_others_and_the_oldest_is_given_up() {
    let serving = Serving::with(
        "[server]\nrequests_max = 2\nbody_timeout = \"1h\"\nrequest_timeout = \"1h\"\n\
         [engine]\nworkers = 1\n",
    );
    let mut oldest = serving.begin_create(BODY);
    let mut second = serving.begin_create(BODY);
    assert_eq!(serving.create("product_12345").status, 201);
    assert_eq!(parse(&read_to_end(&mut oldest)).status, 408);
    second.write_all(BODY.as_bytes()).unwrap();
    assert_eq!(parse(&read_to_end(&mut second)).status, 201);
    assert_eq!(serving.metric(r#"api_refused_total{reason="body_too_slow"}"#), Some(1.0));
}

#[test]
fn floods_of_headers_are_refused_and_keep_nobody_out() {
    let serving = crowded();
    let flood = format!("GET / HTTP/1.1\r\nhost: x\r\n{}", "x: y\r\n".repeat(10_000));
    for _ in 0..20 {
        let mut socket = TcpStream::connect(serving.public).unwrap();
        let _ = socket.write_all(flood.as_bytes()); // nobody reads all of it
        let heard = read_to_end(&mut socket);
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 431"), "{heard}");
        assert_eq!(serving.create("product_12345").status, 201);
    }
}

const BODY: &str = r#"{"line_items":[{"item":{"id":"product_12345"},"quantity":1}]}"#;
