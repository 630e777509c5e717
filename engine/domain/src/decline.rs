//! Why a payment was refused, in the field's words: by a processor, or by the customer's bank.

use serde::{Deserialize, Serialize};

use crate::money::Micros;

/// The reason a processor or an issuer gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum DeclineReason {
    #[error("the issuer declined the payment")]
    DoNotHonor,
    #[error("there are not enough funds")]
    InsufficientFunds,
    #[error("the card has expired")]
    ExpiredCard,
    #[error("the security code is wrong")]
    IncorrectCvc,
    #[error("the card was reported lost or stolen")]
    LostOrStolen,
    #[error("the payment looks fraudulent")]
    SuspectedFraud,
    #[error("a limit of the card is exceeded")]
    LimitExceeded,
    /// The buyer must confirm with the bank first (3-D Secure).
    #[error("the bank asks the buyer for confirmation")]
    AuthenticationRequired,
    #[error("the payment credential is not valid")]
    InvalidCredential,
}

impl DeclineReason {
    pub const ALL: [Self; 9] = [
        Self::DoNotHonor,
        Self::InsufficientFunds,
        Self::ExpiredCard,
        Self::IncorrectCvc,
        Self::LostOrStolen,
        Self::SuspectedFraud,
        Self::LimitExceeded,
        Self::AuthenticationRequired,
        Self::InvalidCredential,
    ];

    /// The reason's word, the same in tokens, logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::DoNotHonor => "do_not_honor",
            Self::InsufficientFunds => "insufficient_funds",
            Self::ExpiredCard => "expired_card",
            Self::IncorrectCvc => "incorrect_cvc",
            Self::LostOrStolen => "lost_or_stolen",
            Self::SuspectedFraud => "suspected_fraud",
            Self::LimitExceeded => "limit_exceeded",
            Self::AuthenticationRequired => "authentication_required",
            Self::InvalidCredential => "invalid_credential",
        }
    }
}

/// Why the integrator's side refused: a customer's account, a link, a proof. Final for the request
/// that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum Decline {
    #[error("the account is closed")]
    AccountClosed,
    #[error("the account is closed, because somebody else had taken it over")]
    AccountTakenOver,
    #[error("the account is closed for fraud")]
    AccountClosedForFraud,
    #[error("the account is on hold")]
    AccountOnHold,
    #[error("the account does not support the currency")]
    CurrencyUnsupported,
    #[error("there are not enough funds")]
    InsufficientFunds { balance: Option<Micros> },
    #[error("the account would hold more than it may")]
    BalanceExceeded,
    #[error("the amount is above the limit of one transaction")]
    TransactionLimitExceeded { limit: Option<Micros> },
    #[error("the amount is above the day's limit")]
    DailyLimitExceeded,
    #[error("the amount is above the month's limit")]
    MonthlyLimitExceeded,
    #[error("the amount is below the least of a transaction")]
    BelowMinimum { minimum: Option<Micros> },
    #[error("no source of funds is good")]
    NoFundingSource,
    #[error("the payment looks risky")]
    RiskDeclined,
    #[error("the payment looks fraudulent")]
    SuspectedFraud,
    #[error("a rule of the business stands against it")]
    BusinessRule,
    #[error("the customer did not act in time")]
    RequestExpired,
    #[error("the customer's PIN was wrong")]
    PinWrong,
    #[error("it is too late for a refund")]
    RefundWindowExceeded,
    #[error("the payment came out of a promotion")]
    PromotionalBalanceUsed,
    #[error("the customer has revoked the link")]
    LinkInvalidated,
    #[error("the token has expired and must be refreshed")]
    RefreshRequired,
    #[error("the proof is not the one that was asked for")]
    ProofNotMatched,
    #[error("the proof was used by another request")]
    ProofAlreadyUsed,
    #[error("the proof has expired")]
    ProofExpired,
    #[error("nobody is known by the phone number")]
    PhoneUnknown,
    #[error("the message could not be sent")]
    MessageUnsent,
    #[error("the telephone has got as many messages as it may")]
    TooManyMessages,
}

impl Decline {
    pub const ALL: [Self; 27] = [
        Self::AccountClosed,
        Self::AccountTakenOver,
        Self::AccountClosedForFraud,
        Self::AccountOnHold,
        Self::CurrencyUnsupported,
        Self::InsufficientFunds { balance: None },
        Self::BalanceExceeded,
        Self::TransactionLimitExceeded { limit: None },
        Self::DailyLimitExceeded,
        Self::MonthlyLimitExceeded,
        Self::BelowMinimum { minimum: None },
        Self::NoFundingSource,
        Self::RiskDeclined,
        Self::SuspectedFraud,
        Self::BusinessRule,
        Self::RequestExpired,
        Self::PinWrong,
        Self::RefundWindowExceeded,
        Self::PromotionalBalanceUsed,
        Self::LinkInvalidated,
        Self::RefreshRequired,
        Self::ProofNotMatched,
        Self::ProofAlreadyUsed,
        Self::ProofExpired,
        Self::PhoneUnknown,
        Self::MessageUnsent,
        Self::TooManyMessages,
    ];

    /// The word in metrics and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccountClosed => "account_closed",
            Self::AccountTakenOver => "account_taken_over",
            Self::AccountClosedForFraud => "account_closed_for_fraud",
            Self::AccountOnHold => "account_on_hold",
            Self::CurrencyUnsupported => "currency_unsupported",
            Self::InsufficientFunds { .. } => "insufficient_funds",
            Self::BalanceExceeded => "balance_exceeded",
            Self::TransactionLimitExceeded { .. } => "transaction_limit_exceeded",
            Self::DailyLimitExceeded => "daily_limit_exceeded",
            Self::MonthlyLimitExceeded => "monthly_limit_exceeded",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::NoFundingSource => "no_funding_source",
            Self::RiskDeclined => "risk_declined",
            Self::SuspectedFraud => "suspected_fraud",
            Self::BusinessRule => "business_rule",
            Self::RequestExpired => "request_expired",
            Self::PinWrong => "pin_wrong",
            Self::RefundWindowExceeded => "refund_window_exceeded",
            Self::PromotionalBalanceUsed => "promotional_balance_used",
            Self::LinkInvalidated => "link_invalidated",
            Self::RefreshRequired => "refresh_required",
            Self::ProofNotMatched => "proof_not_matched",
            Self::ProofAlreadyUsed => "proof_already_used",
            Self::ProofExpired => "proof_expired",
            Self::PhoneUnknown => "phone_unknown",
            Self::MessageUnsent => "message_unsent",
            Self::TooManyMessages => "too_many_messages",
        }
    }
}
