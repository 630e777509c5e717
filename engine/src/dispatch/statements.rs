//! Reads a remittance statement page by page, holds it against our books, and answers it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::journal;
use paceline_domain::money::Micros;
use paceline_domain::name::{self, Holder, StatementLine};
use paceline_domain::payment::{self, Part, Payment};
use paceline_domain::statement::{
    self, Answer, Command, Effect, Line, LineKind, Ours, Statement, Stop, Unlisted,
};
use paceline_storage::{EventLog, StreamId};
use serde::de::DeserializeOwned;

use super::notices::{count_late, deliver, later_of};
use super::{Known, ask};
use crate::codec;
use crate::entity::{Carried, Journals, Names, Payments, Statements};
use crate::google::{Call, Delivery, Page, PageLine, Trouble, What};
use crate::limits::{
    LOOKED_UP_AT_ONCE, MISSING_LINES_MAX, STATEMENT_DAYS_MAX, STATEMENT_PAGE_LINES,
};
use crate::world::World;

pub(crate) async fn carry_out(
    world: &Arc<World>,
    statement: &Statement,
    effect: Effect,
) -> Carried<Command> {
    match effect {
        Effect::Read { offset } => read(world, statement, offset).await,
        Effect::Compare => compare(world, statement).await,
        Effect::Answer(answer) => tell(world, statement, answer).await,
    }
}

async fn read(world: &Arc<World>, statement: &Statement, offset: u64) -> Carried<Command> {
    let (request, lines_max) = (statement.request.clone(), STATEMENT_PAGE_LINES);
    let what = What::StatementPage { statement: request, offset, lines_max };
    match deliver(world, call(statement, &format!("p{offset}"), what)).await {
        Delivery::Page(Page { lines, next, lines_total, said }) => {
            let mut compared = vec![];
            let numbered: Vec<_> = (statement.tally.lines..).zip(&lines).collect();
            for some in numbered.chunks(LOOKED_UP_AT_ONCE) {
                let looking =
                    some.iter().map(|(number, line)| look_up(world, statement, *number, line));
                compared.extend(join_all(looking).await);
            }
            let (lines, total, now) = (compared, lines_total, world.now());
            Carried::Done(Command::PageRead { offset, lines, next, total, said, now })
        }
        Delivery::Refused(why) => {
            let statement = statement.id;
            tracing::error!(%statement, %why, "Google refuses a page of a statement");
            Carried::Done(Command::PageUnread { why: Stop::Refused, now: world.now() })
        }
        Delivery::Unreadable => {
            Carried::Done(Command::PageUnread { why: Stop::Unreadable, now: world.now() })
        }
        other => not_yet(world, statement, &other),
    }
}

async fn tell(world: &Arc<World>, statement: &Statement, answer: Answer) -> Carried<Command> {
    let (request, currency) = (statement.request.clone(), statement.summary.currency);
    let what = match answer {
        Answer::Accept => What::AcceptStatement { statement: request },
        Answer::Propose { total_due } => {
            What::ProposeStatement { statement: request, total_due, currency }
        }
    };
    let delivery = deliver(world, call(statement, "answer", what)).await;
    match delivery {
        Delivery::Heard | Delivery::Page(_) | Delivery::Unreadable => {
            Carried::Done(Command::AnswerTaken { now: world.now() })
        }
        Delivery::Refused(why) => {
            let statement = statement.id;
            tracing::error!(%statement, %why, "Google refuses the answer to a statement");
            Carried::Done(Command::AnswerRefused { now: world.now() })
        }
        Delivery::NotYet(_) => not_yet(world, statement, &delivery),
    }
}

fn not_yet(world: &World, statement: &Statement, delivery: &Delivery) -> Carried<Command> {
    count_late(world, statement.notified_at, &world.metrics.standard.statements_late);
    Carried::Later(later_of(world, statement.notified_at, delivery))
}

/// Each page and the answer have a request of their own, the same in every try of one reading.
fn call(statement: &Statement, which: &str, what: What) -> Call {
    let request =
        RequestId::parse(&format!("{}:{}:{which}", statement.id, statement.notified_at.0));
    let request = request.expect("an id of ours is a request id");
    Call { request, integrator: statement.integrator.clone(), what }
}

/// A line of Google's with what our books say of it.
async fn look_up(world: &Arc<World>, statement: &Statement, number: u64, line: &PageLine) -> Line {
    let ours = match line.currency == statement.summary.currency {
        true => ours(world, statement, line).await,
        false => None,
    };
    let ours = match ours {
        None => Ours::Nothing,
        Some(amount) if counts(world, statement, number, line).await => Ours::Amount(amount),
        Some(_) => Ours::Counted,
    };
    let PageLine { kind, request, amount, fee, .. } = line.clone();
    Line { kind, request, theirs: Some(amount), ours, fee }
}

async fn ours(world: &Arc<World>, statement: &Statement, line: &PageLine) -> Option<Micros> {
    let integrator = &statement.integrator;
    let payment = payment_of(world, integrator, line.kind, &line.request).await?;
    if payment.terms.currency != line.currency {
        return None;
    }
    match line.kind {
        LineKind::Capture => Some(payment.captured()).filter(|amount| *amount > Micros::ZERO),
        LineKind::Refund => {
            let id = Payments::refund(integrator, &line.request);
            let done = payment.course(Part::Refund(id))?.progress.outcome() == Some(Ok(()));
            done.then(|| payment.refunds[&id].amount)
        }
    }
}

