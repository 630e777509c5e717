use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use paceline_domain::ids::{AccountId, IntegratorAccountId, PaymentId, RefundId, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::payment::{self, AskRefund, Flow, Part, Pay, Terms};
use paceline_domain::session::{Rejection, Session};
use paceline_domain::stock::Command;
use paceline_domain::tables::Tables;
use paceline_domain::text::Text;
use paceline_storage::{AnswerKey, EventLog, MemoryLog};
use tokio::sync::oneshot;

use super::*;
use crate::asking::{WIRE, asked};
use crate::clock::System;
use crate::codec::Remembered;
use crate::engine::{Options, Outside};
use crate::entity::{Kind, Payments, Stocks};
use crate::gateway::simulated::{Simulated, SimulatedOptions};
use crate::idempotency::{IdempotencyKey, Keyed};
use crate::seal::SealKey;
use crate::tokenized;
use crate::voice::{Manner, Reply, Voice, Voices};

struct Mute;

impl tokenized::Voice for Mute {
    fn words(&self, outcome: &tokenized::Outcome<'_>) -> Reply {
        Reply { status: 200, body: format!("{outcome:?}").into() }
    }
}

impl Voice for Mute {
    fn session(&self, _: Manner, _: &Session, _: Option<&Rejection>) -> Reply {
        Reply { status: 200, body: Bytes::new() }
    }

    fn again(&self, _: Manner, body: Bytes) -> Reply {
        Reply { status: 200, body }
    }

    fn refusal(&self, _: Manner, _: &Rejection) -> Reply {
        Reply { status: 404, body: Bytes::new() }
    }
}

/// A world in which nobody else is awake.
fn world() -> Arc<World> {
    world_on(Arc::new(MemoryLog::new()))
}

fn world_on(log: Arc<MemoryLog>) -> Arc<World> {
    let (second, none) = (Duration::from_secs(1), Duration::ZERO);
    let processor = SimulatedOptions { seed: 1, latency_median: none, latency_p99: none };
    let options = Options {
        workers: 1,
        asks_max: 1,
        actors_live_max: 1,
        answers_cached_bytes_max: 0,
        session_lives: second,
        answers_kept: second,
        complete_deadline: second,
        gateway_timeout: second,
        tokenized: tokenized::Options::default(),
        card: crate::card::Options::default(),
    };
    let gateway = Arc::new(Simulated::new(processor, Arc::new(MemoryLog::new())));
    let voices = Voices { tokenized: Some(Arc::new(Mute)), ..Voices::new(Arc::new(Mute)) };
    let (tables, key) = (Arc::new(Tables::default()), SealKey::new(&[7; 32]));
    World::new(options, log, Outside::new(gateway), voices, Arc::new(System), tables, key)
}

#[test]
fn what_is_left_is_told_once_it_is_counted_and_not_when_it_is_read() {
    let (world, stream) = (world(), Kind::Stock.stream(1));
    let nothing = Stored::default();
    let mut stock = Owner::<Stocks>::load(&world, stream, nothing, 0).unwrap();
    assert_eq!(world.levels.get(stream), None, "nobody has counted it yet");
    let tell: Tell<Stocks> = Arc::new(|_| ());
    stock.tell(&world, Command::Count { counted: 5 }, &tell);
    assert_eq!(world.levels.get(stream), Some(5));

    let stored = world.log.read(stream).unwrap();
    let woken = Owner::<Stocks>::load(&world, stream, stored, 1);
    world.levels.set(stream, 0);
    woken.unwrap().tell(&world, Command::Count { counted: 5 }, &tell);
    assert_eq!(world.levels.get(stream), Some(5), "told, though the count is no news");
}

#[test]
fn an_owner_is_not_quiet_while_an_answer_of_its_is_on_its_way_to_the_disk() {
    let log = Arc::new(MemoryLog::held());
    let (world, stream) = (world_on(Arc::clone(&log)), Kind::Stock.stream(1));
    let written: Arc<Mutex<Vec<Written<Stocks>>>> = Arc::default();
    let told = Arc::clone(&written);
    let tell: Tell<Stocks> = Arc::new(move |turn| told.lock().unwrap().push(turn));
    let sync = |stock: &mut Owner<Stocks>| {
        log.sync();
        let written = std::mem::take(&mut *written.lock().unwrap());
        written.into_iter().for_each(|turn| assert!(!stock.hear(turn.conclude(&world))));
    };
    let mut stock = Owner::<Stocks>::fresh(stream);
    stock.tell(&world, Command::Count { counted: 5 }, &tell);
    assert!(!stock.is_quiet());
    sync(&mut stock);
    assert!(stock.is_quiet());
    // A repeat changes nothing; its key is written all the same.
    let key = IdempotencyKey::new("caller", "count", "key");
    let keyed = Some(Keyed { key, fingerprint: [1; 32] });
    let (reply, _answer) = oneshot::channel();
    let (command, manner) = (Command::Count { counted: 5 }, Manner(0));
    let (secret, permit, patience) = (None, None, None);
    stock.take(&world, Ask { command, manner, keyed, secret, reply, permit, patience }, &tell);
    assert!(!stock.is_quiet(), "whoever takes its place would be told of it");
    sync(&mut stock);
    assert!(stock.is_quiet());
}

#[test]
fn each_of_two_refunds_is_remembered_whichever_ends_first() {
    let log = Arc::new(MemoryLog::new());
    let (world, id) = (world_on(Arc::clone(&log)), PaymentId(1));
    let mut payment = Owner::<Payments>::fresh(Payments::stream(id));
    let tell: Tell<Payments> = Arc::new(|_| ());
    let request = |id: &str| RequestId::parse(id).unwrap();
    let (amount, currency) = (Micros(10), CurrencyCode::parse("USD").unwrap());
    let (now, outcome) = (Timestamp(1), Ok(()));
    let [first, second] = [RefundId(1), RefundId(2)];

    let keyed = |part: Part| {
        let key = IdempotencyKey::new("google", "refund", &format!("{part:?}"));
        Keyed { key, fingerprint: [1; 32] }
    };
    let ask = |payment: &mut Owner<Payments>, part, command| {
        let (reply, _) = oneshot::channel();
        let (manner, secret, permit, patience) = (WIRE, None, None, None);
        let keyed = Some(keyed(part));
        payment.take(
            &world,
            Ask { command, manner, keyed, secret, reply, permit, patience },
            &tell,
        );
    };
    let terms = Box::new(Terms {
        flow: Flow::Capture,
        integrator: IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap(),
        request: request("cap:1"),
        account: AccountId::parse("sally").unwrap(),
        association: None,
        amount,
        currency,
        description: Text::parse("Google - Sky Atlas").unwrap(),
    });
    let (proof, barred, asked_by) = (None, None, asked(&keyed(Part::Payment)));
    let pay = Pay { id, terms: *terms, proof, barred, now, asked: asked_by };
    ask(&mut payment, Part::Payment, payment::Command::Pay(Box::new(pay)));
    let part = Part::Payment;
    payment.tell(&world, payment::Command::Concluded { part, outcome, now }, &tell);
    for id in [first, second] {
        let (request, amount) = (request(&id.to_string()), Micros(1));
        let asked = asked(&keyed(Part::Refund(id)));
        let refund = AskRefund { id, request, amount, currency, now, asked };
        ask(&mut payment, Part::Refund(id), payment::Command::Refund(refund));
    }

    for id in [second, first] {
        let part = Part::Refund(id);
        payment.tell(&world, payment::Command::Concluded { part, outcome, now }, &tell);
        let kept = log.answer(&AnswerKey::from(keyed(part).key), Millis(0)).unwrap().unwrap();
        let reply = Remembered::from_bytes(&kept.body).unwrap().reply.expect("it has ended");
        let told = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(told.contains(&id.to_string()), "{told}");
    }
}

#[test]
fn an_owner_hears_of_no_turn_but_its_own() {
    let (world, stream) = (world(), Kind::Stock.stream(1));
    let mut stock = Owner::<Stocks>::load(&world, stream, Stored::default(), 2).unwrap();
    let of_another = Written::<Stocks>::without_events(stream, 1, Version(7));
    assert!(!stock.hear(of_another.conclude(&world)));
    assert_eq!(stock.durable, Version(0));
}
