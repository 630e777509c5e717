use std::time::Duration;

use bytes::Bytes;
use paceline_domain::session::{Rejection, Session};
use paceline_domain::stock::Command;
use paceline_domain::tables::Tables;
use paceline_storage::MemoryLog;

use super::*;
use crate::clock::System;
use crate::engine::{Options, Outside};
use crate::entity::{Kind, Stocks};
use crate::gateway::simulated::{Simulated, SimulatedOptions};
use crate::seal::SealKey;
use crate::tokenized;
use crate::voice::{Voice, Voices};

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
    };
    let gateway = Arc::new(Simulated::new(processor, Arc::new(MemoryLog::new())));
    let (log, voices) = (Arc::new(MemoryLog::new()), Voices::new(Arc::new(Mute)));
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
