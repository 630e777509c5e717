//! How many requests may be in progress: as many as the machine keeps up with.
//!
//! Why: a queue that only its length bounds makes everybody wait for seconds once more is asked
//! than can be done: callers give up, and what is done is done for nobody. So the bound moves.
//! When everybody waits for a serving thread, a refusal as much as a payment, or when writes take
//! too long on average, they stand in a queue of our own making, and the bound comes down; when it
//! is met and nobody waits, it goes up again. A burst that passes is no queue: of each thread the
//! shortest wait since the last look counts.
//! Promise: between [`REQUESTS_ALWAYS`] a thread and what is configured. Waiting for the processor
//! does not lower it, as other writes are fast meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::limits::{REQUESTS_ALWAYS, THREAD_SOON_ENOUGH, WRITE_FAST_ENOUGH};

pub struct Pace {
    most: usize,
    in_progress: AtomicUsize,
    bound: AtomicUsize,
    /// Somebody was refused since the last look.
    met: AtomicBool,
    /// Writes since the last look, and what they took together.
    writes: AtomicU64,
    writes_micros: AtomicU64,
    /// Of each serving thread: the shortest time since the last look that anything waited for it.
    waits_micros: Box<[AtomicU64]>,
}

/// Nothing has had its turn.
const STUCK: u64 = u64::MAX;

/// Room for one request, until it is dropped.
pub struct Room<'a>(&'a Pace);

