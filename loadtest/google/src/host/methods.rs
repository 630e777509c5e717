//! Each of Google's methods, once it is known who calls and that the call is new.

use serde_json::{Value, json};

use super::error;
use crate::books::{Kind, Ledger, Payment, Statement};
use crate::limits::EVENTS_PAGE_MAX;
use crate::wire::money;

pub fn answer(method: &str, body: &Value, ledger: &mut Ledger) -> (u16, Value) {
    match method {
        "echo" => {
            let server = "Google's side of Standard Payments, simulated";
            (200, json!({"clientMessage": body["clientMessage"], "serverMessage": server}))
        }
        "captureResultNotification" => {
            let result = &body["captureResult"]["captureResultCode"];
            let theirs = &body["paymentIntegratorTransactionId"];
            told(ledger, Kind::is_capture, &body["captureRequestId"], result, theirs)
        }
        "refundResultNotification" => {
            let theirs = &body["paymentIntegratorRefundId"];
            let of = |kind| kind == Kind::Refund;
            told(ledger, of, &body["refundRequestId"], &body["refundResult"], theirs)
        }
        "disburseFundsResultNotification" => {
            let theirs = &body["paymentIntegratorDisburseFundsId"];
            let of = |kind| kind == Kind::Disbursement;
            let result = &body["disburseFundsResult"];
            told(ledger, of, &body["disburseFundsRequestId"], result, theirs)
        }
        "remittanceStatementDetails" => details(body, ledger),
        "acceptRemittanceStatement" | "acceptRemittanceStatementWithModifications" => {
            accepted(method, body, ledger)
        }
        "getDisputeInquiryReport" => report(body, ledger),
        _ => error(404, "", "there is no such method"),
    }
}

/// The first result that is heard is the result. The same one again is no news; another one is a
/// contradiction, and changes nothing.
fn told(
    ledger: &mut Ledger,
    of: impl Fn(Kind) -> bool,
    request: &Value,
    result: &Value,
    theirs: &Value,
) -> (u16, Value) {
    let (Some(request), Some(result)) = (request.as_str(), result.as_str()) else {
        return error(400, "MISSING_REQUIRED_FIELD", "the request or its result");
    };
    if result.starts_with("UNKNOWN") || result.is_empty() {
        return error(400, "INVALID_FIELD_VALUE", "a result that must never be sent");
    }
    let mut payments = ledger.payments.iter_mut();
    let Some(payment) = payments.find(|it| of(it.kind) && it.request == request) else {
        return error(404, "INVALID_IDENTIFIER", &format!("{request} is not known"));
    };
    match &payment.result {
        Some(before) if before != result => {
            let why = format!("{request} has ended with {before}, and that stays");
            return error(412, "IDEMPOTENCY_VIOLATION", &why);
        }
        Some(_) => {}
        None => {
            payment.result = Some(result.to_owned());
            payment.theirs = theirs.as_str().map(str::to_owned);
        }
    }
    (200, json!({"result": "SUCCESS"}))
}

fn details(body: &Value, ledger: &Ledger) -> (u16, Value) {
    let Some(statement) = statement(body, ledger) else { return unknown_statement() };
    let number = |member: &str, otherwise: usize| match &body[member] {
        Value::Null => Some(otherwise),
        said => said.as_u64().and_then(|said| usize::try_from(said).ok()),
    };
    let (Some(offset), Some(wanted)) =
        (number("eventOffset", 0), number("numberOfEvents", EVENTS_PAGE_MAX))
    else {
        return error(400, "INVALID_FIELD_VALUE", "eventOffset or numberOfEvents");
    };
    let captures = statement.captures.iter().map(|event| ("captureEvents", event));
    let refunds = statement.refunds.iter().map(|event| ("refundEvents", event));
    let events: Vec<_> = captures.chain(refunds).collect();
    let size = wanted.min(statement.page).min(EVENTS_PAGE_MAX);
    if size == 0 || offset > events.len() {
        return error(400, "INVALID_FIELD_VALUE", "the page is not in the statement");
    }
    let end = (offset + size).min(events.len());
    let mut page = json!({
        "eventOffset": offset,
        "totalEvents": events.len(),
        "remittanceStatementSummary": statement.summary,
        "captureEvents": [],
        "refundEvents": [],
    });
    for (list, event) in &events[offset..end] {
        page[*list].as_array_mut().expect("it was made so").push((*event).clone());
    }
    // A page that ends where the statement ends is not known to be the last, so the one after it
    // is empty: who counts pages instead of looking for the offset would miss or repeat one.
    if end < events.len() || (offset < end && (end - offset) == size && !events.is_empty()) {
        page["nextEventOffset"] = end.into();
    }
    (200, page)
}

fn accepted(method: &str, body: &Value, ledger: &mut Ledger) -> (u16, Value) {
    let id = body["statementId"].as_str().unwrap_or_default().to_owned();
    let Some(statement) = ledger.statements.iter_mut().find(|it| it.id == id) else {
        return unknown_statement();
    };
    match &statement.accepted {
        Some(before) if before != method => {
            return error(400, "PRECONDITION_VIOLATION", "it was agreed to in another way");
        }
        _ => statement.accepted = Some(method.to_owned()),
    }
    let mut answer = json!({"acceptRemittanceStatementResultCode": "SUCCESS"});
    if method.ends_with("WithModifications") {
        // What was proposed is taken.
        answer["modifiedTotalDueByIntegrator"] = body["modifiedTotalDueByIntegrator"].clone();
    }
    (200, answer)
}

fn report(body: &Value, ledger: &Ledger) -> (u16, Value) {
    let request = body["captureRequestCriteria"]["captureRequestId"].as_str().unwrap_or_default();
    let found = |it: &&Payment| it.kind.is_capture() && it.request == request;
    let Some(payment) = ledger.payments.iter().find(found) else {
        return error(404, "INVALID_IDENTIFIER", "captureRequestId");
    };
    let paid = money(payment.micros, &payment.currency);
    let report = json!({
        "order": {
            "orderId": format!("GOOG.{}", payment.at),
            "items": [{"description": "A simulated purchase", "quantity": "1"}],
        },
        "payment": {"captureRequestId": payment.request, "amount": paid},
        "customerAccount": {"customerName": "A simulated user"},
    });
    (200, json!({"result": "SUCCESS", "report": report}))
}

fn statement<'a>(body: &Value, ledger: &'a Ledger) -> Option<&'a Statement> {
    let id = body["statementId"].as_str()?;
    ledger.statements.iter().find(|statement| statement.id == id)
}

fn unknown_statement() -> (u16, Value) {
    error(404, "INVALID_IDENTIFIER", "statementId")
}
