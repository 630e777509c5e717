//! A caller of UCP, whose requests are exactly what they are told to be.
//!
//! Why: a client library mends, adds and reorders. What is tested here is bytes.
//! Left out: HTTP/2 and TLS, which are curl's part; connections that are used twice.

use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::{Answer, CLOSE, JSON, answer, say};

/// Where to ask, and the headers that go along. Clones ask independently.
#[derive(Clone)]
pub struct Caller {
    address: SocketAddr,
    headers: String,
}

impl Caller {
    pub fn of(address: SocketAddr) -> Self {
        Self { address, headers: JSON.to_owned() }
    }

    /// The same caller with one header more.
    pub fn with(&self, name: &str, value: &str) -> Self {
        Self { headers: format!("{}{name}: {value}\r\n", self.headers), ..self.clone() }
    }

    /// The same caller, whose every request has this `Idempotency-Key`.
    pub fn keyed(&self, key: &str) -> Self {
        self.with("idempotency-key", key)
    }

    /// The same caller, who names the platform of this profile.
    pub fn from(&self, profile: &str) -> Self {
        self.with("ucp-agent", &format!("profile=\"{profile}\""))
    }

    /// The same caller, who sends nothing but what the protocol of transport needs.
    pub fn bare(&self) -> Self {
        Self { headers: String::new(), ..self.clone() }
    }

    pub fn create(&self, body: &Value) -> Answer {
        self.ask("POST", "/checkout-sessions", body.to_string())
    }

    /// - `id`: as a body has it, plain or global. So for the others.
    pub fn get(&self, id: &str) -> Answer {
        self.ask("GET", &path(id), "")
    }

    pub fn update(&self, id: &str, body: &Value) -> Answer {
        self.ask("PUT", &path(id), body.to_string())
    }

    pub fn complete(&self, id: &str, body: &Value) -> Answer {
        self.ask("POST", &path_of(id, "complete"), body.to_string())
    }

    pub fn cancel(&self, id: &str) -> Answer {
        self.ask("POST", &path_of(id, "cancel"), "")
    }

    pub fn ask(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        answer(&mut self.say(method, path, body))
    }

    /// Asks, and leaves the answer in the socket, where `answer` finds it.
    pub fn say(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> TcpStream {
        let body = body.as_ref();
        let length = match method {
            "GET" | "HEAD" if body.is_empty() => String::new(),
            _ => format!("content-length: {}\r\n", body.len()),
        };
        let head = format!("{method} {path} HTTP/1.1\r\n{CLOSE}{length}{}\r\n", self.headers);
        say(self.address, [head.as_bytes(), body].concat())
    }
}

/// The path of a session: only the last component of its id is in it.
pub fn path(id: &str) -> String {
    let last = id.rsplit('/').next().unwrap();
    format!("/checkout-sessions/{last}")
}

/// The path of what can be done to a session.
pub fn path_of(id: &str, action: &str) -> String {
    format!("{}/{action}", path(id))
}
