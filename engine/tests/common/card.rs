//! A card processor with an engine: an acquirer that can be hushed, a Google, and a voice.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix::ArbiterHandle;

use paceline_domain::authorization::Approval;
use paceline_domain::card_payment::{CaptureRefusal, Flow, RefundDecline, Subject};
use paceline_domain::ids::{IntegratorAccountId, MovementId, ReferenceNumber};
use paceline_domain::money::Micros;
use paceline_domain::notice;
use paceline_domain::time::Timestamp;
use paceline_engine::acquirer::{
    Acquirer, Authorize as Ask, Authorized, Follow, Followed, Found, Voided, simulated,
};
use paceline_engine::bank::Asking;
use paceline_engine::card::keyring::Keyring;
use paceline_engine::card::{
    self, Acquiring, Authorize, Capture, CardOnFile, Expiry, MerchantCategory, Outcome, Processing,
    Refund, Void,
};
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::google::{Call, Google, What};
use paceline_engine::inspect::inspect;
use paceline_engine::{Engine, EngineError, Outside, Reply, SealKey, Surroundings, System, Voices};
use paceline_storage::EventLog;
use tokio::sync::watch;

use super::standard::{Listener, currency, dollars, keyed, request, secret, words};
use super::{KEY, PlainVoice, Shop, tables, text};

/// A card that every issuer likes.
pub const GOOD: &str = "4111111111111111";

/// Says an outcome as it is written in the program; what is no conclusion is no 200.
struct Plain;

impl card::Voice for Plain {
    fn words(&self, outcome: &Outcome<'_>) -> Reply {
        let status = match outcome {
            Outcome::Refused(_) => 400,
            Outcome::Failed(_) | Outcome::Unfinished => 503,
            _ => 200,
        };
        Reply { status, body: format!("{outcome:?}").into() }
    }
}

/// The simulated acquirer, which says nothing while it is hushed, and remembers what it was asked.
pub struct Line {
    inner: simulated::Simulated,
    hushed: watch::Sender<bool>,
    /// What is approved is held until then, instead of for days.
    pub holds_until: Mutex<Option<Timestamp>>,
    /// A refund of so much stays under way.
    pub stuck: Mutex<Option<Micros>>,
    pub asked: Mutex<Vec<MovementId>>,
    pub found: Mutex<Vec<MovementId>>,
}

impl Line {
    fn to(shop: &Shop) -> Arc<Self> {
        let none = Duration::ZERO;
        let options = SimulatedOptions { seed: 1, latency_median: none, latency_p99: none };
        let book = Arc::clone(&shop.book) as Arc<dyn EventLog>;
        Arc::new(Self {
            inner: simulated::Simulated::new(options, book),
            hushed: watch::Sender::new(false),
            holds_until: Mutex::default(),
            stuck: Mutex::default(),
            asked: Mutex::default(),
            found: Mutex::default(),
        })
    }

    /// The hush, or the answer.
    async fn through<T>(&self, unknown: T, answer: Asking<'_, T>) -> T {
        if *self.hushed.borrow() { unknown } else { answer.await }
    }

    pub fn hush(&self, hushed: bool) {
        self.hushed.send_replace(hushed);
    }
}

impl Acquirer for Line {
    fn authorize(&self, ask: Ask) -> Asking<'_, Authorized> {
        self.asked.lock().unwrap().push(ask.id);
        Box::pin(async move {
            let answer = self.through(Authorized::Unknown, self.inner.authorize(ask)).await;
            match (answer, *self.holds_until.lock().unwrap()) {
                (Authorized::Approved(approval), Some(expires_at)) => {
                    Authorized::Approved(Approval { expires_at, ..approval })
                }
                (answer, _) => answer,
            }
        })
    }

    fn find(&self, id: MovementId) -> Asking<'_, Found> {
        self.found.lock().unwrap().push(id);
        Box::pin(self.through(Found::Unknown, self.inner.find(id)))
    }

    fn capture(&self, ask: Follow) -> Asking<'_, Followed<CaptureRefusal>> {
        Box::pin(self.through(Followed::Unknown, self.inner.capture(ask)))
    }

    fn void(&self, ask: Follow) -> Asking<'_, Voided> {
        Box::pin(self.through(Voided::Unknown, self.inner.void(ask)))
    }

    fn refund(&self, ask: Follow) -> Asking<'_, Followed<RefundDecline>> {
        let stuck = *self.stuck.lock().unwrap() == Some(ask.amount);
        Box::pin(async move {
            match stuck {
                true => Followed::Unknown,
                false => self.through(Followed::Unknown, self.inner.refund(ask)).await,
            }
        })
    }

    fn holds_for(&self) -> Duration {
        self.inner.holds_for()
    }
}

