//! The threads that serve: one arbiter a core, each with its share of connections and actors.

use actix::{Arbiter, ArbiterHandle};
use tokio::runtime::{Builder, Runtime};

use crate::limits::READERS_MAX;

/// Starts `count` workers. Must be called inside an actix system, which stops them with itself.
pub(crate) fn start(count: usize) -> Vec<ArbiterHandle> {
    (0..count).map(|_| Arbiter::with_tokio_rt(runtime).handle()).collect()
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(READERS_MAX)
        .build()
        .expect("the system gives threads and timers at the start")
}
