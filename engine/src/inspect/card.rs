//! Payments by card in sentences, and the story of a card: that of all its payments together. No `_`
//! arm, as in `words`.

use std::collections::BTreeSet;

use paceline_domain::card;
use paceline_domain::card_payment::{
    Authorization, CaseKind, Event, Flow, LineKind, Moved, RawResult, Stage, Subject,
};
use paceline_domain::document;
use paceline_domain::ids::{CardId, IntegratorAccountId, PaymentId, RequestId};
use paceline_domain::name::{self, Holder};
use paceline_domain::response_code::Meaning;
use paceline_domain::settlement;
use paceline_domain::time::Timestamp;
use paceline_storage::{EventLog, StreamId};

use super::standard::micros;
use super::{Chapter, InspectError, events, moment, value};
use crate::entity::{CardMoved, CardPayments, Cards, Names};

/// What happened to a card and to every payment that was made with it, in the order of time. Of one
/// moment the card's own comes first: what a payment goes on to is told below it.
pub(super) fn story(log: &dyn EventLog, stream: StreamId) -> Result<Vec<Chapter>, InspectError> {
    let mut seen = BTreeSet::new();
    let mut told = vec![];
    let mut payments = vec![];
    let mut latest = Timestamp(0);
    for (version, event) in events::<Cards>(log, stream)? {
        latest = latest.max(card_at(&event).unwrap_or(latest));
        if let card::Event::PaymentBegun { payment, .. } = &event {
            if seen.insert(*payment) {
                payments.extend(of_payment(log, *payment)?);
            }
            continue; // its own first event says more
        }
        let chapter = Chapter { version, told: card(&event), event: value(&event)? };
        told.push((latest, chapter));
    }
    told.append(&mut payments);
    told.sort_by_key(|(at, _)| *at);
    Ok(told.into_iter().map(|(_, chapter)| chapter).collect())
}

/// In the order in which it was written, whatever the clock said.
fn of_payment(
    log: &dyn EventLog,
    id: PaymentId,
) -> Result<Vec<(Timestamp, Chapter)>, InspectError> {
    let mut latest = Timestamp(0);
    let mut told = vec![];
    for (version, event) in events::<CardPayments>(log, CardPayments::stream(id))? {
        latest = latest.max(at(&event).unwrap_or(latest));
        let words = format!("{id} {}", payment(&event));
        told.push((latest, Chapter { version, told: words, event: value(&event)? }));
    }
    Ok(told)
}

/// The payment that Google names by a request: the reservation's, the capture's, or the refund's. If
/// there are two, one that took the money in one message comes first, as for whoever asks for a
/// refund.
pub(super) fn found(
    log: &dyn EventLog,
    integrator: &IntegratorAccountId,
    request: &RequestId,
) -> Result<PaymentId, InspectError> {
    let own = CardPayments::id(integrator, request);
    if took_at_once(log, own)? {
        return Ok(own);
    }
    let named = |moved| named(log, Names::card(moved, integrator, request));
    if let Some(captured) = named(CardMoved::Capture)? {
        return Ok(captured);
    }
    match events::<CardPayments>(log, CardPayments::stream(own))?.is_empty() {
        true => Ok(named(CardMoved::Refund)?.unwrap_or(own)),
        false => Ok(own),
    }
}

fn named(log: &dyn EventLog, name: StreamId) -> Result<Option<PaymentId>, InspectError> {
    Ok(events::<Names>(log, name)?.into_iter().find_map(|(_, event)| match event {
        name::Event::Taken(Holder::CardPayment(payment)) => Some(payment),
        name::Event::Taken(_) | name::Event::GivenBack => None,
    }))
}

fn took_at_once(log: &dyn EventLog, id: PaymentId) -> Result<bool, InspectError> {
    let events = events::<CardPayments>(log, CardPayments::stream(id))?;
    let is = |what: fn(&Event) -> bool| events.iter().any(|(_, event)| what(event));
    Ok(is(|event| matches!(event, Event::Asked { terms, .. } if terms.flow == Flow::Capture))
        && is(|event| {
            matches!(event, Event::Authorized { answer: Authorization::Approved(_), .. })
        }))
}

