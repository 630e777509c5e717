//! What is counted of payments by card.

use std::time::Duration;

use metrics::{Counter, Unit, counter, histogram};
use paceline_domain::authorization::Verdict;
use paceline_domain::card_payment::{
    Authorization, CaptureRefusal, CaseKind, Event, RefundDecline,
};
use paceline_domain::response_code::{Failure, Meaning};

use super::{LABEL_CALL, LABEL_EVENT, LABEL_REASON, LABEL_RESULT};

/// What happened to payments by card, by [`LABEL_EVENT`].
pub const CARD_EVENTS_TOTAL: &str = "engine_card_events_total";
/// What was declined, or failed, by [`LABEL_REASON`].
pub const CARD_DECLINES_TOTAL: &str = "engine_card_declines_total";
/// Questions to the acquirer, by [`LABEL_CALL`] and [`LABEL_RESULT`].
pub const ACQUIRER_CALLS_TOTAL: &str = "engine_acquirer_calls_total";
/// How long the acquirer took, by [`LABEL_CALL`].
pub const ACQUIRER_SECONDS: &str = "engine_acquirer_seconds";

/// Times that a card's number was wanted, and no key opened it.
pub const CARDS_UNREAD_TOTAL: &str = "engine_cards_unread_total";

pub(super) fn describe() {
    use metrics::describe_counter as counter;
    counter!(CARD_EVENTS_TOTAL, Unit::Count, "What happened to payments by card");
    counter!(CARD_DECLINES_TOTAL, Unit::Count, "Payments by card and refunds that were declined");
    counter!(ACQUIRER_CALLS_TOTAL, Unit::Count, "Questions to the acquirer, by result");
    counter!(CARDS_UNREAD_TOTAL, Unit::Count, "Times that no key opened a card that was wanted");
    metrics::describe_histogram!(ACQUIRER_SECONDS, Unit::Seconds, "How long the acquirer took");
}

/// What an acquirer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CardCall {
    Authorize,
    Find,
    Capture,
    Void,
    Refund,
}

impl CardCall {
    const ALL: [Self; 5] = [Self::Authorize, Self::Find, Self::Capture, Self::Void, Self::Refund];

    pub fn word(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Find => "find",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

/// What wakes somebody is there from the start, for a series that begins with one has not
/// increased.
pub(crate) struct CardMetrics {
    unread: Counter,
}

impl Default for CardMetrics {
    fn default() -> Self {
        CardCall::ALL.into_iter().for_each(|call| answered(call, UNKNOWN).increment(0));
        Self { unread: counter!(CARDS_UNREAD_TOTAL) }
    }
}

impl CardMetrics {
    pub fn event(&self, event: &Event) {
        let word = match event {
            Event::Asked { .. } => "asked",
            Event::AskedAgain { .. } => "asked_again",
            Event::Authorized { answer: Authorization::Approved(_), .. } => "approved",
            Event::Authorized { answer: Authorization::Declined(verdict), .. } => {
                self.declined(declined(verdict));
                "declined"
            }
            Event::Authorized { answer: Authorization::Failed(failure), .. } => {
                self.declined(failed(*failure));
                "failed"
            }
            Event::Authorized { answer: Authorization::Asking, .. } => "unanswered",
            Event::CaptureAsked { .. } => "capture_asked",
            Event::CaptureConcluded { outcome: Ok(()), .. } => "captured",
            Event::CaptureConcluded { outcome: Err(why), .. } => {
                self.declined(match why {
                    CaptureRefusal::Lapsed => "reservation_lapsed",
                    CaptureRefusal::Revoked => "authorization_revoked",
                });
                "capture_refused"
            }
            Event::VoidAsked { .. } => "void_asked",
            Event::Voided { .. } => "voided",
            Event::Lapsed { .. } => "lapsed",
            Event::RefundAsked { .. } => "refund_asked",
            Event::RefundConcluded { outcome: Ok(()), .. } => "refunded",
            Event::RefundConcluded { outcome: Err(why), .. } => {
                self.declined(refund_declined(*why));
                "refund_declined"
            }
            Event::RefundReversed { .. } => "refund_reversed",
            Event::CaseOpened { case } => match case.kind {
                CaseKind::Inquiry => "inquired",
                CaseKind::Chargeback(_) => "charged_back",
            },
            Event::ChargebackReversed { .. } => "chargeback_reversed",
            Event::Defended { .. } => "defended",
            Event::FraudReported { .. } => "fraud_reported",
            Event::Referenced { .. } => "referenced",
            Event::Told { .. } => "told",
        };
        counter!(CARD_EVENTS_TOTAL, LABEL_EVENT => word).increment(1);
    }

    /// - `result`: `None` if it is still unknown.
    pub fn acquirer_answered(&self, call: CardCall, result: Option<&'static str>, took: Duration) {
        answered(call, result.unwrap_or(UNKNOWN)).increment(1);
        histogram!(ACQUIRER_SECONDS, LABEL_CALL => call.word()).record(took);
    }

    /// No key opens a card that is wanted.
    pub fn unread(&self) {
        self.unread.increment(1);
    }

    fn declined(&self, why: &'static str) {
        counter!(CARD_DECLINES_TOTAL, LABEL_REASON => why).increment(1);
    }
}

const UNKNOWN: &str = "unknown";

fn answered(call: CardCall, result: &'static str) -> Counter {
    counter!(ACQUIRER_CALLS_TOTAL, LABEL_CALL => call.word(), LABEL_RESULT => result)
}

fn declined(verdict: &Verdict) -> &'static str {
    match verdict.code.meaning() {
        Meaning::Declined(why) => why.word(),
        Meaning::Failed(failure) => failed(failure),
        Meaning::Approved => "approved",
    }
}

fn failed(failure: Failure) -> &'static str {
    match failure {
        Failure::Misconfigured => "misconfigured",
        Failure::Broken => "broken",
        Failure::Unavailable => "unavailable",
    }
}

fn refund_declined(why: RefundDecline) -> &'static str {
    match why {
        RefundDecline::IssuerDeclined => "refund_issuer_declined",
        RefundDecline::LostOrStolen => "refund_lost_or_stolen",
        RefundDecline::CardCancelled => "refund_card_cancelled",
        RefundDecline::UnsupportedByNetwork => "refund_unsupported_by_network",
        RefundDecline::ChargebackInPlace => "refund_chargeback_in_place",
        RefundDecline::WindowExceeded => "refund_window_exceeded",
    }
}
