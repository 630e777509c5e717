//! A card: its number, sealed, and the payments that were made with it.
//!
//! Why: money is taken from a card by payments, each with a stream of its own, so that one that waits
//! for the acquirer holds up no other. What they share is the card: what it takes to ask the
//! acquirer again, months later, and the list of them all, for its story.
//! Promise: a payment is listed here before the acquirer hears of it.
//! Left out: the number itself, which reaches this only sealed; the list, which is in the events,
//! because it grows for as long as the card is used.

use serde::{Deserialize, Serialize};

use crate::asked::Hidden;
use crate::authorization::{LastFour, Network};
use crate::ids::{CardId, IntegratorAccountId, PaymentId};
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of card events folds into; `None` before the first.
pub type State = Option<Card>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub id: CardId,
    pub integrator: IntegratorAccountId,
    /// `None` if no network has cards of such a number.
    pub network: Option<Network>,
    pub last_four: LastFour,
    pub sealed: Sealed,
    pub first_used_at: Timestamp,
    /// How many payments were begun with it.
    pub payments: u64,
    /// The last of them, so that its repeat is not a second one.
    latest: Option<PaymentId>,
}

/// Number, expiry and name, encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The key that opens it.
    pub key: Text,
    pub bytes: Hidden,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Use(Box<Use>),
    /// Keep this in place of what whoever asks has seen: under another key, or with another expiry
    /// or name. If something else is kept by now, nothing changes.
    Reseal {
        replaced: Sealed,
        sealed: Sealed,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub id: CardId,
    pub integrator: IntegratorAccountId,
    pub network: Option<Network>,
    pub last_four: LastFour,
    /// Kept if the card is new; of one that is known, what is kept stays.
    pub sealed: Sealed,
    pub payment: PaymentId,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Introduced {
        id: CardId,
        integrator: IntegratorAccountId,
        network: Option<Network>,
        last_four: LastFour,
        sealed: Sealed,
        at: Timestamp,
    },
    /// After a payment that brought another expiry or name, or under another key.
    Resealed(Sealed),
    PaymentBegun {
        payment: PaymentId,
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such card")]
    Unknown,
}

/// Says what would happen, and changes nothing. A repeat is listed once more if another payment
/// came between; whoever reads the list passes over it.
///
/// # Errors
/// [`Rejection::Unknown`].
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match (command, state) {
        (Command::Use(using), None) => {
            let Use { id, integrator, network, last_four, sealed, payment, now } = *using;
            let introduced =
                Event::Introduced { id, integrator, network, last_four, sealed, at: now };
            Ok(vec![introduced, Event::PaymentBegun { payment, at: now }])
        }
        (Command::Use(using), Some(card)) if card.latest == Some(using.payment) => Ok(vec![]),
        (Command::Use(using), Some(_)) => {
            Ok(vec![Event::PaymentBegun { payment: using.payment, at: using.now }])
        }
        // Sealing twice gives other bytes for the same number: what is kept is known by them.
        (Command::Reseal { replaced, sealed }, Some(card))
            if replaced == card.sealed && sealed != replaced =>
        {
            Ok(vec![Event::Resealed(sealed)])
        }
        (Command::Reseal { .. } | Command::Look, Some(_)) => Ok(vec![]),
        (Command::Reseal { .. } | Command::Look, None) => Err(Rejection::Unknown),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Introduced { id, integrator, network, last_four, sealed, at } = event {
        assert!(state.is_none(), "a card is introduced once");
        *state = Some(Card {
            id: *id,
            integrator: integrator.clone(),
            network: *network,
            last_four: *last_four,
            sealed: sealed.clone(),
            first_used_at: *at,
            payments: 0,
            latest: None,
        });
        return;
    }
    let card = state.as_mut().expect("a card is introduced first");
    match event {
        Event::Introduced { .. } => {}
        Event::Resealed(sealed) => card.sealed = sealed.clone(),
        Event::PaymentBegun { payment, .. } => {
            card.payments += 1;
            card.latest = Some(*payment);
        }
    }
}
