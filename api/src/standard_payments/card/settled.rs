//! What Google is told of a day's settlement: `settlementNotification`.
//!
//! Source: Standard Payments, card form of payment: settlement notification. Of the lists of events
//! only the captures' is published; the others are made after it.

use paceline_domain::card_payment::LineKind;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::settlement::{Entry, Of, Part};
use paceline_domain::time::Timestamp;
use paceline_engine::card::capture_id;
use serde_json::{Map, Value, json};

/// All that follows the header, which holds the account.
pub fn members(part: &Part) -> Value {
    let Part { of, closed_at, total, number, parts, entries } = part;
    let Of { id, integrator: _, currency, starts, ends } = of;
    let mut members = Map::from_iter([
        ("generatedTimestamp".to_owned(), moment(*closed_at)),
        ("settlementPeriod".to_owned(), json!({"start": moment(*starts), "end": moment(*ends)})),
        ("settlementId".to_owned(), id.to_string().into()),
        ("settlementAmount".to_owned(), money(*total, *currency)),
        ("notificationOffset".to_owned(), (*number).into()),
        ("notificationTotal".to_owned(), (*parts).into()),
    ]);
    for kind in KINDS {
        let events = entries.iter().filter(|entry| entry.line.kind == kind);
        let events: Vec<Value> = events.map(|entry| event(entry, of)).collect();
        if !events.is_empty() {
            members.insert(list(kind).to_owned(), events.into());
        }
    }
    Value::Object(members)
}

/// A moment as the newer families write it.
pub fn moment(at: Timestamp) -> Value {
    json!({"epochMillis": at.0.to_string()})
}

const KINDS: [LineKind; 5] = [
    LineKind::Capture,
    LineKind::Refund,
    LineKind::RefundReversal,
    LineKind::Chargeback,
    LineKind::ChargebackReversal,
];

fn list(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Capture => "captureEvents",
        LineKind::Refund => "refundEvents",
        LineKind::RefundReversal => "refundReversalEvents",
        LineKind::Chargeback => "chargebackEvents",
        LineKind::ChargebackReversal => "chargebackReversalEvents",
    }
}

fn event(Entry { line, fee }: &Entry, of: &Of) -> Value {
    let currency = of.currency;
    let name = match line.kind {
        LineKind::Refund | LineKind::RefundReversal => "refundRequestId",
        LineKind::Capture | LineKind::Chargeback | LineKind::ChargebackReversal => {
            "captureRequestId"
        }
    };
    let mut event = json!({
        name: line.request.as_str(),
        "eventCharge": money(line.amount, currency),
        "eventFee": money(*fee, currency),
        "eventVat": money(Micros::ZERO, currency),
    });
    if line.kind == LineKind::Capture {
        event["paymentIntegratorCaptureId"] =
            capture_id(&of.integrator, &line.request).to_string().into();
    }
    event
}

fn money(amount: Micros, currency: CurrencyCode) -> Value {
    json!({"amountMicros": amount.0.to_string(), "currencyCode": currency.as_str()})
}
