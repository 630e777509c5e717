//! The exchanges, member by member.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::google::{
    ACCOUNT, APPROVES, Google, cancel, capture, captured, defence, done, fails, operate, payment,
    refund, send, verification,
};
use crate::common::{JSON, Serving, until};
use crate::standard_payments::google::{now, refused, request};

/// The names of the members, sorted.
fn members(told: &Value) -> Vec<&str> {
    told.as_object().unwrap().keys().map(String::as_str).collect()
}

const VERDICTS: [&str; 6] = [
    "additionalTransactionProcessingResult",
    "addressVerificationResult",
    "cardMetadata",
    "cardNetworkResult",
    "cvnResult",
    "result",
];

#[test]
fn every_method_answers_with_the_members_of_its_page() {
    let serving = Serving::with("");
    let told = done(&serving, "echo", "e", json!({"clientMessage": "ring B"}));
    assert_eq!(members(&told), ["clientMessage", "serverMessage"]);

    let told = done(&serving, "reserveFunds", "r", payment(APPROVES, 24_990_000));
    let more = ["paymentIntegratorFundsReservationId", "reservationExpirationTimestamp"];
    assert_eq!(members(&told).len(), VERDICTS.len() + more.len(), "{told}");
    assert!(VERDICTS.iter().chain(&more).all(|name| told.get(*name).is_some()), "{told}");
    assert_eq!(told["result"], "SUCCESS");
    let day = 24 * 60 * 60 * 1000;
    let expires: i64 = told["reservationExpirationTimestamp"].as_str().unwrap().parse().unwrap();
    assert!((now() + 6 * day..now() + 8 * day).contains(&expires));

    let reserved = told["paymentIntegratorFundsReservationId"].clone();
    let told = done(&serving, "asynchronousCaptureFundsReservation", "c", capture("r", 21_990_000));
    assert_eq!(members(&told), ["paymentIntegratorCaptureId", "result"]);
    assert_ne!(told["paymentIntegratorCaptureId"], reserved, "each has its own");
    assert_eq!(told["result"], "ACKNOWLEDGED");

    done(&serving, "reserveFunds", "r2", payment(APPROVES, 5_000_000));
    let told = done(&serving, "asynchronousCancelFundsReservation", "x", cancel("r2"));
    assert_eq!(told, json!({"result": "ACKNOWLEDGED"}));

    let told = done(&serving, "capture", "one", payment(APPROVES, 40_000_000));
    assert_eq!(members(&told), VERDICTS);
    let told = done(&serving, "asynchronousRefund", "f", refund("one", 7_330_000));
    assert_eq!(told, json!({"result": "ACKNOWLEDGED"}));

    let told = done(&serving, "verifyCardWithMinimumReservation", "v", verification(APPROVES));
    assert_eq!(
        (&told["fundsTransferFlow"], &told["reserveCaptureFlow"]),
        (&json!("SUPPORTED"), &json!("SUPPORTED"))
    );
    let told = done(&serving, "asynchronousCancelFundsReservation", "vx", cancel("v"));
    assert_eq!(told, json!({"result": "ACKNOWLEDGED"}));
}

#[test]
fn a_method_is_at_its_short_path_and_at_the_one_that_google_prints() {
    let serving = Serving::with("");
    let whole = "payment-integrator-card-fop-api/capture";
    done(&serving, whole, "c", payment(APPROVES, 1_000_000));
    let again = done(&serving, "capture", "c", payment(APPROVES, 1_000_000));
    assert_eq!(again["result"], "SUCCESS");
    let (status, ..) = fails(&serving, "payment-integrator-dispute-api/capture", "c", json!({}));
    assert_eq!(status, 404);
    let get = serving.get("/card/v1/capture");
    assert_eq!((get.status, get.header("allow")), (405, Some("post")));
}

#[test]
fn a_repeat_gets_its_first_answer_and_a_decline_is_one() {
    let serving = Serving::with("");
    let declined = payment("4000005100000000", 1_000_000);
    for (id, body, result) in
        [("a", payment(APPROVES, 1_000_000), "SUCCESS"), ("d", declined, "INSUFFICIENT_FUNDS")]
    {
        let first = done(&serving, "reserveFunds", id, body.clone());
        assert_eq!(first["result"], result);
        assert_eq!(done(&serving, "reserveFunds", id, body), first);
    }
    let serving = serving.again();
    let again = done(&serving, "reserveFunds", "a", payment(APPROVES, 1_000_000));
    assert_eq!(again["result"], "SUCCESS");
}

