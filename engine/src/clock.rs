//! Time and chance, the two things a decision may not fetch by itself.

use std::time::{SystemTime, UNIX_EPOCH};

use paceline_domain::time::Timestamp;

/// Where commands get their time and their ids from. A simulation brings its own.
pub trait Surroundings: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// 128 bits that nobody can guess.
    fn unguessable(&self) -> u128;
}

/// The machine's clock and its random numbers.
pub struct System;

impl Surroundings for System {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).expect("the year is below 500 million"))
    }

    fn unguessable(&self) -> u128 {
        rand::random()
    }
}
