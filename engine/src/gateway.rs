//! The payment processor, as the engine sees it.
//!
//! Why: three answers and no more. Approved and declined are final; everything else, a time-out,
//! a broken connection, a 500, is [`Answer::Unknown`], and is settled by asking again under the
//! same attempt.

pub mod simulated;

use std::future::Future;
use std::pin::Pin;

use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::AttemptId;
use paceline_domain::money::{CurrencyCode, MinorUnits};

use crate::secret::Secret;

/// What a processor says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approved,
    Declined(DeclineReason),
    Unknown,
}

/// One payment, by the name under which every repeat is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    pub attempt: AttemptId,
    pub amount: MinorUnits,
    pub currency: CurrencyCode,
}

/// What a gateway returns: not tied to a runtime's types.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// A payment processor. Every call may be repeated, and may be repeated after its first answer
/// was lost: the same attempt moves money once and gets the same answer.
pub trait Gateway: Send + Sync + 'static {
    /// Sets the money aside. `credential` is the wallet's token, character for character.
    fn reserve(&self, charge: Charge, credential: Secret) -> Asking<'_>;

    /// Takes what was reserved under the attempt.
    fn capture(&self, charge: Charge) -> Asking<'_>;
}
