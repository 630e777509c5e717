//! The integrator's core banking, as the engine sees it.
//!
//! Why: three answers and no more. Approved and declined are final; everything else, a time-out, a
//! broken connection, is [`Answer::Unknown`], and is settled by asking again under the same
//! movement's id. The embedded ledger is one bank, the integrator's own another.

use std::future::Future;
use std::pin::Pin;

use paceline_domain::decline::Decline;
use paceline_domain::ids::{AccountId, AssociationId, IntegratorAccountId, MovementId};
use paceline_domain::link::Customer;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::name::Identifier;
use paceline_domain::payment::Direction;
use paceline_domain::text::Text;

use crate::secret::Secret;

/// What a bank says to a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Approved,
    Declined(Decline),
    Unknown,
}

/// The bank did not answer; whoever asked may ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bank does not answer")]
pub struct Unavailable;

/// One movement of money, by the name under which every repeat is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: MovementId,
    pub account: AccountId,
    /// The link whose token was presented; `None` for a UPI address, and then the customer is to be
    /// asked for a PIN before money is taken.
    pub association: Option<AssociationId>,
    /// Whose other leg it is: what Google is owed, or owes, under this contractual account.
    pub integrator: IntegratorAccountId,
    pub direction: Direction,
    pub amount: Micros,
    pub currency: CurrencyCode,
    /// For the customer's statement.
    pub description: Text,
}

/// What a bank returns: not tied to a runtime's types.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A bank. Every call may be repeated, and may be repeated after its first answer was lost: the
/// same movement moves money once, and what was answered once stays the answer, a decline too. A
/// question that was given up may arrive after its repeat was answered; it must move nothing then.
pub trait Bank: Send + Sync + 'static {
    /// The customer whom this identifies, whether the account is open or not.
    fn find<'a>(&'a self, who: &'a Identifier)
    -> Asking<'a, Result<Option<Customer>, Unavailable>>;

    /// The customer, if this is the password. Takes as long for a wrong one as for nobody.
    fn sign_in<'a>(
        &'a self,
        who: &'a Identifier,
        password: &'a Secret,
    ) -> Asking<'a, Result<Option<Customer>, Unavailable>>;

    /// Takes money from the customer: a capture.
    fn debit(&self, transfer: Transfer) -> Asking<'_, Answer>;

    /// Gives money to the customer: a refund or a disbursement.
    fn credit(&self, transfer: Transfer) -> Asking<'_, Answer>;

    /// The outcome of the movement is known for good: it will not be asked for again.
    fn forget<'a>(&'a self, account: &'a AccountId, movement: MovementId) -> Asking<'a, ()>;
}
