//! The integrator's core banking: a machine of its own that outlives every life of the engine, at
//! the end of a line on which answers are lost and questions arrive twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use paceline_domain::account::Standing;
use paceline_domain::decline::Decline;
use paceline_domain::ids::{AccountId, MovementId};
use paceline_domain::link::Customer;
use paceline_domain::money::Micros;
use paceline_domain::name::Identifier;
use paceline_domain::payment::Direction;
use paceline_engine::Secret;
use paceline_engine::bank::{Answer, Asking, Bank, Transfer, Unavailable};
use tokio::sync::oneshot;

use crate::simulation::chance::Chance;
use crate::simulation::machine::Power;
use crate::simulation::standard::clients::{profile, whose};

/// What happens to a question on its way.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Answered,
    /// Carried out, and the answer is garbled.
    Garbled,
    /// It never arrives, and the asker is told so.
    Refused,
    /// It is carried out, and nobody is told.
    Lost,
    /// It will arrive twice.
    Doubled,
}

#[derive(Default)]
pub struct Vault {
    /// What was asked for under each name, and the answer.
    pub book: Mutex<BTreeMap<MovementId, (Transfer, Answer)>>,
    pub balances: Mutex<BTreeMap<AccountId, Micros>>,
    /// Movements that nobody may ask for again.
    forgotten: Mutex<BTreeSet<MovementId>>,
    wire: Mutex<Vec<(Transfer, Option<oneshot::Sender<Answer>>)>>,
    down: AtomicBool,
    pub wrong: Mutex<Vec<String>>,
}

impl Vault {
    pub fn open(&self, account: AccountId, has: Micros) {
        self.balances.lock().unwrap().insert(account, has);
    }

    pub fn questions(&self) -> usize {
        self.wire.lock().unwrap().len()
    }

    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    /// Whoever has asked has died.
    pub fn cut_off(&self) {
        self.wire.lock().unwrap().iter_mut().for_each(|(_, asker)| *asker = None);
    }

    pub fn meet(&self, which: usize, fate: Fate, chance: &mut Chance) -> String {
        let (transfer, asker) = self.wire.lock().unwrap().remove(which);
        let told = format!("bank: {fate:?} {:?} {}", transfer.direction, transfer.id);
        let answer = match fate {
            Fate::Refused => Some(Answer::Unknown),
            Fate::Answered => Some(self.carry_out(transfer, chance)),
            Fate::Garbled => {
                self.carry_out(transfer, chance);
                Some(Answer::Unknown)
            }
            Fate::Lost => {
                self.carry_out(transfer, chance);
                None
            }
            Fate::Doubled => {
                let copy = (transfer.clone(), None);
                self.wire.lock().unwrap().extend([(transfer, asker), copy]);
                return told;
            }
        };
        if let (Some(answer), Some(asker)) = (answer, asker) {
            let _ = asker.send(answer); // who may have died
        }
        told
    }

    /// Once for each movement; a repeat hears the first answer.
    fn carry_out(&self, transfer: Transfer, chance: &mut Chance) -> Answer {
        let mut book = self.book.lock().unwrap();
        if let Some((before, answer)) = book.get(&transfer.id) {
            if *before != transfer {
                let accused = format!("{} is asked for as two", transfer.id);
                self.wrong.lock().unwrap().push(accused);
            }
            return *answer;
        }
        let answer = match chance.one_in(12) {
            true => Answer::Declined(Decline::RiskDeclined),
            false => self.move_money(&transfer),
        };
        book.insert(transfer.id, (transfer, answer));
        answer
    }

    fn move_money(&self, transfer: &Transfer) -> Answer {
        let mut balances = self.balances.lock().unwrap();
        let balance = balances.get_mut(&transfer.account).expect("the account is known");
        match transfer.direction {
            Direction::Capture if *balance < transfer.amount => {
                return Answer::Declined(Decline::InsufficientFunds { balance: Some(*balance) });
            }
            Direction::Capture => *balance = *balance - transfer.amount,
            Direction::Refund | Direction::Disbursement => *balance = *balance + transfer.amount,
        }
        Answer::Approved
    }
}

/// The bank, as one life can reach it.
pub struct Line {
    pub power: Arc<Power>,
    pub vault: Arc<Vault>,
}

impl Line {
    fn ask(&self, transfer: Transfer) -> Asking<'_, Answer> {
        if !self.power.spend() {
            return Box::pin(std::future::pending());
        }
        if self.vault.forgotten.lock().unwrap().contains(&transfer.id) {
            let accused = format!("{} is asked for after it was forgotten", transfer.id);
            self.vault.wrong.lock().unwrap().push(accused);
        }
        let (asker, answer) = oneshot::channel();
        if !self.vault.is_down() {
            self.vault.wire.lock().unwrap().push((transfer, Some(asker)));
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

impl Bank for Line {
    fn find<'a>(
        &'a self,
        who: &'a Identifier,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        let account = match who {
            Identifier::Account(account) => account.clone(),
            Identifier::Phone(phone) => whose(phone),
            Identifier::Email(_) | Identifier::Vpa(_) => return Box::pin(async { Ok(None) }),
        };
        let found = match self.vault.is_down() || !self.power.spend() {
            true => Err(Unavailable),
            false => Ok(self.vault.balances.lock().unwrap().contains_key(&account)),
        };
        let (standing, profile) = (Standing::Open, profile(&account));
        let customer = Customer { account, standing, profile };
        Box::pin(async move { found.map(|found| found.then_some(customer)) })
    }

    fn sign_in<'a>(
        &'a self,
        _: &'a Identifier,
        _: &'a Secret,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>> {
        Box::pin(async { Ok(None) })
    }

    fn debit(&self, transfer: Transfer) -> Asking<'_, Answer> {
        self.ask(transfer)
    }

    fn credit(&self, transfer: Transfer) -> Asking<'_, Answer> {
        self.ask(transfer)
    }

    fn forget<'a>(&'a self, _: &'a AccountId, movement: MovementId) -> Asking<'a, ()> {
        let spent = self.power.spend();
        if spent {
            self.vault.forgotten.lock().unwrap().insert(movement);
        }
        Box::pin(async move {
            if !spent {
                std::future::pending::<()>().await;
            }
        })
    }
}
