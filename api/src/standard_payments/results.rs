//! The wire's words for what a request came to.
//!
//! Why: the published lists are not complete, so every word can be replaced in the configuration,
//! method by method. What stands here is published, or the documented guess.

use std::collections::BTreeMap;

use paceline_domain::decline::Decline;

pub const SUCCESS: &str = "SUCCESS";
pub const ACKNOWLEDGED: &str = "ACKNOWLEDGED";
pub const ACCEPTED: &str = "ACCEPTED";

/// Methods that tell a result whose word can be replaced: Google's calls, and ours.
pub const METHODS: [&str; 11] = [
    "sendOtp",
    "verifyOtp",
    "associateAccount",
    "refreshToken",
    "capture",
    "asynchronousCapture",
    "refund",
    "disburseFunds",
    "captureResultNotification",
    "refundResultNotification",
    "disburseFundsResultNotification",
];

/// Words that replace ours, by method and [`Decline::word`].
#[derive(Clone, Debug, Default)]
pub struct Results(pub BTreeMap<(String, String), String>);

impl Results {
    /// - `method`: as Google calls it.
    pub fn word(&self, method: &str, outcome: Result<(), Decline>) -> &str {
        debug_assert!(METHODS.contains(&method), "{method} tells a result");
        let Err(decline) = outcome else { return SUCCESS };
        let key = (method.to_owned(), decline.word().to_owned());
        self.0.get(&key).map_or_else(|| word(decline), String::as_str)
    }
}

/// # Source
/// Standard Payments, tokenized: `sendOtp`, `verifyOtp`, `associateAccount`, `refreshToken`,
/// `capture`, `refund`, `captureResultNotification`; the protocol reference marks which are inferred.
fn word(decline: Decline) -> &'static str {
    match decline {
        Decline::AccountClosed => "ACCOUNT_CLOSED",
        Decline::AccountTakenOver => "ACCOUNT_CLOSED_ACCOUNT_TAKEN_OVER",
        Decline::AccountClosedForFraud => "ACCOUNT_CLOSED_FRAUD",
        Decline::AccountOnHold => "ACCOUNT_ON_HOLD",
        Decline::CurrencyUnsupported => "ACCOUNT_DOES_NOT_SUPPORT_CURRENCY",
        Decline::InsufficientFunds { .. } => "INSUFFICIENT_FUNDS",
        Decline::BalanceExceeded => "REFUND_EXCEEDS_MAXIMUM_BALANCE",
        Decline::TransactionLimitExceeded { .. } => "CHARGE_EXCEEDS_TRANSACTION_LIMIT",
        Decline::DailyLimitExceeded => "CHARGE_EXCEEDS_DAILY_LIMIT",
        Decline::MonthlyLimitExceeded => "CHARGE_EXCEEDS_MONTHLY_LIMIT",
        Decline::BelowMinimum { .. } => "CHARGE_UNDER_LIMIT",
        Decline::NoFundingSource => "NO_GOOD_FUNDING_SOURCE_AVAILABLE",
        Decline::RiskDeclined => "RISK_DECLINED",
        Decline::SuspectedFraud => "SUSPECTED_FRAUD",
        Decline::BusinessRule => "DECLINED_BY_BUSINESS_RULE",
        Decline::RequestExpired => "CAPTURE_REQUEST_EXPIRED",
        Decline::PinWrong => "INVALID_PIN",
        Decline::RefundWindowExceeded => "REFUND_WINDOW_EXCEEDED",
        Decline::PromotionalBalanceUsed => "CAPTURE_USED_PROMOTIONAL_BALANCE",
        Decline::LinkInvalidated => "GOOGLE_PAYMENT_TOKEN_INVALIDATED_BY_USER",
        Decline::RefreshRequired => "TOKEN_REFRESH_REQUIRED",
        Decline::ProofNotMatched => "OTP_NOT_MATCHED",
        Decline::ProofAlreadyUsed => "OTP_ALREADY_USED",
        Decline::ProofExpired => "OTP_EXPIRED",
        Decline::PhoneUnknown => "PHONE_NUMBER_NOT_ASSOCIATED_WITH_ACCOUNT",
        Decline::MessageUnsent => "MESSAGE_UNABLE_TO_BE_SENT",
        Decline::TooManyMessages => "OTP_LIMIT_REACHED",
    }
}
