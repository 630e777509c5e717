//! A document that Google hands over as evidence against a chargeback.
//!
//! Why: it is far larger than the event that tells of it, and nobody reads it but the person who
//! passes it on; so it is a stream of its own, read when somebody asks for it.
//! Promise: kept as it came, byte for byte, and encrypted: it may show the number of a card.
//! Left out: encrypting it, which takes keys and chance.

use serde::{Deserialize, Serialize};

use crate::asked::Hidden;
use crate::card::Sealed;
use crate::ids::DocumentId;
use crate::time::Timestamp;

/// The largest that is kept: it fits a record.
pub const DOCUMENT_BYTES_MAX: usize = 700 * 1024;

/// What a stream of document events folds into. Written as an `Option<Plain>` was, when there was
/// nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    #[default]
    Unknown,
    Plain(Plain),
    Encrypted(Box<Document>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub id: DocumentId,
    /// A PDF, encrypted under a key that no other has.
    pub content: Hidden,
    /// That key, sealed as a card's number is: a rotation seals it anew and leaves the content.
    pub key: Sealed,
    /// A keyed hash of the PDF: by it a repeat is known, which is encrypted to other bytes.
    pub mark: Hidden,
    pub at: Timestamp,
}

/// Kept before documents were encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plain {
    pub id: DocumentId,
    /// A PDF; not shown in any story.
    pub content: Hidden,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Keep(Box<Document>),
    /// As of a card: in place of what whoever asks has seen, and of nothing else.
    Reseal {
        replaced: Sealed,
        sealed: Sealed,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// Of before: read, and never written any more.
    Kept(Plain),
    Encrypted(Box<Document>),
    /// Its key is under a newer one.
    Resealed(Sealed),
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
        (Command::Keep(document), State::Unknown) => Ok(vec![Event::Encrypted(document)]),
        (Command::Keep(document), State::Encrypted(kept)) if document.mark == kept.mark => {
            Ok(vec![])
        }
        (Command::Keep(_), State::Plain(_) | State::Encrypted(_)) => Err(Rejection::AnotherThere),
        (Command::Reseal { replaced, sealed }, State::Encrypted(kept))
            if replaced == kept.key && sealed != replaced =>
        {
            Ok(vec![Event::Resealed(sealed)])
        }
        (Command::Reseal { .. } | Command::Look, State::Plain(_) | State::Encrypted(_)) => {
            Ok(vec![])
        }
        (Command::Reseal { .. } | Command::Look, State::Unknown) => Err(Rejection::Unknown),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    match event {
        Event::Kept(plain) => *state = State::Plain(plain.clone()),
        Event::Encrypted(document) => *state = State::Encrypted(document.clone()),
        Event::Resealed(sealed) => {
            let State::Encrypted(document) = state else {
                unreachable!("a document is encrypted before its key is sealed anew")
            };
            document.key = sealed.clone();
        }
    }
}
