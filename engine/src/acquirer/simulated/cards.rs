//! The test cards: what a number asks for.

use std::time::Duration;

use paceline_domain::authorization::{CardKind, CvnVerdict, UnsupportedBy};
use paceline_domain::card_payment::{CaptureRefusal, RefundDecline};
use paceline_domain::response_code::ResponseCode;

use crate::card::number::is_well_formed;

/// How long the slow card takes: long for a shopper, and within what Google waits.
pub const SLOW: Duration = Duration::from_secs(2);

/// How long the card with the short hold holds: a person can watch it lapse.
pub const SHORT_HOLD: Duration = Duration::from_secs(30);

/// How long the card with the shortest hold holds: a test can wait for it.
pub const SHORTEST_HOLD: Duration = Duration::from_secs(2);

/// What happens to the questions about a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub code: ResponseCode,
    pub delivery: Delivery,
    pub holds_for: Duration,
    pub capture_is_late: bool,
    pub capture_refusal: Option<CaptureRefusal>,
    pub refund_is_late: bool,
    pub refund_decline: Option<RefundDecline>,
    pub references_later: bool,
    /// In the place of a verdict on the code itself.
    pub cvn: Option<CvnVerdict>,
    pub address: Compares,
    pub stored_credentials: bool,
    /// The network gives a second id.
    pub supplements: bool,
    pub kind: CardKind,
    pub issuer: Option<&'static str>,
    pub country: Option<&'static str>,
}

/// How an authorization reaches the issuer, and its answer us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Plain,
    /// The first answer is lost on its way.
    Lost,
    /// The first question is carried out and never answered.
    Silent,
    Outage,
    Slow,
    Twice,
}

/// What becomes of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compares {
    Parts,
    Nothing(UnsupportedBy),
    SkippedByNetwork,
}

impl Script {
    pub fn of(number: &[u8]) -> Self {
        let Some(middle) = number.strip_prefix(b"4000") else { return approves() };
        match (middle, number.len() == 16 && is_well_formed(number)) {
            ([b'0', b'0', digits @ .., _], true) if digits[2..] == *b"0000000" => Self {
                code: code(std::str::from_utf8(&digits[..2]).expect("digits are ASCII")),
                ..approves()
            },
            ([b'0', b'1', which @ .., _], true) if which[2..] == *b"0000000" => {
                let known = BEHAVIOURS.iter().find(|(name, _)| name.as_bytes() == &which[..2]);
                known.map_or_else(nobodys, |(_, changed)| changed(approves()))
            }
            ([b'0', b'0' | b'1', ..], _) => nobodys(),
            _ => approves(),
        }
    }
}

fn approves() -> Script {
    Script {
        code: code("00"),
        delivery: Delivery::Plain,
        holds_for: super::HOLD,
        capture_is_late: false,
        capture_refusal: None,
        refund_is_late: false,
        refund_decline: None,
        references_later: false,
        cvn: None,
        address: Compares::Parts,
        stored_credentials: true,
        supplements: false,
        kind: CardKind::Credit,
        issuer: Some("Paceline Test Bank"),
        country: Some("US"),
    }
}

/// A slip of the pen buys nothing.
fn nobodys() -> Script {
    Script { code: code("14"), ..approves() }
}

type Behaviour = (&'static str, fn(Script) -> Script);

/// By the two digits behind `4000 01`.
const BEHAVIOURS: [Behaviour; 31] = [
    ("01", |script| Script { code: code("R0"), ..script }),
    ("10", |script| Script { delivery: Delivery::Lost, ..script }),
    ("11", |script| Script { delivery: Delivery::Lost, code: code("05"), ..script }),
    ("12", |script| Script { delivery: Delivery::Silent, ..script }),
    ("13", |script| Script { delivery: Delivery::Outage, ..script }),
    ("14", |script| Script { delivery: Delivery::Slow, ..script }),
    ("15", |script| Script { delivery: Delivery::Twice, ..script }),
    ("20", |script| Script { holds_for: SHORT_HOLD, ..script }),
    ("21", |script| Script { capture_is_late: true, ..script }),
    ("22", |script| Script { capture_refusal: Some(CaptureRefusal::Revoked), ..script }),
    ("23", |script| Script { references_later: true, ..script }),
    ("24", |script| Script { holds_for: SHORTEST_HOLD, ..script }),
    ("30", |script| refuses(script, RefundDecline::IssuerDeclined)),
    ("31", |script| refuses(script, RefundDecline::LostOrStolen)),
    ("32", |script| refuses(script, RefundDecline::CardCancelled)),
    ("33", |script| refuses(script, RefundDecline::UnsupportedByNetwork)),
    ("34", |script| refuses(script, RefundDecline::ChargebackInPlace)),
    ("35", |script| refuses(script, RefundDecline::WindowExceeded)),
    ("36", |script| Script { refund_is_late: true, ..script }),
    ("40", |script| cvn(script, CvnVerdict::Unsupported(UnsupportedBy::Issuer))),
    ("41", |script| cvn(script, CvnVerdict::Unsupported(UnsupportedBy::Network))),
    ("42", |script| cvn(script, CvnVerdict::SkippedByIssuer)),
    ("43", |script| cvn(script, CvnVerdict::SkippedByNetwork)),
    ("44", |script| Script { address: Compares::Nothing(UnsupportedBy::Issuer), ..script }),
    ("45", |script| Script { address: Compares::SkippedByNetwork, ..script }),
    ("47", |script| Script { stored_credentials: false, ..script }),
    ("48", |script| Script { supplements: true, ..script }),
    ("50", |script| Script { kind: CardKind::Debit, ..script }),
    ("51", |script| Script { kind: CardKind::Prepaid, ..script }),
    ("52", |script| Script { kind: CardKind::Unknown, issuer: None, country: None, ..script }),
    ("53", |script| Script { country: Some("FR"), ..script }),
];

fn refuses(script: Script, why: RefundDecline) -> Script {
    Script { refund_decline: Some(why), ..script }
}

fn cvn(script: Script, verdict: CvnVerdict) -> Script {
    Script { cvn: Some(verdict), ..script }
}

fn code(text: &str) -> ResponseCode {
    ResponseCode::parse(text).expect("it is two letters or digits")
}
