//! What the holder or the issuer contests: inquiries, chargebacks, and reports of fraud.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::told::{CaseTold, LineKind, RawResult, Subject};
use super::{CardPayment, Event, Rejection};
use crate::ids::{DocumentId, NoticeId};
use crate::money::Micros;
use crate::text::Text;
use crate::time::Timestamp;

/// Inquiries and chargebacks of one payment: networks allow a handful.
pub const CASES_MAX: usize = 100;

/// Reports of fraud on one payment.
pub const FRAUDS_MAX: usize = 100;

/// An inquiry or a chargeback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub opened: OpenCase,
    pub state: CaseState,
    /// Under which Google was told of it; a reversal names it.
    pub notice: NoticeId,
    pub documents: Vec<DocumentId>,
}

/// What is known of a case when it is raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCase {
    /// Whoever raised it knows it by this name. An inquiry, and the first and the second chargeback
    /// that come of it, may share one: a case is known by its name and its kind.
    pub case: Text,
    pub kind: CaseKind,
    pub amount: Micros,
    pub reason: DisputeReason,
    pub raw: RawResult,
    /// When the issuer raised it.
    pub raised_on: Timestamp,
    pub reply_by: Timestamp,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseKind {
    /// The issuer asks; no money moves.
    Inquiry,
    /// The issuer has given the money back.
    Chargeback(Stage),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    First,
    Second,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CaseState {
    Open,
    /// Won: the money has come back.
    Reversed {
        at: Timestamp,
    },
}

/// Why a payment is contested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DisputeReason {
    Fraud,
    FamiliarFraud,
    Suspicious,
    ChargeNotRecognized,
    CreditNotProcessed,
    DuplicatePayment,
    SubscriptionCanceled,
    InputError,
    InsufficientFunds,
    NotDelivered,
    DefectiveOrNotAsDescribed,
    IncorrectMerchandise,
    UnwantedMerchandise,
    TransactionAmountDiffer,
    PaidByOtherMeans,
    LatePresentment,
    Unclear,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fraud {
    /// Google's word for the kind.
    pub kind: Text,
    pub raw: RawResult,
    pub at: Timestamp,
}

impl OpenCase {
    /// What could never be told is not kept.
    fn checked(&self) -> Result<(), Rejection> {
        if self.case.trim().is_empty() {
            return Err(Rejection::CaseUnnamed);
        }
        self.raw.checked()
    }

    /// One day follows the other: the capture's, the case's, the last to reply.
    fn dated_after(&self, captured_at: Timestamp) -> Result<(), Rejection> {
        if self.raised_on > self.at {
            return Err(Rejection::RaisedLater);
        }
        if self.raised_on.after(A_DAY) <= captured_at {
            return Err(Rejection::RaisedBeforePaid);
        }
        match self.reply_by < self.raised_on {
            true => Err(Rejection::ReplyBeforeRaised),
            false => Ok(()),
        }
    }
}

/// What is raised on a day has that day's first moment, and follows what was captured on it.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether it has the form of an enum's word, and is not the one that stands for none.
///
/// # Source
/// Standard Payments, values: an enum is upper snake case, and its zero value is never sent.
fn may_be_sent(word: &str) -> bool {
    let is_of_one = |letter: u8| matches!(letter, b'A'..=b'Z' | b'0'..=b'9' | b'_');
    let stands_for_none = word.starts_with("UNKNOWN") || word.ends_with("UNSPECIFIED");
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.bytes().all(is_of_one)
        && !stands_for_none
}

impl Case {
    pub fn is_chargeback(&self) -> bool {
        matches!(self.opened.kind, CaseKind::Chargeback(_))
    }

    /// The latest of these is the one that evidence is for.
    fn may_be_defended(&self, at: Timestamp) -> bool {
        self.is_open_chargeback() && self.opened.reply_by >= at
    }

    fn is_open_chargeback(&self) -> bool {
        self.is_chargeback() && self.state == CaseState::Open
    }

    fn is_chargeback_called(&self, name: &Text) -> bool {
        self.is_chargeback() && self.opened.case == *name
    }
}

impl CardPayment {
    /// A chargeback is of what was captured and not given back already; a second one follows a first
    /// that was reversed. Of one name at most one chargeback is open, so that a reversal finds it.
    pub(super) fn decide_case(&self, case: Box<OpenCase>) -> Result<Vec<Event>, Rejection> {
        case.checked()?;
        if let Some(known) = self.case(&case.case, case.kind) {
            let same = OpenCase { at: known.opened.at, ..OpenCase::clone(&case) } == known.opened;
            return if same { Ok(vec![]) } else { Err(Rejection::CaseTaken) };
        }
        if case.kind != CaseKind::Inquiry && self.open_chargeback(&case.case).is_some() {
            return Err(Rejection::CaseTaken);
        }
        let capture = self.capture.as_ref().filter(|_| self.is_captured());
        case.dated_after(capture.ok_or(Rejection::NotCaptured)?.asked_at)?;
        self.checked(case.amount)?;
        if self.cases.len() >= CASES_MAX {
            return Err(Rejection::TooMany);
        }
        let left = match case.kind {
            CaseKind::Inquiry => self.amounts.captured,
            CaseKind::Chargeback(_) => self.remainder(),
        };
        if case.amount > left {
            return Err(Rejection::ChargebackExceedsRemainder { left });
        }
        if case.kind == CaseKind::Chargeback(Stage::Second) && !self.may_be_contested_again() {
            return Err(Rejection::NoneReversed);
        }
        Ok(vec![Event::CaseOpened { case }])
    }

    /// Whoever hears no answer says it again: a chargeback is won once.
    pub(super) fn decide_chargeback_reversal(
        &self,
        case: Text,
        raw: RawResult,
        reversed_on: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<Event>, Rejection> {
        raw.checked()?;
        let won = self
            .cases
            .iter()
            .any(|known| known.is_chargeback_called(&case) && known.state != CaseState::Open);
        match self.open_chargeback(&case) {
            // What was won before the second chargeback of that name was raised is the first.
            Some(open) if won && reversed_on < open.opened.raised_on => Ok(vec![]),
            Some(open) if reversed_on < open.opened.raised_on => {
                Err(Rejection::ReversedBeforeRaised)
            }
            Some(_) if reversed_on > now => Err(Rejection::ReversedLater),
            Some(_) => Ok(vec![Event::ChargebackReversed { case, raw, reversed_on, at: now }]),
            None if won => Ok(vec![]),
            None => Err(Rejection::CaseUnknown),
        }
    }

    /// Evidence is for the chargeback that is open, while there is time to reply.
    pub(super) fn decide_defence(
        &self,
        document: DocumentId,
        now: Timestamp,
    ) -> Result<Vec<Event>, Rejection> {
        if self.cases.iter().any(|case| case.documents.contains(&document)) {
            return Ok(vec![]);
        }
        if !self.cases.iter().any(Case::is_chargeback) {
            return Err(Rejection::CaseUnknown);
        }
        if !self.cases.iter().any(Case::is_open_chargeback) {
            return Err(Rejection::CaseClosed);
        }
        match self.cases.iter().rfind(|case| case.may_be_defended(now)) {
            None => Err(Rejection::TooLateToReply),
            Some(case) if case.documents.len() >= CASES_MAX => Err(Rejection::TooMany),
            Some(_) => Ok(vec![Event::Defended { document, at: now }]),
        }
    }

    pub(super) fn decide_fraud(
        &self,
        kind: Text,
        raw: RawResult,
        now: Timestamp,
    ) -> Result<Vec<Event>, Rejection> {
        if !may_be_sent(&kind) {
            return Err(Rejection::FraudKindMalformed);
        }
        raw.checked()?;
        if !self.is_captured() {
            return Err(Rejection::NotCaptured);
        }
        if self.frauds.iter().any(|known| known.kind == kind && known.raw == raw) {
            return Ok(vec![]);
        }
        if self.frauds.len() >= FRAUDS_MAX {
            return Err(Rejection::TooMany);
        }
        Ok(vec![Event::FraudReported { kind, raw, at: now }])
    }

    pub(super) fn apply_case(&mut self, opened: &OpenCase) {
        let capture = self.capture_request();
        let told = CaseTold {
            capture: capture.clone(),
            amount: opened.amount,
            reason: opened.reason,
            raw: opened.raw.clone(),
            raised_on: opened.raised_on,
            reply_by: opened.reply_by,
            case: opened.case.clone(),
        };
        let (subject, line) = match opened.kind {
            CaseKind::Inquiry => (Subject::Inquiry(told), None),
            CaseKind::Chargeback(stage) => {
                let line = self.line(LineKind::Chargeback, capture, opened.amount, opened.at);
                (Subject::Chargeback { stage, told }, Some(line))
            }
        };
        let notice = self.tell(Some(subject), line);
        let (opened, state) = (opened.clone(), CaseState::Open);
        self.cases.push(Case { opened, state, notice, documents: vec![] });
    }

    pub(super) fn apply_chargeback_reversed(
        &mut self,
        name: &Text,
        raw: &RawResult,
        reversed_on: Timestamp,
        at: Timestamp,
    ) {
        let capture = self.capture_request();
        let mut cases = self.cases.iter_mut().filter(|case| case.is_open_chargeback());
        let case = cases.find(|case| case.opened.case == *name);
        let case = case.expect("what is reversed was charged back");
        case.state = CaseState::Reversed { at };
        let (chargeback, amount) = (case.notice, case.opened.amount);
        let line = self.line(LineKind::ChargebackReversal, capture, amount, at);
        let raw = raw.clone();
        let subject = Subject::ChargebackReversed { chargeback, amount, raw, reversed_on };
        self.tell(Some(subject), Some(line));
    }

    pub(super) fn apply_defended(&mut self, document: DocumentId, at: Timestamp) {
        let open = self.cases.iter_mut().rfind(|case| case.may_be_defended(at));
        open.expect("what is defended is open").documents.push(document);
    }

    pub(super) fn apply_fraud(&mut self, kind: &Text, raw: &RawResult, at: Timestamp) {
        self.frauds.push(Fraud { kind: kind.clone(), raw: raw.clone(), at });
        let capture = self.capture_request();
        let (kind, raw) = (kind.clone(), raw.clone());
        self.tell(Some(Subject::FraudReported { capture, kind, raw }), None);
    }

    /// What the issuer has taken back and not returned.
    pub fn charged_back(&self) -> Micros {
        let open = self.cases.iter().filter(|case| case.is_open_chargeback());
        open.fold(Micros::ZERO, |sum, case| sum + case.opened.amount)
    }

    /// The case that is known by this name and is of this kind.
    pub fn case(&self, name: &Text, kind: CaseKind) -> Option<&Case> {
        self.cases.iter().find(|case| case.opened.case == *name && case.opened.kind == kind)
    }

    fn open_chargeback(&self, name: &Text) -> Option<&Case> {
        let open = |case: &&Case| case.is_chargeback_called(name) && case.state == CaseState::Open;
        self.cases.iter().find(open)
    }

    /// Of each first chargeback that was reversed, whatever the issuer calls the second, once.
    fn may_be_contested_again(&self) -> bool {
        let of = |stage| {
            let kind = CaseKind::Chargeback(stage);
            self.cases.iter().filter(move |case| case.opened.kind == kind)
        };
        let reversed = of(Stage::First).filter(|case| case.state != CaseState::Open).count();
        of(Stage::Second).count() < reversed
    }

    fn capture_request(&self) -> crate::ids::RequestId {
        self.capture.as_ref().expect("what is contested was captured").request.clone()
    }
}

impl DisputeReason {
    pub const ALL: [Self; 18] = [
        Self::Fraud,
        Self::FamiliarFraud,
        Self::Suspicious,
        Self::ChargeNotRecognized,
        Self::CreditNotProcessed,
        Self::DuplicatePayment,
        Self::SubscriptionCanceled,
        Self::InputError,
        Self::InsufficientFunds,
        Self::NotDelivered,
        Self::DefectiveOrNotAsDescribed,
        Self::IncorrectMerchandise,
        Self::UnwantedMerchandise,
        Self::TransactionAmountDiffer,
        Self::PaidByOtherMeans,
        Self::LatePresentment,
        Self::Unclear,
        Self::Other,
    ];

    /// The word on the command line and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fraud => "fraud",
            Self::FamiliarFraud => "familiar_fraud",
            Self::Suspicious => "suspicious",
            Self::ChargeNotRecognized => "charge_not_recognized",
            Self::CreditNotProcessed => "credit_not_processed",
            Self::DuplicatePayment => "duplicate_payment",
            Self::SubscriptionCanceled => "subscription_canceled",
            Self::InputError => "input_error",
            Self::InsufficientFunds => "insufficient_funds",
            Self::NotDelivered => "not_delivered",
            Self::DefectiveOrNotAsDescribed => "defective_or_not_as_described",
            Self::IncorrectMerchandise => "incorrect_merchandise",
            Self::UnwantedMerchandise => "unwanted_merchandise",
            Self::TransactionAmountDiffer => "transaction_amount_differ",
            Self::PaidByOtherMeans => "paid_by_other_means",
            Self::LatePresentment => "late_presentment",
            Self::Unclear => "unclear",
            Self::Other => "other",
        }
    }
}
