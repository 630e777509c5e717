//! What stored events and states of cards are made of, with every variant there.

use std::sync::Arc;

use paceline_domain::asked::Hidden;
use paceline_domain::authorization::{
    AddressMatches, AddressVerdict, Approval, CardFacts, CardKind, CvnVerdict, LastFour, Match,
    Network, StoredCredentialVerdict, UnsupportedBy, Verdict,
};
use paceline_domain::card::Sealed;
use paceline_domain::card_payment::{
    Authorization, CaptureRefusal, CaseKind, CaseState, DisputeReason, Flow, Hold, LineKind, Moved,
    OpenCase, RawResult, RefundDecline, RefundProgress, Stage, Terms,
};
use paceline_domain::ids::{CardId, RefundId};
use paceline_domain::money::Micros;
use paceline_domain::response_code::{Failure, ResponseCode};

use crate::parts::{AT, LATER, currency, text};
use crate::standard::{piaid, request};
use crate::variants::{Variants, all, variants};

pub const CARD: CardId = CardId(0x3333_4444_5555_6666_7777_8888_9999_aaaa);
pub const REFUND: RefundId = RefundId(0x2222);

pub fn sealed() -> Sealed {
    Sealed { key: text("key-2"), bytes: Hidden(Arc::from([1u8, 2, 255].as_slice())) }
}

pub fn last_four() -> LastFour {
    LastFour(*b"1111")
}

pub fn raw(scope: Option<&str>) -> RawResult {
    RawResult { scope: scope.map(text), code: text("00") }
}

pub fn flows() -> Vec<Flow> {
    all(vec![Flow::Reserve, Flow::Capture, Flow::Verify])
}

pub fn terms(flow: Flow, network: Option<Network>) -> Terms {
    Terms {
        flow,
        integrator: piaid(),
        request: request("rsv:9c01"),
        card: CARD,
        network,
        last_four: last_four(),
        amount: Micros(24_990_000),
        currency: currency("USD"),
        description: text("GOOGLE*Sky Atlas"),
    }
}

fn addresses() -> Vec<AddressVerdict> {
    let matches = all(vec![
        Match::Match,
        Match::Mismatch,
        Match::NotSpecified,
        Match::SkippedByNetwork,
        Match::SkippedByIssuer,
        Match::Unsupported,
    ]);
    let [line, locality, administrative_area, postal_code, country, name] = matches[..] else {
        panic!("six verdicts on six parts")
    };
    let raw = text("Y");
    let parts =
        AddressMatches { raw, line, locality, administrative_area, postal_code, country, name };
    let unsupported =
        all(vec![UnsupportedBy::Integrator, UnsupportedBy::Network, UnsupportedBy::Issuer]);
    let mut verdicts: Vec<_> =
        unsupported.into_iter().map(AddressVerdict::SentUnsupported).collect();
    verdicts.extend([
        AddressVerdict::NotSent { supported: true },
        AddressVerdict::NotSent { supported: false },
        AddressVerdict::Checked(Box::new(parts)),
    ]);
    all(verdicts)
}

fn codes() -> Vec<CvnVerdict> {
    all(vec![
        CvnVerdict::NotSent { unsupported_by: None },
        CvnVerdict::NotSent { unsupported_by: Some(UnsupportedBy::Issuer) },
        CvnVerdict::Unsupported(UnsupportedBy::Network),
        CvnVerdict::Match,
        CvnVerdict::Mismatch,
        CvnVerdict::NotVerified,
        CvnVerdict::SkippedByNetwork,
        CvnVerdict::SkippedByIssuer,
        CvnVerdict::NotSpecified,
    ])
}

fn stored_credentials() -> Vec<StoredCredentialVerdict> {
    let first = vec![
        StoredCredentialVerdict::NotSent,
        StoredCredentialVerdict::Unsupported { why: text("not here") },
        StoredCredentialVerdict::Successful { network_transaction: text("481109876543210") },
    ];
    all([first.clone(), vec![later_stored_credential()]].concat());
    first
}

/// What came after the first samples were kept.
pub fn later_stored_credential() -> StoredCredentialVerdict {
    let (network_transaction, supplementary) = (text("481109876543210"), text("MCC0000001"));
    StoredCredentialVerdict::Supplemented { network_transaction, supplementary }
}

fn networks() -> Vec<Network> {
    all(Network::ALL.into())
}

