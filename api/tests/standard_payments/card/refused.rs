//! What cannot be: a precise answer, and nothing has changed.

use serde_json::json;

use super::google::{
    ACCOUNT, APPROVES, cancel, capture, captured, defence, done, fails, operate, payment, refund,
    verification,
};
use crate::common::Serving;

const CAPTURE: &str = "asynchronousCaptureFundsReservation";
const CANCEL: &str = "asynchronousCancelFundsReservation";
const STATE: &str = "PRECONDITION_VIOLATION";
const UNKNOWN: &str = "INVALID_IDENTIFIER";

#[track_caller]
fn assert_refused(told: (u16, String, String), status: u16, code: &str) {
    assert_eq!((told.0, told.1.as_str()), (status, code), "{}", told.2);
}

#[test]
fn a_capture_above_the_reservation_after_a_cancel_or_of_nothing() {
    let serving = Serving::with("");
    assert_refused(fails(&serving, CAPTURE, "c", capture("none", 1_000_000)), 404, UNKNOWN);
    assert_refused(fails(&serving, CANCEL, "x", cancel("none")), 404, UNKNOWN);
    done(&serving, "reserveFunds", "r", payment(APPROVES, 5_000_000));
    assert_refused(fails(&serving, CAPTURE, "c", capture("r", 5_010_000)), 400, STATE);
    done(&serving, CANCEL, "x", cancel("r"));
    assert_refused(fails(&serving, CAPTURE, "c", capture("r", 1_000_000)), 400, STATE);
    done(&serving, CANCEL, "x2", cancel("r"));
    done(&serving, "reserveFunds", "declined", payment("4000005100000000", 5_000_000));
    assert_refused(fails(&serving, CAPTURE, "c", capture("declined", 1_000_000)), 400, STATE);
    assert_refused(fails(&serving, CANCEL, "x3", cancel("declined")), 400, STATE);
    done(&serving, "verifyCardWithMinimumReservation", "v", verification(APPROVES));
    assert_refused(fails(&serving, CAPTURE, "c", capture("v", 1_000_000)), 400, STATE);
}

#[test]
fn a_capture_or_a_cancel_of_what_was_taken_in_one_message() {
    let serving = Serving::with("");
    done(&serving, "capture", "at-once", payment(APPROVES, 5_000_000));
    let (capture, cancel) = (capture("at-once", 5_000_000), cancel("at-once"));
    assert_refused(fails(&serving, CAPTURE, "c", capture), 404, UNKNOWN);
    assert_refused(fails(&serving, CANCEL, "x", cancel), 404, UNKNOWN);
}

#[test]
fn a_second_capture_or_a_cancel_after_one() {
    let serving = Serving::with("");
    captured(&serving, "r", "c", 5_000_000);
    assert_refused(fails(&serving, CAPTURE, "c2", capture("r", 1_000_000)), 400, STATE);
    assert_refused(fails(&serving, CANCEL, "x", cancel("r")), 400, STATE);
}

#[test]
fn a_refund_above_what_is_left_or_of_nothing() {
    let serving = Serving::with("");
    let method = "asynchronousRefund";
    assert_refused(fails(&serving, method, "f", refund("none", 1_000_000)), 404, UNKNOWN);
    captured(&serving, "r", "c", 5_000_000);
    assert_refused(fails(&serving, method, "f", refund("c", 5_010_000)), 400, STATE);
    done(&serving, method, "f1", refund("c", 3_000_000));
    assert_refused(fails(&serving, method, "f2", refund("c", 2_010_000)), 400, STATE);
    done(&serving, method, "f3", refund("c", 2_000_000));
    assert_refused(fails(&serving, method, "f4", refund("c", 10_000)), 400, STATE);
    // The reservation's own id is no capture's.
    assert_refused(fails(&serving, method, "f5", refund("r", 1_000_000)), 404, UNKNOWN);
}

#[test]
fn a_defence_of_what_is_closed_elsewhere_or_not_there() {
    let serving = Serving::with("");
    let method = "defendChargeback";
    assert_refused(fails(&serving, method, "d", defence("none")), 404, UNKNOWN);
    let mut elsewhere = defence("none");
    elsewhere.as_object_mut().unwrap().remove("captureRequestId");
    elsewhere["mrnPaymentDetails"] = json!({"merchantId": "m-1"});
    assert_refused(fails(&serving, method, "d", elsewhere), 404, UNKNOWN);
    captured(&serving, "r", "c", 5_000_000);
    assert_refused(fails(&serving, method, "d", defence("c")), 400, STATE);
    assert!(operate(&serving, &["dispute", "open", "c", "--case", "cb", "--code", "10.4"]).0);
    done(&serving, method, "d", defence("c"));
    assert!(operate(&serving, &["dispute", "reverse", "c", "--case", "cb", "--code", "WON"]).0);
    assert_refused(fails(&serving, method, "d2", defence("c")), 400, STATE);
    assert_eq!(done(&serving, method, "d", defence("c")), json!({"result": "SUCCESS"}));
}

#[test]
fn an_account_that_is_not_served_or_a_field_that_is_wrong() {
    let serving = Serving::with("");
    let mut other = payment(APPROVES, 1_000_000);
    other["paymentIntegratorAccountId"] = json!("Other_USD");
    assert_refused(fails(&serving, "capture", "c", other), 404, UNKNOWN);
    let mut wrong = payment(APPROVES, 1_000_000);
    wrong["accountDetails"]["card"]["accountNumber"] = json!("4111-1111-1111-1111");
    let told = fails(&serving, "capture", "c", wrong);
    assert!(told.2.starts_with("accountDetails.card.accountNumber: "), "{}", told.2);
    assert!(!told.2.contains("4111"), "{}", told.2);
    assert_refused(told, 400, "INVALID_FIELD_VALUE");
    // Nothing has happened: the same id is free for the right request.
    done(&serving, "capture", "c", payment(APPROVES, 1_000_000));
    let fraction = refund("c", 12_345);
    assert_refused(
        fails(&serving, "asynchronousRefund", "f", fraction),
        400,
        "INVALID_FIELD_VALUE",
    );
    assert_eq!(ACCOUNT, "InvisiCardUSA_USD");
}
