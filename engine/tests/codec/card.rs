//! At least one of each event and state of cards that is stored, and of each entry in the book of
//! the simulated acquirer.
//!
//! States are grown from events, because what is told next is theirs alone to know.

use std::sync::Arc;

use paceline_domain::asked::Hidden;
use paceline_domain::authorization::Network;
use paceline_domain::card_payment::{self, CardPayment, CaseKind, Flow, LineKind, Stage, Subject};
use paceline_domain::document::{Document, Plain};
use paceline_domain::ids::{DocumentId, MovementId, ReferenceNumber, RequestId};
use paceline_domain::money::Micros;
use paceline_domain::{card, document, settlement};
use paceline_engine::acquirer::simulated::Entry;

use crate::card_parts::*;
use crate::parts::{AT, LATER, asked, text};
use crate::standard::{PAYMENT, piaid, request, settlement_part};
use crate::variants::{Variants, all, variants};

pub const DOCUMENT: DocumentId = DocumentId(0x4444);

pub fn card_events() -> Vec<card::Event> {
    let introduced = |network| card::Event::Introduced {
        id: CARD,
        integrator: piaid(),
        network,
        last_four: last_four(),
        sealed: sealed(),
        at: AT,
    };
    let begun = card::Event::PaymentBegun { payment: PAYMENT, at: AT };
    vec![introduced(None), introduced(Some(Network::Visa)), card::Event::Resealed(sealed()), begun]
}

pub fn cards() -> Vec<card::State> {
    let mut events = card_events();
    events.remove(0); // a card is introduced once
    let begun = events.pop().expect("a payment is begun");
    let without = folded(card::apply, &events);
    events.push(begun);
    vec![without, folded(card::apply, &events)]
}

pub fn document_events() -> Vec<document::Event> {
    let hidden = |bytes: &[u8]| Hidden(Arc::from(bytes));
    let plain = Plain { id: DOCUMENT, content: hidden(b"%PDF-1.4"), at: AT };
    let (content, mark) = (hidden(&[3, 4, 255]), hidden(&[5, 6, 255]));
    let document = Document { id: DOCUMENT, content, key: sealed(), mark, at: AT };
    vec![
        document::Event::Kept(plain),
        document::Event::Encrypted(Box::new(document)),
        document::Event::Resealed(sealed()),
    ]
}

/// Of before, and of now.
pub fn documents() -> [document::State; 2] {
    let mut events = document_events();
    let before = folded(document::apply, &[events.remove(0)]);
    [before, folded(document::apply, &events)]
}

pub fn payment_events() -> Vec<card_payment::Event> {
    use card_payment::Event;
    let mut events: Vec<Event> = flows().into_iter().map(begun).collect();
    let unasked = Event::Asked {
        id: PAYMENT,
        terms: Box::new(terms(Flow::Reserve, None)),
        asked: None,
        at: AT,
    };
    events.push(unasked);
    events.extend([
        Event::AskedAgain { asked: Some(asked()), at: AT },
        Event::AskedAgain { asked: None, at: AT },
    ]);
    events.extend(authorizations().into_iter().map(|answer| Event::Authorized { answer, at: AT }));
    events.push(capture_asked());
    events.extend(capture_outcomes().into_iter().map(capture_concluded));
    events.extend([void_asked(), Event::Voided { at: LATER }, Event::Lapsed { at: LATER }]);
    events.push(refund_asked());
    events.extend(refund_outcomes().into_iter().map(refund_concluded));
    events.push(refund_reversed());
    events.extend(cases().into_iter().map(|case| Event::CaseOpened { case: Box::new(case) }));
    events.extend([chargeback_reversed(), Event::Defended { document: DOCUMENT, at: LATER }]);
    events.push(fraud_reported());
    events.extend(moved().into_iter().map(|of| Event::Referenced { of, number: arn(), at: LATER }));
    events.push(Event::Told { number: 3 });
    events
}

