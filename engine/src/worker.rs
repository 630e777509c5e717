//! The threads that serve: one arbiter a core, each with its share of connections and actors.

use std::cell::Cell;

use actix::{Arbiter, ArbiterHandle};
use tokio::runtime::{Builder, Runtime};

use crate::limits::READERS_MAX;

thread_local! {
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Starts `count` workers. Must be called inside an actix system, which stops them with itself.
pub(crate) fn start(count: usize) -> Vec<ArbiterHandle> {
    let begin = |number| {
        let handle = Arbiter::with_tokio_rt(runtime).handle();
        handle.spawn_fn(move || NUMBER.set(Some(number)));
        handle
    };
    (0..count).map(begin).collect()
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(READERS_MAX)
        .build()
        .expect("the system gives threads and timers at the start")
}

/// The number of the worker that this is, if it is one.
pub(crate) fn here() -> Option<usize> {
    NUMBER.get()
}
