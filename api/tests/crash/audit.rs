//! After the last crash: what the sessions say, what the instruments say, what the stock says and
//! what the processor's own book says is one and the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::get;
use super::purchase::{Purchase, path};
use crate::common::Serving;

/// How long what is owed may take to be carried out, an outage of the processor included.
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// Checks every purchase against every book. Returns how many ended in which way; money was
/// captured once for each that is completed, and for no other.
pub fn audit(serving: &Serving, purchases: &[&Purchase]) -> BTreeMap<String, usize> {
    let deadline = Instant::now() + QUIET_WITHIN;
    let mut sold = BTreeMap::<&str, u64>::new();
    let mut endings = BTreeMap::<String, usize>::new();
    for purchase in purchases {
        let session = purchase.session().expect("every purchase has ended");
        let story = quiet(serving, &session, deadline);
        let checkout = get(serving.public, &path(&session)).json();
        let status = checkout["status"].as_str().unwrap();
        let captured = paid(serving, &session, &story, &checkout);
        assert_eq!(captured, usize::from(status == "completed"), "{session} is {status}");
        if status == "completed" {
            for (product, units) in &purchase.lines {
                *sold.entry(product).or_default() += units;
            }
        }
        *endings.entry(status.to_owned()).or_default() += 1;
    }
    for (product, units) in sold {
        stock(serving, product, units);
    }
    endings
}

/// The events of a session, once it waits for nothing.
fn quiet(serving: &Serving, session: &str, deadline: Instant) -> Vec<Value> {
    loop {
        let story = story(serving, "session", session).unwrap();
        let count = |name: &str| found(&story, name).len();
        let accepted = count("CompletionAccepted");
        let declined = count("PaymentDeclined") + count("StockRefused");
        let completed = count("Completed");
        let settled = story.iter().filter(|event| *event == "Settled").count();
        if accepted == declined + completed && completed == settled && declined == count("Released")
        {
            return story;
        }
        assert!(Instant::now() < deadline, "{session} still waits: {story:#?}");
    }
}

/// Holds the session's attempts against the instruments and the processor's book.
///
/// - Returns how often money was captured.
fn paid(serving: &Serving, session: &str, story: &[Value], checkout: &Value) -> usize {
    let total = checkout["totals"].as_array().unwrap().iter().find(|t| t["type"] == "total");
    let total = &total.unwrap()["amount"];
    let mut captures = 0;
    for accepted in found(story, "CompletionAccepted") {
        let attempt = &accepted["attempt"];
        let number = attempt["number"].as_u64().unwrap();
        let completed = found(story, "Completed").iter().any(|event| event["attempt"] == number);
        let refused = found(story, "StockRefused").iter().any(|event| event["attempt"] == number);
        let book = self::story(serving, "processor", &format!("{session}-{number}"));
        let book = book.unwrap_or_default();
        let instrument = attempt["instrument"].as_str().unwrap();
        let ours = self::story(serving, "instrument", instrument).unwrap_or_default();
        let of_attempt = |event: &&Value| {
            let inside = event.as_object().unwrap().values().next().unwrap();
            inside["attempt"]["number"] == number && inside["attempt"]["session"] == session
        };
        let ours: Vec<&Value> = ours.iter().filter(of_attempt).collect();
        assert_eq!(told_by(&ours), told_by_processor(&book), "{session}-{number}");
        let moved = |movement: &str| {
            let approved = |entry: &&Value| {
                entry["movement"] == movement && entry["outcome"].get("Ok").is_some()
            };
            let amounts: Vec<&Value> = book.iter().filter(approved).map(|e| &e["amount"]).collect();
            assert!(amounts.iter().all(|amount| *amount == total), "{session}: {book:?}");
            amounts.len()
        };
        assert_eq!(moved("Reserved"), usize::from(completed), "{session}-{number}");
        assert!(!refused || book.is_empty(), "{session}-{number} was charged without goods");
        captures += moved("Captured");
        ordered(serving, session, attempt["order"].as_str().unwrap(), completed, total);
    }
    captures
}

/// Only a completed attempt has an order, and it is of that session and that total.
fn ordered(serving: &Serving, session: &str, order: &str, completed: bool, total: &Value) {
    let story = story(serving, "order", order).unwrap_or_default();
    assert_eq!(story.len(), usize::from(completed), "{order} of {session}");
    for placed in found(&story, "Placed") {
        assert_eq!((&placed["session"], &placed["quote"]["total"]), (&session.into(), total));
    }
}

/// What an instrument says of one attempt, in the words of the processor's book. Amounts are
/// said once, when a reservation is begun.
fn told_by(instrument: &[&Value]) -> Vec<String> {
    let mut told = vec![];
    let mut amount = String::new();
    for event in instrument {
        let (name, inside) = event.as_object().unwrap().iter().next().unwrap();
        let reason = &inside["reason"];
        match name.as_str() {
            "ReservationStarted" => {
                amount = format!("{} {}", inside["amount"], inside["currency"]);
            }
            "CaptureStarted" => {}
            "Reserved" => told.push(format!("Reserved {amount} Ok")),
            "Declined" => told.push(format!("Reserved {amount} {reason}")),
            "Captured" => told.push(format!("Captured {amount} Ok")),
            "CaptureRefused" => told.push(format!("Captured {amount} {reason}")),
            other => panic!("{other}"),
        }
    }
    told
}

fn told_by_processor(book: &[Value]) -> Vec<String> {
    let told = |entry: &Value| {
        let outcome = entry["outcome"].get("Err").map_or("Ok".to_owned(), Value::to_string);
        let movement = entry["movement"].as_str().unwrap();
        format!("{movement} {} {} {outcome}", entry["amount"], entry["currency"])
    };
    book.iter().map(told).collect()
}

/// Everything that was held is sold or given back, and as much is sold as was bought.
fn stock(serving: &Serving, product: &str, bought: u64) {
    let story = story(serving, "stock", product).unwrap();
    let units = |name: &str| -> u64 {
        found(&story, name).iter().map(|event| event["units"].as_u64().unwrap()).sum()
    };
    let attempts = |name: &str| {
        let mut names: Vec<String> =
            found(&story, name).iter().map(|event| event["attempt"].to_string()).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{product}: an attempt is {name} twice");
    };
    ["Held", "Sold", "Released"].into_iter().for_each(attempts);
    assert_eq!(units("Sold"), bought, "{product}");
    assert_eq!(units("Held"), units("Sold") + units("Released"), "{product}");
    let counted = found(&story, "Counted").last().unwrap()["counted"].as_u64().unwrap();
    assert!(units("Sold") <= counted, "{product}");
}

/// The events of an entity, or `None` if nothing is stored of it.
fn story(serving: &Serving, entity: &str, id: &str) -> Option<Vec<Value>> {
    let heard = get(serving.admin, &format!("/inspect/{entity}/{id}"));
    if heard.status == 404 {
        return None;
    }
    assert_eq!(heard.status, 200, "{}", heard.body);
    let events = heard.json()["events"].as_array().unwrap().clone();
    Some(events.into_iter().map(|chapter| chapter["event"].clone()).collect())
}

/// The insides of the events of one name.
fn found<'a>(story: &'a [Value], name: &str) -> Vec<&'a Value> {
    story.iter().filter_map(|event| event.get(name)).collect()
}
