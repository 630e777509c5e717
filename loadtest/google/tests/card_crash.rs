//! `kill -9` while Google reserves, captures, cancels, buys and refunds with cards: nothing is lost,
//! nothing is done twice, and every result arrives, always the same.
//!
//! Why from outside: Google keeps its own books and asks again until it is answered. At the end
//! every card is tried to the cent: what was captured can be given back and no more, what is held
//! can be captured and no more, what was let go of cannot be captured; and what the acquirer then
//! settles is all that Google knows of, once.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use common::{Paceline, start};
use futures_util::future::join_all;
use paceline_google::behaviours::{Stage, usd};
use paceline_google::books::cards::CardKind;
use paceline_google::books::cards::{CardLedger, Settlement};
use paceline_google::cards::Cards;
use paceline_google::integrator::Answer;
use paceline_google::limits::LOOK_EVERY;
use paceline_google::wire::Request;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Approved. Of the last two one loses its answers, and one has every question sent twice.
const NUMBERS: [&str; 5] = [
    "4111111111111111",
    "5555555555554444",
    "4000000000000002",
    "4000011000000009",
    "4000011500000004",
];

const SHOPPERS: u64 = 6;

/// Of every request and every result, from the first try, restarts included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn killed_again_and_again_no_card_is_charged_twice_or_forgotten() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
    };
    let (kills, seed) = (number("KILLS", 6), number("SEED", rand::random()));
    eprintln!("KILLS={kills} SEED={seed}");
    let files = tempfile::tempdir().unwrap();
    let first_day = today();
    let (stage, mut paceline) = start(&files, None).await;

    let done = Cell::new(false);
    let shopping = join_all((0..SHOPPERS).map(|shopper| {
        let random = SmallRng::seed_from_u64(seed ^ (shopper << 32));
        shop(&stage.cards, random, &done)
    }));
    let killing = async {
        let mut random = SmallRng::seed_from_u64(seed);
        for _ in 0..kills {
            tokio::time::sleep(Duration::from_millis(random.random_range(50..400))).await;
            paceline.kill_and_start().await;
        }
        done.set(true);
    };
    let (reservations, ()) = tokio::join!(shopping, killing);
    let reservations: Vec<Reservation> = reservations.into_iter().flatten().collect();
    assert!(!reservations.is_empty());
    eprintln!("{} reservations", reservations.len());

    for (kind, request, first) in reservations.iter().flat_map(|it| &it.asked) {
        let again = until_answered(&stage.cards, *kind, request).await;
        assert_eq!((again.status, again.members()), (first.status, first.members()));
    }
    for (_, request, _) in reservations.iter().flat_map(|it| &it.asked) {
        assert!(concluded(&stage.cards, &request.id).await, "{}", request.id);
    }
    paceline.kill_and_start().await;
    all_money_is_where_it_is_said_to_be(&stage.cards, &reservations).await;
    results_are_told_once(&stage);
    // It may have run across midnight.
    all_is_settled_once(&stage, &paceline, &BTreeSet::from([first_day, today()])).await;
}

/// Held on a card, and what became of it.
struct Reservation {
    request: String,
    cents: i64,
    fate: Fate,
    asked: Vec<(CardKind, Request, Answer)>,
}

enum Fate {
    Held,
    Voided,
    /// The rest was let go of.
    Captured {
        capture: String,
        cents: i64,
        given_back: i64,
    },
}

impl Fate {
    /// What was bought in one message was reserved by nobody.
    fn of_a_reservation(&self, request: &str) -> bool {
        match self {
            Self::Held | Self::Voided => true,
            Self::Captured { capture, .. } => capture != request,
        }
    }
}

async fn shop(cards: &Cards, mut random: SmallRng, done: &Cell<bool>) -> Vec<Reservation> {
    let mut reservations = vec![];
    while !done.get() {
        let number = NUMBERS[random.random_range(0..NUMBERS.len())];
        let cents = random.random_range(2..200);
        if random.random_bool(0.2) {
            reservations.push(bought(cards, number, cents, &mut random).await);
            continue;
        }
        let reserve = cards.reserve(number, &usd(cents));
        let answer = until_answered(cards, CardKind::Reservation, &reserve).await;
        assert!(answer.is(200, "SUCCESS"), "{answer}");
        let mut asked = vec![(CardKind::Reservation, reserve.clone(), answer)];
        let fate = match random.random_range(0..5) {
            0 => Fate::Held,
            1 => {
                let cancel = cards.cancel(&reserve.id);
                asked.push(acknowledged(cards, CardKind::Cancellation, cancel).await);
                Fate::Voided
            }
            _ => {
                let part = random.random_range(2..=cents);
                let capture = cards.capture(&reserve.id, usd(part).micros);
                asked.push(acknowledged(cards, CardKind::Capture, capture.clone()).await);
                let given_back = give_back(cards, &capture, part, &mut random, &mut asked).await;
                Fate::Captured { capture: capture.id, cents: part, given_back }
            }
        };
        reservations.push(Reservation { request: reserve.id, cents, fate, asked });
    }
    reservations
}

