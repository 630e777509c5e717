//! Bad input: a precise answer in the wire's own shape, and nothing has changed.

use serde_json::{Value, json};

use crate::common::caller::path_of;
use crate::common::guide::{self, TOKEN};
use crate::common::{Caller, Serving};
use crate::{body, refused};

const SESSIONS: &str = "/checkout-sessions";

/// A ready session, and how it was before anything bad was said to it.
struct Untouched {
    serving: Serving,
    caller: Caller,
    id: String,
    before: String,
    opened: Option<f64>,
}

impl Untouched {
    fn ready() -> Self {
        let serving = Serving::with("");
        let caller = serving.caller();
        let id = guide::ready(&caller);
        let before = caller.get(&id).body;
        let opened = opened(&serving);
        Self { serving, caller, id, before, opened }
    }

    /// Asks for a new session with this body, and for a change to this body.
    fn refuses(&self, sent: impl AsRef<[u8]>, message: &str) {
        let sent = sent.as_ref();
        for (method, path) in [("POST", SESSIONS.to_owned()), ("PUT", path_of(&self.id, ""))] {
            refused(&self.caller.ask(method, path.trim_end_matches('/'), sent), 400, message);
        }
        self.unchanged();
    }

    fn unchanged(&self) {
        assert_eq!(self.caller.get(&self.id).body, self.before);
        assert_eq!(opened(&self.serving), self.opened, "no session was opened");
    }
}

