//! A whole complete through the engine: claim, turn, hold, reservation, order, and the answer.
//!
//! Varies: the log, in memory or on disk with its syncs, and how many completes are under way. The
//! one on disk has as many shards as the program is shipped with.
//! Sessions are opened and filled beforehand, which is not counted. The processor answers at once
//! and keeps its book in memory.
//! Leaves out: HTTP and parsing; `make bench-floor` has the whole. Settling goes on behind the
//! answer, as in production, and slows the next completes as it does there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::{StreamExt, stream};
use paceline_benches::bodies::PRODUCT;
use paceline_benches::{engine, shop};
use paceline_domain::ids::SessionId;
use paceline_engine::{Engine, System};
use paceline_storage::rocks::Sync;
use paceline_storage::{EventLog, MemoryLog};

fn complete(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("complete");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    // In the build directory, as the temporary one of many machines is memory.
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let on_disk = engine::log(&home.path().join("data"), Sync::Every).expect("a fresh log opens");
    let logs: [(&str, Arc<dyn EventLog>); 2] =
        [("in memory", Arc::new(MemoryLog::new())), ("on disk, synced", Arc::new(on_disk))];
    for (name, log) in logs {
        let system = actix::System::new();
        let engine =
            system.block_on(async { engine::start(log, Arc::new(System), shop::tables()) });
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

/// Completes so many sessions, so many of them at a time.
async fn complete_all(engine: &Engine, completes: u64, under_way: usize) -> Duration {
    let opening =
        stream::iter(0..completes).map(|_| engine::ready(engine, PRODUCT)).buffer_unordered(64);
    let sessions: Vec<SessionId> = opening.collect().await;
    let payment = shop::payment();
    let began = Instant::now();
    stream::iter(sessions)
        .map(|session| engine::complete(engine, session, payment.clone()))
        .buffer_unordered(under_way)
        .for_each(async |()| {})
        .await;
    began.elapsed()
}

criterion_group!(benches, complete);
criterion_main!(benches);
