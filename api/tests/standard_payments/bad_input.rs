//! Every field's bounds, formats and unions: a precise error, and nothing has changed.

use serde_json::{Value, json};

use super::google::{ACCOUNT, balance, capture, done, linked, refused, request, send};
use crate::common::Serving;

const MISSING: &str = "MISSING_REQUIRED_FIELD";
const INVALID: &str = "INVALID_FIELD_VALUE";

/// A change to a right request, and what is told of it: the code, and the path that is named.
type Case = (&'static str, Value, &'static str, &'static str);

/// Sends a request with each member changed as a case says; `null` takes it away.
fn all_refused(serving: &Serving, method: &str, right: &Value, cases: &[Case]) {
    for (pointer, value, code, path) in cases {
        let mut wrong = request("bad", right.clone());
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = match parent {
            "" => &mut wrong,
            parent => wrong.pointer_mut(parent).unwrap(),
        };
        parent[name] = value.clone();
        let (status, told, what) = refused(&send(serving, method, &wrong));
        assert_eq!((status, told.as_str()), (400, *code), "{method} {pointer} {value}: {what}");
        assert!(what.starts_with(path), "{method} {pointer} {value}: {what}");
    }
}

#[test]
fn a_header_is_looked_at_member_by_member() {
    let serving = Serving::with("");
    let long = "x".repeat(101);
    all_refused(
        &serving,
        "echo",
        &json!({}),
        &[
            ("/requestHeader", json!(null), MISSING, "requestHeader"),
            ("/requestHeader", json!([]), INVALID, "requestHeader"),
            (
                "/requestHeader/protocolVersion",
                json!(null),
                MISSING,
                "requestHeader.protocolVersion",
            ),
            (
                "/requestHeader/protocolVersion/major",
                json!(null),
                MISSING,
                "requestHeader.protocolVersion.major",
            ),
            (
                "/requestHeader/protocolVersion/major",
                json!("one"),
                INVALID,
                "requestHeader.protocolVersion.major",
            ),
            ("/requestHeader/requestId", json!(null), MISSING, "requestHeader.requestId"),
            ("/requestHeader/requestId", json!(""), INVALID, "requestHeader.requestId"),
            ("/requestHeader/requestId", json!(long), INVALID, "requestHeader.requestId"),
            ("/requestHeader/requestId", json!("a b"), INVALID, "requestHeader.requestId"),
            (
                "/requestHeader/requestTimestamp",
                json!(null),
                MISSING,
                "requestHeader.requestTimestamp",
            ),
            (
                "/requestHeader/requestTimestamp",
                json!("soon"),
                INVALID,
                "requestHeader.requestTimestamp",
            ),
            (
                "/requestHeader/requestTimestamp",
                json!("-1"),
                INVALID,
                "requestHeader.requestTimestamp",
            ),
            ("/clientMessage", json!(5), INVALID, "clientMessage"),
        ],
    );
}

#[test]
fn what_may_be_written_in_two_ways_is_read_in_both() {
    let serving = Serving::with("");
    let mut asked = request("e=", json!({"unknown": {"deep": [1]}}));
    asked["requestHeader"]["requestTimestamp"] = json!(super::google::now());
    asked["requestHeader"]["userLocale"] = json!("fil-PH");
    asked["requestHeader"]["protocolVersion"]["minor"] = json!("7");
    assert_eq!(send(&serving, "echo", &asked).status, 200);
}

#[test]
fn a_capture_with_something_wrong_takes_nothing() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let right = capture("token", 1_000_000);
    let mandate = json!({"mandateId": "m"});
    let both = json!({"sendOtpRequestId": "o", "otp": "1"});
    all_refused(
        &serving,
        "capture",
        &right,
        &[
            ("/paymentIntegratorAccountId", json!(null), MISSING, "paymentIntegratorAccountId"),
            ("/transactionDescription", json!(null), MISSING, "transactionDescription"),
            ("/transactionDescription", json!(7), INVALID, "transactionDescription"),
            ("/transactionDescription", json!(""), INVALID, "transactionDescription"),
            ("/transactionDescription", json!(" \n\u{0}\u{a0}"), INVALID, "transactionDescription"),
            ("/currencyCode", json!("usd"), INVALID, "currencyCode"),
            ("/currencyCode", json!("XYZ"), INVALID, "currencyCode"),
            ("/amount", json!("0"), INVALID, "amount"),
            ("/amount", json!("-1000000"), INVALID, "amount"),
            ("/amount", json!("1.5"), INVALID, "amount"),
            ("/amount", json!("+1"), INVALID, "amount"),
            ("/amount", json!(1.5), INVALID, "amount"),
            ("/amount", json!("9223372036854775808"), INVALID, "amount"),
            // A tenth of a cent.
            ("/amount", json!("1000"), INVALID, "amount"),
            ("/captureContext", json!(null), MISSING, "captureContext"),
            ("/captureContext", json!("none"), INVALID, "captureContext"),
            ("/googlePaymentToken", json!(null), MISSING, "googlePaymentToken or mandateDetails"),
            ("/googlePaymentToken", json!(""), INVALID, "googlePaymentToken"),
            ("/googlePaymentToken", json!("x".repeat(1025)), INVALID, "googlePaymentToken"),
            ("/mandateDetails", mandate, INVALID, "mandateDetails"),
            ("/mandateDetails", json!("m"), INVALID, "mandateDetails"),
            ("/otpVerification", json!({"otp": "1"}), MISSING, "otpVerification.sendOtpRequestId"),
            ("/otpVerification", json!({"sendOtpRequestId": "o"}), MISSING, "otpVerification.otp"),
        ],
    );
    let mut two = request("bad", right);
    two["otpVerification"] = both;
    two["authenticationRequestId"] = json!("a");
    assert_eq!(refused(&send(&serving, "capture", &two)).1, INVALID);
    assert_eq!(balance(&serving, "acct-sally"), "500.00");
}

