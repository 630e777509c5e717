//! What the integrator tells of its own accord: until it is heard, and always the same.

use std::time::Duration;

use super::{HEARD_WITHIN, Stage, Verdict, expect, one_notice, same, usd};
use crate::books::Kind;
use crate::failure::Failure;
use crate::host::{Delivery, Refusing};

const METHOD: &str = "captureResultNotification";

/// Long enough for a second notice, were there one.
const QUIET: Duration = Duration::from_secs(2);

pub async fn a_later_capture_is_told_once(stage: &Stage) -> Result<Verdict, Failure> {
    let capture = later(stage).await?;
    heard(stage, &capture, 1).await?;
    tokio::time::sleep(QUIET).await;
    let tries = of(stage, &capture).len();
    if tries != 1 {
        return Err(Failure(format!("it was heard the first time, and told {tries} times")));
    }
    give_back(stage, &capture).await
}

pub async fn a_notice_is_repeated_until_it_is_heard(stage: &Stage) -> Result<Verdict, Failure> {
    let refusing = [Refusing::Coded(500, ""), Refusing::Generic(503), Refusing::Generic(500)];
    stage.host.script().refuse(METHOD, &refusing);
    let capture = later(stage).await?;
    let tries = heard(stage, &capture, refusing.len() + 1).await?;
    one_notice(&tries, "captureResult")?;
    give_back(stage, &capture).await
}

/// As if Google did not know the integrator, or its key, for a while.
pub async fn a_generic_error_of_google_stops_nothing(stage: &Stage) -> Result<Verdict, Failure> {
    stage.host.script().refuse(METHOD, &[Refusing::Generic(404)]);
    let capture = later(stage).await?;
    let tried = |stage: &Stage| Ok((!of(stage, &capture).is_empty()).then_some(()));
    stage.wait("a try that is refused", HEARD_WITHIN, tried).await?;
    let answer = stage.google.echo("are you still there?").await?;
    expect(answer.status == 200, "an echo after a bare 404", &answer)?;
    // It is tried again slowly, for somebody has to mend something: how slowly is their business.
    Ok(Verdict::Held)
}

/// The result may be here before the acknowledgement, which then is what it was all the same.
pub async fn an_acknowledgement_is_the_same_after_the_result(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    let request = stage.google.capture_later(&link.token, &usd(100));
    let acknowledged = stage.google.pay(Kind::AsynchronousCapture, &request).await?;
    expect(acknowledged.is(200, "ACKNOWLEDGED"), "asynchronousCapture", &acknowledged)?;
    heard(stage, &request.id, 1).await?;
    let again = stage.google.pay(Kind::AsynchronousCapture, &request).await?;
    same("the acknowledgement again", &acknowledged, &again)?;
    give_back(stage, &request.id).await
}

async fn later(stage: &Stage) -> Result<String, Failure> {
    let link = stage.link().await?;
    let request = stage.google.capture_later(&link.token, &usd(100));
    let answer = stage.google.pay(Kind::AsynchronousCapture, &request).await?;
    expect(answer.is(200, "ACKNOWLEDGED"), "asynchronousCapture", &answer)?;
    Ok(request.id)
}

/// The tries, once as many as that were made and the last was heard.
async fn heard(stage: &Stage, capture: &str, count: usize) -> Result<Vec<Delivery>, Failure> {
    let what = format!("a result of {capture} that is heard");
    let done = |stage: &Stage| {
        let tries = of(stage, capture);
        Ok(tries.last().is_some_and(|last| last.status == 200).then_some(tries))
    };
    let tries = stage.wait(&what, HEARD_WITHIN, done).await?;
    if tries.len() != count {
        let told: Vec<_> = tries.iter().map(|it| (it.status, it.body.to_string())).collect();
        return Err(Failure(format!("{what} at try {count}: {told:?}")));
    }
    Ok(tries)
}

fn of(stage: &Stage, capture: &str) -> Vec<Delivery> {
    let script = stage.host.script();
    let tries = script.deliveries(METHOD).filter(|it| it.body["captureRequestId"] == capture);
    tries.cloned().collect()
}

async fn give_back(stage: &Stage, capture: &str) -> Result<Verdict, Failure> {
    let all = stage.give_back(capture, 100).await?;
    expect(all.is(200, "SUCCESS"), "a refund of what was told to be captured", &all)?;
    Ok(Verdict::Held)
}