/// The machine's, and days ahead of it or still if a test says so.
#[derive(Default)]
pub struct Clock {
    days: AtomicU32,
    stands_at: OnceLock<Timestamp>,
}

impl Clock {
    pub fn skip_a_day(&self) {
        self.days.fetch_add(1, Ordering::Relaxed);
    }

    pub fn go_back_a_day(&self) {
        self.days.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn stand_still(&self) {
        self.stands_at.set(self.now()).unwrap();
    }
}

impl Surroundings for Clock {
    fn now(&self) -> Timestamp {
        let ahead = DAY * self.days.load(Ordering::Relaxed);
        self.stands_at.get().copied().unwrap_or_else(now).after(ahead)
    }

    fn unguessable(&self) -> u128 {
        System.unguessable()
    }

    fn workers(&self, count: usize) -> Vec<ArbiterHandle> {
        System.workers(count)
    }

    fn aside(&self, work: Box<dyn FnOnce() + Send>) {
        System.aside(work);
    }
}

pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Its parts; engines run on them one after the other.
pub struct Cards {
    pub clock: Arc<Clock>,
    pub shop: Shop,
    pub google: Arc<Listener>,
    pub line: Arc<Line>,
    pub acquiring: Acquiring,
    _home: tempfile::TempDir,
    pub keys: std::path::PathBuf,
}

impl Cards {
    pub fn new() -> Self {
        let shop = Shop::new();
        let line = Line::to(&shop);
        let home = tempfile::tempdir().unwrap();
        let keys = home.path().join("card.keys");
        let keyring = Keyring::create(&keys).unwrap();
        let acquiring = Acquiring::new(Arc::clone(&line) as Arc<dyn Acquirer>, keyring);
        let clock = Arc::default();
        Self { clock, shop, google: Listener::new(), line, acquiring, _home: home, keys }
    }

    /// Starts an engine on what the log holds. Must run inside [`run`](super::run).
    pub fn open(&self) -> Engine {
        let none = Duration::ZERO;
        let options = SimulatedOptions { seed: 1, latency_median: none, latency_p99: none };
        let book = Arc::clone(&self.shop.book) as Arc<dyn EventLog>;
        let outside = Outside {
            google: Some(Arc::clone(&self.google) as Arc<dyn Google>),
            acquirer: Some(self.acquiring.clone()),
            ..Outside::new(Arc::new(Simulated::new(options, book)))
        };
        Engine::start(
            self.shop.options.clone(),
            Arc::clone(&self.shop.log) as Arc<dyn EventLog>,
            outside,
            Voices { card: Some(Arc::new(Plain)), ..Voices::new(Arc::new(PlainVoice)) },
            Arc::clone(&self.clock) as Arc<dyn Surroundings>,
            Arc::new(tables()),
            SealKey::new(&KEY),
        )
    }

    /// Whatever was opened before has lost its line to the acquirer for good, as if it had died: what
    /// is opened from now on has another one.
    pub fn die(&mut self) {
        self.line.hush(true);
        self.line = Line::to(&self.shop);
        let keyring = Keyring::load(&self.keys).unwrap();
        self.acquiring = Acquiring::new(Arc::clone(&self.line) as Arc<dyn Acquirer>, keyring);
    }