pub fn later_payment_events() -> Vec<card_payment::Event> {
    let mut approval = approval();
    approval.verdict.stored_credential = later_stored_credential();
    let answer = card_payment::Authorization::Approved(Box::new(approval));
    vec![card_payment::Event::Authorized { answer, at: AT }]
}

pub fn settlement_events() -> Vec<settlement::Event> {
    use settlement::Event;
    let settlement::Part { of, entries, total, .. } = settlement_part();
    let mut events = vec![Event::Opened { of, closes_at: LATER }];
    events.extend(entries.into_iter().map(Event::Entered));
    events.extend([Event::Closed { at: LATER }, Event::Told { parts: 1, total, at: LATER }]);
    events
}

/// One in each phase, as kept when a day that was closed early still told the whole of it, and as now.
pub fn settlements() -> [Vec<settlement::State>; 2] {
    let events = settlement_events();
    let states: Vec<_> =
        (1..=events.len()).map(|until| folded(settlement::apply, &events[..until])).collect();
    all(states.iter().flatten().map(|settlement| settlement.phase).collect::<Vec<_>>());
    let settlement::Part { of, .. } = settlement_part();
    let mut before = states.clone();
    before.iter_mut().flatten().for_each(|settlement| settlement.of.ends = of.ends);
    [before, states]
}

fn begun(flow: Flow) -> card_payment::Event {
    let terms = Box::new(terms(flow, Some(Network::Visa)));
    card_payment::Event::Asked { id: PAYMENT, terms, asked: Some(asked()), at: AT }
}

fn approved() -> card_payment::Event {
    let answer = card_payment::Authorization::Approved(Box::new(approval()));
    card_payment::Event::Authorized { answer, at: AT }
}

fn capture_request() -> RequestId {
    request("rsvcap:9c02")
}

fn capture_asked() -> card_payment::Event {
    let (capture, amount) = (capture_request(), Micros(21_990_000));
    card_payment::Event::CaptureAsked { capture, amount, at: LATER }
}

fn capture_concluded(outcome: Result<(), card_payment::CaptureRefusal>) -> card_payment::Event {
    card_payment::Event::CaptureConcluded { outcome, raw: raw(Some("VISA")), at: LATER }
}

fn void_asked() -> card_payment::Event {
    card_payment::Event::VoidAsked { request: request("rsvcan:9c09"), at: LATER }
}

fn refund_asked() -> card_payment::Event {
    let (request, amount) = (request("cref:9f01"), Micros(7_330_000));
    card_payment::Event::RefundAsked { id: REFUND, request, amount, at: LATER }
}

fn refund_concluded(outcome: Result<(), card_payment::RefundDecline>) -> card_payment::Event {
    let (refund, raw) = (REFUND, raw(None));
    card_payment::Event::RefundConcluded { refund, outcome, raw, at: LATER }
}

fn refund_reversed() -> card_payment::Event {
    card_payment::Event::RefundReversed { refund: REFUND, raw: raw(Some("VISA")), at: LATER }
}

fn charged_back(case: &str, stage: Stage) -> card_payment::Event {
    let kind = CaseKind::Chargeback(stage);
    let first = cases().remove(0);
    let case = card_payment::OpenCase { case: text(case), kind, ..first };
    card_payment::Event::CaseOpened { case: Box::new(case) }
}

fn chargeback_reversed() -> card_payment::Event {
    card_payment::Event::ChargebackReversed {
        case: text("ng-case-5512"),
        raw: raw(Some("VISA")),
        reversed_on: AT,
        at: LATER,
    }
}

fn fraud_reported() -> card_payment::Event {
    let (kind, raw) = (text("FRAUDULENT_USE"), raw(Some("VISA")));
    card_payment::Event::FraudReported { kind, raw, at: LATER }
}

fn arn() -> ReferenceNumber {
    ReferenceNumber::parse("24011345260000310078117").unwrap()
}

