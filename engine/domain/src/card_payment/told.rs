//! What Google and our books are told of a payment, each thing once, in the order in which it
//! happened.

use serde::{Deserialize, Serialize};

use super::dispute::{DisputeReason, Stage};
use super::refund::RefundDecline;
use super::reservation::CaptureRefusal;
use super::{CardPayment, MovementId, Rejection};
use crate::ids::{NoticeId, PaymentId, ReferenceNumber, RefundId, RequestId};
use crate::money::Micros;
use crate::text::Text;
use crate::time::Timestamp;

/// Something to tell: to Google, to our books, or to both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telling {
    /// Counted from 1 within the payment.
    pub number: u32,
    /// The id of the notice, if there is one.
    pub notice: NoticeId,
    pub subject: Option<Subject>,
    pub line: Option<Line>,
}

/// What Google is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    Captured {
        request: RequestId,
        outcome: Result<(), CaptureRefusal>,
        raw: RawResult,
    },
    Voided {
        request: RequestId,
    },
    Refunded {
        request: RequestId,
        refund: RefundId,
        outcome: Result<(), RefundDecline>,
        raw: RawResult,
    },
    RefundReversed {
        request: RequestId,
        amount: Micros,
        raw: RawResult,
    },
    Inquiry(CaseTold),
    Chargeback {
        stage: Stage,
        told: CaseTold,
    },
    /// `chargeback` is the notice that told of it.
    ChargebackReversed {
        chargeback: NoticeId,
        amount: Micros,
        raw: RawResult,
        reversed_on: Timestamp,
    },
    FraudReported {
        capture: RequestId,
        kind: Text,
        raw: RawResult,
    },
    CaptureReferenced {
        capture: RequestId,
        number: ReferenceNumber,
    },
    RefundReferenced {
        refund: RequestId,
        number: ReferenceNumber,
    },
}

/// What Google is told of an inquiry or a chargeback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseTold {
    pub capture: RequestId,
    pub amount: Micros,
    pub reason: DisputeReason,
    pub raw: RawResult,
    pub raised_on: Timestamp,
    pub reply_by: Timestamp,
    pub case: Text,
}

/// A code that is passed on and never looked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawResult {
    /// Whose code it is, such as `VISA`.
    pub scope: Option<Text>,
    pub code: Text,
}

impl RawResult {
    /// Google takes no code that is empty, and would not hear of anything else before it.
    pub(super) fn checked(&self) -> Result<(), Rejection> {
        let scope = self.scope.as_ref().is_none_or(|scope| !scope.trim().is_empty());
        if scope && !self.code.trim().is_empty() { Ok(()) } else { Err(Rejection::CodeEmpty) }
    }
}

/// A movement of money, for the settlement of its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub kind: LineKind,
    /// What Google was told the payment is called here.
    pub payment: PaymentId,
    /// So that a line that is entered twice counts once.
    pub movement: MovementId,
    /// Of the capture or of the refund.
    pub request: RequestId,
    pub amount: Micros,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LineKind {
    Capture,
    Refund,
    RefundReversal,
    Chargeback,
    ChargebackReversal,
}

impl CardPayment {
    /// Puts something on the list. Returns the notice's id.
    pub(super) fn tell(&mut self, subject: Option<Subject>, line: Option<Line>) -> NoticeId {
        self.tellings += 1;
        let number = self.tellings;
        let notice = NoticeId(self.named(NOTICES_FROM + u128::from(number)).0);
        self.untold.push(Telling { number, notice, subject, line });
        notice
    }

    pub(super) fn tell_books(
        &mut self,
        kind: LineKind,
        request: RequestId,
        amount: Micros,
        at: Timestamp,
    ) {
        let line = self.line(kind, request, amount, at);
        self.tell(None, Some(line));
    }

    /// The line of what is told next.
    pub(super) fn line(
        &self,
        kind: LineKind,
        request: RequestId,
        amount: Micros,
        at: Timestamp,
    ) -> Line {
        let movement = self.named(NOTICES_FROM + u128::from(self.tellings + 1));
        Line { kind, payment: self.id, movement, request, amount, at }
    }
}

/// Names of notices begin after those of attempts.
const NOTICES_FROM: u128 = 1 << 64;
