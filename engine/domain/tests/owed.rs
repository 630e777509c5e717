//! What Google is owed: notices that never change, statements that are read to their end.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use machine::*;
use paceline_domain::decline::Decline;
use paceline_domain::ids::{NoticeId, PaymentId, StatementId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::notice::{self, Owe, Phase, Subject};
use paceline_domain::statement::{
    self, Answer, Command, Effect, Event, Line, LineKind, Notify, Ours, Rejection, Said, State,
    Stop, Summary, Unlisted, pending,
};
use paceline_domain::time::Timestamp;

type Statement = Machine<State, Command, Event, Rejection>;

fn owe(outcome: Result<(), Decline>) -> notice::Command {
    let (request, payment) = (request("acap:1"), PaymentId(1));
    let subject = Subject::Capture { request, payment, outcome };
    let owe = Owe { id: NoticeId(1), integrator: piaid(), subject, at: NOW };
    notice::Command::Owe(Box::new(owe))
}

#[test]
fn a_notice_is_owed_until_it_is_heard_or_refused() {
    let mut notice = Machine::new(notice::decide, notice::apply);
    notice.give(owe(Ok(()))).unwrap();
    assert!(notice::pending(&notice.state).is_some());
    notice.give(notice::Command::Heard { now: LATER }).unwrap();
    assert_eq!(notice::pending(&notice.state), None);
    let late = notice::Command::Refused { why: text("late"), now: LATER };
    assert_eq!(notice.give(late), Ok(vec![]), "what was heard was heard");
}

#[test]
fn what_is_told_never_changes() {
    let mut notice = Machine::new(notice::decide, notice::apply);
    notice.give(owe(Ok(()))).unwrap();
    assert_eq!(notice.give(owe(Ok(()))), Ok(vec![]));
    let otherwise = notice.give(owe(Err(Decline::PinWrong)));
    assert_eq!(otherwise, Err(notice::Rejection::ToldOtherwise));
}

#[test]
fn a_refused_notice_waits_for_somebody_to_send_it_again() {
    let mut notice = Machine::new(notice::decide, notice::apply);
    notice.give(owe(Ok(()))).unwrap();
    let refused = notice::Command::Refused { why: text("told otherwise"), now: LATER };
    notice.give(refused).unwrap();
    assert_eq!(notice::pending(&notice.state), None);
    notice.give(notice::Command::SendAgain { now: LATER }).unwrap();
    assert_eq!(notice::pending(&notice.state).unwrap().phase, Phase::Owed);
}

fn notified(total_due: Micros) -> Statement {
    let mut statement = Machine::new(statement::decide, statement::apply);
    let summary = Summary {
        made_at: NOW,
        period_start: NOW,
        period_end: LATER,
        due_at: LATER,
        currency: usd(),
        total_due,
        memo: None,
    };
    let (id, integrator, request) = (StatementId(1), piaid(), request("stmt:1"));
    let notify = Notify { id, integrator, request, summary, at: NOW };
    statement.give(Command::Notify(Box::new(notify))).unwrap();
    statement
}

fn line(kind: LineKind, theirs: Option<i64>, ours: Option<i64>) -> Line {
    let theirs = theirs.map(dollars);
    let ours = ours.map_or(Ours::Nothing, |ours| Ours::Amount(dollars(ours)));
    Line { kind, request: request("cap:1"), theirs, ours, fee: Micros(100_000) }
}

fn page(offset: u64, lines: Vec<Line>, next: Option<u64>) -> Command {
    let total = offset + lines.len() as u64 + u64::from(next.is_some());
    Command::PageRead { offset, lines, next, total, said: Said::default(), now: LATER }
}

fn compared(missing_there: Vec<Line>) -> Command {
    Command::Compared { missing_there, unlisted: Unlisted::default() }
}

#[test]
fn a_period_ends_before_its_end_or_with_the_last_second_that_it_names() {
    let Some(statement) = notified(Micros::ZERO).state else { panic!("it was notified") };
    let day = 24 * 60 * 60 * 1_000;
    for (printed, end) in [(day, day), (day - 1_000, day), (day - 1, day), (day + 7, day + 7)] {
        let (period_start, period_end) = (Timestamp(0), Timestamp(printed));
        let summary = Summary { period_start, period_end, ..statement.summary.clone() };
        assert!(summary.covers(Timestamp(0)) && summary.covers(Timestamp(end - 1)), "{printed}");
        assert!(!summary.covers(Timestamp(end)), "{printed} has its end");
    }
}

#[test]
fn what_is_missing_and_not_listed_is_in_the_sum() {
    let mut statement = notified(Micros::ZERO);
    statement.give(page(0, vec![], None)).unwrap();
    let lacks = |kind, amount| line(kind, None, Some(amount));
    let rest = [lacks(LineKind::Capture, 8), lacks(LineKind::Refund, 5)];
    let rest = rest.map(|line| Line { fee: Micros::ZERO, ..line });
    let missing_there = vec![Line { fee: Micros::ZERO, ..lacks(LineKind::Capture, 12) }];
    statement.give(Command::Compared { missing_there, unlisted: Unlisted::of(&rest) }).unwrap();
    let all = Answer::Propose { total_due: dollars(15) };
    assert_eq!(pending(&statement.state), Some(Effect::Answer(all)));
    assert_eq!(statement.state.unwrap().tally.missing_there, 3);
}

#[test]
fn a_statement_is_read_page_by_page_until_no_next_one_is_named() {
    let mut statement = notified(Micros(12_800_000));
    assert_eq!(pending(&statement.state), Some(Effect::Read { offset: 0 }));
    let first = || vec![line(LineKind::Capture, Some(18), Some(18))];
    statement.give(page(0, first(), Some(1))).unwrap();
    assert_eq!(statement.give(page(0, first(), Some(1))), Ok(vec![]), "a page counts once");
    assert_eq!(pending(&statement.state), Some(Effect::Read { offset: 1 }));
    statement.give(page(1, vec![line(LineKind::Refund, Some(5), Some(5))], None)).unwrap();
    assert_eq!(pending(&statement.state), Some(Effect::Compare));
    statement.give(compared(vec![])).unwrap();
    assert_eq!(pending(&statement.state), Some(Effect::Answer(Answer::Accept)));
    statement.give(Command::AnswerTaken { now: LATER }).unwrap();
    assert_eq!(pending(&statement.state), None);
}

#[test]
fn a_page_that_leads_back_or_past_the_end_stops_the_reading() {
    for next in [0, 3] {
        let mut statement = notified(Micros::ZERO);
        statement.give(page(0, vec![], Some(next))).unwrap();
        assert_eq!(stopped(&statement), Stop::Astray { next });
    }
}

#[test]
fn a_statement_with_fewer_or_more_lines_than_it_says_is_not_answered() {
    for total in [0, 2] {
        let mut statement = notified(Micros(9_900_000));
        let lines = vec![line(LineKind::Capture, Some(10), Some(10))];
        let said = Said::default();
        let page = Command::PageRead { offset: 0, lines, next: None, total, said, now: LATER };
        statement.give(page).unwrap();
        assert_eq!(stopped(&statement), Stop::Miscounted { total, read: 1 });
    }
}

#[test]
fn a_statement_whose_page_is_refused_waits_for_somebody_to_read_it_again() {
    let mut statement = notified(Micros(9_900_000));
    statement.give(page(0, vec![line(LineKind::Capture, Some(10), Some(10))], Some(1))).unwrap();
    statement.give(Command::PageUnread { why: Stop::Refused, now: LATER }).unwrap();
    assert_eq!(stopped(&statement), Stop::Refused);
    statement.give(Command::ReadAgain { now: NOW }).unwrap();
    let reading = statement.state.as_ref().unwrap().notified_at;
    assert!(reading > NOW, "of two readings at one moment each has a name");
    assert_eq!(pending(&statement.state), Some(Effect::Read { offset: 0 }));
    statement.give(page(0, vec![line(LineKind::Capture, Some(10), Some(10))], None)).unwrap();
    statement.give(compared(vec![])).unwrap();
    assert_eq!(pending(&statement.state), Some(Effect::Answer(Answer::Accept)), "counted once");
    assert_eq!(statement.give(Command::ReadAgain { now: LATER }), Ok(vec![]), "nothing is wrong");
}

#[test]
fn a_page_that_contradicts_the_notification_is_not_read() {
    let (due, other) = (Micros(9_900_000), CurrencyCode::parse("EUR").unwrap());
    let as_notified = Said { offset: Some(0), total_due: Some(due), currency: Some(usd()) };
    let lines = || vec![line(LineKind::Capture, Some(10), Some(10))];
    let read = |said| {
        let mut statement = notified(due);
        let (next, total) = (None, 1);
        let page = Command::PageRead { offset: 0, lines: lines(), next, total, said, now: LATER };
        statement.give(page).unwrap();
        statement
    };
    assert_eq!(pending(&read(as_notified).state), Some(Effect::Compare));
    for said in [
        Said { total_due: Some(Micros(9_900_001)), ..as_notified },
        Said { currency: Some(other), ..as_notified },
    ] {
        let statement = read(said);
        assert_eq!(stopped(&statement), Stop::OtherSummary);
        assert_eq!(statement.state.unwrap().tally.lines, 0, "nothing of it counts");
    }
    let elsewhere = read(Said { offset: Some(77), ..as_notified });
    assert_eq!(stopped(&elsewhere), Stop::OtherPage { offset: 77 });
}

/// Why nothing is owed any more.
fn stopped(statement: &Statement) -> Stop {
    assert_eq!(pending(&statement.state), None);
    match statement.state.as_ref().unwrap().phase {
        statement::Phase::Stopped { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whatever_differs_is_answered_with_our_own_sum() {
    let agreed = || line(LineKind::Capture, Some(10), Some(10));
    let differing = [
        (line(LineKind::Capture, Some(5), Some(4)), 13_800_000),
        (line(LineKind::Capture, Some(5), None), 9_900_000),
        (line(LineKind::Refund, Some(5), Some(4)), 5_800_000),
    ];
    for (differs, ours) in differing {
        let mut statement = notified(Micros(14_800_000));
        statement.give(page(0, vec![agreed(), differs], None)).unwrap();
        statement.give(compared(vec![])).unwrap();
        let proposed = Effect::Answer(Answer::Propose { total_due: Micros(ours) });
        assert_eq!(pending(&statement.state), Some(proposed));
    }
    let mut statement = notified(Micros(9_900_000));
    statement.give(page(0, vec![agreed()], None)).unwrap();
    let missing_there = vec![line(LineKind::Capture, None, Some(3))];
    statement.give(compared(missing_there)).unwrap();
    let Some(Effect::Answer(Answer::Propose { .. })) = pending(&statement.state) else {
        panic!("what is missing there is proposed")
    };
}

#[test]
fn what_is_listed_twice_is_counted_once_and_not_agreed_to() {
    let mut statement = notified(Micros(23_800_000));
    let first = line(LineKind::Capture, Some(12), Some(12));
    let again = Line { ours: Ours::Counted, ..first.clone() };
    statement.give(page(0, vec![first, again], None)).unwrap();
    statement.give(compared(vec![])).unwrap();
    let once = Answer::Propose { total_due: Micros(11_900_000) };
    assert_eq!(pending(&statement.state), Some(Effect::Answer(once)));
    assert_eq!(statement.state.unwrap().tally.repeated(), 1);
}

#[test]
fn lines_that_agree_and_come_to_another_sum_are_not_accepted() {
    let mut statement = notified(dollars(99));
    let lines = vec![line(LineKind::Capture, Some(10), Some(10))];
    statement.give(page(0, lines, None)).unwrap();
    statement.give(compared(vec![])).unwrap();
    let ours = Answer::Propose { total_due: Micros(9_900_000) };
    assert_eq!(pending(&statement.state), Some(Effect::Answer(ours)));
}

#[test]
fn sums_that_no_ledger_could_hold_agree_with_nothing() {
    let mut statement = notified(Micros(i64::MAX));
    let huge = || Line {
        theirs: Some(Micros(i64::MAX)),
        ours: Ours::Amount(Micros(i64::MAX)),
        ..line(LineKind::Capture, None, None)
    };
    statement.give(page(0, vec![huge(), huge()], None)).unwrap();
    statement.give(compared(vec![])).unwrap();
    assert!(matches!(pending(&statement.state), Some(Effect::Answer(Answer::Propose { .. }))));
}