/// One in each state that a hold, an authorization, a refund or a case can be in.
pub fn payments() -> Vec<card_payment::State> {
    use card_payment::Event;
    let grown = |events: &[Event]| folded(card_payment::apply, events);
    let mut states: Vec<_> = authorizations()
        .into_iter()
        .map(|answer| match answer {
            card_payment::Authorization::Asking => grown(&[begun(Flow::Reserve)]),
            answer => grown(&[begun(Flow::Reserve), Event::Authorized { answer, at: AT }]),
        })
        .collect();
    let held = || vec![begun(Flow::Reserve), approved()];
    let then = |more: Vec<Event>| grown(&[held(), more].concat());
    states.push(grown(&[begun(Flow::Capture), approved()]));
    states.push(then(vec![void_asked()]));
    states.push(then(vec![void_asked(), Event::Voided { at: LATER }]));
    states.push(then(vec![Event::Lapsed { at: LATER }]));
    states.push(then(vec![capture_asked()]));
    states.extend(
        capture_outcomes()
            .into_iter()
            .map(|outcome| then(vec![capture_asked(), capture_concluded(outcome)])),
    );
    let captured = || vec![capture_asked(), capture_concluded(Ok(()))];
    let with = |more: Vec<Event>| then([captured(), more].concat());
    states.push(with(vec![refund_asked()]));
    states.extend(
        refund_outcomes()
            .into_iter()
            .map(|outcome| with(vec![refund_asked(), refund_concluded(outcome)])),
    );
    let inquired = |case| Event::CaseOpened { case: Box::new(case) };
    let inquiries = cases().into_iter().filter(|case| case.kind == CaseKind::Inquiry);
    states.extend(inquiries.map(|case| with(vec![inquired(case)])));
    states.push(with(vec![
        refund_asked(),
        refund_concluded(Ok(())),
        refund_reversed(),
        charged_back("ng-case-5512", Stage::First),
        Event::Defended { document: DOCUMENT, at: LATER },
        chargeback_reversed(),
        charged_back("ng-case-5513", Stage::Second),
        fraud_reported(),
        Event::Referenced { of: card_payment::Moved::Capture, number: arn(), at: LATER },
        Event::Referenced { of: card_payment::Moved::Refund(REFUND), number: arn(), at: LATER },
        Event::Told { number: 1 },
    ]));
    assert_complete(states.iter().flatten());
    states
}

/// What cannot be built by hand has to have grown.
fn assert_complete<'a>(payments: impl Iterator<Item = &'a CardPayment> + Clone) {
    all(payments.clone().map(|payment| payment.hold).collect::<Vec<_>>());
    all(payments.clone().map(|payment| payment.authorization.clone()).collect::<Vec<_>>());
    let refunds = payments.clone().flat_map(|payment| payment.refunds.values());
    all(refunds.map(|refund| refund.progress).collect::<Vec<_>>());
    all(payments.clone().flat_map(|payment| &payment.cases).map(|case| case.state).collect());
    let told = payments.flat_map(|payment| &payment.untold);
    all(told.clone().filter_map(|telling| telling.subject.clone()).collect::<Vec<_>>());
    let kinds = told.filter_map(|telling| telling.line.as_ref()).map(|line| line.kind);
    all::<LineKind>(kinds.collect());
}

fn folded<S: Default, E>(apply: fn(&mut S, &E), events: &[E]) -> S {
    let mut state = S::default();
    events.iter().for_each(|event| apply(&mut state, event));
    state
}

