//! A telephone, and the one-time passwords that went to it lately.
//!
//! Why: a message costs money and rings at somebody's who may not have asked for it, and whoever
//! can ask for one can ask again.
//! Promise: in any span of so long no more than so many, however they are asked for; what a
//! password was granted once, it has.
//! Left out: the number, which is in the stream's name; and whether the message arrived.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::ChallengeId;
use crate::time::Timestamp;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telephone {
    /// Those that count still, as many as the limit at most.
    pub granted: BTreeMap<ChallengeId, Timestamp>,
}

/// So many in any span of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub messages: usize,
    pub within: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A message for this challenge is to be sent.
    Grant { challenge: ChallengeId, limit: Limit, now: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// - `counted_since`: what was granted up to then counts no more.
    Granted { challenge: ChallengeId, at: Timestamp, counted_since: Timestamp },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the telephone has got as many messages as it may")]
    TooMany,
}

/// Says what would happen, and changes nothing.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(telephone: &Telephone, command: Command) -> Result<Vec<Event>, Rejection> {
    let Command::Grant { challenge, limit, now } = command;
    if telephone.granted.contains_key(&challenge) {
        return Ok(vec![]);
    }
    let counted_since = now.before(limit.within);
    let counted = telephone.granted.values().filter(|at| **at > counted_since).count();
    if counted >= limit.messages {
        return Err(Rejection::TooMany);
    }
    Ok(vec![Event::Granted { challenge, at: now, counted_since }])
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(telephone: &mut Telephone, event: &Event) {
    let Event::Granted { challenge, at, counted_since } = event;
    telephone.granted.retain(|_, at| *at > *counted_since);
    telephone.granted.insert(*challenge, *at);
}