#[test]
fn a_mandate_is_looked_at_as_a_field_before_it_is_looked_for() {
    let serving = Serving::with("");
    let mut right = capture("token", 1_000_000);
    right["googlePaymentToken"] = json!(null);
    right["mandateDetails"] = json!({"mandateId": "m"});
    all_refused(
        &serving,
        "capture",
        &right,
        &[
            ("/mandateDetails", json!("m"), INVALID, "mandateDetails"),
            ("/mandateDetails", json!({}), MISSING, "mandateDetails.mandateId"),
            ("/mandateDetails/mandateId", json!(7), INVALID, "mandateDetails.mandateId"),
            ("/mandateDetails/mandateId", json!(""), INVALID, "mandateDetails.mandateId"),
            ("/amount", json!("0"), INVALID, "amount"),
            ("/transactionDescription", json!(null), MISSING, "transactionDescription"),
            ("/otpVerification", json!({}), MISSING, "otpVerification.sendOtpRequestId"),
        ],
    );
    right["mandateDetails"] = json!(null);
    right["mandateWithNotificationDetails"] = json!({});
    let cases =
        [("/mandateWithNotificationDetails", json!(7), INVALID, "mandateWithNotificationDetails")];
    all_refused(&serving, "capture", &right, &cases);
}

#[test]
fn an_identifier_that_is_not_known_is_named_and_404() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let unknown = |method: &str, named: &str, members: Value| {
        let (status, code, what) = refused(&send(&serving, method, &request("bad", members)));
        assert_eq!((status, code.as_str()), (404, "INVALID_IDENTIFIER"), "{method}: {what}");
        assert!(what.starts_with(named), "{method} names {named}: {what}");
        assert!(!what.contains("nobody-has-this"), "a secret is not repeated: {what}");
    };
    unknown("capture", "googlePaymentToken", capture("nobody-has-this", 1_000_000));
    let mandate = json!({"mandateId": "m"});
    let mut under_mandate = capture("token", 1_000_000);
    under_mandate["googlePaymentToken"] = json!(null);
    under_mandate["mandateDetails"] = mandate;
    unknown("capture", "mandateDetails", under_mandate);
    let with_password = |token: &str| {
        let otp = json!({"sendOtpRequestId": "never", "otp": "123456"});
        json!({"googlePaymentToken": token, "otpVerification": otp})
    };
    unknown("verifyOtp", "sendOtpRequestId", with_password("x")["otpVerification"].clone());
    unknown("refreshToken", "sendOtpRequestId", with_password("token"));
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "associationId": "never"});
    unknown("sendOtp", "associationId", sent);
    let link = json!({"googlePaymentToken": "t", "associationId": "a",
        "provideUserInformation": true, "authenticationRequestId": "never"});
    unknown("associateAccount", "authenticationRequestId", link);
    let mut reward = capture("nobody-has-this", 1_000_000);
    unknown("disburseFunds", "googlePaymentToken", reward.clone());
    reward["upiDetails"] = json!({"vpa": "nobody@paceline"});
    unknown("asynchronousCapture", "upiDetails.vpa", reward);
    unknown(
        "refund",
        "captureRequestId",
        json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": "never",
        "currencyCode": "USD", "refundAmount": "1000000"}),
    );
    unknown(
        "refreshToken",
        "googlePaymentToken",
        json!({"googlePaymentToken": "nobody-has-this", "authenticationRequestId": "never"}),
    );
    let mut other = capture("token", 1_000_000);
    other["paymentIntegratorAccountId"] = json!("SomebodyElses");
    unknown("capture", "paymentIntegratorAccountId", other);
    assert_eq!(balance(&serving, "acct-sally"), "500.00");
}

