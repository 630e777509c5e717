//! Of statements, and of the journals that they are held against.

use paceline_domain::journal::{self, Entry, Journal};
use paceline_domain::money::Micros;
use paceline_domain::statement::{
    self, Answer, Line, LineKind, Notify, Ours, Statement, Stop, Summary, Tally, Unlisted,
};

use super::{STATEMENT, dollars, piaid, request};
use crate::parts::{AT, LATER, currency, text};
use crate::variants::{Variants, all, variants};

fn summary() -> Summary {
    Summary {
        made_at: AT,
        period_start: AT,
        period_end: LATER,
        due_at: LATER,
        currency: currency("USD"),
        total_due: Micros(41_050_000),
        memo: Some(text("LRK-250915-EUR")),
    }
}

fn lines() -> Vec<Line> {
    let line = |kind, theirs, ours| {
        let (request, fee) = (request("cap:01K58A0001"), Micros(240_000));
        Line { kind, request, theirs, ours, fee }
    };
    vec![
        line(LineKind::Capture, Some(dollars(12)), Ours::Amount(dollars(12))),
        line(LineKind::Refund, Some(dollars(12)), Ours::Nothing),
        line(LineKind::Capture, None, Ours::Amount(dollars(12))),
    ]
}

pub fn statement_events() -> Vec<statement::Event> {
    use statement::Event;
    let notify = |memo| {
        let summary = Summary { memo, ..summary() };
        let request = request("stmt:2025-09-15:EUR");
        let (id, integrator) = (STATEMENT, piaid());
        Event::Notified(Box::new(Notify { id, integrator, request, summary, at: AT }))
    };
    vec![
        notify(Some(text("LRK-250915-EUR"))),
        notify(None),
        Event::PageRead { lines: lines(), next: Some(1_000) },
        Event::PageRead { lines: vec![], next: None },
        Event::Compared { missing_there: lines() },
        Event::Answered { at: LATER },
        Event::AnswerRefused { at: LATER },
        Event::Stopped { why: Stop::Refused, at: LATER },
        Event::Stopped { why: Stop::Miscounted { total: 3, read: 1_000 }, at: LATER },
        Event::Stopped { why: Stop::Astray { next: 1_000 }, at: LATER },
        Event::ReadAgain { at: LATER },
        Event::Unlisted(Unlisted { lines: 1_000, due: Micros(-1) }),
    ]
}

/// Those that have come since the samples of the others were kept.
pub fn later_statement_events() -> Vec<statement::Event> {
    let line = |ours| Line { ours, ..lines().remove(0) };
    let lines = all(vec![Ours::Nothing, Ours::Amount(dollars(12)), Ours::Counted]);
    vec![statement::Event::PageRead { lines: lines.into_iter().map(line).collect(), next: None }]
}

/// Every reason to stop that has come since.
pub fn later_stops() -> Vec<statement::Event> {
    let stops = [Stop::Unreadable, Stop::OtherPage { offset: 1_000 }, Stop::OtherSummary];
    stops.map(|why| statement::Event::Stopped { why, at: LATER }).to_vec()
}

/// And those that have come since.
pub fn statements() -> (Vec<statement::State>, Vec<statement::State>) {
    use statement::Phase;
    let propose = Answer::Propose { total_due: Micros(-1) };
    let phases = [
        Phase::Reading { offset: 1_000 },
        Phase::Comparing,
        Phase::Answering(Answer::Accept),
        Phase::Answered { answer: propose, at: LATER },
        Phase::Refused { answer: Answer::Accept, at: LATER },
    ];
    let later = [Phase::Stopped { why: Stop::Refused, at: LATER }];
    all([&phases[..], &later].concat());
    (phases.map(statement).to_vec(), later.map(statement).to_vec())
}

fn statement(phase: statement::Phase) -> statement::State {
    Some(Statement {
        id: STATEMENT,
        integrator: piaid(),
        request: request("stmt:2025-09-15:EUR"),
        summary: summary(),
        notified_at: AT,
        phase,
        tally: Tally {
            lines: 6,
            matched: 1,
            missing_here: 2,
            missing_there: 1,
            different: 2,
            theirs: Micros(i64::MIN),
            ours: Micros(i64::MAX),
        },
    })
}

pub fn journal_events() -> Vec<journal::Event> {
    let entry = |kind| {
        let (request, amount) = (request("cap:01K58A0001"), dollars(12));
        journal::Event::Entered(Entry { kind, request, amount, at: AT })
    };
    all(vec![LineKind::Capture, LineKind::Refund]).into_iter().map(entry).collect()
}

pub fn journal() -> Journal {
    Journal { entries: u64::MAX }
}

variants!(statement::Event, "statement", {
    statement::Event::Notified(_) => "notified",
    statement::Event::PageRead { .. } => "page-read",
    statement::Event::Compared { .. } => "compared",
    statement::Event::Answered { .. } => "answered",
    statement::Event::AnswerRefused { .. } => "answer-refused",
    statement::Event::Stopped { .. } => "stopped",
    statement::Event::ReadAgain { .. } => "read-again",
    statement::Event::Unlisted(_) => "unlisted",
});

variants!(Ours, "ours", {
    Ours::Nothing => "nothing",
    Ours::Amount(_) => "amount",
    Ours::Counted => "counted",
});

variants!(statement::Phase, "statement phase", {
    statement::Phase::Reading { .. } => "reading",
    statement::Phase::Comparing => "comparing",
    statement::Phase::Answering(_) => "answering",
    statement::Phase::Answered { .. } => "answered",
    statement::Phase::Refused { .. } => "refused",
    statement::Phase::Stopped { .. } => "stopped",
});

variants!(LineKind, "line kind", {
    LineKind::Capture => "capture",
    LineKind::Refund => "refund",
});

variants!(journal::Event, "journal", {
    journal::Event::Entered(_) => "entered",
});
