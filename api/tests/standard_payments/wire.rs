//! The exchanges, member by member, and the order in which a request is looked at.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use super::google::{
    ACCOUNT, SALLY, balance, capture, done, linked, now, password, refused, request, send,
};
use crate::common::{JSON, Serving, until};

/// The names of the members, sorted.
fn members(told: &Value) -> Vec<&str> {
    told.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_method_answers_with_the_members_of_its_page() {
    let serving = Serving::with("");
    let told = done(&serving, "echo", "e", json!({"clientMessage": "is it you? ü"}));
    assert_eq!(members(&told), ["clientMessage", "serverMessage"]);
    assert_eq!(told["clientMessage"], "is it you? ü");

    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "otpContext": {"association": {}},
        "accountPhoneNumber": SALLY});
    let told = done(&serving, "sendOtp", "o", sent);
    assert_eq!(members(&told), ["paymentIntegratorSendOtpId", "result"]);
    let otp = password(&serving, SALLY);
    let told = done(&serving, "verifyOtp", "v", json!({"sendOtpRequestId": "o", "otp": otp}));
    assert_eq!(members(&told), ["paymentIntegratorVerifyOtpId", "result"]);
    assert_eq!(told["result"], "SUCCESS");

    let told = linked(&serving, "token");
    let all = [
        "accountId",
        "accountNickname",
        "paymentIntegratorAssociateAccountId",
        "result",
        "tokenExpirationTime",
        "userInformation",
    ];
    assert_eq!(members(&told), all);
    assert_eq!(told["accountId"], "acct-sally");
    let year = 365 * 24 * 60 * 60 * 1000;
    assert!(told["tokenExpirationTime"].as_str().unwrap().parse::<i64>().unwrap() > now() + year);
    let user = [
        "addressLine",
        "administrativeAreaName",
        "countryCode",
        "localityName",
        "name",
        "postalCodeNumber",
    ];
    assert_eq!(members(&told["userInformation"]), user);

    let told = done(&serving, "capture", "c", capture("token", 12_000_000));
    assert_eq!(members(&told), ["paymentIntegratorTransactionId", "result"]);
    let told = done(&serving, "capture", "poor", capture("token", 600_000_000));
    assert_eq!(told["result"], "INSUFFICIENT_FUNDS");
    assert_eq!(told["currentBalance"], "488000000");
    let refund = json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": "c",
        "currencyCode": "USD", "refundAmount": "5500000"});
    let told = done(&serving, "refund", "r", refund);
    assert_eq!(members(&told), ["paymentIntegratorRefundId", "result"]);

    let mut later = capture("token", 1_000_000);
    later["tokenizedInstrumentDetails"] = json!({"googlePaymentToken": "token"});
    let later = without(later, &["googlePaymentToken", "captureContext"]);
    let told = done(&serving, "asynchronousCapture", "l", later);
    assert_eq!(members(&told), ["paymentIntegratorTransactionId", "result"]);
    assert_eq!(told["result"], "ACKNOWLEDGED");
    let reward = without(capture("token", 3_000_000), &["captureContext"]);
    let told = done(&serving, "disburseFunds", "d", reward);
    assert_eq!(members(&told), ["paymentIntegratorDisburseFundsId", "result"]);

    let told = done(&serving, "remittanceStatementNotification", "s", statement());
    assert_eq!(members(&told), ["paymentIntegratorStatementId", "result"]);
    assert_eq!(told["result"], "ACCEPTED");
}

fn without(mut members: Value, names: &[&str]) -> Value {
    names.iter().for_each(|name| drop(members.as_object_mut().unwrap().remove(*name)));
    members
}

fn statement() -> Value {
    json!({"paymentIntegratorAccountId": ACCOUNT, "remittanceStatementSummary": {
        "statementDate": "1758069000000",
        "billingPeriod": {"startDate": "1757887200000", "endDate": "1757973599000"},
        "dateDue": "1758751200000", "currencyCode": "USD", "totalDueByIntegrator": "41050000",
        "remittanceInstructions": {"memoLineId": "M-1"},
    }})
}

