//! Of payments, and of what Google is told of them.

use std::collections::BTreeMap;

use paceline_domain::decline::Decline;
use paceline_domain::ids::{AssociationId, MovementId, PaymentId, SettlementId};
use paceline_domain::money::Micros;
use paceline_domain::notice::{self, Notice, Owe, Subject};
use paceline_domain::payment::{self, Course, Flow, Part, Payment, Progress, Refund, Terms};
use paceline_domain::time::Timestamp;
use paceline_domain::{card_payment, settlement};

use super::proofs::proofs;
use super::{
    DAY, NOTICE, PAYMENT, REFUND, account_id, association, declines, dollars, piaid, request,
};
use crate::parts::{AT, LATER, asked, currency, text};
use crate::variants::{Variants, all, variants};

fn terms(flow: Flow, association: Option<AssociationId>) -> Terms {
    Terms {
        flow,
        integrator: piaid(),
        request: request("cap:01K58Q2VZ9"),
        account: account_id(),
        association,
        amount: dollars(12),
        currency: currency("USD"),
        description: text("Google - Sky Atlas"),
    }
}

fn course(progress: Progress) -> Course {
    Course { progress, to_be_told: true, asked: Some(asked()) }
}

fn refund(progress: Progress) -> Refund {
    let (request, amount) = (request("ref:01K58R1A77"), Micros(5_500_000));
    Refund { request, number: 1, amount, asked_at: LATER, course: course(progress) }
}

fn progress() -> Vec<Progress> {
    all(vec![
        Progress::Asking { proof: Some(proofs().remove(0)) },
        Progress::Asking { proof: None },
        Progress::Concluded(Ok(())),
        Progress::Settled(Err(Decline::BusinessRule)),
    ])
}

pub fn payment_events() -> Vec<payment::Event> {
    use payment::Event;
    let flows = all(vec![Flow::Capture, Flow::CaptureLater, Flow::Disbursement]);
    let asked = |(flow, progress)| {
        let (terms, course) =
            (Box::new(terms(flow, Some(association()))), Box::new(course(progress)));
        Event::Asked { id: PAYMENT, terms, course, at: AT }
    };
    let mut events: Vec<_> = flows.into_iter().zip(progress()).map(asked).collect();
    let refund = Box::new(refund(Progress::Asking { proof: None }));
    let part = Part::Refund(REFUND);
    events.extend([
        Event::RefundAsked { refund, id: REFUND, at: LATER },
        Event::AskerLeft { part },
        Event::AskerLeft { part: Part::Payment },
        Event::Concluded { part, outcome: Ok(()), at: LATER },
        Event::Settled { part: Part::Payment },
    ]);
    let declined = |why| Event::Concluded { part: Part::Payment, outcome: Err(why), at: LATER };
    events.extend(declines().into_iter().map(declined));
    events
}

pub fn payments() -> Vec<payment::State> {
    let payment = |progress: Progress| {
        let refunds = BTreeMap::from([(REFUND, refund(progress.clone()))]);
        let (terms, course) = (terms(Flow::Capture, None), course(progress));
        Some(Payment { id: PAYMENT, terms, asked_at: AT, course, refunds })
    };
    progress().into_iter().map(payment).collect()
}

fn subjects() -> Vec<Subject> {
    let outcome = Err(Decline::InsufficientFunds { balance: None });
    let first = vec![
        Subject::Capture { request: request("acap:1"), payment: PAYMENT, outcome: Ok(()) },
        Subject::Refund { request: request("ref:1"), refund: REFUND, outcome },
        Subject::Disbursement { request: request("dis:1"), payment: PAYMENT, outcome },
    ];
    all(first.iter().cloned().chain(later_subjects()).collect());
    first
}

/// Those that have come since the sample of the others was kept.
fn later_subjects() -> Vec<Subject> {
    vec![
        Subject::Card(Box::new(card_payment::Subject::Voided { request: request("rsvcan:1") })),
        Subject::Settlement(Box::new(settlement_part())),
    ]
}

pub fn settlement_part() -> settlement::Part {
    let (starts, ends) = (Timestamp(AT.0 / DAY * DAY), Timestamp(AT.0 / DAY * DAY + DAY - 1));
    let id = SettlementId(0x3333);
    let of = settlement::Of { id, integrator: piaid(), currency: currency("USD"), starts, ends };
    let line = card_payment::Line {
        kind: card_payment::LineKind::Capture,
        payment: PaymentId(0x5555),
        movement: MovementId(0x4444),
        request: request("ccap:1"),
        amount: dollars(40),
        at: AT,
    };
    let entries = vec![settlement::Entry { line, fee: Micros(800_000) }];
    let total = settlement::total(&entries).unwrap();
    settlement::Part { of, closed_at: LATER, total, number: 0, parts: 1, entries }
}

pub fn notice_events() -> Vec<notice::Event> {
    use notice::Event;
    let mut events: Vec<_> = subjects().into_iter().map(owed).collect();
    events.extend([
        Event::Heard { at: LATER },
        Event::Refused { why: text("told otherwise"), at: LATER },
        Event::OwedAgain { at: LATER },
    ]);
    events
}

pub fn later_notice_events() -> Vec<notice::Event> {
    later_subjects().into_iter().map(owed).collect()
}

fn owed(subject: Subject) -> notice::Event {
    notice::Event::Owed(Box::new(Owe { id: NOTICE, integrator: piaid(), subject, at: AT }))
}

pub fn notices() -> Vec<notice::State> {
    use notice::Phase;
    let phases = all(vec![
        Phase::Owed,
        Phase::Heard { at: LATER },
        Phase::Refused { why: text("told otherwise"), at: LATER },
    ]);
    let notice = |(phase, subject)| {
        Some(Notice { id: NOTICE, integrator: piaid(), subject, owed_since: AT, phase })
    };
    phases.into_iter().zip(subjects()).map(notice).collect()
}

variants!(payment::Event, "payment", {
    payment::Event::Asked { .. } => "asked",
    payment::Event::RefundAsked { .. } => "refund-asked",
    payment::Event::AskerLeft { .. } => "asker-left",
    payment::Event::Concluded { .. } => "concluded",
    payment::Event::Settled { .. } => "settled",
});

variants!(Flow, "flow", {
    Flow::Capture => "capture",
    Flow::CaptureLater => "capture-later",
    Flow::Disbursement => "disbursement",
});

variants!(Progress, "payment progress", {
    Progress::Asking { .. } => "asking",
    Progress::Concluded(_) => "concluded",
    Progress::Settled(_) => "settled",
});

variants!(notice::Event, "notice", {
    notice::Event::Owed(_) => "owed",
    notice::Event::Heard { .. } => "heard",
    notice::Event::Refused { .. } => "refused",
    notice::Event::OwedAgain { .. } => "owed-again",
});

variants!(Subject, "subject", {
    Subject::Capture { .. } => "capture",
    Subject::Refund { .. } => "refund",
    Subject::Disbursement { .. } => "disbursement",
    Subject::Card(_) => "card",
    Subject::Settlement(_) => "settlement",
});

variants!(notice::Phase, "notice phase", {
    notice::Phase::Owed => "owed",
    notice::Phase::Heard { .. } => "heard",
    notice::Phase::Refused { .. } => "refused",
});
