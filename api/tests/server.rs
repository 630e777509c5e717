//! The public listener at its bounds, over real sockets.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use common::{
    Answer, CLOSE, JSON, Serving, answer, caller, exchange, guide, parse, read_to_end, run,
};

const BODY: &str = r#"{"line_items":[{"item":{"id":"product_12345"},"quantity":1}]}"#;

#[test]
fn a_body_over_the_limit_is_answered_413_in_the_shape_of_the_wire() {
    let serving = Serving::with("[server]\nbody_bytes_max = 1024\n");
    for length in [1_025, 200_000] {
        let answer = serving.post("/checkout-sessions", JSON, &"x".repeat(length));
        refused(&answer, 413, "payload_too_large");
    }
    let chunked = format!(
        "POST /checkout-sessions HTTP/1.1\r\n{CLOSE}{JSON}transfer-encoding: chunked\r\n\r\n\
         400\r\n{0}\r\n400\r\n{0}\r\n0\r\n\r\n",
        "x".repeat(1_024)
    );
    refused(&exchange(serving.public, &chunked), 413, "payload_too_large");
    assert_eq!(serving.metric(r#"api_refused_total{reason="body_too_large"}"#), Some(3.0));
}

#[test]
fn a_body_in_parts_is_put_together() {
    let serving = Serving::with("");
    let (first, rest) = BODY.split_at(20);
    let chunked = format!(
        "POST /checkout-sessions HTTP/1.1\r\n{CLOSE}{JSON}transfer-encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        first.len(),
        rest.len()
    );
    assert_eq!(exchange(serving.public, &chunked).status, 201);
}

#[test]
fn a_body_that_takes_too_long_is_answered_408() {
    let serving = Serving::with("[server]\nbody_timeout = \"50ms\"\n");
    let mut slow = serving.begin_create(BODY);
    refused(&parse(&read_to_end(&mut slow)), 408, "request_timeout");
}

const PROFILE: &[u8] = b"HEAD /.well-known/ucp HTTP/1.1\r\nhost: x\r\n\r\n";

/// Asks on a connection that is kept.
fn greet(kept: &mut TcpStream, parts: &[&[u8]]) {
    kept.set_nodelay(true).unwrap(); // or the kernel keeps the second part back for a while
    parts.iter().for_each(|part| kept.write_all(part).unwrap());
    let head = read_until(kept, b"\r\n\r\n");
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

fn read_until(socket: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut heard = vec![];
    while !heard.ends_with(end) {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        heard.push(byte[0]);
    }
    heard
}

#[test]
fn headers_that_take_too_long_end_the_connection() {
    let serving = Serving::with("[server]\nheaders_timeout = \"50ms\"\nidle_timeout = \"1h\"\n");
    for begun in [&PROFILE[..40], b"GE", b"PRI * HTTP/2.0\r\n"] {
        let mut slow = TcpStream::connect(serving.public).unwrap();
        slow.write_all(begun).unwrap();
        assert_eq!(read_to_end(&mut slow), "");
    }
    let mut kept = TcpStream::connect(serving.public).unwrap();
    greet(&mut kept, &[PROFILE]);
    kept.write_all(&PROFILE[..40]).unwrap();
    assert_eq!(read_to_end(&mut kept), "");
}

#[test]
fn a_kept_connection_may_be_idle_for_longer_than_headers_may_take() {
    let serving = Serving::with("[server]\nheaders_timeout = \"500ms\"\nidle_timeout = \"1h\"\n");
    let mut kept = TcpStream::connect(serving.public).unwrap();
    let mut spoken = http_2(&serving);
    // Whether all of it comes at once or in parts.
    let (first, rest) = PROFILE.split_at(20);
    for parts in [&[PROFILE][..], &[first, rest]] {
        greet(&mut kept, parts);
        // That long at least, since both were heard.
        let mut slow = TcpStream::connect(serving.public).unwrap();
        slow.write_all(first).unwrap();
        assert_eq!(read_to_end(&mut slow), "");
    }
    greet(&mut kept, &[PROFILE]);
    // A ping is answered.
    spoken.write_all(b"\0\0\x08\x06\0\0\0\0\0paceline").unwrap();
    read_until(&mut spoken, b"paceline");
}

#[test]
fn too_many_or_too_long_headers_are_answered_431() {
    let serving = Serving::with("[server]\nheaders_max = 8\nheaders_bytes_max = 8192\n");
    let many = format!("GET / HTTP/1.1\r\n{CLOSE}{}\r\n", "x: y\r\n".repeat(8));
    let long = format!("GET / HTTP/1.1\r\n{CLOSE}x: {}\r\n\r\n", "y".repeat(9_000));
    for said in [many, long] {
        assert_eq!(exchange(serving.public, &said).status, 431);
    }
}

#[test]
fn one_connection_too_many_is_answered_503_at_once() {
    let serving = Serving::with("[server]\nconnections_max = 1\n");
    let held = serving.begin_create(BODY);
    let turned_away = exchange(serving.public, "");
    assert_eq!(turned_away.status, 503);
    assert!(turned_away.headers.contains("retry-after: 1"));
    finish(held);
}

#[test]
fn one_request_too_many_is_answered_503_before_any_work() {
    let (serving, mut held) = full();
    let full = serving.get("/.well-known/ucp");
    refused(&full, 503, "unavailable");
    assert!(full.headers.contains("retry-after: 1"));
    assert_eq!(answer(&mut held).status, 200);
    assert_eq!(serving.get("/.well-known/ucp").status, 200);
}

#[test]
fn who_is_refused_while_its_body_is_on_its_way_keeps_its_connection() {
    let (serving, mut held) = full();
    let mut kept = TcpStream::connect(serving.public).unwrap();
    let length = BODY.len();
    let head = format!(
        "POST /checkout-sessions HTTP/1.1\r\nhost: x\r\n{JSON}content-length: {length}\r\n\
         expect: 100-continue\r\n\r\n"
    );
    kept.write_all(head.as_bytes()).unwrap();
    assert_eq!(read_until(&mut kept, b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n");
    kept.write_all(BODY.as_bytes()).unwrap();
    let head = String::from_utf8(read_until(&mut kept, b"\r\n\r\n")).unwrap();
    let mut told = parse(&head);
    let mut body = vec![0; told.header("content-length").unwrap().parse().unwrap()];
    kept.read_exact(&mut body).unwrap();
    told.body = String::from_utf8(body).unwrap();
    refused(&told, 503, "unavailable");
    assert_eq!(answer(&mut held).status, 200);
    greet(&mut kept, &[PROFILE]);
}

/// One with room for a single request, and who has it, for a while.
fn full() -> (Serving, TcpStream) {
    let serving = Serving::with(
        "[server]\nrequests_max = 1\n[processor]\nlatency_median = \"2s\"\nlatency_p99 = \"2s\"\n",
    );
    let id = guide::ready(&serving.caller());
    let body = guide::complete("tok").to_string();
    let held = serving.caller().say("POST", &caller::path_of(&id, "complete"), body);
    common::until(|| serving.metric("engine_asks_in_flight") == Some(1.0));
    (serving, held)
}

#[test]
fn a_request_that_takes_too_long_in_all_is_answered_503() {
    let serving = Serving::with(
        "[server]\nrequest_timeout = \"50ms\"\n[engine]\ncomplete_deadline = \"10ms\"\n",
    );
    let mut slow = serving.begin_create(BODY);
    refused(&parse(&read_to_end(&mut slow)), 503, "unavailable");
    assert_eq!(serving.metric(r#"api_refused_total{reason="deadline"}"#), Some(1.0));
}

#[test]
fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let serving = Serving::with("[server]\nidle_timeout = \"50ms\"\nheaders_timeout = \"1h\"\n");
    let mut idle = TcpStream::connect(serving.public).unwrap();
    let mut spoken = TcpStream::connect(serving.public).unwrap();
    spoken.write_all(b"GET /.well-known/ucp HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut half_said = TcpStream::connect(serving.public).unwrap();
    half_said.write_all(b"PR").unwrap();
    let busy = serving.begin_create(BODY);
    assert_eq!(read_to_end(&mut idle), "");
    assert_eq!(parse(&read_to_end(&mut spoken)).status, 200);
    assert_eq!(read_to_end(&mut half_said), "");
    finish(busy);
}

#[test]
fn what_is_asked_on_http_2_before_the_goodbye_is_heard_is_answered() {
    let serving = Serving::with("[server]\nidle_timeout = \"50ms\"\n");
    let mut idle = http_2(&serving);
    frame_of_kind(&mut idle, GOAWAY);
    // By RFC 7541: POST, http, the path, the authority, and a content type.
    let asked = b"\x83\x86\x04\x12/checkout-sessions\x01\x01x\x0f\x10\x10application/json";
    idle.write_all(&[&[0, 0, asked.len() as u8, HEADERS, 4, 0, 0, 0, 1], &asked[..]].concat())
        .unwrap();
    common::until(|| serving.metric("api_requests_in_flight") == Some(1.0));
    // Who asks nothing more is gone a while after its goodbye, which is later than the other's.
    let _ = http_2(&serving).read_to_end(&mut vec![]);
    idle.write_all(&[&[0, 0, BODY.len() as u8, DATA, 1, 0, 0, 0, 1], BODY.as_bytes()].concat())
        .unwrap();
    frame_of_kind(&mut idle, HEADERS);
    let created = r#"api_requests_total{operation="create",outcome="2xx",dialect="d0"}"#;
    assert_eq!(serving.metric(created), Some(1.0));
}

/// Kinds of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const GOAWAY: u8 = 7;

/// A connection that has said the preface, and empty settings.
fn http_2(serving: &Serving) -> TcpStream {
    let mut spoken = TcpStream::connect(serving.public).unwrap();
    spoken.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    spoken
}

/// Reads frames until one of this kind has come.
fn frame_of_kind(socket: &mut TcpStream, kind: u8) {
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        socket.read_exact(&mut vec![0; length as usize]).unwrap();
        if head[3] == kind {
            return;
        }
    }
}

#[test]
fn one_connection_carries_many_requests() {
    let serving = Serving::with("");
    let mut socket = TcpStream::connect(serving.public).unwrap();
    for _ in 0..3 {
        greet(&mut socket, &[PROFILE]);
    }
    assert_eq!(serving.metric("api_connections_total"), Some(1.0));
    assert_eq!(serving.metric("api_connections"), Some(1.0));
}

#[test]
fn what_is_no_http_is_refused_and_harms_nobody() {
    let serving = Serving::with("");
    for said in
        ["\r\n\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "GET / HTTP/9.9\r\n\r\n"]
    {
        let mut socket = TcpStream::connect(serving.public).unwrap();
        socket.write_all(said.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let heard = read_to_end(&mut socket);
        assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 4"), "{said:?}: {heard}");
    }
    assert_eq!(serving.create("product_12345").status, 201);
}

#[test]
fn a_stopping_server_finishes_what_is_in_progress_and_lets_nobody_in() {
    let mut serving = Serving::with("");
    let held = serving.begin_create(BODY);
    let mut idle = TcpStream::connect(serving.public).unwrap();
    serving.signal("TERM");
    // Idle connections are the first to go.
    assert_eq!(read_to_end(&mut idle), "");
    assert_eq!(serving.ask_admin("GET", "/readyz").status, 503);
    assert_eq!(serving.ask_admin("GET", "/healthz").status, 200);
    finish(held);
    assert_eq!(serving.ended().code(), Some(0));
    assert!(TcpStream::connect(serving.public).is_err());
}

#[test]
fn a_stopping_server_waits_no_longer_than_it_was_told() {
    let mut serving = Serving::with("[server]\ndrain_timeout = \"50ms\"\n");
    let _held = serving.begin_create(BODY);
    serving.signal("TERM");
    assert_eq!(serving.ended().code(), Some(0));
}

#[test]
fn nothing_of_the_admin_listener_is_on_the_public_one() {
    let serving = Serving::with("");
    for path in ["/metrics", "/healthz", "/readyz", "/drain", "/inspect/session/x"] {
        refused(&serving.get(path), 404, "not_found");
        refused(&serving.post(path, "", ""), 404, "not_found");
    }
    assert_eq!(serving.ask_admin("GET", "/checkout-sessions").status, 404);
}

#[test]
fn draining_by_hand_ends_readiness_and_not_the_service() {
    let serving = Serving::with("");
    assert_eq!(serving.ask_admin("GET", "/readyz").status, 200);
    assert_eq!(serving.ask_admin("GET", "/drain").status, 405);
    assert_eq!(serving.ask_admin("POST", "/drain").status, 200);
    assert_eq!(serving.ask_admin("GET", "/readyz").status, 503);
    assert_eq!(serving.create("product_12345").status, 201);
}

#[test]
fn requests_are_counted_by_operation_outcome_and_dialect() {
    let serving = Serving::with("");
    serving.create("product_12345");
    serving.create("no such product");
    serving.post(
        "/checkout-sessions",
        "content-type: application/json\r\nucp-agent: profile=\"https://p.example/ucp\"\r\n",
        BODY,
    );
    serving.post("/checkout-sessions/x/cancel", JSON, &"x".repeat(200_000));
    serving.get("/nowhere");
    let count = |operation: &str, outcome: &str, dialect: &str| {
        let labels = format!(r#"operation="{operation}",outcome="{outcome}",dialect="{dialect}""#);
        serving.metric(&format!("api_requests_total{{{labels}}}"))
    };
    assert_eq!(count("create", "2xx", "d0"), Some(1.0));
    assert_eq!(count("create", "4xx", "d0"), Some(1.0));
    assert_eq!(count("create", "2xx", "d1"), Some(1.0));
    assert_eq!(count("cancel", "4xx", "d0"), Some(1.0));
    assert_eq!(count("other", "4xx", "none"), Some(1.0));
    assert_eq!(serving.metric(r#"api_request_seconds_count{operation="create"}"#), Some(3.0));
    assert_eq!(serving.metric("api_requests_in_flight"), Some(0.0));
}

#[test]
fn each_request_is_one_line_of_the_log_with_nothing_secret_in_it() {
    let serving = Serving::with(
        "[platform]\napi_keys = [{ caller = \"google\", key = \"key-0123456789abcdef\" }]\n",
    );
    let headers = format!("{JSON}x-api-key: key-0123456789abcdef\r\nrequest-id: trace-me\r\n");
    let body = r#"{"line_items":[{"item":{"id":"product_12345"},"quantity":1}],"buyer":{"email":"ines@example.com"}}"#;
    let created = serving.post("/checkout-sessions?q=hush", &headers, body).json();
    let complete = r#"{"payment_data":{"id":"pi","handler_id":"gpay","type":"card","credential":{"type":"PAYMENT_GATEWAY","token":"the-token"}}}"#;
    let path = format!("/checkout-sessions/chk_{}/complete", "0".repeat(32));
    assert_eq!(serving.post(&path, &headers, complete).status, 404);
    let like_a_session = format!("chk_{}", "f".repeat(32));
    let unknown = BODY.replace("product_12345", &like_a_session);
    assert_eq!(serving.post("/checkout-sessions", &headers, &unknown).status, 400);
    let log = serving.stopped_log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["target"] == "request")
        .collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert_eq!(lines[0]["method"], "POST");
    assert_eq!(lines[0]["operation"], "create");
    assert_eq!(lines[0]["path"], "/checkout-sessions");
    assert_eq!(lines[0]["status"], 201);
    assert_eq!(lines[0]["dialect"], "d0");
    assert_eq!(lines[0]["request_id"], "trace-me");
    assert!(lines[0]["micros"].is_u64());
    let made = created["id"].as_str().unwrap().rsplit_once('/').unwrap().1;
    assert_eq!(lines[0]["session"], made);
    assert_eq!(lines[1]["session"], format!("chk_{}", "0".repeat(32)));
    assert_eq!((&lines[2]["status"], lines[2].get("session")), (&400.into(), None));
    for secret in ["hush", "key-0123456789abcdef", "ines@example.com", "the-token"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn http_2_is_spoken_without_tls_too() {
    let serving = Serving::with("");
    let url = format!("http://{}/.well-known/ucp", serving.public);
    let told = curl(&["--http2-prior-knowledge", &url]);
    assert_eq!(told, "200 2");
    assert_eq!(curl(&["--http1.1", &url]), "200 1.1");
}

#[test]
fn a_request_that_is_refused_before_it_is_read_has_its_id_in_the_answer_too() {
    let serving = Serving::with("[server]\nbody_bytes_max = 1024\n");
    let long = "x".repeat(2048);
    let request = format!(
        "POST /checkout-sessions HTTP/1.1\r\nhost: a\r\nconnection: close\r\nrequest-id: abc-1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{long}",
        long.len()
    );
    let answer = exchange(serving.public, &request);
    refused(&answer, 413, "payload_too_large");
    assert!(answer.headers.contains("request-id: abc-1"), "{}", answer.headers);
}

#[test]
fn a_body_over_the_limit_is_answered_413_on_http_2_too() {
    let serving = Serving::with("[server]\nbody_bytes_max = 1024\n");
    let url = format!("http://{}/checkout-sessions", serving.public);
    let body = serving.home().join("body");
    fs::write(&body, "x".repeat(300_000)).unwrap();
    let data = format!("@{}", body.display());
    assert_eq!(curl(&["--http2-prior-knowledge", "--data-binary", &data, &url]), "413 2");
}

#[test]
fn with_certificate_and_key_tls_1_3_is_spoken_and_nothing_older() {
    let home = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(home.path().join("server.crt"), own.cert.pem()).unwrap();
    fs::write(home.path().join("server.key"), own.signing_key.serialize_pem()).unwrap();
    let files = "[server]\ntls_cert_file = \"server.crt\"\ntls_key_file = \"server.key\"\n";
    let serving = Serving::of(home, files);
    let port = serving.public.port();
    let url = format!("https://localhost:{port}/.well-known/ucp");
    let at = format!("localhost:{port}:127.0.0.1");
    let trusted = serving.home().join("server.crt").display().to_string();
    let ask =
        |more: &[&str]| curl(&[more, &["--resolve", &at, "--cacert", &trusted, &url]].concat());
    assert_eq!(ask(&["--http2"]), "200 2");
    assert_eq!(ask(&["--http1.1"]), "200 1.1");
    assert_eq!(ask(&["--tls-max", "1.2"]), "000 0");
    assert!(serving.greeting.contains("https://"));
    // Whoever speaks without TLS hears nothing that could be an answer.
    let mut plain = TcpStream::connect(serving.public).unwrap();
    plain.write_all(b"GET /.well-known/ucp HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut heard = vec![];
    let _ = plain.read_to_end(&mut heard);
    assert!(!heard.starts_with(b"HTTP"));
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let own = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    fs::write(home.path().join("a.crt"), own("a").cert.pem()).unwrap();
    fs::write(home.path().join("b.key"), own("b").signing_key.serialize_pem()).unwrap();
    let config = "[server]\ntls_cert_file = \"a.crt\"\ntls_key_file = \"b.key\"\n";
    fs::write(home.path().join("paceline.toml"), config).unwrap();
    let (ok, _, told) = run(&mut common::serve_in(home.path()));
    assert!(!ok && told.contains("do not go together"), "{told}");
}

/// Sends the rest of a request in progress, which is answered as if nothing had been.
fn finish(mut held: TcpStream) {
    held.write_all(BODY.as_bytes()).unwrap();
    assert_eq!(answer(&mut held).status, 201);
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert!(answer.headers.contains("content-type: application/json"));
    let body = answer.json();
    assert_eq!(body["status"], "requires_escalation");
    assert_eq!(body["messages"][0]["code"], code);
}

/// Status and protocol version, as curl saw them.
fn curl(args: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_code} %{http_version}",
    ]);
    run(command.args(args)).1
}