/// The payment that a capture is, or that a refund was taken from.
async fn payment_of(
    world: &Arc<World>,
    integrator: &IntegratorAccountId,
    kind: LineKind,
    request: &RequestId,
) -> Option<Box<Payment>> {
    let id = match kind {
        LineKind::Capture => Payments::capture(integrator, request),
        LineKind::Refund => {
            let stream = Names::refund(integrator, request);
            let look = name::Command::Look;
            match ask::<Names>(world, stream, look, None, Known::Perhaps).await {
                Ok(Some(Holder::Payment(id))) => id,
                _ => return None,
            }
        }
    };
    let stream = Payments::stream(id);
    let said = ask::<Payments>(world, stream, payment::Command::Look, None, Known::Perhaps).await;
    said.facts().ok()
}

/// Whether this line is the one that counts what it names: no other line does, of this statement or
/// of another that counts.
async fn counts(world: &Arc<World>, statement: &Statement, number: u64, line: &PageLine) -> bool {
    let stream = Names::remitted(line.kind, &statement.integrator, &line.request);
    let (id, since) = (statement.id, statement.notified_at);
    let this = Holder::Line(StatementLine { statement: id, since, number });
    loop {
        let take = name::Command::Take(this.clone());
        if ask::<Names>(world, stream, take, None, Known::Perhaps).await.is_ok() {
            return true;
        }
        let look = name::Command::Look;
        let held = ask::<Names>(world, stream, look, None, Known::Perhaps).await;
        let Ok(Some(Holder::Line(other))) = held else { continue }; // it was let go
        if counted(world, other, Statement::counts).await {
            return false; // by another line of this reading, or of another statement
        }
        let let_go = name::Command::GiveBack(Holder::Line(other));
        let _ = ask::<Names>(world, stream, let_go, None, Known::Perhaps).await; // or somebody else
    }
}

/// Whether the line is of a statement that is still as it was then, and `is_so`.
async fn counted(
    world: &Arc<World>,
    line: StatementLine,
    is_so: impl Fn(&Statement) -> bool,
) -> bool {
    let stream = Statements::stream(line.statement);
    let look = Command::Look;
    let said = ask::<Statements>(world, stream, look, None, Known::Perhaps).await;
    said.facts().is_ok_and(|other| is_so(&other) && other.notified_at == line.since)
}

/// Goes through our journals of the period for what the statement does not have.
async fn compare(world: &Arc<World>, statement: &Statement) -> Carried<Command> {
    let (id, integrator) = (statement.id, statement.integrator.clone());
    let summary = statement.summary.clone();
    let margin = world.options.tokenized.statement_margin;
    let start = summary.period_start.before(margin);
    let end = summary.period_end;
    let missing = world.read(move |log| {
        let pages: Vec<statement::Event> = history(log, Statements::stream(id))?;
        let mut known: BTreeSet<(LineKind, RequestId)> = BTreeSet::new();
        for event in pages {
            match event {
                statement::Event::PageRead { lines, .. } => {
                    known.extend(lines.into_iter().map(|line| (line.kind, line.request)));
                }
                statement::Event::ReadAgain { .. } => known.clear(),
                _ => {}
            }
        }
        let mut missing = vec![];
        for day in (Journals::day(start)..=Journals::day(end)).take(STATEMENT_DAYS_MAX) {
            let entries: Vec<journal::Event> = history(log, Journals::stream(&integrator, day))?;
            for journal::Event::Entered(entry) in entries {
                // What is entered twice is missing once.
                // Google goes by its own clock, and by when it has heard: what was done shortly
                // before an end, in its eyes or ours, belongs to the next period.
                if summary.covers(entry.at.after(margin))
                    && known.insert((entry.kind, entry.request.clone()))
                {
                    missing.push(entry);
                }
            }
        }
        Ok::<_, String>(missing)
    });
    match missing.await {
        Some(Ok(missing)) => {
            let mut lines = vec![];
            for some in missing.chunks(LOOKED_UP_AT_ONCE) {
                let looking = some.iter().map(|entry| lacks(world, statement, entry));
                lines.extend(join_all(looking).await.into_iter().flatten());
            }
            let rest = lines.split_off(lines.len().min(MISSING_LINES_MAX));
            let unlisted = Unlisted::of(&rest);
            Carried::Done(Command::Compared { missing_there: lines, unlisted })
        }
        unread => {
            if let Some(Err(error)) = unread {
                tracing::error!(statement = %id, error, "the journals cannot be read");
            }
            let trouble = Delivery::NotYet(Trouble::NeedsMending);
            Carried::Later(later_of(world, statement.notified_at, &trouble))
        }
    }
}

/// What the statement lacks, unless it is in another currency or in another statement that we agreed
/// to.
async fn lacks(world: &Arc<World>, statement: &Statement, entry: &journal::Entry) -> Option<Line> {
    let journal::Entry { kind, request, amount, .. } = entry.clone();
    let integrator = &statement.integrator;
    let payment = payment_of(world, integrator, kind, &request).await;
    if payment.is_some_and(|payment| payment.terms.currency != statement.summary.currency) {
        return None;
    }
    let (stream, look) = (Names::remitted(kind, integrator, &request), name::Command::Look);
    let held = ask::<Names>(world, stream, look, None, Known::Perhaps).await;
    if let Ok(Some(Holder::Line(other))) = held
        && other.statement != statement.id
        && counted(world, other, Statement::agreed).await
    {
        return None;
    }
    let (ours, fee) = (Ours::Amount(amount), Micros::ZERO);
    Some(Line { kind, request, theirs: None, ours, fee })
}

/// Every event of a stream.
fn history<T: DeserializeOwned>(log: &dyn EventLog, stream: StreamId) -> Result<Vec<T>, String> {
    let records = log.history(stream).map_err(|error| error.to_string())?;
    let mut events = vec![];
    for record in &records {
        let turn: Vec<T> = codec::decode(record).map_err(|error| error.to_string())?;
        events.extend(turn);
    }
    Ok(events)
}
