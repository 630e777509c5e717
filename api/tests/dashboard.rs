//! Whatever the dashboard and the alerts look at, the running program exports.
//!
//! Why: a panel over a metric that was renamed shows a flat line, and an alert over one never
//! fires; both look like good news.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;
#[allow(dead_code, reason = "each test file takes what it needs")]
#[path = "standard_payments/google.rs"]
mod google;
#[path = "dashboard/promql.rs"]
mod promql;

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use common::{CLOSE, JSON, Serving, exchange, until};
use promql::{Exported, Named};
use serde_json::json;

#[test]
fn every_metric_and_label_that_the_dashboard_names_is_exported() {
    let dashboard = fs::read_to_string(grafana("dashboards/paceline.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() > 50, "the dashboard has panels");
    assert_exported(&expressions);
}

#[test]
fn every_metric_and_label_that_the_alerts_name_is_exported() {
    let alerts = fs::read_to_string(grafana("alerts.yml")).unwrap();
    let expressions: Vec<&str> = alerts.split("expr:").skip(1).map(expression).collect();
    assert!(expressions.len() > 5, "there are alerts");
    assert_exported(&expressions);
}

#[test]
fn promtool_finds_no_fault_in_the_configuration_the_alerts_and_their_tests() {
    promtool(&["check", "config", "prometheus.yml"], "");
    promtool(&["check", "rules", "alerts.yml"], "");
    promtool(&["test", "rules", "alerts_test.yml"], "");
}

#[test]
fn promtool_finds_no_fault_in_what_is_exported() {
    promtool(&["check", "metrics"], &after_something_of_everything());
}

fn assert_exported(expressions: &[&str]) {
    let exported = Exported::parse(&after_something_of_everything());
    let mut missing = vec![];
    for expression in expressions {
        let Named { metrics, grouped_by } = Named::of(expression);
        assert!(!metrics.is_empty(), "no metric in {expression}");
        missing.extend(metrics.iter().flat_map(|metric| exported.lacks(metric)));
        let labelled = |label| metrics.iter().any(|metric| exported.is_labelled(metric, label));
        let unlabelled = grouped_by.iter().filter(|label| !labelled(label));
        missing.extend(unlabelled.map(|label| format!("label {label} in {expression}")));
    }
    missing.sort();
    missing.dedup();
    assert!(missing.is_empty(), "not exported:\n{}", missing.join("\n"));
}

/// Some series are there only once something of theirs has happened.
fn after_something_of_everything() -> String {
    let serving = Serving::with(&format!(
        "[processor]\nlatency_median = \"0s\"\nlatency_p99 = \"0s\"\n\
         [google]\nbase_url = \"http://{}\"\n",
        a_google_that_knows_no_path()
    ));
    assert_eq!(buy(&serving, "any token"), "completed");
    assert_eq!(buy(&serving, "sim_decline_insufficient_funds"), "ready_for_complete");
    pay_as_google_asks(&serving);
    pay_by_card_as_google_asks(&serving);
    let metrics = || serving.ask_admin("GET", "/metrics").body;
    until(|| metrics().contains("needs_mending"));
    metrics()
}

/// A link, a capture and its refund, a decline, and a capture of whose end Google is to be told.
fn pay_as_google_asks(serving: &Serving) {
    google::linked(serving, "token");
    let captured = google::done(serving, "capture", "c", google::capture("token", 12_000_000));
    assert_eq!(captured["result"], "SUCCESS");
    let poor = google::done(serving, "capture", "poor", google::capture("token", 600_000_000));
    assert_eq!(poor["result"], "INSUFFICIENT_FUNDS");
    let refund = json!({"paymentIntegratorAccountId": google::ACCOUNT, "captureRequestId": "c",
        "currencyCode": "USD", "refundAmount": "5500000"});
    assert_eq!(google::done(serving, "refund", "r", refund)["result"], "SUCCESS");
    let later = json!({"paymentIntegratorAccountId": google::ACCOUNT, "currencyCode": "USD",
        "transactionDescription": "x", "amount": "1000000",
        "tokenizedInstrumentDetails": {"googlePaymentToken": "token"}});
    let later = google::done(serving, "asynchronousCapture", "later", later);
    assert_eq!(later["result"], "ACKNOWLEDGED");
}

/// A capture in one message, and another that is declined.
fn pay_by_card_as_google_asks(serving: &Serving) {
    for (id, number, result) in [
        ("card", "4111111111111111", "SUCCESS"),
        ("poor-card", "4000005100000000", "INSUFFICIENT_FUNDS"),
    ] {
        let card = json!({"paymentIntegratorAccountId": "InvisiCardUSA_USD",
            "accountDetails": {"card": {"accountNumber": number, "nameOnCard": "D. Okafor",
                "expiryMonth": "04", "expiryYear": "39", "cvn": "717"}},
            "currencyCode": "USD", "amount": "12000000", "transactionDescription": "x",
            "merchantCategoryCode": "5815", "additionalTransactionProcessingOptions": {
                "userSelectedProcessingNetworkTypeNotApplicable": {},
                "electronicCommerceIndicatorNotApplicable": {}, "threeDSecureNotAppplicable": {},
                "storedCredentialTransactionInformationNotApplicable": {},
                "scaExemptionNotApplicable": {}}});
        let asked = google::request(id, card).to_string();
        let said = serving.post("/card/v1/capture", JSON, &asked).json();
        assert_eq!(said["result"], result, "{said}");
    }
}

/// Answers 404, until the test ends.
fn a_google_that_knows_no_path() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read(&mut [0; 16 * 1024]); // whatever it is
            let _ = write!(socket, "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
            // Closed with something unread, the answer would not arrive.
            let _ = socket.shutdown(Shutdown::Write);
            let _ = io::copy(&mut socket, &mut io::sink());
        }
    });
    address
}

