//! Payments by card: the same question gets the same answer and has one effect, and no more goes
//! back than was taken.

use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use serde_json::json;

use super::{Stage, Verdict, expect, same, usd};
use crate::books::cards::CardKind;
use crate::cards::{APPROVED, method};
use crate::failure::Failure;
use crate::wire::{Request, fresh};

/// The simulated issuer of this card has no money for it.
const WITHOUT_MONEY: &str = "4000005100000000";

/// That of this one cannot be reached.
const NOT_AVAILABLE: &str = "4000001900000001";

/// The first questions about this one are lost.
const AVAILABLE_LATER: &str = "4000011300000006";

/// The simulated issuer of this one holds for two seconds.
const HELD_BRIEFLY: &str = "4000012400000003";

/// Whatever is held for longer is not waited for.
const BRIEFLY: Duration = Duration::from_secs(10);

/// More than are lost.
const TRIES_MAX: usize = 10;

const CENT: i64 = 10_000;

pub async fn a_card_request_is_answered_the_same_again(stage: &Stage) -> Result<Verdict, Failure> {
    let cards = &stage.cards;
    let reserve = cards.reserve(APPROVED, &usd(500));
    let capture = cards.capture(&reserve.id, 500 * CENT);
    let refund = cards.refund(&capture.id, 500 * CENT);
    for (kind, request, result) in [
        (CardKind::Reservation, &reserve, "SUCCESS"),
        (CardKind::Capture, &capture, "ACKNOWLEDGED"),
        (CardKind::Refund, &refund, "ACKNOWLEDGED"),
    ] {
        let first = cards.ask(kind, request).await?;
        expect(first.is(200, result), "the first delivery", &first)?;
        for _ in 0..2 {
            same("a repeat", &first, &cards.ask(kind, request).await?)?;
        }
        stage.concluded(&request.id, "SUCCESS").await?;
        same("a repeat after the result", &first, &cards.ask(kind, request).await?)?;
    }
    // Had anything moved twice, there would be something to give back.
    let more = stage.return_card(&capture.id, 1).await?;
    expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent more", &more)?;
    Ok(Verdict::Held)
}

/// An issuer that would approve by now is not asked again: only a new request is.
pub async fn a_declined_card_request_is_declined_again(stage: &Stage) -> Result<Verdict, Failure> {
    let declined = stage.cards.reserve(WITHOUT_MONEY, &usd(100));
    let first = stage.cards.ask(CardKind::Reservation, &declined).await?;
    expect(first.is(200, "INSUFFICIENT_FUNDS"), "a card without money", &first)?;
    let again = stage.cards.ask(CardKind::Reservation, &declined).await?;
    same("the declined request, repeated", &first, &again)?;
    let capture = stage.cards.capture(&declined.id, 100 * CENT);
    let refused = stage.cards.ask(CardKind::Capture, &capture).await?;
    expect(refused.status == 400, "a capture of what was never held", &refused)?;
    Ok(Verdict::Held)
}

/// A 503 is no answer to keep: whoever repeats it is answered by the network, once it can be.
pub async fn after_a_503_a_card_request_is_looked_at_afresh(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let cards = &stage.cards;
    let failing = cards.buy(NOT_AVAILABLE, &usd(100));
    for _ in 0..2 {
        let failed = cards.ask(CardKind::Payment, &failing).await?;
        expect(failed.status == 503, "an issuer that is not available", &failed)?;
    }
    let buy = cards.buy(AVAILABLE_LATER, &usd(100));
    let mut answer = cards.ask(CardKind::Payment, &buy).await?;
    for _ in 0..TRIES_MAX {
        if answer.status != 503 {
            break;
        }
        answer = cards.ask(CardKind::Payment, &buy).await?;
    }
    expect(answer.is(200, "SUCCESS"), "an acquirer that comes back", &answer)?;
    stage.all_goes_back(&buy.id, 100).await
}

