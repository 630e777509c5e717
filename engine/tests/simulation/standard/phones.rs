//! The customers' telephones, at the end of a line like the bank's: what has arrived, and what the
//! customer types.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use paceline_engine::Secret;
use paceline_engine::bank::Asking;
use paceline_engine::messenger::{Message, Messenger, Sent};
use tokio::sync::oneshot;

use crate::simulation::machine::Power;

/// What happens to a message on its way.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Arrives,
    /// It arrives, and the answer is garbled.
    Garbled,
    /// It never arrives, and the sender is told so.
    Refused,
    /// It will never arrive.
    Failed,
    /// It arrives, and nobody is told.
    Lost,
}

#[derive(Default)]
pub struct Phones {
    /// By the matching token, which here is the name of the request.
    pub arrived: Mutex<BTreeMap<String, Message>>,
    wire: Mutex<Vec<(Message, oneshot::Sender<Sent>)>>,
    /// Never dropped, so that nobody is told that they are lost.
    lost: Mutex<Vec<oneshot::Sender<Sent>>>,
    pub wrong: Mutex<Vec<String>>,
}

impl Phones {
    pub fn messages(&self) -> usize {
        self.wire.lock().unwrap().len()
    }

    /// What the customer reads, if it has arrived.
    pub fn password(&self, request: &str) -> Option<Secret> {
        let arrived = self.arrived.lock().unwrap();
        arrived.get(request).map(|message| message.password.clone())
    }

    /// Whoever has sent has died. What was on its way may still arrive.
    pub fn cut_off(&self) {
        let messages = std::mem::take(&mut *self.wire.lock().unwrap());
        messages.into_iter().for_each(|(message, _)| self.arrive(message));
    }

    pub fn meet(&self, which: usize, fate: Fate) -> String {
        let (message, asker) = self.wire.lock().unwrap().remove(which);
        let told = format!("phones: {fate:?} {}", message.id);
        let sent = match fate {
            Fate::Arrives => Sent::Sent,
            Fate::Failed => Sent::Failed,
            Fate::Garbled | Fate::Refused | Fate::Lost => Sent::Unknown,
        };
        if matches!(fate, Fate::Arrives | Fate::Garbled | Fate::Lost) {
            self.arrive(message);
        }
        match fate {
            Fate::Lost => self.lost.lock().unwrap().push(asker),
            _ => drop(asker.send(sent)), // who may have died
        }
        told
    }

    /// However often it is sent, and by whichever life: one request has one password.
    fn arrive(&self, message: Message) {
        let mut arrived = self.arrived.lock().unwrap();
        let name = message.matching_token.to_string();
        let first = arrived.entry(name.clone()).or_insert_with(|| message.clone());
        if *first != message {
            self.wrong.lock().unwrap().push(format!("two messages for {name}"));
        }
    }
}

/// The messenger, as one life can reach it.
pub struct Line {
    pub power: Arc<Power>,
    pub phones: Arc<Phones>,
}

impl Messenger for Line {
    fn send(&self, message: Message) -> Asking<'_, Sent> {
        if !self.power.spend() {
            return Box::pin(std::future::pending());
        }
        let (asker, answer) = oneshot::channel();
        self.phones.wire.lock().unwrap().push((message, asker));
        let power = Arc::clone(&self.power);
        Box::pin(async move {
            let sent = answer.await.unwrap_or(Sent::Unknown);
            if !power.spend() {
                std::future::pending::<()>().await;
            }
            sent
        })
    }
}
