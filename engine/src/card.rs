//! Standard Payments, card: what a wire may ask of the engine, and what it has to put into words.
//!
//! Why: as in [`tokenized`](crate::tokenized), the answer to a keyed request is worded inside the
//! turn that it tells of. What the words are is the wire's; what they say is here, typed.
//! Promise: a refusal, a failure of the network's and an unfinished request are never remembered;
//! everything else is, a decline too, and a repeat gets the same words. The number of a card leaves
//! this for the acquirer alone, and its verification code is in memory only.

mod evidence;
mod in_flight;
pub(crate) mod kept;
pub mod keyring;
pub mod number;
mod operator;
mod requests;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use paceline_domain::authorization::{Approval, Network, Verdict};
use paceline_domain::card_payment::{CaseKind, DisputeReason, Flow, RawResult};
use paceline_domain::ids::{
    CaptureId, DocumentId, IntegratorAccountId, PaymentId, ReferenceNumber, RefundId, RequestId,
};
use paceline_domain::money::{CurrencyCode, Micros, Millionths};
use paceline_domain::response_code::Failure;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use in_flight::InFlight;
pub use operator::{Resealed, Settled, Unsettled};

use self::keyring::Keyring;
use crate::acquirer::Acquirer;
use crate::asking::Worded;
use crate::entity::CardPayments;
use crate::secret::Secret;
use crate::voice::{Reply, Voices};

/// What an operator turns. How long an answer is repeated, and when a caller is told to ask again,
/// is the same for both families.
#[derive(Clone, Debug)]
pub struct Options {
    /// Networks that the acquirer serves; a card of another cannot be routed.
    pub networks: Vec<Network>,
    /// What the integrator takes of each capture.
    pub fee: Millionths,
    /// How long after its end a day is settled.
    pub settles_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let settles_after = Duration::from_secs(60 * 60);
        Self { networks: Network::ALL.to_vec(), fee: Millionths::ZERO, settles_after }
    }
}

/// Who is asked for money of cards, and what opens their numbers. Clones are handles of the same.
#[derive(Clone)]
pub struct Acquiring {
    pub(crate) acquirer: Arc<dyn Acquirer>,
    keyring: Arc<RwLock<Arc<Keyring>>>,
}

impl Acquiring {
    pub fn new(acquirer: Arc<dyn Acquirer>, keyring: Keyring) -> Self {
        Self { acquirer, keyring: Arc::new(RwLock::new(Arc::new(keyring))) }
    }

    /// The keys in use.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes other keys into use.
    ///
    /// # Errors
    /// [`LookupChanged`]; all stays as it was.
    pub fn replace_keys(&self, keyring: Keyring) -> Result<(), LookupChanged> {
        let mut current = self.keyring.write().unwrap_or_else(PoisonError::into_inner);
        if !current.finds_as(&keyring) {
            return Err(LookupChanged);
        }
        *current = Arc::new(keyring);
        Ok(())
    }
}

/// Under another look-up key no card would be found any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the look-up key is another one: no card would be found any more")]
pub struct LookupChanged;

/// `reserveFunds`, `capture` in one message, `verifyCardWithMinimumReservation`.
#[derive(Clone, Debug)]
pub struct Authorize {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub flow: Flow,
    pub card: CardOnFile,
    /// Verified, if it is there, and forgotten.
    pub cvn: Option<Secret>,
    /// Above zero; `None` in a verification, where it is the integrator's to choose.
    pub amount: Option<Micros>,
    pub currency: CurrencyCode,
    pub description: Text,
    pub category: MerchantCategory,
    pub address: Option<Address>,
    pub processing: Processing,
}

/// What is kept of a card, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardOnFile {
    /// 12 to 19 digits.
    pub number: Secret,
    /// UTF-8.
    pub name: Secret,
    /// `None`: nobody said; a network knows when its tokens expire.
    pub expires: Option<Expiry>,
    /// If the number is a network's token in place of the card's own.
    pub token: Option<NetworkToken>,
}

