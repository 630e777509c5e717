//! A day's journal of one contractual account: what was captured and refunded, in the order in which
//! it became known.
//!
//! Why: a statement is held against our books in both directions, and what is missing in it can
//! only be found by going through what is ours. Payments are found by their names; a day is found
//! here.
//! Promise: what has moved money is entered at least once before its payment is done; whoever reads
//! passes over what is entered twice.
//! Left out: the entries, which are in the events. A day may have millions and nobody needs them in
//! memory.

use serde::{Deserialize, Serialize};

use crate::ids::RequestId;
use crate::money::Micros;
use crate::statement::LineKind;
use crate::time::Timestamp;

/// How many entries there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    pub entries: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Enter(Entry),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Entered(Entry),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub kind: LineKind,
    pub request: RequestId,
    pub amount: Micros,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Nothing stands in the way of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {}

/// # Errors
/// None.
pub fn decide(_: &Journal, command: Command) -> Result<Vec<Event>, Rejection> {
    let Command::Enter(entry) = command;
    Ok(vec![Event::Entered(entry)])
}

pub fn apply(journal: &mut Journal, event: &Event) {
    let Event::Entered(_) = event;
    journal.entries += 1;
}
