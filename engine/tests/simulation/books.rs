//! The oracle's own books. They are written from what has reached the disk, from what the
//! processor did and from what the clients heard, and hold each against the others at once.
//!
//! Not a copy of the engine: a session's state is folded with the core's own `apply`, because its
//! words show it; money, units and keys are counted here afresh.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use paceline_domain::ids::{AttemptId, OrderId, ProductId, SessionId};
use paceline_domain::instrument::{self, Progress};
use paceline_domain::money::MinorUnits;
use paceline_domain::session::{self, CancelReason, Event, Session, State};
use paceline_domain::{order, stock};
use paceline_engine::gateway::Charge;
use paceline_engine::{Kind, codec};
use paceline_storage::{AnswerWrite, Append, StreamId};
use ring::digest::{SHA256, digest};
use serde::de::DeserializeOwned;

use crate::simulation::disk::Witness;
use crate::simulation::processor::{Page, Processor};
use crate::simulation::words::{self, SHOWN};

/// What is known of the world; see [`Books::facts`].
pub struct Books(Mutex<Facts>);

pub struct Facts {
    pub processor: Arc<Processor>,
    pub sessions: BTreeMap<SessionId, Told>,
    /// Amount and progress of each attempt's payment, as the instruments have it.
    pub payments: BTreeMap<AttemptId, (MinorUnits, Progress)>,
    pub shelves: BTreeMap<StreamId, Shelf>,
    pub orders: BTreeMap<OrderId, order::Placement>,
    /// What the log remembers under each key.
    pub answers: BTreeMap<Bytes, Bytes>,
    /// How often each intent has taken effect.
    pub effects: BTreeMap<usize, u32>,
    /// The token that each way of paying came with, by the fingerprint of its question.
    pub tokens: BTreeMap<[u8; 32], Vec<u8>>,
    pub tally: BTreeMap<&'static str, u64>,
    wrong: Vec<String>,
}

/// A session, by what is on disk of it.
#[derive(Default)]
pub struct Told {
    pub state: State,
    /// By version: a sum of the state, and the intent that its contents come from.
    pub versions: Vec<(u64, Option<usize>)>,
    /// The highest version that anybody has heard of.
    pub heard: usize,
    pub attempts: BTreeMap<u32, Fate>,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Failed { released: bool },
    Completed { settled: bool },
}

/// One product's units.
#[derive(Default)]
pub struct Shelf {
    pub counted: u64,
    pub held: BTreeMap<AttemptId, u64>,
    pub sold: BTreeMap<AttemptId, u64>,
    pub released: BTreeSet<AttemptId>,
}

impl Books {
    pub fn new(processor: Arc<Processor>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Facts {
            processor,
            sessions: BTreeMap::new(),
            payments: BTreeMap::new(),
            shelves: BTreeMap::new(),
            orders: BTreeMap::new(),
            answers: BTreeMap::new(),
            effects: BTreeMap::new(),
            tokens: BTreeMap::new(),
            tally: BTreeMap::new(),
            wrong: vec![],
        })))
    }

    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap()
    }

    /// A promise is broken.
    pub fn accuse(&self, what: String) {
        self.facts().accuse(what);
    }

    /// Promises that were found broken so far.
    pub fn broken(&self) -> Vec<String> {
        self.facts().wrong.clone()
    }

    pub fn count(&self, what: &'static str) {
        self.facts().count(what);
    }

    /// The processor is asked to set money aside: everything that says so must be on disk.
    pub fn asked_to_reserve(&self, charge: Charge, token: &[u8]) {
        self.facts().asked_to_reserve(charge, token);
    }

    /// The processor is asked to take the money.
    pub fn asked_to_capture(&self, charge: Charge) {
        self.facts().asked_to_capture(charge);
    }
}

impl Witness for Books {
    /// A turn has reached the disk.
    fn written(&self, turn: &Append) {
        self.facts().written(turn);
    }
}

impl Facts {
    pub fn accuse(&mut self, what: String) {
        self.wrong.push(what);
    }

    pub(super) fn demand(&mut self, so: bool, what: impl FnOnce() -> String) {
        if !so {
            self.accuse(what());
        }
    }

    pub fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn asked_to_reserve(&mut self, charge: Charge, token: &[u8]) {
        self.count("reservations asked");
        let attempt = charge.attempt;
        let started = self.payments.get(&attempt).copied();
        self.demand(started == Some((charge.amount, Progress::Reserving)), || {
            format!("{attempt} is to be reserved, and the disk says {started:?}")
        });
        let Some(session) = self.session_of(attempt).cloned() else {
            return self.accuse(format!("{attempt} is to be reserved for no session"));
        };
        let open = session.attempt_in_progress().filter(|open| open.number == attempt.number);
        let asked = open.and_then(|open| open.asked.as_ref());
        self.demand(open.is_some(), || format!("{attempt} is to be reserved and is not open"));
        self.demand(session.quote.total == charge.amount, || {
            format!("{attempt} is charged {:?}, not {:?}", charge.amount, session.quote.total)
        });
        if let Some(told) = asked.and_then(|asked| self.tokens.get(&asked.fingerprint)).cloned() {
            self.demand(told == token, || format!("{attempt} is paid with another credential"));
        }
        for (product, units) in units(&session) {
            let shelf = self.shelves.get(&stock_of(&product));
            let held = shelf.and_then(|shelf| shelf.held.get(&attempt)).copied();
            self.demand(held == Some(units), || {
                format!("{attempt} is to be reserved while {held:?} of {product} are held")
            });
        }
    }

