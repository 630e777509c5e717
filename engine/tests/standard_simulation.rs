//! Whole days of an integrator from one seed: links, passwords, captures, refunds, disbursements,
//! notices and statements through the real engine, with a bank, a Google and telephones that are
//! slow, wrong, asked twice or down, and a power that fails in the middle of anything.
//!
//! Why: `simulation.rs` plays the merchant's days on the same turns; here every promise about a
//! customer's money is held against what is on the disk, in the bank's book and in Google's ears:
//! no double debit, none forgotten, the ledger at zero, answers repeated, each notice heard in the
//! end with one value, a proof used once, a statement held against the books line by line.
//! What it found is a test of its own, because what a seed brings has changed since: an owner that
//! slept too early (`src/turn/tests.rs`), a misused key that waited for the answer to another
//! question (`tests/tokenized/away.rs`), a refund that a statement did not find although Google knew of
//! it (`tests/tokenized/payments.rs`).
//! Left out: what `simulation.rs` has found out already of keys, owners and stopped logs.
//!
//! `make simulate` plays these days, too: `SEEDS=7..8` just the day of seed 7, with `TOLD=1` step by
//! step.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;
mod simulation {
    #[allow(dead_code)] // the merchant's days take more of it
    pub mod chance;
    pub mod days;
    pub mod disk;
    pub mod lives;
    pub mod machine;
    pub mod watch;
    pub mod standard {
        pub mod bank;
        pub mod clients;
        pub mod day;
        pub mod google;
        pub mod oracle;
        pub mod phones;
        pub mod statements;
        pub mod wants;
    }
}

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use simulation::days::{NewDays, variable};
use simulation::lives::{self, Played};
use simulation::standard::day::Day;

/// Always the same days.
const FIXED: Range<u64> = 0..300;

/// How often the first life of a day reaches the world that is worth cutting everywhere.
const LONG: u64 = 600;

/// For how long new days are played if nobody says otherwise: `SIMULATE_SECONDS`.
const NEW_FOR: Duration = Duration::from_secs(60);

/// Were one of these never to happen, the days would prove little.
const EVERY_SORT_OF_DAY: [&str; 21] = [
    "answers repeated",
    "captures approved",
    "captures challenged",
    "captures declined",
    "captures told later",
    "crashes",
    "disbursements approved",
    "keys used for something else",
    "lines repeated",
    "links made",
    "messages sent",
    "messages too many",
    "notices heard",
    "passwords guessed",
    "passwords in vain",
    "passwords used",
    "refunds approved",
    "refunds refused",
    "statements accepted",
    "statements modified",
    "told to ask again",
];

fn play(seed: u64, fuse: Option<u64>) -> Played {
    let day = Day::new(seed, variable("TOLD").is_some());
    lives::play(day, fuse).unwrap_or_else(|broken| {
        let day = format!("SEEDS={seed}..{}", seed + 1);
        panic!("seed {seed}, fuse {fuse:?}: make simulate {day} TOLD=1\n{broken}")
    })
}

#[test]
fn the_fixed_days_keep_every_promise() {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in FIXED {
        for (what, count) in play(seed, None).tally {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("{counts:?}");
    for what in EVERY_SORT_OF_DAY {
        assert!(counts.contains_key(what), "no day has {what}");
    }
}

#[test]
fn new_days_keep_every_promise() {
    let played = AtomicU64::new(0);
    NewDays::wanted(NEW_FOR).play(|seed| {
        play(seed, None);
        played.fetch_add(1, Ordering::Relaxed);
    });
    println!("{} days of an integrator", played.into_inner());
}

#[test]
fn a_crash_at_any_point_of_a_day_breaks_no_promise() {
    let lives = FIXED.map(|seed| (seed, play(seed, Some(u64::MAX)).first_life_spent));
    for (seed, whole) in lives.filter(|(_, whole)| *whole >= LONG).take(2) {
        // Every few of its points, always the same.
        let step = usize::try_from(whole / 200 + 1).unwrap();
        (0..whole).step_by(step).for_each(|fuse| drop(play(seed, Some(fuse))));
        println!("seed {seed}: cut at {} points", whole / step as u64);
    }
}

#[test]
fn the_same_seed_brings_the_same_day() {
    let days = || (0..20).map(|seed| play(seed, None)).collect::<Vec<_>>();
    assert_eq!(days(), days());
}
