use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use paceline_domain::session::{Rejection, Session};
use paceline_domain::stock::Command;
use paceline_domain::tables::Tables;
use paceline_storage::MemoryLog;
use tokio::sync::oneshot;

use super::*;
use crate::clock::System;
use crate::engine::{Options, Outside};
use crate::entity::{Kind, Stocks};
use crate::gateway::simulated::{Simulated, SimulatedOptions};
use crate::idempotency::{IdempotencyKey, Keyed};
use crate::seal::SealKey;
use crate::tokenized;
use crate::voice::{Manner, Reply, Voice, Voices};

struct Mute;

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
    let voices = Voices::new(Arc::new(Mute));
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
fn an_owner_hears_of_no_turn_but_its_own() {
    let (world, stream) = (world(), Kind::Stock.stream(1));
    let mut stock = Owner::<Stocks>::load(&world, stream, Stored::default(), 2).unwrap();
    let of_another = Written::<Stocks>::without_events(stream, 1, Version(7));
    assert!(!stock.hear(of_another.conclude(&world)));
    assert_eq!(stock.durable, Version(0));
}
