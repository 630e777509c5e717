//! The log: lines for people on a terminal, JSON for machines otherwise, to standard error.
//!
//! Promise: a slow reader of the log slows no request. Lines wait in a bounded queue, and when it
//! is full they are dropped and counted. `RUST_LOG` turns the level; `info` unless given.
//! Left out: anything of a request's body, its query, or its headers besides `Request-Id`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic::PanicHookInfo;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::limits;

/// Writes out what is queued when it is dropped.
pub struct Logging(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

impl Logging {
    /// Starts the log of this process. Call once.
    pub fn start() -> Self {
        let (writer, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(limits::LOG_LINES_MAX)
            .thread_name("log")
            .finish(BufWriter::new(io::stderr()));
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
        if for_people() {
            lines.init();
        } else {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
        }
        Self(guard)
    }
}

/// Whether standard error is read by people, as it seems.
fn for_people() -> bool {
    io::stderr().is_terminal()
}

/// Says why the program cannot go on, and ends it: at once, so that whatever found an invariant
/// broken does nothing more. The next start recovers from the log of events.
pub fn abort(why: &str) -> ! {
    // Not through the queue: nobody would be left to empty it.
    let line = if for_people() {
        format!("FATAL {why}\n")
    } else {
        format!("{}\n", serde_json::json!({ "level": "ERROR", "message": why, "fatal": true }))
    };
    // There is nobody to tell that nobody can be told.
    let _ = io::stderr().write_all(line.as_bytes());
    std::process::abort()
}

/// A panic anywhere ends the whole program: an actor with a broken invariant must not go on.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| abort(&words(panic))));
}

/// What a panic says besides its message: where it was, and by which calls.
fn words(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("?");
    format!("thread {thread}: {panic}\n{}", std::backtrace::Backtrace::force_capture())
}
