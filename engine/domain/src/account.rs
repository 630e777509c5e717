//! A customer's account in the integrator's own ledger: what is on it, and who may touch it.
//!
//! Why: an integrator without a core banking system keeps its customers' money here. Several
//! tokens may lead to one account and spend from the same balance, so all of them meet in it.
//! Promise: every movement is one event with both of its legs, so the sum over all legs is zero at
//! any version; a movement happens once however often it is asked for; nobody is debited below
//! zero.
//! Left out: limits, fees and interest. A bank has them; this is the ledger of one that has not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::asked::Hidden;
use crate::decline::Decline;
use crate::ids::{AccountId, IntegratorAccountId, MovementId};
use crate::money::{CurrencyCode, Micros};
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of account events folds into; `None` before the first.
pub type State = Option<Account>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub currency: CurrencyCode,
    pub profile: Profile,
    /// What the customer signs in with, hashed.
    pub password: Option<Hidden>,
    pub standing: Standing,
    pub balance: Micros,
    /// Movements whose outcome somebody may still ask for.
    pub moved: BTreeMap<MovementId, Micros>,
}

/// Who the customer is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub name: Text,
    /// What the customer knows the account by.
    pub nickname: Text,
    pub email: Option<Text>,
    /// E.164.
    pub phone: Option<Text>,
    /// UPI address.
    pub vpa: Option<Text>,
    pub address: Option<PostalAddress>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    pub lines: Vec<Text>,
    pub locality: Text,
    pub administrative_area: Text,
    pub postal_code: Text,
    /// ISO 3166-1 alpha-2.
    pub country: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    Open,
    OnHold,
    Closed(Closure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closure {
    Asked,
    TakenOver,
    Fraud,
}

impl Standing {
    /// # Errors
    /// Why nothing moves.
    pub fn check(self) -> Result<(), Decline> {
        match self {
            Self::Open => Ok(()),
            Self::OnHold => Err(Decline::AccountOnHold),
            Self::Closed(Closure::Asked) => Err(Decline::AccountClosed),
            Self::Closed(Closure::TakenOver) => Err(Decline::AccountTakenOver),
            Self::Closed(Closure::Fraud) => Err(Decline::AccountClosedForFraud),
        }
    }
}

/// Why money moves, and from or to where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// From the customer, towards what Google is owed under a contractual account.
    Capture(IntegratorAccountId),
    /// Back from there.
    Refund(IntegratorAccountId),
    /// To the customer, on Google's account.
    Disbursement(IntegratorAccountId),
    /// To the customer, from a source of funds.
    Funding(Text),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Open(Box<Opening>),
    Move(Movement),
    /// Whoever asked for the movement knows how it went and will not ask again.
    Forget {
        movement: MovementId,
    },
    Hold {
        now: Timestamp,
    },
    Release {
        now: Timestamp,
    },
    Close {
        why: Closure,
        now: Timestamp,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    pub id: AccountId,
    pub currency: CurrencyCode,
    pub profile: Profile,
    pub password: Option<Hidden>,
    pub at: Timestamp,
}

/// A movement that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub id: MovementId,
    pub purpose: Purpose,
    /// Above zero, whichever way it goes.
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Opened(Box<Opening>),
    Moved {
        movement: MovementId,
        purpose: Purpose,
        /// The customer's leg; the other is its opposite.
        amount: Micros,
        at: Timestamp,
    },
    Forgotten {
        movement: MovementId,
    },
    Held {
        at: Timestamp,
    },
    Released {
        at: Timestamp,
    },
    Closed {
        why: Closure,
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such account")]
    Unknown,
    #[error("the account is open already")]
    OpenAlready,
    #[error("the movement is known for another amount")]
    MovementDiffers,
    #[error("an amount that moves is above zero")]
    NotAnAmount,
    #[error("a closed account stays closed")]
    ClosedAlready,
    #[error(transparent)]
    Declined(#[from] DeclineOf),
}

/// A decline as an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DeclineOf(pub Decline);

/// Says what would happen, and changes nothing. A repeat of a movement is no event and no refusal.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let Some(account) = state else {
        return match command {
            Command::Open(opening) => Ok(vec![Event::Opened(opening)]),
            // What never was here has nothing to forget.
            Command::Forget { .. } => Ok(vec![]),
            _ => Err(Rejection::Unknown),
        };
    };
    match command {
        Command::Open(_) => Err(Rejection::OpenAlready),
        Command::Move(movement) => account.decide_move(movement),
        Command::Forget { movement } => Ok(match account.moved.contains_key(&movement) {
            true => vec![Event::Forgotten { movement }],
            false => vec![],
        }),
        Command::Hold { now } => match account.standing {
            Standing::Open => Ok(vec![Event::Held { at: now }]),
            Standing::OnHold => Ok(vec![]),
            Standing::Closed(_) => Err(Rejection::ClosedAlready),
        },
        Command::Release { now } => match account.standing {
            Standing::OnHold => Ok(vec![Event::Released { at: now }]),
            Standing::Open => Ok(vec![]),
            Standing::Closed(_) => Err(Rejection::ClosedAlready),
        },
        Command::Close { why, now } => match account.standing {
            Standing::Closed(before) if before == why => Ok(vec![]),
            Standing::Closed(_) => Err(Rejection::ClosedAlready),
            Standing::Open | Standing::OnHold => Ok(vec![Event::Closed { why, at: now }]),
        },
        Command::Look => Ok(vec![]),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Opened(opening) = event {
        assert!(state.is_none(), "an account is opened once");
        *state = Some(Account::opened(opening));
        return;
    }
    let account = state.as_mut().expect("an account is opened before anything else");
    match event {
        Event::Opened(_) => {}
        Event::Moved { movement, amount, .. } => {
            account.balance = account.balance + *amount;
            let before = account.moved.insert(*movement, *amount);
            assert!(before.is_none(), "a movement happens once");
            assert!(account.balance >= Micros::ZERO, "nobody is debited below zero");
        }
        Event::Forgotten { movement } => {
            account.moved.remove(movement);
        }
        Event::Held { .. } => account.standing = Standing::OnHold,
        Event::Released { .. } => account.standing = Standing::Open,
        Event::Closed { why, .. } => account.standing = Standing::Closed(*why),
    }
}

impl Account {
    fn opened(opening: &Opening) -> Self {
        let Opening { id, currency, profile, password, at: _ } = opening.clone();
        let (standing, balance, moved) = (Standing::Open, Micros::ZERO, BTreeMap::new());
        Self { id, currency, profile, password, standing, balance, moved }
    }

    fn decide_move(&self, movement: Movement) -> Result<Vec<Event>, Rejection> {
        let Movement { id, purpose, amount, currency, now } = movement;
        if amount <= Micros::ZERO {
            return Err(Rejection::NotAnAmount);
        }
        let amount = match purpose {
            Purpose::Capture(_) => -amount,
            Purpose::Refund(_) | Purpose::Disbursement(_) | Purpose::Funding(_) => amount,
        };
        if let Some(before) = self.moved.get(&id) {
            let same = *before == amount && currency == self.currency;
            return if same { Ok(vec![]) } else { Err(Rejection::MovementDiffers) };
        }
        self.check(amount, currency).map_err(DeclineOf)?;
        Ok(vec![Event::Moved { movement: id, purpose, amount, at: now }])
    }

    fn check(&self, amount: Micros, currency: CurrencyCode) -> Result<(), Decline> {
        self.standing.check()?;
        if currency != self.currency {
            return Err(Decline::CurrencyUnsupported);
        }
        match self.balance.checked_add(amount) {
            None => Err(Decline::BalanceExceeded),
            Some(after) if after < Micros::ZERO => {
                Err(Decline::InsufficientFunds { balance: Some(self.balance) })
            }
            Some(_) => Ok(()),
        }
    }
}

/// One side of a movement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Customer,
    /// What Google is owed, or owes, under a contractual account.
    Integrator(IntegratorAccountId),
    Source(Text),
}

/// Both legs of an event that moves money; they add up to nothing.
pub fn legs(event: &Event) -> Option<[(Side, Micros); 2]> {
    let Event::Moved { purpose, amount, .. } = event else { return None };
    let other = match purpose {
        Purpose::Capture(id) | Purpose::Refund(id) | Purpose::Disbursement(id) => {
            Side::Integrator(id.clone())
        }
        Purpose::Funding(source) => Side::Source(source.clone()),
    };
    Some([(Side::Customer, *amount), (other, -*amount)])
}
