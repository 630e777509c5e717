//! `kill -9` while Google captures, refunds and is told results: nothing is lost, nothing is done
//! twice, and every result arrives.
//!
//! Why from outside: Google keeps its own books and asks again until it is answered, as it does.
//! What it was answered once must stay so, and at the end the customer's account must hold what it
//! held before, to the cent.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{Paceline, start};
use futures_util::future::join_all;
use paceline_google::behaviours::{Stage, usd};
use paceline_google::books::{Kind, Link};
use paceline_google::google::Google;
use paceline_google::integrator::Answer;
use paceline_google::limits::LOOK_EVERY;
use paceline_google::wire::Request;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// In development this customer has as much, to begin with.
const CENTS_AT_FIRST: i64 = 50_000;

const SHOPPERS: u64 = 6;

/// Of every request and every result, from the first try, restarts included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn killed_again_and_again_it_loses_nothing_and_does_nothing_twice() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
    };
    let (kills, seed) = (number("KILLS", 6), number("SEED", rand::random()));
    eprintln!("KILLS={kills} SEED={seed}");
    let files = tempfile::tempdir().unwrap();
    let (stage, mut paceline) = start(&files, None).await;
    let link = stage.link().await.unwrap();

    let done = std::cell::Cell::new(false);
    let shopping = join_all((0..SHOPPERS).map(|shopper| {
        let random = SmallRng::seed_from_u64(seed ^ (shopper << 32));
        shop(&stage.google, &link, random, &done)
    }));
    let killing = async {
        let mut random = SmallRng::seed_from_u64(seed);
        for _ in 0..kills {
            tokio::time::sleep(Duration::from_millis(random.random_range(50..400))).await;
            paceline.kill_and_start().await;
        }
        done.set(true);
    };
    let (purchases, ()) = tokio::join!(shopping, killing);
    let mut purchases: Vec<Purchase> = purchases.into_iter().flatten().collect();
    assert!(!purchases.is_empty());
    eprintln!("{} purchases", purchases.len());

    results_are_told_once(&stage, &mut purchases).await;
    answers_are_the_same_again(&stage.google, &purchases).await;
    all_money_goes_back(&stage.google, &link, &purchases, &mut paceline).await;
    the_books_are_closed(&paceline).await;
}

/// A capture and its refunds, each with what was answered to it.
struct Purchase {
    kind: Kind,
    /// Nothing, if that was declined later.
    cents: i64,
    given_back: i64,
    asked: Vec<(Kind, Request, Answer)>,
}

async fn shop(
    google: &Google,
    link: &Link,
    mut random: SmallRng,
    done: &std::cell::Cell<bool>,
) -> Vec<Purchase> {
    let mut purchases = vec![];
    while !done.get() {
        let cents = random.random_range(2..200);
        let (kind, capture) = match random.random_range(0..3) {
            0 => (Kind::AsynchronousCapture, google.capture_later(&link.token, &usd(cents))),
            _ => (Kind::Capture, google.capture(&link.token, &usd(cents))),
        };
        let answer = until_answered(google, kind, &capture).await;
        if answer.is(200, "INSUFFICIENT_FUNDS") {
            continue;
        }
        assert!(answer.is(200, "SUCCESS") || answer.is(200, "ACKNOWLEDGED"), "{answer}");
        let mut purchase =
            Purchase { kind, cents, given_back: 0, asked: vec![(kind, capture.clone(), answer)] };
        // The result of a later one may not be there yet, and then there is nothing to give back.
        if kind == Kind::Capture && random.random_bool(0.5) {
            let part = random.random_range(1..cents);
            let refund = google.refund(&capture.id, &usd(part));
            let answer = until_answered(google, Kind::Refund, &refund).await;
            assert!(answer.is(200, "SUCCESS"), "{answer}");
            purchase.given_back = part;
            purchase.asked.push((Kind::Refund, refund, answer));
        }
        purchases.push(purchase);
    }
    purchases
}

