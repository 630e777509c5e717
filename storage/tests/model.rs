//! Any turns in any order: the log on disk does what the log in memory does, and so it does
//! after it was closed and opened again.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod support;

use paceline_storage::rocks::Sync;
use paceline_storage::{EventLog, MemoryLog, Millis, RocksLog};
use proptest::prelude::*;
use support::*;

const STREAMS: u64 = 4;
const KEYS: u8 = 3;

/// A turn yet to be decided on.
#[derive(Clone, Debug)]
struct Wish {
    stream: u64,
    /// How far the expected version is off.
    stale: u64,
    record: bool,
    snapshot: bool,
    answer: Option<(bool, u8, u64)>,
    due: Option<Option<u64>>,
    /// Time that passes before it.
    pause: u64,
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let stale = prop_oneof![9 => Just(0), 1 => 1..3u64];
    let answer = proptest::option::of((any::<bool>(), 0..KEYS, 1..20u64));
    let due = proptest::option::of(proptest::option::of(0..10u64));
    let shape = (any::<bool>(), proptest::bool::weighted(0.2));
    let wish = (0..STREAMS, stale, shape, answer, due, 0..4u64);
    let wish = wish.prop_map(|(stream, stale, (record, snapshot), answer, due, pause)| Wish {
        stream,
        stale,
        record,
        snapshot,
        answer,
        due,
        pause,
    });
    proptest::collection::vec(wish, 1..80)
}

/// Makes turns of wishes: each on the version that the ones before it leave if none is refused.
struct Caller {
    versions: [u64; STREAMS as usize],
    now: u64,
    turns: u64,
}

impl Caller {
    fn new() -> Caller {
        Caller { versions: [0; STREAMS as usize], now: 1, turns: 0 }
    }

    fn turn(&mut self, wish: &Wish) -> Turn {
        self.now += wish.pause;
        self.turns += 1;
        let words = format!("turn {}", self.turns);
        let version = &mut self.versions[wish.stream as usize];
        let mut turn = turn(stream(wish.stream), *version + wish.stale);
        if wish.record {
            turn = turn.record(words.clone());
        }
        if wish.snapshot {
            turn = turn.snapshot(words.clone());
        }
        turn = match wish.answer {
            None => turn,
            Some((true, name, lives)) => {
                turn.take(&name.to_string(), words.clone(), self.now, self.now + lives)
            }
            Some((false, name, lives)) => {
                turn.replace(&name.to_string(), words.clone(), self.now + lives)
            }
        };
        match wish.due {
            None => turn,
            Some(None) => turn.done_with_it(),
            Some(Some(at)) => turn.due(at, words),
        }
    }

    fn hear(&mut self, wish: &Wish, outcome: &Outcome) {
        if let Ok(version) = outcome {
            self.versions[wish.stream as usize] = version.0;
        }
    }
}

fn assert_alike(rocks: &dyn EventLog, memory: &dyn EventLog, now: u64) {
    for number in 0..STREAMS {
        assert_eq!(rocks.read(stream(number)), memory.read(stream(number)));
        assert_eq!(rocks.history(stream(number)), memory.history(stream(number)));
    }
    for name in 0..KEYS {
        let key = key(&name.to_string());
        assert_eq!(rocks.answer(&key, Millis(now)), memory.answer(&key, Millis(now)));
    }
    let everything = memory.due(Millis(99), None, 99);
    assert_eq!(rocks.due(Millis(99), None, 99), everything);
    assert_eq!(rocks.due(Millis(5), None, 2), memory.due(Millis(5), None, 2));
}

fn open_unsynced(dir: &std::path::Path, shards: u16) -> RocksLog {
    RocksLog::open(dir, options(shards, Sync::Never)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn turns_one_by_one_over_shards_end_alike_and_are_found_again(wishes in wishes()) {
        let dir = tempfile::tempdir().unwrap();
        let memory = MemoryLog::new();
        let rocks = open_unsynced(dir.path(), 3);
        let mut caller = Caller::new();
        for wish in &wishes {
            let turn = caller.turn(wish);
            let outcome = memory.commit(Turn(turn.0.clone()));
            prop_assert_eq!(&rocks.commit(turn), &outcome);
            caller.hear(wish, &outcome);
            assert_alike(&rocks, &memory, caller.now);
        }
        drop(rocks);
        assert_alike(&open_unsynced(dir.path(), 3), &memory, caller.now);
    }

    /// One shard, for between shards there is no order to compare.
    #[test]
    fn turns_queued_all_at_once_in_one_shard_end_alike(wishes in wishes()) {
        let dir = tempfile::tempdir().unwrap();
        let memory = MemoryLog::new();
        let rocks = open_unsynced(dir.path(), 1);
        let mut caller = Caller::new();
        let mut queued = Vec::new();
        for wish in &wishes {
            let turn = caller.turn(wish);
            let outcome = memory.commit(Turn(turn.0.clone()));
            queued.push((rocks.queue(turn), outcome.clone()));
            caller.hear(wish, &outcome);
        }
        for (outcome, expected) in queued {
            prop_assert_eq!(outcome.recv().unwrap(), expected);
        }
        assert_alike(&rocks, &memory, caller.now);
    }
}
