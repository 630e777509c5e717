//! What the engine needs of its wires: words, as bytes that can be kept.
//!
//! Why: the answer to a keyed request is stored in the same append as the events it tells of, so
//! it must be worded inside the turn, and sometimes by a process that never heard the question.

use std::sync::Arc;

use bytes::Bytes;
use paceline_domain::session::{Rejection, Session};

use crate::card;
use crate::tokenized;

/// A whole answer: what is sent now and what a retry is sent again, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// JSON.
    pub body: Bytes,
}

/// How a wire wants its answer worded: its dialect and operation, as one byte that is stored
/// with the question. Only the wire knows what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner(pub u8);

/// Whoever asks from inside, and needs facts instead of words.
pub(crate) const INSIDE: Manner = Manner(0);

/// The words of every wire that is spoken.
#[derive(Clone)]
pub struct Voices {
    pub checkout: Arc<dyn Voice>,
    /// `None` where Standard Payments is not spoken: nobody asks then.
    pub tokenized: Option<Arc<dyn tokenized::Voice>>,
    /// The same, of the card family.
    pub card: Option<Arc<dyn card::Voice>>,
}

impl Voices {
    /// The merchant's wire alone.
    pub fn new(checkout: Arc<dyn Voice>) -> Self {
        Self { checkout, tokenized: None, card: None }
    }

    pub(crate) fn tokenized(&self) -> &dyn tokenized::Voice {
        self.tokenized.as_deref().expect("who asks over a wire has brought its words")
    }

    pub(crate) fn card(&self) -> &dyn card::Voice {
        self.card.as_deref().expect("who asks over a wire has brought its words")
    }
}

/// The words of the merchant's wire.
pub trait Voice: Send + Sync + 'static {
    /// Words for a session that is there, whether or not the request was refused.
    fn session(&self, manner: Manner, session: &Session, refused: Option<&Rejection>) -> Reply;

    /// Words for whoever reads a session that has not changed since its last answer.
    ///
    /// - `shown`: the body of that answer, which refused nothing.
    fn again(&self, manner: Manner, shown: Bytes) -> Reply;

    /// Words for a request that was refused with no session to show.
    fn refusal(&self, manner: Manner, refused: &Rejection) -> Reply;
}
