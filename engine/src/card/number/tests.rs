use paceline_domain::card_payment::Flow;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};

use super::super::{Address, CardOnFile, MerchantCategory, Processing, StoredCredential};
use super::*;
use crate::secret::Secret;

/// 2025-09-16.
const NOW: Timestamp = Timestamp(1_758_022_800_000);

fn ask(number: &str) -> Authorize {
    Authorize {
        request: RequestId::parse("rsv:1").unwrap(),
        integrator: IntegratorAccountId::parse("InvisiCardUSA_USD").unwrap(),
        flow: Flow::Reserve,
        card: CardOnFile {
            number: Secret::new(number.as_bytes().to_vec()),
            name: Secret::new(&b"D. Okafor"[..]),
            expires: Some(Expiry { month: 4, year: 2028 }),
            token: None,
        },
        cvn: None,
        amount: Some(Micros(24_990_000)),
        currency: CurrencyCode::parse("USD").unwrap(),
        description: Text::parse("GOOGLE*Sky Atlas").unwrap(),
        category: MerchantCategory(*b"5815"),
        address: None,
        processing: Processing::default(),
    }
}

fn checked(number: &str) -> Result<Network, String> {
    let result = check(&ask(number), &Network::ALL, NOW);
    result.map(|checked| checked.network).map_err(|verdict| verdict.code.to_string())
}

#[test]
fn every_network_is_known_by_how_its_numbers_begin() {
    let numbers = [
        ("4111111111111111", Network::Visa),
        ("4222222222222", Network::Visa),
        ("5555555555554444", Network::Mastercard),
        ("2221000000000009", Network::Mastercard),
        ("2720990000000007", Network::Mastercard),
        ("378282246310005", Network::Amex),
        ("341111111111111", Network::Amex),
        ("6011111111111117", Network::Discover),
        ("6500000000000002", Network::Discover),
        ("3530111333300000", Network::Jcb),
        ("6200000000000005", Network::UnionPay),
        ("8171999927660000", Network::UnionPay),
    ];
    for (number, network) in numbers {
        assert_eq!(checked(number), Ok(network), "{number}");
    }
}

#[test]
fn a_number_that_fails_its_own_check_digit_is_no_number() {
    let number = "4111111111111111";
    for at in 0..number.len() {
        let mut wrong = number.as_bytes().to_vec();
        wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
        let wrong = String::from_utf8(wrong).unwrap();
        assert!(matches!(checked(&wrong).unwrap_err().as_str(), "14"), "{wrong}");
    }
}

#[test]
fn a_number_has_12_to_19_digits_and_as_many_as_its_network_gives() {
    let of = |digits: usize| {
        let mut number = vec![b'4'];
        number.resize(digits - 1, b'0');
        number.push(check_digit(&number));
        String::from_utf8(number).unwrap()
    };
    for digits in 1..=24 {
        let expected = match digits {
            13 | 16 | 19 => Ok(Network::Visa),
            _ => Err("14".to_owned()),
        };
        let number = if digits == 1 { "4".to_owned() } else { of(digits) };
        assert_eq!(checked(&number), expected, "{number}");
    }
    for wrong in ["", "4111 1111 1111 1111", "411111111111111x", "٤١١١١١١١١١١١١١١١"]
    {
        assert_eq!(checked(wrong), Err("14".to_owned()), "{wrong}");
    }
}

#[test]
fn a_network_that_is_not_served_or_not_known_is_no_way_to_an_issuer() {
    let visa_only = |number| check(&ask(number), &[Network::Visa], NOW);
    assert!(visa_only("4111111111111111").is_ok());
    let barred = visa_only("5555555555554444").unwrap_err();
    assert_eq!((barred.code.as_str(), barred.card.network), ("15", None));
    let nobodys = check(&ask("9999999999999995"), &Network::ALL, NOW).unwrap_err();
    assert_eq!((nobodys.code.as_str(), nobodys.card.network), ("15", None));
}

#[test]
fn more_money_than_anything_costs_is_over_every_limit() {
    let of = |amount| {
        let asked = Authorize { amount: Some(amount), ..ask("4111111111111111") };
        check(&asked, &Network::ALL, NOW).map_err(|verdict| verdict.code.to_string())
    };
    assert!(of(CARD_AMOUNT_MAX).is_ok());
    assert_eq!(of(Micros(CARD_AMOUNT_MAX.0 + 1)).unwrap_err(), "61");
}

#[test]
fn a_card_is_good_until_its_month_has_ended_everywhere() {
    let until = |year, month, now| {
        let mut asked = ask("4111111111111111");
        asked.card.expires = Some(Expiry { month, year });
        check(&asked, &Network::ALL, now).map_err(|verdict| verdict.code.to_string())
    };
    assert!(until(2025, 9, NOW).is_ok());
    assert_eq!(until(2025, 8, NOW), Err("54".into()));
    let ends = month_begins(2026, 1).after(LAST_CLOCK);
    assert!(until(2025, 12, Timestamp(ends.0 - 1)).is_ok());
    assert_eq!(until(2025, 12, ends), Err("54".into()));
}

#[test]
fn what_is_barred_claims_nothing_that_was_not_looked_at() {
    let mut asked = ask("4111111111111112");
    let bare = check(&asked, &Network::ALL, NOW).unwrap_err();
    assert_eq!(bare.cvn, CvnVerdict::NotSent { unsupported_by: None });
    assert_eq!(bare.address, AddressVerdict::NotSent { supported: true });
    assert_eq!(bare.stored_credential, StoredCredentialVerdict::NotSent);
    asked.cvn = Some(Secret::new(&b"717"[..]));
    asked.address = Some(Address::default());
    let details = Secret::new(&b"{}"[..]);
    let customer = StoredCredential::Customer { intent: None, storage: None, details };
    asked.processing.stored_credential = Some(customer);
    let full = check(&asked, &Network::ALL, NOW).unwrap_err();
    assert_eq!(full.cvn, CvnVerdict::NotVerified);
    let AddressVerdict::Checked(matches) = full.address else { panic!("an address was sent") };
    assert_eq!((matches.line, matches.postal_code), (Match::NotSpecified, Match::NotSpecified));
    assert!(matches!(full.stored_credential, StoredCredentialVerdict::Unsupported { .. }));
}

#[test]
fn only_the_last_four_digits_are_kept() {
    let checked = check(&ask("4111111111111111"), &Network::ALL, NOW).unwrap();
    assert_eq!(checked.last_four.to_string(), "1111");
    assert_eq!(last_four(b"12").to_string(), "0000");
    assert_eq!(last_four(b"41111111secret").to_string(), "0000");
}
