//! Links: one token, one user, one account; a proof serves once.

use serde_json::json;

use super::{
    PHONE_OF_A_CLOSED_ACCOUNT, PHONE_WITH_LITTLE, PHONE_WITH_MONEY, Stage, Verdict, expect, same,
    usd,
};
use crate::books::{Kind, Link};
use crate::failure::Failure;
use crate::google::{Proof, association, secret, send_otp};
use crate::wire::{Request, fresh};

pub async fn a_token_that_was_seen_before_is_an_error(stage: &Stage) -> Result<Verdict, Failure> {
    let before = stage.link().await?;
    seen(stage, "googlePaymentToken", &before.token).await
}

pub async fn an_association_that_was_seen_before_is_an_error(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let before = stage.link().await?;
    seen(stage, "associationId", &before.association).await
}

async fn seen(stage: &Stage, member: &str, before: &str) -> Result<Verdict, Failure> {
    let proof = stage.google.prove_by_otp(PHONE_WITH_MONEY).await?;
    let (mut request, _) = association(&proof);
    request.members[member] = json!(before);
    let answer = stage.google.integrator.call("associateAccount", &request).await?;
    expect((400..500).contains(&answer.status), "what another request has taken", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_password_serves_one_request_and_its_repeats(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let google = &stage.google;
    let proof = google.prove_by_otp(PHONE_WITH_MONEY).await?;
    let (request, _) = association(&proof);
    let first = google.integrator.call("associateAccount", &request).await?;
    expect(first.is(200, "SUCCESS"), "the first use", &first)?;
    let again = google.integrator.call("associateAccount", &request).await?;
    same("the same request again", &first, &again)?;
    let (another, _) = association(&proof);
    let used = google.integrator.call("associateAccount", &another).await?;
    expect(used.is(200, "OTP_ALREADY_USED"), "the password again", &used)?;
    Ok(Verdict::Held)
}

pub async fn a_wrong_password_is_told_and_does_not_link(stage: &Stage) -> Result<Verdict, Failure> {
    let google = &stage.google;
    let Proof::Otp { sent, otp } = google.prove_by_otp(PHONE_WITH_MONEY).await? else {
        return Err("a password".into());
    };
    let last = if otp.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{last}", &otp[..otp.len() - 1]);
    let (request, link) = association(&Proof::Otp { sent: sent.clone(), otp: wrong });
    let answer = google.integrator.call("associateAccount", &request).await?;
    expect(answer.is(200, "OTP_NOT_MATCHED"), "a wrong password", &answer)?;
    let unlinked = google.capture(&link.token, &usd(100));
    let answer = google.integrator.call("capture", &unlinked).await?;
    expect(answer.is(404, "INVALID_IDENTIFIER"), "a token that was not linked", &answer)?;
    let (request, _) = association(&Proof::Otp { sent, otp });
    let answer = google.integrator.call("associateAccount", &request).await?;
    expect(answer.is(200, "SUCCESS"), "the right password after a wrong one", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_repeated_send_otp_sends_one_message(stage: &Stage) -> Result<Verdict, Failure> {
    let google = &stage.google;
    let (request, matching) = send_otp(PHONE_WITH_MONEY);
    let first = google.integrator.call("sendOtp", &request).await?;
    expect(first.is(200, "SUCCESS"), "sendOtp", &first)?;
    for _ in 0..2 {
        same("again", &first, &google.integrator.call("sendOtp", &request).await?)?;
    }
    let messages = google.messages(PHONE_WITH_MONEY, &matching).await?;
    if messages.len() != 1 {
        return Err(Failure(format!("{} messages were sent", messages.len())));
    }
    Ok(Verdict::Held)
}

pub async fn a_password_is_verified_alone_and_serves_nothing_else(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let google = &stage.google;
    let proof = google.prove_by_otp(PHONE_WITH_MONEY).await?;
    let Proof::Otp { sent, otp } = &proof else { return Err("a password".into()) };
    let members = json!({"sendOtpRequestId": sent, "otp": otp});
    let verify = Request::new(fresh("verify"), members);
    let first = google.integrator.call("verifyOtp", &verify).await?;
    expect(first.is(200, "SUCCESS"), "verifyOtp", &first)?;
    same("again", &first, &google.integrator.call("verifyOtp", &verify).await?)?;
    let anew = Request { id: fresh("verify"), ..verify };
    let used = google.integrator.call("verifyOtp", &anew).await?;
    expect(used.is(200, "OTP_ALREADY_USED"), "another verifyOtp", &used)?;
    let (request, _) = association(&proof);
    let used = google.integrator.call("associateAccount", &request).await?;
    expect(used.is(200, "OTP_ALREADY_USED"), "associateAccount with it", &used)?;
    Ok(Verdict::Held)
}

pub async fn a_sign_in_that_never_was_proves_nothing(stage: &Stage) -> Result<Verdict, Failure> {
    let (request, link) = association(&Proof::Redirect(fresh("auth")));
    let answer = stage.google.integrator.call("associateAccount", &request).await?;
    let told = answer.is(404, "INVALID_IDENTIFIER") || answer.is(400, "PRECONDITION_VIOLATION");
    expect(told, "a sign-in that nobody has seen", &answer)?;
    let unlinked = stage.google.capture(&link.token, &usd(100));
    let answer = stage.google.integrator.call("capture", &unlinked).await?;
    expect(answer.is(404, "INVALID_IDENTIFIER"), "a token that was not linked", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_proof_of_another_account_pays_nothing(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let theirs = google.prove_by_otp(PHONE_WITH_LITTLE).await?;
    pays_nothing(stage, &challenged(stage, &link, &theirs)).await
}

pub async fn a_password_for_a_new_link_pays_nothing(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let unbound = google.prove_by_otp(PHONE_WITH_MONEY).await?;
    pays_nothing(stage, &challenged(stage, &link, &unbound)).await
}

pub async fn a_password_for_another_link_pays_nothing(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link, other) = (&stage.google, stage.link().await?, stage.link().await?);
    let elsewhere = google.prove_again(&other, PHONE_WITH_MONEY).await?;
    pays_nothing(stage, &challenged(stage, &link, &elsewhere)).await
}

fn challenged(stage: &Stage, link: &Link, proof: &Proof) -> Request {
    let mut capture = stage.google.capture(&link.token, &usd(100));
    let (member, proven) = proof.member();
    capture.members[member] = proven;
    capture
}

async fn pays_nothing(stage: &Stage, capture: &Request) -> Result<Verdict, Failure> {
    let answer = stage.google.pay(Kind::Capture, capture).await?;
    expect(!answer.is(200, "SUCCESS"), "a password that was sent for something else", &answer)?;
    let answer = stage.give_back(&capture.id, 100).await?;
    expect(answer.status == 400 || answer.status == 404, "a refund of nothing", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_challenged_purchase_uses_its_password_up(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let proof = google.prove_again(&link, PHONE_WITH_MONEY).await?;
    let capture = challenged(stage, &link, &proof);
    let first = google.pay(Kind::Capture, &capture).await?;
    expect(first.is(200, "SUCCESS"), "a purchase with a password", &first)?;
    same("again", &first, &google.pay(Kind::Capture, &capture).await?)?;
    let anew = Request { id: fresh("cap"), ..capture.clone() };
    let used = google.pay(Kind::Capture, &anew).await?;
    expect(used.is(200, "OTP_ALREADY_USED"), "another purchase with it", &used)?;
    let all = stage.give_back(&capture.id, 100).await?;
    expect(all.is(200, "SUCCESS"), "a refund", &all)?;
    Ok(Verdict::Held)
}

pub async fn a_refreshed_token_is_the_same_token(stage: &Stage) -> Result<Verdict, Failure> {
    let (google, link) = (&stage.google, stage.link().await?);
    let (member, proven) = google.prove_again(&link, PHONE_WITH_MONEY).await?.member();
    let members = json!({"googlePaymentToken": link.token, member: proven});
    let refresh = Request::new(fresh("refresh"), members);
    let first = google.integrator.call("refreshToken", &refresh).await?;
    expect(first.is(200, "SUCCESS"), "refreshToken", &first)?;
    same("again", &first, &google.integrator.call("refreshToken", &refresh).await?)?;
    let capture = stage.bought(&link, 100).await?;
    let all = stage.give_back(&capture, 100).await?;
    expect(all.is(200, "SUCCESS"), "a refund", &all)?;
    Ok(Verdict::Held)
}

pub async fn an_unknown_token_is_404_and_is_not_repeated(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let token = secret(40);
    let capture = stage.google.capture(&token, &usd(100));
    let answer = stage.google.integrator.call("capture", &capture).await?;
    expect(answer.is(404, "INVALID_IDENTIFIER"), "a token that nobody has", &answer)?;
    if answer.body.to_string().contains(&token) {
        return Err("the token stands in the answer".into());
    }
    Ok(Verdict::Held)
}

pub async fn a_closed_account_is_not_linked(stage: &Stage) -> Result<Verdict, Failure> {
    let (request, _) = send_otp(PHONE_OF_A_CLOSED_ACCOUNT);
    let answer = stage.google.integrator.call("sendOtp", &request).await?;
    let told = answer.status == 200 && answer.result().starts_with("ACCOUNT_CLOSED");
    expect(told, "sendOtp to the phone of a closed account", &answer)?;
    Ok(Verdict::Held)
}

pub async fn two_links_of_one_account_spend_from_it_both(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (one, other) = (stage.link().await?, stage.link().await?);
    if one.account != other.account {
        return Err(Failure(format!("{} and {} are one account", one.account, other.account)));
    }
    for link in [&one, &other] {
        let capture = stage.bought(link, 100).await?;
        let all = stage.give_back(&capture, 100).await?;
        expect(all.is(200, "SUCCESS"), "a refund", &all)?;
    }
    Ok(Verdict::Held)
}
