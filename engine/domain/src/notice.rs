//! Something that Google is to be told, until Google has heard it.
//!
//! Why: Google may be away for hours, and what it is owed must neither be forgotten nor kept in
//! memory. A notice is a stream of its own: it sleeps until its next try, and its payment is done.
//! Promise: what is told never changes; it is told until it is heard or refused for good.

use serde::{Deserialize, Serialize};

use crate::card_payment;
use crate::decline::Decline;
use crate::ids::{IntegratorAccountId, NoticeId, PaymentId, RefundId, RequestId};
use crate::settlement;
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of notice events folds into; `None` before the first.
pub type State = Option<Notice>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    pub integrator: IntegratorAccountId,
    pub subject: Subject,
    pub owed_since: Timestamp,
    pub phase: Phase,
}

/// What is told: the outcome of a request that was not answered with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    Capture {
        request: RequestId,
        payment: PaymentId,
        outcome: Result<(), Decline>,
    },
    Refund {
        request: RequestId,
        refund: RefundId,
        outcome: Result<(), Decline>,
    },
    Disbursement {
        request: RequestId,
        payment: PaymentId,
        outcome: Result<(), Decline>,
    },
    /// Of a payment by card.
    Card(Box<card_payment::Subject>),
    /// A part of what is settled of a day.
    Settlement(Box<settlement::Part>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Owed,
    Heard {
        at: Timestamp,
    },
    /// Google wants to hear it no more; a person has to look.
    Refused {
        why: Text,
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Owe(Box<Owe>),
    Heard {
        now: Timestamp,
    },
    Refused {
        why: Text,
        now: Timestamp,
    },
    /// Somebody has looked: once more.
    SendAgain {
        now: Timestamp,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owe {
    pub id: NoticeId,
    pub integrator: IntegratorAccountId,
    pub subject: Subject,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Owed(Box<Owe>),
    Heard { at: Timestamp },
    Refused { why: Text, at: Timestamp },
    OwedAgain { at: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such notice")]
    Unknown,
    #[error("something else was told already")]
    ToldOtherwise,
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let Some(notice) = state else {
        return match command {
            Command::Owe(owe) => Ok(vec![Event::Owed(owe)]),
            _ => Err(Rejection::Unknown),
        };
    };
    match (command, &notice.phase) {
        (Command::Owe(owe), _) if owe.subject == notice.subject => Ok(vec![]),
        (Command::Owe(_), _) => Err(Rejection::ToldOtherwise),
        (Command::Heard { now }, Phase::Owed) => Ok(vec![Event::Heard { at: now }]),
        (Command::Refused { why, now }, Phase::Owed) => Ok(vec![Event::Refused { why, at: now }]),
        // What is owed already is tried at once.
        (Command::SendAgain { now }, _) => Ok(vec![Event::OwedAgain { at: now }]),
        (Command::Heard { .. } | Command::Refused { .. }, Phase::Heard { .. })
        | (Command::Heard { .. } | Command::Refused { .. }, Phase::Refused { .. })
        | (Command::Look, _) => Ok(vec![]),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Owed(owe) = event {
        let Owe { id, integrator, subject, at } = Owe::clone(owe);
        *state = Some(Notice { id, integrator, subject, owed_since: at, phase: Phase::Owed });
        return;
    }
    let notice = state.as_mut().expect("a notice is owed first");
    match event {
        Event::Owed(_) => {}
        Event::Heard { at } => notice.phase = Phase::Heard { at: *at },
        Event::Refused { why, at } => {
            notice.phase = Phase::Refused { why: why.clone(), at: *at };
        }
        Event::OwedAgain { at } => {
            notice.owed_since = *at;
            notice.phase = Phase::Owed;
        }
    }
}

/// What Google has not heard yet.
pub fn pending(state: &State) -> Option<&Notice> {
    state.as_ref().filter(|notice| notice.phase == Phase::Owed)
}