pub async fn the_same_card_request_with_another_amount_is_412(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let cards = &stage.cards;
    let capture = stage.card_bought(200).await?;
    let refund = cards.refund(&capture, 50 * CENT);
    let first = cards.ask(CardKind::Refund, &refund).await?;
    expect(first.is(200, "ACKNOWLEDGED"), "a refund", &first)?;
    let other = Request { id: refund.id.clone(), ..cards.refund(&capture, 51 * CENT) };
    let refused = cards.integrator.call(&method(CardKind::Refund), &other).await?;
    expect(refused.is(412, "IDEMPOTENCY_VIOLATION"), "another amount", &refused)?;
    same("the first one again", &first, &cards.ask(CardKind::Refund, &refund).await?)?;
    stage.concluded(&refund.id, "SUCCESS").await?;
    stage.all_goes_back(&capture, 150).await
}

pub async fn two_equal_card_requests_at_once_have_one_effect(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let buy = stage.cards.buy(APPROVED, &usd(400));
    let at_once = (0..8).map(|_| stage.cards.ask(CardKind::Payment, &buy));
    let answers = join_all(at_once).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let first = answers.iter().find(|answer| answer.is(200, "SUCCESS"));
    let first = first.ok_or("none of them was answered")?;
    for answer in answers.iter().filter(|answer| answer.status != 409) {
        same("one of eight at once", first, answer)?;
    }
    stage.all_goes_back(&buy.id, 400).await
}

pub async fn two_captures_of_one_reservation_are_one(stage: &Stage) -> Result<Verdict, Failure> {
    let cards = &stage.cards;
    let reservation = stage.reserved(300).await?;
    let captures = [300, 299].map(|cents| cards.capture(&reservation, cents * CENT));
    let at_once = captures.iter().map(|capture| cards.ask(CardKind::Capture, capture));
    let answers = join_all(at_once).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let taken = answers.iter().filter(|answer| answer.is(200, "ACKNOWLEDGED")).count();
    let refused = answers.iter().filter(|answer| answer.is(400, "PRECONDITION_VIOLATION")).count();
    if (taken, refused) != (1, 1) {
        return Err(Failure(format!("two captures: {answers:?}")));
    }
    let cancel = cards.ask(CardKind::Cancellation, &cards.cancel(&reservation)).await?;
    expect(cancel.is(400, "PRECONDITION_VIOLATION"), "a cancel after it", &cancel)?;
    Ok(Verdict::Held)
}

pub async fn a_card_request_of_another_time_or_version_is_refused(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (cards, path) = (&stage.cards, method(CardKind::Payment));
    let mut buy = cards.buy(APPROVED, &usd(100));
    // A second more ahead: the way there takes some of it.
    let (behind, ahead) = (Duration::from_secs(61), Duration::from_secs(62));
    for moment in [SystemTime::now() - behind, SystemTime::now() + ahead] {
        let answer = cards.integrator.call_at(&path, &buy, moment).await?;
        expect(answer.is(400, "REQUEST_TIMESTAMP_OUT_OF_RANGE"), "61 s off", &answer)?;
    }
    for major in [0, 2] {
        buy.version = [major, 0, 0];
        let answer = cards.integrator.call(&path, &buy).await?;
        expect(answer.is(400, "INVALID_API_VERSION"), "another major version", &answer)?;
    }
    buy.version = [1, 9, 47];
    buy.members["somethingNew"] = json!({"nobody": ["knows", 1, null, true]});
    let done = cards.ask(CardKind::Payment, &buy).await?;
    expect(done.is(200, "SUCCESS"), "version 1.9.47", &done)?;
    stage.all_goes_back(&buy.id, 100).await
}

pub async fn an_unknown_account_of_the_acquirer_is_404(stage: &Stage) -> Result<Verdict, Failure> {
    let mut buy = stage.cards.buy(APPROVED, &usd(100));
    buy.members["paymentIntegratorAccountId"] = json!("NobodysCard_USD");
    let answer = stage.cards.integrator.call(&method(CardKind::Payment), &buy).await?;
    expect(answer.is(404, "INVALID_IDENTIFIER"), "an account that is nobody's", &answer)?;
    Ok(Verdict::Held)
}

