//! At least one of each event and state of Standard Payments that is stored.

mod customers;
mod payments;
mod proofs;
mod statements;

use std::sync::Arc;

use paceline_domain::asked::Hidden;
use paceline_domain::decline::Decline;
use paceline_domain::ids::{
    AccountId, AssociationId, ChallengeId, IntegratorAccountId, LinkId, NoticeId, PaymentId,
    RefundId, RequestId, StatementId, UseId,
};
use paceline_domain::money::Micros;

use crate::variants::{Variants, all, variants};

pub use customers::*;
pub use payments::*;
pub use proofs::*;
pub use statements::*;

pub const PAYMENT: PaymentId = PaymentId(0x9999_aaaa_bbbb_cccc_dddd_eeee_ffff_0000);
pub const LINK: LinkId = LinkId(0x0909);
pub const CHALLENGE: ChallengeId = ChallengeId(0x0808);
pub const NOTICE: NoticeId = NoticeId(0x1111);
pub const STATEMENT: StatementId = StatementId(0x1010);
const REFUND: RefundId = RefundId(0x2222);
const BY: UseId = UseId(u128::MAX);

pub fn piaid() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap()
}

pub fn account_id() -> AccountId {
    AccountId::parse("acct-000318877").unwrap()
}

pub fn request(id: &str) -> RequestId {
    RequestId::parse(id).unwrap()
}

fn association() -> AssociationId {
    AssociationId::parse("assoc-6f1d20b87c").unwrap()
}

fn hidden() -> Hidden {
    Hidden(Arc::from([1u8, 2, 255].as_slice()))
}

fn dollars(dollars: i64) -> Micros {
    Micros(dollars * 1_000_000)
}

/// The reasons that there were first, with and without their details: what is kept of them stays
/// as it is.
pub fn declines() -> Vec<Decline> {
    let mut all = every_decline();
    all.truncate(all.len() - later_declines().len());
    all
}

/// Those that have come since.
pub fn later_declines() -> Vec<Decline> {
    vec![Decline::TooManyMessages]
}

fn every_decline() -> Vec<Decline> {
    use Decline::*;
    let first = vec![
        AccountClosed,
        AccountTakenOver,
        AccountClosedForFraud,
        AccountOnHold,
        CurrencyUnsupported,
        InsufficientFunds { balance: Some(dollars(5)) },
        InsufficientFunds { balance: None },
        BalanceExceeded,
        TransactionLimitExceeded { limit: Some(dollars(100)) },
        TransactionLimitExceeded { limit: None },
        DailyLimitExceeded,
        MonthlyLimitExceeded,
        BelowMinimum { minimum: Some(Micros(10_000)) },
        BelowMinimum { minimum: None },
        NoFundingSource,
        RiskDeclined,
        SuspectedFraud,
        BusinessRule,
        RequestExpired,
        PinWrong,
        RefundWindowExceeded,
        PromotionalBalanceUsed,
        LinkInvalidated,
        RefreshRequired,
        ProofNotMatched,
        ProofAlreadyUsed,
        ProofExpired,
        PhoneUnknown,
        MessageUnsent,
    ];
    all(first.into_iter().chain(later_declines()).collect())
}

variants!(Decline, "decline", {
    Decline::AccountClosed => "account-closed",
    Decline::AccountTakenOver => "account-taken-over",
    Decline::AccountClosedForFraud => "account-closed-for-fraud",
    Decline::AccountOnHold => "account-on-hold",
    Decline::CurrencyUnsupported => "currency-unsupported",
    Decline::InsufficientFunds { .. } => "insufficient-funds",
    Decline::BalanceExceeded => "balance-exceeded",
    Decline::TransactionLimitExceeded { .. } => "transaction-limit-exceeded",
    Decline::DailyLimitExceeded => "daily-limit-exceeded",
    Decline::MonthlyLimitExceeded => "monthly-limit-exceeded",
    Decline::BelowMinimum { .. } => "below-minimum",
    Decline::NoFundingSource => "no-funding-source",
    Decline::RiskDeclined => "risk-declined",
    Decline::SuspectedFraud => "suspected-fraud",
    Decline::BusinessRule => "business-rule",
    Decline::RequestExpired => "request-expired",
    Decline::PinWrong => "pin-wrong",
    Decline::RefundWindowExceeded => "refund-window-exceeded",
    Decline::PromotionalBalanceUsed => "promotional-balance-used",
    Decline::LinkInvalidated => "link-invalidated",
    Decline::RefreshRequired => "refresh-required",
    Decline::ProofNotMatched => "proof-not-matched",
    Decline::ProofAlreadyUsed => "proof-already-used",
    Decline::ProofExpired => "proof-expired",
    Decline::PhoneUnknown => "phone-unknown",
    Decline::MessageUnsent => "message-unsent",
    Decline::TooManyMessages => "too-many-messages",
});

/// Milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;
