//! An open load: requests at their time, each on a connection of its own while it lasts.
//!
//! Half of them open a session that is ready to be paid for, half pay for one: the two that
//! write most. A payment that is refused is tried again with a later arrival.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use memchr::memmem;
use paceline_benches::bodies;
use paceline_benches::measure::http::{Answer, Connection};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::tally::{Answered, Tally};

/// Requests under way at once; more than the server takes, or the generator would do its work.
const UNDER_WAY_MAX: usize = 6_000;
/// How exactly arrivals keep their time.
const TICK: Duration = Duration::from_millis(1);
/// Whatever is not answered by then is not answered at all.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

pub struct Load {
    server: SocketAddr,
    idle: RefCell<Vec<Connection>>,
    /// Sessions that wait to be paid for.
    ready: RefCell<VecDeque<String>>,
    under_way: Cell<usize>,
    all_answered: Notify,
    made: Cell<u64>,
    /// Made once: what the generator spends is missing where it measures.
    complete: String,
}

enum Request {
    Create,
    Complete(String),
}

/// A request from when it is due until it is answered, or its task panics: then nobody waits for
/// it, and it is told.
struct UnderWay {
    load: Rc<Load>,
    tally: Rc<Tally>,
}

impl UnderWay {
    fn begin(load: &Rc<Load>, tally: &Rc<Tally>) -> Self {
        load.under_way.set(load.under_way.get() + 1);
        Self { load: Rc::clone(load), tally: Rc::clone(tally) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let told = Answered::Wrong("the generator panicked".to_owned());
            self.tally.answered(Instant::now(), &told);
        }
        self.load.under_way.set(self.load.under_way.get() - 1);
        if self.load.under_way.get() == 0 {
            self.load.all_answered.notify_one();
        }
    }
}

impl Load {
    pub fn against(server: SocketAddr) -> Rc<Self> {
        Rc::new(Self {
            server,
            idle: RefCell::default(),
            ready: RefCell::default(),
            under_way: Cell::new(0),
            all_answered: Notify::new(),
            made: Cell::new(0),
            complete: bodies::complete(),
        })
    }

    /// Sends `rate` requests a second, for as long as it lasts. Some may still be under way at
    /// the end: their answers are counted when they come.
    pub async fn run(self: &Rc<Self>, rate: f64, lasts: Duration) -> Rc<Tally> {
        let tally = Tally::lasting(lasts);
        let began = Instant::now();
        let due = |number: u64| began + Duration::from_secs_f64(number as f64 / rate);
        let mut sent = 0;
        let mut ticks = tokio::time::interval(TICK);
        while began.elapsed() < lasts {
            ticks.tick().await;
            while due(sent) <= Instant::now() && due(sent) < began + lasts {
                self.send(due(sent), &tally);
                sent += 1;
            }
        }
        tally
    }

    /// Waits until everything is answered.
    pub async fn finish(&self) {
        while self.under_way.get() > 0 {
            self.all_answered.notified().await;
        }
    }

    fn send(self: &Rc<Self>, due: Instant, tally: &Rc<Tally>) {
        if self.under_way.get() >= UNDER_WAY_MAX {
            return tally.unsent();
        }
        let under_way = UnderWay::begin(self, tally);
        tokio::task::spawn_local(async move {
            let UnderWay { load, tally } = &under_way;
            let request = load.next_request();
            let answered = timeout(ANSWERED_WITHIN, load.ask(&request)).await;
            let answered =
                answered.unwrap_or_else(|_| Answered::Wrong("there was no answer".to_owned()));
            tally.answered(due, &answered);
            match (request, answered) {
                (Request::Complete(id), Answered::Refused) => {
                    load.ready.borrow_mut().push_back(id);
                }
                (_, Answered::Created(id)) => load.ready.borrow_mut().push_back(id),
                _ => {}
            }
        });
    }

    /// In turn, as long as there is something to pay for.
    fn next_request(&self) -> Request {
        let number = self.made.get();
        self.made.set(number + 1);
        let ready =
            if number.is_multiple_of(2) { None } else { self.ready.borrow_mut().pop_front() };
        ready.map_or(Request::Create, Request::Complete)
    }

    async fn ask(&self, request: &Request) -> Answered {
        let bytes = self.bytes(request);
        // A server may close a connection that is idle, so that the request finds nobody: any
        // client asks again then, on a new one. The requests have keys.
        let kept = self.idle.borrow_mut().pop();
        for kept in kept.map(Some).into_iter().chain([None]) {
            let reused = kept.is_some();
            let connection = match kept {
                Some(connection) => Ok(connection),
                None => Connection::open(self.server).await,
            };
            let mut connection = match connection {
                Ok(connection) => connection,
                Err(error) => return Answered::Wrong(error.to_string()),
            };
            match connection.ask(&bytes).await {
                Ok(answer) => {
                    let answered = read(request, &answer);
                    if !answer.closes {
                        self.idle.borrow_mut().push(connection);
                    }
                    return answered;
                }
                Err(_) if reused => {}
                Err(error) => return Answered::Wrong(error.to_string()),
            }
        }
        Answered::Wrong("nobody answered".to_owned())
    }

    /// Forgets its connections, so that the next requests open new ones.
    pub fn reconnect(&self) {
        self.idle.borrow_mut().clear();
    }

    fn bytes(&self, request: &Request) -> Vec<u8> {
        let (id, action, body) = match request {
            Request::Create => ("", "", bodies::UPDATE),
            Request::Complete(id) => (id.as_str(), "/complete", self.complete.as_str()),
        };
        let slash = if id.is_empty() { "" } else { "/" };
        let key = self.made.get();
        format!(
            "POST /checkout-sessions{slash}{id}{action} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nIdempotency-Key: overload-{key:020}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

fn read(request: &Request, answer: &Answer<'_>) -> Answered {
    let says = |words: &str| memmem::find(answer.body, words.as_bytes()).is_some();
    match (answer.status, request) {
        (201, Request::Create) if says(r#""status":"ready_for_complete""#) => match id(answer.body)
        {
            Some(id) => Answered::Created(id),
            None => Answered::Wrong("a created session has no id".to_owned()),
        },
        (200, Request::Complete(_)) if says(r#""status":"completed""#) => Answered::Completed,
        (200, Request::Complete(_)) if says(r#""status":"complete_in_progress""#) => Answered::Late,
        (503, _) if answer.retry_after => Answered::Refused,
        (status, _) => {
            Answered::Wrong(format!("{status}: {}", String::from_utf8_lossy(answer.body)))
        }
    }
}

/// The last component of the first id in a checkout, which is its own.
fn id(body: &[u8]) -> Option<String> {
    const BEFORE: &[u8] = br#""id":"gid://"#;
    let start = memmem::find(body, BEFORE)? + BEFORE.len();
    let length = memchr::memchr(b'"', &body[start..])?;
    let id = std::str::from_utf8(&body[start..start + length]).ok()?;
    Some(id.rsplit('/').next()?.to_owned())
}
