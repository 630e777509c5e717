//! Calls to Google and what it answers, beside the published ones.

use paceline_domain::ids::{IntegratorAccountId, PaymentId, RefundId};

use super::*;
use crate::standard_payments::TotalDue;
use crate::standard_payments::examples::{example, shape};

const LINES_MAX: u32 = 3;

fn dialect() -> Dialect {
    Dialect {
        unknown_capture: StatusCode::NOT_FOUND,
        total_due: TotalDue::IntegratorOwes,
        event_amount: "eventAmount".to_owned(),
        event_fee: "eventFee".to_owned(),
        modified_total: "modifiedTotalDueByIntegrator".to_owned(),
        disburse_request: "disburseFundsRequestId".to_owned(),
        disburse_result: "disburseFundsResult".to_owned(),
    }
}

fn statement() -> RequestId {
    RequestId::parse("s").unwrap()
}

/// What a 200 comes to.
fn heard(what: What, answer: Value, dialect: &Dialect) -> Delivery {
    let integrator = IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap();
    let call = Call { request: RequestId::parse("s:p0").unwrap(), integrator, what };
    let answer = answer.as_object().cloned();
    delivery(&call, Heard { status: StatusCode::OK, answer }, dialect)
}

fn page(answer: Value, dialect: &Dialect) -> Delivery {
    let what = What::StatementPage { statement: statement(), offset: 0, lines_max: LINES_MAX };
    heard(what, answer, dialect)
}

fn proposed(answer: Value, dialect: &Dialect) -> Delivery {
    let (total_due, currency) = (Micros(41_050_000), CurrencyCode::parse("EUR").unwrap());
    let what = What::ProposeStatement { statement: statement(), total_due, currency };
    heard(what, answer, dialect)
}

fn events(count: u32) -> Value {
    let amount = json!({"amountMicros": "10000", "currencyCode": "USD"});
    let event = |n| json!({"eventRequestId": format!("event-{n}"), "eventAmount": amount});
    (0..count).map(event).collect()
}

#[test]
fn a_page_has_as_many_lines_as_were_asked_for_and_no_more() {
    let page = |captures, refunds| {
        let (captures, refunds) = (events(captures), events(refunds));
        let answer = json!({
            "captureEvents": captures, "refundEvents": refunds, "totalEvents": "9",
        });
        page(answer, &dialect())
    };
    let Delivery::Page(read) = page(2, 1) else { panic!("three were asked for") };
    assert_eq!(read.lines.len(), 3);
    assert_eq!(page(2, 2), Delivery::Unreadable);
}

#[test]
fn the_members_of_a_line_have_the_names_that_are_configured() {
    let (event_amount, event_fee) = ("amount".to_owned(), "fee".to_owned());
    let dialect = Dialect { event_amount, event_fee, ..dialect() };
    let money = |micros| json!({"amountMicros": micros, "currencyCode": "USD"});
    let event = json!({"eventRequestId": "e", "amount": money("7"), "fee": money("2")});
    let answer = json!({"captureEvents": [event], "totalEvents": "1"});
    let Delivery::Page(read) = page(answer, &dialect) else { panic!("it is a page") };
    assert_eq!((read.lines[0].amount, read.lines[0].fee), (Micros(7), Micros(2)));
}

#[test]
fn what_is_told_of_a_disbursement_has_the_members_that_are_configured() {
    let (disburse_request, disburse_result) = ("rewardId".to_owned(), "came_to".to_owned());
    let dialect = Dialect { disburse_request, disburse_result, ..dialect() };
    let (request, payment) = (RequestId::parse("dis:1").unwrap(), PaymentId(1));
    let told = What::Result(Subject::Disbursement { request, payment, outcome: Ok(()) });
    let told = members(&told, "SUCCESS", &dialect);
    assert_eq!((&told["rewardId"], &told["came_to"]), (&json!("dis:1"), &json!("SUCCESS")));
}

#[test]
fn what_a_page_says_of_its_place_and_of_what_is_due_is_heard() {
    let dialect = Dialect { total_due: TotalDue::GoogleOwes, ..dialect() };
    let summary = json!({"totalDueByIntegrator": "-7", "currencyCode": "EUR", "dateDue": "1"});
    let said = |answer| match page(answer, &dialect) {
        Delivery::Page(page) => page.said,
        other => panic!("{other:?} is no page"),
    };
    let whole = json!({
        "totalEvents": "0", "eventOffset": 3, "remittanceStatementSummary": summary,
    });
    let euros = CurrencyCode::parse("EUR").unwrap();
    let (total_due, currency) = (Some(Micros(7)), Some(euros));
    assert_eq!(said(whole), Said { offset: Some(3), total_due, currency });
    assert_eq!(said(json!({"totalEvents": "0"})), Said::default());
    for unreadable in [json!({"currencyCode": 7}), json!("of what"), json!([])] {
        let answer = json!({"totalEvents": "0", "remittanceStatementSummary": unreadable});
        assert_eq!(page(answer, &dialect), Delivery::Unreadable);
    }
}

