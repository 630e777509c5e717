//! Google's methods of the card family, once it is known who calls and that the call is new.

use serde_json::{Value, json};

use super::error;
use super::settlements::settlement;
use crate::books::cards::{Asked, CardKind, CardLedger, Case, CaseKind};

type Reply = (u16, Value);

pub fn answer(method: &str, body: &Value, ledger: &mut CardLedger) -> Reply {
    let done = match method {
        "captureFundsReservationResultNotification" => {
            let (request, result) =
                ("captureFundsReservationRequestId", "captureFundsReservationResult");
            concluded(ledger, CardKind::Capture, body, request, result)
        }
        "cancelFundsReservationResultNotification" => {
            let (request, result) =
                ("cancelFundsReservationRequestId", "cancelFundsReservationResult");
            concluded(ledger, CardKind::Cancellation, body, request, result)
        }
        "refundResultNotification" => {
            concluded(ledger, CardKind::Refund, body, "refundRequestId", "refundResult")
        }
        "reverseRefundNotification" => reversed(ledger, body),
        "inquiryNotification" => case(ledger, CaseKind::Inquiry, body),
        "chargebackNotification" => case(ledger, CaseKind::Chargeback, body),
        "chargebackReversedNotification" => won(ledger, body),
        "fraudNotification" => fraud(ledger, body),
        "setAcquirerReferenceNumberForCaptureNotification" => {
            referenced(ledger, CardKind::is_capture, body, "captureRequestId")
        }
        "setAcquirerReferenceNumberForRefundNotification" => {
            referenced(ledger, |kind| kind == CardKind::Refund, body, "refundRequestId")
        }
        "settlementNotification" => settlement(ledger, body),
        _ => Err(error(404, "", "there is no such method")),
    };
    done.map_or_else(|refused| refused, |()| (200, json!({"result": "SUCCESS"})))
}

/// The first result that is heard is the result. The same one again is no news; another one is a
/// contradiction, and changes nothing.
fn concluded(
    ledger: &mut CardLedger,
    kind: CardKind,
    body: &Value,
    request: &str,
    result: &str,
) -> Result<(), Reply> {
    let asked = asked(ledger, |other| other == kind, body, request)?;
    let result = text(body, result)?;
    is_sent(result)?;
    match &asked.result {
        Some(before) if before != result => {
            Err(contradiction(&format!("{} has ended with {before}", asked.request)))
        }
        _ => {
            asked.result = Some(result.to_owned());
            Ok(())
        }
    }
}

/// Not another result of the refund, but another event after it.
fn reversed(ledger: &mut CardLedger, body: &Value) -> Result<(), Reply> {
    let refund = asked(ledger, |kind| kind == CardKind::Refund, body, "refundRequestId")?;
    let amount = micros(body)?;
    if !refund.succeeded() || amount != refund.micros {
        return Err(precondition("no refund of as much has succeeded"));
    }
    if std::mem::replace(&mut refund.reversed, true) {
        return Err(contradiction("the refund was reversed before"));
    }
    Ok(())
}

fn case(ledger: &mut CardLedger, kind: CaseKind, body: &Value) -> Result<(), Reply> {
    let capture = captured(ledger, body)?.clone();
    let amount = micros(body)?;
    coded(body)?;
    text(body, "caseId")?;
    present(body, "replyByDate")?;
    if text(body, "reasonCode")? == "UNKNOWN_REASON" {
        return Err(error(400, "INVALID_FIELD_VALUE", "reasonCode must never be sent so"));
    }
    if kind == CaseKind::Chargeback {
        let stage = text(body, "chargebackStage")?;
        if !["FIRST", "SECOND"].contains(&stage) {
            return Err(error(400, "INVALID_FIELD_VALUE", "chargebackStage"));
        }
        if amount > ledger.left(&capture) {
            return Err(precondition("it is more than is left of the capture"));
        }
    }
    if amount > capture.micros {
        return Err(precondition("it is more than was captured"));
    }
    note(ledger, kind, &capture.request, amount, body);
    Ok(())
}

