//! The keys of card data: files that are not the right ones, and changes under use.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use paceline_domain::text::Text;
use paceline_engine::card::keyring::Keyring;

use super::google::{APPROVES, Google, capture, done, operate, payment, refund};
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
    assert_eq!(counts(&ran(&serving, &["keys", "rotate", "--cards"])), ["1", "0", "0", "1"]);
    let (ok, _, why) = operate(&serving, &["keys", "retire", "--cards", "key-2"]);
    assert!(!ok && why.contains("under keys which are not here: 1"), "{why}");
    Keyring::retire(&file, &Text::parse("key-2").unwrap()).unwrap();
    reloaded(&serving, "the keys of card data are refused, the old ones stay");
    assert!(serving.log().contains("under keys which are not here: 1"));
    assert!(ran(&serving, &["keys", "list", "--cards"]).contains("key-2"));
}

const SHOPPERS: usize = 4;
const ROTATIONS: usize = 6;
const DOLLAR: i64 = 1_000_000;

/// What a shopper has left behind, by the ids of the requests.
#[derive(Default)]
struct Left {
    reserved: Vec<String>,
    captured: BTreeSet<String>,
    /// Two dollars each in one message, of which one is given back.
    bought: Vec<String>,
    refunded: BTreeSet<String>,
}

/// A number that is used by nobody else, with its check digit.
fn number(of: usize) -> String {
    let digits = format!("45321{of:010}");
    let doubled = digits.bytes().rev().enumerate().map(|(at, digit)| {
        let value = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
        value / 10 + value % 10
    });
    format!("{digits}{}", (10 - doubled.sum::<u32>() % 10) % 10)
}

/// Pays until told otherwise, with a card that all have and with cards that nobody has had.
fn shops(serving: &Serving, shopper: usize, enough: &AtomicBool) -> Left {
    let mut left = Left::default();
    let approved = |method: &str, id: &str, number: &str| {
        let told = done(serving, method, id, payment(number, 2 * DOLLAR));
        assert_eq!(told["result"], "SUCCESS", "{method} {id}");
    };
    let mut round = 0;
    while round < 6 || !enough.load(Ordering::Relaxed) {
        let id = format!("{shopper}:{round}");
        let new = number(shopper * 1_000_000 + round);
        let number = if round % 2 == 0 { APPROVES } else { &new };
        match round % 3 {
            0 => {
                approved("reserveFunds", &id, number);
                left.reserved.push(id);
            }
            1 => {
                approved("reserveFunds", &id, number);
                let taken = format!("c:{id}");
                let asked = capture(&id, DOLLAR);
                done(serving, "asynchronousCaptureFundsReservation", &taken, asked);
                left.captured.insert(taken);
            }
            _ => {
                approved("capture", &id, number);
                let back = format!("f:{id}");
                done(serving, "asynchronousRefund", &back, refund(&id, DOLLAR));
                left.refunded.insert(back);
                left.bought.push(id);
            }
        }
        round += 1;
    }
    left
}

/// The requests of which Google was told that they succeeded.
fn succeeded(google: &Google, method: &str, of: &str, result: &str) -> BTreeSet<String> {
    let told = google.all(method).into_iter().map(|(_, body)| {
        assert_eq!(body[result], "SUCCESS", "{body}");
        body[of].as_str().unwrap().to_owned()
    });
    told.collect()
}

#[test]
fn no_card_is_lost_while_keys_change_under_use() {
    let google = Google::listen();
    let serving = Serving::with(&google.config());
    let enough = AtomicBool::new(false);
    let all: Vec<Left> = thread::scope(|scope| {
        let (serving, enough) = (&serving, &enough);
        let shoppers: Vec<_> = (0..SHOPPERS)
            .map(|shopper| scope.spawn(move || shops(serving, shopper, enough)))
            .collect();
        for round in 1..=ROTATIONS {
            let told = counts(&ran(serving, &["keys", "rotate", "--cards"]));
            assert_eq!(told[3], "0", "none is unread: {told:?}");
            // A card that is listed at this moment may be under it still, and is sealed once more.
            let old = format!("key-{round}");
            until(|| operate(serving, &["keys", "retire", "--cards", &old]).0);
        }
        enough.store(true, Ordering::Relaxed);
        shoppers.into_iter().map(|shopper| shopper.join().unwrap()).collect()
    });

    let serving = serving.again();
    let (mut captured, mut refunded) = (BTreeSet::new(), BTreeSet::new());
    for left in all {
        captured.extend(left.captured);
        refunded.extend(left.refunded);
        for id in left.reserved {
            let taken = format!("c:{id}");
            let asked = capture(&id, 2 * DOLLAR);
            done(&serving, "asynchronousCaptureFundsReservation", &taken, asked);
            captured.insert(taken);
        }
        for id in left.bought {
            let back = format!("rest:{id}");
            done(&serving, "asynchronousRefund", &back, refund(&id, DOLLAR));
            refunded.insert(back);
        }
    }
    until(|| {
        let (method, of) =
            ("captureFundsReservationResultNotification", "captureFundsReservationRequestId");
        succeeded(&google, method, of, "captureFundsReservationResult") == captured
    });
    until(|| {
        let method = "refundResultNotification";
        succeeded(&google, method, "refundRequestId", "refundResult") == refunded
    });
    let told = counts(&ran(&serving, &["keys", "reseal"]));
    assert_eq!((told[2].as_str(), told[3].as_str()), ("0", "0"), "{told:?}");
}