/// The card of a payment, if there is such a payment.
pub(super) fn card_of(log: &dyn EventLog, id: PaymentId) -> Result<Option<CardId>, InspectError> {
    let events = events::<CardPayments>(log, CardPayments::stream(id))?;
    Ok(events.into_iter().find_map(|(_, event)| match event {
        Event::Asked { terms, .. } => Some(terms.card),
        _ => None,
    }))
}

fn card(event: &card::Event) -> String {
    match event {
        card::Event::Introduced { network, last_four, integrator, at, .. } => format!(
            "{} a {} card ending in {last_four} was first used, for {integrator}",
            moment(*at),
            network.map_or("foreign", |network| network.word())
        ),
        card::Event::Resealed(sealed) => format!("its number was sealed by key {}", sealed.key),
        card::Event::PaymentBegun { payment, at } => format!("{} {payment} began", moment(*at)),
    }
}

fn card_at(event: &card::Event) -> Option<Timestamp> {
    match event {
        card::Event::Introduced { at, .. } | card::Event::PaymentBegun { at, .. } => Some(*at),
        card::Event::Resealed(_) => None,
    }
}

pub(super) fn payment(event: &Event) -> String {
    let at = at(event).map_or_else(String::new, |at| format!("{} ", moment(at)));
    let told = match event {
        Event::Asked { terms, .. } => {
            let what = match terms.flow {
                Flow::Reserve => "reservation",
                Flow::Capture => "capture",
                Flow::Verify => "verification",
            };
            let (amount, currency) = (micros(terms.amount), terms.currency);
            let (request, last_four) = (&terms.request, terms.last_four);
            format!(
                "{what} of {amount} {currency} asked for by {request}, card ending in {last_four}"
            )
        }
        Event::AskedAgain { .. } => "asked for once more".to_owned(),
        Event::Authorized { answer, .. } => authorized(answer),
        Event::CaptureAsked { capture, amount, .. } => {
            format!("capture of {} asked for by {capture}", micros(*amount))
        }
        Event::CaptureConcluded { outcome, raw, .. } => match outcome {
            Ok(()) => format!("captured ({})", code(raw)),
            Err(why) => format!("not captured: {why} ({})", code(raw)),
        },
        Event::VoidAsked { request, .. } => format!("cancellation asked for by {request}"),
        Event::Voided { .. } => "what was reserved is free again".to_owned(),
        Event::Lapsed { .. } => "the reservation lapsed".to_owned(),
        Event::RefundAsked { id, request, amount, .. } => {
            format!("{id}: refund of {} asked for by {request}", micros(*amount))
        }
        Event::RefundConcluded { refund, outcome, raw, .. } => match outcome {
            Ok(()) => format!("{refund}: refunded ({})", code(raw)),
            Err(why) => format!("{refund}: not refunded: {why} ({})", code(raw)),
        },
        Event::RefundReversed { refund, raw, .. } => {
            format!("{refund}: reversed by the issuer ({})", code(raw))
        }
        Event::CaseOpened { case } => {
            let what = match case.kind {
                CaseKind::Inquiry => "inquiry",
                CaseKind::Chargeback(Stage::First) => "chargeback",
                CaseKind::Chargeback(Stage::Second) => "second chargeback",
            };
            let (name, amount, why) = (&case.case, micros(case.amount), case.reason.word());
            format!(
                "{what} {name} of {amount}: {why}; to be replied to by {}",
                moment(case.reply_by)
            )
        }
        Event::ChargebackReversed { case, raw, .. } => {
            format!("chargeback {case} was won ({})", code(raw))
        }
        Event::Defended { document, .. } => format!("Google handed over {document}"),
        Event::FraudReported { kind, raw, .. } => format!("fraud reported: {kind} ({})", code(raw)),
        Event::Referenced { of: Moved::Capture, number, .. } => {
            format!("the acquirer calls the capture {number}")
        }
        Event::Referenced { of: Moved::Refund(refund), number, .. } => {
            format!("the acquirer calls {refund} {number}")
        }
        Event::Told { number } => format!("what is owed as number {number} is on its way"),
    };
    format!("{at}{told}")
}

