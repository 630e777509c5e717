//! Time, chance and threads: what the engine may not fetch by itself.
//!
//! Why: whoever plays a whole day again from its seed must be the one who says what time it is,
//! what chance brings, and what runs when.

use std::time::{SystemTime, UNIX_EPOCH};

use actix::ArbiterHandle;
use paceline_domain::time::Timestamp;

use crate::worker;

/// Where commands get their time and their ids from, and actors their threads. A simulation
/// brings its own.
pub trait Surroundings: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// 128 bits that nobody can guess.
    fn unguessable(&self) -> u128;

    /// The threads that serve, one or more. Called once, inside an actix system.
    fn workers(&self, count: usize) -> Vec<ArbiterHandle>;

    /// Does what waits for the disk, soon, where it keeps nobody else waiting. Called on a worker.
    fn aside(&self, work: Box<dyn FnOnce() + Send>);
}

/// The machine's clock, its random numbers and its threads.
pub struct System;

impl Surroundings for System {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).expect("the year is below 500 million"))
    }

    fn unguessable(&self) -> u128 {
        rand::random()
    }

    fn workers(&self, count: usize) -> Vec<ArbiterHandle> {
        worker::start(count)
    }

    fn aside(&self, work: Box<dyn FnOnce() + Send>) {
        tokio::task::spawn_blocking(work);
    }
}
