//! A remittance statement: what Google says is due for a period, held against our own books.
//!
//! Why: a statement may have a hundred thousand lines and takes many calls to read. What has been
//! read and compared is kept page by page, so a crash costs one page.
//! Promise: a statement is agreed to only if every line of it is ours, with its amount, in no other
//! line and in no other statement that we agreed to, and nothing of ours is missing; otherwise what
//! we make of it is proposed.
//! Left out: the lines, which are in the events and not in the state; and paying, which is a
//! transfer that people make.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{IntegratorAccountId, RequestId, StatementId};
use crate::money::{CurrencyCode, Micros};
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of statement events folds into; `None` before the first.
pub type State = Option<Statement>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub id: StatementId,
    pub integrator: IntegratorAccountId,
    /// Google's id of it.
    pub request: RequestId,
    pub summary: Summary,
    /// Or read anew since.
    pub notified_at: Timestamp,
    pub phase: Phase,
    pub tally: Tally,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub made_at: Timestamp,
    pub period_start: Timestamp,
    pub period_end: Timestamp,
    pub due_at: Timestamp,
    pub currency: CurrencyCode,
    /// Above zero: the integrator owes Google.
    pub total_due: Micros,
    /// What to write on the transfer.
    pub memo: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Pages up to this line have been read.
    Reading {
        offset: u64,
    },
    /// All of Google's lines are there; ours are to be looked through.
    Comparing,
    Answering(Answer),
    Answered {
        answer: Answer,
        at: Timestamp,
    },
    /// Google does not take the answer; a person has to look.
    Refused {
        answer: Answer,
        at: Timestamp,
    },
    /// It cannot be read to its end; a person has to look.
    Stopped {
        why: Stop,
        at: Timestamp,
    },
}

/// Why a statement is read no further, and not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Stop {
    #[error("Google refuses a page for good")]
    Refused,
    #[error("{read} lines were read, and it says it has {total}")]
    Miscounted { total: u64, read: u64 },
    /// Back, or past the end.
    #[error("the next page begins at line {next}, where it cannot")]
    Astray { next: u64 },
    #[error("a page of it cannot be read; the server's log says why")]
    Unreadable,
    #[error("a page came that begins at line {offset}, and another was asked for")]
    OtherPage { offset: u64 },
    /// In the total or the currency.
    #[error("a page sums the statement up otherwise than its notification did")]
    OtherSummary,
}

/// What a page says beside its lines, as far as it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The line that it begins with.
    pub offset: Option<u64>,
    /// Of the whole statement, as in [`Summary`].
    pub total_due: Option<Micros>,
    pub currency: Option<CurrencyCode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Accept,
    /// What is due by our own books.
    Propose {
        total_due: Micros,
    },
}

/// What the lines come to so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub lines: u64,
    pub matched: u64,
    pub missing_here: u64,
    pub missing_there: u64,
    pub different: u64,
    /// Captures less refunds, less fees, by Google's lines.
    pub theirs: Micros,
    /// The same by our own amounts, with Google's fees.
    pub ours: Micros,
}

/// One capture or refund, as both sides know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub kind: LineKind,
    pub request: RequestId,
    /// Google's amount; `None` if it is not in the statement.
    pub theirs: Option<Micros>,
    pub ours: Ours,
    pub fee: Micros,
}

/// What our books have of a line. Stored as the optional amount that it was before there were
/// repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ours {
    Nothing,
    Amount(Micros),
    /// What another line, here or in a statement that we agreed to, counts already.
    Counted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LineKind {
    Capture,
    Refund,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Matched,
    MissingHere,
    MissingThere,
    Different,
    Repeated,
}

/// What is in our books and not in the statement, beyond the lines that are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlisted {
    pub lines: u64,
    /// What they come to: captures less refunds.
    pub due: Micros,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Notify(Box<Notify>),
    /// A page, line by line held against our payments.
    PageRead {
        offset: u64,
        lines: Vec<Line>,
        next: Option<u64>,
        /// Lines of the whole statement, as this page says.
        total: u64,
        said: Said,
        now: Timestamp,
    },
    /// The page is not to be had.
    PageUnread {
        why: Stop,
        now: Timestamp,
    },
    /// What is in our books and not in the statement.
    Compared {
        missing_there: Vec<Line>,
        unlisted: Unlisted,
    },
    AnswerTaken {
        now: Timestamp,
    },
    AnswerRefused {
        now: Timestamp,
    },
    /// Somebody has looked at what stopped, or was refused: once more from the first page.
    ReadAgain {
        now: Timestamp,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    pub id: StatementId,
    pub integrator: IntegratorAccountId,
    pub request: RequestId,
    pub summary: Summary,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Notified(Box<Notify>),
    PageRead { lines: Vec<Line>, next: Option<u64> },
    Compared { missing_there: Vec<Line> },
    Answered { at: Timestamp },
    AnswerRefused { at: Timestamp },
    Stopped { why: Stop, at: Timestamp },
    ReadAgain { at: Timestamp },
    Unlisted(Unlisted),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such statement")]
    Unknown,
    #[error("the request's id names another statement")]
    RequestTaken,
}

