//! What the books say, for people: the ledger, the remittance statements, what Google is owed.
//!
//! Why: these are read from what is on disk, by the readers that wake an actor, whether the program
//! runs or not. They go through all entities of a kind, page by page.
//! Left out: how a report looks. That is the program's.

use std::collections::BTreeMap;

use paceline_domain::account::{self, Account, Side, legs};
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::link::{Link, Linked};
use paceline_domain::money::CurrencyCode;
use paceline_domain::notice::{Notice, Phase};
use paceline_domain::statement::{self, Line, Statement};
use paceline_storage::{EventLog, StreamId};

use crate::codec;
use crate::entity::{Accounts, Entity, Kind, Links, Notices, Statements};

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("what is stored cannot be trusted: {0}")]
    Damaged(String),
}

/// Streams that are looked for together.
const PAGE: usize = 1_000;

/// Every account, and what all legs of all movements come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub accounts: Vec<Account>,
    /// Micros: all accounts together may have more than an amount holds.
    pub sides: BTreeMap<(Side, CurrencyCode), i128>,
}

impl Ledger {
    /// What all sides come to in each currency, in micros: nothing, or money was made or lost.
    pub fn sums(&self) -> BTreeMap<CurrencyCode, i128> {
        let mut sums = BTreeMap::new();
        for ((_, currency), amount) in &self.sides {
            *sums.entry(*currency).or_default() += amount;
        }
        sums
    }

    /// Whether the customers' side is what is on their accounts, and all sides come to nothing.
    pub fn balances(&self) -> bool {
        let mut customers: BTreeMap<CurrencyCode, i128> = BTreeMap::new();
        for account in &self.accounts {
            *customers.entry(account.currency).or_default() += i128::from(account.balance);
        }
        let on_side = |currency| self.sides.get(&(Side::Customer, currency)).copied();
        self.sums().values().all(|sum| *sum == 0)
            && customers
                .into_iter()
                .all(|(currency, sum)| on_side(currency).unwrap_or_default() == sum)
    }
}

/// Reads every account's story.
///
/// # Errors
/// [`ReportError`].
pub fn ledger(log: &dyn EventLog) -> Result<Ledger, ReportError> {
    let mut ledger = Ledger::default();
    each(log, Kind::Account, |stream| {
        let events = story::<Accounts>(log, stream)?;
        let mut state = None;
        events.iter().for_each(|event| account::apply(&mut state, event));
        let Some(account) = state else { return Ok(()) };
        for (side, amount) in events.iter().filter_map(legs).flatten() {
            *ledger.sides.entry((side, account.currency)).or_default() += i128::from(amount);
        }
        ledger.accounts.push(account);
        Ok(())
    })?;
    ledger.accounts.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(ledger)
}

/// A statement with every line of it, and of ours that it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remittance {
    pub statement: Statement,
    pub lines: Vec<Line>,
}

/// Reads one statement; `None` if there is none of this name.
///
/// # Errors
/// [`ReportError`].
pub fn remittance(
    log: &dyn EventLog,
    integrator: &IntegratorAccountId,
    request: &RequestId,
) -> Result<Option<Remittance>, ReportError> {
    of_statement(log, Statements::stream(Statements::id(integrator, request)))
}

/// Reads every statement, the latest first.
///
/// # Errors
/// [`ReportError`].
pub fn remittances(log: &dyn EventLog) -> Result<Vec<Statement>, ReportError> {
    let mut statements = vec![];
    each(log, Kind::Statement, |stream| {
        statements.extend(of_statement(log, stream)?.map(|found| found.statement));
        Ok(())
    })?;
    statements.sort_by_key(|statement| std::cmp::Reverse(statement.notified_at));
    Ok(statements)
}

/// What Google has not heard, and what it has refused to hear; the oldest first.
///
/// # Errors
/// [`ReportError`].
pub fn notices_open(log: &dyn EventLog) -> Result<Vec<Notice>, ReportError> {
    let mut notices = vec![];
    each(log, Kind::Notice, |stream| {
        let mut state = None;
        let events = story::<Notices>(log, stream)?;
        events.iter().for_each(|event| Notices::apply(&mut state, event));
        notices.extend(state.filter(|notice| !matches!(notice.phase, Phase::Heard { .. })));
        Ok(())
    })?;
    notices.sort_by_key(|notice| notice.owed_since);
    Ok(notices)
}

/// Every link of a token to an account, revoked and expired ones too, by account.
///
/// # Errors
/// [`ReportError`].
pub fn links(log: &dyn EventLog) -> Result<Vec<Linked>, ReportError> {
    let mut links = vec![];
    each(log, Kind::Link, |stream| {
        let mut state = None;
        let events = story::<Links>(log, stream)?;
        events.iter().for_each(|event| Links::apply(&mut state, event));
        links.extend(state.as_ref().and_then(Link::leads_to).cloned());
        Ok(())
    })?;
    links.sort_by(|a, b| (&a.account, &a.association).cmp(&(&b.account, &b.association)));
    Ok(links)
}

fn of_statement(log: &dyn EventLog, stream: StreamId) -> Result<Option<Remittance>, ReportError> {
    let events = story::<Statements>(log, stream)?;
    let (mut state, mut lines) = (None, vec![]);
    for event in events {
        statement::apply(&mut state, &event);
        match event {
            statement::Event::PageRead { lines: read, .. }
            | statement::Event::Compared { missing_there: read } => lines.extend(read),
            statement::Event::ReadAgain { .. } => lines.clear(),
            statement::Event::Notified(_)
            | statement::Event::Unlisted(_)
            | statement::Event::Stopped { .. }
            | statement::Event::Answered { .. }
            | statement::Event::AnswerRefused { .. } => {}
        }
    }
    Ok(state.map(|statement| Remittance { statement, lines }))
}

fn each(
    log: &dyn EventLog,
    kind: Kind,
    mut look: impl FnMut(StreamId) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let mut after = None;
    loop {
        let page = log.streams(kind as u8, after, PAGE).map_err(damaged)?;
        for stream in &page {
            look(*stream)?;
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(*last),
            _ => return Ok(()),
        }
    }
}

/// Every event of an entity.
fn story<E: Entity>(log: &dyn EventLog, stream: StreamId) -> Result<Vec<E::Event>, ReportError> {
    let mut events = vec![];
    for record in log.history(stream).map_err(damaged)? {
        let turn: Vec<E::Event> = codec::decode(&record).map_err(damaged)?;
        events.extend(turn);
    }
    Ok(events)
}

fn damaged(error: impl ToString) -> ReportError {
    ReportError::Damaged(error.to_string())
}
