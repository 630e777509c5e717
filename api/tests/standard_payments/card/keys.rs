//! The keys of card data: files that are not the right ones.

use std::fs;

use paceline_domain::text::Text;
use paceline_engine::card::keyring::Keyring;

use super::google::{APPROVES, capture, done, operate, payment};
use crate::common::{Serving, run, serve_in, until};

fn ran(serving: &Serving, args: &[&str]) -> String {
    let (ok, out, err) = operate(serving, args);
    assert!(ok, "{args:?}: {err}");
    out
}

/// Cards, sealed afresh and unread, as a rotation tells them after the name of its key.
fn counts(told: &str) -> Vec<String> {
    let row = told.lines().nth(1).unwrap();
    row.split_whitespace().skip(1).map(str::to_owned).collect()
}

/// Has it read its keys again, and waits until it says what came of that.
fn reloaded(serving: &Serving, told: &str) {
    serving.signal("HUP");
    until(|| serving.log().contains(told));
}

fn is_captured(serving: &Serving, capture: &str) -> bool {
    operate(serving, &["dispute", "show", capture]).1.contains("captured")
}

/// What the data directory says of its keys, as it was before it told of the newest.
fn mark_as_earlier_versions_did(serving: &Serving) {
    let marker = serving.data_dir().join("CARD_KEYS_USED");
    let marked = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, marked.lines().next().unwrap()).unwrap();
}

/// Starts it where it stood, which it refuses: why.
fn refused_to_start(serving: &mut Serving) -> String {
    serving.kill();
    let (ok, _, why) = run(&mut serve_in(serving.home()));
    assert!(!ok, "it started");
    why
}

#[test]
fn an_old_file_of_keys_is_taken_neither_at_a_reload_nor_at_a_start() {
    let mut serving = Serving::with("");
    let file = serving.data_dir().join("CARD_KEYS");
    let old = fs::read(&file).unwrap();
    ran(&serving, &["keys", "rotate", "--cards"]);
    let new = fs::read(&file).unwrap();
    fs::write(&file, &old).unwrap();
    reloaded(&serving, "the keys of card data are refused");
    done(&serving, "reserveFunds", "r", payment(APPROVES, 1_000_000));
    assert!(ran(&serving, &["keys", "list", "--cards"]).contains("key-2  encrypts"));
    let (ok, _, why) = operate(&serving, &["keys", "rotate", "--cards"]);
    assert!(!ok && why.contains("lacks the data key key-2"), "{why}");
    assert_eq!(fs::read(&file).unwrap(), old, "nothing is added to it");

    let why = refused_to_start(&mut serving);
    assert!(why.contains("lacks the data key key-2") && why.contains("Restore"), "{why}");
    fs::write(&file, new).unwrap();
    let serving = serving.again();
    done(&serving, "asynchronousCaptureFundsReservation", "c", capture("r", 1_000_000));
    until(|| is_captured(&serving, "c"));
}

#[test]
fn a_key_that_is_taken_out_of_the_file_is_let_go_of_once_no_card_is_under_it() {
    let serving = Serving::with("");
    let file = serving.data_dir().join("CARD_KEYS");
    done(&serving, "reserveFunds", "r", payment(APPROVES, 1_000_000));
    // A rotation that was cut off: the key is there, and no card is under it.
    Keyring::rotate(&file).unwrap();
    let serving = serving.again();
    Keyring::retire(&file, &Text::parse("key-1").unwrap()).unwrap();
    reloaded(&serving, "the keys of card data were read again");
    assert!(!ran(&serving, &["keys", "list", "--cards"]).contains("key-1"));
    let serving = serving.again();
    done(&serving, "asynchronousCaptureFundsReservation", "c", capture("r", 1_000_000));
    until(|| is_captured(&serving, "c"));
}

#[test]
fn a_key_stays_while_a_card_is_left_that_no_key_opens() {
    let serving = Serving::with("");
    let file = serving.data_dir().join("CARD_KEYS");
    let first_alone = fs::read(&file).unwrap();
    ran(&serving, &["keys", "rotate", "--cards"]);
    ran(&serving, &["keys", "retire", "--cards", "key-1"]);
    let second_alone = fs::read(&file).unwrap();
    // Somebody restored an old file for a while, when that was not noticed.
    fs::write(&file, first_alone).unwrap();
    mark_as_earlier_versions_did(&serving);
    let serving = serving.again();
    done(&serving, "reserveFunds", "a", payment(APPROVES, 1_000_000));
    fs::write(&file, second_alone).unwrap();
    mark_as_earlier_versions_did(&serving);
    let serving = serving.again();
    assert_eq!(counts(&ran(&serving, &["keys", "rotate", "--cards"])), ["1", "0", "1"]);
    let (ok, _, why) = operate(&serving, &["keys", "retire", "--cards", "key-2"]);
    assert!(!ok && why.contains("under keys which are not here: 1"), "{why}");
    Keyring::retire(&file, &Text::parse("key-2").unwrap()).unwrap();
    reloaded(&serving, "the keys of card data are refused, the old ones stay");
    assert!(serving.log().contains("under keys which are not here: 1"));
    assert!(ran(&serving, &["keys", "list", "--cards"]).contains("key-2"));
}
