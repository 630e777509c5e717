//! Statements that Google makes of what it was told, and what must come of them.
//!
//! Why: Google may know less than the integrator, whose answer was lost, and may say what never was.
//! Whatever it says must be held against the books line by line, and answered once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use paceline_domain::ids::RequestId;
use paceline_domain::journal::{self, Entry};
use paceline_domain::money::Micros;
use paceline_domain::statement::{Answer, Line, LineKind, Ours, Phase, Said, Summary, Verdict};
use paceline_domain::time::Timestamp;
use paceline_engine::google::{Delivery, Page, PageLine, What};
use paceline_engine::{Kind, codec, report};
use paceline_storage::EventLog;

use crate::common::standard::{piaid, request};
use crate::common::usd;
use crate::simulation::chance::Chance;
use crate::simulation::standard::google::Ears;
use crate::simulation::standard::oracle::Books;

/// Of each line.
const FEE: Micros = Micros(10_000);

/// What is done within this time of a statement's end may be missing in it.
pub const MARGIN: Duration = Duration::from_secs(10);

/// What Google says, under one request's id.
#[derive(Clone, Debug)]
pub struct Composed {
    pub summary: Summary,
    lines: Vec<PageLine>,
    page: usize,
    /// What Google has made up: the true amount of ours, if there is one.
    lies: BTreeMap<(LineKind, RequestId), Option<Micros>>,
    /// What our journals had of the period when Google said it.
    entered: Vec<Entry>,
}

impl Composed {
    /// - `known`: what Google was told.
    pub fn of(
        known: Vec<(LineKind, RequestId, Micros)>,
        log: &dyn EventLog,
        now: Timestamp,
        chance: &mut Chance,
    ) -> Self {
        let mut lines: Vec<PageLine> =
            known.into_iter().map(|(kind, request, amount)| line(kind, request, amount)).collect();
        let mut lies = BTreeMap::new();
        if chance.one_in(3) && !lines.is_empty() {
            let which = chance.below(lines.len());
            let lie = &mut lines[which];
            lies.insert((lie.kind, lie.request.clone()), Some(lie.amount));
            lie.amount = Micros(lie.amount.0 + 10_000);
        }
        if chance.one_in(4) {
            let never = request(&format!("never:{}", chance.below(1_000)));
            lies.insert((LineKind::Capture, never.clone()), None);
            lines.push(line(LineKind::Capture, never, Micros(1_000_000)));
        }
        if chance.one_in(4) {
            lines.pop(); // forgotten, or never said
        }
        if chance.one_in(4) && !lines.is_empty() {
            let again = lines[chance.below(lines.len())].clone();
            lines.insert(chance.below(lines.len() + 1), again);
        }
        let total_due = lines
            .iter()
            .fold(Micros::ZERO, |sum, line| add(sum, line.kind, Some(line.amount), line.fee));
        let period_start = Timestamp(1_699_900_000_000);
        let summary = Summary {
            made_at: now,
            period_start,
            period_end: Timestamp(now.0 - now.0 % 60_000 + 59_000), // as it is printed
            due_at: now,
            currency: usd(),
            total_due,
            memo: None,
        };
        let inside = |entry: &Entry| entry.at <= now && summary.covers(entry.at.after(MARGIN));
        let entered = journals(log).into_iter().filter(inside).collect();
        Self { summary, lines, page: 1 + chance.below(3), lies, entered }
    }

    pub fn page(&self, offset: u64) -> Delivery {
        let from = usize::try_from(offset).unwrap().min(self.lines.len());
        let to = (from + self.page).min(self.lines.len());
        let next = (to < self.lines.len()).then_some(to as u64);
        let (lines, lines_total) = (self.lines[from..to].to_vec(), self.lines.len() as u64);
        let (total_due, currency) = (Some(self.summary.total_due), Some(usd()));
        let said = Said { offset: Some(offset), total_due, currency };
        Delivery::Page(Page { lines, next, lines_total, said })
    }
}

fn line(kind: LineKind, request: RequestId, amount: Micros) -> PageLine {
    PageLine { kind, request, amount, fee: FEE, currency: usd() }
}

fn add(sum: Micros, kind: LineKind, amount: Option<Micros>, fee: Micros) -> Micros {
    match (kind, amount) {
        (_, None) => sum,
        (LineKind::Capture, Some(amount)) => sum + amount - fee,
        (LineKind::Refund, Some(amount)) => sum - amount - fee,
    }
}