#[test]
fn the_other_methods_name_what_is_wrong_with_them() {
    let serving = Serving::with("");
    let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": "+15550100001"});
    all_refused(
        &serving,
        "sendOtp",
        &sent,
        &[
            ("/smsMatchingToken", json!(null), MISSING, "smsMatchingToken"),
            ("/smsMatchingToken", json!("short"), INVALID, "smsMatchingToken"),
            ("/smsMatchingToken", json!("has a blank"), INVALID, "smsMatchingToken"),
            ("/accountPhoneNumber", json!(null), MISSING, "accountPhoneNumber or associationId"),
            ("/accountPhoneNumber", json!("15550100001"), INVALID, "accountPhoneNumber"),
            ("/accountPhoneNumber", json!("+1 555"), INVALID, "accountPhoneNumber"),
            ("/accountPhoneNumber", json!("+015550100001"), INVALID, "accountPhoneNumber"),
            ("/associationId", json!("a"), INVALID, "associationId"),
            ("/otpContext", json!("association"), INVALID, "otpContext"),
            ("/otpContext", json!({}), MISSING, "otpContext.association"),
            ("/otpContext", json!({"association": null}), MISSING, "otpContext.association"),
            ("/otpContext", json!({"association": 5}), INVALID, "otpContext.association"),
        ],
    );
    let link = json!({"googlePaymentToken": "t", "associationId": "a",
        "provideUserInformation": true, "authenticationRequestId": "x"});
    all_refused(
        &serving,
        "associateAccount",
        &link,
        &[
            ("/googlePaymentToken", json!(null), MISSING, "googlePaymentToken"),
            ("/associationId", json!(null), MISSING, "associationId"),
            ("/provideUserInformation", json!(null), MISSING, "provideUserInformation"),
            ("/provideUserInformation", json!("yes"), INVALID, "provideUserInformation"),
            ("/authenticationRequestId", json!(null), MISSING, "authenticationRequestId or otp"),
        ],
    );
    let refund = json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": "c",
        "currencyCode": "USD", "refundAmount": "1000000"});
    all_refused(
        &serving,
        "refund",
        &refund,
        &[
            ("/captureRequestId", json!(null), MISSING, "captureRequestId"),
            ("/refundAmount", json!("0"), INVALID, "refundAmount"),
            ("/currencyCode", json!(null), MISSING, "currencyCode"),
        ],
    );
    let reward = json!({"paymentIntegratorAccountId": ACCOUNT, "currencyCode": "USD",
        "transactionDescription": "x", "amount": "1000000", "googlePaymentToken": "t"});
    all_refused(
        &serving,
        "disburseFunds",
        &reward,
        &[
            ("/googlePaymentToken", json!(null), MISSING, "googlePaymentToken"),
            ("/amount", json!("0"), INVALID, "amount"),
            ("/amount", json!(null), MISSING, "amount"),
            ("/currencyCode", json!("usd"), INVALID, "currencyCode"),
        ],
    );
    let verify = json!({"sendOtpRequestId": "o", "otp": "123456"});
    all_refused(
        &serving,
        "verifyOtp",
        &verify,
        &[
            ("/sendOtpRequestId", json!(null), MISSING, "sendOtpRequestId"),
            ("/sendOtpRequestId", json!("a b"), INVALID, "sendOtpRequestId"),
            ("/otp", json!(null), MISSING, "otp"),
            ("/otp", json!(123_456), INVALID, "otp"),
        ],
    );
    let refresh = json!({"googlePaymentToken": "t", "authenticationRequestId": "x"});
    all_refused(
        &serving,
        "refreshToken",
        &refresh,
        &[
            ("/googlePaymentToken", json!(null), MISSING, "googlePaymentToken"),
            ("/authenticationRequestId", json!(null), MISSING, "authenticationRequestId or otp"),
            ("/authenticationRequestId", json!(7), INVALID, "authenticationRequestId"),
        ],
    );
    let upi = json!({"paymentIntegratorAccountId": ACCOUNT, "currencyCode": "USD",
        "transactionDescription": "x", "amount": "1000000", "upiDetails": {"vpa": "sally@paceline"}});
    all_refused(
        &serving,
        "asynchronousCapture",
        &upi,
        &[
            ("/upiDetails", json!(null), MISSING, "upiDetails or tokenizedInstrumentDetails"),
            ("/upiDetails", json!({}), MISSING, "upiDetails.vpa"),
            ("/upiDetails", json!({"vpa": "sally"}), INVALID, "upiDetails.vpa"),
            (
                "/tokenizedInstrumentDetails",
                json!({"googlePaymentToken": "t"}),
                INVALID,
                "tokenizedInstrumentDetails",
            ),
        ],
    );
    assert_eq!(balance(&serving, "acct-sally"), "500.00");
}

