//! A whole complete through the engine: claim, turn, hold, reservation, order, and the answer.
//!
//! Varies: the log, in memory or on disk with its syncs, and how many completes are under way.
//! Sessions are opened and filled beforehand, which is not counted. The processor answers at once
//! and keeps its book in memory.
//! Leaves out: HTTP and parsing; `make bench-floor` has the whole. Settling goes on behind the
//! answer, as in production, and slows the next completes as it does there.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use paceline_api::ucp::{self, Dialect, Operation};
use paceline_benches::shop;
use paceline_domain::ids::SessionId;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::{Engine, Front, IdempotencyKey, Keyed, Options, Reply, SealKey, System};
use paceline_storage::{EventLog, MemoryLog, RocksLog, RocksOptions, ShardCount};

fn complete(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("complete");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    // In the build directory, as the temporary one of many machines is memory.
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let options = RocksOptions::new(
        ShardCount::new(4).expect("four shards"),
        Arc::new(|why| panic!("{why}")),
    );
    let on_disk = RocksLog::open(&home.path().join("data"), options).expect("a fresh log opens");
    let logs: [(&str, Arc<dyn EventLog>); 2] =
        [("in memory", Arc::new(MemoryLog::new())), ("on disk, synced", Arc::new(on_disk))];
    for (name, log) in logs {
        let system = actix::System::new();
        let engine = system.block_on(async { start(log) });
        for under_way in [1, 64] {
            group.bench_function(BenchmarkId::new(name, under_way), |bencher| {
                bencher.iter_custom(|completes| {
                    system.block_on(complete_all(&engine, completes, under_way))
                });
            });
        }
        system.block_on(engine.stop());
    }
    group.finish();
}

fn start(log: Arc<dyn EventLog>) -> Engine {
    let at_once =
        SimulatedOptions { seed: 1, latency_median: Duration::ZERO, latency_p99: Duration::ZERO };
    let options = Options {
        workers: available_parallelism().map_or(1, NonZero::get),
        asks_max: 4_096,
        actors_live_max: 100_000,
        answers_cached_bytes_max: 64 * 1024 * 1024,
        session_lives: Duration::from_secs(6 * 3600),
        answers_kept: Duration::from_secs(48 * 3600),
        complete_deadline: Duration::from_secs(4),
        gateway_timeout: Duration::from_secs(10),
    };
    Engine::start(
        options,
        log,
        Arc::new(Simulated::new(at_once, Arc::new(MemoryLog::new()))),
        Arc::new(shop::words()),
        Arc::new(System),
        Arc::new(shop::tables()),
        SealKey::new(&[7; 32]),
    )
}

/// Completes so many sessions, so many of them at a time.
async fn complete_all(engine: &Engine, completes: u64, under_way: usize) -> Duration {
    let opening = stream::iter(0..completes).map(|_| open(engine)).buffer_unordered(64);
    let sessions: Vec<SessionId> = opening.collect().await;
    let payment = shop::payment();
    let began = Instant::now();
    stream::iter(sessions)
        .map(|session| {
            let front = front(Operation::Complete);
            engine.complete(session, shop::caller(), payment.clone(), front)
        })
        .buffer_unordered(under_way)
        .for_each(async |answer| {
            let answer = answer.expect("the engine is not overloaded");
            assert!(says(&answer, r#""status":"completed""#), "{answer:?}");
        })
        .await;
    began.elapsed()
}

/// A session that is ready to complete.
async fn open(engine: &Engine) -> SessionId {
    let created = engine.create(shop::caller(), shop::basket(), front(Operation::Create)).await;
    let created = created.expect("the engine is not overloaded");
    let checkout: serde_json::Value = serde_json::from_slice(&created.body).expect("JSON");
    let session =
        ucp::ids::session(checkout["id"].as_str().expect("an id")).expect("an id of ours");
    let ready =
        engine.update(session, shop::caller(), shop::address(session), front(Operation::Update));
    let ready = ready.await.expect("the engine is not overloaded");
    assert!(says(&ready, r#""status":"ready_for_complete""#), "{ready:?}");
    session
}

/// Under a key that nobody else has.
fn front(operation: Operation) -> Front {
    let number: u128 = rand::random();
    let key = IdempotencyKey::new(&shop::caller(), operation.word(), &format!("{number:032x}"));
    let keyed = Some(Keyed { key, fingerprint: [7; 32] });
    Front { manner: ucp::manner(Dialect::D0, operation), keyed }
}

fn says(reply: &Reply, part: &str) -> bool {
    memchr::memmem::find(&reply.body, part.as_bytes()).is_some()
}

criterion_group!(benches, complete);
criterion_main!(benches);