fn authorized(answer: &Authorization) -> String {
    match answer {
        Authorization::Asking => "nothing was answered".to_owned(),
        Authorization::Approved(approval) => format!(
            "approved ({}), held until {}",
            approval.verdict.code,
            moment(approval.expires_at)
        ),
        Authorization::Declined(verdict) => match verdict.code.meaning() {
            Meaning::Declined(why) => format!("declined: {why} ({})", verdict.code),
            Meaning::Failed(_) | Meaning::Approved => format!("declined ({})", verdict.code),
        },
        Authorization::Failed(failure) => format!("not decided: {failure}"),
    }
}

fn at(event: &Event) -> Option<Timestamp> {
    match event {
        Event::Asked { at, .. }
        | Event::AskedAgain { at, .. }
        | Event::Authorized { at, .. }
        | Event::CaptureAsked { at, .. }
        | Event::CaptureConcluded { at, .. }
        | Event::VoidAsked { at, .. }
        | Event::Voided { at }
        | Event::Lapsed { at }
        | Event::RefundAsked { at, .. }
        | Event::RefundConcluded { at, .. }
        | Event::RefundReversed { at, .. }
        | Event::ChargebackReversed { at, .. }
        | Event::Defended { at, .. }
        | Event::FraudReported { at, .. }
        | Event::Referenced { at, .. } => Some(*at),
        Event::CaseOpened { case } => Some(case.at),
        Event::Told { .. } => None,
    }
}

/// What Google is to be told.
pub(super) fn owed(subject: &Subject) -> String {
    match subject {
        Subject::Captured { request, outcome, .. } => match outcome {
            Ok(()) => format!("{request} was captured"),
            Err(why) => format!("{request} was not captured: {why}"),
        },
        Subject::Voided { request } => format!("{request} was cancelled"),
        Subject::Refunded { request, outcome, .. } => match outcome {
            Ok(()) => format!("{request} was refunded"),
            Err(why) => format!("{request} was not refunded: {why}"),
        },
        Subject::RefundReversed { request, .. } => format!("the refund {request} was reversed"),
        Subject::Inquiry(told) => format!("inquiry {} about {}", told.case, told.capture),
        Subject::Chargeback { told, .. } => format!("chargeback {} of {}", told.case, told.capture),
        Subject::ChargebackReversed { chargeback, .. } => format!("{chargeback} was won"),
        Subject::FraudReported { capture, kind, .. } => format!("fraud on {capture}: {kind}"),
        Subject::CaptureReferenced { capture, number } => format!("{capture} is called {number}"),
        Subject::RefundReferenced { refund, number } => format!("{refund} is called {number}"),
    }
}

pub(super) fn document(event: &document::Event) -> String {
    use document::Event;
    match event {
        Event::Kept(document) => {
            format!("{} {} bytes kept", moment(document.at), document.content.0.len())
        }
        Event::Encrypted(document) => {
            let (bytes, key) = (document.content.0.len(), &document.key.key);
            format!("{} kept, encrypted to {bytes} bytes under {key}", moment(document.at))
        }
        Event::Resealed(sealed) => format!("its key was sealed by key {}", sealed.key),
    }
}

pub(super) fn settlement(event: &settlement::Event) -> String {
    use settlement::Event;
    match event {
        Event::Opened { of, closes_at } => format!(
            "the day of {} from {} on, in {}, closed at {}",
            of.integrator,
            moment(of.starts),
            of.currency,
            moment(*closes_at)
        ),
        Event::Entered(settlement::Entry { line, fee }) => {
            let kind = match line.kind {
                LineKind::Capture => "capture",
                LineKind::Refund => "refund",
                LineKind::RefundReversal => "refund reversal",
                LineKind::Chargeback => "chargeback",
                LineKind::ChargebackReversal => "chargeback reversal",
            };
            let (at, amount, fee) = (moment(line.at), micros(line.amount), micros(*fee));
            format!("{at} {kind} {} of {amount}, fee {fee}", line.request)
        }
        Event::Closed { at } => format!("{} closed", moment(*at)),
        Event::Told { parts, total, at } => {
            format!("{} to be told in {parts} parts: {} in all", moment(*at), micros(*total))
        }
    }
}

fn code(raw: &RawResult) -> String {
    let scope = raw.scope.as_ref().map_or_else(String::new, |scope| format!("{scope} "));
    format!("{scope}{}", raw.code)
}