#[test]
fn what_the_documents_leave_open_is_as_configured() {
    let serving = Serving::with(
        "[tokenized]\ndevelopment = true\notp_digits = 8\notp_tries_max = 1\n\
         unknown_capture_status = 400\n",
    );
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": SALLY});
    done(&serving, "sendOtp", "o", sent);
    let otp = password(&serving, SALLY);
    assert_eq!(otp.len(), 8);
    let verified = |id: &str, otp: &str| {
        let members = json!({"sendOtpRequestId": "o", "otp": otp});
        done(&serving, "verifyOtp", id, members)["result"].clone()
    };
    let wrong = if otp.starts_with('0') { "10000000" } else { "00000000" };
    assert_eq!(verified("v1", wrong), "OTP_NOT_MATCHED");
    assert_eq!(verified("v2", &otp), "OTP_NOT_MATCHED", "its one try was wrong");

    let refund = json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": "never",
        "currencyCode": "USD", "refundAmount": "5500000"});
    let answer = send(&serving, "refund", &request("r", refund.clone()));
    let (status, code, _) = refused(&answer);
    assert_eq!((status, &*code), (400, "INVALID_IDENTIFIER"));
    let as_documented = Serving::with("");
    let answer = send(&as_documented, "refund", &request("r", refund));
    assert_eq!(answer.status, 404);
}

#[test]
fn a_description_may_be_of_any_length_and_of_many_lines() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let mut long = capture("token", 1_000_000);
    long["transactionDescription"] = json!("ข้าว\n".repeat(200));
    let first = done(&serving, "capture", "c", long.clone());
    assert_eq!(first["result"], "SUCCESS");
    long["transactionDescription"] = json!("ข้าว\n".repeat(201));
    let answer = send(&serving, "capture", &request("c", long));
    assert_eq!(answer.status, 412, "another end of it is another request");
}

#[test]
fn what_takes_longer_than_the_deadline_is_503_and_is_done_all_the_same() {
    let sms = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", sms.local_addr().unwrap());
    let serving = Serving::with(&format!(
        "[tokenized]\ndevelopment = true\ndeadline = \"50ms\"\n[sms]\nurl = \"{url}\"\n"
    ));
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": SALLY});
    let asked = || send(&serving, "sendOtp", &request("o", sent.clone()));
    let answer = asked();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    let (_, code, told) = refused(&answer);
    assert_eq!((&*code, told.contains("send it again")), ("", true), "{told}");

    let (mut message, _) = sms.accept().unwrap();
    let mut text = [0; 1024];
    assert!(message.read(&mut text).unwrap() > 0);
    message.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    // Google asks again, under the same id with another time stamp.
    until(|| asked().status == 200);
    assert_eq!(asked().json()["result"], "SUCCESS");
    sms.set_nonblocking(true).unwrap();
    assert!(sms.accept().is_err(), "one message, however often it was asked for");
}

#[test]
fn whoever_asks_for_no_information_gets_none() {
    let serving = Serving::with("");
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": SALLY});
    done(&serving, "sendOtp", "o", sent);
    let members = json!({"googlePaymentToken": "t", "associationId": "a",
        "provideUserInformation": false,
        "otpVerification": {"sendOtpRequestId": "o", "otp": password(&serving, SALLY)}});
    let told = done(&serving, "associateAccount", "a", members);
    assert_eq!((&told["result"], told.get("userInformation")), (&json!("SUCCESS"), None));
}

#[test]
fn a_message_has_the_matching_token_on_a_line_of_its_own() {
    let serving = Serving::with("");
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": SALLY});
    done(&serving, "sendOtp", "o", sent);
    let messages = serving.ask_admin("GET", "/development/sms?phone=%2B15550100001").json();
    assert_eq!(messages[0]["text"].as_str().unwrap().lines().last(), Some("Qm4tZ8kLp0w"));
}

#[test]
fn the_first_thing_that_is_wrong_is_what_is_told() {
    let serving = Serving::with("");
    linked(&serving, "token");
    done(&serving, "capture", "c", capture("token", 1_000_000));
    // Everything is wrong with it; from one line to the next one thing less.
    let mut wrong = request("c", without(capture("token", 2_000_000), &["amount"]));
    wrong["requestHeader"]["protocolVersion"]["major"] = json!(2);
    wrong["requestHeader"]["requestTimestamp"] = json!("1");
    wrong["paymentIntegratorAccountId"] = json!("Other");
    let asked = |request: &Value| refused(&send(&serving, "capture", request));
    assert_eq!(serving.post("/tokenized/v1/capture", JSON, "{").status, 400);
    assert_eq!(asked(&wrong).1, "INVALID_API_VERSION");
    wrong["requestHeader"]["protocolVersion"]["major"] = json!(1);
    assert_eq!(asked(&wrong).1, "REQUEST_TIMESTAMP_OUT_OF_RANGE");
    wrong["requestHeader"]["requestTimestamp"] = json!(now().to_string());
    assert_eq!(asked(&wrong).1, "INVALID_IDENTIFIER");
    wrong["paymentIntegratorAccountId"] = json!(ACCOUNT);
    assert_eq!(asked(&wrong).1, "IDEMPOTENCY_VIOLATION");
    wrong["requestHeader"]["requestId"] = json!("other");
    assert_eq!(asked(&wrong), (400, "MISSING_REQUIRED_FIELD".into(), "amount is missing".into()));
}

