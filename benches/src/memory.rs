//! How much memory a configuration allows.
//!
//! Why: memory is bounded by what an operator has set and not by load, so what was resident is held
//! against the sum of the operator's own bounds, and against no number of ours.

use paceline_api::config::Config;
use paceline_api::limits::BOOK_BYTES;

/// What may be resident, by what takes it. In bytes.
pub struct Configured {
    /// Of the store: its cache and what is not flushed yet; and the remembered answers.
    caches: usize,
    /// The simulated processor's store, its cache and what is not flushed.
    book: usize,
    entities: usize,
    program: usize,
    in_flight: usize,
}

/// What the sample says of a session; whatever else is awake takes less.
const ENTITY_BYTES: usize = 5 * 1024;
/// The program itself, its threads, and a feed of a few products.
const PROGRAM_BYTES: usize = 64 * 1024 * 1024;
/// A connection's buffers, and the body and the answer of the request on it.
const CONNECTION_BYTES: usize = 16 * 1024;
const MIB: usize = 1024 * 1024;

/// What the servers that are measured read.
pub fn config() -> Config {
    Config::load(None, std::env::vars()).expect("the servers start with it, too")
}

impl Configured {
    /// - `kinds`: of entities that are asked for; of each as many may be awake.
    pub fn of(config: &Config, kinds: usize) -> Self {
        let (storage, engine) = (&config.storage, &config.engine);
        Self {
            caches: storage.cache_bytes + storage.memtable_bytes + engine.answers_cached_bytes_max,
            book: 2 * BOOK_BYTES,
            entities: kinds * engine.actors_live_max * ENTITY_BYTES,
            program: PROGRAM_BYTES,
            in_flight: 0,
        }
    }

    /// With a request in flight on every connection that there may be.
    pub fn with_requests_in_flight(self, config: &Config) -> Self {
        Self { in_flight: config.server.connections_max * CONNECTION_BYTES, ..self }
    }

    pub fn bytes(&self) -> u64 {
        (self.caches + self.book + self.entities + self.program + self.in_flight) as u64
    }

    /// Where the sum comes from.
    pub fn words(&self) -> String {
        let mib = |bytes: usize| bytes / MIB;
        let mut words = format!(
            "{} MiB: caches, memtables and answers {}, book {}, entities awake {}, program {}",
            self.bytes() / MIB as u64,
            mib(self.caches),
            mib(self.book),
            mib(self.entities),
            mib(self.program),
        );
        if self.in_flight > 0 {
            words += &format!(", requests in flight {}", mib(self.in_flight));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Config {
        Config::load(None, []).expect("the embedded configuration is right")
    }

    #[test]
    fn what_is_allowed_is_the_sum_of_what_is_configured() {
        let config = shipped();
        let one = Configured::of(&config, 1);
        let caches = config.storage.cache_bytes
            + config.storage.memtable_bytes
            + config.engine.answers_cached_bytes_max;
        let awake = config.engine.actors_live_max * ENTITY_BYTES;
        assert_eq!(one.bytes(), (caches + awake + 2 * BOOK_BYTES + PROGRAM_BYTES) as u64);
        assert_eq!(Configured::of(&config, 3).bytes(), one.bytes() + 2 * awake as u64);
    }

    #[test]
    fn requests_in_flight_are_allowed_for_where_there_are_some() {
        let config = shipped();
        let (without, with) = (
            Configured::of(&config, 1),
            Configured::of(&config, 1).with_requests_in_flight(&config),
        );
        assert!(with.bytes() > without.bytes());
        assert!(with.words().contains("requests in flight"), "{}", with.words());
        assert!(!without.words().contains("requests in flight"), "{}", without.words());
    }

    #[test]
    fn who_configures_less_is_allowed_less() {
        let set = [("PACELINE_ENGINE__ACTORS_LIVE_MAX".to_owned(), "20000".to_owned())];
        let small = Config::load(None, set).expect("it is a number");
        assert!(Configured::of(&small, 1).bytes() < Configured::of(&shipped(), 1).bytes());
    }
}