impl CardOnFile {
    /// Without what is good for one use only.
    pub(crate) fn kept(&self) -> Self {
        let token = self.token.as_ref().map(|_| NetworkToken { kind: None, cryptogram: None });
        Self { token, ..self.clone() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkToken {
    /// `None`: nobody said, as before 2025-08.
    pub kind: Option<TokenKind>,
    /// Proof of this one use: forgotten with the verification code.
    pub cryptogram: Option<Secret>,
}

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenKind {
    Device,
    Merchant,
    Unsupported,
}

/// The last month in which a card is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// 1 to 12.
    pub month: u8,
    /// Four digits.
    pub year: u16,
}

/// What a merchant sells: four digits of ISO 18245.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MerchantCategory(pub [u8; 4]);

impl fmt::Debug for MerchantCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

/// The holder's address, for the issuer to compare. Never stored.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address {
    pub lines: Vec<Text>,
    pub locality: Option<Text>,
    pub administrative_area: Option<Text>,
    pub postal_code: Option<Text>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Text>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// How the networks are to take it. Members that do not apply are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Processing {
    /// The network that the holder has chosen.
    pub network: Option<Text>,
    /// ECI.
    pub commerce_indicator: Option<Text>,
    pub three_d_secure: Option<ThreeDSecure>,
    pub stored_credential: Option<StoredCredential>,
    /// Why the holder need not be authenticated.
    pub exemption: Option<Exemption>,
}

/// Google's word for it, and what it says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    pub name: Text,
    /// As in [`ThreeDSecure`].
    pub details: Secret,
}

#[derive(Clone, PartialEq, Eq)]
pub struct ThreeDSecure {
    pub directory_server_transaction: Option<Text>,
    /// Proof of the authentication.
    pub cavv: Option<Secret>,
    pub version: Option<Text>,
    pub server_transaction: Option<Text>,
    /// The whole object as it came, in JSON: not all of its members have published names, and the
    /// acquirer may know what we do not.
    pub details: Secret,
}

impl fmt::Debug for ThreeDSecure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ThreeDSecure(…)")
    }
}

/// Who began a payment with a stored credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredCredential {
    Customer {
        /// Google's words, passed on.
        intent: Option<Text>,
        storage: Option<Text>,
        /// As in [`ThreeDSecure`].
        details: Secret,
    },
    Merchant {
        intent: Option<Text>,
        /// The network's id of the payment that it continues, if it has one.
        previous: Option<Text>,
        /// As in [`ThreeDSecure`]: an id of another kind is here.
        details: Secret,
    },
}

/// `asynchronousCaptureFundsReservation`.
#[derive(Clone, Debug)]
pub struct Capture {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub reservation: RequestId,
    /// Above zero.
    pub amount: Micros,
}

/// `asynchronousCancelFundsReservation`.
#[derive(Clone, Debug)]
pub struct Void {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub reservation: RequestId,
}

/// `asynchronousRefund`.
#[derive(Clone, Debug)]
pub struct Refund {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub capture: RequestId,
    /// Above zero.
    pub amount: Micros,
}

/// `defendChargeback`.
#[derive(Clone, Debug)]
pub struct Defend {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    /// `None`: a payment that was made outside of Standard Payments, and is not known here.
    pub capture: Option<RequestId>,
    /// A PDF.
    pub document: Secret,
}

/// What an operator, or a connector of the acquirer's, makes known.
#[derive(Clone, Debug)]
pub struct Raise {
    pub integrator: IntegratorAccountId,
    pub what: Raised,
}

#[derive(Clone, Debug)]
pub enum Raised {
    Case {
        capture: RequestId,
        /// Whoever raises it knows it by this name; a repeat is no second case.
        case: Text,
        kind: CaseKind,
        amount: Micros,
        reason: DisputeReason,
        raw: RawResult,
        raised_on: Timestamp,
        reply_by: Timestamp,
    },
    ChargebackReversal {
        capture: RequestId,
        case: Text,
        raw: RawResult,
        reversed_on: Timestamp,
    },
    RefundReversal {
        refund: RequestId,
        raw: RawResult,
    },
    Fraud {
        capture: RequestId,
        kind: Text,
        raw: RawResult,
    },
    CaptureReference {
        capture: RequestId,
        number: ReferenceNumber,
    },
    RefundReference {
        refund: RequestId,
        number: ReferenceNumber,
    },
}