#[test]
fn another_number_or_code_under_the_same_id_is_another_request() {
    let serving = Serving::with("");
    let first = payment(APPROVES, 1_000_000);
    done(&serving, "reserveFunds", "r", first.clone());
    for (member, value) in
        [("accountNumber", "4000000000000002"), ("cvn", "123"), ("nameOnCard", "Somebody Else")]
    {
        let mut other = first.clone();
        other["accountDetails"]["card"][member] = json!(value);
        let (status, code, _) = fails(&serving, "reserveFunds", "r", other);
        assert_eq!((status, code.as_str()), (412, "IDEMPOTENCY_VIOLATION"), "{member}");
    }
}

#[test]
fn a_request_that_brings_no_card_may_have_any_name_even_one_that_could_be_a_cards() {
    let serving = Serving::with("");
    done(&serving, "reserveFunds", "r", payment(APPROVES, 5_000_000));
    done(&serving, "asynchronousCancelFundsReservation", "5173179600608139", cancel("r"));
}

#[test]
fn what_nobody_has_decided_is_an_error_and_may_be_asked_again() {
    let serving = Serving::with("");
    for (number, status) in
        [("4000001900000001", 503), ("4000009600000007", 500), ("4000000300000009", 400)]
    {
        for _ in 0..2 {
            let id = format!("rsv:{status}");
            let answer = send(&serving, "reserveFunds", &request(&id, payment(number, 1_000_000)));
            assert_eq!(answer.status, status, "{}", answer.body);
        }
    }
    let (_, code, what) = fails(&serving, "capture", "m", payment("4000000300000009", 1_000_000));
    assert_eq!(code, "PRECONDITION_VIOLATION");
    assert!(what.contains("paymentIntegratorAccountId"), "{what}");
}

#[test]
fn google_is_told_of_everything_at_its_own_paths() {
    let google = Google::listen();
    let serving = Serving::with(&google.config());
    captured(&serving, "rsv:1", "cap:1", 20_000_000);
    let (path, body) = google.awaited("captureFundsReservationResultNotification");
    let method = "captureFundsReservationResultNotification";
    assert_eq!(path, format!("/gsp/v1/payment-integrator-card-fop-api/{method}/{ACCOUNT}"));
    assert_eq!(body["captureFundsReservationRequestId"], "cap:1");
    assert_eq!(body["paymentIntegratorAccountId"], ACCOUNT);
    assert_eq!(body["captureFundsReservationResult"], "SUCCESS");
    let (path, body) = google.awaited("setAcquirerReferenceNumberForCaptureNotification");
    let method = "setAcquirerReferenceNumberForCaptureNotification";
    assert_eq!(path, format!("/gsp/google-card-fop-api/v1/{method}/{ACCOUNT}"));
    assert_eq!(body["acquirerReferenceNumber"].as_str().unwrap().len(), 23);

    done(&serving, "reserveFunds", "rsv:2", payment(APPROVES, 1_000_000));
    done(&serving, "asynchronousCancelFundsReservation", "can:2", cancel("rsv:2"));
    let (_, body) = google.awaited("cancelFundsReservationResultNotification");
    assert_eq!(body["cancelFundsReservationRequestId"], "can:2");

    done(&serving, "asynchronousRefund", "ref:1", refund("cap:1", 5_000_000));
    let (_, body) = google.awaited("refundResultNotification");
    assert_eq!(
        (&body["refundRequestId"], &body["refundResult"]),
        (&json!("ref:1"), &json!("SUCCESS"))
    );

    let ran = |args: &[&str]| {
        let (ok, out, err) = operate(&serving, args);
        assert!(ok, "{args:?}: {err}");
        out
    };
    ran(&[
        "dispute",
        "inquire",
        "cap:1",
        "--case",
        "q-1",
        "--reason",
        "not_delivered",
        "--code",
        "R27",
    ]);
    let (_, body) = google.awaited("inquiryNotification");
    assert_eq!((&body["reasonCode"], &body["caseId"]), (&json!("NOT_DELIVERED"), &json!("q-1")));
    ran(&["dispute", "open", "cap:1", "--case", "cb-1", "--amount", "15.00", "--code", "10.4"]);
    let (_, body) = google.awaited("chargebackNotification");
    assert_eq!((&body["amount"], &body["chargebackStage"]), (&json!("15000000"), &json!("FIRST")));
    assert_eq!(body["rawResult"], json!({"scope": "VISA", "rawCode": "10.4"}));
    let chargeback = body["requestHeader"]["requestId"].clone();
    done(&serving, "defendChargeback", "dfd:1", defence("cap:1"));
    ran(&["dispute", "reverse", "cap:1", "--case", "cb-1", "--code", "WON"]);
    let (_, body) = google.awaited("chargebackReversedNotification");
    assert_eq!(body["chargebackRequestId"], chargeback);

    ran(&["fraud", "report", "cap:1", "--code", "TC40-6"]);
    let (_, body) = google.awaited("fraudNotification");
    assert_eq!(body["fraudType"], "FRAUDULENT_USE");
    ran(&["card", "refund-reversed", "ref:1", "--code", "46"]);
    let (_, body) = google.awaited("reverseRefundNotification");
    assert_eq!((&body["refundRequestId"], &body["amount"]), (&json!("ref:1"), &json!("5000000")));

    ran(&["card", "settle"]);
    let (path, body) = google.awaited("settlementNotification");
    assert_eq!(path, format!("/gsp/google-card-fop-api/v1/settlementNotification/{ACCOUNT}"));
    let header = &body["requestHeader"];
    assert_eq!(header["paymentIntegratorAccountId"], ACCOUNT);
    assert!(header["requestTimestamp"]["epochMillis"].is_string(), "{header}");
    assert_eq!(body.get("paymentIntegratorAccountId"), None);
    assert_eq!(body["settlementPeriod"]["end"], body["generatedTimestamp"], "the day still runs");
    let (ok, _, why) = operate(&serving, &["card", "settle", "--day", "2099-01-01"]);
    assert!(!ok && why.contains("has not begun"), "{why}");
    assert_eq!(body["captureEvents"][0]["captureRequestId"], "cap:1");
    // 20 captured, 5 refunded and back, 15 charged back and back.
    assert_eq!(
        body["settlementAmount"],
        json!({"amountMicros": "20000000", "currencyCode": "USD"})
    );
}

