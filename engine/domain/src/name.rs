//! A name that one owner takes once, and what it leads to: an association id, a phone number, an
//! e-mail address.
//!
//! Why: whoever is called by a name must be found without a search, and two must not have the same
//! one though they ask at the same moment on two machines.
//! Promise: a name leads to one holder until that holder gives it back.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, LinkId, PaymentId, StatementId};
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of name events folds into.
pub type State = Option<Holder>;

/// What a customer is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Identifier {
    /// E.164.
    Phone(Text),
    Email(Text),
    /// UPI address.
    Vpa(Text),
    Account(AccountId),
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    Link(LinkId),
    Account(AccountId),
    /// Of a refund's request id: the payment that it was taken from.
    Payment(PaymentId),
    /// Of the request id of a card's capture or refund: the payment by card that it belongs to.
    CardPayment(PaymentId),
    /// Of a capture or a refund in a remittance statement: the line that counts it.
    Line(StatementLine),
}

/// A line of a statement, from one reading of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    pub statement: StatementId,
    /// When the statement was notified.
    pub since: Timestamp,
    /// From 0, over all pages.
    pub number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Take(Holder),
    /// By whom it leads to; anybody else changes nothing.
    GiveBack(Holder),
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Taken(Holder),
    GivenBack,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("somebody else has the name")]
    TakenByAnother,
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal.
///
/// # Errors
/// [`Rejection::TakenByAnother`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match (command, state) {
        (Command::Take(holder), None) => Ok(vec![Event::Taken(holder)]),
        (Command::Take(holder), Some(before)) if *before == holder => Ok(vec![]),
        (Command::Take(_), Some(_)) => Err(Rejection::TakenByAnother),
        (Command::GiveBack(holder), Some(before)) if *before == holder => {
            Ok(vec![Event::GivenBack])
        }
        (Command::GiveBack(_) | Command::Look, _) => Ok(vec![]),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    *state = match event {
        Event::Taken(holder) => Some(holder.clone()),
        Event::GivenBack => None,
    };
}
