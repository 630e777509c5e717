//! What Google knows of payments by card: what it has asked for, and what it was told of that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardLedger {
    pub asked: Vec<Asked>,
    /// In the order in which they were told.
    pub cases: Vec<Case>,
    /// By their ids.
    pub settlements: BTreeMap<String, Settlement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    Reservation,
    Verification,
    /// Of a reservation.
    Capture,
    Cancellation,
    /// One message, which reserves and captures.
    Payment,
    Refund,
}

impl CardKind {
    /// What refunds, disputes and acquirer reference numbers may name as their capture.
    pub fn is_capture(self) -> bool {
        matches!(self, Self::Capture | Self::Payment)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub kind: CardKind,
    pub request: String,
    /// The reservation, or the capture, that it names.
    pub of: Option<String>,
    /// Zero where the integrator chooses.
    pub micros: i64,
    pub currency: String,
    /// `None` until it is known. It never changes.
    pub result: Option<String>,
    /// The acquirer's number for what has moved. It never changes.
    pub reference: Option<String>,
    /// Of a refund: the issuer has undone it.
    pub reversed: bool,
}

impl Asked {
    pub fn succeeded(&self) -> bool {
        self.result.as_deref() == Some("SUCCESS")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    Inquiry,
    Chargeback,
    ChargebackReversal,
    Fraud,
}

/// Something that was told of a capture without having been asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub kind: CaseKind,
    /// The id of the notification, by which a reversal names its chargeback.
    pub notice: String,
    pub capture: String,
    pub micros: i64,
    pub told: Value,
    /// A person has seen it.
    pub read: bool,
}

/// It comes in parts, in any order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settlement {
    /// By their offsets.
    pub parts: BTreeMap<u64, Value>,
    pub parts_total: u64,
    pub read: bool,
}

impl Settlement {
    pub fn is_complete(&self) -> bool {
        (0..self.parts_total).all(|offset| self.parts.contains_key(&offset))
    }
}

impl CardLedger {
    pub fn find(&self, request: &str) -> Option<&Asked> {
        self.asked.iter().find(|asked| asked.request == request)
    }

    /// The newest of this kind that has succeeded.
    pub fn last(&self, of: impl Fn(CardKind) -> bool) -> Option<&Asked> {
        self.asked.iter().rev().find(|asked| of(asked.kind) && asked.succeeded())
    }

    /// What of a capture was neither given back nor taken back.
    pub fn left(&self, capture: &Asked) -> i64 {
        let is_of = |asked: &&Asked| {
            asked.kind == CardKind::Refund && asked.of.as_ref() == Some(&capture.request)
        };
        let stays = |asked: &&Asked| asked.succeeded() && !asked.reversed;
        let refunds = self.asked.iter().filter(is_of).filter(stays).map(|asked| asked.micros);
        let cases = self.cases.iter().filter(|case| case.capture == capture.request);
        let charged_back = cases.map(|case| match case.kind {
            CaseKind::Chargeback => case.micros,
            CaseKind::ChargebackReversal => -case.micros,
            CaseKind::Inquiry | CaseKind::Fraud => 0,
        });
        capture.micros - refunds.sum::<i64>() - charged_back.sum::<i64>()
    }
}
