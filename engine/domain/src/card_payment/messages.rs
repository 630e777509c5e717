//! What a payment by card is asked, what happens to it, what stands in its way, and what it owes.

use serde::{Deserialize, Serialize};

use super::{
    AskCapture, AskRefund, AskVoid, Authorization, CaptureRefusal, OpenCase, RawResult,
    RefundDecline, Telling, Terms,
};
use crate::asked::Asked;
use crate::authorization::Verdict;
use crate::ids::{
    DocumentId, IntegratorAccountId, MovementId, PaymentId, ReferenceNumber, RefundId, RequestId,
};
use crate::money::{CurrencyCode, Micros};
use crate::text::Text;
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Authorize(Box<Authorize>),
    /// What the acquirer said to an attempt.
    Authorized {
        attempt: u32,
        answer: Authorization,
        now: Timestamp,
    },
    Capture(AskCapture),
    CaptureConcluded {
        outcome: Result<(), CaptureRefusal>,
        raw: RawResult,
        reference: Option<ReferenceNumber>,
        now: Timestamp,
    },
    Void(AskVoid),
    /// Nothing is held any more.
    VoidConcluded {
        now: Timestamp,
    },
    /// The reservation's time has come.
    Lapse {
        now: Timestamp,
    },
    Refund(AskRefund),
    RefundConcluded {
        refund: RefundId,
        outcome: Result<(), RefundDecline>,
        raw: RawResult,
        reference: Option<ReferenceNumber>,
        now: Timestamp,
    },
    /// The issuer has undone a refund that had succeeded.
    ReverseRefund {
        refund: RefundId,
        raw: RawResult,
        now: Timestamp,
    },
    OpenCase(Box<OpenCase>),
    /// A chargeback was won.
    ReverseChargeback {
        case: Text,
        raw: RawResult,
        reversed_on: Timestamp,
        now: Timestamp,
    },
    /// Google has handed over evidence.
    Defend {
        document: DocumentId,
        now: Timestamp,
    },
    ReportFraud {
        kind: Text,
        raw: RawResult,
        now: Timestamp,
    },
    /// The acquirer's number for what has moved.
    Reference {
        of: Moved,
        number: ReferenceNumber,
        now: Timestamp,
    },
    ConfirmTold {
        number: u32,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorize {
    pub id: PaymentId,
    pub terms: Terms,
    /// What is known to stand against it before anybody is asked.
    pub barred: Option<Box<Verdict>>,
    pub now: Timestamp,
    pub asked: Option<Asked>,
}

/// A movement that an acquirer reference number may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moved {
    Capture,
    Refund(RefundId),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Asked {
        id: PaymentId,
        terms: Box<Terms>,
        asked: Option<Asked>,
        at: Timestamp,
    },
    /// After a failure; the acquirer hears another name.
    AskedAgain {
        asked: Option<Asked>,
        at: Timestamp,
    },
    Authorized {
        answer: Authorization,
        at: Timestamp,
    },
    CaptureAsked {
        capture: RequestId,
        amount: Micros,
        at: Timestamp,
    },
    CaptureConcluded {
        outcome: Result<(), CaptureRefusal>,
        raw: RawResult,
        at: Timestamp,
    },
    VoidAsked {
        request: RequestId,
        at: Timestamp,
    },
    Voided {
        at: Timestamp,
    },
    Lapsed {
        at: Timestamp,
    },
    RefundAsked {
        id: RefundId,
        request: RequestId,
        amount: Micros,
        at: Timestamp,
    },
    RefundConcluded {
        refund: RefundId,
        outcome: Result<(), RefundDecline>,
        raw: RawResult,
        at: Timestamp,
    },
    RefundReversed {
        refund: RefundId,
        raw: RawResult,
        at: Timestamp,
    },
    CaseOpened {
        case: Box<OpenCase>,
    },
    ChargebackReversed {
        case: Text,
        raw: RawResult,
        reversed_on: Timestamp,
        at: Timestamp,
    },
    Defended {
        document: DocumentId,
        at: Timestamp,
    },
    FraudReported {
        kind: Text,
        raw: RawResult,
        at: Timestamp,
    },
    Referenced {
        of: Moved,
        number: ReferenceNumber,
        at: Timestamp,
    },
    Told {
        number: u32,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such payment")]
    Unknown,
    #[error("the request's id names another payment, or one that is under way")]
    RequestTaken,
    #[error("the reservation is being asked for")]
    UnderWay,
    #[error("nothing is reserved")]
    NotReserved,
    #[error("the reservation was captured already")]
    CapturedAlready,
    #[error("the reservation was cancelled")]
    Voided,
    #[error("a verification is cancelled and never captured")]
    OnlyVerified,
    #[error("{} micros are reserved", held.0)]
    CaptureExceedsHold { held: Micros },
    #[error("the amount must be above zero")]
    NothingAsked,
    #[error("the amount is no whole number of minor units of {0}")]
    Fractional(CurrencyCode),
    #[error("the refund is no whole number of minor units of {0}")]
    FractionalRefund(CurrencyCode),
    #[error("nothing was captured")]
    NotCaptured,
    #[error("{} micros are left to be refunded", left.0)]
    RefundExceedsRemainder { left: Micros },
    #[error("{} micros are left to be charged back", left.0)]
    ChargebackExceedsRemainder { left: Micros },
    #[error("too many of one kind on one payment")]
    TooMany,
    #[error("there is no such refund, or it has not succeeded")]
    NotRefunded,
    #[error("there is no such chargeback")]
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
    #[error("it was raised on a day that has not come")]
    RaisedLater,
    #[error("it was raised before there was the payment")]
    RaisedBeforePaid,
    #[error("the time to reply is over before it was raised")]
    ReplyBeforeRaised,
    #[error("it was reversed on a day that has not come")]
    ReversedLater,
    #[error("it was reversed before it was raised")]
    ReversedBeforeRaised,
    #[error("the code, or the name of whose code it is, is empty")]
    CodeEmpty,
    #[error("the kind of fraud is no word of Google's such as FRAUDULENT_USE")]
    FraudKindMalformed,
}

/// What a payment owes, safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// List it with the card, then ask the acquirer under this name.
    Authorize {
        attempt: u32,
        movement: MovementId,
        payment: PaymentId,
        terms: Box<Terms>,
        at: Timestamp,
    },
    /// Take some of what the authorization `of` holds, and be found by the request.
    Capture {
        movement: MovementId,
        of: MovementId,
        payment: PaymentId,
        request: RequestId,
        terms: Box<Terms>,
        amount: Micros,
        at: Timestamp,
    },
    Void {
        movement: MovementId,
        of: MovementId,
        terms: Box<Terms>,
        at: Timestamp,
    },
    /// Give back some of what the movement `of` took, and be found by the request.
    Refund {
        movement: MovementId,
        of: MovementId,
        payment: PaymentId,
        refund: RefundId,
        request: RequestId,
        terms: Box<Terms>,
        amount: Micros,
        at: Timestamp,
    },
    /// Tell Google and our books.
    Tell {
        payment: PaymentId,
        integrator: IntegratorAccountId,
        currency: CurrencyCode,
        telling: Box<Telling>,
    },
    /// Let go of what is held, at this time and not before.
    Lapse {
        expires_at: Timestamp,
    },
}
