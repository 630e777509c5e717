//! Hears what the engine would tell its operator, and what would have ended its process.
//!
//! Why: tokio keeps a task's panic to itself, where the program ends; and an error is logged once,
//! where nobody may look.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

thread_local! {
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(vec![]) };
}

/// What a day of outages and refusals brings with it.
const EXPECTED: [&str; 3] = [
    "no answer after many repeats",
    "a capture was refused after it was reserved",
    "Google does not take a call",
];

/// Plays with an ear on this thread.
pub fn listening<T>(play: impl FnOnce() -> T) -> T {
    static PANICS: Once = Once::new();
    PANICS.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            HEARD.with_borrow_mut(|heard| heard.push(panic.to_string()));
            usual(panic);
        }));
    });
    HEARD.with_borrow_mut(Vec::clear);
    tracing::subscriber::with_default(Ear, play)
}

/// Panics and unexpected errors since the last time.
pub fn heard() -> Vec<String> {
    HEARD.with_borrow_mut(std::mem::take)
}

struct Ear;

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        if !EXPECTED.iter().any(|expected| words.0.contains(expected)) {
            HEARD.with_borrow_mut(|heard| heard.push(words.0));
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!("{}: {value:?} ", field.name()));
    }
}