/// Reserved and captured in one message.
async fn bought(cards: &Cards, number: &str, cents: i64, random: &mut SmallRng) -> Reservation {
    let buy = cards.buy(number, &usd(cents));
    let answer = until_answered(cards, CardKind::Payment, &buy).await;
    assert!(answer.is(200, "SUCCESS"), "{answer}");
    let mut asked = vec![(CardKind::Payment, buy.clone(), answer)];
    let given_back = give_back(cards, &buy, cents, random, &mut asked).await;
    let fate = Fate::Captured { capture: buy.id.clone(), cents, given_back };
    Reservation { request: buy.id, cents, fate, asked }
}

/// A part of it, sometimes: how many cents. Of what has no result yet nothing could be.
async fn give_back(
    cards: &Cards,
    capture: &Request,
    cents: i64,
    random: &mut SmallRng,
    asked: &mut Vec<(CardKind, Request, Answer)>,
) -> i64 {
    if !random.random_bool(0.5) || !concluded(cards, &capture.id).await {
        return 0;
    }
    let given_back = random.random_range(1..cents);
    let refund = cards.refund(&capture.id, usd(given_back).micros);
    asked.push(acknowledged(cards, CardKind::Refund, refund).await);
    given_back
}

async fn acknowledged(
    cards: &Cards,
    kind: CardKind,
    request: Request,
) -> (CardKind, Request, Answer) {
    let answer = until_answered(cards, kind, &request).await;
    assert!(answer.is(200, "ACKNOWLEDGED"), "{kind:?}: {answer}");
    (kind, request, answer)
}