pub async fn partial_refunds_of_a_card_reach_exactly_the_remainder(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let capture = stage.card_bought(1000).await?;
    for (cents, fits) in [(1001, false), (333, true), (333, true), (335, false), (334, true)] {
        let answer = stage.return_card(&capture, cents).await?;
        let (status, code) =
            if fits { (200, "ACKNOWLEDGED") } else { (400, "PRECONDITION_VIOLATION") };
        expect(answer.is(status, code), &format!("a refund of {cents} cents"), &answer)?;
    }
    let more = stage.return_card(&capture, 1).await?;
    expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent more", &more)?;
    Ok(Verdict::Held)
}

pub async fn racing_refunds_of_a_card_never_exceed_the_capture(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let capture = stage.card_bought(1000).await?;
    // Twelve of a dollar and thirty cents each: seven fit.
    let racing = (0..12).map(|_| stage.return_card(&capture, 130));
    let answers = join_all(racing).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let given = answers.iter().filter(|answer| answer.is(200, "ACKNOWLEDGED")).count();
    let known = |status: u16| [200, 400, 409, 503].contains(&status);
    if given > 7 || !answers.iter().all(|answer| known(answer.status)) {
        let told: Vec<String> = answers.iter().map(ToString::to_string).collect();
        return Err(Failure(format!("{given} of 7: {told:?}")));
    }
    let left = 1000 - 130 * i64::try_from(given).unwrap_or(0);
    let more = stage.return_card(&capture, left + 1).await?;
    expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent above what is left", &more)?;
    stage.all_goes_back(&capture, left).await
}

pub async fn what_names_nothing_that_is_known_is_an_error(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (cards, never) = (&stage.cards, fresh("rsv"));
    for (kind, request) in [
        (CardKind::Capture, cards.capture(&never, CENT)),
        (CardKind::Cancellation, cards.cancel(&never)),
        (CardKind::Refund, cards.refund(&never, CENT)),
    ] {
        let answer = cards.ask(kind, &request).await?;
        let known = answer.is(404, "INVALID_IDENTIFIER") || answer.status == 400;
        expect(known, "of what never was", &answer)?;
    }
    let reservation = stage.reserved(100).await?;
    let above = cards.ask(CardKind::Capture, &cards.capture(&reservation, 101 * CENT)).await?;
    expect(above.is(400, "PRECONDITION_VIOLATION"), "above what is held", &above)?;
    let cancel = cards.cancel(&reservation);
    let done = cards.ask(CardKind::Cancellation, &cancel).await?;
    expect(done.is(200, "ACKNOWLEDGED"), "a cancel", &done)?;
    stage.concluded(&cancel.id, "SUCCESS").await?;
    let late = cards.ask(CardKind::Capture, &cards.capture(&reservation, CENT)).await?;
    expect(late.is(400, "PRECONDITION_VIOLATION"), "a capture after it", &late)?;
    Ok(Verdict::Held)
}

pub async fn a_reservation_that_has_lapsed_is_cancelled_all_the_same(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let cards = &stage.cards;
    let reserve = cards.reserve(HELD_BRIEFLY, &usd(100));
    let held = cards.ask(CardKind::Reservation, &reserve).await?;
    expect(held.is(200, "SUCCESS"), "a reservation", &held)?;
    let lapses = held.body["reservationExpirationTimestamp"].as_str();
    let lapses = lapses.and_then(|millis| millis.parse().ok()).map(Duration::from_millis);
    let lapses = SystemTime::UNIX_EPOCH + lapses.ok_or("nobody says when it lapses")?;
    if lapses > SystemTime::now() + BRIEFLY {
        return Ok(Verdict::Skipped("no card is held for a moment only"));
    }
    let lapsed = |_: &Stage| Ok((SystemTime::now() > lapses).then_some(()));
    stage.wait("the end of the hold", BRIEFLY, lapsed).await?;
    let cancel = cards.cancel(&reserve.id);
    let first = cards.ask(CardKind::Cancellation, &cancel).await?;
    expect(first.is(200, "ACKNOWLEDGED"), "its cancel", &first)?;
    stage.concluded(&cancel.id, "SUCCESS").await?;
    same("its cancel again", &first, &cards.ask(CardKind::Cancellation, &cancel).await?)?;
    Ok(Verdict::Held)
}
