//! What an operator does from the command line.

use std::process::Command;

use serde_json::{Value, json};

use super::google::{ACCOUNT, capture, done, linked};
use crate::common::{Serving, paceline, run, until};

fn command(serving: &Serving, args: &[&str]) -> Command {
    let mut command = paceline();
    command.args(args).args(["--admin", &format!("http://{}", serving.admin)]);
    command
}

fn told(serving: &Serving, args: &[&str]) -> String {
    let (ok, out, err) = run(&mut command(serving, args));
    assert!(ok, "{err}");
    out
}

#[test]
fn an_account_is_opened_funded_held_released_and_closed() {
    let serving = Serving::with("");
    let open = ["account", "open", "acct-dora", "--name", "Dora", "--email", "Dora@otheremail.com"];
    assert!(told(&serving, &open).contains("acct-dora  Dora  dora@otheremail.com"));
    let fund = ["account", "fund", "acct-dora", "12.50", "--movement", "first"];
    assert!(told(&serving, &fund).contains("12.50"));
    assert!(told(&serving, &fund).contains("12.50"), "the same movement moves money once");
    assert!(told(&serving, &["account", "hold", "acct-dora"]).contains("on hold"));
    assert!(told(&serving, &["account", "release", "acct-dora"]).contains("open"));
    let closed = ["account", "close", "acct-dora", "--why", "fraud"];
    assert!(told(&serving, &closed).contains("closed for fraud"));
    let (again, _, why) = run(&mut command(&serving, &open));
    assert!(!again && why.contains("open already"), "{why}");
}

#[test]
fn the_ledger_comes_to_nothing_whatever_was_moved() {
    let serving = Serving::with("");
    linked(&serving, "token");
    done(&serving, "capture", "c", capture("token", 12_000_000));
    let refund = json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": "c",
        "currencyCode": "USD", "refundAmount": "5500000"});
    done(&serving, "refund", "r", refund);
    let shown = told(&serving, &["account", "show", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["balances"], &shown["sum_of_all_sides"]),
        (&json!("yes"), &json!("0.00 USD"))
    );
    assert_eq!(shown["rows"].as_array().unwrap().len(), 3);
    assert!(shown["sides"].as_str().unwrap().contains("Google, InvisiCashUSA_USD 6.50 USD"));
}

#[test]
fn a_link_is_revoked_for_good_when_its_customer_asks_for_it() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let row = "assoc-token  acct-sally";
    let listed = told(&serving, &["link", "list"]);
    assert!(listed.contains(row) && listed.contains("linked"), "{listed}");
    for _ in 0..2 {
        let revoked = told(&serving, &["link", "revoke", "assoc-token"]);
        assert!(revoked.contains(row) && revoked.contains("revoked"), "{revoked}");
    }
    let declined = done(&serving, "capture", "c", capture("token", 12_000_000));
    assert_eq!(declined["result"], "GOOGLE_PAYMENT_TOKEN_INVALIDATED_BY_USER");
    let (ok, _, why) = run(&mut command(&serving, &["link", "revoke", "never"]));
    assert!(!ok && why.contains("there is no link"), "{why}");
}

#[test]
fn what_google_is_owed_waits_in_the_log_while_no_google_is_configured() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let later = json!({"paymentIntegratorAccountId": ACCOUNT, "currencyCode": "USD",
        "transactionDescription": "x", "amount": "1000000",
        "tokenizedInstrumentDetails": {"googlePaymentToken": "token"}});
    done(&serving, "asynchronousCapture", "later", later);
    let listed = |serving: &Serving| told(serving, &["notices", "list", "--format", "csv"]);
    until(|| listed(&serving).contains(",capture,later,success,"));
    let serving = serving.again();
    assert!(listed(&serving).contains(",capture,later,success,"));
}

#[test]
fn a_book_is_changed_by_no_page_in_a_browser() {
    let serving = Serving::with("");
    let said = "POST /accounts/acct-sally/close HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        content-type: text/plain\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(crate::common::exchange(serving.admin, said).status, 415);
}
