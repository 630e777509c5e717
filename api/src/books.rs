//! What the integrator's books say, in the shapes that people and programs read.
//!
//! Why: the same report is asked for over the admin listener by a person at a prompt, by a script,
//! and by whoever opens it in a spreadsheet.

mod card;

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use paceline_domain::account::{Account, Closure, Side, Standing};
use paceline_domain::card_payment;
use paceline_domain::decline::Decline;
use paceline_domain::ids::RequestId;
use paceline_domain::link::Linked;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::notice::{Notice, Phase as NoticePhase, Subject};
use paceline_domain::statement::{Answer, Line, LineKind, Phase, Statement, Verdict};
use paceline_domain::time::Timestamp;
use paceline_engine::report::{Ledger, Remittance};
use serde_json::{Map, Value, json};

pub use card::{card_keys, card_payment, resealed, settlement};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// For people
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

impl Shape {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// The one whose type is asked for; text for whoever asks for none of them.
    pub fn accepted(accept: &str) -> Self {
        let asked = |shape: &Self| {
            let kind = shape.content_type();
            accept.contains(kind.split(';').next().unwrap_or(kind))
        };
        [Self::Json, Self::Csv].into_iter().find(asked).unwrap_or(Self::Text)
    }
}

/// Columns and rows, and what is to be said beside them.
pub struct Report {
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
    /// Names and values.
    notes: Vec<(&'static str, String)>,
}

impl Report {
    pub fn shaped(&self, shape: Shape) -> String {
        match shape {
            Shape::Text => self.text(),
            Shape::Json => self.json(),
            Shape::Csv => self.csv(),
        }
    }

    fn text(&self) -> String {
        let heads = self.columns.iter().map(|head| head.to_string()).collect();
        let lines: Vec<Vec<String>> = std::iter::once(heads).chain(self.rows.clone()).collect();
        let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max();
        let widths: Vec<usize> = (0..self.columns.len()).map(|at| width(at).unwrap_or(0)).collect();
        let mut told = String::new();
        for line in &lines {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            let _ = writeln!(told, "{}", line.trim_end()); // memory takes what is written
        }
        for (name, value) in &self.notes {
            let _ = writeln!(told, "{name}: {value}");
        }
        told
    }

    fn json(&self) -> String {
        let row = |row: &Vec<String>| {
            let members = self.columns.iter().zip(row);
            members.map(|(name, cell)| (member(name), cell.as_str().into())).collect()
        };
        let rows: Vec<Value> = self.rows.iter().map(|cells| Value::Object(row(cells))).collect();
        let mut told = json!({ "rows": rows });
        for (name, value) in &self.notes {
            told[member(name)] = value.as_str().into();
        }
        format!("{told:#}\n")
    }

    /// The rows alone: a spreadsheet adds up by itself.
    fn csv(&self) -> String {
        let mut csv = csv::Writer::from_writer(vec![]);
        let written = csv
            .write_record(self.columns)
            .and_then(|()| self.rows.iter().try_for_each(|row| csv.write_record(row)));
        written.expect("memory takes what is written");
        let bytes = csv.into_inner().expect("memory takes what is written");
        String::from_utf8(bytes).expect("texts are UTF-8")
    }
}

/// What programs call a column or a note.
fn member(name: &str) -> String {
    name.replace(", ", "_").replace(' ', "_").to_lowercase()
}

/// Something was done of which there is nothing else to show.
pub fn done(what: String) -> Report {
    Report { columns: &["done"], rows: vec![vec![what]], notes: vec![] }
}

pub fn ledger(ledger: &Ledger) -> Report {
    let rows = ledger.accounts.iter().map(account_row).collect();
    let side = |side: &Side| match side {
        Side::Customer => "customers".to_owned(),
        Side::Integrator(account) => format!("Google, {account}"),
        Side::Source(name) => format!("source, {name}"),
    };
    let sides = ledger
        .sides
        .iter()
        .map(|((of, currency), amount)| format!("{} {}", side(of), money(*amount, *currency)));
    let sums = ledger.sums();
    let sums = sums.iter().map(|(currency, sum)| money(*sum, *currency)).collect::<Vec<_>>();
    let notes = vec![
        ("sides", sides.collect::<Vec<_>>().join("; ")),
        ("sum of all sides", if sums.is_empty() { "0".to_owned() } else { sums.join("; ") }),
        ("balances", if ledger.balances() { "yes" } else { "NO" }.to_owned()),
    ];
    Report { columns: ACCOUNT, rows, notes }
}

pub fn account(account: &Account) -> Report {
    Report { columns: ACCOUNT, rows: vec![account_row(account)], notes: vec![] }
}

const ACCOUNT: &[&str] = &["account", "name", "email", "phone", "standing", "balance", "currency"];

fn account_row(account: &Account) -> Vec<String> {
    let Account { id, profile, currency, .. } = account;
    let known = |text: &Option<_>| text.as_ref().map_or(String::new(), ToString::to_string);
    vec![
        id.to_string(),
        profile.name.to_string(),
        known(&profile.email),
        known(&profile.phone),
        standing(account.standing).to_owned(),
        decimal(account.balance),
        currency.to_string(),
    ]
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::OnHold => "on hold",
        Standing::Closed(Closure::Asked) => "closed",
        Standing::Closed(Closure::TakenOver) => "closed, taken over",
        Standing::Closed(Closure::Fraud) => "closed for fraud",
    }
}

