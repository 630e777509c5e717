//! Whole days from one seed: the real turns, actors, directory, dispatch and idempotency, on one
//! thread whose clock, disk, processor, clients and power are the simulator's.
//!
//! Why: what is lost or done twice is lost between two steps that nobody thought of together. A
//! seed is a day with a thousand such steps; an oracle with books of its own (`books`, `goods`,
//! `clients`, `rest`) holds every promise of `ARCHITECTURE.md` against every step. Whoever finds
//! one broken gets the seed, and the seed brings the same day again, to the byte.
//! Left out: the wires, RocksDB (its own tests cut its power), threads that race, and whole
//! machines that disagree about who owns a stream.
//!
//! `make simulate SEEDS=1000` plays that many new days, `SIMULATE_SECONDS=600` as many as there is
//! time for, `SEEDS=7..8` just the day of seed 7, with `TOLD=1` step by step.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;
mod simulation {
    pub mod books;
    pub mod chance;
    pub mod clients;
    pub mod day;
    pub mod days;
    pub mod disk;
    pub mod goods;
    pub mod habits;
    pub mod lives;
    pub mod machine;
    pub mod processor;
    pub mod rest;
    pub mod watch;
    pub mod words;
}

use std::collections::BTreeMap;
use std::ops::Range;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use simulation::day::Day;
use simulation::days::{NewDays, variable};
use simulation::lives::{self, Played};

/// Days that found something, each with what it was. Whoever changes what a seed brings looks for
/// them anew, with the bug put back.
const KEPT: [(u64, &str); 5] = [
    (21, "a repeated create was refused, because its product was not for sale any more"),
    (8, "a repeat was a mismatch while somebody misused its key, though the log knew better"),
    (256, "a passing refusal was repeated after a restart on a clock that was behind"),
    (22, "whoever owed something read and decided in circles while the log had stopped"),
    (44_248_646_014_604, "the simulated disk showed what a failed sync had left, as no disk does"),
];

/// Always the same days.
const FIXED: Range<u64> = 0..1_000;

/// For how long new days are played if nobody says otherwise: `SIMULATE_SECONDS`.
const NEW_FOR: Duration = Duration::from_secs(120);

/// The day on which the power is cut at each point, one after the other.
const CUT_EVERYWHERE: Range<u64> = 0..4;

fn play(seed: u64, fuse: Option<u64>) -> Played {
    let day = Day::new(seed, variable("TOLD").is_some());
    lives::play(day, fuse).unwrap_or_else(|broken| {
        let day = format!("SEEDS={seed}..{}", seed + 1);
        panic!("seed {seed}, fuse {fuse:?}: make simulate {day} TOLD=1\n{broken}")
    })
}

#[test]
fn days_that_found_something_keep_every_promise_now() {
    for (seed, found) in KEPT {
        println!("seed {seed}: {found}");
        play(seed, None);
    }
}

#[test]
fn the_fixed_days_keep_every_promise() {
    let mut played = Tally::default();
    FIXED.for_each(|seed| played.add(&play(seed, None)));
    println!("{played}");
    for what in EVERY_SORT_OF_DAY {
        assert!(played.counts.contains_key(what), "no day has {what}");
    }
}

/// Were one of these never to happen, the days would prove little.
const EVERY_SORT_OF_DAY: [&str; 13] = [
    "answers repeated",
    "attempts declined",
    "attempts out of stock",
    "captures refused",
    "crashes",
    "keys used for something else",
    "refused for want of room",
    "sessions cancelled",
    "sessions expired",
    "sessions settled",
    "snapshots",
    "told completed",
    "told in progress",
];

#[test]
fn new_days_keep_every_promise() {
    let played = Mutex::new(Tally::default());
    NewDays::wanted(NEW_FOR).play(|seed| {
        let day = play(seed, None);
        let mut played = played.lock().unwrap();
        played.add(&day);
        if played.days.is_multiple_of(10_000) {
            println!("{played}");
        }
    });
    println!("{}", played.lock().unwrap());
}

#[test]
fn a_crash_at_any_point_of_a_day_breaks_no_promise() {
    for seed in CUT_EVERYWHERE {
        let whole = play(seed, Some(u64::MAX)).first_life_spent;
        (0..whole).for_each(|fuse| drop(play(seed, Some(fuse))));
        println!("seed {seed}: cut at {whole} points");
    }
}

#[test]
fn the_same_seed_brings_the_same_day() {
    let days = || (0..40).map(|seed| play(seed, None)).collect::<Vec<_>>();
    let (one, two) = (days(), days());
    assert_eq!(one, two);
    let mine = one.iter().map(|day| format!("{:016x}", day.sum.0)).collect::<Vec<_>>().join(" ");
    const SUMS: &str = "sums of the days: ";
    println!("{SUMS}{mine}");
    if variable("PARENT").is_none() {
        // Another process has other hash maps, other addresses and another time of day.
        let itself = std::env::current_exe().unwrap();
        let name = "the_same_seed_brings_the_same_day";
        let mut again = Command::new(itself);
        again.args([name, "--exact", "--nocapture"]).env("PARENT", "1");
        let output = again.output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let theirs = told.lines().find_map(|line| line.split_once(SUMS)).unwrap().1;
        assert_eq!(mine, theirs);
    }
}

/// What many days came to.
#[derive(Default)]
struct Tally {
    days: u64,
    steps: usize,
    lives: usize,
    counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    fn add(&mut self, day: &Played) {
        self.days += 1;
        self.steps += day.steps;
        self.lives += day.lives;
        for (what, count) in &day.tally {
            *self.counts.entry(what).or_default() += count;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { days, steps, lives, counts } = self;
        write!(f, "{days} days, {steps} steps, {lives} lives of the engine; ")?;
        let counts: Vec<String> =
            counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        write!(f, "{}", counts.join(", "))
    }
}