/// Sessions that were opened since the program started.
fn opened(serving: &Serving) -> Option<f64> {
    serving.metric(r#"engine_session_events_total{event="created"}"#)
}

fn lines(lines: Value) -> String {
    json!({"line_items": lines, "currency": "USD"}).to_string()
}

fn line(product: &str, quantity: Value) -> Value {
    json!({"item": {"id": product}, "quantity": quantity})
}

#[test]
fn what_is_not_json_is_refused() {
    let session = Untouched::ready();
    for sent in [
        &b"{"[..],
        b"line_items=1",
        b"{\"currency\":\"USD\"} {}",
        b"{\"currency\":\"\xff\"}",
        b"[]",
        b"null",
        b"\"{}\"",
        b"1",
    ] {
        session.refuses(sent, "invalid $");
    }
    session.refuses(b"{\"line_items\":[}", "invalid $.line_items[0]");
    session.refuses(b"{\"currency\":'USD'}", "invalid $.currency");
    session.refuses(b"", "missing $");
}

#[test]
fn a_body_that_nests_deeply_harms_nobody() {
    let session = Untouched::ready();
    let nested =
        |open: &str, close: &str, levels: usize| open.repeat(levels) + &close.repeat(levels);
    session.refuses(nested("[", "]", 60_000), "invalid $");
    let lines = format!("{{\"line_items\":{}}}", nested("[", "]", 60_000));
    session.refuses(lines, "invalid $.line_items[0]");
    let unknown = format!("{{\"unknown\":{}}}", nested("{\"a\":[", "]}", 10_000));
    let path = path_of(&session.id, "");
    let ignored = session.caller.ask("PUT", path.trim_end_matches('/'), unknown);
    assert!([200, 400].contains(&ignored.status), "{}", ignored.body);
    session.unchanged();
}

#[test]
fn wrong_types_are_refused_where_they_are() {
    let session = Untouched::ready();
    for (sent, path) in [
        (json!({"line_items": {}}), "$.line_items"),
        (json!({"line_items": "product_12345"}), "$.line_items"),
        (json!({"line_items": [1]}), "$.line_items[0]"),
        (json!({"line_items": [["product_12345", 1]]}), "$.line_items[0]"),
        (json!({"line_items": [{"item": "product_12345", "quantity": 1}]}), "$.line_items[0].item"),
        (json!({"line_items": [line("product_12345", json!("1"))]}), "$.line_items[0].quantity"),
        (json!({"line_items": [line("product_12345", json!(null))]}), "$.line_items[0].quantity"),
        (json!({"line_items": [line("product_12345", json!(true))]}), "$.line_items[0].quantity"),
        (
            json!({"line_items": [{"item": {"id": 12345}, "quantity": 1}]}),
            "$.line_items[0].item.id",
        ),
        (json!({"line_items": [line("product_12345", json!(1))], "currency": 840}), "$.currency"),
        (json!({"line_items": [line("product_12345", json!(1))], "buyer": "Jane"}), "$.buyer"),
        (
            json!({"line_items": [line("product_12345", json!(1))], "buyer": {"email": 1}}),
            "$.buyer.email",
        ),
        (
            json!({"line_items": [line("product_12345", json!(1))],
                "buyer": {"consent": {"marketing": "yes"}}}),
            "$.buyer.consent.marketing",
        ),
        (
            json!({"line_items": [line("product_12345", json!(1))],
                "fulfillment": {"methods": {}}}),
            "$.fulfillment.methods",
        ),
        (
            json!({"line_items": [line("product_12345", json!(1))],
                "fulfillment": {"methods": [{"type": "drone"}]}}),
            "$.fulfillment.methods[0].type",
        ),
        (
            json!({"line_items": [line("product_12345", json!(1))],
                "discounts": {"codes": "TENOFF"}}),
            "$.discounts.codes",
        ),
        (json!({"line_items": [line("product_12345", json!(1))], "payment": []}), "$.payment"),
    ] {
        session.refuses(sent.to_string(), &format!("invalid {path}"));
    }
}

#[test]
fn what_is_needed_and_not_there_is_refused_where_it_belongs() {
    let session = Untouched::ready();
    for (sent, path) in [
        (json!([]), "$.line_items"),
        (json!(null), "$.line_items"),
        (json!([{"quantity": 1}]), "$.line_items[0].item"),
        (json!([{"item": {}, "quantity": 1}]), "$.line_items[0].item.id"),
        (json!([{"item": {"id": "product_12345"}}]), "$.line_items[0].quantity"),
    ] {
        session.refuses(lines(sent), &format!("missing {path}"));
    }
    let created = session.caller.create(&json!({"currency": "USD"}));
    refused(&created, 400, "missing $.line_items");
    session.unchanged();
}

#[test]
fn an_unknown_item_is_refused() {
    let session = Untouched::ready();
    let known = line("product_12345", json!(1));
    for unknown in ["product_54321", "PRODUCT_12345", "../product_12345", "product_12345 "] {
        let unknown = line(unknown, json!(1));
        let path = "$.line_items[1].item.id";
        session.refuses(lines(json!([known, unknown])), &format!("item_unavailable {path}"));
    }
    for malformed in ["", "product\n12345", &"x".repeat(600)] {
        let path = "$.line_items[0].item.id";
        session.refuses(lines(json!([line(malformed, json!(1))])), &format!("invalid {path}"));
    }
}

#[test]
fn a_quantity_of_none_or_less_is_refused() {
    let session = Untouched::ready();
    for quantity in [json!(0), json!(-1), json!(i64::MIN)] {
        let message = "quantity_invalid_minimum_not_met $.line_items[0].quantity";
        session.refuses(lines(json!([line("product_12345", quantity)])), message);
    }
}

#[test]
fn a_quantity_beyond_all_bounds_is_refused() {
    let session = Untouched::ready();
    for quantity in [json!(10_001), json!(u32::MAX), json!(1_u64 << 53), json!(u64::MAX)] {
        let message = "quantity_invalid_limit_exceeded $.line_items[0].quantity";
        session.refuses(lines(json!([line("product_12345", quantity)])), message);
    }
}

#[test]
fn a_quantity_that_is_no_whole_number_is_refused() {
    let session = Untouched::ready();
    for quantity in ["1.5", "1.0", "1e3", "0.1", "1e400", "123456789012345678901234567890", "-0"] {
        let sent = lines(json!([line("product_12345", json!("here"))]));
        let sent = sent.replace("\"here\"", quantity);
        let answer = session.caller.ask("POST", SESSIONS, &sent);
        let told = body(&answer, 400);
        assert_eq!(told["messages"][0]["path"], "$.line_items[0].quantity", "{quantity}: {told}");
    }
    session.unchanged();
}

#[test]
fn duplicate_lines_are_refused() {
    let session = Untouched::ready();
    let twice = json!([line("product_12345", json!(1)), line("product_12345", json!(2))]);
    session.refuses(lines(twice), "invalid $.line_items[1].item.id");
}

#[test]
fn too_many_of_anything_are_refused() {
    let session = Untouched::ready();
    let many = |count: usize| (0..count).map(|n| line(&format!("p_{n}"), json!(1)));
    session.refuses(lines(many(201).collect()), "invalid $.line_items");
    let codes = json!({"line_items": [line("product_12345", json!(1))],
        "discounts": {"codes": vec!["A"; 21]}});
    session.refuses(codes.to_string(), "invalid $.discounts.codes");
    let methods = json!({"line_items": [line("product_12345", json!(1))],
        "fulfillment": {"methods": vec![json!({"type": "shipping"}); 11]}});
    session.refuses(methods.to_string(), "invalid $.fulfillment.methods");
}

#[test]
fn another_currency_is_refused() {
    let session = Untouched::ready();
    for currency in ["EUR", "JPY"] {
        let sent = json!({"line_items": [line("product_12345", json!(1))], "currency": currency});
        session.refuses(sent.to_string(), "invalid $.currency");
    }
    for malformed in ["usd", "US", "USDX", "", "U$D"] {
        let sent = json!({"line_items": [line("product_12345", json!(1))], "currency": malformed});
        session.refuses(sent.to_string(), "invalid $.currency");
    }
    let mixed = lines(json!([line("product_12345", json!(1)), line("product_jpy", json!(1))]));
    session.refuses(mixed, "invalid $.currency");
}

#[test]
fn words_that_are_too_long_or_hold_control_characters_are_refused() {
    let session = Untouched::ready();
    for word in [json!("x".repeat(513)), json!("Jane\u{0}"), json!("Jane\r\nX-Evil: 1")] {
        let sent = json!({"line_items": [line("product_12345", json!(1))],
            "buyer": {"first_name": word}});
        session.refuses(sent.to_string(), "invalid $.buyer.first_name");
    }
}

#[test]
fn a_payment_without_what_it_needs_is_refused_and_nothing_is_charged() {
    let session = Untouched::ready();
    let instrument = |more: Value| {
        let mut body = guide::complete(TOKEN);
        body["payment_data"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let two = json!([
        {"id": "a", "handler_id": "gpay", "type": "card", "credential": {"token": "t"}},
        {"id": "b", "handler_id": "gpay", "type": "card", "credential": {"token": "t"}}
    ]);
    for (sent, message) in [
        (json!({}), "missing $.payment_data"),
        (json!({"payment_data": []}), "invalid $.payment_data"),
        (json!({"payment_data": {}}), "missing $.payment_data.id"),
        (json!({"payment": {"instruments": []}}), "missing $.payment.instruments"),
        (json!({"payment": {"instruments": two}}), "invalid $.payment.instruments"),
        (instrument(json!({"credential": null})), "missing $.payment_data.credential"),
        (instrument(json!({"credential": {}})), "missing $.payment_data.credential.token"),
        (
            instrument(json!({"credential": {"token": ""}})),
            "missing $.payment_data.credential.token",
        ),
        (
            instrument(json!({"credential": {"token": {"signature": "x"}}})),
            "invalid $.payment_data.credential.token",
        ),
        (
            instrument(json!({"credential": {"token": "x".repeat(32 * 1024 + 1)}})),
            "invalid $.payment_data.credential.token",
        ),
        (
            instrument(json!({"credential": {"type": "card", "number": "4111111111111111"}})),
            "invalid $.payment_data.credential",
        ),
        (instrument(json!({"expiry_month": 13})), "invalid $.payment_data.expiry_month"),
    ] {
        let answer = session.caller.complete(&session.id, &sent);
        refused(&answer, 400, message);
        assert!(!answer.body.contains("4111"));
        session.unchanged();
    }
    assert_eq!(session.serving.stopped_book().of(&session.id), [""; 0]);
}

#[test]
fn a_cancel_that_says_something_says_it_in_an_object() {
    let session = Untouched::ready();
    for sent in ["[]", "1", "{", "now"] {
        let path = path_of(&session.id, "cancel");
        refused(&session.caller.ask("POST", &path, sent), 400, "invalid $");
    }
    session.unchanged();
    let path = path_of(&session.id, "cancel");
    body(&session.caller.ask("POST", &path, "{\"reason\":\"none\"}"), 200);
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let session = Untouched::ready();
    let padded = json!({"buyer": {"email": "jane@example.com"}, "pad": "x".repeat(131_072)});
    let answer = session.caller.update(&session.id, &padded);
    refused(&answer, 413, "payload_too_large");
    refused(&session.caller.create(&padded), 413, "payload_too_large");
    session.unchanged();
}

#[test]
fn another_content_type_or_encoding_is_refused() {
    let session = Untouched::ready();
    let create = guide::create().to_string();
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-encoding", "gzip"),
    ] {
        let other = session.caller.bare().with(name, value);
        refused(&other.ask("POST", SESSIONS, &create), 415, "unsupported_media_type");
        let path = path_of(&session.id, "");
        let update = other.ask("PUT", path.trim_end_matches('/'), &create);
        refused(&update, 415, "unsupported_media_type");
    }
    session.unchanged();
    let json = session.caller.bare().with("content-type", "application/json; charset=utf-8");
    body(&json.ask("POST", SESSIONS, &create), 201);
    body(&session.caller.bare().ask("POST", SESSIONS, &create), 201);
}

#[test]
fn an_unknown_session_is_not_found() {
    let session = Untouched::ready();
    for id in ["chk_00000000000000000000000000000000", "chk_1", "x", "%00", "gid:%2F%2Fa%2Fb"] {
        refused(&session.caller.get(id), 404, "not_found");
        refused(&session.caller.update(id, &guide::update()), 404, "not_found");
        refused(&session.caller.complete(id, &guide::complete(TOKEN)), 404, "not_found");
        refused(&session.caller.cancel(id), 404, "not_found");
    }
    session.unchanged();
}

#[test]
fn an_unknown_path_is_not_found() {
    let session = Untouched::ready();
    let paths = ["/", "/checkout-sessions/", "/orders/1", "/metrics", "/healthz", "/.well-known"];
    for path in paths.map(str::to_owned).into_iter().chain([path_of(&session.id, "refund")]) {
        for method in ["GET", "POST"] {
            refused(&session.caller.ask(method, &path, ""), 404, "not_found");
        }
    }
    session.unchanged();
}

#[test]
fn an_unknown_method_is_refused_and_told_which_there_are() {
    let session = Untouched::ready();
    let of_session = path_of(&session.id, "");
    let of_session = of_session.trim_end_matches('/');
    for (method, path, allow) in [
        ("GET", SESSIONS, "post"),
        ("DELETE", of_session, "get, head, put"),
        ("PATCH", of_session, "get, head, put"),
        ("POST", of_session, "get, head, put"),
        ("OPTIONS", of_session, "get, head, put"),
        ("GET", &path_of(&session.id, "complete"), "post"),
        ("PUT", &path_of(&session.id, "cancel"), "post"),
        ("POST", "/.well-known/ucp", "get, head"),
    ] {
        let answer = session.caller.ask(method, path, "");
        refused(&answer, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    session.unchanged();
}

#[test]
fn an_idempotency_key_that_is_none_is_refused() {
    let session = Untouched::ready();
    for key in ["", "a b", "k\u{e9}", &"k".repeat(256)] {
        let keyed = session.caller.keyed(key);
        refused(&keyed.create(&guide::create()), 400, "invalid");
        refused(&keyed.update(&session.id, &json!({"buyer": null})), 400, "invalid");
    }
    let twice = session.caller.keyed("a").keyed("b");
    refused(&twice.cancel(&session.id), 400, "invalid");
    session.unchanged();
    body(&session.caller.keyed(&"k".repeat(255)).create(&guide::create()), 201);
}