#[test]
fn an_answer_that_does_not_open_is_not_heard() {
    let untold = Delivery::NotYet(Trouble::NeedsMending);
    assert_eq!(page(Value::Null, &dialect()), untold);
    assert_eq!(proposed(Value::Null, &dialect()), untold);
}

#[test]
fn a_statement_is_answered_when_google_says_success_and_our_total() {
    let told = |result, total: &str| {
        let total = json!({"amountMicros": total, "currencyCode": "EUR"});
        json!({
            "acceptRemittanceStatementResultCode": result,
            "modifiedTotalDueByIntegrator": total,
        })
    };
    let why = |delivery| match delivery {
        Delivery::Refused(why) => why.to_string(),
        other => panic!("{other:?} is no refusal"),
    };
    assert_eq!(proposed(told("SUCCESS", "41050000"), &dialect()), Delivery::Heard);
    let other_total = why(proposed(told("SUCCESS", "41050001"), &dialect()));
    assert_eq!(other_total, "modifiedTotalDueByIntegrator is 41050001 micros of EUR");
    let unknown = why(proposed(told("LATER_VALUE", "41050000"), &dialect()));
    assert_eq!(unknown, "acceptRemittanceStatementResultCode is LATER_VALUE");

    let accepted =
        |answer| heard(What::AcceptStatement { statement: statement() }, answer, &dialect());
    let success = json!({"acceptRemittanceStatementResultCode": "SUCCESS"});
    assert_eq!(accepted(success), Delivery::Heard);
    assert_eq!(why(accepted(json!({}))), "acceptRemittanceStatementResultCode is missing");
}

#[test]
fn a_total_is_turned_where_google_counts_from_its_own_side() {
    let dialect = Dialect { total_due: TotalDue::GoogleOwes, ..dialect() };
    let told = |total: &str| {
        json!({
            "acceptRemittanceStatementResultCode": "SUCCESS",
            "modifiedTotalDueByIntegrator": {"amountMicros": total, "currencyCode": "EUR"},
        })
    };
    assert_eq!(proposed(told("-41050000"), &dialect), Delivery::Heard);
    assert!(matches!(proposed(told("41050000"), &dialect), Delivery::Refused(_)));
}

/// A published body of a method, without what all of them have.
fn published(name: &str) -> Option<Map<String, Value>> {
    let Value::Object(mut body) = example(&format!("tokenized-google/{name}.json"))? else {
        panic!("{name} is an object")
    };
    body.remove("requestHeader");
    body.remove("responseHeader");
    body.remove("paymentIntegratorAccountId");
    Some(body)
}

#[test]
fn what_google_is_told_and_asked_has_the_shape_of_the_published_calls() {
    let request = || RequestId::parse("acap:1").unwrap();
    let (payment, outcome) = (PaymentId(1), Ok(()));
    let lines_max = 3;
    for (name, what, of_theirs_alone, of_ours_alone) in [
        (
            "captureResultNotification",
            What::Result(Subject::Capture { request: request(), payment, outcome }),
            "/captureResult/rawResult",
            "",
        ),
        (
            "refundResultNotification",
            What::Result(Subject::Refund { request: request(), refund: RefundId(1), outcome }),
            "",
            "",
        ),
        (
            "disburseFundsResultNotification",
            What::Result(Subject::Disbursement { request: request(), payment, outcome }),
            "",
            "/paymentIntegratorDisburseFundsId",
        ),
        (
            "remittanceStatementDetails.page2",
            What::StatementPage { statement: statement(), offset: 3, lines_max },
            "",
            "",
        ),
        ("acceptRemittanceStatement", What::AcceptStatement { statement: statement() }, "", ""),
    ] {
        let Some(theirs) = published(&format!("{name}.request")) else { return };
        let mut ours = members(&what, SUCCESS, &dialect());
        let mut theirs = Value::Object(theirs);
        for (body, alone) in [(&mut theirs, of_theirs_alone), (&mut ours, of_ours_alone)] {
            let Some((of, member)) = alone.rsplit_once('/') else { continue };
            let of = body.pointer_mut(of).and_then(Value::as_object_mut).unwrap();
            assert!(of.remove(member).is_some(), "{name}: {alone}");
        }
        assert_eq!(shape(&ours), shape(&theirs), "{name}");
    }
}

#[test]
fn the_published_answers_are_read() {
    let answer = |name: &str| published(&format!("{name}.response")).map(Value::Object);
    let Some(first) = answer("remittanceStatementDetails") else { return };
    let Delivery::Page(first) = page(first, &dialect()) else { panic!("a page") };
    let second = answer("remittanceStatementDetails.page2").unwrap();
    let Delivery::Page(second) = page(second, &dialect()) else { panic!("a page") };
    assert_eq!(first.next, Some(first.lines.len() as u64));
    assert_eq!(second.next, None);
    assert_eq!((first.lines.len() + second.lines.len()) as u64, second.lines_total);
    let accepted = answer("acceptRemittanceStatement").unwrap();
    let what = What::AcceptStatement { statement: statement() };
    assert_eq!(heard(what, accepted, &dialect()), Delivery::Heard);
    let modified = answer("acceptRemittanceStatementWithModifications").unwrap();
    assert_eq!(proposed(modified, &dialect()), Delivery::Heard);
}
