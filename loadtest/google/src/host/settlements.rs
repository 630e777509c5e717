//! What is settled: parts are kept as they come, and looked at together when all of them are here.

use serde_json::Value;

use super::cards::{contradiction, precondition, present, text, unusable};
use crate::books::cards::{Asked, CardKind, CardLedger, CaseKind, Settlement};

/// Each list of events, the member that names what is settled, and whether it adds.
const LISTS: [(&str, &str, bool); 5] = [
    ("captureEvents", "captureRequestId", true),
    ("refundEvents", "refundRequestId", false),
    ("refundReversalEvents", "refundRequestId", true),
    ("chargebackEvents", "captureRequestId", false),
    ("chargebackReversalEvents", "captureRequestId", true),
];

/// A part that contradicts another, or makes the whole untrue, is refused and not kept.
pub fn settlement(ledger: &mut CardLedger, body: &Value) -> Result<(), (u16, Value)> {
    let id = text(body, "settlementId")?.to_owned();
    let number = |member: &str| present(body, member)?.as_u64().ok_or_else(|| unusable(member));
    let (offset, parts_total) = (number("notificationOffset")?, number("notificationTotal")?);
    if offset >= parts_total {
        return Err(unusable("notificationOffset"));
    }
    let mut settlement = ledger.settlements.get(&id).cloned().unwrap_or_default();
    if let Some(other) = settlement.parts.values().next() {
        let same = ["settlementAmount", "settlementPeriod", "notificationTotal"];
        if same.iter().any(|member| other[*member] != body[*member]) {
            return Err(contradiction("another part says otherwise"));
        }
    }
    if settlement.parts.contains_key(&offset) {
        return Err(contradiction("this part was told before"));
    }
    settlement.parts_total = parts_total;
    settlement.parts.insert(offset, body.clone());
    known(ledger, body)?;
    if settlement.is_complete() {
        adds_up(&settlement)?;
    }
    ledger.settlements.insert(id, settlement);
    Ok(())
}

/// Every event is one of ours, with our amount, and is settled once.
fn known(ledger: &CardLedger, part: &Value) -> Result<(), (u16, Value)> {
    for (list, name, _) in LISTS {
        for event in events(part, list) {
            let request = text(event, name)?;
            let charge = micros(event, "eventCharge").ok_or_else(|| unusable("eventCharge"))?;
            let asked = ledger.find(request);
            if !asked.is_some_and(|asked| has_moved(ledger, asked, list, charge)) {
                return Err(precondition(&format!("{request} is not settled with {charge}")));
            }
            let mut before = ledger.settlements.values().flat_map(|it| it.parts.values());
            let again = before.any(|part| events(part, list).any(|it| it[name] == request));
            // Of one capture several parts may be charged back.
            if again && !list.starts_with("chargeback") {
                return Err(precondition(&format!("{request} was settled before")));
            }
        }
    }
    Ok(())
}

fn has_moved(ledger: &CardLedger, asked: &Asked, list: &str, charge: i64) -> bool {
    let charged_back = |kind| {
        let mut cases = ledger.cases.iter();
        cases.any(|it| it.kind == kind && it.capture == asked.request && it.micros == charge)
    };
    let whole = asked.micros == charge;
    match list {
        "captureEvents" => asked.kind.is_capture() && whole,
        "refundEvents" => asked.kind == CardKind::Refund && whole,
        "refundReversalEvents" => asked.kind == CardKind::Refund && whole && asked.reversed,
        "chargebackEvents" => charged_back(CaseKind::Chargeback),
        _ => charged_back(CaseKind::ChargebackReversal),
    }
}

/// Charges with their signs, less fees and taxes, are what is owed.
fn adds_up(settlement: &Settlement) -> Result<(), (u16, Value)> {
    let mut total = 0;
    for part in settlement.parts.values() {
        for (list, _, adds) in LISTS {
            for event in events(part, list) {
                let of = |member| micros(event, member).ok_or_else(|| unusable(member));
                let charge = of("eventCharge")?;
                total += if adds { charge } else { -charge };
                total -= of("eventFee")? + of("eventVat")?;
            }
        }
    }
    let any = settlement.parts.values().next();
    match any.and_then(|part| micros(part, "settlementAmount")) {
        Some(said) if said == total => Ok(()),
        _ => Err(precondition(&format!("the events add up to {total}"))),
    }
}

fn events<'a>(part: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    part[list].as_array().into_iter().flatten()
}

fn micros(of: &Value, member: &str) -> Option<i64> {
    of[member]["amountMicros"].as_str()?.parse().ok()
}
