//! What the simulated outsides have in common: how long they take, how often they cannot be
//! reached, and a book that outlives this process.
//!
//! Why: a processor and an acquirer are other companies' machines. What they have moved is known to
//! them whatever becomes of us, so each keeps a book of its own, and a repeat is recognised by it.
//! Left out: the death of the machine, which takes their books too; a real one's does not depend on
//! us at all.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use paceline_storage::{Append, AppendError, DueChange, EventLog, StreamId, Version};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::codec;

/// Questions that an outage swallows.
pub const OUTAGE_ASKS: u32 = 3;

/// How long a simulated outside takes to answer.
#[derive(Clone, Debug)]
pub struct SimulatedOptions {
    /// The same seed gives the same latencies in the same order.
    pub seed: u64,
    /// Half of the answers take at most this long.
    pub latency_median: Duration,
    /// 99 of 100 answers take at most this long.
    pub latency_p99: Duration,
}

pub(crate) struct Latency {
    options: SimulatedOptions,
    random: Mutex<StdRng>,
}

impl Latency {
    pub fn new(options: SimulatedOptions) -> Self {
        let random = Mutex::new(StdRng::seed_from_u64(options.seed));
        Self { options, random }
    }

    /// Takes the time of one answer.
    pub async fn pass(&self) {
        let latency = self.next();
        if !latency.is_zero() {
            tokio::time::sleep(latency).await; // a sleep of nothing takes a timer's tick
        }
    }

    /// A log-normal time with the configured median and 99th percentile.
    fn next(&self) -> Duration {
        let SimulatedOptions { latency_median: median, latency_p99: p99, .. } = self.options;
        if median.is_zero() {
            return Duration::ZERO;
        }
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        // The sum of twelve uniform numbers less six is close to a standard normal one.
        let normal = (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0;
        let spread = (p99.max(median).as_secs_f64() / median.as_secs_f64()).ln() / NORMAL_P99;
        median.mul_f64((normal * spread).exp())
    }
}

/// The 99th percentile of the standard normal distribution.
const NORMAL_P99: f64 = 2.326;

/// Questions that an outage has swallowed, while it lasts.
pub(crate) struct Outages<K>(DashMap<K, u32>);

impl<K: Eq + Hash + Copy> Outages<K> {
    pub fn new() -> Self {
        Self(DashMap::new())
    }

    /// Whether this question is one of the first, which are swallowed.
    pub fn swallow(&self, of: K) -> bool {
        let mut asks = self.0.entry(of).or_insert(0);
        *asks += 1;
        let swallows = *asks <= OUTAGE_ASKS;
        drop(asks);
        if !swallows {
            self.0.remove(&of);
        }
        swallows
    }
}

/// A book of pages; each has its entries in the order in which they were written.
pub(crate) struct Book(Arc<dyn EventLog>);

impl Book {
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self(log)
    }

    /// # Errors
    /// A word on why the book cannot be read.
    pub fn read<E: DeserializeOwned>(log: &dyn EventLog, page: StreamId) -> Result<Vec<E>, String> {
        let records = log.history(page).map_err(|error| error.to_string())?;
        records.iter().map(|record| codec::decode(record).map_err(|e| e.to_string())).collect()
    }

    /// What stands on a page; `None` if the book cannot be read.
    pub fn page<E: DeserializeOwned>(&self, page: StreamId) -> Option<Vec<E>> {
        Self::read(&*self.0, page).ok()
    }

    /// Writes what follows the first `version` entries of a page.
    pub async fn write<E: Serialize>(
        &self,
        page: StreamId,
        version: usize,
        entry: &E,
    ) -> Result<Version, AppendError> {
        let (written, wait) = oneshot::channel();
        let turn = Append {
            stream: page,
            expected: Version(version as u64),
            record: Some(codec::encode(entry)),
            snapshot: None,
            answer: None,
            due: DueChange::Keep,
        };
        let done = Box::new(move |result| {
            let _ = written.send(result); // whoever asked may have given up
        });
        let stopped = || AppendError::Stopped("the book is full".into());
        self.0.append(turn, done).map_err(|_| stopped())?;
        wait.await.unwrap_or_else(|_| Err(stopped()))
    }
}

#[cfg(test)]
mod tests;
