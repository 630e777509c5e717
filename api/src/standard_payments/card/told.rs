//! What Google is told of a payment by card: each method's path and members.
//!
//! Source: Standard Payments, card form of payment, version 1, Google-hosted methods.

use std::collections::BTreeMap;

use paceline_domain::card_payment::{
    CaptureRefusal, CaseTold, DisputeReason, RawResult, RefundDecline, Stage, Subject,
};
use serde_json::{Value, json};

use super::spelling::Spelling;
use crate::standard_payments::results::SUCCESS;

/// Where Google's services are below its base: the pages print two prefixes.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Of all methods that have none of their own.
    pub usual: String,
    pub by_method: BTreeMap<String, String>,
}

/// How Google is told.
#[derive(Clone, Debug)]
pub struct Telling {
    pub paths: Paths,
    pub spelling: Spelling,
}

impl Paths {
    /// - `method`: as Google calls it.
    pub fn prefix(&self, method: &str) -> &str {
        self.by_method.get(method).unwrap_or(&self.usual)
    }
}

/// The methods that tell something, for whoever configures their paths.
pub const METHODS: [&str; 11] = [
    "captureFundsReservationResultNotification",
    "cancelFundsReservationResultNotification",
    "refundResultNotification",
    "reverseRefundNotification",
    "inquiryNotification",
    "chargebackNotification",
    "chargebackReversedNotification",
    "fraudNotification",
    "setAcquirerReferenceNumberForCaptureNotification",
    "setAcquirerReferenceNumberForRefundNotification",
    "settlementNotification",
];

/// All that follows header and account.
pub fn members(subject: &Subject, spelling: &Spelling) -> Value {
    let mut members = all(subject, spelling);
    if let Value::Object(members) = &mut members {
        members.retain(|_, value| !value.is_null());
    }
    members
}

fn all(subject: &Subject, spelling: &Spelling) -> Value {
    match subject {
        Subject::Captured { request, outcome, raw } => json!({
            "captureFundsReservationRequestId": request.as_str(),
            "captureFundsReservationResult":
                spelling.of("captureFundsReservationResult", captured(*outcome)),
            "rawResult": raw_result(raw),
        }),
        Subject::Voided { request } => json!({
            "cancelFundsReservationRequestId": request.as_str(),
            "cancelFundsReservationResult": spelling.of("cancelFundsReservationResult", SUCCESS),
        }),
        Subject::Refunded { request, refund, outcome, raw } => json!({
            "refundRequestId": request.as_str(),
            "refundResult": spelling.of("refundResult", refunded(*outcome)),
            "paymentIntegratorRefundId": refund.to_string(),
            "rawResult": raw_result(raw),
        }),
        Subject::RefundReversed { request, amount, raw } => json!({
            "refundRequestId": request.as_str(),
            "amount": amount.0.to_string(),
            "rawResult": raw_result(raw),
        }),
        Subject::Inquiry(told) => case(told, "inquiryDate", spelling),
        Subject::Chargeback { stage, told } => {
            let mut members = case(told, "chargebackDate", spelling);
            members["chargebackStage"] = spelling.of("chargebackStage", stage_word(*stage)).into();
            members
        }
        Subject::ChargebackReversed { chargeback, amount, raw, reversed_on } => json!({
            "chargebackRequestId": chargeback.to_string(),
            "amount": amount.0.to_string(),
            "rawResult": raw_result(raw),
            "chargebackReversalDate": reversed_on.0.to_string(),
        }),
        Subject::FraudReported { capture, kind, raw } => json!({
            "captureRequestId": capture.as_str(),
            "fraudType": kind.as_str(),
            "rawResult": raw_result(raw),
        }),
        Subject::CaptureReferenced { capture, number } => json!({
            "captureRequestId": capture.as_str(),
            "acquirerReferenceNumber": number.as_str(),
        }),
        Subject::RefundReferenced { refund, number } => json!({
            "refundRequestId": refund.as_str(),
            "acquirerReferenceNumber": number.as_str(),
        }),
    }
}

