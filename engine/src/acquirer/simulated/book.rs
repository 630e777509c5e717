//! What stands in the acquirer's book, and what may follow it.
//!
//! Why: a page is all that is known of an authorization, or of what was captured of it. What is
//! asked next is decided on the page alone, so that it is decided alike whoever asks again.
//! Left out: the card, of which the book says nothing.

use paceline_domain::authorization::{Approval, Verdict};
use paceline_domain::card_payment::{CaptureRefusal, Flow, RefundDecline};
use paceline_domain::ids::{MovementId, ReferenceNumber};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::response_code::{Meaning, ResponseCode};
use serde::{Deserialize, Serialize};

use super::Moving;
use super::cards::Script;
use super::verdict::Issuer;
use crate::acquirer::{Authorize, Authorized, Follow, Found};

/// One entry of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// What an issuer said.
    Authorized {
        flow: Flow,
        amount: Micros,
        currency: CurrencyCode,
        /// `Err` if it was declined and nothing is held.
        answer: Result<Approval, Verdict>,
    },
    /// Asked about, or let go of, before it was heard: it is declined if it should still arrive.
    Barred,
    Captured {
        movement: MovementId,
        amount: Micros,
        outcome: Result<Option<ReferenceNumber>, CaptureRefusal>,
    },
    Voided {
        movement: MovementId,
    },
    /// The first on the page of a capture: what may be refunded.
    Taken {
        amount: Micros,
    },
    Refunded {
        movement: MovementId,
        amount: Micros,
        outcome: Result<Option<ReferenceNumber>, RefundDecline>,
    },
}

/// What follows from a page.
pub(super) enum Step<T> {
    /// It is on the page already, or changes nothing.
    Known(T),
    /// An answer that counts once this entry is written.
    Write(Box<Entry>, T),
}

/// An answer, and whether it was given for the first time.
pub(super) struct Entered<T> {
    pub answer: T,
    pub new: bool,
}

pub(super) fn authorize(page: &[Entry], issuer: Issuer, ask: &Authorize) -> Step<Authorized> {
    let script = Script::of(ask.card.number.expose());
    match page.first() {
        None => {
            let verdict = issuer.verdict(ask, script);
            let answer = match verdict.code.meaning() {
                Meaning::Approved => {
                    Ok(Approval { verdict, expires_at: ask.now.after(script.holds_for) })
                }
                Meaning::Declined(_) | Meaning::Failed(_) => Err(verdict),
            };
            let (flow, amount, currency) = (ask.flow, ask.amount, ask.currency);
            let heard = heard(&answer);
            Step::Write(Box::new(Entry::Authorized { flow, amount, currency, answer }), heard)
        }
        Some(Entry::Authorized { answer, .. }) => Step::Known(heard(answer)),
        Some(_) => {
            let code = ResponseCode::parse("12").expect("it is a code");
            let verdict = issuer.verdict(ask, Script { code, ..script });
            Step::Known(Authorized::Declined(verdict))
        }
    }
}

pub(super) fn find(page: &[Entry]) -> Step<Found> {
    match page.first() {
        None => Step::Write(Box::new(Entry::Barred), Found::Barred),
        Some(Entry::Authorized { answer, .. }) => Step::Known(Found::Answered(heard(answer))),
        Some(_) => Step::Known(Found::Barred),
    }
}

/// One capture of what is held, for as long as it is.
///
/// - `refusal`: what the card brings with it.
pub(super) fn capture(
    page: &[Entry],
    ask: &Follow,
    refusal: Option<CaptureRefusal>,
    reference: Option<ReferenceNumber>,
) -> Step<Moving<CaptureRefusal>> {
    let known = page.iter().find_map(|entry| match entry {
        Entry::Captured { movement, outcome, .. } if *movement == ask.id => Some(outcome),
        _ => None,
    });
    if let Some(outcome) = known {
        return Step::Known(captured(outcome));
    }
    let outcome = match page {
        [] => return Step::Known(Err((CaptureRefusal::Revoked, "25"))),
        [Entry::Authorized { flow: Flow::Reserve, amount, answer: Ok(approval), .. }] => {
            match refusal {
                _ if ask.amount > *amount => Err(CaptureRefusal::Revoked),
                _ if approval.expires_at <= ask.now => Err(CaptureRefusal::Lapsed),
                Some(refusal) => Err(refusal),
                None => Ok(reference),
            }
        }
        [..] => Err(CaptureRefusal::Revoked),
    };
    let answer = captured(&outcome);
    let (movement, amount) = (ask.id, ask.amount);
    Step::Write(Box::new(Entry::Captured { movement, amount, outcome }), answer)
}

pub(super) fn taken(page: &[Entry], ask: &Follow) -> Step<()> {
    match page {
        [] => Step::Write(Box::new(Entry::Taken { amount: ask.amount }), ()),
        [..] => Step::Known(()),
    }
}

/// What was never heard is barred, so that nothing is held behind our back.
pub(super) fn void(page: &[Entry], ask: &Follow) -> Step<()> {
    match page {
        [] => Step::Write(Box::new(Entry::Barred), ()),
        [Entry::Authorized { answer: Ok(_), .. }] => {
            Step::Write(Box::new(Entry::Voided { movement: ask.id }), ())
        }
        [..] => Step::Known(()),
    }
}

/// As often as wanted, up to what was captured.
///
/// - `decline`: what the card brings with it.
pub(super) fn refund(
    page: &[Entry],
    ask: &Follow,
    decline: Option<RefundDecline>,
    reference: Option<ReferenceNumber>,
) -> Step<Moving<RefundDecline>> {
    let captured = match page.first() {
        Some(Entry::Taken { amount }) => *amount,
        Some(Entry::Authorized { flow: Flow::Capture, amount, answer: Ok(_), .. }) => *amount,
        _ => return Step::Known(Err((RefundDecline::IssuerDeclined, "25"))),
    };
    let mut left = captured;
    for entry in page {
        match entry {
            Entry::Refunded { movement, outcome, .. } if *movement == ask.id => {
                return Step::Known(refunded(outcome));
            }
            Entry::Refunded { amount, outcome: Ok(_), .. } => left = left - *amount,
            _ => {}
        }
    }
    let outcome = match decline {
        Some(decline) => Err(decline),
        None if ask.amount > left => Err(RefundDecline::IssuerDeclined),
        None => Ok(reference),
    };
    let answer = refunded(&outcome);
    let (movement, amount) = (ask.id, ask.amount);
    Step::Write(Box::new(Entry::Refunded { movement, amount, outcome }), answer)
}

fn heard(answer: &Result<Approval, Verdict>) -> Authorized {
    match answer.clone() {
        Ok(approval) => Authorized::Approved(approval),
        Err(verdict) => Authorized::Declined(verdict),
    }
}

fn captured(outcome: &Result<Option<ReferenceNumber>, CaptureRefusal>) -> Moving<CaptureRefusal> {
    outcome.clone().map_err(|why| match why {
        CaptureRefusal::Lapsed => (why, "54"),
        CaptureRefusal::Revoked => (why, "05"),
    })
}

fn refunded(outcome: &Result<Option<ReferenceNumber>, RefundDecline>) -> Moving<RefundDecline> {
    outcome.clone().map_err(|why| match why {
        RefundDecline::IssuerDeclined => (why, "05"),
        RefundDecline::LostOrStolen => (why, "41"),
        RefundDecline::CardCancelled => (why, "78"),
        RefundDecline::UnsupportedByNetwork => (why, "40"),
        RefundDecline::ChargebackInPlace => (why, "58"),
        RefundDecline::WindowExceeded => (why, "57"),
    })
}
