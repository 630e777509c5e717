//! What is owed to Google, in each method's shape.
//!
//! Why: what to tell and when to try again is the engine's; here is one try.
//! Promise: only a 200 whose body opens is taken for heard; whatever else comes back, an empty body
//! or another one, is no reason to stop.

use std::sync::Arc;

use http::StatusCode;
use paceline_domain::ids::RequestId;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::notice::Subject;
use paceline_domain::statement::{LineKind, Said};
use paceline_domain::text::Text;
use paceline_engine::bank::Asking;
use paceline_engine::google::{Call, Delivery, Google, Page, PageLine, Trouble, What};
use serde_json::{Map, Value, json};

use super::line::{Heading, Heard, Line, Unheard};
use super::read::Members;
use super::results::SUCCESS;
use super::settings::{Dialect, Settings};
use super::{Fault, card};

/// Google's services, as what is owed reaches them.
pub struct Outbound {
    line: Arc<Line>,
    settings: Arc<Settings>,
    card: card::Telling,
}

impl Outbound {
    pub fn new(line: Arc<Line>, settings: Arc<Settings>, card: card::Telling) -> Self {
        Self { line, settings, card }
    }

    async fn call(&self, call: Call) -> Delivery {
        let word = call.what.word();
        let (path, heading, members) = self.shape(&call.what);
        match self.line.ask(&path, &call.integrator, &call.request, heading, members).await {
            Ok(heard) => delivery(&call, heard, &self.settings.door.dialect),
            Err(error @ Unheard::NotReached(_)) => {
                tracing::warn!(method = word, %error, "Google was not reached");
                Delivery::NotYet(Trouble::Passing)
            }
            Err(error) => {
                tracing::error!(method = word, %error, "a call does not leave");
                Delivery::NotYet(Trouble::NeedsMending)
            }
        }
    }

    /// Where it is asked, under which heading, and with what.
    fn shape(&self, what: &What) -> (String, Heading, Value) {
        let (word, dialect) = (what.word(), &self.settings.door.dialect);
        let of_card = || format!("{}/{word}", self.card.paths.prefix(word));
        match what {
            What::Result(Subject::Card(told)) => {
                (of_card(), Heading::Usual, card::told::members(told, &self.card.spelling))
            }
            What::Result(Subject::Settlement(part)) => {
                (of_card(), Heading::Newer, card::settled::members(part))
            }
            What::Result(
                Subject::Capture { outcome, .. }
                | Subject::Refund { outcome, .. }
                | Subject::Disbursement { outcome, .. },
            ) => {
                let result = self.settings.results.word(word, *outcome);
                (format!("/v1/{word}"), Heading::Usual, members(what, result, dialect))
            }
            _ => (format!("/v1/{word}"), Heading::Usual, members(what, "", dialect)),
        }
    }
}

impl Google for Outbound {
    fn deliver(&self, call: Call) -> Asking<'_, Delivery> {
        Box::pin(self.call(call))
    }
}

/// Of Google's reasons, for the log and the notice.
const WHY_CHARS_MAX: usize = 120;

/// What an answer means to whoever is to try again or not.
pub fn delivery(call: &Call, heard: Heard, dialect: &Dialect) -> Delivery {
    let Heard { status, answer } = heard;
    let word = call.what.word();
    let said = answer.as_ref().and_then(|a| a.get("errorDescription")?.as_str()).unwrap_or("");
    match (status, &answer) {
        (StatusCode::OK, Some(answer)) => match &call.what {
            What::StatementPage { lines_max, .. } => match page(answer, *lines_max, dialect) {
                Ok(page) => Delivery::Page(page),
                Err(fault) => {
                    tracing::error!(method = word, why = fault.description, "a page is unreadable");
                    Delivery::Unreadable
                }
            },
            What::AcceptStatement { .. } => agreed(answer, None),
            What::ProposeStatement { total_due, currency, .. } => {
                agreed(answer, Some((dialect.total_due.turned(*total_due), *currency)))
            }
            What::Result(_) => Delivery::Heard,
        },
        (StatusCode::OK, None) => {
            tracing::error!(method = word, "Google's answer does not open: which keys are right?");
            Delivery::NotYet(Trouble::NeedsMending)
        }
        (StatusCode::PRECONDITION_FAILED, _) => {
            tracing::error!(method = word, request = %call.request, said, "Google refuses for good");
            refused(said)
        }
        (
            StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND,
            _,
        ) => {
            let status = status.as_u16();
            tracing::error!(method = word, request = %call.request, status, said, "Google refuses");
            Delivery::NotYet(Trouble::NeedsMending)
        }
        _ => {
            tracing::warn!(method = word, status = status.as_u16(), said, "Google did not take it");
            Delivery::NotYet(Trouble::Passing)
        }
    }
}