/// What a statement owes to Google.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Read { offset: u64 },
    Compare,
    Answer(Answer),
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let Some(statement) = state else {
        return match command {
            Command::Notify(notify) => Ok(vec![Event::Notified(notify)]),
            _ => Err(Rejection::Unknown),
        };
    };
    match (command, statement.phase) {
        (Command::Notify(again), _) if again.summary == statement.summary => Ok(vec![]),
        (Command::Notify(_), _) => Err(Rejection::RequestTaken),
        (
            Command::PageRead { offset, lines, next, total, said, now },
            Phase::Reading { offset: at },
        ) if offset == at => {
            if let Some(why) = statement.summary.contradicted(at, said) {
                return Ok(vec![Event::Stopped { why, at: now }]);
            }
            let read = statement.tally.lines + lines.len() as u64;
            let stopped = stop(at, read, next, total).map(|why| Event::Stopped { why, at: now });
            Ok(std::iter::once(Event::PageRead { lines, next }).chain(stopped).collect())
        }
        (Command::PageUnread { why, now }, Phase::Reading { .. }) => {
            Ok(vec![Event::Stopped { why, at: now }])
        }
        (Command::ReadAgain { now }, Phase::Stopped { .. } | Phase::Refused { .. }) => {
            // What is asked for under the name of a reading is asked for once.
            let at = now.max(statement.notified_at.after(Duration::from_millis(1)));
            Ok(vec![Event::ReadAgain { at }])
        }
        (Command::Compared { missing_there, unlisted }, Phase::Comparing) => {
            let rest = (unlisted.lines > 0).then_some(Event::Unlisted(unlisted));
            Ok(rest.into_iter().chain([Event::Compared { missing_there }]).collect())
        }
        (Command::AnswerTaken { now }, Phase::Answering(_)) => {
            Ok(vec![Event::Answered { at: now }])
        }
        (Command::AnswerRefused { now }, Phase::Answering(_)) => {
            Ok(vec![Event::AnswerRefused { at: now }])
        }
        (
            Command::PageRead { .. }
            | Command::PageUnread { .. }
            | Command::ReadAgain { .. }
            | Command::Compared { .. }
            | Command::AnswerTaken { .. }
            | Command::AnswerRefused { .. }
            | Command::Look,
            _,
        ) => Ok(vec![]),
    }
}

