//! Whoever calls as Google does, in the development mode's bare JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::common::{Answer, JSON, Serving};

pub const ACCOUNT: &str = "InvisiCashUSA_USD";
pub const SALLY: &str = "+15550100001";

/// Milliseconds since 1970, as the wire writes them.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A request with its header.
pub fn request(id: &str, members: Value) -> Value {
    let mut request = members;
    request["requestHeader"] = json!({
        "protocolVersion": {"major": 1, "minor": 0, "revision": 0},
        "requestId": id,
        "requestTimestamp": now().to_string(),
    });
    request
}

pub fn send(serving: &Serving, method: &str, request: &Value) -> Answer {
    serving.post(&format!("/tokenized/v1/{method}"), JSON, &request.to_string())
}

/// The members of a 200 but its header.
pub fn done(serving: &Serving, method: &str, id: &str, members: Value) -> Value {
    let answer = send(serving, method, &request(id, members));
    assert_eq!(answer.status, 200, "{method}: {}", answer.body);
    let mut told = answer.json();
    told.as_object_mut().unwrap().remove("responseHeader").unwrap();
    told
}

/// Status and code of what was refused, in the shape of every error.
pub fn refused(answer: &Answer) -> (u16, String, String) {
    let told = answer.json();
    let at: i64 = told["responseHeader"]["responseTimestamp"].as_str().unwrap().parse().unwrap();
    assert!(now().abs_diff(at) < 60_000, "{told}");
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("errorResponseCode"), text("errorDescription"))
}

/// The one-time password that was sent last.
pub fn password(serving: &Serving, phone: &str) -> String {
    let path = format!("/development/sms?phone={}", phone.replace('+', "%2B"));
    let sent = serving.ask_admin("GET", &path).json();
    let text = sent[0]["text"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    numbers.find(|digits| !digits.is_empty()).unwrap().to_owned()
}

/// Links Sally's account to a token.
pub fn linked(serving: &Serving, token: &str) -> Value {
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": SALLY});
    done(serving, "sendOtp", &format!("otp:{token}"), sent);
    let otp = password(serving, SALLY);
    let members = json!({
        "googlePaymentToken": token,
        "associationId": format!("assoc-{token}"),
        "provideUserInformation": true,
        "otpVerification": {"sendOtpRequestId": format!("otp:{token}"), "otp": otp},
    });
    done(serving, "associateAccount", &format!("assoc:{token}"), members)
}

pub fn capture(token: &str, micros: i64) -> Value {
    json!({
        "paymentIntegratorAccountId": ACCOUNT,
        "googlePaymentToken": token,
        "transactionDescription": "Google - Sky Atlas",
        "currencyCode": "USD",
        "amount": micros.to_string(),
        "captureContext": {},
    })
}

/// What is on an account, as the ledger says it.
pub fn balance(serving: &Serving, account: &str) -> String {
    let answer = crate::common::exchange(
        serving.admin,
        format!(
            "GET /accounts/{account} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             accept: application/json\r\n\r\n"
        ),
    );
    answer.json()["rows"][0]["balance"].as_str().unwrap().to_owned()
}
