//! What was bought. An order is placed once, by the session that was completed.
//!
//! Left out, until shipping is told here: events of fulfillment and adjustments.

use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, SessionId};
use crate::pricing::Quote;
use crate::session::Contents;
use crate::time::Timestamp;

/// What a stream of order events folds into; `None` before the first.
pub type State = Option<Placement>;

/// A purchase as it was agreed on: the session's contents and prices at its completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub id: OrderId,
    pub session: SessionId,
    pub contents: Contents,
    pub quote: Quote,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Place(Box<Placement>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Placed(Box<Placement>),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the order belongs to another checkout session")]
    PlacedByAnother,
}

/// A repeat of the same placement changes nothing.
///
/// # Errors
/// [`Rejection::PlacedByAnother`] if another session has placed an order of this id.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let Command::Place(placement) = command;
    match state {
        None => Ok(vec![Event::Placed(placement)]),
        Some(placed) if placed.session == placement.session => Ok(vec![]),
        Some(_) => Err(Rejection::PlacedByAnother),
    }
}

pub fn apply(state: &mut State, event: &Event) {
    let Event::Placed(placement) = event;
    *state = Some(Placement::clone(placement));
}
