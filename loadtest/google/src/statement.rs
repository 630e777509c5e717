//! A remittance statement: what the integrator owes for what was bought and given back.
//!
//! A fee is taken from each capture and rounded there, half to even, to the currency's minor unit.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::books::{Kind, Ledger, Payment, Statement};
use crate::limits::EVENTS_PAGE_MAX;
use crate::wire::{fresh, millis, money};

/// In hundredths.
const FEE_PERCENT: i64 = 2;

/// Of a cent. The currencies that are played with here all have cents.
const MICROS_PER_MINOR: i64 = 10_000;

/// Of everything in one currency that has come to pass and is in no statement yet; `None` if there
/// is nothing.
pub fn of_all_unsettled(ledger: &Ledger, now: SystemTime) -> Option<Statement> {
    let settled = |payment: &Payment| {
        let events = |statement: &Statement| -> Vec<Value> {
            statement.captures.iter().chain(&statement.refunds).cloned().collect()
        };
        let mut events = ledger.statements.iter().flat_map(events);
        events.any(|event| event["eventRequestId"] == payment.request.as_str())
    };
    let open = ledger.payments.iter().filter(|payment| {
        payment.succeeded() && payment.kind != Kind::Disbursement && !settled(payment)
    });
    let currency = open.clone().next()?.currency.clone();
    let payments: Vec<&Payment> = open.filter(|payment| payment.currency == currency).collect();
    Some(of(&payments, &currency, now))
}

/// Of these payments.
pub fn of(payments: &[&Payment], currency: &str, now: SystemTime) -> Statement {
    let (captures, refunds): (Vec<&Payment>, Vec<&Payment>) =
        payments.iter().partition(|payment| payment.kind.is_capture());
    let total = |of: &[&Payment]| of.iter().map(|payment| payment.micros).sum::<i64>();
    let (bought, given_back) = (total(&captures), total(&refunds));
    let fees: i64 = captures.iter().map(|payment| fee(payment.micros)).sum();
    let today = millis(now);
    let from = payments.iter().map(|payment| payment.at).min().unwrap_or(today);
    let summary = json!({
        "statementDate": today.to_string(),
        "billingPeriod": {"startDate": from.to_string(), "endDate": today.to_string()},
        "dateDue": (today + 8 * 24 * 60 * 60 * 1000).to_string(),
        "currencyCode": currency,
        "totalDueByIntegrator": (bought - given_back - fees).to_string(),
        "totalPresentmentAmounts": [money(bought - given_back, currency)],
        "remittanceInstructions": {"memoLineId": format!("GOOGLE-{today}")},
    });
    Statement {
        id: fresh("stmt"),
        summary,
        captures: captures.iter().map(|payment| event(payment, fee(payment.micros))).collect(),
        refunds: refunds.iter().map(|payment| event(payment, 0)).collect(),
        page: EVENTS_PAGE_MAX,
        accepted: None,
    }
}

fn event(payment: &Payment, fee: i64) -> Value {
    let mut event = json!({
        "eventRequestId": payment.request,
        "eventAmount": money(payment.micros, &payment.currency),
        "eventFee": money(fee, &payment.currency),
    });
    if let Some(theirs) = &payment.theirs {
        event["paymentIntegratorEventId"] = theirs.as_str().into();
    }
    event
}

fn fee(micros: i64) -> i64 {
    let (part, unit) = (micros * FEE_PERCENT, 100 * MICROS_PER_MINOR);
    let (whole, rest) = (part / unit, part % unit);
    let up = 2 * rest > unit || (2 * rest == unit && whole % 2 == 1);
    (whole + i64::from(up)) * MICROS_PER_MINOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_rounded_to_the_cent_half_to_even() {
        for (amount, expected) in [
            (12_000_000, 240_000),
            (250_000, 0),
            (750_000, 20_000),
            (1_250_000, 20_000),
            (260_000, 10_000),
        ] {
            assert_eq!(fee(amount), expected, "{amount}");
        }
    }
}
