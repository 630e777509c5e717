//! Google's services, as the engine calls them.
//!
//! Why: what is owed to Google is in the log. Here is one try at delivering one such thing: the
//! method's path, the envelope and the clock are the wire's, and when to try again is the engine's.

use paceline_domain::card_payment;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::notice::Subject;
use paceline_domain::statement::{LineKind, Said};
use paceline_domain::text::Text;

use crate::bank::Asking;

/// One call. Its `request` is the same in every try; time stamps are the wire's, fresh each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A notification.
    Result(Subject),
    /// `remittanceStatementDetails`.
    StatementPage { statement: RequestId, offset: u64, lines_max: u32 },
    /// `acceptRemittanceStatement`.
    AcceptStatement { statement: RequestId },
    /// `acceptRemittanceStatementWithModifications`.
    ProposeStatement { statement: RequestId, total_due: Micros, currency: CurrencyCode },
}

impl What {
    /// The method, as Google calls it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Result(Subject::Capture { .. }) => "captureResultNotification",
            Self::Result(Subject::Refund { .. }) => "refundResultNotification",
            Self::Result(Subject::Disbursement { .. }) => "disburseFundsResultNotification",
            Self::Result(Subject::Card(told)) => card_word(told),
            Self::Result(Subject::Settlement(_)) => "settlementNotification",
            Self::StatementPage { .. } => "remittanceStatementDetails",
            Self::AcceptStatement { .. } => "acceptRemittanceStatement",
            Self::ProposeStatement { .. } => "acceptRemittanceStatementWithModifications",
        }
    }
}

fn card_word(told: &card_payment::Subject) -> &'static str {
    use card_payment::Subject;
    match told {
        Subject::Captured { .. } => "captureFundsReservationResultNotification",
        Subject::Voided { .. } => "cancelFundsReservationResultNotification",
        Subject::Refunded { .. } => "refundResultNotification",
        Subject::RefundReversed { .. } => "reverseRefundNotification",
        Subject::Inquiry(_) => "inquiryNotification",
        Subject::Chargeback { .. } => "chargebackNotification",
        Subject::ChargebackReversed { .. } => "chargebackReversedNotification",
        Subject::FraudReported { .. } => "fraudNotification",
        Subject::CaptureReferenced { .. } => "setAcquirerReferenceNumberForCaptureNotification",
        Subject::RefundReferenced { .. } => "setAcquirerReferenceNumberForRefundNotification",
    }
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// 200, with nothing in it that matters.
    Heard,
    /// 200, with a page of a statement.
    Page(Page),
    /// 412: to repeat it is in vain.
    Refused(Text),
    /// 200, with what should be a page of a statement and is none: a repeat would bring the same.
    Unreadable,
    /// Anything else, or no answer at all.
    NotYet(Trouble),
}

/// Why it was not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It passes by itself: try again soon.
    Passing,
    /// 400, 401, 403, 404: somebody has to mend something first. Tried again slowly.
    NeedsMending,
}

/// A page of a remittance statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub lines: Vec<PageLine>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<u64>,
    pub lines_total: u64,
    pub said: Said,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLine {
    pub kind: LineKind,
    pub request: RequestId,
    pub amount: Micros,
    pub fee: Micros,
    pub currency: CurrencyCode,
}

/// Google, outbound.
pub trait Google: Send + Sync + 'static {
    fn deliver(&self, call: Call) -> Asking<'_, Delivery>;
}
