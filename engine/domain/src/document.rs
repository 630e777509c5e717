//! A document that Google hands over as evidence against a chargeback.
//!
//! Why: it is far larger than the event that tells of it, and nobody reads it but the person who
//! passes it on; so it is a stream of its own, read when somebody asks for it.
//! Promise: kept as it came, byte for byte.

use serde::{Deserialize, Serialize};

use crate::asked::Hidden;
use crate::ids::DocumentId;
use crate::time::Timestamp;

/// The largest that is kept: it fits a record.
pub const DOCUMENT_BYTES_MAX: usize = 700 * 1024;

/// What a stream of document events folds into; `None` before it is there.
pub type State = Option<Document>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub id: DocumentId,
    /// A PDF; not shown in any story.
    pub content: Hidden,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Keep(Document),
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Kept(Document),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such document")]
    Unknown,
    #[error("another document has this name")]
    AnotherThere,
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match (command, state) {
        (Command::Keep(document), None) => Ok(vec![Event::Kept(document)]),
        (Command::Keep(document), Some(kept)) if document.content == kept.content => Ok(vec![]),
        (Command::Keep(_), Some(_)) => Err(Rejection::AnotherThere),
        (Command::Look, Some(_)) => Ok(vec![]),
        (Command::Look, None) => Err(Rejection::Unknown),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    let Event::Kept(document) = event;
    *state = Some(document.clone());
}
