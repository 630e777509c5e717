//! How fast connections come in, and which thread serves each.
//!
//! Why: to begin a connection takes as long as many requests do. Whoever breaks off and comes back
//! as fast as it can, with thousands of others, would stand in front of the requests of those who
//! are there. So newcomers come a few at a time, and a crowd of them waits in the kernel.
//! Promise: each thread gets as many as any other, and of [`NEWCOMERS_EVERY`] so much no more than
//! [`NEWCOMERS_AT_ONCE`].
//! Left out: who they are. In a crowd of newcomers an honest one waits like the others, and is
//! tried again by its own kernel, a second later, where not even the queue has room. What a
//! TLS handshake takes: a crowd of these takes what is left of a core. Those who are turned away.

use tokio::time::{Instant, sleep_until};

use crate::limits::{NEWCOMERS_AT_ONCE, NEWCOMERS_EVERY};

/// Of one listener.
pub struct Door {
    threads: usize,
    let_in: usize,
    opens: Instant,
}

impl Door {
    /// - `threads`: how many serve.
    pub fn new(threads: usize) -> Self {
        Self { threads, let_in: 0, opens: Instant::now() }
    }

    /// Ends when the next may come in.
    pub async fn opened(&self) {
        sleep_until(self.opens).await;
    }

    /// One comes in. Returns the thread that serves it: each in turn.
    pub fn enter(&mut self) -> usize {
        self.let_in += 1;
        if self.let_in.is_multiple_of(self.threads * NEWCOMERS_AT_ONCE) {
            self.opens = Instant::now() + NEWCOMERS_EVERY;
        }
        self.let_in % self.threads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREADS: usize = 3;

    #[tokio::test(start_paused = true)]
    async fn a_crowd_comes_in_a_few_at_a_time() {
        let mut door = Door::new(THREADS);
        let began = Instant::now();
        for _ in 0..10 {
            for _ in 0..THREADS * NEWCOMERS_AT_ONCE {
                door.opened().await;
                door.enter();
            }
        }
        let took = began.elapsed();
        assert!((9 * NEWCOMERS_EVERY..10 * NEWCOMERS_EVERY).contains(&took), "{took:?}");
    }

    #[test]
    fn each_thread_has_its_turn() {
        let mut door = Door::new(THREADS);
        let mut served = [0; THREADS];
        (0..THREADS * 100).for_each(|_| served[door.enter()] += 1);
        assert_eq!(served, [100; THREADS]);
    }
}
