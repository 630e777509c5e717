//! The same question gets the same answer, and has one effect.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{PHONE_WITH_LITTLE, Stage, Verdict, expect, same, usd};
use crate::books::Kind;
use crate::failure::Failure;
use crate::limits::CLOCKS_APART_MAX;

pub async fn a_concluded_request_is_answered_the_same_again(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let capture = google.capture(&link.token, &usd(300));
    let first = google.pay(Kind::Capture, &capture).await?;
    expect(first.is(200, "SUCCESS"), "the first delivery", &first)?;
    for _ in 0..3 {
        same("a repeated capture", &first, &google.pay(Kind::Capture, &capture).await?)?;
    }
    let refund = google.refund(&capture.id, &usd(300));
    let first = google.pay(Kind::Refund, &refund).await?;
    expect(first.is(200, "SUCCESS"), "a refund of all of it", &first)?;
    same("a repeated refund", &first, &google.pay(Kind::Refund, &refund).await?)?;
    nothing_is_left(stage, &capture.id).await
}

pub async fn a_decline_is_repeated_after_its_cause_is_gone(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let google = &stage.google;
    let link = google.link(PHONE_WITH_LITTLE).await?;
    let too_much = google.capture(&link.token, &usd(1200));
    let declined = google.pay(Kind::Capture, &too_much).await?;
    expect(declined.is(200, "INSUFFICIENT_FUNDS"), "12 USD of an account with less", &declined)?;
    let reward = google.pay(Kind::Disbursement, &google.disburse(&link.token, &usd(1200))).await?;
    expect(reward.is(200, "SUCCESS"), "12 USD for the account", &reward)?;
    let again = google.pay(Kind::Capture, &too_much).await?;
    let anew = google.pay(Kind::Capture, &google.capture(&link.token, &usd(1200))).await?;
    same("the declined request, repeated", &declined, &again)?;
    expect(anew.is(200, "SUCCESS"), "a new request", &anew)?;
    Ok(Verdict::Held)
}

pub async fn what_was_refused_is_looked_at_afresh(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let capture = google.capture(&link.token, &usd(100));
    let mut malformed = capture.clone();
    malformed.members["currencyCode"] = json!("dollars");
    let refused = google.integrator.call("capture", &malformed).await?;
    expect(refused.status == 400, "no currency", &refused)?;
    let accepted = google.pay(Kind::Capture, &capture).await?;
    expect(accepted.is(200, "SUCCESS"), "the same request, mended", &accepted)?;
    all_goes_back(stage, &capture.id, 100).await
}

pub async fn the_same_request_with_another_amount_is_412(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    conflicts(stage, &link.token, "amount", json!("3000000")).await
}

pub async fn the_same_request_with_another_token_is_412(stage: &Stage) -> Result<Verdict, Failure> {
    let (link, another) = (stage.link().await?, stage.link().await?);
    conflicts(stage, &link.token, "googlePaymentToken", json!(another.token)).await
}

async fn conflicts(
    stage: &Stage,
    token: &str,
    member: &str,
    value: Value,
) -> Result<Verdict, Failure> {
    let google = &stage.google;
    let capture = google.capture(token, &usd(200));
    let first = google.pay(Kind::Capture, &capture).await?;
    let mut other = capture.clone();
    other.members[member] = value;
    let refused = google.integrator.call("capture", &other).await?;
    expect(refused.is(412, "IDEMPOTENCY_VIOLATION"), "other content", &refused)?;
    same("the first content again", &first, &google.pay(Kind::Capture, &capture).await?)?;
    all_goes_back(stage, &capture.id, 200).await
}

pub async fn two_equal_requests_at_the_same_moment_have_one_effect(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let capture = google.capture(&link.token, &usd(400));
    let at_once = (0..8).map(|_| google.pay(Kind::Capture, &capture));
    let answers = join_all(at_once).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let first = answers.iter().find(|answer| answer.status == 200);
    let first = first.ok_or("none of them was answered")?;
    for answer in answers.iter().filter(|answer| answer.status != 409) {
        same("one of eight at once", first, answer)?;
    }
    all_goes_back(stage, &capture.id, 400).await
}

pub async fn a_repeat_whose_time_stamp_is_off_is_refused_and_the_next_is_answered(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let capture = google.capture(&link.token, &usd(100));
    let first = google.pay(Kind::Capture, &capture).await?;
    let hours_ago = SystemTime::now() - Duration::from_secs(5 * 60 * 60);
    let late = google.integrator.call_at("capture", &capture, hours_ago).await?;
    let off = "REQUEST_TIMESTAMP_OUT_OF_RANGE";
    expect(late.is(400, off), "as it was sent hours ago", &late)?;
    same("sent again now", &first, &google.pay(Kind::Capture, &capture).await?)?;
    all_goes_back(stage, &capture.id, 100).await
}

/// As somebody would who has listened: the envelope says nothing of when it was sent, the header in
/// it does.
pub async fn the_same_bytes_again_are_a_repeat_and_a_minute_later_too_old(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (integrator, link) = (&stage.google.integrator, stage.link().await?);
    let capture = stage.google.capture(&link.token, &usd(100));
    // Most of its minute has passed on its way.
    let sent = SystemTime::now() - CLOCKS_APART_MAX + Duration::from_secs(5);
    let body = capture.at(sent).to_string();
    let bytes = integrator.envelope.seal(body.as_bytes(), SystemTime::now())?;
    let first = integrator.deliver("capture", bytes.clone()).await?;
    expect(first.is(200, "SUCCESS"), "the first delivery", &first)?;
    same("the same bytes", &first, &integrator.deliver("capture", bytes.clone()).await?)?;
    let too_old = sent + CLOCKS_APART_MAX + Duration::from_secs(1);
    tokio::time::sleep(too_old.duration_since(SystemTime::now()).unwrap_or_default()).await;
    let late = integrator.deliver("capture", bytes).await?;
    expect(late.is(400, "REQUEST_TIMESTAMP_OUT_OF_RANGE"), "the same bytes later", &late)?;
    all_goes_back(stage, &capture.id, 100).await
}

async fn all_goes_back(stage: &Stage, capture: &str, cents: i64) -> Result<Verdict, Failure> {
    let all = stage.give_back(capture, cents).await?;
    expect(all.is(200, "SUCCESS"), "a refund of all of it", &all)?;
    nothing_is_left(stage, capture).await
}

/// Had the money moved twice, there would be something to give back.
async fn nothing_is_left(stage: &Stage, capture: &str) -> Result<Verdict, Failure> {
    let more = stage.give_back(capture, 1).await?;
    expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent more", &more)?;
    Ok(Verdict::Held)
}
