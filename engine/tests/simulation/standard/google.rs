//! Google's ears: what it has heard of which request, at the end of a line like the bank's.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use paceline_domain::ids::RequestId;
use paceline_domain::notice::Subject;
use paceline_engine::bank::Asking;
use paceline_engine::google::{Call, Delivery, Google, Trouble, What};
use tokio::sync::oneshot;

use crate::simulation::machine::Power;
use crate::simulation::standard::statements::Composed;

/// What happens to a call on its way.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Heard,
    /// Heard, and the 200 is lost.
    HeardInVain,
    /// 500.
    Refused,
    /// 400: somebody has to mend something.
    Misread,
    /// It never arrives, and nobody says so.
    Lost,
}

#[derive(Default)]
pub struct Ears {
    /// What was heard under each request's id, however often.
    pub heard: Mutex<BTreeMap<RequestId, Subject>>,
    /// What Google says is due, and what it was answered.
    pub composed: Mutex<BTreeMap<RequestId, Composed>>,
    pub answers: Mutex<BTreeMap<RequestId, What>>,
    wire: Mutex<Vec<(Call, oneshot::Sender<Delivery>)>>,
    /// Never dropped, so that nobody is told that they are lost.
    lost: Mutex<Vec<oneshot::Sender<Delivery>>>,
    down: AtomicBool,
    pub wrong: Mutex<Vec<String>>,
}

impl Ears {
    pub fn calls(&self) -> usize {
        self.wire.lock().unwrap().len()
    }

    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    /// Whoever has called has died. What was on its way may still arrive.
    pub fn cut_off(&self) {
        let calls = std::mem::take(&mut *self.wire.lock().unwrap());
        calls.into_iter().for_each(|(call, _)| drop(self.hear(call)));
    }

    pub fn meet(&self, which: usize, fate: Fate) -> String {
        let (call, asker) = self.wire.lock().unwrap().remove(which);
        let told = format!("google: {fate:?} {}", call.request);
        let delivery = match fate {
            Fate::Heard => self.hear(call),
            Fate::HeardInVain => {
                self.hear(call);
                Delivery::NotYet(Trouble::Passing)
            }
            Fate::Refused => Delivery::NotYet(Trouble::Passing),
            Fate::Misread => Delivery::NotYet(Trouble::NeedsMending),
            Fate::Lost => {
                self.lost.lock().unwrap().push(asker);
                return told;
            }
        };
        let _ = asker.send(delivery); // who may have died
        told
    }

    fn hear(&self, call: Call) -> Delivery {
        match call.what {
            What::Result(subject) => {
                self.told(&mut self.heard.lock().unwrap(), call.request, subject)
            }
            What::StatementPage { statement, offset, .. } => {
                return self.composed.lock().unwrap()[&statement].page(offset);
            }
            What::AcceptStatement { ref statement }
            | What::ProposeStatement { ref statement, .. } => {
                self.told(&mut self.answers.lock().unwrap(), statement.clone(), call.what.clone());
            }
        }
        Delivery::Heard
    }

    /// Under one name there is one thing, however often it is told.
    fn told<T: PartialEq + Debug>(
        &self,
        before: &mut BTreeMap<RequestId, T>,
        name: RequestId,
        what: T,
    ) {
        let accused = before.get(&name).filter(|first| **first != what);
        if let Some(first) = accused {
            let accused = format!("{name} tells two things: {first:?}, {what:?}");
            self.wrong.lock().unwrap().push(accused);
        }
        before.entry(name).or_insert(what);
    }
}

/// Google, as one life can reach it.
pub struct Line {
    pub power: Arc<Power>,
    pub ears: Arc<Ears>,
}

impl Google for Line {
    fn deliver(&self, call: Call) -> Asking<'_, Delivery> {
        if !self.power.spend() {
            return Box::pin(std::future::pending());
        }
        if self.ears.is_down() {
            return Box::pin(async { Delivery::NotYet(Trouble::Passing) });
        }
        let (asker, answer) = oneshot::channel();
        self.ears.wire.lock().unwrap().push((call, asker));
        let power = Arc::clone(&self.power);
        Box::pin(async move {
            let delivery = answer.await.unwrap_or(Delivery::NotYet(Trouble::Passing));
            if !power.spend() {
                std::future::pending::<()>().await;
            }
            delivery
        })
    }
}
