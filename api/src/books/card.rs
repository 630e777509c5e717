//! A payment by card as support sees it: what was reserved, taken, given back and contested.

use paceline_domain::card_payment::{
    Authorization, CardPayment, Case, CaseKind, CaseState, Flow, Hold, Refund, RefundProgress,
    Stage,
};
use paceline_domain::ids::ReferenceNumber;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::settlement::Phase;
use paceline_engine::card::{Resealed, Settled};

use super::{Report, decimal, moment, money};

/// A line for each thing that has happened, in the order of their kinds.
pub fn card_payment(payment: &CardPayment) -> Report {
    let currency = payment.terms.currency;
    let mut rows = vec![authorization(payment)];
    if let Some(capture) = &payment.capture {
        let state = match capture.outcome {
            None => "under way".to_owned(),
            Some(Ok(())) => "captured".to_owned(),
            Some(Err(why)) => why.to_string(),
        };
        let reference = known(capture.reference.as_ref().map(ReferenceNumber::as_str), "reference");
        rows.push(row("capture", &capture.request, capture.amount, state, reference));
    }
    rows.extend(payment.refunds.values().map(refund));
    rows.extend(payment.cases.iter().map(case));
    for fraud in &payment.frauds {
        let (kind, at) = (fraud.kind.to_string(), moment(fraud.at));
        rows.push(row("fraud report", kind, Micros::ZERO, "reported".to_owned(), at));
    }
    let notes = vec![
        ("payment", payment.id.to_string()),
        ("card", format!("{} …{}", payment.terms.card, payment.terms.last_four)),
        ("left to be refunded", money(payment.remainder(), currency)),
        ("not told to Google yet", payment.untold.len().to_string()),
    ];
    Report { columns: &["what", "name", "amount", "state", "details"], rows, notes }
}

fn authorization(payment: &CardPayment) -> Vec<String> {
    let terms = &payment.terms;
    let what = match terms.flow {
        Flow::Reserve => "reservation",
        Flow::Capture => "payment",
        Flow::Verify => "verification",
    };
    let state = match (&payment.authorization, payment.hold) {
        (Authorization::Asking, _) => "under way".to_owned(),
        (Authorization::Declined(verdict), _) => format!("declined, {}", verdict.code),
        (Authorization::Failed(why), _) => why.to_string(),
        (Authorization::Approved(_), hold) => match hold {
            Hold::None => "approved".to_owned(),
            Hold::Held { expires_at } => format!("held until {}", moment(expires_at)),
            Hold::Capturing => "being captured".to_owned(),
            Hold::Voiding => "being cancelled".to_owned(),
            Hold::Captured => "captured".to_owned(),
            Hold::Voided => "cancelled".to_owned(),
            Hold::Lapsed if payment.is_revoked() => "revoked".to_owned(),
            Hold::Lapsed => "lapsed".to_owned(),
        },
    };
    row(what, &terms.request, terms.amount, state, moment(payment.asked_at))
}

fn refund(refund: &Refund) -> Vec<String> {
    let state = match refund.progress {
        RefundProgress::Asking => "under way".to_owned(),
        RefundProgress::Refunded => "refunded".to_owned(),
        RefundProgress::Failed(why) => why.to_string(),
        RefundProgress::Reversed => "refunded, and reversed by the issuer".to_owned(),
    };
    let reference = known(refund.reference.as_ref().map(ReferenceNumber::as_str), "reference");
    row("refund", &refund.request, refund.amount, state, reference)
}

fn case(case: &Case) -> Vec<String> {
    let opened = &case.opened;
    let what = match opened.kind {
        CaseKind::Inquiry => "inquiry",
        CaseKind::Chargeback(Stage::First) => "chargeback",
        CaseKind::Chargeback(Stage::Second) => "second chargeback",
    };
    let state = match (opened.kind, case.state) {
        (CaseKind::Inquiry, _) => "asked".to_owned(),
        (_, CaseState::Open) => format!("open, reply by {}", moment(opened.reply_by)),
        (_, CaseState::Reversed { at }) => format!("won {}", moment(at)),
    };
    let documents = case.documents.iter().map(|id| format!(", {id}")).collect::<String>();
    let details = format!("{}{documents}", opened.reason.word());
    row(what, &opened.case, opened.amount, state, details)
}

fn known(value: Option<&str>, what: &str) -> String {
    value.map_or(String::new(), |value| format!("{what} {value}"))
}

fn row(
    what: &str,
    name: impl ToString,
    amount: Micros,
    state: String,
    details: String,
) -> Vec<String> {
    vec![what.to_owned(), name.to_string(), decimal(amount), state, details]
}

/// What became of encrypting card numbers and the keys of documents afresh.
pub fn resealed(key: &str, told: Resealed) -> Report {
    let columns = &["key", "cards", "documents", "encrypted afresh", "unreadable"];
    let counts = [told.cards, told.documents, told.resealed, told.unread];
    let counts = counts.map(|count| count.to_string());
    let rows = vec![std::iter::once(key.to_owned()).chain(counts).collect()];
    Report { columns, rows, notes: vec![] }
}

/// - `names`: the one in use last.
pub fn card_keys<'a>(names: impl DoubleEndedIterator<Item = &'a str>) -> Report {
    let row = |(place, name): (usize, &str)| {
        let state = if place == 0 { "encrypts" } else { "only opens" };
        vec![name.to_owned(), state.to_owned()]
    };
    let rows = names.rev().enumerate().map(row).collect();
    Report { columns: &["key", "state"], rows, notes: vec![] }
}

pub fn settlement(Settled { day, movements }: &Settled) -> Report {
    let of = &day.of;
    let currency: CurrencyCode = of.currency;
    let (state, total) = match day.phase {
        Phase::Open => ("open".to_owned(), String::new()),
        Phase::Closed { at } => (format!("closed {}", moment(at)), String::new()),
        Phase::Told { at, total, .. } => (format!("told {}", moment(at)), money(total, currency)),
    };
    let row = vec![
        of.id.to_string(),
        of.integrator.to_string(),
        moment(of.starts),
        currency.to_string(),
        movements.to_string(),
        state,
        total,
    ];
    let columns = &["settlement", "account", "day", "currency", "movements", "state", "total"];
    Report { columns, rows: vec![row], notes: vec![] }
}