/// Whether the result is success; it is waited for.
async fn concluded(cards: &Cards, request: &str) -> bool {
    let began = Instant::now();
    loop {
        if let Some(result) = cards.find(request).unwrap().and_then(|asked| asked.result) {
            return result == "SUCCESS";
        }
        assert!(began.elapsed() < ANSWERED_WITHIN, "no result of {request}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The same request, until it is answered: a server that is not there is no answer.
async fn until_answered(cards: &Cards, kind: CardKind, request: &Request) -> Answer {
    let began = Instant::now();
    loop {
        match cards.ask(kind, request).await {
            Ok(answer) if answer.status < 500 && answer.status != 409 => return answer,
            Err(why) if why.0.contains("was told to be") => panic!("{why}"),
            heard => assert!(began.elapsed() < ANSWERED_WITHIN, "{}: {heard:?}", request.id),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Each under one id, and with one value, for Google has refused none.
fn results_are_told_once(stage: &Stage) {
    for (method, of) in [
        ("captureFundsReservationResultNotification", "captureFundsReservationRequestId"),
        ("cancelFundsReservationResultNotification", "cancelFundsReservationRequestId"),
        ("refundResultNotification", "refundRequestId"),
        ("setAcquirerReferenceNumberForCaptureNotification", "captureRequestId"),
        ("setAcquirerReferenceNumberForRefundNotification", "refundRequestId"),
    ] {
        let mut notices = BTreeMap::<String, String>::new();
        for delivery in stage.host.script().deliveries(method) {
            assert_eq!(delivery.status, 200, "{method}: {}", delivery.body);
            let request = delivery.body[of].as_str().unwrap().to_owned();
            let notice = delivery.request().to_owned();
            let first = notices.entry(request).or_insert_with(|| notice.clone());
            assert_eq!(*first, notice, "one notice has one id in all its tries");
        }
    }
}

/// Reserved is held, captured and voided, and what was captured is given back or can be.
async fn all_money_is_where_it_is_said_to_be(cards: &Cards, reservations: &[Reservation]) {
    let cent = usd(1).micros;
    for Reservation { request: reserved, cents, fate, .. } in reservations {
        let mut nothing_more = vec![];
        match fate {
            Fate::Held => {
                refused(cards, CardKind::Capture, cards.capture(reserved, (cents + 1) * cent))
                    .await;
                let capture = cards.capture(reserved, cents * cent);
                let all = acknowledged(cards, CardKind::Capture, capture).await;
                assert!(concluded(cards, &all.1.id).await, "{reserved}");
                nothing_more.push((CardKind::Cancellation, cards.cancel(reserved)));
            }
            Fate::Voided => {}
            Fate::Captured { capture, cents, given_back } => {
                let left = (cents - given_back) * cent;
                refused(cards, CardKind::Refund, cards.refund(capture, left + cent)).await;
                let refund = cards.refund(capture, left);
                let all = acknowledged(cards, CardKind::Refund, refund).await;
                assert!(concluded(cards, &all.1.id).await, "{capture}");
                refused(cards, CardKind::Refund, cards.refund(capture, cent)).await;
                nothing_more.push((CardKind::Cancellation, cards.cancel(reserved)));
            }
        }
        nothing_more.push((CardKind::Capture, cards.capture(reserved, cent)));
        for (kind, request) in nothing_more {
            match fate.of_a_reservation(reserved) {
                true => refused(cards, kind, request).await,
                false => unknown(cards, kind, request).await,
            }
        }
    }
}

async fn refused(cards: &Cards, kind: CardKind, request: Request) {
    let answer = until_answered(cards, kind, &request).await;
    assert!(answer.is(400, "PRECONDITION_VIOLATION"), "{kind:?} {}: {answer}", request.id);
}

async fn unknown(cards: &Cards, kind: CardKind, request: Request) {
    let answer = until_answered(cards, kind, &request).await;
    assert!(answer.is(404, "INVALID_IDENTIFIER"), "{kind:?} {}: {answer}", request.id);
}

/// Google has looked at each event of it, and at the sums; here is seen that none is missing.
async fn all_is_settled_once(stage: &Stage, paceline: &Paceline, days: &BTreeSet<String>) {
    let ledger = stage.cards.books.read().unwrap().cards;
    let moved = |of: fn(CardKind) -> bool| {
        ledger.asked.iter().filter(|asked| of(asked.kind) && asked.succeeded()).count()
    };
    let captures = moved(CardKind::is_capture);
    let refunds = moved(|kind| kind == CardKind::Refund);
    // Google may hear of a movement before it is entered.
    let began = Instant::now();
    loop {
        let entered = entered(paceline, days).await;
        if entered == captures + refunds {
            break;
        }
        let within = began.elapsed() < ANSWERED_WITHIN;
        assert!(within, "{entered} are entered, of {captures} captures and {refunds} refunds");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    for day in days {
        // On one of them nothing may have moved.
        let _ = paceline.ask(&["card", "settle", "--day", day]).await;
    }
    let settled = |stage: &Stage| {
        let ledger = stage.cards.books.read()?.cards;
        let all = ledger.settlements.values().all(Settlement::is_complete);
        let events = ["captureEvents", "refundEvents"].map(|list| settled(&ledger, list));
        Ok((all && events.iter().sum::<usize>() >= captures + refunds).then_some(events))
    };
    let events = stage.wait("all settlements", ANSWERED_WITHIN, settled).await.unwrap();
    assert_eq!(events, [captures, refunds]);
}

/// How many movements are in the settlements of some days. One that was entered while the process
/// died is entered once more, and counts once.
async fn entered(paceline: &Paceline, days: &BTreeSet<String>) -> usize {
    let mut entered = BTreeSet::new();
    for day in days {
        let of = format!("InvisiCardUSA_USD/USD/{day}");
        let story = paceline.ask(&["inspect", "settlement", &of]).await.unwrap_or_default();
        let moved = |line: &str| {
            let (_, rest) = line.split_once(" capture ").or(line.split_once(" refund "))?;
            rest.split(' ').next().map(str::to_owned)
        };
        entered.extend(story.lines().filter_map(moved));
    }
    entered.len()
}

fn settled(ledger: &CardLedger, list: &str) -> usize {
    let parts = ledger.settlements.values().flat_map(|settlement| settlement.parts.values());
    parts.map(|part| part[list].as_array().map_or(0, Vec::len)).sum()
}

/// In UTC, as a settlement is told by.
fn today() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now[..10].to_owned()
}
