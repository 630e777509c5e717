//! A machine with one thread, whose clock, chance, disk reads and power are the simulator's.
//!
//! Everything that one life of the engine does to the world goes through [`Power::spend`]: a turn
//! queued, an answer heard or given, a question to the processor, a look at the clock. Between two
//! of these a crash makes no difference, so a cut at any count is a crash at any instant, await
//! points included.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::{Arbiter, ArbiterHandle};
use paceline_domain::time::Timestamp;
use paceline_engine::Surroundings;
use tokio::time::Instant;

use crate::simulation::chance::Chance;

/// The power of one life. Once it is off, nothing of that life reaches the world.
pub struct Power {
    on: AtomicBool,
    left: AtomicU64,
    spent: AtomicU64,
}

impl Power {
    /// - `fuse`: how often something reaches the world before the power goes.
    pub fn new(fuse: Option<u64>) -> Arc<Self> {
        let left = AtomicU64::new(fuse.unwrap_or(u64::MAX));
        Arc::new(Self { on: AtomicBool::new(true), left, spent: AtomicU64::new(0) })
    }

    /// Whether the next thing still reaches the world.
    pub fn spend(&self) -> bool {
        if !self.is_on() {
            return false;
        }
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            self.cut();
            return false;
        }
        self.left.store(left - 1, Ordering::Relaxed);
        let spent = self.spent.fetch_add(1, Ordering::Relaxed);
        assert!(spent < SPENT_MAX, "the engine goes round in circles");
        true
    }

    pub fn cut(&self) {
        self.on.store(false, Ordering::Relaxed);
    }

    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// How often something has reached the world.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }
}

/// No life does so much; one that goes round in circles in a single moment does more.
const SPENT_MAX: u64 = 5_000_000;

type Work = Box<dyn FnOnce() + Send>;

/// One life's surroundings.
pub struct Machine {
    power: Arc<Power>,
    /// What the wall clock shows when the life begins.
    wall: Timestamp,
    began: Instant,
    ids: Mutex<Chance>,
    /// Reads that nobody has done yet; `None` if they are done at once.
    reads: Option<Mutex<Vec<Work>>>,
}

impl Machine {
    /// Must be called inside the life's runtime, whose clock stands still until it is moved.
    pub fn new(power: Arc<Power>, wall: Timestamp, ids: Chance, reads_wait: bool) -> Arc<Self> {
        let reads = reads_wait.then(Mutex::default);
        Arc::new(Self { power, wall, began: Instant::now(), ids: Mutex::new(ids), reads })
    }

    /// How long this life lasts already.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }

    pub fn reads_waiting(&self) -> usize {
        self.reads.as_ref().map_or(0, |reads| reads.lock().unwrap().len())
    }

    /// Does one of the reads that wait.
    pub fn read(&self, which: usize) {
        let Some(reads) = &self.reads else { return };
        if self.power.spend() {
            let work = reads.lock().unwrap().remove(which);
            work();
        }
    }
}

impl Surroundings for Machine {
    fn now(&self) -> Timestamp {
        self.power.spend();
        self.wall.after(self.age())
    }

    fn unguessable(&self) -> u128 {
        let mut ids = self.ids.lock().unwrap();
        u128::from(ids.number()) << 64 | u128::from(ids.number())
    }

    fn workers(&self, _: usize) -> Vec<ArbiterHandle> {
        vec![Arbiter::current()]
    }

    fn aside(&self, work: Work) {
        match &self.reads {
            Some(reads) => reads.lock().unwrap().push(work),
            None => work(),
        }
    }
}
