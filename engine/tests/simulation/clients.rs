//! The platforms that buy: what they want, under which key, and what they were told.
//!
//! They ask twice, ask again after an answer, hang up, use a key for something else, name a
//! session that is another's; and they remember every answer they were given.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use paceline_domain::ids::SessionId;
use paceline_domain::session::{Buyer, Change, Changes, LineWanted, Quantity};
use paceline_engine::{Engine, EngineError, Front, IdempotencyKey, Keyed, Manner, Reply};
use tokio::task::JoinHandle;

use crate::common::{offered, product, text, wanted};
use crate::simulation::books::{Books, fingerprint, has_answer, holds};
use crate::simulation::machine::Power;
use crate::simulation::words::{ACCEPTED, NOT_FOUND, NOT_NOW, NOT_OPENED, REFUSED, Shown};

/// Enough to have some wait for the one at work.
const ASKERS_OF_A_KEY_MAX: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Create,
    Update,
    Complete,
    Cancel,
    Get,
}

/// One thing that a client wants, however often it asks for it.
#[derive(Clone, Debug)]
pub struct Intent {
    pub number: usize,
    pub op: Op,
    pub caller: usize,
    /// Whose it is, if it names one.
    pub session: Option<(SessionId, usize)>,
    pub key: Option<usize>,
    /// Products and units, if they are named.
    pub lines: Vec<(&'static str, u32)>,
    pub token: usize,
}

/// A session as its client knows it: from an answer.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    pub id: SessionId,
    pub caller: usize,
}

#[derive(Default)]
pub struct Clients {
    pub intents: Vec<Intent>,
    pub sessions: Vec<Known>,
    /// How often each intent was asked for.
    asked: Vec<u32>,
    under_way: Vec<Request>,
    heard: Arc<Mutex<Vec<Heard>>>,
    requests: u64,
}

/// An answer, and the number of its question.
type Heard = (u64, Result<Reply, EngineError>);

/// A question under way.
struct Request {
    number: u64,
    intent: usize,
    /// What anybody had heard of the session when it was asked.
    floor: usize,
    /// What was remembered under the key when it was asked.
    remembered: Option<Bytes>,
    first: bool,
    task: JoinHandle<()>,
}

impl Intent {
    pub fn key(&self) -> Option<IdempotencyKey> {
        let name = format!("k{}", self.key?);
        Some(IdempotencyKey::new(caller(self.caller).as_str(), &format!("{:?}", self.op), &name))
    }

    fn front(&self) -> Front {
        let fingerprint = fingerprint(self.number);
        let keyed = self.key().map(|key| Keyed { key, fingerprint });
        Front { manner: Manner(self.op as u8), keyed }
    }

    fn token(&self) -> String {
        format!("tok_{}", self.token)
    }

    fn changes(&self) -> Changes {
        let email = Some(text(&format!("{}@example.com", self.number)));
        let buyer = Change::Set(Buyer { email, ..Buyer::default() });
        let line = |(name, units): &(&str, u32)| LineWanted {
            id: None,
            product: product(name),
            quantity: Quantity::new(*units).unwrap(),
        };
        let lines = (!self.lines.is_empty()).then(|| self.lines.iter().map(line).collect());
        match self.op {
            Op::Create => Changes { lines, buyer, ..wanted("shoes", 1) },
            _ => Changes { lines, buyer, ..Changes::default() },
        }
    }

    async fn ask(self, engine: Engine) -> Result<Reply, EngineError> {
        let (who, front) = (caller(self.caller), self.front());
        // As the wire does, before it reads what is asked.
        if let Some(reply) = front.keyed.as_ref().and_then(|keyed| engine.repeated(keyed)) {
            return Ok(reply);
        }
        let id = self.session.map_or(SessionId(0), |(id, _)| id);
        match self.op {
            Op::Create => engine.create(who, self.changes(), front).await,
            Op::Update => engine.update(id, who, self.changes(), front).await,
            Op::Complete => engine.complete(id, who, offered(&self.token()), front).await,
            Op::Cancel => engine.cancel(id, who, front).await,
            Op::Get => engine.get(id, who, front).await,
        }
    }
}

fn caller(number: usize) -> paceline_domain::text::Text {
    text(&format!("https://platform-{number}.example/profile"))
}

impl Clients {
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    pub fn want(&mut self, intent: impl FnOnce(usize) -> Intent) -> usize {
        let number = self.intents.len();
        self.intents.push(intent(number));
        self.asked.push(0);
        number
    }

    /// Asks, unless enough ask for it at the moment.
    pub fn ask(&mut self, intent: usize, engine: &Engine, power: &Arc<Power>, books: &Books) {
        let wanted = self.intents[intent].clone();
        let alike = |request: &&Request| {
            let other = &self.intents[request.intent];
            wanted.key.is_some() && (other.key, other.op) == (wanted.key, wanted.op)
        };
        if self.under_way.iter().filter(alike).count() >= ASKERS_OF_A_KEY_MAX {
            return;
        }
        let mut facts = books.facts();
        facts.count("requests");
        let floor = wanted.session.and_then(|(id, _)| facts.sessions.get(&id));
        let floor = floor.map_or(0, |told| told.heard);
        let key = wanted.key();
        let remembered = key.and_then(|key| facts.answers.get(key.as_bytes()).cloned());
        if wanted.op == Op::Complete {
            facts.tokens.insert(fingerprint(intent), wanted.token().into_bytes());
        }
        drop(facts);
        self.asked[intent] += 1;
        self.requests += 1;
        let (number, first) = (self.requests, self.asked[intent] == 1);
        let (engine, power) = (engine.clone(), Arc::clone(power));
        let heard = Arc::clone(&self.heard);
        let task = tokio::task::spawn_local(async move {
            let answer = wanted.ask(engine).await;
            if power.spend() {
                heard.lock().unwrap().push((number, answer));
            }
        });
        self.under_way.push(Request { number, intent, floor, remembered, first, task });
    }