fn facts() -> Vec<CardFacts> {
    let kinds = all(vec![CardKind::Credit, CardKind::Debit, CardKind::Prepaid, CardKind::Unknown]);
    let known = networks().into_iter().zip(kinds.into_iter().cycle()).map(|(network, kind)| {
        let (issuer, country) = (Some(text("Harbor Trust")), Some(text("US")));
        CardFacts { issuer, country, network: Some(network), kind }
    });
    let unknown = CardFacts { issuer: None, country: None, network: None, kind: CardKind::Unknown };
    known.chain([unknown]).collect()
}

/// Everything that an issuer may say, at least once.
pub fn verdicts() -> Vec<Verdict> {
    let (addresses, facts, stored) = (addresses(), facts(), stored_credentials());
    let verdict = |(at, cvn): (usize, CvnVerdict)| Verdict {
        code: ResponseCode::parse(if at % 2 == 0 { "00" } else { "R0" }).unwrap(),
        authorization_code: (at % 2 == 0).then(|| text("A7K31Q")),
        address: addresses[at % addresses.len()].clone(),
        cvn,
        card: facts[at % facts.len()].clone(),
        stored_credential: stored[at % stored.len()].clone(),
    };
    codes().into_iter().enumerate().map(verdict).collect()
}

pub fn approval() -> Approval {
    Approval { verdict: verdicts().remove(0), expires_at: LATER }
}

pub fn authorizations() -> Vec<Authorization> {
    let failures = all(vec![Failure::Misconfigured, Failure::Broken, Failure::Unavailable]);
    let mut answers: Vec<_> =
        verdicts().into_iter().map(|verdict| Authorization::Declined(Box::new(verdict))).collect();
    answers.push(Authorization::Asking);
    answers.push(Authorization::Approved(Box::new(approval())));
    answers.extend(failures.into_iter().map(Authorization::Failed));
    all(answers)
}

pub fn capture_outcomes() -> Vec<Result<(), CaptureRefusal>> {
    let refusals = all(vec![CaptureRefusal::Lapsed, CaptureRefusal::Revoked]);
    refusals.into_iter().map(Err).chain([Ok(())]).collect()
}

pub fn refund_outcomes() -> Vec<Result<(), RefundDecline>> {
    let declines = all(vec![
        RefundDecline::IssuerDeclined,
        RefundDecline::LostOrStolen,
        RefundDecline::CardCancelled,
        RefundDecline::UnsupportedByNetwork,
        RefundDecline::ChargebackInPlace,
        RefundDecline::WindowExceeded,
    ]);
    declines.into_iter().map(Err).chain([Ok(())]).collect()
}

pub fn moved() -> Vec<Moved> {
    all(vec![Moved::Capture, Moved::Refund(REFUND)])
}

pub fn stages() -> Vec<Stage> {
    all(vec![Stage::First, Stage::Second])
}

/// For every reason and of every kind.
pub fn cases() -> Vec<OpenCase> {
    let mut kinds = vec![CaseKind::Inquiry];
    kinds.extend(stages().into_iter().map(CaseKind::Chargeback));
    let kinds = all(kinds);
    let case = |(at, reason): (usize, DisputeReason)| OpenCase {
        case: text("ng-case-5512"),
        kind: kinds[at % kinds.len()],
        amount: Micros(14_660_000),
        reason,
        raw: raw(Some("VISA")),
        raised_on: AT,
        reply_by: LATER,
        at: LATER,
    };
    all(DisputeReason::ALL.into()).into_iter().enumerate().map(case).collect()
}

variants!(Network, "network", {
    Network::Visa => "visa",
    Network::Mastercard => "mastercard",
    Network::Amex => "amex",
    Network::Discover => "discover",
    Network::Jcb => "jcb",
    Network::UnionPay => "unionpay",
});

variants!(Flow, "flow", {
    Flow::Reserve => "reserve",
    Flow::Capture => "capture",
    Flow::Verify => "verify",
});

variants!(Match, "match", {
    Match::Match => "match",
    Match::Mismatch => "mismatch",
    Match::NotSpecified => "not-specified",
    Match::SkippedByNetwork => "skipped-by-network",
    Match::SkippedByIssuer => "skipped-by-issuer",
    Match::Unsupported => "unsupported",
});

variants!(UnsupportedBy, "unsupported by", {
    UnsupportedBy::Integrator => "integrator",
    UnsupportedBy::Network => "network",
    UnsupportedBy::Issuer => "issuer",
});

variants!(AddressVerdict, "address verdict", {
    AddressVerdict::NotSent { .. } => "not-sent",
    AddressVerdict::SentUnsupported(_) => "sent-unsupported",
    AddressVerdict::Checked(_) => "checked",
});

