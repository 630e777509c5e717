//! Which new days are played, for how long, and on how many cores.
//!
//! Why: whoever has changed something plays a few; whoever looks for what nobody has thought of
//! plays as many as there is time for.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::chance::Chance;

/// `SEEDS=1000`: so many new days. `SEEDS=7..8`: just these. `SIMULATE_SECONDS=60`: as many as there
/// is time for. With both, until either ends.
pub struct NewDays {
    seeds: Range<u64>,
    until: Option<Instant>,
    threads: usize,
}

impl NewDays {
    /// - `unless_told`: for how long, on one core, if nobody asks for more.
    pub fn wanted(unless_told: Duration) -> Self {
        let (seeds, seconds) = (variable("SEEDS"), variable("SIMULATE_SECONDS"));
        let told = seeds.is_some() || seconds.is_some();
        let first = Chance::new(rand::random()).number() >> 16;
        let range = |seeds: String| match seeds.split_once("..") {
            Some((from, to)) => number(from)..number(to),
            None => first..first + number(&seeds),
        };
        let seconds = seconds.map(|seconds| Duration::from_secs(number(&seconds)));
        let lasts = if told { seconds } else { Some(unless_told) };
        Self {
            seeds: seeds.map_or(first..u64::MAX, range),
            until: lasts.map(|lasts| Instant::now() + lasts),
            threads: if told { cores() } else { 1 },
        }
    }

    /// Plays the day of each seed once.
    pub fn play(self, play: impl Fn(u64) + Sync) {
        let Self { seeds, until, threads } = self;
        println!("days from seed {} on", seeds.start);
        let next = AtomicU64::new(seeds.start);
        let playing = || {
            while until.is_none_or(|until| Instant::now() < until) {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if !seeds.contains(&seed) {
                    return;
                }
                play(seed);
            }
        };
        std::thread::scope(|scope| {
            (0..threads).for_each(|_| drop(scope.spawn(playing)));
        });
    }
}

/// What somebody has set, and not to nothing.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(digits: &str) -> u64 {
    let what =
        "SEEDS is a number of days, or a range of seeds such as 7..8; SIMULATE_SECONDS a number";
    digits.parse().expect(what)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