    fn asked_to_capture(&mut self, charge: Charge) {
        self.count("captures asked");
        let attempt = charge.attempt;
        let started = self.payments.get(&attempt).copied();
        self.demand(started == Some((charge.amount, Progress::Capturing)), || {
            format!("{attempt} is to be captured, and the disk says {started:?}")
        });
        let fate = self.fate(attempt);
        self.demand(matches!(fate, Some(Fate::Completed { .. })), || {
            format!("{attempt} is to be captured and is {fate:?}")
        });
    }

    pub fn session_of(&self, attempt: AttemptId) -> Option<&Session> {
        self.sessions.get(&attempt.session)?.state.as_ref()
    }

    /// Everything that the processor has set aside for a session, whatever the attempt.
    pub fn reserved_for(&self, session: SessionId) -> u64 {
        let pages = self.processor.pages();
        let own = |(attempt, page): &(&AttemptId, &Page)| {
            attempt.session == session && page.reserved.is_ok()
        };
        pages.iter().filter(own).map(|(_, page)| page.amount.0).sum()
    }

    pub fn fate(&self, attempt: AttemptId) -> Option<Fate> {
        self.sessions.get(&attempt.session)?.attempts.get(&attempt.number).copied()
    }

    fn written(&mut self, turn: &Append) {
        if let Some(answer) = &turn.answer {
            self.answer_written(answer);
        }
        let Some(record) = &turn.record else { return };
        self.count("records");
        if turn.snapshot.is_some() {
            self.count("snapshots");
        }
        let stream = turn.stream;
        match stream.kind {
            kind if kind == Kind::Session as u8 => {
                let id = SessionId(u128::from_be_bytes(stream.id));
                let events: Vec<Event> = read(record);
                events.iter().for_each(|event| self.session_event(id, event));
                let told = self.sessions.entry(id).or_default();
                told.versions.push((words::sum(&told.state), intent_of(&told.state)));
            }
            kind if kind == Kind::Instrument as u8 => {
                let events: Vec<instrument::Event> = read(record);
                events.iter().for_each(|event| self.instrument_event(event));
            }
            kind if kind == Kind::Stock as u8 => {
                let events: Vec<stock::Event> = read(record);
                events.iter().for_each(|event| self.stock_event(stream, event));
            }
            _ => {
                let events: Vec<order::Event> = read(record);
                events.iter().for_each(|event| self.order_event(event));
            }
        }
    }

    fn answer_written(&mut self, write: &AnswerWrite) {
        match write {
            AnswerWrite::Take { key, body, now, expires_at } => {
                if expires_at <= now {
                    return; // forgotten in the moment in which it is written
                }
                let before = self.answers.insert(key.0.clone(), body.clone());
                self.demand(before.is_none(), || format!("{:?} is taken twice", key.0));
            }
            AnswerWrite::Replace { key, body, .. } => {
                let before = self.answers.insert(key.0.clone(), body.clone());
                let answered = before.is_some_and(|before| has_answer(&before));
                self.demand(!answered, || format!("the answer to {:?} is replaced", key.0));
            }
        }
    }

    fn session_event(&mut self, id: SessionId, event: &Event) {
        let attempt = |number: &u32| AttemptId { session: id, number: *number };
        let before = intent_of(&self.sessions.entry(id).or_default().state);
        match event {
            Event::Created(_) | Event::Updated { .. } | Event::AskerLeft { .. } => {}
            Event::CompletionAccepted { attempt: accepted, .. } => {
                self.count("attempts");
                let open = accepted.number;
                if let Some(asked) = &accepted.asked {
                    let intent = number_of(&asked.fingerprint);
                    self.took_effect(intent);
                }
                self.told(id).attempts.insert(open, Fate::Open);
            }
            Event::StockRefused { attempt: number, .. } => {
                self.count("attempts out of stock");
                let page = self.processor.page(attempt(number));
                self.demand(page.is_none(), || {
                    format!("{} is out of stock and was charged", attempt(number))
                });
                self.ends(attempt(number), Fate::Failed { released: false });
            }
            Event::PaymentDeclined { attempt: number, reason, .. } => {
                self.count("attempts declined");
                let page = self.processor.page(attempt(number));
                let declined = page.is_some_and(|page| page.reserved == Err(*reason));
                self.demand(declined, || {
                    format!("{} is declined, and the processor has {page:?}", attempt(number))
                });
                self.ends(attempt(number), Fate::Failed { released: false });
            }
            Event::Completed { attempt: number, .. } => {
                self.count("sessions completed");
                self.completes(attempt(number));
                self.ends(attempt(number), Fate::Completed { settled: false });
            }
            Event::Released { attempt } => {
                let held = self.shelves.values().any(|shelf| shelf.held.contains_key(attempt));
                self.demand(!held, || format!("{attempt} is released and still holds units"));
                let fate = self.told(id).attempts.insert(attempt.number, RELEASED);
                self.demand(fate == Some(Fate::Failed { released: false }), || {
                    format!("{attempt} is released and was {fate:?}")
                });
            }
            Event::Settled => self.settled(id),
            Event::Cancelled { why, .. } => {
                self.count(match why {
                    CancelReason::Asked => "sessions cancelled",
                    CancelReason::Expired => "sessions expired",
                });
            }
        }
        let told = self.told(id);
        session::apply(&mut told.state, event);
        let after = intent_of(&told.state);
        if let Some(intent) = after.filter(|_| after != before) {
            self.took_effect(intent);
        }
    }

