//! The load: some connections, each with one request under way, until all are answered.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use memchr::memmem;
use tokio::task::{JoinSet, LocalSet};

use super::Outcome;
use super::http::{Answer, Connection};

pub struct Request {
    /// As it goes over the wire.
    pub bytes: Vec<u8>,
    pub status: u16,
    pub body: Expected,
}

/// What an answer must be for the run to count.
pub enum Expected {
    /// A body with these bytes in it: a decline has status 200 too.
    With(&'static str),
    /// This body, byte for byte.
    Same(Bytes),
    /// A body of this many bytes: all that the floor knows.
    Long(usize),
}

pub struct Measured {
    pub took: Duration,
    /// Nanoseconds, from before the request is written until its answer is read.
    pub latency: Histogram<u64>,
    pub answer_bytes: usize,
}

pub struct Load {
    connections: Vec<Connection>,
}

/// Three digits are more than a scheduler leaves of a latency.
const SIGNIFICANT_DIGITS: u8 = 3;

impl Load {
    pub async fn open(address: SocketAddr, connections: usize) -> Outcome<Self> {
        let mut load = Self { connections: Vec::with_capacity(connections) };
        for _ in 0..connections {
            load.connections.push(Connection::open(address).await?);
        }
        Ok(load)
    }

    /// Sends every request once, and returns the answers in the order of the requests.
    pub async fn run(&mut self, requests: Vec<Request>) -> Outcome<(Measured, Vec<Bytes>)> {
        let shared = Rc::new(Shared {
            answers: RefCell::new(vec![Bytes::new(); requests.len()]),
            next: Cell::new(0),
            requests,
        });
        let began = Instant::now();
        let local = LocalSet::new();
        let mut asking = JoinSet::new();
        for connection in self.connections.drain(..) {
            asking.spawn_local_on(ask_all(connection, Rc::clone(&shared)), &local);
        }
        let mut latency = Histogram::new(SIGNIFICANT_DIGITS)?;
        local
            .run_until(async {
                while let Some(done) = asking.join_next().await {
                    let (connection, seen) = done??;
                    self.connections.push(connection);
                    latency.add(seen)?;
                }
                Ok::<_, Box<dyn std::error::Error>>(())
            })
            .await?;
        let took = began.elapsed();
        let answers = shared.answers.take();
        let answer_bytes = answers.iter().map(Bytes::len).sum();
        Ok((Measured { took, latency, answer_bytes }, answers))
    }
}

struct Shared {
    requests: Vec<Request>,
    next: Cell<usize>,
    answers: RefCell<Vec<Bytes>>,
}

async fn ask_all(
    mut connection: Connection,
    shared: Rc<Shared>,
) -> Result<(Connection, Histogram<u64>), String> {
    let mut latency = Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are allowed");
    loop {
        let turn = shared.next.get();
        let Some(request) = shared.requests.get(turn) else { return Ok((connection, latency)) };
        shared.next.set(turn + 1);
        let asked = Instant::now();
        let answer = connection.ask(&request.bytes).await.map_err(|error| error.to_string())?;
        latency += u64::try_from(asked.elapsed().as_nanos()).expect("no answer takes centuries");
        check(request, &answer)?;
        shared.answers.borrow_mut()[turn] = Bytes::copy_from_slice(answer.body);
    }
}

fn check(request: &Request, answer: &Answer) -> Result<(), String> {
    let right = match &request.body {
        Expected::With(part) => memmem::find(answer.body, part.as_bytes()).is_some(),
        Expected::Same(body) => answer.body == body,
        Expected::Long(bytes) => answer.body.len() == *bytes,
    };
    if answer.status == request.status && right {
        return Ok(());
    }
    Err(format!(
        "wrong answer: status {}, body {}\nto: {}",
        answer.status,
        String::from_utf8_lossy(answer.body),
        String::from_utf8_lossy(&request.bytes)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_status_or_body_is_an_error() {
        let asked = |body| Request { bytes: vec![], status: 200, body };
        let answer = |status, body| Answer { status, retry_after: false, closes: false, body };
        let with = asked(Expected::With("completed"));
        assert!(check(&with, &answer(200, b"is completed")).is_ok());
        assert!(check(&with, &answer(500, b"is completed")).is_err());
        assert!(check(&with, &answer(200, b"is declined")).is_err());
        let same = asked(Expected::Same(Bytes::from_static(b"first")));
        assert!(check(&same, &answer(200, b"first")).is_ok());
        assert!(check(&same, &answer(200, b"First")).is_err());
        let long = asked(Expected::Long(5));
        assert!(check(&long, &answer(200, b"xxxxx")).is_ok());
        assert!(check(&long, &answer(200, b"xxxx")).is_err());
    }
}