impl Pace {
    /// - `threads`: how many serve.
    pub fn new(most: usize, threads: usize) -> Self {
        Self {
            most,
            in_progress: AtomicUsize::new(0),
            bound: AtomicUsize::new(most),
            met: AtomicBool::new(false),
            writes: AtomicU64::new(0),
            writes_micros: AtomicU64::new(0),
            waits_micros: (0..threads).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// No request is in progress.
    pub fn is_idle(&self) -> bool {
        self.in_progress.load(Ordering::Relaxed) == 0
    }

    /// At once or not at all.
    pub fn enter(&self) -> Option<Room<'_>> {
        // Two at the same time may both find the last place: the bound is no promise to the unit.
        if self.in_progress.load(Ordering::Relaxed) >= self.bound.load(Ordering::Relaxed) {
            self.met.store(true, Ordering::Relaxed);
            return None;
        }
        self.in_progress.fetch_add(1, Ordering::Relaxed);
        Some(Room(self))
    }

    /// A write that waits for nothing outside was answered, so long after its body was there.
    pub fn wrote(&self, took: Duration) {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(0); // it takes no centuries
        self.writes_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Something that was ready has waited so long for its turn on a thread.
    pub fn waited(&self, thread: usize, wait: Duration) {
        let micros = u64::try_from(wait.as_micros()).unwrap_or(STUCK);
        self.waits_micros[thread].fetch_min(micros, Ordering::Relaxed);
    }

    /// Moves the bound by what was seen since the last look.
    pub fn look(&self) {
        let writes = self.writes.swap(0, Ordering::Relaxed);
        let took = self.writes_micros.swap(0, Ordering::Relaxed);
        let slow = took.checked_div(writes).map(Duration::from_micros) > Some(WRITE_FAST_ENOUGH);
        let shortest = |wait: &AtomicU64| wait.swap(STUCK, Ordering::Relaxed);
        let longest = self.waits_micros.iter().map(shortest).max().map(Duration::from_micros);
        let slow = slow || longest > Some(THREAD_SOON_ENOUGH);
        let met = self.met.swap(false, Ordering::Relaxed);
        let bound = self.bound.load(Ordering::Relaxed);
        let in_progress = self.in_progress.load(Ordering::Relaxed);
        let least = (REQUESTS_ALWAYS * self.waits_micros.len()).min(self.most);
        // With fewer in progress it is not they who are in each other's way.
        let moved = if slow && in_progress >= least {
            bound.min(in_progress) * 3 / 4
        } else if met && !slow {
            bound + bound / 8
        } else {
            return;
        };
        self.bound.store(moved.clamp(least, self.most), Ordering::Relaxed);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 4 * REQUESTS_ALWAYS;
    const SLOW: Duration = WRITE_FAST_ENOUGH.saturating_mul(2);
    const FAST: Duration = Duration::from_millis(1);

    /// As many as are let in.
    fn fill(pace: &Pace) -> Vec<Room<'_>> {
        std::iter::from_fn(|| pace.enter()).collect()
    }

    fn look_often(pace: &Pace, wrote: &[Duration]) {
        for _ in 0..20 {
            let _inside = fill(pace);
            wrote.iter().for_each(|took| pace.wrote(*took));
            pace.waited(0, FAST);
            pace.look();
        }
    }

    #[test]
    fn one_too_many_is_refused_until_another_is_done() {
        let pace = Pace::new(2, 1);
        let mut inside = fill(&pace);
        assert_eq!(inside.len(), 2);
        inside.pop();
        assert_eq!(fill(&pace).len(), 1);
    }

    #[test]
    fn when_every_write_is_slow_fewer_are_let_in_and_never_too_few() {
        let pace = Pace::new(MOST, 1);
        let inside = fill(&pace);
        assert_eq!(inside.len(), MOST);
        pace.wrote(SLOW);
        pace.waited(0, FAST);
        pace.look();
        drop(inside);
        assert_eq!(fill(&pace).len(), MOST * 3 / 4);
        look_often(&pace, &[SLOW]);
        assert_eq!(fill(&pace).len(), REQUESTS_ALWAYS);
    }

    #[test]
    fn a_slow_write_among_fast_ones_is_no_queue() {
        let pace = Pace::new(MOST, 1);
        look_often(&pace, &[FAST, SLOW, FAST]);
        assert_eq!(fill(&pace).len(), MOST);
    }

    #[test]
    fn when_everybody_waits_for_a_thread_fewer_are_let_in() {
        let waits = THREAD_SOON_ENOUGH * 2;
        for waits in [&[waits, waits][..], &[]] {
            let pace = Pace::new(MOST, 2);
            pace.look();
            let inside = fill(&pace);
            waits.iter().for_each(|wait| pace.waited(1, *wait));
            pace.waited(0, FAST);
            pace.look();
            drop(inside);
            assert_eq!(fill(&pace).len(), MOST * 3 / 4);
        }
    }

    #[test]
    fn a_thread_that_stood_still_while_little_was_in_progress_keeps_nobody_out() {
        let pace = Pace::new(MOST, 1);
        let inside: Vec<_> = (1..REQUESTS_ALWAYS).filter_map(|_| pace.enter()).collect();
        pace.wrote(SLOW);
        pace.look();
        pace.look();
        drop(inside);
        assert_eq!(fill(&pace).len(), MOST);
    }

    #[test]
    fn a_burst_that_has_passed_is_no_queue() {
        let pace = Pace::new(MOST, 1);
        for wait in [THREAD_SOON_ENOUGH * 9, FAST] {
            pace.waited(0, wait);
        }
        pace.look();
        assert_eq!(fill(&pace).len(), MOST);
    }

    #[test]
    fn a_bound_that_is_met_goes_up_again_while_writes_are_fast() {
        let pace = Pace::new(MOST, 1);
        look_often(&pace, &[SLOW]);
        look_often(&pace, &[FAST]);
        assert_eq!(fill(&pace).len(), MOST);
    }

    #[test]
    fn every_thread_keeps_as_many() {
        let pace = Pace::new(MOST, 2);
        for _ in 0..20 {
            let _inside = fill(&pace);
            pace.look();
        }
        assert_eq!(fill(&pace).len(), 2 * REQUESTS_ALWAYS);
    }

    #[test]
    fn a_bound_below_the_least_stays_as_it_was_configured() {
        let pace = Pace::new(1, 1);
        look_often(&pace, &[SLOW]);
        assert_eq!(fill(&pace).len(), 1);
    }
}