/// It names the chargeback by the notification that told of it.
fn won(ledger: &mut CardLedger, body: &Value) -> Result<(), Reply> {
    let (chargeback, amount) = (text(body, "chargebackRequestId")?, micros(body)?);
    let is_it = |case: &&Case| case.kind == CaseKind::Chargeback && case.notice == chargeback;
    let case = ledger.cases.iter().find(is_it).cloned();
    let case = case.ok_or_else(|| unknown(chargeback))?;
    let mut cases = ledger.cases.iter();
    let before = cases.any(|case| {
        case.kind == CaseKind::ChargebackReversal && case.told["chargebackRequestId"] == chargeback
    });
    if before {
        return Err(contradiction("the chargeback was reversed before"));
    }
    if amount > case.micros {
        return Err(precondition("it is more than was charged back"));
    }
    note(ledger, CaseKind::ChargebackReversal, &case.capture, amount, body);
    Ok(())
}

fn fraud(ledger: &mut CardLedger, body: &Value) -> Result<(), Reply> {
    let capture = captured(ledger, body)?.request.clone();
    is_sent(text(body, "fraudType")?)?;
    coded(body)?;
    note(ledger, CaseKind::Fraud, &capture, 0, body);
    Ok(())
}

fn referenced(
    ledger: &mut CardLedger,
    of: impl Fn(CardKind) -> bool,
    body: &Value,
    request: &str,
) -> Result<(), Reply> {
    let number = text(body, "acquirerReferenceNumber")?.to_owned();
    let asked = asked(ledger, of, body, request)?;
    match &asked.reference {
        Some(before) if *before != number => {
            Err(precondition("it has another acquirer reference number"))
        }
        _ => {
            asked.reference = Some(number);
            Ok(())
        }
    }
}

/// The zero value of an enum is none.
fn is_sent(word: &str) -> Result<(), Reply> {
    match word.starts_with("UNKNOWN") || word.ends_with("UNSPECIFIED") {
        true => Err(error(400, "INVALID_FIELD_VALUE", "a word that must never be sent")),
        false => Ok(()),
    }
}

/// Says what the network calls it.
fn coded(body: &Value) -> Result<(), Reply> {
    text(present(body, "rawResult")?, "rawCode").map(drop)
}

fn note(ledger: &mut CardLedger, kind: CaseKind, capture: &str, micros: i64, body: &Value) {
    let notice = body["requestHeader"]["requestId"].as_str().unwrap_or_default().to_owned();
    let (capture, told) = (capture.to_owned(), body.clone());
    ledger.cases.push(Case { kind, notice, capture, micros, told, read: false });
}

/// Of a capture whose result may not have been heard yet.
fn captured<'a>(ledger: &'a mut CardLedger, body: &Value) -> Result<&'a mut Asked, Reply> {
    let capture = asked(ledger, CardKind::is_capture, body, "captureRequestId")?;
    match &capture.result {
        Some(result) if result != "SUCCESS" => Err(precondition("it was not captured")),
        _ => Ok(capture),
    }
}

fn asked<'a>(
    ledger: &'a mut CardLedger,
    of: impl Fn(CardKind) -> bool,
    body: &Value,
    member: &str,
) -> Result<&'a mut Asked, Reply> {
    let request = text(body, member)?;
    let mut asked = ledger.asked.iter_mut();
    let found = asked.find(|asked| of(asked.kind) && asked.request == request);
    found.ok_or_else(|| unknown(request))
}

pub(super) fn text<'a>(body: &'a Value, member: &str) -> Result<&'a str, Reply> {
    present(body, member)?.as_str().filter(|text| !text.is_empty()).ok_or_else(|| unusable(member))
}

pub(super) fn present<'a>(body: &'a Value, member: &str) -> Result<&'a Value, Reply> {
    body.get(member).ok_or_else(|| error(400, "MISSING_REQUIRED_FIELD", member))
}

fn micros(body: &Value) -> Result<i64, Reply> {
    let amount = text(body, "amount")?.parse().ok().filter(|micros| *micros > 0);
    amount.ok_or_else(|| unusable("amount"))
}

pub(super) fn unusable(member: &str) -> Reply {
    error(400, "INVALID_FIELD_VALUE", member)
}

fn unknown(request: &str) -> Reply {
    error(404, "INVALID_IDENTIFIER", &format!("{request} is not known"))
}

pub(super) fn precondition(why: &str) -> Reply {
    error(400, "PRECONDITION_VIOLATION", why)
}

pub(super) fn contradiction(why: &str) -> Reply {
    error(412, "IDEMPOTENCY_VIOLATION", &format!("{why}, and that stays"))
}