variants!(CvnVerdict, "verdict on a verification code", {
    CvnVerdict::NotSent { .. } => "not-sent",
    CvnVerdict::Unsupported(_) => "unsupported",
    CvnVerdict::Match => "match",
    CvnVerdict::Mismatch => "mismatch",
    CvnVerdict::NotVerified => "not-verified",
    CvnVerdict::SkippedByNetwork => "skipped-by-network",
    CvnVerdict::SkippedByIssuer => "skipped-by-issuer",
    CvnVerdict::NotSpecified => "not-specified",
});

variants!(StoredCredentialVerdict, "verdict on a stored credential", {
    StoredCredentialVerdict::NotSent => "not-sent",
    StoredCredentialVerdict::Unsupported { .. } => "unsupported",
    StoredCredentialVerdict::Successful { .. } => "successful",
    StoredCredentialVerdict::Supplemented { .. } => "supplemented",
});

variants!(CardKind, "card kind", {
    CardKind::Credit => "credit",
    CardKind::Debit => "debit",
    CardKind::Prepaid => "prepaid",
    CardKind::Unknown => "unknown",
});

variants!(Failure, "failure", {
    Failure::Misconfigured => "misconfigured",
    Failure::Broken => "broken",
    Failure::Unavailable => "unavailable",
});

variants!(Authorization, "authorization", {
    Authorization::Asking => "asking",
    Authorization::Approved(_) => "approved",
    Authorization::Declined(_) => "declined",
    Authorization::Failed(_) => "failed",
});

variants!(Hold, "hold", {
    Hold::None => "none",
    Hold::Held { .. } => "held",
    Hold::Capturing => "capturing",
    Hold::Voiding => "voiding",
    Hold::Captured => "captured",
    Hold::Voided => "voided",
    Hold::Lapsed => "lapsed",
});

variants!(CaptureRefusal, "capture refusal", {
    CaptureRefusal::Lapsed => "lapsed",
    CaptureRefusal::Revoked => "revoked",
});

variants!(RefundDecline, "refund decline", {
    RefundDecline::IssuerDeclined => "issuer-declined",
    RefundDecline::LostOrStolen => "lost-or-stolen",
    RefundDecline::CardCancelled => "card-cancelled",
    RefundDecline::UnsupportedByNetwork => "unsupported-by-network",
    RefundDecline::ChargebackInPlace => "chargeback-in-place",
    RefundDecline::WindowExceeded => "window-exceeded",
});

variants!(RefundProgress, "refund progress", {
    RefundProgress::Asking => "asking",
    RefundProgress::Refunded => "refunded",
    RefundProgress::Failed(_) => "failed",
    RefundProgress::Reversed => "reversed",
});

variants!(Moved, "moved", {
    Moved::Capture => "capture",
    Moved::Refund(_) => "refund",
});

variants!(Stage, "stage", {
    Stage::First => "first",
    Stage::Second => "second",
});

variants!(CaseKind, "case kind", {
    CaseKind::Inquiry => "inquiry",
    CaseKind::Chargeback(_) => "chargeback",
});

variants!(CaseState, "case state", {
    CaseState::Open => "open",
    CaseState::Reversed { .. } => "reversed",
});

variants!(LineKind, "line kind", {
    LineKind::Capture => "capture",
    LineKind::Refund => "refund",
    LineKind::RefundReversal => "refund-reversal",
    LineKind::Chargeback => "chargeback",
    LineKind::ChargebackReversal => "chargeback-reversal",
});

variants!(DisputeReason, "dispute reason", {
    DisputeReason::Fraud => "fraud",
    DisputeReason::FamiliarFraud => "familiar-fraud",
    DisputeReason::Suspicious => "suspicious",
    DisputeReason::ChargeNotRecognized => "charge-not-recognized",
    DisputeReason::CreditNotProcessed => "credit-not-processed",
    DisputeReason::DuplicatePayment => "duplicate-payment",
    DisputeReason::SubscriptionCanceled => "subscription-canceled",
    DisputeReason::InputError => "input-error",
    DisputeReason::InsufficientFunds => "insufficient-funds",
    DisputeReason::NotDelivered => "not-delivered",
    DisputeReason::DefectiveOrNotAsDescribed => "defective-or-not-as-described",
    DisputeReason::IncorrectMerchandise => "incorrect-merchandise",
    DisputeReason::UnwantedMerchandise => "unwanted-merchandise",
    DisputeReason::TransactionAmountDiffer => "transaction-amount-differ",
    DisputeReason::PaidByOtherMeans => "paid-by-other-means",
    DisputeReason::LatePresentment => "late-presentment",
    DisputeReason::Unclear => "unclear",
    DisputeReason::Other => "other",
});
