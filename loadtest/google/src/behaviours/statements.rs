//! Statements: read to the end, compared, and agreed to only if they agree.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Stage, Verdict, expect, same};
use crate::books::{Payment, Statement};
use crate::failure::Failure;
use crate::host::Delivery;
use crate::statement;
use crate::wire::Request;

const AGREED_WITHIN: Duration = Duration::from_secs(60);

pub async fn a_statement_that_agrees_is_accepted(stage: &Stage) -> Result<Verdict, Failure> {
    let id = settle(stage, |_| {}).await?;
    answered(stage, &id, "acceptRemittanceStatement").await
}

pub async fn a_statement_in_many_pages_is_read_to_its_end(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    // Of five events: two, two and one.
    let id = settle(stage, |statement| statement.page = 2).await?;
    answered(stage, &id, "acceptRemittanceStatement").await?;
    pages(stage, &id, &[0, 2, 4])
}

pub async fn a_statement_whose_last_page_is_empty_is_read_to_its_end(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    // Of five events: five, and then the page that says there are no more.
    let id = settle(stage, |statement| statement.page = 5).await?;
    answered(stage, &id, "acceptRemittanceStatement").await?;
    pages(stage, &id, &[0, 5])
}

pub async fn a_statement_that_differs_is_not_accepted_as_it_is(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let differ = |statement: &mut Statement| {
        statement.captures[0]["eventAmount"]["amountMicros"] = json!("99000000");
    };
    let id = settle(stage, differ).await?;
    answered(stage, &id, "acceptRemittanceStatementWithModifications").await
}

/// Buys three times, gives back twice, and says what is due for it.
async fn settle(stage: &Stage, change: impl Fn(&mut Statement)) -> Result<String, Failure> {
    let link = stage.link().await?;
    let mut captures = vec![];
    for cents in [300, 200, 100] {
        captures.push(stage.bought(&link, cents).await?);
    }
    for (capture, cents) in [(0, 300), (1, 50)] {
        let answer = stage.give_back(&captures[capture], cents).await?;
        expect(answer.is(200, "SUCCESS"), "a refund", &answer)?;
    }
    let ledger = stage.google.books.read()?;
    let mine = |payment: &&Payment| {
        captures.contains(payment.capture.as_ref().unwrap_or(&payment.request))
    };
    let payments: Vec<&Payment> = ledger.payments.iter().filter(mine).collect();
    let mut statement = statement::of(&payments, "USD", SystemTime::now());
    change(&mut statement);
    let id = statement.id.clone();
    let members = json!({
        "paymentIntegratorAccountId": stage.google.account,
        "remittanceStatementSummary": statement.summary,
    });
    stage.google.books.change(|ledger| ledger.statements.push(statement))?;
    let request = Request::new(&id, members);
    let first = stage.google.integrator.call("remittanceStatementNotification", &request).await?;
    expect(first.is(200, "ACCEPTED"), "remittanceStatementNotification", &first)?;
    let again = stage.google.integrator.call("remittanceStatementNotification", &request).await?;
    same("the notification again", &first, &again)?;
    Ok(id)
}

async fn answered(stage: &Stage, id: &str, how: &str) -> Result<Verdict, Failure> {
    let said = |stage: &Stage| {
        let statements = stage.google.books.read()?.statements;
        Ok(statements.into_iter().find(|it| it.id == id).and_then(|it| it.accepted))
    };
    let said = stage.wait(&format!("an answer to the statement {id}"), AGREED_WITHIN, said).await?;
    if said == how {
        return Ok(Verdict::Held);
    }
    Err(Failure(format!("{id} was answered by {said}, and {how} was expected")))
}

/// Each page once, from its offset, under an id of its own.
fn pages(stage: &Stage, id: &str, expected: &[u64]) -> Result<Verdict, Failure> {
    let script = stage.host.script();
    let asked = script.deliveries("remittanceStatementDetails");
    let asked: Vec<&Delivery> =
        asked.filter(|it| it.body["statementId"] == id && it.status == 200).collect();
    let offset = |it: &&Delivery| it.body["eventOffset"].as_u64().unwrap_or(0);
    let offsets: Vec<u64> = asked.iter().map(offset).collect();
    let mut ids: Vec<&str> = asked.iter().map(|it| it.request()).collect();
    ids.sort_unstable();
    ids.dedup();
    if offsets == expected && ids.len() == expected.len() {
        return Ok(Verdict::Held);
    }
    Err(Failure(format!("the pages from {offsets:?} under {ids:?}, not from {expected:?}")))
}