    fn told(&mut self, id: SessionId) -> &mut Told {
        self.sessions.entry(id).or_default()
    }

    fn took_effect(&mut self, intent: usize) {
        let times = self.effects.entry(intent).or_default();
        *times += 1;
        let times = *times;
        self.demand(times == 1, || format!("intent {intent} took effect {times} times"));
    }

    fn ends(&mut self, attempt: AttemptId, how: Fate) {
        let fate = self.told(attempt.session).attempts.insert(attempt.number, how);
        self.demand(fate == Some(Fate::Open), || format!("{attempt} ends and was {fate:?}"));
    }

    fn completes(&mut self, attempt: AttemptId) {
        let page = self.processor.page(attempt);
        self.demand(page.is_some_and(|page| page.reserved.is_ok()), || {
            format!("{attempt} is completed, and the processor has {page:?}")
        });
        let known = self.payments.get(&attempt).map(|(_, progress)| *progress);
        self.demand(known == Some(Progress::Reserved), || {
            format!("{attempt} is completed, and its instrument says {known:?}")
        });
        let mut others = self.told(attempt.session).attempts.values();
        let twice = others.any(|fate| matches!(fate, Fate::Completed { .. }));
        self.demand(!twice, || format!("{} is completed twice", attempt.session));
    }

    fn settled(&mut self, id: SessionId) {
        self.count("sessions settled");
        let Some((&number, _)) =
            self.told(id).attempts.iter().find(|(_, fate)| **fate == COMPLETED)
        else {
            return self.accuse(format!("{id} is settled and was not completed"));
        };
        self.told(id).attempts.insert(number, Fate::Completed { settled: true });
        let attempt = AttemptId { session: id, number };
        self.assert_settled(attempt);
    }

    /// Captured or refused, sold, ordered.
    pub fn assert_settled(&mut self, attempt: AttemptId) {
        let Some(session) = self.session_of(attempt).cloned() else { return };
        let page = self.processor.page(attempt);
        let captured = page.is_some_and(|page| page.captured.is_some());
        self.demand(captured, || format!("{attempt} is settled, the processor has {page:?}"));
        for (product, units) in units(&session) {
            let shelf = self.shelves.get(&stock_of(&product));
            let sold = shelf.and_then(|shelf| shelf.sold.get(&attempt)).copied();
            self.demand(sold == Some(units), || {
                format!("{attempt} is settled, {sold:?} of {product} are sold")
            });
        }
        let placed = self.orders.values().filter(|order| order.session == attempt.session).count();
        self.demand(placed == 1, || format!("{attempt} is settled with {placed} orders"));
    }
}

const RELEASED: Fate = Fate::Failed { released: true };
const COMPLETED: Fate = Fate::Completed { settled: false };

/// What a session buys of each product.
pub fn units(session: &Session) -> Vec<(ProductId, u64)> {
    let lines = session.contents.lines.iter();
    lines.map(|line| (line.product.clone(), line.quantity.units())).collect()
}

/// Where a product's units are counted.
pub fn stock_of(product: &ProductId) -> StreamId {
    let hash = digest(&SHA256, product.as_str().as_bytes());
    StreamId { kind: Kind::Stock as u8, id: hash.as_ref()[..16].try_into().unwrap() }
}

/// The intent that the contents come from: it signs with the buyer's address.
fn intent_of(state: &State) -> Option<usize> {
    let email = state.as_ref()?.contents.buyer.as_ref()?.email.as_ref()?.as_str();
    email.split('@').next()?.parse().ok()
}

/// The fingerprint of an intent's question: its number, over and over.
pub fn fingerprint(intent: usize) -> [u8; 32] {
    let number = u64::try_from(intent).unwrap().to_be_bytes();
    std::array::from_fn(|index| number[index % 8])
}

fn number_of(fingerprint: &[u8; 32]) -> usize {
    let number = u64::from_be_bytes(fingerprint[..8].try_into().unwrap());
    usize::try_from(number).unwrap()
}

/// Whether what is remembered has words, not only a name.
pub fn has_answer(remembered: &[u8]) -> bool {
    holds(remembered, SHOWN)
}

pub fn holds(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

fn read<T: DeserializeOwned>(record: &[u8]) -> T {
    codec::decode(record).expect("what is on disk can be read")
}