/// What a capture is called here: by it Google and we find the same line in a settlement.
pub fn capture_id(integrator: &IntegratorAccountId, request: &RequestId) -> CaptureId {
    CardPayments::capture(integrator, request)
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// `reserveFunds`, `capture`, `verifyCardWithMinimumReservation`.
    Authorized { flow: Flow, payment: PaymentId, result: Result<&'a Approval, &'a Verdict> },
    /// `asynchronousCaptureFundsReservation`: what comes of it is notified.
    CaptureAcknowledged { capture: CaptureId },
    /// `asynchronousCancelFundsReservation`: what comes of it is notified.
    VoidAcknowledged,
    /// `asynchronousRefund`: what comes of it is notified.
    RefundAcknowledged { refund: RefundId },
    /// `defendChargeback`.
    Defended { document: DocumentId },
    /// Nothing was done, and the same request may come again: no 200.
    Refused(Refusal),
    /// Neither the issuer nor the network has decided: no 200. The raw code, if there was one.
    Failed(Failure),
    /// Under way, and longer than the caller can wait: 503. Whoever asks again hears what comes of
    /// it.
    Unfinished,
}

/// Why nothing was done. None of these is remembered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request's id names another payment, or one that is under way")]
    RequestTaken,
    #[error("reservationRequestId: there is no such reservation")]
    ReservationUnknown,
    #[error("captureRequestId: there is no such capture")]
    CaptureUnknown,
    #[error("refundRequestId: there is no such refund")]
    RefundUnknown,
    #[error("mrnPaymentDetails: the payment was not made here")]
    PaymentElsewhere,
    #[error("the reservation is being asked for: ask again")]
    UnderWay,
    #[error("nothing is reserved: the reservation was declined or has not been concluded")]
    NotReserved,
    #[error("the reservation was captured already")]
    CapturedAlready,
    #[error("the reservation was cancelled")]
    Voided,
    #[error("a card verification can be cancelled, and not captured")]
    OnlyVerified,
    #[error("amount is above what is reserved: {} micros", held.0)]
    CaptureExceedsHold { held: Micros },
    #[error("the amount must be above zero")]
    NothingAsked,
    #[error("the amount is no whole number of minor units of {0}")]
    Fractional(CurrencyCode),
    #[error("the amount is no whole number of minor units of {0}")]
    FractionalRefund(CurrencyCode),
    #[error("nothing was captured that could be refunded or contested")]
    NotCaptured,
    #[error("refundAmount is above what is left of the capture: {} micros", left.0)]
    RefundExceedsRemainder { left: Micros },
    #[error("the amount is above what is left to be charged back: {} micros", left.0)]
    ChargebackExceedsRemainder { left: Micros },
    #[error("there are too many of this kind on one payment")]
    TooMany,
    #[error("the refund has not succeeded")]
    NotRefunded,
    #[error("there is no chargeback that could be defended or reversed")]
    CaseUnknown,
    #[error("no first chargeback was reversed that a second one could follow")]
    NoneReversed,
    #[error("another case of this name and kind is known, or a chargeback of this name is open")]
    CaseTaken,
    #[error("the chargeback is closed")]
    CaseClosed,
    #[error("the time to reply to the chargeback is over")]
    TooLateToReply,
    #[error("another acquirer reference number is known")]
    ReferenceDiffers,
    #[error("the case has no name")]
    CaseUnnamed,
    #[error("the day on which it was raised has not come")]
    RaisedLater,
    #[error("it was raised before there was the payment")]
    RaisedBeforePaid,
    #[error("replyByDate is before the day on which it was raised")]
    ReplyBeforeRaised,
    #[error("the day on which it was reversed has not come")]
    ReversedLater,
    #[error("it was reversed before the chargeback was raised")]
    ReversedBeforeRaised,
    #[error("rawResult: the code, or the name of whose code it is, is empty")]
    CodeEmpty,
    #[error("fraudType is a word of Google's in upper case, such as FRAUDULENT_USE")]
    FraudKindMalformed,
    #[error("the document is too large, or another has its name")]
    DocumentUnkept,
}

/// A wire's words. The body is all that follows the header of the answer, whose time is the moment
/// of each delivery.
pub trait Voice: Send + Sync + 'static {
    fn words(&self, outcome: &Outcome<'_>) -> Reply;
}

impl Worded for Outcome<'_> {
    fn reply(&self, voices: &Voices) -> Reply {
        voices.card().words(self)
    }

    fn lasts(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Failed(_) | Self::Unfinished)
    }
}