pub fn links(links: &[Linked]) -> Report {
    let row = |link: &Linked| {
        let state = if link.invalidated { "revoked" } else { "linked" };
        let (association, account) = (link.association.to_string(), link.account.to_string());
        vec![association, account, moment(link.expires_at), state.to_owned()]
    };
    let columns = &["association", "account", "token until", "state"];
    Report { columns, rows: links.iter().map(row).collect(), notes: vec![] }
}

pub fn notices(notices: &[Notice]) -> Report {
    let row = |notice: &Notice| {
        let concluded = |what, request: &RequestId, outcome: &Result<(), Decline>| {
            let outcome = outcome.map_or_else(|decline| decline.word(), |()| "success");
            (what, request.to_string(), outcome)
        };
        let (what, request, outcome) = match &notice.subject {
            Subject::Capture { request, outcome, .. } => concluded("capture", request, outcome),
            Subject::Refund { request, outcome, .. } => concluded("refund", request, outcome),
            Subject::Disbursement { request, outcome, .. } => {
                concluded("disbursement", request, outcome)
            }
            Subject::Card(subject) => card(subject),
            Subject::Settlement(part) => ("settlement", part.of.id.to_string(), ""),
        };
        let phase = match &notice.phase {
            NoticePhase::Owed => "owed".to_owned(),
            NoticePhase::Heard { at } => format!("heard {}", moment(*at)),
            NoticePhase::Refused { why, at } => format!("refused {}: {why}", moment(*at)),
        };
        let since = moment(notice.owed_since);
        let id = notice.id.to_string();
        vec![id, what.to_owned(), request, outcome.to_owned(), since, phase]
    };
    let columns = &["notice", "what", "request", "outcome", "owed since", "state"];
    Report { columns, rows: notices.iter().map(row).collect(), notes: vec![] }
}

/// What is told of a payment by card, of which request, and how it went.
fn card(subject: &card_payment::Subject) -> (&'static str, String, &'static str) {
    use card_payment::Subject;
    fn done<E>(outcome: &Result<(), E>) -> &'static str {
        if outcome.is_ok() { "success" } else { "refused" }
    }
    match subject {
        Subject::Captured { request, outcome, .. } => {
            ("card capture", request.to_string(), done(outcome))
        }
        Subject::Voided { request } => ("cancellation", request.to_string(), "success"),
        Subject::Refunded { request, outcome, .. } => {
            ("card refund", request.to_string(), done(outcome))
        }
        Subject::RefundReversed { request, .. } => ("refund reversal", request.to_string(), ""),
        Subject::Inquiry(told) => ("inquiry", told.capture.to_string(), ""),
        Subject::Chargeback { told, .. } => ("chargeback", told.capture.to_string(), ""),
        Subject::ChargebackReversed { chargeback, .. } => {
            ("chargeback reversal", chargeback.to_string(), "")
        }
        Subject::FraudReported { capture, .. } => ("fraud", capture.to_string(), ""),
        Subject::CaptureReferenced { capture, .. } => ("reference", capture.to_string(), ""),
        Subject::RefundReferenced { refund, .. } => ("reference", refund.to_string(), ""),
    }
}

pub fn statements(statements: &[Statement]) -> Report {
    let row = |statement: &Statement| {
        let Statement { integrator, request, summary, notified_at, .. } = statement;
        vec![
            request.to_string(),
            integrator.to_string(),
            moment(*notified_at),
            decimal(summary.total_due),
            summary.currency.to_string(),
            phase(statement),
        ]
    };
    let columns = &["statement", "account", "notified", "total due", "currency", "state"];
    Report { columns, rows: statements.iter().map(row).collect(), notes: vec![] }
}

