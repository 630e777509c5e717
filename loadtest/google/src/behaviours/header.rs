//! The header and the body's shape: what is refused before it is anybody's money.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Stage, Verdict, expect, same, usd};
use crate::books::Kind;
use crate::failure::Failure;
use crate::google::send_otp;
use crate::limits::BODY_BYTES_MAX;
use crate::wire::{Request, fresh};

fn echo() -> Request {
    Request::new(fresh("echo"), json!({"clientMessage": "a check"}))
}

pub async fn a_time_stamp_61_s_off_is_refused_both_ways(stage: &Stage) -> Result<Verdict, Failure> {
    // A second more ahead: the way there takes some of it.
    let (behind, ahead) = (Duration::from_secs(61), Duration::from_secs(62));
    for moment in [SystemTime::now() - behind, SystemTime::now() + ahead] {
        let answer = stage.google.integrator.call_at("echo", &echo(), moment).await?;
        expect(answer.is(400, "REQUEST_TIMESTAMP_OUT_OF_RANGE"), "61 s off", &answer)?;
    }
    Ok(Verdict::Held)
}

pub async fn a_time_stamp_50_s_off_is_accepted_both_ways(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let off = Duration::from_secs(50);
    for moment in [SystemTime::now() - off, SystemTime::now() + off] {
        let answer = stage.google.integrator.call_at("echo", &echo(), moment).await?;
        expect(answer.status == 200, "50 s off", &answer)?;
    }
    Ok(Verdict::Held)
}

pub async fn minor_versions_and_unknown_members_are_accepted(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    let mut capture = stage.google.capture(&link.token, &usd(100));
    capture.version = [1, 9, 47];
    capture.members["captureContext"] = json!({"transactionInitiator": "CUSTOMER", "ip": "::1"});
    capture.members["somethingNew"] = json!({"nobody": ["knows", 1, null, true]});
    let answer = stage.google.pay(Kind::Capture, &capture).await?;
    expect(answer.is(200, "SUCCESS"), "version 1.9.47", &answer)?;
    // Which minor version it is may change between two deliveries.
    capture.version = [1, 10, 0];
    let again = stage.google.pay(Kind::Capture, &capture).await?;
    same("the same as version 1.10.0", &answer, &again)?;
    let all = stage.give_back(&capture.id, 100).await?;
    expect(all.is(200, "SUCCESS"), "a refund", &all)?;
    Ok(Verdict::Held)
}

pub async fn another_major_version_is_refused(stage: &Stage) -> Result<Verdict, Failure> {
    for major in [0, 2] {
        let request = Request { version: [major, 0, 0], ..echo() };
        let answer = stage.google.integrator.call("echo", &request).await?;
        expect(answer.is(400, "INVALID_API_VERSION"), "another major version", &answer)?;
    }
    Ok(Verdict::Held)
}

pub async fn an_unknown_account_of_the_integrator_is_404(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    let mut capture = stage.google.capture(&link.token, &usd(100));
    capture.members["paymentIntegratorAccountId"] = json!("NobodysPay_USD");
    let answer = stage.google.integrator.call("capture", &capture).await?;
    expect(answer.is(404, "INVALID_IDENTIFIER"), "an account that is nobody's", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_missing_field_and_an_unusable_one_are_named(
    stage: &Stage,
) -> Result<Verdict, Failure> {
    let (whole, _) = send_otp(super::PHONE_WITH_MONEY);
    let with = |member: &str, value: Value| {
        let mut request = Request { id: fresh("otp"), ..whole.clone() };
        request.members[member] = value;
        request
    };
    let mut nobody = whole.clone();
    nobody.members.as_object_mut().ok_or("an object")?.remove("accountPhoneNumber");
    let spaces = Request { id: "spaces are not allowed".to_owned(), ..whole.clone() };
    for (what, request, code) in [
        ("nobody to send it to", nobody, "MISSING_REQUIRED_FIELD"),
        ("two to send it to", with("associationId", json!("assoc-1")), "INVALID_FIELD_VALUE"),
        ("no E.164", with("accountPhoneNumber", json!("0123 / 45")), "INVALID_FIELD_VALUE"),
        (
            "33 letters to match",
            with("smsMatchingToken", json!("x".repeat(33))),
            "INVALID_FIELD_VALUE",
        ),
        ("a requestId with spaces", spaces, "INVALID_FIELD_VALUE"),
    ] {
        let answer = stage.google.integrator.call("sendOtp", &request).await?;
        expect(answer.is(400, code), what, &answer)?;
    }
    Ok(Verdict::Held)
}

pub async fn what_is_no_json_is_refused(stage: &Stage) -> Result<Verdict, Failure> {
    let integrator = &stage.google.integrator;
    for text in ["", "{", "[]", "null", "\"requestHeader\"", "{\"requestHeader\": 1}"] {
        let sealed = integrator.envelope.seal(text.as_bytes(), SystemTime::now())?;
        let (status, bytes) = integrator.post(&integrator.url("echo"), sealed).await?;
        let opened = integrator.envelope.open(&bytes, SystemTime::now());
        let opened = opened.map_err(|why| Failure(format!("the answer to {text:?}: {why}")))?;
        let body: Value = serde_json::from_slice(&opened.json)?;
        let codes = ["INVALID_DECRYPTED_REQUEST", "MISSING_REQUIRED_FIELD", "INVALID_FIELD_VALUE"];
        let told = body["errorResponseCode"].as_str().unwrap_or_default();
        if status != 400 || !codes.contains(&told) {
            return Err(Failure(format!("{text:?}: {status} {body}")));
        }
    }
    Ok(Verdict::Held)
}

pub async fn a_body_over_the_limit_is_refused(stage: &Stage) -> Result<Verdict, Failure> {
    let link = stage.link().await?;
    let mut capture = stage.google.capture(&link.token, &usd(100));
    capture.members["captureContext"] = json!({"padding": "x".repeat(BODY_BYTES_MAX)});
    let body = capture.at(SystemTime::now()).to_string().into_bytes();
    // So long a body is not sealed by anybody.
    let answer = stage.google.integrator.deliver("capture", body).await?;
    expect(answer.status == 413, "two million bytes", &answer)?;
    stage.nothing_was_captured(&capture).await?;
    Ok(Verdict::Held)
}