fn journals(log: &dyn EventLog) -> Vec<Entry> {
    let streams = log.streams(Kind::Journal as u8, None, usize::MAX).unwrap();
    let records = streams.into_iter().flat_map(|stream| log.history(stream).unwrap());
    let events = records.flat_map(|record| codec::decode::<Vec<journal::Event>>(&record).unwrap());
    events.map(|journal::Event::Entered(entry)| entry).collect()
}

/// At the end of a day: every statement that reached us was read to its end, each line has its
/// verdict, and one answer was heard.
pub fn assert_answered(books: &Books, log: &dyn EventLog, ears: &Ears) {
    let (composed, answers) = (ears.composed.lock().unwrap(), ears.answers.lock().unwrap());
    let entered: BTreeMap<(LineKind, RequestId), Micros> =
        journals(log).into_iter().map(|e| ((e.kind, e.request), e.amount)).collect();
    let agreed = counted_once(books, log, composed.keys());
    for (id, said) in &*composed {
        let Some(found) = report::remittance(log, &piaid(), id).unwrap() else { continue };
        let theirs = found.lines.iter().filter(|line| line.theirs.is_some());
        if theirs.count() != said.lines.len() {
            books.accuse(format!("{id} has lines {:?} of {said:?}", found.lines));
        }
        for line in &found.lines {
            let key = (line.kind, line.request.clone());
            let ours = match said.lies.get(&key) {
                Some(truth) if line.theirs.is_some() => *truth,
                _ => entered.get(&key).copied(),
            };
            // Whether rightly: see below.
            let repeated = line.ours == Ours::Counted && ours.is_some();
            if line.ours.amount() != ours && !repeated {
                books.accuse(format!("{id} has {line:?}, and ours is {ours:?}"));
            }
        }
        let named = |line: &Line| (line.kind, line.request.clone());
        let all: BTreeSet<_> = found.lines.iter().map(named).collect();
        for entry in &said.entered {
            let key = (entry.kind, entry.request.clone());
            if !all.contains(&key) && !agreed.contains(&key) {
                books.accuse(format!("{id} lacks {entry:?}, and nobody says so"));
            }
        }
        let ours = found
            .lines
            .iter()
            .fold(Micros::ZERO, |sum, line| add(sum, line.kind, line.ours.amount(), line.fee));
        let matched = found.lines.iter().all(|line| line.verdict() == Verdict::Matched);
        let right = match matched && ours == said.summary.total_due {
            true => Answer::Accept,
            false => Answer::Propose { total_due: ours },
        };
        books.count(match right {
            Answer::Accept => "statements accepted",
            Answer::Propose { .. } => "statements modified",
        });
        let Phase::Answered { answer, .. } = found.statement.phase else {
            books.accuse(format!("{id} is {:?}", found.statement.phase));
            continue;
        };
        let heard = match answers.get(id) {
            Some(What::AcceptStatement { .. }) => Some(Answer::Accept),
            Some(What::ProposeStatement { total_due, .. }) => {
                Some(Answer::Propose { total_due: *total_due })
            }
            _ => None,
        };
        if answer != right || heard != Some(right) {
            books.accuse(format!("{id} is {answer:?}, heard as {heard:?}, and {right:?} is right"));
        }
    }
}

/// What is repeated is counted elsewhere, and nothing is counted twice in what is agreed to. Returns
/// what is counted in that.
fn counted_once<'a>(
    books: &Books,
    log: &dyn EventLog,
    ids: impl Iterator<Item = &'a RequestId>,
) -> BTreeSet<(LineKind, RequestId)> {
    let found: Vec<_> =
        ids.filter_map(|id| report::remittance(log, &piaid(), id).unwrap()).collect();
    let counts = |line: &&Line| line.theirs.is_some() && line.ours.amount().is_some();
    let key = |line: &Line| (line.kind, line.request.clone());
    let counted: BTreeSet<_> =
        found.iter().flat_map(|it| &it.lines).filter(counts).map(key).collect();
    let mut agreed = BTreeSet::new();
    for remittance in &found {
        let mut here = BTreeSet::new();
        let accepted =
            matches!(remittance.statement.phase, Phase::Answered { answer: Answer::Accept, .. });
        for line in &remittance.lines {
            let twice = counts(&line)
                && (!here.insert(key(line)) || (accepted && !agreed.insert(key(line))));
            if twice {
                books.accuse(format!("{line:?} is counted twice"));
            }
            if line.ours == Ours::Counted {
                books.count("lines repeated");
                if !counted.contains(&key(line)) {
                    books.accuse(format!("{line:?} is counted nowhere else"));
                }
            }
        }
    }
    agreed
}
