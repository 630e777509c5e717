//! Who calls: `UCP-Agent`, API keys, and what a caller finds in the headers of an answer.

use std::process::Command;

use serde_json::json;

use crate::common::guide::{self, TOKEN};
use crate::common::{Answer, Caller, Serving, run};
use crate::{body, messages, refused};

const PROFILE: &str = "https://platform.example/.well-known/ucp";

fn agent(caller: &Caller, header: &str) -> Answer {
    caller.with("ucp-agent", header).create(&guide::create())
}

#[test]
fn a_platform_of_our_version_or_an_earlier_one_or_none_is_served() {
    let serving = Serving::with("");
    let caller = serving.caller();
    for header in [
        format!("profile=\"{PROFILE}\""),
        format!("profile=\"{PROFILE}\"; version=\"2026-01-11\""),
        format!("profile=\"{PROFILE}\", version=\"2026-01-11\""),
        format!("profile=\"{PROFILE}\"; version=\"2025-06-30\""),
        format!("other=1, profile=\"{PROFILE}\";a=\"b\""),
    ] {
        let checkout = body(&agent(&caller, &header), 201);
        assert_eq!(checkout["ucp"]["version"], "2026-01-11", "{header}");
    }
    body(&caller.create(&guide::create()), 201);
}

#[test]
fn a_platform_of_a_later_version_is_told_that_it_is_not_supported() {
    let serving = Serving::with("");
    for version in ["2026-01-12", "2026-01-23", "2026-04-08", "2099-12-31"] {
        let header = format!("profile=\"{PROFILE}\"; version=\"{version}\"");
        let answer = agent(&serving.caller(), &header);
        refused(&answer, 400, "version_unsupported");
        let message = &answer.json()["messages"][0];
        assert_eq!(message["severity"], "requires_buyer_input");
        let words = message["content"].as_str().unwrap();
        assert!(words.contains(version) && words.contains("2026-01-11"), "{words}");
        assert_eq!(message["message"], message["content"]);
    }
}

#[test]
fn a_platform_that_cannot_be_read_is_refused() {
    let serving = Serving::with("");
    for header in [
        "",
        "profile",
        "profile=https://platform.example",
        "profile=\"http://platform.example/ucp\"",
        "profile=\"not a url\"",
        "profile=\"https://platform.example",
        "version=\"2026-01-11\"",
        "profile=\"https://platform.example\"; version=\"latest\"",
        "profile=\"https://platform.example\"; version=2026",
        "\u{1}",
    ] {
        let answer = agent(&serving.caller(), header);
        assert_eq!(answer.status, 400, "{header}: {}", answer.body);
        if header != "\u{1}" {
            refused(&answer, 400, "invalid");
        }
    }
    let long = format!("profile=\"https://platform.example/{}\"", "x".repeat(3_000));
    refused(&agent(&serving.caller(), &long), 400, "invalid");
}

#[test]
fn another_platforms_checkout_does_not_exist() {
    let serving = Serving::with("");
    let owner = serving.caller().from(PROFILE);
    let id = guide::ready(&owner);
    let before = owner.get(&id).body;
    for other in [serving.caller(), serving.caller().from("https://other.example/ucp")] {
        for answer in [
            other.get(&id),
            other.update(&id, &json!({"buyer": null})),
            other.complete(&id, &guide::complete(TOKEN)),
            other.cancel(&id),
        ] {
            refused(&answer, 404, "not_found");
        }
    }
    assert_eq!(owner.get(&id).body, before);
}

