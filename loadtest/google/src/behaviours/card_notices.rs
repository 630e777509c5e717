//! What the acquirer tells of its own accord: until it is heard, and always the same.

use super::{HEARD_WITHIN, Stage, Verdict, expect, one_notice, same};
use crate::books::cards::CardKind;
use crate::failure::Failure;
use crate::host::{Delivery, Refusing};

const METHOD: &str = "captureFundsReservationResultNotification";

const CENT: i64 = 10_000;

pub async fn a_capture_of_a_reservation_is_repeated_until_it_is_heard(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let refusing = [Refusing::Coded(500, ""), Refusing::Generic(503), Refusing::Generic(500)];
    stage.host.script().refuse(METHOD, &refusing);
    let capture = captured(stage).await?;
    let tries = of(stage, &capture);
    if tries.len() != refusing.len() + 1 {
        return Err(Failure(format!("{} tries, and the last was heard: {tries:?}", tries.len())));
    }
    one_notice(&tries, "captureFundsReservationResult")?;
    stage.all_goes_back(&capture, 100).await
}

/// The result may be here before the acknowledgement, which then is what it was all the same.
pub async fn a_card_acknowledgement_is_the_same_after_the_result(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let reservation = stage.reserved(100).await?;
    let request = stage.cards.capture(&reservation, 100 * CENT);
    let first = stage.cards.ask(CardKind::Capture, &request).await?;
    stage.concluded(&request.id, "SUCCESS").await?;
    same("again", &first, &stage.cards.ask(CardKind::Capture, &request).await?)?;
    stage.all_goes_back(&request.id, 100).await
}

/// As if Google did not know the integrator, or its key, for a while.
pub async fn a_bare_404_to_a_card_notice_stops_nothing(stage: &Stage) -> Result<Verdict, Failure> {
    stage.host.script().refuse(METHOD, &[Refusing::Generic(404)]);
    let reservation = stage.reserved(100).await?;
    let request = stage.cards.capture(&reservation, 100 * CENT);
    stage.cards.ask(CardKind::Capture, &request).await?;
    let tried = |stage: &Stage| Ok((!of(stage, &request.id).is_empty()).then_some(()));
    stage.wait("a try that is refused", HEARD_WITHIN, tried).await?;
    let answer = stage.cards.echo("are you still there?").await?;
    expect(answer.status == 200, "an echo after a bare 404", &answer)?;
    // It is tried again slowly, for somebody has to mend something: how slowly is their business.
    Ok(Verdict::Held)
}

pub async fn an_acquirer_reference_number_follows_what_has_moved(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let capture = captured(stage).await?;
    let refund = stage.cards.refund(&capture, 100 * CENT);
    let answer = stage.cards.ask(CardKind::Refund, &refund).await?;
    expect(answer.is(200, "ACKNOWLEDGED"), "asynchronousRefund", &answer)?;
    for request in [&capture, &refund.id] {
        let numbered = |stage: &Stage| {
            let asked = stage.cards.find(request)?;
            Ok(asked.and_then(|asked| asked.reference))
        };
        stage.wait("an acquirer reference number", HEARD_WITHIN, numbered).await?;
    }
    Ok(Verdict::Held)
}

pub async fn a_verified_card_is_let_go_of(stage: &Stage) -> Result<Verdict, Failure> {
    let verify = stage.cards.verify(crate::cards::APPROVED);
    let good = stage.cards.ask(CardKind::Verification, &verify).await?;
    expect(good.is(200, "SUCCESS"), "verifyCardWithMinimumReservation", &good)?;
    let cancel = stage.cards.cancel(&verify.id);
    let answer = stage.cards.ask(CardKind::Cancellation, &cancel).await?;
    expect(answer.is(200, "ACKNOWLEDGED"), "its cancel", &answer)?;
    stage.concluded(&cancel.id, "SUCCESS").await?;
    Ok(Verdict::Held)
}

/// A capture that was told of.
async fn captured(stage: &Stage) -> Result<String, Failure> {
    let reservation = stage.reserved(100).await?;
    let request = stage.cards.capture(&reservation, 100 * CENT);
    let answer = stage.cards.ask(CardKind::Capture, &request).await?;
    expect(answer.is(200, "ACKNOWLEDGED"), "the capture", &answer)?;
    stage.concluded(&request.id, "SUCCESS").await?;
    Ok(request.id)
}

fn of(stage: &Stage, capture: &str) -> Vec<Delivery> {
    let script = stage.host.script();
    let is_of = |it: &&Delivery| it.body["captureFundsReservationRequestId"] == capture;
    script.deliveries(METHOD).filter(is_of).cloned().collect()
}