/// The same request, until it is answered: a server that is not there is no answer.
async fn until_answered(google: &Google, kind: Kind, request: &Request) -> Answer {
    let began = Instant::now();
    loop {
        match google.pay(kind, request).await {
            Ok(answer) if answer.status < 500 && answer.status != 409 => return answer,
            Err(why) if why.0.contains("was told to be") => panic!("{why}"),
            heard => assert!(began.elapsed() < ANSWERED_WITHIN, "{}: {heard:?}", request.id),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn results_are_told_once(stage: &Stage, purchases: &mut [Purchase]) {
    let later = purchases.iter_mut().filter(|purchase| purchase.kind == Kind::AsynchronousCapture);
    for purchase in later {
        let capture = &purchase.asked[0].1.id;
        let told = |stage: &Stage| {
            let payment = stage.google.payment(capture)?;
            Ok(payment.and_then(|payment| payment.result))
        };
        let result = stage.wait(&format!("a result of {capture}"), ANSWERED_WITHIN, told).await;
        match result.unwrap().as_str() {
            "SUCCESS" => {}
            "INSUFFICIENT_FUNDS" => purchase.cents = 0,
            other => panic!("{capture}: {other}"),
        }
    }
    let mut notices = BTreeMap::<String, String>::new();
    for delivery in stage.host.script().deliveries("captureResultNotification") {
        let capture = delivery.body["captureRequestId"].as_str().unwrap().to_owned();
        let notice = delivery.request().to_owned();
        let first = notices.entry(capture).or_insert_with(|| notice.clone());
        assert_eq!(*first, notice, "one notice has one id in all its tries");
    }
}

async fn answers_are_the_same_again(google: &Google, purchases: &[Purchase]) {
    for (kind, request, first) in purchases.iter().flat_map(|purchase| &purchase.asked) {
        let again = until_answered(google, *kind, request).await;
        assert_eq!((again.status, again.members()), (first.status, first.members()));
    }
}

/// All sides of the ledger come to nothing, and Google is owed no more notices.
async fn the_books_are_closed(paceline: &Paceline) {
    let ledger = paceline.ask(&["account", "show"]).await.unwrap();
    assert!(ledger.contains("sum of all sides: 0.00 USD\n"), "{ledger}");
    assert!(ledger.contains("balances: yes"), "{ledger}");
    let began = Instant::now();
    loop {
        let open = paceline.ask(&["notices", "list", "--format", "csv"]).await.unwrap();
        if open.lines().count() == 1 {
            return; // the names of the columns, and nothing below them
        }
        assert!(began.elapsed() < ANSWERED_WITHIN, "{open}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What is left of each purchase goes back, and not a cent more. Then the customer has what they
/// had, no cent less and no cent more, after one more death.
async fn all_money_goes_back(
    google: &Google,
    link: &Link,
    purchases: &[Purchase],
    paceline: &mut Paceline,
) {
    for purchase in purchases.iter().filter(|purchase| purchase.cents > 0) {
        let (capture, left) = (&purchase.asked[0].1.id, purchase.cents - purchase.given_back);
        let more = google.refund(capture, &usd(left + 1));
        let answer = until_answered(google, Kind::Refund, &more).await;
        assert!(answer.is(400, "PRECONDITION_VIOLATION"), "{answer}");
        let rest = google.refund(capture, &usd(left));
        let answer = until_answered(google, Kind::Refund, &rest).await;
        assert!(answer.is(200, "SUCCESS"), "{answer}");
    }
    paceline.kill_and_start().await;
    for (cents, result) in [
        (CENTS_AT_FIRST + 1, "INSUFFICIENT_FUNDS"),
        (CENTS_AT_FIRST, "SUCCESS"),
        (1, "INSUFFICIENT_FUNDS"),
    ] {
        let capture = google.capture(&link.token, &usd(cents));
        let answer = until_answered(google, Kind::Capture, &capture).await;
        assert!(answer.is(200, result), "{cents} cents: {answer}");
    }
}