/// Why the page that was read is the last one to be asked for, though it is not the end.
fn stop(at: u64, read: u64, next: Option<u64>, total: u64) -> Option<Stop> {
    match next {
        Some(next) if next <= at || next > total => Some(Stop::Astray { next }),
        Some(_) if read <= total => None,
        None if read == total => None,
        Some(_) | None => Some(Stop::Miscounted { total, read }),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Notified(notify) = event {
        let Notify { id, integrator, request, summary, at } = Notify::clone(notify);
        let (phase, tally) = (Phase::Reading { offset: 0 }, Tally::default());
        *state =
            Some(Statement { id, integrator, request, summary, notified_at: at, phase, tally });
        return;
    }
    let statement = state.as_mut().expect("a statement is notified first");
    match event {
        Event::Notified(_) => {}
        Event::PageRead { lines, next } => {
            lines.iter().for_each(|line| statement.tally.count(line));
            statement.phase = match next {
                Some(offset) => Phase::Reading { offset: *offset },
                None => Phase::Comparing,
            };
        }
        Event::Compared { missing_there } => {
            missing_there.iter().for_each(|line| statement.tally.count(line));
            statement.phase = Phase::Answering(statement.answer());
        }
        Event::Answered { at } => statement.conclude(|answer| Phase::Answered { answer, at: *at }),
        Event::AnswerRefused { at } => {
            statement.conclude(|answer| Phase::Refused { answer, at: *at });
        }
        Event::Unlisted(Unlisted { lines, due }) => {
            statement.tally.lines += lines;
            statement.tally.missing_there += lines;
            statement.tally.ours = Micros(statement.tally.ours.0.saturating_add(due.0));
        }
        Event::Stopped { why, at } => statement.phase = Phase::Stopped { why: *why, at: *at },
        Event::ReadAgain { at } => {
            statement.notified_at = *at;
            statement.tally = Tally::default();
            statement.phase = Phase::Reading { offset: 0 };
        }
    }
}

/// What is still to be asked of Google, or told.
pub fn pending(state: &State) -> Option<Effect> {
    match state.as_ref()?.phase {
        Phase::Reading { offset } => Some(Effect::Read { offset }),
        Phase::Comparing => Some(Effect::Compare),
        Phase::Answering(answer) => Some(Effect::Answer(answer)),
        Phase::Answered { .. } | Phase::Refused { .. } | Phase::Stopped { .. } => None,
    }
}

impl Summary {
    /// Whether the period has this moment. Its end is not in it; one that is printed as the last
    /// second of a minute, such as 23:59:59.000, stands for all of that second.
    ///
    /// # Source
    /// Standard Payments, the flow of remittance: periods follow each other without a gap.
    pub fn covers(&self, at: Timestamp) -> bool {
        let Timestamp(printed) = self.period_end;
        let second = printed / 1_000;
        let end = match second % 60 {
            59 => (second + 1).saturating_mul(1_000),
            _ => printed,
        };
        self.period_start <= at && at.0 < end
    }

    /// How the page that was asked for, from this line on, contradicts the notification.
    fn contradicted(&self, at: u64, said: Said) -> Option<Stop> {
        if let Some(offset) = said.offset.filter(|offset| *offset != at) {
            return Some(Stop::OtherPage { offset });
        }
        let total_due = said.total_due.unwrap_or(self.total_due);
        let currency = said.currency.unwrap_or(self.currency);
        let agrees = total_due == self.total_due && currency == self.currency;
        (!agrees).then_some(Stop::OtherSummary)
    }
}

impl Unlisted {
    pub fn of(lines: &[Line]) -> Self {
        let due = lines.iter().fold(Micros::ZERO, |sum, line| line.add_to(sum, line.ours.amount()));
        Self { lines: lines.len() as u64, due }
    }
}

impl Statement {
    /// Whether its lines are counted: no other statement may have them. One that we do not agree
    /// to holds nothing back from the corrected one that follows.
    pub fn counts(&self) -> bool {
        match self.phase {
            Phase::Reading { .. } | Phase::Comparing => true,
            Phase::Answering(_) | Phase::Answered { .. } => self.agreed(),
            Phase::Refused { .. } | Phase::Stopped { .. } => false,
        }
    }

    pub fn agreed(&self) -> bool {
        match self.phase {
            Phase::Answering(answer) | Phase::Answered { answer, .. } => answer == Answer::Accept,
            Phase::Reading { .. }
            | Phase::Comparing
            | Phase::Refused { .. }
            | Phase::Stopped { .. } => false,
        }
    }

    /// Agreed to if every line is, and the lines come to what is due.
    fn answer(&self) -> Answer {
        let Tally { lines, matched, ours, .. } = self.tally;
        match lines == matched && ours == self.summary.total_due {
            true => Answer::Accept,
            false => Answer::Propose { total_due: ours },
        }
    }

    fn conclude(&mut self, end: impl Fn(Answer) -> Phase) {
        if let Phase::Answering(answer) = self.phase {
            self.phase = end(answer);
        }
    }
}

impl Tally {
    /// The lines that are counted elsewhere: all that are nothing else.
    pub fn repeated(&self) -> u64 {
        let others = [self.matched, self.missing_here, self.missing_there, self.different];
        self.lines - others.iter().sum::<u64>()
    }

    fn count(&mut self, line: &Line) {
        self.lines += 1;
        match line.verdict() {
            Verdict::Matched => self.matched += 1,
            Verdict::MissingHere => self.missing_here += 1,
            Verdict::MissingThere => self.missing_there += 1,
            Verdict::Different => self.different += 1,
            Verdict::Repeated => {}
        }
        self.theirs = line.add_to(self.theirs, line.theirs);
        self.ours = line.add_to(self.ours, line.ours.amount());
    }
}

impl Ours {
    pub fn amount(self) -> Option<Micros> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Nothing | Self::Counted => None,
        }
    }
}

impl Line {
    pub fn verdict(&self) -> Verdict {
        match (self.theirs, self.ours) {
            (Some(theirs), Ours::Amount(ours)) if theirs == ours => Verdict::Matched,
            (Some(_), Ours::Amount(_)) => Verdict::Different,
            (Some(_), Ours::Nothing) => Verdict::MissingHere,
            (Some(_), Ours::Counted) => Verdict::Repeated,
            (None, _) => Verdict::MissingThere,
        }
    }

    /// A capture is owed to Google and a refund by it; the fee is the integrator's. A sum that no
    /// ledger could hold stays where it is: it agrees with nothing.
    fn add_to(&self, sum: Micros, amount: Option<Micros>) -> Micros {
        let Some(Micros(amount)) = amount else { return sum };
        let signed = match self.kind {
            LineKind::Capture => amount,
            LineKind::Refund => amount.saturating_neg(),
        };
        Micros(sum.0.saturating_add(signed).saturating_sub(self.fee.0))
    }
}