pub fn remittance(remittance: &Remittance) -> Report {
    let Remittance { statement, lines } = remittance;
    let row = |line: &Line| {
        let known = |amount: Option<Micros>| amount.map_or(String::new(), decimal);
        vec![
            verdict(line.verdict()).to_owned(),
            match line.kind {
                LineKind::Capture => "capture",
                LineKind::Refund => "refund",
            }
            .to_owned(),
            line.request.to_string(),
            known(line.theirs),
            known(line.ours.amount()),
            decimal(line.fee),
            statement.summary.currency.to_string(),
        ]
    };
    let Statement { tally, summary, .. } = statement;
    let currency = summary.currency;
    let period = format!("{} to {}", moment(summary.period_start), moment(summary.period_end));
    let memo = summary.memo.as_ref().map_or("none is given".to_owned(), ToString::to_string);
    let notes = vec![
        ("statement", statement.request.to_string()),
        ("account", statement.integrator.to_string()),
        ("made", moment(summary.made_at)),
        ("period", period),
        ("state", phase(statement)),
        ("matched", tally.matched.to_string()),
        ("missing here", tally.missing_here.to_string()),
        ("missing at Google", tally.missing_there.to_string()),
        ("different", tally.different.to_string()),
        ("repeated", tally.repeated().to_string()),
        ("total due, lines", money(tally.theirs, currency)),
        ("total due, here", money(tally.ours, currency)),
        // What a transfer takes.
        ("total due, Google", money(summary.total_due, currency)),
        ("pay by", moment(summary.due_at)),
        ("memo", memo),
    ];
    let columns = &["verdict", "what", "request", "Google", "here", "fee", "currency"];
    Report { columns, rows: lines.iter().map(row).collect(), notes }
}

/// What Google has told: every member by its path, whatever members there are.
pub fn members(told: &Map<String, Value>) -> Report {
    let mut rows = vec![];
    told.iter().for_each(|(name, value)| leaves(name, value, &mut rows));
    Report { columns: &["member", "value"], rows, notes: vec![] }
}

/// As deep as whoever has read the JSON lets it be.
fn leaves(path: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(&format!("{path}.{name}"), value, rows));
        }
        Value::Array(list) => {
            let entries = list.iter().enumerate();
            entries.for_each(|(at, value)| leaves(&format!("{path}[{at}]"), value, rows));
        }
        Value::String(text) => {
            let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            rows.push(vec![path.to_owned(), plain.collect()]);
        }
        other => rows.push(vec![path.to_owned(), other.to_string()]),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Matched => "matched",
        Verdict::MissingHere => "missing here",
        Verdict::MissingThere => "missing at Google",
        Verdict::Different => "different",
        Verdict::Repeated => "repeated",
    }
}

fn phase(statement: &Statement) -> String {
    let answer = |answer: &Answer| match answer {
        Answer::Accept => "accepted".to_owned(),
        Answer::Propose { total_due } => {
            format!("proposed {}", money(*total_due, statement.summary.currency))
        }
    };
    match &statement.phase {
        Phase::Reading { offset } => format!("reading, at line {offset}"),
        Phase::Comparing => "comparing".to_owned(),
        Phase::Answering(what) => format!("{}, Google has not heard it", answer(what)),
        Phase::Answered { answer: what, at } => format!("{} {}", answer(what), moment(*at)),
        Phase::Refused { answer: what, at } => {
            format!("{}, refused by Google {}", answer(what), moment(*at))
        }
        Phase::Stopped { why, at } => format!("stopped {}: {why}", moment(*at)),
    }
}

fn moment(at: Timestamp) -> String {
    let at = UNIX_EPOCH + Duration::from_millis(at.0.min(LAST_MILLIS));
    humantime::format_rfc3339_seconds(at).to_string()
}

/// Of the year 9999: what is written has four digits.
const LAST_MILLIS: u64 = 253_402_300_799_999;

fn money(micros: impl Into<i128>, currency: CurrencyCode) -> String {
    format!("{} {currency}", decimal(micros))
}

/// Exactly: two decimals, and more where there are more.
fn decimal(micros: impl Into<i128>) -> String {
    let micros = micros.into();
    let (sign, abs) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let digits = format!("{sign}{}.{:06}", abs / 1_000_000, abs % 1_000_000);
    let shown = digits.trim_end_matches('0').len().max(digits.len() - 4);
    digits[..shown].to_owned()
}

#[cfg(test)]
mod tests;
