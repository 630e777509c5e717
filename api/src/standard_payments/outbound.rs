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
use paceline_domain::statement::LineKind;
use paceline_domain::text::Text;
use paceline_engine::bank::Asking;
use paceline_engine::google::{Call, Delivery, Google, Page, PageLine, Trouble, What};
use serde_json::{Map, Value, json};

use super::line::{Heading, Heard, Line, Unheard};
use super::read::Members;
use super::settings::Settings;
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
            Ok(heard) => delivery(&call, heard),
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
        let word = what.word();
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
                (format!("/v1/{word}"), Heading::Usual, members(what, result))
            }
            _ => (format!("/v1/{word}"), Heading::Usual, members(what, "")),
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
pub fn delivery(call: &Call, heard: Heard) -> Delivery {
    let Heard { status, answer } = heard;
    let word = call.what.word();
    let said = answer.as_ref().and_then(|a| a.get("errorDescription")?.as_str()).unwrap_or("");
    match (status, &answer) {
        (StatusCode::OK, Some(answer)) => match page(call, answer) {
            Some(Ok(page)) => Delivery::Page(page),
            Some(Err(fault)) => {
                tracing::error!(method = word, why = fault.description, "a page is unreadable");
                Delivery::NotYet(Trouble::NeedsMending)
            }
            None => Delivery::Heard,
        },
        (StatusCode::OK, None) => {
            tracing::error!(method = word, "Google's answer does not open: which keys are right?");
            Delivery::NotYet(Trouble::NeedsMending)
        }
        (StatusCode::PRECONDITION_FAILED, _) => {
            tracing::error!(method = word, request = %call.request, said, "Google refuses for good");
            let why: String =
                said.chars().filter(|c| !c.is_control()).take(WHY_CHARS_MAX).collect();
            Delivery::Refused(Text::parse(&why).unwrap_or_default())
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
fn members(what: &What, result: &str) -> Value {
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
            "disburseFundsRequestId": request.as_str(),
            "disburseFundsResult": result,
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
            "modifiedTotalDueByIntegrator": {
                "amountMicros": total_due.0.to_string(),
                "currencyCode": currency.as_str(),
            },
        }),
    }
}

/// What a call for a page is answered; `None` for another call. More lines than were asked for
/// would be more than a record of the log holds, however often they are read.
///
/// # Source
/// Standard Payments, `remittanceStatementDetails`.
fn page(call: &Call, answer: &Map<String, Value>) -> Option<Result<Page, Fault>> {
    let What::StatementPage { lines_max, .. } = call.what else { return None };
    let read = || {
        let members = Members::new(answer, "");
        let count = |name| {
            u64::try_from(members.int64(name)?)
                .map_err(|_| members.invalid(name, "a count is wanted"))
        };
        let next = members.has("nextEventOffset").then(|| count("nextEventOffset")).transpose()?;
        let mut lines = vec![];
        for (name, kind) in
            [("captureEvents", LineKind::Capture), ("refundEvents", LineKind::Refund)]
        {
            for event in members.list(name)? {
                lines.push(line(kind, event)?);
            }
        }
        if lines.len() > usize::try_from(lines_max).unwrap_or(usize::MAX) {
            let what = format!("no more than {lines_max} were asked for");
            return Err(members.invalid("captureEvents and refundEvents", &what));
        }
        Ok(Page { lines, next, lines_total: count("totalEvents")? })
    };
    Some(read())
}

fn line(kind: LineKind, event: Members<'_>) -> Result<PageLine, Fault> {
    let request = event.parsed("eventRequestId", RequestId::parse)?;
    let (amount, currency) = event.object("eventAmount", money)?;
    let fee = match event.has("eventFee") {
        true => event.object("eventFee", money)?.0,
        false => Micros::ZERO,
    };
    Ok(PageLine { kind, request, amount, fee, currency })
}

fn money(money: Members<'_>) -> Result<(Micros, CurrencyCode), Fault> {
    Ok((Micros(money.int64("amountMicros")?), money.currency("currencyCode")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES_MAX: u32 = 3;

    fn heard(answer: Value) -> Delivery {
        let id = |text| RequestId::parse(text).unwrap();
        let what = What::StatementPage { statement: id("s"), offset: 0, lines_max: LINES_MAX };
        let integrator = paceline_domain::ids::IntegratorAccountId::parse("InvisiCashUSA_USD");
        let call = Call { request: id("s:p0"), integrator: integrator.unwrap(), what };
        let answer = answer.as_object().cloned();
        delivery(&call, Heard { status: StatusCode::OK, answer })
    }

    fn events(count: u32) -> Value {
        let amount = json!({"amountMicros": "10000", "currencyCode": "USD"});
        let event = |n| json!({"eventRequestId": format!("event-{n}"), "eventAmount": amount});
        (0..count).map(event).collect()
    }

    #[test]
    fn a_page_has_as_many_lines_as_were_asked_for_and_no_more() {
        let page = |captures, refunds| {
            heard(json!({
                "captureEvents": events(captures),
                "refundEvents": events(refunds),
                "totalEvents": "9",
            }))
        };
        let Delivery::Page(read) = page(2, 1) else { panic!("three were asked for") };
        assert_eq!(read.lines.len(), 3);
        assert_eq!(page(2, 2), Delivery::NotYet(Trouble::NeedsMending));
    }

    #[test]
    fn an_answer_that_does_not_open_is_not_heard() {
        assert_eq!(heard(Value::Null), Delivery::NotYet(Trouble::NeedsMending));
    }
}