/// Creates, updates and completes a session with this token; the status it ends in.
fn buy(serving: &Serving, token: &str) -> String {
    let created = serving.create("product_12345").json();
    let id = created["id"].as_str().unwrap().rsplit('/').next().unwrap();
    let path = format!("/checkout-sessions/{id}");
    let update = r#"{"buyer": {"email": "johndoe@example.com"}, "fulfillment": {"methods": [
        {"type": "shipping", "destinations": [{
            "street_address": "1600 Amphitheatre Pkwy", "address_locality": "Mountain View",
            "address_region": "CA", "postal_code": "94043", "address_country": "US"
        }]}
    ]}}"#;
    let length = update.len();
    let head = format!("PUT {path} HTTP/1.1\r\n{CLOSE}{JSON}content-length: {length}\r\n");
    assert_eq!(exchange(serving.public, format!("{head}\r\n{update}")).status, 200);
    let complete = format!(
        r#"{{"payment_data": {{"id": "pi_1", "handler_id": "gpay", "type": "card",
            "brand": "visa", "last_digits": "1111",
            "credential": {{"type": "PAYMENT_GATEWAY", "token": "{token}"}}}}}}"#
    );
    let completed = serving.post(&format!("{path}/complete"), JSON, &complete).json();
    completed["status"].as_str().unwrap().to_owned()
}

/// The text after `expr:`, until the alert's next member.
fn expression(rest: &str) -> &str {
    let ends = [" for:", " labels:"].map(|member| rest.find(member).unwrap_or(rest.len()));
    rest[..ends[0].min(ends[1])].trim().trim_start_matches('|')
}

/// Skipped, with a word, where Debian's package `prometheus` is not installed.
fn promtool(arguments: &[&str], input: &str) {
    if Command::new("promtool").arg("--version").output().is_err() {
        eprintln!("SKIPPED: promtool is not installed (Debian's package prometheus has it)");
        return;
    }
    let mut promtool = Command::new("promtool")
        .args(arguments)
        .current_dir(grafana("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let judged = promtool.wait_with_output().unwrap();
    let said = [judged.stdout, judged.stderr].concat();
    assert!(judged.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said));
}

fn grafana(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana").join(file)
}
