//! What is settled of one day: every movement of money by card, with its fee, and what it comes to.
//!
//! Why: Google hears once a day what the integrator owes it, and has to find each capture and refund
//! in it. What has moved is entered as it becomes known; the day is closed once, and what comes
//! later belongs to a later day.
//! Promise: what is told adds up, event by event, and never changes; a movement is in one
//! settlement.
//! Left out: the lines, which are in the events. A day may have millions and nobody needs them in
//! memory.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::card_payment::{Line, LineKind};
use crate::ids::{IntegratorAccountId, SettlementId};
use crate::money::{CurrencyCode, Micros};
use crate::time::Timestamp;

/// What a stream of settlement events folds into; `None` before the first.
pub type State = Option<Settlement>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub of: Of,
    /// When nothing more is entered.
    pub closes_at: Timestamp,
    /// What was entered, repeats included: whoever hears no answer enters a movement again.
    pub lines: u64,
    pub phase: Phase,
}

/// Whose day it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    pub id: SettlementId,
    pub integrator: IntegratorAccountId,
    pub currency: CurrencyCode,
    pub starts: Timestamp,
    /// The last millisecond of it, or the moment at which it was closed while it ran.
    pub ends: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Open,
    /// Google is to be told.
    Closed {
        at: Timestamp,
    },
    Told {
        at: Timestamp,
        parts: u32,
        total: Micros,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Enter(Box<Enter>),
    /// Its time has come, or somebody wants it now.
    Close {
        now: Timestamp,
    },
    ConfirmTold {
        parts: u32,
        total: Micros,
        now: Timestamp,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enter {
    pub of: Of,
    pub closes_at: Timestamp,
    pub entry: Entry,
}

/// A movement and what the integrator takes for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub line: Line,
    pub fee: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Opened { of: Of, closes_at: Timestamp },
    Entered(Entry),
    Closed { at: Timestamp },
    Told { parts: u32, total: Micros, at: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("nothing was moved on that day")]
    Unknown,
    #[error("the day is closed")]
    Closed,
    #[error(
        "the day has not begun: what is still to move on it would be in no settlement of its own"
    )]
    NotBegun,
}

impl Settlement {
    /// The last moment of what it tells of; `None` while it is open.
    pub fn ended(&self) -> Option<Timestamp> {
        (self.phase != Phase::Open).then_some(self.of.ends)
    }
}

/// What Google is told in one call: some of the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its period is what was settled: it begins where the one before ended, and ends with its close.
    pub of: Of,
    pub closed_at: Timestamp,
    /// Of all parts together. Above zero: the integrator owes Google.
    pub total: Micros,
    /// Counted from 0.
    pub number: u32,
    pub parts: u32,
    pub entries: Vec<Entry>,
}

/// Says what would happen, and changes nothing.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match (command, state) {
        (Command::Enter(enter), None) => {
            let Enter { of, closes_at, entry } = *enter;
            Ok(vec![Event::Opened { of, closes_at }, Event::Entered(entry)])
        }
        (Command::Enter(enter), Some(settlement)) => match settlement.phase {
            Phase::Open => Ok(vec![Event::Entered(enter.entry)]),
            Phase::Closed { .. } | Phase::Told { .. } => Err(Rejection::Closed),
        },
        (Command::Close { now }, Some(day)) if now < day.of.starts => Err(Rejection::NotBegun),
        (Command::Close { now }, Some(Settlement { phase: Phase::Open, .. })) => {
            Ok(vec![Event::Closed { at: now }])
        }
        (
            Command::ConfirmTold { parts, total, now },
            Some(Settlement { phase: Phase::Closed { .. }, .. }),
        ) => Ok(vec![Event::Told { parts, total, at: now }]),
        (_, None) => Err(Rejection::Unknown),
        (_, Some(_)) => Ok(vec![]),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Opened { of, closes_at } = event {
        let (of, closes_at) = (of.clone(), *closes_at);
        *state = Some(Settlement { of, closes_at, lines: 0, phase: Phase::Open });
        return;
    }
    let settlement = state.as_mut().expect("a day is opened first");
    match event {
        Event::Opened { .. } => {}
        Event::Entered(_) => settlement.lines += 1,
        Event::Closed { at } => {
            settlement.phase = Phase::Closed { at: *at };
            settlement.of.ends = settlement.of.ends.min(*at);
        }
        Event::Told { parts, total, at } => {
            settlement.phase = Phase::Told { parts: *parts, total: *total, at: *at };
        }
    }
}

/// All that was entered into a day, each movement once.
pub fn entries(events: impl IntoIterator<Item = Event>) -> Vec<Entry> {
    let mut seen = BTreeSet::new();
    let entered = events.into_iter().filter_map(|event| match event {
        Event::Entered(entry) if seen.insert(entry.line.movement) => Some(entry),
        _ => None,
    });
    entered.collect()
}

/// What the integrator owes Google for these: captures and what comes back to Google, less what
/// goes from it, less the fees. `None` if no amount can hold it, which takes thousands of payments
/// of the largest amount there is, on one day.
pub fn total<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Micros> {
    // Wider than an amount: what goes back may come last.
    let total: i128 = entries
        .into_iter()
        .map(|Entry { line, fee }| {
            let moved = match line.kind {
                LineKind::Capture | LineKind::RefundReversal | LineKind::ChargebackReversal => {
                    line.amount
                }
                LineKind::Refund | LineKind::Chargeback => -line.amount,
            };
            i128::from(moved) - i128::from(*fee)
        })
        .sum();
    i64::try_from(total).ok().map(Micros)
}
