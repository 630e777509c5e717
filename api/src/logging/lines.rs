//! Lines on their way to standard error.
//!
//! Why: waking a thread for each line would cost a request more than the line itself. So lines
//! gather in one buffer, and one thread writes out what there is, many lines at once.
//! Promise: whoever logs waits for no disk and no pipe; the buffer is bounded, and lines that do
//! not fit are dropped and counted, never torn.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tracing_subscriber::fmt::MakeWriter;

use crate::limits::{LOG_BYTES_MAX, LOG_PERIOD};

/// Takes lines from every thread.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
    /// Nothing more will come.
    closed: bool,
}

/// Writes out what waits, and a last time when it is dropped.
pub struct Writing {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Starts the thread that writes to `out`.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn written_to(&self, out: impl Write + Send + 'static) -> io::Result<Writing> {
        let lines = self.clone();
        let thread =
            thread::Builder::new().name("log".to_owned()).spawn(move || lines.write(out))?;
        Ok(Writing { lines: self.clone(), thread: Some(thread) })
    }

    fn write(&self, mut out: impl Write) {
        let mut taken = vec![];
        loop {
            thread::park_timeout(LOG_PERIOD);
            let (dropped, closed) = {
                let mut waiting = self.waiting();
                // The emptied buffer goes back, so that neither grows anew.
                std::mem::swap(&mut waiting.bytes, &mut taken);
                (std::mem::take(&mut waiting.dropped), waiting.closed)
            };
            if dropped > 0 {
                let told = format!(
                    "{{\"level\":\"WARN\",\"message\":\"lines of the log were dropped\",\"dropped\":{dropped}}}\n"
                );
                taken.extend_from_slice(told.as_bytes());
            }
            // There is nobody to tell that nobody can be told.
            let _ = out.write_all(&taken).and_then(|()| out.flush());
            taken.clear();
            if closed {
                return;
            }
        }
    }

    /// Writes out what waits, from whichever thread, unless that is the one that is at it.
    pub fn write_at_once(&self, mut out: impl Write) {
        if let Ok(waiting) = self.0.try_lock() {
            let _ = out.write_all(&waiting.bytes);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call is one line: the subscriber writes each at once.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.waiting();
        if waiting.bytes.len() + line.len() > LOG_BYTES_MAX {
            waiting.dropped += 1;
        } else {
            waiting.bytes.extend_from_slice(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Lines;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.lines.waiting().closed = true;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It ends after writing; whether it could is not ours to say.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somewhere to write to, and to look at afterwards.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn every_line_is_written_before_the_end() {
        let (lines, paper) = (Lines::default(), Paper::default());
        let writing = lines.written_to(paper.clone()).unwrap();
        for number in 0..1_000 {
            (&lines).write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        drop(writing);
        assert_eq!(paper.text().lines().count(), 1_000);
        assert!(paper.text().ends_with("line 999\n"));
    }

    #[test]
    fn lines_that_do_not_fit_are_dropped_whole_and_counted() {
        let (lines, paper) = (Lines::default(), Paper::default());
        let long = [b"x".repeat(LOG_BYTES_MAX / 2), b"\n".to_vec()].concat();
        for line in [&long, &long, &b"short\n".to_vec()] {
            (&lines).write_all(line).unwrap();
        }
        drop(lines.written_to(paper.clone()).unwrap());
        let written = paper.text();
        let written: Vec<&str> = written.lines().collect();
        assert_eq!(written.len(), 3);
        assert_eq!(written[0].len(), LOG_BYTES_MAX / 2);
        assert_eq!(written[1], "short");
        assert!(written[2].contains("\"dropped\":1"), "{}", written[2]);
    }
}