#[test]
fn with_api_keys_nobody_gets_in_without_one() {
    let serving = Serving::with(
        "[platform]\napi_keys = [\
         { caller = \"google\", key = \"first-0123456789abcdef\" },\
         { caller = \"google\", key = \"second-0123456789abcdef\" },\
         { caller = \"other\", key = \"third-0123456789abcdef\" }]\n",
    );
    let caller = serving.caller();
    let key = |key: &str| caller.with("x-api-key", key);
    let google = key("first-0123456789abcdef");
    let id = guide::ready(&google);
    let before = google.get(&id).body;
    let strangers = [caller.clone(), key(""), key("wrong"), key("first-0123456789abcde")];
    for stranger in strangers {
        for answer in [
            stranger.create(&guide::create()),
            stranger.get(&id),
            stranger.update(&id, &json!({"buyer": null})),
            stranger.complete(&id, &guide::complete(TOKEN)),
            stranger.cancel(&id),
        ] {
            refused(&answer, 401, "unauthorized");
        }
    }
    // Whose key it is counts, not which one, nor what the caller calls itself.
    assert_eq!(key("second-0123456789abcdef").get(&id).body, before);
    assert_eq!(google.from(PROFILE).get(&id).body, before);
    refused(&key("third-0123456789abcdef").get(&id), 404, "not_found");
    // Everybody may read what this merchant speaks.
    body(&caller.ask("GET", "/.well-known/ucp", ""), 200);
    let log = serving.stopped_log();
    for secret in ["first-0123", "second-0123", "third-0123", "wrong"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn a_request_id_comes_back_whatever_the_answer_and_is_in_the_log() {
    let serving = Serving::with("");
    let request = "3b9f2c1e-6a57-4d0c-9f1b-2c7d5e8a4410";
    let caller = serving.caller().with("request-id", request);
    let id = guide::id(&body(&caller.create(&guide::create()), 201));
    for answer in [
        caller.get(&id),
        caller.update(&id, &json!([])),
        caller.cancel("chk_1"),
        caller.ask("GET", "/.well-known/ucp", ""),
        caller.ask("GET", "/nothing", ""),
        caller.ask("DELETE", "/checkout-sessions", ""),
    ] {
        assert_eq!(answer.header("request-id"), Some(request), "{}", answer.headers);
    }
    assert_eq!(serving.caller().get(&id).header("request-id"), None);
    assert_eq!(serving.stopped_log().matches(request).count(), 7);
}

#[test]
fn no_page_of_another_site_is_let_in() {
    let serving = Serving::with("");
    let caller = serving.caller().with("origin", "https://elsewhere.example");
    let asks = caller.with("access-control-request-method", "POST");
    for answer in [
        caller.create(&guide::create()),
        caller.ask("GET", "/.well-known/ucp", ""),
        asks.ask("OPTIONS", "/checkout-sessions", ""),
    ] {
        assert!(!answer.headers.contains("access-control"), "{}", answer.headers);
    }
}

#[test]
fn a_checkout_is_kept_by_nobody_and_the_profile_by_everybody() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let created = caller.create(&guide::create());
    assert_eq!(created.header("cache-control"), Some("no-store"));
    let profile = caller.ask("GET", "/.well-known/ucp", "");
    assert_eq!(profile.header("cache-control"), Some("public, max-age=600"));
}

/// curl speaks what we do not speak ourselves here.
#[test]
fn a_purchase_is_made_over_http_2_without_tls() {
    let serving = Serving::with("");
    purchase(&["--http2-prior-knowledge"], &format!("http://{}", serving.public));
}

#[test]
fn a_purchase_is_made_over_http_2_and_tls_1_3() {
    let home = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = home.path().join("server.crt");
    std::fs::write(&certificate, own.cert.pem()).unwrap();
    std::fs::write(home.path().join("server.key"), own.signing_key.serialize_pem()).unwrap();
    let trusted = certificate.display().to_string();
    let files = "[server]\ntls_cert_file = \"server.crt\"\ntls_key_file = \"server.key\"\n";
    let serving = Serving::of(home, files);
    let port = serving.public.port();
    let at = format!("localhost:{port}:127.0.0.1");
    let tls = ["--http2", "--tlsv1.3", "--resolve", &at, "--cacert", &trusted];
    purchase(&tls, &format!("https://localhost:{port}"));
}

/// Create, update and complete, one connection each.
fn purchase(how: &[&str], origin: &str) {
    let ask = |method: &str, path: &str, sent: &serde_json::Value| -> serde_json::Value {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--request", method])
            .args(["--header", "content-type: application/json", "--data", &sent.to_string()])
            .args(["--write-out", "\n%{http_version}"])
            .args(how)
            .arg(format!("{origin}{path}"));
        let (ok, told, error) = run(&mut curl);
        assert!(ok, "{error}");
        let (told, version) = told.rsplit_once('\n').unwrap();
        assert_eq!(version, "2");
        serde_json::from_str(told).unwrap()
    };
    let id = guide::id(&ask("POST", "/checkout-sessions", &guide::create()));
    let (_, last) = id.rsplit_once('/').unwrap();
    let path = format!("/checkout-sessions/{last}");
    let ready = ask("PUT", &path, &guide::update());
    assert_eq!(messages(&ready), [""; 0]);
    let completed = ask("POST", &format!("{path}/complete"), &guide::complete(TOKEN));
    assert_eq!(completed["status"], "completed");
}
