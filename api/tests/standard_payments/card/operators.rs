//! What an operator makes known and changes from the command line.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use paceline_engine::card::keyring::Keyring;

use super::google::{APPROVES, captured, defence, done, operate, payment, refund};
use crate::common::{Serving, until};

fn ran(serving: &Serving, args: &[&str]) -> String {
    let (ok, out, err) = operate(serving, args);
    assert!(ok, "{args:?}: {err}");
    out
}

fn refused(serving: &Serving, args: &[&str]) -> String {
    let (ok, out, err) = operate(serving, args);
    assert!(!ok, "{args:?}: {out}");
    err
}

#[test]
fn a_dispute_is_told_from_its_inquiry_to_its_end() {
    let serving = Serving::with("");
    captured(&serving, "r", "c", 20_000_000);
    ran(&serving, &["dispute", "inquire", "c", "--case", "q", "--code", "R27"]);
    let open = ["dispute", "open", "c", "--case", "cb", "--code", "10.4"];
    for (dates, why) in [
        (["--reply-by", "1970-01-01"], "replyByDate is before"),
        (["--at", "2099-01-01"], "has not come"),
        (["--at", "2001-01-01"], "before there was the payment"),
    ] {
        assert!(refused(&serving, &[&open[..], &dates].concat()).contains(why), "{dates:?}");
    }
    let first =
        [&open[..], &["--amount", "12.50", "--reason", "fraud", "--reply-by", "2099-01-01"]];
    ran(&serving, &first.concat());
    // What is not given again is as it was.
    let shown = ran(&serving, &open);
    assert_eq!(shown.matches("chargeback").count(), 1, "a repeat is no second one: {shown}");
    assert!(shown.contains("left to be refunded: 7.50 USD"), "{shown}");
    let above = ["dispute", "open", "c", "--case", "cb2", "--amount", "7.51", "--code", "10.4"];
    assert!(refused(&serving, &above).contains("above what is left"));
    let other = [&open[..], &["--amount", "1.00"]].concat();
    assert!(refused(&serving, &other).contains("another case"));
    done(&serving, "defendChargeback", "d", defence("c"));
    let shown = ran(&serving, &["dispute", "show", "c"]);
    let document = shown.split_whitespace().find(|word| word.starts_with("doc_")).unwrap();
    let file = serving.home().join("evidence.pdf");
    ran(&serving, &["dispute", "document", document, file.to_str().unwrap()]);
    assert_eq!(fs::read(&file).unwrap(), b"%PDF-1.4\n% example\n");
    let reverse = ["dispute", "reverse", "c", "--case", "cb", "--code", "WON"];
    for (at, why) in [("2001-01-01", "before the chargeback"), ("2099-01-01", "has not come")] {
        assert!(refused(&serving, &[&reverse[..], &["--at", at]].concat()).contains(why), "{at}");
    }
    let shown = ran(&serving, &reverse);
    assert!(shown.contains("won") && shown.contains("left to be refunded: 20.00 USD"), "{shown}");
    assert!(refused(&serving, &["dispute", "show", "none"]).contains("there is no capture"));
}

#[test]
fn fraud_references_and_reversed_refunds_are_made_known() {
    let serving = Serving::with("");
    done(&serving, "capture", "c", payment("4000012300000004", 20_000_000));
    let shown = ran(&serving, &["fraud", "report", "c", "--code", "TC40"]);
    assert!(shown.contains("FRAUDULENT_USE"), "{shown}");
    for number in ["", "1", "2401134526000031007811x", "240113452600003100781170"] {
        let malformed = ["card", "reference", "capture", "c", number];
        assert!(refused(&serving, &malformed).contains("has 23 digits"), "{number}");
    }
    ran(&serving, &["card", "reference", "capture", "c", "24011345260000310078117"]);
    ran(&serving, &["card", "reference", "capture", "c", "24011345260000310078117"]);
    for kind in ["", "UNKNOWN_FRAUD_TYPE", "some words, lower"] {
        let malformed = ["fraud", "report", "c", "--code", "TC40", "--kind", kind];
        assert!(refused(&serving, &malformed).contains("a word of Google's"), "{kind}");
    }
    let no_code = ["fraud", "report", "c", "--code", ""];
    assert!(refused(&serving, &no_code).contains("rawResult"));
    let no_name = ["dispute", "open", "c", "--case", "", "--code", "10.4"];
    assert!(refused(&serving, &no_name).contains("the case has no name"));
    let differs = ["card", "reference", "capture", "c", "24011345260000310078118"];
    assert!(refused(&serving, &differs).contains("another acquirer reference number"));
    done(&serving, "asynchronousRefund", "f", refund("c", 5_000_000));
    let is_refunded = |line: &str| line.starts_with("refund ") && line.contains("refunded");
    until(|| ran(&serving, &["dispute", "show", "c"]).lines().any(is_refunded));
    ran(&serving, &["card", "reference", "refund", "f", "24011345263000000088402"]);
    ran(&serving, &["card", "refund-reversed", "f", "--code", "46"]);
    let shown = ran(&serving, &["dispute", "show", "c"]);
    assert!(shown.contains("reversed by the issuer"), "{shown}");
    let unknown = ["card", "refund-reversed", "none", "--code", "46"];
    assert!(refused(&serving, &unknown).contains("no such refund"));
}

#[test]
fn a_key_of_card_data_is_added_and_the_old_one_taken_away() {
    let serving = Serving::with("");
    for (number, id) in [(APPROVES, "a"), ("4000000000000002", "b")] {
        done(&serving, "reserveFunds", id, payment(number, 1_000_000));
    }
    let file = serving.data_dir().join("CARD_KEYS");
    let mode = |file: &std::path::Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert!(ran(&serving, &["keys", "list", "--cards"]).contains("key-1  encrypts"));
    let told = ran(&serving, &["keys", "rotate", "--cards"]);
    let row: Vec<&str> = told.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row, ["key-2", "2", "0", "2", "0"], "{told}");
    assert!(refused(&serving, &["keys", "retire", "--cards", "key-2"]).contains("rotate first"));
    ran(&serving, &["keys", "retire", "--cards", "key-1"]);
    assert_eq!(mode(&serving.data_dir().join("CARD_KEYS.retired")), 0o600, "it is kept");
    assert!(!ran(&serving, &["keys", "list", "--cards"]).contains("key-1"));
    assert_eq!(mode(&file), 0o600);
    let serving = serving.again();
    let capture = super::google::capture("a", 1_000_000);
    done(&serving, "asynchronousCaptureFundsReservation", "c", capture);
    until(|| operate(&serving, &["dispute", "show", "c"]).1.contains("captured"));
}

#[test]
fn cards_are_sealed_afresh_under_keys_that_were_changed_elsewhere() {
    let serving = Serving::with("");
    done(&serving, "reserveFunds", "a", payment(APPROVES, 1_000_000));
    // As an operator does whose keys are where the server cannot write.
    Keyring::rotate(&serving.data_dir().join("CARD_KEYS")).unwrap();
    let serving = serving.again();
    for sealed_afresh in ["1", "0"] {
        let told = ran(&serving, &["keys", "reseal"]);
        let row: Vec<&str> = told.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row, ["key-2", "1", "0", sealed_afresh, "0"], "{told}");
    }
}
