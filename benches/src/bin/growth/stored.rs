//! Sessions that were opened before: written by the engine itself, through the real log.
//!
//! Why: what grows with the number of sessions is what a real one leaves behind: its record, the
//! answer under its key, its place among what is due. So nothing here writes a byte by itself.
//! Left out: syncing, for nobody waits for these answers; and baskets that differ.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use actix::ArbiterHandle;
use futures_util::{StreamExt, stream};
use paceline_benches::measure::Outcome;
use paceline_benches::{bodies, engine, shop};
use paceline_domain::ids::SessionId;
use paceline_domain::time::Timestamp;
use paceline_engine::{Surroundings, System};
use paceline_storage::rocks::Sync;
use paceline_storage::{RocksLog, RocksOptions, ShardCount};

/// Creates under way at once while sessions are written.
const UNDER_WAY: usize = 4 * 1024;
/// As `paceline serve` has it unless told otherwise.
const SHARDS: u16 = 2;
const TOLD_EVERY: u64 = 1_000_000;

/// The id of the session of this number: spread like ids that nobody can guess, and found again.
pub fn id(number: u64) -> SessionId {
    let high = u128::from(scattered(2 * number));
    SessionId(high << 64 | u128::from(scattered(2 * number + 1)))
}

/// Opens sessions with the first so many ids in a fresh data directory. Blocks.
pub fn write(data: &Path, sessions: u64) -> Outcome<()> {
    let options = RocksOptions {
        sync: Sync::Never,
        ..RocksOptions::new(ShardCount::new(SHARDS)?, Arc::new(|why| panic!("{why}")))
    };
    let log = Arc::new(RocksLog::open(data, options)?);
    let began = Instant::now();
    actix::System::new().block_on(async {
        let engine = engine::start(log, Arc::new(Numbered::default()), shop::tables());
        stream::iter(1..=sessions)
            .map(|number| {
                let engine = engine.clone();
                async move {
                    engine::create(&engine, bodies::PRODUCT).await;
                    number
                }
            })
            .buffer_unordered(UNDER_WAY)
            .for_each(async |number| {
                if number % TOLD_EVERY == 0 {
                    eprintln!("  {number} sessions after {:.0} s", began.elapsed().as_secs_f64());
                }
            })
            .await;
        engine.stop().await;
    });
    Ok(())
}

/// The machine's, but for ids: in their order.
#[derive(Default)]
struct Numbered(AtomicU64);

impl Surroundings for Numbered {
    fn now(&self) -> Timestamp {
        System.now()
    }

    fn unguessable(&self) -> u128 {
        id(self.0.fetch_add(1, Ordering::Relaxed)).0
    }

    fn workers(&self, count: usize) -> Vec<ArbiterHandle> {
        System.workers(count)
    }

    fn aside(&self, work: Box<dyn FnOnce() + Send>) {
        System.aside(work);
    }
}

/// A number's bits, mixed so that neighbours have nothing in common; no two come out alike.
///
/// # Source
/// The finalizer of `SplitMix64`.
fn scattered(number: u64) -> u64 {
    let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
