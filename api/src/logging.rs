//! The log: lines for people on a terminal, JSON for machines otherwise, to standard error.
//!
//! Promise: a slow reader of the log slows no request; see `lines.rs`. `RUST_LOG` turns the level;
//! `info` unless given.
//! Left out: anything of a request's body, its query, or its headers besides `Request-Id`.

mod lines;
mod request;

use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::{OnceLock, mpsc};
use std::thread;

use tracing_subscriber::EnvFilter;

use crate::limits::LAST_WORDS_LONGEST;

use lines::{Lines, Writing};
pub use request::RequestLine;

/// Writes out what waits when it is dropped.
pub struct Logging(#[expect(dead_code, reason = "held for its drop")] Writing);

impl Logging {
    /// Starts the log of this process. Call once.
    ///
    /// # Errors
    /// If there can be no thread to write it.
    pub fn start() -> io::Result<Self> {
        let log = LOG.get_or_init(Log::new);
        let writing = log.lines.written_to(io::stderr())?;
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let lines = log.lines.clone();
        let told = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
        if log.for_people {
            told.with_ansi(true).init();
        } else {
            told.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
        }
        Ok(Self(writing))
    }
}

/// Where lines go, known to every thread and to whoever ends the program in haste.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    lines: Lines,
    /// Whether standard error is read by people, as it seems.
    for_people: bool,
}

impl Log {
    fn new() -> Self {
        Self { lines: Lines::default(), for_people: io::stderr().is_terminal() }
    }
}

/// Says why the program cannot go on, and ends it: at once, so that whatever found an invariant
/// broken does nothing more. The next start recovers from the log of events.
pub fn abort(why: &str) -> ! {
    let log = LOG.get_or_init(Log::new);
    let line = if log.for_people {
        format!("FATAL {why}\n")
    } else {
        format!("{}\n", serde_json::json!({ "level": "ERROR", "message": why, "fatal": true }))
    };
    // On another thread: whoever reads our standard error may have stopped, and must not keep us.
    let (said, all_said) = mpsc::channel();
    let words = line.clone();
    let speaking = thread::Builder::new().spawn(move || {
        last_words(log, &words);
        let _ = said.send(()); // too late, perhaps
    });
    match speaking {
        Ok(_) => drop(all_said.recv_timeout(LAST_WORDS_LONGEST)),
        Err(_) => last_words(log, &line),
    }
    std::process::abort()
}

fn last_words(log: &Log, line: &str) {
    // What led here comes first, and none of it waits: nobody would be left to write it.
    log.lines.write_at_once(io::stderr());
    // There is nobody to tell that nobody can be told.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// A panic anywhere ends the whole program: an actor with a broken invariant must not go on.
pub fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| abort(&words(panic))));
}

/// What a panic says besides its message: where it was, and by which calls.
fn words(panic: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let thread = thread.name().unwrap_or("?");
    format!("thread {thread}: {panic}\n{}", std::backtrace::Backtrace::force_capture())
}