#[test]
fn a_statement_whose_summary_is_unusable_is_not_noted() {
    let serving = Serving::with("");
    let right = json!({"paymentIntegratorAccountId": ACCOUNT, "remittanceStatementSummary": {
        "statementDate": "1758069000000",
        "billingPeriod": {"startDate": "1757887200000", "endDate": "1757973599000"},
        "dateDue": "1758751200000", "currencyCode": "USD", "totalDueByIntegrator": "41050000"}});
    let made = "/remittanceStatementSummary/statementDate";
    let start = "/remittanceStatementSummary/billingPeriod/startDate";
    let total = "/remittanceStatementSummary/totalDueByIntegrator";
    let presented = "/remittanceStatementSummary/totalPresentmentAmounts";
    let totals = "remittanceStatementSummary.totalPresentmentAmounts";
    let total_of = "totalPresentmentAmounts.";
    let (period, after_its_end) = ("remittanceStatementSummary.billingPeriod", "1757973599001");
    all_refused(
        &serving,
        "remittanceStatementNotification",
        &right,
        &[
            ("/remittanceStatementSummary", json!(null), MISSING, "remittanceStatementSummary"),
            (made, json!("-1"), INVALID, "remittanceStatementSummary.statementDate"),
            (start, json!(null), MISSING, "remittanceStatementSummary.billingPeriod.startDate"),
            (start, json!("0"), INVALID, period),
            (start, json!(after_its_end), INVALID, period),
            (total, json!("1.5"), INVALID, "remittanceStatementSummary.totalDueByIntegrator"),
            (presented, json!("1"), INVALID, totals),
            (presented, json!(["1"]), INVALID, totals),
            (presented, json!([{"currencyCode": "USD"}]), MISSING, total_of),
            (presented, json!([{"amountMicros": "1.5", "currencyCode": "USD"}]), INVALID, total_of),
            (presented, json!([{"amountMicros": "1", "currencyCode": "usd"}]), INVALID, total_of),
        ],
    );
    assert_eq!(
        serving.ask_admin("GET", "/remittance").body.lines().count(),
        1,
        "the columns alone"
    );
}

#[test]
fn a_secret_is_in_no_log_line() {
    let serving = Serving::with("");
    linked(&serving, "a-token-that-nobody-may-see");
    done(&serving, "capture", "c", capture("a-token-that-nobody-may-see", 1_000_000));
    let log = serving.stopped_log();
    assert!(log.contains("associateAccount") && !log.contains("a-token-that-nobody-may-see"));
}
