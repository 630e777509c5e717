//! A client whose server may die while it speaks: an answer is all there, or there is none.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::common::{CLOSE, JSON};

/// A request as it is sent, each time the same bytes.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub key: String,
    pub body: String,
}

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub status: u16,
    pub body: String,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The status of the checkout that the answer shows, if it shows one.
    pub fn checkout(&self) -> Option<String> {
        let json = self.json();
        json["id"].as_str()?;
        json["status"].as_str().map(str::to_owned)
    }

    /// A refusal that says only that a payment is in progress. It is not remembered: who asks
    /// again under the same key may hear another answer.
    pub fn is_passing(&self) -> bool {
        self.status == 409 && self.json()["messages"][0]["code"] == "complete_in_progress"
    }
}

/// A server that says nothing for so long will say nothing more.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// How often a server that has no room is asked again.
const ASKED_MAX: usize = 20;

/// Asks until it is answered. `None` if the server is not there, or is gone before it has said
/// everything.
pub fn ask(server: SocketAddr, request: &Request) -> Option<Heard> {
    let Request { method, path, key, body } = request;
    let length = body.len();
    let said = format!(
        "{method} {path} HTTP/1.1\r\n{CLOSE}{JSON}idempotency-key: {key}\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    for _ in 0..ASKED_MAX {
        let heard = exchange(server, &said)?;
        // Nothing was decided: no answer to keep.
        if heard.status != 503 {
            return Some(heard);
        }
    }
    panic!("{method} {path} was answered 503 {ASKED_MAX} times");
}

pub fn get(server: SocketAddr, path: &str) -> Heard {
    let said = format!("GET {path} HTTP/1.1\r\n{CLOSE}accept: application/json\r\n\r\n");
    exchange(server, &said).unwrap_or_else(|| panic!("{path}: no answer"))
}

fn exchange(server: SocketAddr, said: &str) -> Option<Heard> {
    let mut socket = TcpStream::connect(server).ok()?;
    if socket.local_addr().ok()? == server {
        return None; // where nobody listens, a socket may by chance have reached itself
    }
    socket.set_read_timeout(Some(ANSWERED_WITHIN)).ok()?;
    socket.write_all(said.as_bytes()).ok()?;
    let mut heard = vec![];
    let ended = socket.read_to_end(&mut heard);
    // Reset or not: what counts is what came before.
    let silent = ended.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    assert!(!silent, "no answer within {ANSWERED_WITHIN:?} to {said}");
    let heard = String::from_utf8(heard).ok()?;
    let (head, body) = heard.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let (_, length) = head.split_once("content-length: ")?;
    let length: usize = length.split("\r\n").next()?.parse().ok()?;
    (body.len() == length).then(|| Heard { status, body: body.to_owned() })
}

/// Numbers that look like chance, and are the same for the same seed.
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to `bound - 1`.
    pub fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    pub fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