#[test]
fn a_repeat_that_writes_its_values_in_another_way_gets_the_first_answer() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let first = done(&serving, "capture", "c", capture("token", 1_000_000));
    let mut again = request("c", capture("token", 1_000_000));
    again["amount"] = json!(1_000_000);
    again["captureContext"]["nothing"] = json!(null);
    again["requestHeader"]["protocolVersion"]["major"] = json!("1");
    let mut told = send(&serving, "capture", &again).json();
    told.as_object_mut().unwrap().remove("responseHeader").unwrap();
    assert_eq!(told, first);
    again["amount"] = json!(1_000_000.0);
    assert_eq!(send(&serving, "capture", &again).status, 412, "what is no whole number is another");
}

#[test]
fn one_id_of_a_capture_and_of_a_later_one_names_one_payment_for_refunds() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let at_once = capture("token", 1_000_000);
    let mut later = without(at_once.clone(), &["googlePaymentToken", "captureContext"]);
    later["tokenizedInstrumentDetails"] = json!({"googlePaymentToken": "token"});
    let (at_once, later) = (("capture", at_once), ("asynchronousCapture", later));
    for (id, [first, second]) in [("a", [&at_once, &later]), ("b", [&later, &at_once])] {
        done(&serving, first.0, id, first.1.clone());
        let answer = send(&serving, second.0, &request(id, second.1.clone()));
        let (status, code, _) = refused(&answer);
        assert_eq!((status, &*code), (412, "IDEMPOTENCY_VIOLATION"), "{} after {id}", second.0);
    }
    until(|| balance(&serving, "acct-sally") == "498.00");
    // Money that goes to the customer is never named by a refund.
    let reward = without(at_once.1, &["captureContext"]);
    assert_eq!(done(&serving, "disburseFunds", "a", reward)["result"], "SUCCESS");
}

#[test]
fn another_path_method_or_size_is_refused_in_this_wires_shape() {
    let serving = Serving::with("[server]\nbody_bytes_max = 2048\n");
    let unknown = serving.post("/tokenized/v1/transferFunds", JSON, "{}");
    assert_eq!(refused(&unknown).0, 404);
    let read = serving.get("/tokenized/v1/capture");
    assert_eq!((refused(&read).0, read.header("allow")), (405, Some("post")));
    let large = serving.post("/tokenized/v1/capture", JSON, &" ".repeat(4096));
    assert_eq!(refused(&large).0, 413);
    assert_eq!(serving.get("/tokenized").status, 404);
}

#[test]
fn an_answer_is_kept_by_nobody_on_its_way() {
    let serving = Serving::with("");
    let answer = send(&serving, "echo", &request("e", json!({})));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

/// The published bodies, as far as they are at hand. All that may be wrong with them is that the
/// things they name are not here.
#[test]
fn the_protocols_own_examples_are_read() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/protocol/standard-payments-examples/tokenized");
    let Ok(entries) = fs::read_dir(&examples) else {
        eprintln!("skipped: the protocol's examples are not here");
        return;
    };
    let config = "[tokenized]\naccounts = [\"LarkPayEU_EUR\", \"LarkPayIN_INR\"]\n";
    let serving = Serving::with(config);
    let mut read = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(method) = name.strip_suffix(".request.json") else { continue };
        let mut example: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        example["requestHeader"]["requestTimestamp"] = json!(now().to_string());
        let answer = send(&serving, method, &example);
        let (status, code, what) = match answer.status {
            200 => (200, String::new(), String::new()),
            _ => refused(&answer),
        };
        let known = status == 200 || code == "INVALID_IDENTIFIER";
        assert!(known, "{method}: {status} {code} {what}");
        read += 1;
    }
    assert!(read >= 9, "{read} examples");
}
