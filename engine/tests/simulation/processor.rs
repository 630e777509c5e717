//! The payment processor, another company's machine: its book outlives every crash of ours, and
//! what was sent to it may arrive late, twice or never, whether or not its sender still lives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::AttemptId;
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_engine::Secret;
use paceline_engine::gateway::{Answer, Asking, Charge, Gateway};
use tokio::sync::oneshot;

use crate::simulation::books::Books;
use crate::simulation::chance::Chance;
use crate::simulation::machine::Power;

type Outcome = Result<(), DeclineReason>;

/// What the processor did for one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub amount: MinorUnits,
    pub currency: CurrencyCode,
    pub reserved: Outcome,
    pub captured: Option<Outcome>,
}

/// Questions on the wire, and the book.
#[derive(Default)]
pub struct Processor {
    pages: Mutex<BTreeMap<AttemptId, Page>>,
    wire: Mutex<Vec<Question>>,
    /// Askers who hear neither a word nor that the line is cut.
    lost: Mutex<Vec<oneshot::Sender<Answer>>>,
    down: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    Reserve,
    Capture,
}

struct Question {
    movement: Movement,
    charge: Charge,
    /// Gone once it was answered, and in a copy that the network has made.
    asker: Option<oneshot::Sender<Answer>>,
    outcome: Option<Outcome>,
}

/// What happens to a question on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives and is carried out; nobody is told yet.
    Carried,
    /// It arrives, is carried out if it was not, and is answered.
    Answered,
    /// It is carried out, and the asker reads an error.
    Garbled,
    /// It never arrives, and the asker is told so.
    Refused,
    /// It never arrives, and nobody says so.
    Lost,
    /// It will arrive twice.
    Doubled,
}

impl Processor {
    pub fn page(&self, attempt: AttemptId) -> Option<Page> {
        self.pages.lock().unwrap().get(&attempt).copied()
    }

    pub fn pages(&self) -> BTreeMap<AttemptId, Page> {
        self.pages.lock().unwrap().clone()
    }

    /// Questions under way.
    pub fn questions(&self) -> usize {
        self.wire.lock().unwrap().len()
    }

    /// While it is down nothing that is asked arrives.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    /// Lets something happen to a question. Returns what for the trace.
    pub fn meet(&self, which: usize, fate: Fate, books: &Books, chance: &mut Chance) -> String {
        let mut question = self.wire.lock().unwrap().remove(which);
        let what = format!("{fate:?} {:?} {}", question.movement, question.charge.attempt);
        match fate {
            Fate::Carried => {
                let _ = self.carry_out(&mut question, books, chance); // told later, or never
                self.wire.lock().unwrap().push(question);
            }
            Fate::Answered => {
                let outcome = self.carry_out(&mut question, books, chance);
                let answer = outcome.map_or_else(Answer::Declined, |()| Answer::Approved);
                question.asker.map(|asker| asker.send(answer)); // who may have died
            }
            Fate::Garbled => {
                let _ = self.carry_out(&mut question, books, chance); // the word is lost
                question.asker.map(|asker| asker.send(Answer::Unknown));
            }
            Fate::Refused => {
                question.asker.map(|asker| asker.send(Answer::Unknown));
            }
            Fate::Lost => self.lost.lock().unwrap().extend(question.asker),
            Fate::Doubled => {
                let Question { movement, charge, .. } = question;
                let copy = Question { movement, charge, asker: None, outcome: None };
                self.wire.lock().unwrap().extend([question, copy]);
            }
        }
        what
    }

    /// Once for each attempt; a repeat hears the first outcome.
    fn carry_out(&self, question: &mut Question, books: &Books, chance: &mut Chance) -> Outcome {
        if let Some(outcome) = question.outcome {
            return outcome;
        }
        let Charge { attempt, amount, currency } = question.charge;
        let mut pages = self.pages.lock().unwrap();
        let outcome = match (question.movement, pages.get_mut(&attempt)) {
            (Movement::Reserve, None) => {
                let declined = chance.one_in(4).then(|| chance.pick(&DeclineReason::ALL));
                let reserved = declined.map_or(Ok(()), Err);
                pages.insert(attempt, Page { amount, currency, reserved, captured: None });
                reserved
            }
            (_, Some(page)) if (page.amount, page.currency) != (amount, currency) => {
                books.accuse(format!("{attempt} is asked about with two amounts"));
                Err(DeclineReason::DoNotHonor)
            }
            (Movement::Reserve, Some(page)) => page.reserved,
            (Movement::Capture, Some(page)) if page.reserved.is_ok() => {
                let refused = chance.one_in(30).then_some(DeclineReason::SuspectedFraud);
                *page.captured.get_or_insert(refused.map_or(Ok(()), Err))
            }
            (Movement::Capture, _) => {
                books.accuse(format!("{attempt} is captured and was not reserved"));
                Err(DeclineReason::DoNotHonor)
            }
        };
        question.outcome = Some(outcome);
        outcome
    }
}

/// The processor, as one life can reach it.
pub struct Line {
    pub power: Arc<Power>,
    pub books: Arc<Books>,
    pub processor: Arc<Processor>,
}

impl Line {
    fn ask(&self, movement: Movement, charge: Charge) -> Asking<'_> {
        let (asker, answer) = oneshot::channel();
        let asker = Some(asker);
        let question = Question { movement, charge, asker, outcome: None };
        if !self.processor.is_down() {
            self.processor.wire.lock().unwrap().push(question);
        }
        let power = Arc::clone(&self.power);
        Box::pin(async move {
            let answer = answer.await.unwrap_or(Answer::Unknown);
            if !power.spend() {
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}

impl Gateway for Line {
    fn reserve(&self, charge: Charge, credential: Secret) -> Asking<'_> {
        if !self.power.spend() {
            return Box::pin(std::future::pending());
        }
        self.books.asked_to_reserve(charge, credential.expose());
        self.ask(Movement::Reserve, charge)
    }

    fn capture(&self, charge: Charge) -> Asking<'_> {
        if !self.power.spend() {
            return Box::pin(std::future::pending());
        }
        self.books.asked_to_capture(charge);
        self.ask(Movement::Capture, charge)
    }
}
