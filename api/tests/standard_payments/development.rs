//! When the development mode is there, and when it is gone.

use serde_json::json;

use super::google::{done, request, send};
use crate::common::{JSON, Serving, paceline, run, serve_in, until};

#[test]
fn with_a_key_directory_bare_json_is_no_body_any_more() {
    let home = tempfile::tempdir().unwrap();
    let keys = home.path().join("keys");
    let (made, _, told) = run(paceline().args(["keys", "generate", "--keys"]).arg(&keys));
    assert!(made, "{told}");
    let serving = Serving::of(home, "[tokenized]\nkeys_dir = \"keys\"\n");
    let answer = send(&serving, "echo", &request("e", json!({})));
    assert_eq!(
        (answer.status, answer.json()["errorResponseCode"].as_str()),
        (400, Some("INVALID_PAYLOAD_ENCRYPTION"))
    );
    assert_eq!(answer.json().get("errorDescription"), None, "nothing of the inside is told");
    let card = serving.post("/card/v1/echo", JSON, &request("e", json!({})).to_string());
    assert_eq!(card.json()["errorResponseCode"], "INVALID_PAYLOAD_ENCRYPTION");
    assert_eq!(serving.ask_admin("GET", "/development/sms?phone=%2B15550100001").status, 404);
    assert_eq!(serving.ask_admin("GET", "/accounts/acct-sally").status, 404);
}

#[test]
fn where_others_can_connect_and_there_is_no_key_the_wire_is_not_spoken() {
    let serving = Serving::with("");
    until(|| serving.log().contains("development mode"));
    let home = tempfile::tempdir().unwrap();
    // The command line comes last.
    let mut open = crate::common::paceline();
    open.args(["serve", "--listen", "0.0.0.0:0", "--admin-listen", "127.0.0.1:0", "--data-dir"]);
    open.arg(home.path().join("data"));
    let open = crate::common::Serving::spawned(home, open);
    assert_eq!(open.post("/tokenized/v1/echo", JSON, "{}").status, 404);
    assert_eq!(open.post("/card/v1/echo", JSON, "{}").status, 404);
    assert_eq!(open.get("/tokenized/authenticate").status, 404);
}

#[test]
fn a_file_has_to_ask_for_it_and_is_refused_where_others_can_connect() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("paceline.toml");
    std::fs::write(&file, "").unwrap();
    let mut silent = serve_in(home.path());
    silent.env_remove("PACELINE_TOKENIZED__DEVELOPMENT");
    let silent = Serving::spawned(home, silent);
    assert_eq!(silent.post("/tokenized/v1/echo", JSON, "{}").status, 404);
    assert_eq!(silent.ask_admin("GET", "/development/sms?phone=%2B15550100001").status, 404);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("paceline.toml");
    let remote = "[tokenized]\ndevelopment = true\n[google]\nbase_url = \"https://google.com\"\n";
    std::fs::write(&file, remote).unwrap();
    let (ok, _, told) = run(&mut serve_in(home.path()));
    assert!(!ok && told.contains("`google.base_url`, https://google.com"), "{told}");
    let (ok, _, told) = run(paceline().args(["config", "check"]).arg(&file));
    assert!(!ok && told.contains("tokenized.development"), "{told}");
}

#[test]
fn the_samples_are_opened_once_and_keep_what_happened_to_them() {
    let serving = Serving::with("");
    super::google::linked(&serving, "token");
    let capture = super::google::capture("token", 12_000_000);
    done(&serving, "capture", "c", capture);
    let serving = serving.again();
    assert_eq!(super::google::balance(&serving, "acct-sally"), "488.00");
    assert_eq!(super::google::balance(&serving, "acct-bob"), "5.00");
}
