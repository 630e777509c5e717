//! What being durable costs: one commit to the log on disk, from queueing to acknowledgement.
//!
//! Varies: how many writers wait at once, as group commit lives from company. Each writer has a
//! stream of its own and appends again once it was told of the last; records are 1 KiB. The log has
//! as many shards as the program is shipped with.
//! Leaves out: idempotency records, snapshots, timers.
//!
//! `synced` is what production does. `not synced` skips the disk and with it every promise: it is
//! here to tell the disk's share from ours.

use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam_channel::Sender;
use paceline_benches::engine;
use paceline_storage::rocks::Sync;
use paceline_storage::{Append, DueChange, EventLog, RocksLog, StreamId, Version};

const RECORD_BYTES: usize = 1024;

fn writer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("writer");
    group.throughput(Throughput::Elements(1));
    for (name, sync) in [("synced", Sync::Every), ("not synced", Sync::Never)] {
        for writers in [1, 16, 256] {
            // In the build directory, as the temporary one of many machines is memory.
            let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
            let log = engine::log(&home.path().join("data"), sync).expect("a fresh log opens");
            group.bench_function(BenchmarkId::new(name, writers), |bencher| {
                bencher.iter_custom(|commits| commit(&log, writers, commits));
            });
        }
    }
    group.finish();
}

/// Makes so many commits with so many writers waiting at a time.
fn commit(log: &RocksLog, writers: u64, commits: u64) -> Duration {
    // Streams that no earlier call has written to: their versions start at zero.
    let nonce: u64 = rand::random();
    let (told, hear) = crossbeam_channel::unbounded();
    let began = Instant::now();
    let mut asked = writers.min(commits);
    for writer in 0..asked {
        append(log, nonce, writer, Version(0), &told);
    }
    for _ in 0..commits {
        let (writer, version) = hear.recv().expect("every append is answered");
        if asked < commits {
            append(log, nonce, writer, version, &told);
            asked += 1;
        }
    }
    began.elapsed()
}

fn append(
    log: &RocksLog,
    nonce: u64,
    writer: u64,
    expected: Version,
    told: &Sender<(u64, Version)>,
) {
    let turn = Append {
        stream: StreamId {
            kind: 1,
            id: u128::from(nonce).rotate_left(64).wrapping_add(writer.into()).to_be_bytes(),
        },
        expected,
        record: Some(Bytes::from_static(&[7; RECORD_BYTES])),
        snapshot: None,
        answer: None,
        due: DueChange::Keep,
    };
    let told = told.clone();
    let done = Box::new(move |written: Result<Version, _>| {
        let version = written.expect("nobody else writes to the stream");
        // The bench has left if it has panicked.
        let _ = told.send((writer, version));
    });
    log.append(turn, done).expect("the queue holds all writers");
}

criterion_group!(benches, writer);
criterion_main!(benches);
