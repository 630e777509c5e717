//! The line of one request.
//!
//! Why by hand: it is the one line that is written as often as there are requests, and for
//! machines it costs a quarter of what the general way does.

use std::cell::RefCell;
use std::io::Write;
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use paceline_domain::ids::SessionId;
use tracing::Level;

use super::LOG;
use crate::write::Object;

/// What `RUST_LOG` calls these lines.
const TARGET: &str = "request";

/// One request that was answered. Never a body, a query, or a header besides `Request-Id`.
pub struct RequestLine<'a> {
    pub method: &'a Method,
    pub operation: &'static str,
    pub path: &'a str,
    pub status: StatusCode,
    pub took: Duration,
    pub dialect: &'static str,
    pub session: Option<SessionId>,
    pub request_id: Option<&'a str>,
}

impl RequestLine<'_> {
    pub fn write(&self) {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return;
        }
        match LOG.get() {
            Some(log) if !log.for_people => LINE.with_borrow_mut(|line| {
                line.clear();
                self.json(line);
                (&log.lines).write_all(line).expect("the log takes or drops a line");
            }),
            _ => self.event(),
        }
    }

    /// As a machine reads it; the members that every line has come first, as elsewhere.
    fn json(&self, line: &mut Vec<u8>) {
        Object::write(line, |line| {
            line.shown("timestamp", humantime::format_rfc3339_micros(SystemTime::now()));
            line.word("level", "INFO");
            line.word("target", TARGET);
            line.text("method", self.method.as_str());
            line.word("operation", self.operation);
            line.text("path", self.path);
            line.number("status", self.status.as_u16().into());
            line.number("micros", self.micros());
            line.word("dialect", self.dialect);
            if let Some(session) = self.session {
                line.shown("session", session);
            }
            line.text_known("request_id", self.request_id);
        });
        line.push(b'\n');
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX)
    }

    /// As a person reads it, among the other lines.
    fn event(&self) {
        tracing::info!(
            target: TARGET,
            method = self.method.as_str(),
            operation = self.operation,
            path = self.path,
            status = self.status.as_u16(),
            micros = self.micros(),
            dialect = self.dialect,
            session = self.session.map(tracing::field::display),
            request_id = self.request_id,
        );
    }
}

thread_local! {
    /// So that the lock of the log is held for a copy only.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(vec![]) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_whatever_is_in_the_path_and_the_request_id() {
        let line = RequestLine {
            method: &Method::from_bytes(b"M-SEARCH").unwrap(),
            operation: "get",
            path: "/a\"b\\c\u{7f}",
            status: StatusCode::OK,
            took: Duration::from_micros(1_234),
            dialect: "d0",
            session: Some(SessionId(7)),
            request_id: Some("\"}\\"),
        };
        let mut bytes = vec![];
        line.json(&mut bytes);
        let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(told["path"], "/a\"b\\c\u{7f}");
        assert_eq!(told["request_id"], "\"}\\");
        assert_eq!(told["session"], SessionId(7).to_string());
        assert_eq!((&told["status"], &told["micros"]), (&200.into(), &1_234.into()));
        assert_eq!(bytes.last(), Some(&b'\n'));
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
    }
}
