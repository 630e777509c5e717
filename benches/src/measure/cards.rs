//! Buyers with cards, and what is asked of them in one message and in two.
//!
//! Why so many: a sale has many buyers. The payments of one card alone would wait for each other.

use serde_json::{Value, json};

use super::payers::request;

const CARDS: u64 = 10_000;
const INTEGRATOR: &str = "InvisiCardUSA_USD";
const MICROS: &str = "10000";

pub fn reserve(key: &str, buyer: u64) -> String {
    request(&reservation(key), payment(buyer))
}

/// Of all that was reserved under this key.
pub fn capture_reservation(key: &str) -> String {
    request(
        &format!("take:{key}"),
        json!({
            "paymentIntegratorAccountId": INTEGRATOR,
            "reservationRequestId": reservation(key),
            "amount": MICROS,
        }),
    )
}

/// In one message.
pub fn capture(key: &str, buyer: u64) -> String {
    request(&format!("buy:{key}"), payment(buyer))
}

fn reservation(key: &str) -> String {
    format!("res:{key}")
}

fn payment(buyer: u64) -> Value {
    json!({
        "paymentIntegratorAccountId": INTEGRATOR,
        "accountDetails": {"card": {
            "accountNumber": number(buyer % CARDS),
            "nameOnCard": "Sally Sun",
            "expiryMonth": "12",
            "expiryYear": "49",
            "cvn": "717",
        }},
        "currencyCode": "USD",
        "amount": MICROS,
        "transactionDescription": "GOOGLE*Sky Atlas",
        "merchantCategoryCode": "5815",
        "additionalTransactionProcessingOptions": {
            "userSelectedProcessingNetworkTypeNotApplicable": {},
            "electronicCommerceIndicatorNotApplicable": {},
            // As the wire spells it.
            "threeDSecureNotAppplicable": {},
            "storedCredentialTransactionInformationNotApplicable": {},
            "scaExemptionNotApplicable": {},
        },
    })
}

/// Sixteen digits of which the last is right by Luhn's formula.
fn number(card: u64) -> String {
    let digits = format!("4556{card:011}");
    let value = |(at, digit): (usize, u8)| match u32::from(digit - b'0') {
        digit if at % 2 == 1 => digit,
        digit if digit > 4 => 2 * digit - 9,
        digit => 2 * digit,
    };
    let sum: u32 = digits.bytes().enumerate().map(value).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_number_has_its_check_digit() {
        assert_eq!(number(73_758_689_985), "4556737586899855");
        assert_eq!(number(0), "4556000000000000");
    }
}
