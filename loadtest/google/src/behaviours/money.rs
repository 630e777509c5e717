//! Money: no more goes back than was taken, and no more is taken than there is.

use futures_util::future::join_all;
use serde_json::json;

use super::{Stage, Verdict, expect, same, usd};
use crate::books::Kind;
use crate::failure::Failure;
use crate::wire::fresh;

pub async fn a_refund_above_the_remainder_is_refused(stage: &Stage) -> Result<Verdict, Failure> {
    let capture = stage.bought(&stage.link().await?, 1000).await?;
    for (cents, fits) in [(1001, false), (600, true), (401, false), (400, true), (1, false)] {
        let answer = stage.give_back(&capture, cents).await?;
        let (status, code) = if fits { (200, "SUCCESS") } else { (400, "PRECONDITION_VIOLATION") };
        expect(answer.is(status, code), &format!("a refund of {cents} cents"), &answer)?;
    }
    Ok(Verdict::Held)
}

pub async fn partial_refunds_reach_exactly_the_remainder(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let capture = stage.bought(&stage.link().await?, 1000).await?;
    for cents in [333, 333, 333, 1] {
        let answer = stage.give_back(&capture, cents).await?;
        expect(answer.is(200, "SUCCESS"), "a part", &answer)?;
    }
    let more = stage.give_back(&capture, 1).await?;
    expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent more", &more)?;
    Ok(Verdict::Held)
}

pub async fn racing_refunds_never_exceed_what_was_captured(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let capture = stage.bought(&stage.link().await?, 1000).await?;
    // Twelve of a dollar and thirty cents each: seven fit.
    let racing = (0..12).map(|_| stage.give_back(&capture, 130));
    let answers = join_all(racing).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let given = answers.iter().filter(|answer| answer.is(200, "SUCCESS")).count();
    let known = |status: u16| [200, 400, 409, 503].contains(&status);
    if given > 7 || !answers.iter().all(|answer| known(answer.status)) {
        let told: Vec<String> = answers.iter().map(ToString::to_string).collect();
        return Err(Failure(format!("{given} of 7: {told:?}")));
    }
    let left = 1000 - 130 * i64::try_from(given).unwrap_or(0);
    let more = stage.give_back(&capture, left + 1).await?;
    expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent above what is left", &more)?;
    let rest = stage.give_back(&capture, left).await?;
    expect(rest.is(200, "SUCCESS"), "what is left", &rest)?;
    Ok(Verdict::Held)
}

pub async fn a_refund_of_a_capture_that_never_was_is_an_error(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let answer = stage.give_back(&fresh("cap"), 100).await?;
    // The pages of the wire have both.
    let known = answer.is(404, "INVALID_IDENTIFIER") || answer.status == 400;
    expect(known, "a capture that never was", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_refund_in_another_currency_is_refused(stage: &Stage) -> Result<Verdict, Failure> {
    let capture = stage.bought(&stage.link().await?, 100).await?;
    let mut refund = stage.google.refund(&capture, &usd(100));
    refund.members["currencyCode"] = json!("EUR");
    let answer = stage.google.integrator.call("refund", &refund).await?;
    expect(answer.status == 400, "euros for dollars", &answer)?;
    let all = stage.give_back(&capture, 100).await?;
    expect(all.is(200, "SUCCESS"), "dollars for dollars", &all)?;
    Ok(Verdict::Held)
}

pub async fn more_than_the_account_has_is_declined(stage: &Stage) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    let capture = stage.google.capture(&link.token, &usd(100_000_000));
    let answer = stage.google.pay(Kind::Capture, &capture).await?;
    expect(answer.is(200, "INSUFFICIENT_FUNDS"), "a million dollars", &answer)?;
    let answer = stage.give_back(&capture.id, 100).await?;
    expect(answer.status == 400 || answer.status == 404, "a refund of nothing", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_reward_is_paid_once(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let reward = google.disburse(&link.token, &usd(100));
    let first = google.pay(Kind::Disbursement, &reward).await?;
    expect(first.is(200, "SUCCESS"), "disburseFunds", &first)?;
    same("again", &first, &google.pay(Kind::Disbursement, &reward).await?)?;
    let answer = stage.give_back(&reward.id, 100).await?;
    expect(answer.status == 400 || answer.status == 404, "a refund of a reward", &answer)?;
    // And spent again, so that the account is as it was.
    stage.bought(&link, 100).await?;
    Ok(Verdict::Held)
}

pub async fn an_amount_that_is_no_amount_is_refused(stage: &Stage) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    for amount in [
        json!("0"),
        json!("-1000000"),
        json!("1.5"),
        json!("1e6"),
        json!(""),
        json!("1000001"),
        json!("9223372036854775808"),
        json!(null),
        json!({}),
    ] {
        let mut capture = stage.google.capture(&link.token, &usd(100));
        capture.members["amount"] = amount.clone();
        let answer = stage.google.integrator.call("capture", &capture).await?;
        let codes = ["INVALID_FIELD_VALUE", "MISSING_REQUIRED_FIELD", "INVALID_DECRYPTED_REQUEST"];
        let refused = answer.status == 400 && codes.contains(&answer.error());
        expect(refused, &format!("an amount of {amount}"), &answer)?;
    }
    // A number is read, too, where a text is written.
    let mut capture = stage.google.capture(&link.token, &usd(100));
    capture.members["amount"] = json!(1_000_000);
    let answer = stage.google.pay(Kind::Capture, &capture).await?;
    expect(answer.is(200, "SUCCESS"), "an amount as a number", &answer)?;
    let all = stage.give_back(&capture.id, 100).await?;
    expect(all.is(200, "SUCCESS"), "a refund", &all)?;
    Ok(Verdict::Held)
}