/// What the simulated acquirer writes down.
pub fn book_entries() -> Vec<Entry> {
    let (movement, amount) = (MovementId(7), Micros(21_990_000));
    let authorized = |(flow, answer)| {
        let currency = crate::parts::currency("USD");
        Entry::Authorized { flow, amount, currency, answer }
    };
    let declined = verdicts().into_iter().map(Err);
    let answers = [Ok(approval())].into_iter().chain(declined);
    let mut entries: Vec<_> = flows().into_iter().cycle().zip(answers).map(authorized).collect();
    entries.push(Entry::Barred);
    let captured = |outcome: Result<(), _>| {
        let outcome = outcome.map(|()| Some(arn()));
        Entry::Captured { movement, amount, outcome }
    };
    entries.extend(capture_outcomes().into_iter().map(captured));
    entries.push(Entry::Captured { movement, amount, outcome: Ok(None) });
    entries.extend([Entry::Voided { movement }, Entry::Taken { amount }]);
    let refunded = |outcome: Result<(), _>| {
        let outcome = outcome.map(|()| Some(arn()));
        Entry::Refunded { movement, amount, outcome }
    };
    entries.extend(refund_outcomes().into_iter().map(refunded));
    entries
}

variants!(card::Event, "card", {
    card::Event::Introduced { .. } => "introduced",
    card::Event::Resealed(_) => "resealed",
    card::Event::PaymentBegun { .. } => "payment-begun",
});

variants!(document::Event, "document", {
    document::Event::Kept(_) => "kept",
    document::Event::Encrypted(_) => "encrypted",
    document::Event::Resealed(_) => "resealed",
});

variants!(settlement::Event, "settlement", {
    settlement::Event::Opened { .. } => "opened",
    settlement::Event::Entered(_) => "entered",
    settlement::Event::Closed { .. } => "closed",
    settlement::Event::Told { .. } => "told",
});

variants!(settlement::Phase, "settlement phase", {
    settlement::Phase::Open => "open",
    settlement::Phase::Closed { .. } => "closed",
    settlement::Phase::Told { .. } => "told",
});

variants!(card_payment::Event, "card-payment", {
    card_payment::Event::Asked { .. } => "asked",
    card_payment::Event::AskedAgain { .. } => "asked-again",
    card_payment::Event::Authorized { .. } => "authorized",
    card_payment::Event::CaptureAsked { .. } => "capture-asked",
    card_payment::Event::CaptureConcluded { .. } => "capture-concluded",
    card_payment::Event::VoidAsked { .. } => "void-asked",
    card_payment::Event::Voided { .. } => "voided",
    card_payment::Event::Lapsed { .. } => "lapsed",
    card_payment::Event::RefundAsked { .. } => "refund-asked",
    card_payment::Event::RefundConcluded { .. } => "refund-concluded",
    card_payment::Event::RefundReversed { .. } => "refund-reversed",
    card_payment::Event::CaseOpened { .. } => "case-opened",
    card_payment::Event::ChargebackReversed { .. } => "chargeback-reversed",
    card_payment::Event::Defended { .. } => "defended",
    card_payment::Event::FraudReported { .. } => "fraud-reported",
    card_payment::Event::Referenced { .. } => "referenced",
    card_payment::Event::Told { .. } => "told",
});

variants!(Subject, "subject", {
    Subject::Captured { .. } => "captured",
    Subject::Voided { .. } => "voided",
    Subject::Refunded { .. } => "refunded",
    Subject::RefundReversed { .. } => "refund-reversed",
    Subject::Inquiry(_) => "inquiry",
    Subject::Chargeback { .. } => "chargeback",
    Subject::ChargebackReversed { .. } => "chargeback-reversed",
    Subject::FraudReported { .. } => "fraud-reported",
    Subject::CaptureReferenced { .. } => "capture-referenced",
    Subject::RefundReferenced { .. } => "refund-referenced",
});

variants!(Entry, "acquirer-book", {
    Entry::Authorized { .. } => "authorized",
    Entry::Barred => "barred",
    Entry::Captured { .. } => "captured",
    Entry::Voided { .. } => "voided",
    Entry::Taken { .. } => "taken",
    Entry::Refunded { .. } => "refunded",
});
