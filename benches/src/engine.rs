//! An engine without a wire around it: the sample shop, opened on any log.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use paceline_api::ucp::{self, Dialect, Operation};
use paceline_domain::ids::SessionId;
use paceline_domain::tables::Tables;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::{
    Engine, Front, IdempotencyKey, Keyed, Options, Outside, PaymentOffered, Reply, SealKey,
    Surroundings, Voices, card, tokenized,
};
use paceline_storage::rocks::Sync;
use paceline_storage::{DataDirError, EventLog, MemoryLog, RocksLog, RocksOptions};

use crate::shop;

/// The log of a data directory, in as many shards as `paceline serve` has unless told otherwise.
pub fn log(data: &Path, sync: Sync) -> Result<RocksLog, DataDirError> {
    let stopped = Arc::new(|why: &str| panic!("{why}"));
    RocksLog::open(data, RocksOptions { sync, ..RocksOptions::new(shop::shards(), stopped) })
}

/// As shipped, but for more room for those who ask at once, and a processor that answers at once
/// and keeps its book in memory. Must be called inside an actix system.
pub fn start(
    log: Arc<dyn EventLog>,
    surroundings: Arc<dyn Surroundings>,
    tables: Tables,
) -> Engine {
    let at_once =
        SimulatedOptions { seed: 1, latency_median: Duration::ZERO, latency_p99: Duration::ZERO };
    let options = Options {
        workers: available_parallelism().map_or(1, NonZero::get),
        asks_max: 16 * 1024,
        actors_live_max: 100_000,
        answers_cached_bytes_max: 64 * 1024 * 1024,
        session_lives: Duration::from_secs(6 * 3600),
        answers_kept: Duration::from_secs(48 * 3600),
        complete_deadline: Duration::from_secs(60),
        gateway_timeout: Duration::from_secs(10),
        tokenized: tokenized::Options::default(),
        card: card::Options::default(),
    };
    Engine::start(
        options,
        log,
        Outside::new(Arc::new(Simulated::new(at_once, Arc::new(MemoryLog::new())))),
        Voices::new(Arc::new(shop::words())),
        surroundings,
        Arc::new(tables),
        SealKey::new(&[7; 32]),
    )
}

/// Creates a session with one unit of a product in it.
pub async fn create(engine: &Engine, product: &str) -> SessionId {
    let basket = shop::basket_of(product);
    let created = engine.create(shop::caller(), basket, front(Operation::Create)).await;
    let created = created.expect("the engine is not overloaded");
    assert!(says(&created, r#""status":"incomplete""#), "{created:?}");
    ucp::ids::session_of_answer(&created).expect("an id of ours")
}

/// A session that is ready to complete.
pub async fn ready(engine: &Engine, product: &str) -> SessionId {
    let session = create(engine, product).await;
    let address = shop::address_for(product, session);
    let ready = engine.update(session, shop::caller(), address, front(Operation::Update)).await;
    let ready = ready.expect("the engine is not overloaded");
    assert!(says(&ready, r#""status":"ready_for_complete""#), "{ready:?}");
    session
}

/// Pays for a session.
pub async fn complete(engine: &Engine, session: SessionId, payment: PaymentOffered) {
    let paid = engine.complete(session, shop::caller(), payment, front(Operation::Complete)).await;
    let paid = paid.expect("the engine is not overloaded");
    assert!(says(&paid, r#""status":"completed""#), "{paid:?}");
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
