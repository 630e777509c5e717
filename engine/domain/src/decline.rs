//! Why a payment was refused, in the field's words.

use serde::{Deserialize, Serialize};

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