    /// What `inspect` tells of the card that a request of Google's was made with.
    pub fn story(&self, request: &str) -> String {
        let id = format!("{}/{request}", piaid());
        let story = inspect(&*self.shop.log, &*self.shop.book, "card", &id).unwrap();
        story.events.into_iter().map(|chapter| chapter.told).collect::<Vec<_>>().join("\n")
    }

    /// Waits until the story has these words so many times.
    pub async fn story_in_which(&self, words: &str, times: usize, request: &str) -> String {
        loop {
            let story = self.story(request);
            if story.matches(words).count() == times {
                return story;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until Google is told something of a payment that `is_it`.
    pub async fn told(&self, is_it: impl Fn(&Subject) -> bool) -> (Call, Subject) {
        let subject = |call: &Call| match &call.what {
            What::Result(notice::Subject::Card(subject)) => Some((**subject).clone()),
            _ => None,
        };
        let call = self.google.hears(|call| subject(call).is_some_and(|told| is_it(&told))).await;
        let told = subject(&call).unwrap();
        (call, told)
    }
}

pub fn piaid() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCardUSA_USD").unwrap()
}

pub fn reference(number: &str) -> ReferenceNumber {
    ReferenceNumber::parse(number).unwrap()
}

pub fn now() -> Timestamp {
    System.now()
}

pub fn authorize(flow: Flow, id: &str, number: &str, dollars_asked: i64) -> Authorize {
    Authorize {
        request: request(id),
        integrator: piaid(),
        flow,
        card: CardOnFile {
            number: secret(number),
            name: secret("D. Okafor"),
            expires: Some(Expiry { month: 4, year: 2099 }),
            token: None,
        },
        cvn: Some(secret("717")),
        amount: (flow != Flow::Verify).then(|| dollars(dollars_asked)),
        currency: currency("USD"),
        description: text("GOOGLE*Sky Atlas"),
        category: MerchantCategory(*b"5815"),
        address: None,
        processing: Processing::default(),
    }
}

pub async fn ask(engine: &Engine, ask: Authorize) -> String {
    let method = match ask.flow {
        Flow::Reserve => "reserveFunds",
        Flow::Capture => "capture",
        Flow::Verify => "verifyCardWithMinimumReservation",
    };
    let key = keyed(method, ask.request.as_str(), 1);
    words(engine.authorize_card(ask, key).await)
}

pub async fn reserve(engine: &Engine, id: &str, number: &str, dollars: i64) -> String {
    ask(engine, authorize(Flow::Reserve, id, number, dollars)).await
}

pub async fn take(engine: &Engine, id: &str, number: &str, dollars: i64) -> String {
    ask(engine, authorize(Flow::Capture, id, number, dollars)).await
}

pub async fn capture(engine: &Engine, id: &str, of: &str, amount: i64) -> String {
    let wanted = Capture {
        request: request(id),
        integrator: piaid(),
        reservation: request(of),
        amount: dollars(amount),
    };
    words(engine.capture_card(wanted, keyed("captureFundsReservation", id, 1)).await)
}

pub async fn void(engine: &Engine, id: &str, of: &str) -> String {
    let wanted = Void { request: request(id), integrator: piaid(), reservation: request(of) };
    words(engine.void_card(wanted, keyed("cancelFundsReservation", id, 1)).await)
}

pub async fn refund(engine: &Engine, id: &str, of: &str, amount: i64) -> String {
    words(ask_refund(engine, id, of, amount).await)
}

pub async fn ask_refund(
    engine: &Engine,
    id: &str,
    of: &str,
    amount: i64,
) -> Result<Reply, EngineError> {
    let wanted = Refund {
        request: request(id),
        integrator: piaid(),
        capture: request(of),
        amount: dollars(amount),
    };
    engine.refund_card(wanted, keyed("asynchronousRefund", id, 1)).await
}

/// Asks until there is an answer that lasts.
pub async fn until_answered(engine: &Engine, wanted: &Authorize) -> String {
    loop {
        let said = ask(engine, wanted.clone()).await;
        if said.starts_with("200") {
            return said;
        }
        tokio::task::yield_now().await;
    }
}
