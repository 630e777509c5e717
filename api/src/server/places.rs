//! Places for connections, so many and no more.
//!
//! Why: whoever connects and says nothing has a place for as long as it likes, and ten thousand
//! of those would keep everybody else out. So when no place is free, a connection without a
//! request in progress makes room: one that was idle the longest, about.
//! Promise: there are never more connections than places, save for those told to leave that have
//! not gone yet; a request in progress is never cut off for a newcomer.
//! Left out: an answer on its way. Whoever is slow to read one may be told to leave, and asks again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits::PLACES_LOOKED_AT;

pub struct Places {
    all: usize,
    taken: Mutex<Taken>,
    /// Everybody has left.
    empty: Notify,
}

/// A clock's hand over the places: whoever was used since it came by last is passed over once.
#[derive(Default)]
struct Taken {
    next: u64,
    longest_idle_first: BTreeMap<u64, Arc<Sitting>>,
}

#[derive(Default)]
struct Sitting {
    /// Where it is in the order; changed under the lock.
    number: AtomicU64,
    /// A request is in progress.
    busy: AtomicBool,
    used: AtomicBool,
    leave: Notify,
}

/// A place that is taken, until it is dropped.
pub struct Place {
    places: Arc<Places>,
    sitting: Arc<Sitting>,
}

impl Places {
    pub fn new(all: usize) -> Arc<Self> {
        Arc::new(Self { all, taken: Mutex::default(), empty: Notify::new() })
    }

    /// A place, and whether somebody idle was told to leave it. `None` if everybody is busy, or
    /// as good as.
    pub fn take(self: &Arc<Self>) -> Option<(Place, bool)> {
        let mut taken = self.taken();
        let full = taken.longest_idle_first.len() >= self.all;
        if full && !taken.make_room() {
            return None;
        }
        let sitting = Arc::<Sitting>::default();
        sitting.used.store(true, Ordering::Relaxed); // it has had no time to ask yet
        taken.append(Arc::clone(&sitting));
        Some((Place { places: Arc::clone(self), sitting }, full))
    }

    pub fn count(&self) -> usize {
        self.taken().longest_idle_first.len()
    }

    /// Waits until nobody is left.
    pub async fn emptied(&self) {
        while self.count() > 0 {
            self.empty.notified().await;
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn append(&mut self, sitting: Arc<Sitting>) {
        sitting.number.store(self.next, Ordering::Relaxed);
        self.longest_idle_first.insert(self.next, sitting);
        self.next += 1;
    }

    /// Tells one to leave, if one is found soon.
    fn make_room(&mut self) -> bool {
        for _ in 0..PLACES_LOOKED_AT {
            let Some((_, sitting)) = self.longest_idle_first.pop_first() else { return false };
            let used = sitting.used.swap(false, Ordering::Relaxed);
            if !used && !sitting.busy.load(Ordering::Relaxed) {
                sitting.leave.notify_one();
                return true;
            }
            self.append(sitting);
        }
        false
    }
}

impl Place {
    /// A request begins, or the last one in progress has ended.
    pub fn set_busy(&self, busy: bool) {
        self.sitting.busy.store(busy, Ordering::Relaxed);
        self.sitting.used.store(true, Ordering::Relaxed);
    }

    /// Ends when the place is wanted for somebody else.
    pub async fn wanted(&self) {
        self.sitting.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        // Numbers are not used again: if it was told to leave, there is nothing to remove.
        taken.longest_idle_first.remove(&self.sitting.number.load(Ordering::Relaxed));
        if taken.longest_idle_first.is_empty() {
            self.places.empty.notify_one();
        }
    }
}
