//! Every parser of outside bytes, held to what it promises whatever the bytes.
//!
//! Why: what arrives from callers, files and disks was written by somebody else. A reader that
//! panics takes the service from everybody, one that takes a thousand times what it was given
//! does so more quietly, and one that reads what it did not mean charges the wrong amount.
//! Promise of each target, besides not panicking: what is read can be written and read again to
//! the same; what is refused says precisely what and where; memory and time are in proportion to
//! the input. A target calls the very functions that the program calls.
//! Left out: hyper's and RocksDB's own parsers, which are fuzzed where they are at home; TLS
//! files; readers that are private to their crate, which have their properties beside them
//! (`storage/src/format/tests.rs`, `engine/src/codec/tests.rs`, `engine/src/seal/tests.rs`).
//!
//! `tests/corpus/` plays the kept inputs and a second of changes to them on any toolchain;
//! `make fuzz` lets libFuzzer look for new ones by what they reach. An input that found something
//! stays in `corpus/<target>/` under a name that says what it found.

mod bodies;
mod bounds;
mod callback;
mod config;
mod door;
mod envelope;
mod feed;
mod google;
mod inbound;
mod integrator;
mod json;
mod request;
mod stored;
mod tokenized;
mod words;

use paceline_api::limits::{ADMIN_BODY_BYTES_MAX, CALLED_BYTES_MAX, DOCUMENT_BODY_BYTES_MAX};

/// One parser and what it promises.
pub struct Target {
    /// Of its directory in `corpus/`, too.
    pub name: &'static str,
    /// The longest input that is worth trying, for blind changes and for `make fuzz`: the wire's own
    /// bound, or where nothing new begins.
    pub bytes_max: usize,
    /// Panics if the promise is broken.
    pub run: fn(&[u8]),
}

/// Who wrote the bytes, from the most to the least doubtful: callers, Google and the operator, our own
/// disk.
pub const TARGETS: [Target; 29] = [
    target("create", BODY, bodies::create),
    target("update", BODY, bodies::update),
    target("complete", BODY, bodies::complete),
    target("cancel", BODY, bodies::cancel),
    target("agent", HEADER, door::agent),
    target("session_id", HEADER, door::session_id),
    target("request_id", HEADER, door::request_id),
    target("request", BODY, request::request),
    target("feed_text", FILE, feed::feed),
    target("feed_xml", FILE, feed::feed),
    target("config", FILE, config::config),
    target("variables", HEADER, config::variables),
    target("message", BODY, envelope::message),
    target("inside", BODY, envelope::inside),
    target("public_key", FILE, envelope::public_key),
    target("tokenized", BODY, tokenized::tokenized),
    target("card", DOCUMENT_BODY_BYTES_MAX, tokenized::card),
    target("callback", FILE, callback::callback),
    target("page", BODY, integrator::page),
    target("google", CALLED_BYTES_MAX, google::google),
    target("admin", HEADER + ADMIN_BODY_BYTES_MAX, integrator::admin),
    target("words", HEADER, words::words),
    target("events", RECORD, stored::events),
    target("states", RECORD, stored::states),
    target("book", RECORD, stored::book),
    target("acquirer_book", RECORD, stored::acquirer_book),
    target("card_keys", HEADER, stored::card_keys),
    target("story", RECORD, stored::story),
    target("marker", HEADER, stored::marker),
];

/// Of the configuration's default.
const BODY: usize = 128 * 1024;
const HEADER: usize = 4 * 1024;
const FILE: usize = 64 * 1024;
const RECORD: usize = 64 * 1024;

const fn target(name: &'static str, bytes_max: usize, run: fn(&[u8])) -> Target {
    Target { name, bytes_max, run }
}

/// The target of this name.
pub fn named(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