/// Of the tokenized family.
fn members(what: &What, result: &str, dialect: &Dialect) -> Value {
    match what {
        What::Result(Subject::Card(_) | Subject::Settlement(_)) => {
            unreachable!("the card family has its own shapes")
        }
        What::Result(Subject::Capture { request, payment, .. }) => json!({
            "captureRequestId": request.as_str(),
            "captureResult": {"captureResultCode": result},
            "paymentIntegratorTransactionId": payment.to_string(),
        }),
        What::Result(Subject::Refund { request, refund, .. }) => json!({
            "refundRequestId": request.as_str(),
            "refundResult": result,
            "paymentIntegratorRefundId": refund.to_string(),
        }),
        What::Result(Subject::Disbursement { request, payment, .. }) => json!({
            &dialect.disburse_request: request.as_str(),
            &dialect.disburse_result: result,
            "paymentIntegratorDisburseFundsId": payment.to_string(),
        }),
        What::StatementPage { statement, offset, lines_max } => json!({
            "statementId": statement.as_str(),
            "numberOfEvents": lines_max,
            "eventOffset": offset,
        }),
        What::AcceptStatement { statement } => json!({"statementId": statement.as_str()}),
        What::ProposeStatement { statement, total_due, currency } => json!({
            "statementId": statement.as_str(),
            &dialect.modified_total: {
                "amountMicros": dialect.total_due.turned(*total_due).0.to_string(),
                "currencyCode": currency.as_str(),
            },
        }),
    }
}

fn refused(why: &str) -> Delivery {
    let why: String = why.chars().filter(|c| !c.is_control()).take(WHY_CHARS_MAX).collect();
    Delivery::Refused(Text::parse(&why).unwrap_or_default())
}

/// Of an answer to what we say of a statement: it is agreed to with these words, and with our total
/// if we have proposed one, or a person has to look.
///
/// # Source
/// Standard Payments, `acceptRemittanceStatement`, `acceptRemittanceStatementWithModifications`.
fn agreed(answer: &Map<String, Value>, proposed: Option<(Micros, CurrencyCode)>) -> Delivery {
    const RESULT: &str = "acceptRemittanceStatementResultCode";
    const TOTAL: &str = "modifiedTotalDueByIntegrator";
    match answer.get(RESULT).and_then(Value::as_str) {
        Some(SUCCESS) => {}
        other => return refused(&format!("{RESULT} is {}", other.unwrap_or("missing"))),
    }
    let members = Members::new(answer, "");
    match (proposed, members.known(TOTAL, |members, name| members.object(name, money))) {
        (Some(ours), Ok(Some(theirs))) if ours != theirs => {
            refused(&format!("{TOTAL} is {} micros of {}", theirs.0.0, theirs.1.as_str()))
        }
        (_, Err(fault)) => refused(fault.description.as_deref().unwrap_or(TOTAL)),
        (_, Ok(_)) => Delivery::Heard,
    }
}

/// What a call for a page is answered. More lines than were asked for would be more than a record
/// of the log holds, however often they are read.
///
/// # Source
/// Standard Payments, `remittanceStatementDetails`.
fn page(answer: &Map<String, Value>, lines_max: u32, dialect: &Dialect) -> Result<Page, Fault> {
    let members = Members::new(answer, "");
    let count = |name| {
        u64::try_from(members.int64(name)?).map_err(|_| members.invalid(name, "a count is wanted"))
    };
    let next = members.has("nextEventOffset").then(|| count("nextEventOffset")).transpose()?;
    let mut lines = vec![];
    for (name, kind) in [("captureEvents", LineKind::Capture), ("refundEvents", LineKind::Refund)] {
        for event in members.list(name)? {
            lines.push(line(kind, event, dialect)?);
        }
    }
    if lines.len() > usize::try_from(lines_max).unwrap_or(usize::MAX) {
        let what = format!("no more than {lines_max} were asked for");
        return Err(members.invalid("captureEvents and refundEvents", &what));
    }
    let offset = members.has("eventOffset").then(|| count("eventOffset")).transpose()?;
    let summary = |members: &Members<'_>, name: &str| members.object(name, |of| sum(&of, dialect));
    let summary = members.known("remittanceStatementSummary", summary)?.unwrap_or_default();
    let lines_total = count("totalEvents")?;
    Ok(Page { lines, next, lines_total, said: Said { offset, ..summary } })
}

/// What the summary of a page says is due, as far as it does.
fn sum(summary: &Members<'_>, dialect: &Dialect) -> Result<Said, Fault> {
    let total = |of: &Members<'_>, name: &str| of.int64(name);
    let total_due = summary.known("totalDueByIntegrator", total)?;
    let total_due = total_due.map(|total| dialect.total_due.turned(Micros(total)));
    let currency = summary.known("currencyCode", |of, name| of.currency(name))?;
    Ok(Said { offset: None, total_due, currency })
}

fn line(kind: LineKind, event: Members<'_>, dialect: &Dialect) -> Result<PageLine, Fault> {
    let request = event.parsed("eventRequestId", RequestId::parse)?;
    let (amount, currency) = event.object(&dialect.event_amount, money)?;
    let fee = match event.known(&dialect.event_fee, |event, name| event.object(name, money))? {
        Some((_, other)) if other != currency => {
            return Err(event.invalid(&dialect.event_fee, "it is in another currency"));
        }
        fee => fee.map_or(Micros::ZERO, |(fee, _)| fee),
    };
    Ok(PageLine { kind, request, amount, fee, currency })
}

fn money(money: Members<'_>) -> Result<(Micros, CurrencyCode), Fault> {
    Ok((Micros(money.int64("amountMicros")?), money.currency("currencyCode")?))
}

#[cfg(test)]
mod tests;