#[test]
fn the_protocols_own_examples_are_answered_as_it_says() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/protocol/standard-payments-examples/card");
    if !examples.is_dir() {
        eprintln!("skipped: the protocol's examples are not here");
        return;
    }
    let account = "NorthgateAcquiring_USD";
    let serving = Serving::with(&format!("[card]\naccounts = [\"{account}\"]\n"));
    let read = |file: String| -> Value {
        serde_json::from_slice(&fs::read(examples.join(file)).unwrap()).unwrap()
    };
    let asked = |method: &str, id: Option<&str>| {
        let mut example = read(format!("{method}.request.json"));
        example["requestHeader"]["requestTimestamp"] = json!(now().to_string());
        if let Some(id) = id {
            example["requestHeader"]["requestId"] = json!(id);
        }
        let answer = send(&serving, method, &example);
        assert_eq!(answer.status, 200, "{method}: {}", answer.body);
        let (told, wanted) = (answer.json(), read(format!("{method}.response.json")));
        assert_eq!(members(&told), members(&wanted), "{method}");
        // The example's capture is declined, and its number is of a test card that is not.
        let result =
            if method == "capture" { "SUCCESS" } else { wanted["result"].as_str().unwrap() };
        assert_eq!(told["result"], result, "{method}");
    };
    let operated = |args: &[&str]| operate(&serving, &[args, &["--account", account]].concat());

    // In an order in which everything is there that an example names.
    asked("reserveFunds", None);
    asked("asynchronousCaptureFundsReservation", None);
    asked("reserveFunds", Some("rsv:9c08"));
    asked("asynchronousCancelFundsReservation", None);
    until(|| operated(&["dispute", "show", "rsvcap:9c02"]).1.contains("captured"));
    asked("asynchronousRefund", None);
    asked("capture", None);
    asked("verifyCardWithMinimumReservation", None);
    assert!(operated(&["dispute", "open", "rsvcap:9c02", "--case", "cb", "--code", "10.4"]).0);
    asked("defendChargeback", None);
    let requests = fs::read_dir(&examples).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_str().unwrap().ends_with(".request.json")
    });
    assert_eq!(requests.count(), 7, "each of them was sent");
}

#[test]
fn a_body_of_this_family_may_be_large_where_it_brings_a_document() {
    let serving = Serving::with("");
    let mut large = request("d", defence("unknown"));
    let payload = format!("JVBERi0x{}", "A".repeat(900_000));
    large["defenseMaterialDocument"]["payload"] = json!(payload);
    assert_eq!(refused(&send(&serving, "defendChargeback", &large)).0, 404);
    assert_eq!(refused(&send(&serving, "asynchronousRefund", &large)).0, 413);
    let larger = " ".repeat(2_000_000);
    assert_eq!(serving.post("/card/v1/defendChargeback", JSON, &larger).status, 413);
}