fn case(told: &CaseTold, date: &str, spelling: &Spelling) -> Value {
    let CaseTold { capture, amount, reason, raw, raised_on, reply_by, case } = told;
    json!({
        "captureRequestId": capture.as_str(),
        "amount": amount.0.to_string(),
        "reasonCode": spelling.of("reasonCode", reason_word(*reason)),
        "rawResult": raw_result(raw),
        date: raised_on.0.to_string(),
        "replyByDate": reply_by.0.to_string(),
        "caseId": case.as_str(),
    })
}

/// Nothing, if an acquirer moved money and gave no code: an empty one would never be taken.
fn raw_result(RawResult { scope, code }: &RawResult) -> Value {
    match scope {
        _ if code.is_empty() => Value::Null,
        Some(scope) => json!({"scope": scope.as_str(), "rawCode": code.as_str()}),
        None => json!({"rawCode": code.as_str()}),
    }
}

fn captured(outcome: Result<(), CaptureRefusal>) -> &'static str {
    match outcome {
        Ok(()) => SUCCESS,
        Err(CaptureRefusal::Lapsed) => "RESERVATION_EXPIRED",
        Err(CaptureRefusal::Revoked) => "REVOCATION_OF_AUTHORIZATION",
    }
}

fn refunded(outcome: Result<(), RefundDecline>) -> &'static str {
    match outcome {
        Ok(()) => SUCCESS,
        Err(RefundDecline::IssuerDeclined) => "ISSUER_DECLINED",
        Err(RefundDecline::LostOrStolen) => "CARD_LOST_OR_STOLEN",
        Err(RefundDecline::CardCancelled) => "CARD_CANCELLED",
        Err(RefundDecline::UnsupportedByNetwork) => "NOT_SUPPORTED_BY_NETWORK",
        Err(RefundDecline::ChargebackInPlace) => "CHARGEBACK_IN_PLACE",
        Err(RefundDecline::WindowExceeded) => "REFUND_WINDOW_EXCEEDED",
    }
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::First => "FIRST",
        Stage::Second => "SECOND",
    }
}

/// # Source
/// Standard Payments, `PaymentDisputeReasonCode`.
pub fn reason_word(reason: DisputeReason) -> &'static str {
    match reason {
        DisputeReason::Fraud => "FRAUD",
        DisputeReason::FamiliarFraud => "FAMILIAR_FRAUD",
        DisputeReason::Suspicious => "SUSPICIOUS",
        DisputeReason::ChargeNotRecognized => "CHARGE_NOT_RECOGNIZED",
        DisputeReason::CreditNotProcessed => "CREDIT_NOT_PROCESSED",
        DisputeReason::DuplicatePayment => "DUPLICATE_PAYMENT",
        DisputeReason::SubscriptionCanceled => "SUBSCRIPTION_CANCELED",
        DisputeReason::InputError => "INPUT_ERROR",
        DisputeReason::InsufficientFunds => "INSUFFICIENT_FUNDS",
        DisputeReason::NotDelivered => "NOT_DELIVERED",
        DisputeReason::DefectiveOrNotAsDescribed => "DEFECTIVE_OR_NOT_AS_DESCRIBED",
        DisputeReason::IncorrectMerchandise => "INCORRECT_MERCHANDISE",
        DisputeReason::UnwantedMerchandise => "UNWANTED_MERCHANDISE",
        DisputeReason::TransactionAmountDiffer => "TRANSACTION_AMOUNT_DIFFER",
        DisputeReason::PaidByOtherMeans => "PAID_BY_OTHER_MEANS",
        DisputeReason::LatePresentment => "LATE_PRESENTMENT",
        DisputeReason::Unclear => "UNCLEAR",
        DisputeReason::Other => "OTHER",
    }
}
