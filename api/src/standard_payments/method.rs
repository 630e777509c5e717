//! The methods that Google calls.

/// One of them. The path is `<base path>/v1/<word>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Echo,
    SendOtp,
    VerifyOtp,
    AssociateAccount,
    RefreshToken,
    Capture,
    AsynchronousCapture,
    Refund,
    DisburseFunds,
    RemittanceStatementNotification,
}

impl Method {
    pub const ALL: [Self; 10] = [
        Self::Echo,
        Self::SendOtp,
        Self::VerifyOtp,
        Self::AssociateAccount,
        Self::RefreshToken,
        Self::Capture,
        Self::AsynchronousCapture,
        Self::Refund,
        Self::DisburseFunds,
        Self::RemittanceStatementNotification,
    ];

    /// As it stands in the path.
    ///
    /// # Source
    /// Standard Payments, tokenized form of payment, version 1: integrator-hosted methods.
    pub fn word(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::SendOtp => "sendOtp",
            Self::VerifyOtp => "verifyOtp",
            Self::AssociateAccount => "associateAccount",
            Self::RefreshToken => "refreshToken",
            Self::Capture => "capture",
            Self::AsynchronousCapture => "asynchronousCapture",
            Self::Refund => "refund",
            Self::DisburseFunds => "disburseFunds",
            Self::RemittanceStatementNotification => "remittanceStatementNotification",
        }
    }

    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}
