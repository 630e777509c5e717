//! Google's ears: what it has heard of which request, at the end of a line like the bank's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use paceline_domain::ids::RequestId;
use paceline_domain::notice::Subject;
use paceline_engine::bank::Asking;
use paceline_engine::google::{Call, Delivery, Google, Trouble, What};
use tokio::sync::oneshot;

use crate::simulation::machine::Power;

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
        calls.into_iter().for_each(|(call, _)| self.hear(call));
    }

    pub fn meet(&self, which: usize, fate: Fate) -> String {
        let (call, asker) = self.wire.lock().unwrap().remove(which);
        let told = format!("google: {fate:?} {}", call.request);
        let delivery = match fate {
            Fate::Heard => {
                self.hear(call);
                Delivery::Heard
            }
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

    fn hear(&self, call: Call) {
        let What::Result(subject) = call.what else { return };
        let mut heard = self.heard.lock().unwrap();
        let first = heard.entry(call.request.clone()).or_insert_with(|| subject.clone());
        if *first != subject {
            let accused = format!("{} tells two things: {first:?}, {subject:?}", call.request);
            self.wrong.lock().unwrap().push(accused);
        }
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