    /// Takes no interest any more.
    pub fn hang_up(&mut self, which: usize) {
        self.under_way.swap_remove(which).task.abort();
    }

    /// The connections are gone.
    pub fn cut_off(&mut self) {
        self.under_way.clear();
        self.heard.lock().unwrap().clear();
    }

    /// Takes down what was answered. Returns it for the trace.
    pub fn listen(&mut self, books: &Books, stopping: bool) -> Vec<String> {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        let mut told = vec![];
        for (number, answer) in heard {
            let Some(at) = self.under_way.iter().position(|request| request.number == number)
            else {
                continue; // nobody is interested
            };
            let request = self.under_way.swap_remove(at);
            let intent = self.intents[request.intent].clone();
            told.push(format!("{} {:?} {answer:?}", intent.number, intent.op));
            if let Err(wrong) = self.hear(&intent, &request, &answer, books, stopping) {
                books.accuse(format!("{wrong}: {intent:?} {answer:?}"));
            }
        }
        told
    }

    /// Holds an answer against the books.
    fn hear(
        &mut self,
        intent: &Intent,
        request: &Request,
        answer: &Result<Reply, EngineError>,
        books: &Books,
        stopping: bool,
    ) -> Result<(), &'static str> {
        let first_answer = request.remembered.as_ref().filter(|kept| has_answer(kept));
        let same = |kept: &Bytes| holds(kept, &fingerprint(intent.number));
        let reply = match answer {
            Ok(reply) => reply,
            Err(EngineError::Overloaded) => {
                books.count("refused for want of room");
                return Ok(());
            }
            Err(EngineError::Stopped) if stopping => return Ok(()),
            Err(EngineError::KeyMismatched) => {
                books.count("keys used for something else");
                let others =
                    self.intents.iter().filter(|o| (o.key, o.op) == (intent.key, intent.op));
                let kept = request.remembered.as_ref();
                return match (others.count(), kept.is_some_and(same)) {
                    (0 | 1, _) => Err("nobody else used the key"),
                    (_, true) => Err("the key is known for just this"),
                    _ => Ok(()),
                };
            }
            Err(_) => return Err("no answer for no reason"),
        };
        let foreign = intent.session.is_some_and(|(_, owner)| owner != intent.caller);
        match first_answer {
            Some(kept) if same(kept) && !holds(kept, &reply.body) => {
                return Err("the first answer was another");
            }
            Some(kept) if same(kept) => books.count("answers repeated"),
            Some(_) if reply.status != NOT_OPENED && !(foreign && reply.status == NOT_FOUND) => {
                return Err("the key was used for something else");
            }
            _ => {}
        }
        let Some(shown) = Shown::of(reply) else {
            return match reply.status {
                NOT_FOUND if foreign => Ok(()),
                NOT_OPENED if intent.op == Op::Create => Ok(()),
                _ => Err("a session that exists is not found"),
            };
        };
        if foreign {
            return Err("another's session is shown");
        }
        if intent.session.is_some_and(|(id, _)| id != shown.session) {
            return Err("another session is shown");
        }
        if intent.op == Op::Create && !self.sessions.iter().any(|known| known.id == shown.session) {
            self.sessions.push(Known { id: shown.session, caller: intent.caller });
        }
        let mut facts = books.facts();
        facts.count(match (intent.op, shown.status.as_str()) {
            (Op::Complete, "Completed") => "told completed",
            (Op::Complete, "CompleteInProgress") => "told in progress",
            _ => "other answers",
        });
        if shown.manner != intent.op as u8 {
            return Err("the words are for another question");
        }
        if shown.status == "Completed" && facts.reserved_for(shown.session) != shown.total {
            return Err("the total told is not what was reserved");
        }
        let remembered = matches!(reply.status, ACCEPTED | REFUSED);
        if let Some(key) = intent.key().filter(|_| remembered) {
            let kept = facts.answers.get(key.as_bytes());
            if !kept.is_some_and(|kept| same(kept) && holds(kept, &reply.body)) {
                return Err("the answer is not remembered");
            }
        }
        let told = facts.sessions.entry(shown.session).or_default();
        let at = told.versions.iter().rposition(|(sum, _)| *sum == shown.sum);
        let Some(at) = at else { return Err("what is told is not on disk") };
        let version = at + 1;
        if (request.first || reply.status == NOT_NOW) && version < request.floor {
            return Err("what is told is older than what was told before");
        }
        let signed = told.versions[at].1;
        told.heard = told.heard.max(version);
        if matches!(intent.op, Op::Create | Op::Update)
            && reply.status == ACCEPTED
            && signed != Some(intent.number)
        {
            return Err("the change is not in what is told");
        }
        Ok(())
    }
}
