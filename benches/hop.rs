//! What the way to an entity and back costs: claim, directory, mailbox, turn, answer.
//!
//! Varies: what is asked, and by how many at a time. A replay goes no further than the claim, a
//! get reads, an update decides and writes to a log in memory.
//! Leaves out: HTTP and the disk. An update is parsed on its way, which `parse` has alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use paceline_api::ucp::{Dialect, Operation, manner};
use paceline_benches::bodies::PRODUCT;
use paceline_benches::{engine, shop};
use paceline_domain::ids::SessionId;
use paceline_engine::{Engine, Front, IdempotencyKey, Keyed, System};
use paceline_storage::MemoryLog;

/// Sessions that are asked in turn, so that many at a time are not all for one.
const SESSIONS: usize = 256;

fn hop(criterion: &mut Criterion) {
    let system = actix::System::new();
    let (log, random) = (Arc::new(MemoryLog::new()), Arc::new(System));
    let engine = system.block_on(async { engine::start(log, random, shop::tables()) });
    let opening = stream::iter(0..SESSIONS).map(|_| engine::ready(&engine, PRODUCT));
    let sessions: Vec<SessionId> = system.block_on(opening.buffer_unordered(64).collect());

    let mut group = criterion.benchmark_group("hop");
    group.throughput(Throughput::Elements(1));
    for (name, asked) in [("replay", Asked::Replay), ("get", Asked::Get), ("update", Asked::Update)]
    {
        for at_once in [1, 64] {
            group.bench_function(BenchmarkId::new(name, at_once), |bencher| {
                bencher.iter_custom(|asks| {
                    system.block_on(ask_all(&engine, &sessions, asked, asks, at_once))
                });
            });
        }
    }
    group.finish();
    system.block_on(engine.stop());
}

#[derive(Clone, Copy)]
enum Asked {
    /// Of an update, under a key that its session has seen.
    Replay,
    Get,
    /// Without a key.
    Update,
}

async fn ask_all(
    engine: &Engine,
    sessions: &[SessionId],
    asked: Asked,
    asks: u64,
    at_once: usize,
) -> Duration {
    let began = Instant::now();
    stream::iter(sessions.iter().cycle().take(asks as usize))
        .map(|session| ask(engine, *session, asked))
        .buffer_unordered(at_once)
        .for_each(async |status| assert_eq!(status, 200))
        .await;
    began.elapsed()
}

async fn ask(engine: &Engine, session: SessionId, asked: Asked) -> u16 {
    let (operation, key) = match asked {
        Asked::Replay => (Operation::Update, Some(session.to_string())),
        Asked::Get => (Operation::Get, None),
        Asked::Update => (Operation::Update, None),
    };
    let caller = shop::caller();
    let keyed = key.map(|key| {
        let key = IdempotencyKey::new(&caller, operation.word(), &key);
        Keyed { key, fingerprint: [7; 32] }
    });
    let front = Front { manner: manner(Dialect::D0, operation), keyed };
    let answer = match asked {
        Asked::Get => engine.get(session, caller, front).await,
        Asked::Replay | Asked::Update => {
            engine.update(session, caller, shop::address(session), front).await
        }
    };
    answer.expect("the engine is not overloaded").status
}

criterion_group!(benches, hop);
criterion_main!(benches);
