//! The acquirer, as the engine sees it: whoever speaks to the card networks.
//!
//! Why: approved and declined are final; everything else, a time-out, a broken connection, is
//! unknown, and is settled by asking again, or by asking what was heard, under the same movement's
//! id. The simulated acquirer is one; a connector of the integrator's own is another.
//! Promise: a number is handed over only here. A verification code comes with its own question and
//! the repeats of it while whoever asks lives; never after that, and with no other question.

pub mod simulated;

use std::time::Duration;

use paceline_domain::authorization::{Approval, Verdict};
use paceline_domain::card_payment::{CaptureRefusal, Flow, RawResult, RefundDecline};
use paceline_domain::ids::{MovementId, ReferenceNumber};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

use crate::bank::Asking;
use crate::card::{Address, CardOnFile, MerchantCategory, Processing};
use crate::secret::Secret;

/// A question for money, with everything that the networks want to know.
#[derive(Clone, Debug)]
pub struct Authorize {
    /// A repeat of this is no second authorization.
    pub id: MovementId,
    pub flow: Flow,
    pub card: CardOnFile,
    /// To be verified, and forgotten.
    pub cvn: Option<Secret>,
    /// Zero in a verification.
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub description: Text,
    pub category: MerchantCategory,
    pub address: Option<Address>,
    pub processing: Processing,
    /// The clock of whoever asks: what is approved lapses some time after.
    pub now: Timestamp,
}

/// What an acquirer says to an authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorized {
    Approved(Approval),
    /// By a code of the issuer's or the network's; some of them say that nobody has decided.
    Declined(Verdict),
    Unknown,
}

/// What an acquirer knows of a question that may never have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Answered(Authorized),
    /// It was not heard, and from now on never will be: should it still arrive, it is declined.
    Barred,
    Unknown,
}

/// A movement that follows an authorization.
#[derive(Clone, Debug)]
pub struct Follow {
    /// A repeat of this is no second movement.
    pub id: MovementId,
    /// What holds the money, or has taken it.
    pub of: MovementId,
    pub card: CardOnFile,
    /// Of a capture or a refund; what is voided is voided whole.
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub now: Timestamp,
}

/// What an acquirer says to a capture or a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed<R> {
    Done {
        raw: RawResult,
        /// The acquirer reference number, if it is known already.
        reference: Option<ReferenceNumber>,
    },
    Refused {
        why: R,
        raw: RawResult,
    },
    /// Also while it is under way: it is asked again later.
    Unknown,
}

/// What an acquirer says to the end of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voided {
    /// Nothing is held, whether or not it was.
    Done,
    Unknown,
}

/// An acquirer. Every call may be repeated, also after its first answer was lost: the same movement
/// moves money once, and what was answered once stays the answer, a decline too. A question that
/// was given up may arrive after its repeat was answered; it must move nothing then.
pub trait Acquirer: Send + Sync + 'static {
    /// Reserves, captures in one message, or verifies, as its `flow` says.
    fn authorize(&self, ask: Authorize) -> Asking<'_, Authorized>;

    /// What became of an authorization whose asker died. One that was not heard is barred for ever:
    /// it is never asked again, because the verification code died with its asker.
    fn find(&self, id: MovementId) -> Asking<'_, Found>;

    /// Takes some of what is held; the rest is let go of.
    fn capture(&self, ask: Follow) -> Asking<'_, Followed<CaptureRefusal>>;

    /// Lets go of what is held.
    fn void(&self, ask: Follow) -> Asking<'_, Voided>;

    /// Gives some of what was captured back to the holder.
    fn refund(&self, ask: Follow) -> Asking<'_, Followed<RefundDecline>>;

    /// How long a reservation is held, unless the answer says otherwise.
    fn holds_for(&self) -> Duration;
}
