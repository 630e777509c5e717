//! Amounts, shares and currencies: exact, or refused.

mod common;

use common::{cents, currency};
use paceline_domain::money::{
    AMOUNT_MAX, CurrencyCode, MalformedAmount, Micros, Millionths, MinorUnits,
};
use proptest::prelude::*;

#[test]
fn an_amount_in_major_units_is_read_exactly_in_its_currency() {
    let read = |code: &str, text: &str| currency(code).parse_amount(text).map(|amount| amount.0);
    assert_eq!(read("USD", "100.00"), Ok(10_000));
    assert_eq!(read("USD", "18.9"), Ok(1_890));
    assert_eq!(read("USD", "0.01"), Ok(1));
    assert_eq!(read("USD", "7"), Ok(700));
    assert_eq!(read("JPY", "1200"), Ok(1_200));
    assert_eq!(read("KWD", "1.234"), Ok(1_234));
    assert_eq!(read("KWD", "1.2"), Ok(1_200));
    assert_eq!(read("CLF", "0.0001"), Ok(1));
    assert_eq!(read("CLF", "2"), Ok(20_000));
}

#[test]
fn decimals_beyond_the_minor_unit_must_be_zeros() {
    let read = |code: &str, text: &str| currency(code).parse_amount(text).ok();
    assert_eq!(read("USD", "1.500"), Some(cents(150)));
    assert_eq!(read("JPY", "1200.00"), Some(cents(1_200)));
    assert_eq!(read("USD", "1.505"), None);
    assert_eq!(read("JPY", "1200.5"), None);
    assert_eq!(read("KWD", "0.0001"), None);
}

#[test]
fn what_is_no_plain_decimal_is_no_amount() {
    for text in ["", ".", "1.", ".5", "-1", "+1", "1e2", "1,00", " 1", "1 ", "1.2.3", "١", "0x1"] {
        let expected = MalformedAmount::Amount { text: text.to_owned(), currency: currency("USD") };
        assert_eq!(currency("USD").parse_amount(text), Err(expected), "{text:?}");
    }
}

#[test]
fn an_amount_is_at_most_what_every_json_reader_keeps_exact() {
    let yen = currency("JPY");
    assert_eq!(yen.parse_amount("9007199254740991"), Ok(MinorUnits(AMOUNT_MAX)));
    assert!(yen.parse_amount("9007199254740992").is_err());
    assert!(currency("USD").parse_amount("90071992547409.92").is_err());
    assert!(currency("CLF").parse_amount("18446744073709551615").is_err());
    assert!(yen.parse_amount(&"9".repeat(400)).is_err());
}

#[test]
fn sums_and_products_stop_at_the_largest_amount() {
    let largest = MinorUnits(AMOUNT_MAX);
    assert_eq!(largest.checked_add(MinorUnits::ZERO), Some(largest));
    assert_eq!(largest.checked_add(cents(1)), None);
    assert_eq!(cents(3).checked_mul(4), Some(cents(12)));
    assert_eq!(cents(2).checked_mul(AMOUNT_MAX), None);
    assert_eq!(largest.checked_mul(u64::MAX), None);
    assert_eq!(MinorUnits::checked_sum([largest, cents(1)]), None);
    assert_eq!(MinorUnits::checked_sum([cents(1), cents(2)]), Some(cents(3)));
}

#[test]
fn nothing_falls_below_zero() {
    assert_eq!(cents(1).saturating_sub(cents(2)), MinorUnits::ZERO);
    assert_eq!(cents(5) - cents(2), cents(3));
}

#[test]
#[should_panic(expected = "no amount falls below zero")]
fn an_unchecked_difference_below_zero_stops_everything() {
    let _ = cents(1) - cents(2);
}

#[test]
fn a_currency_is_three_upper_case_letters_that_are_assigned() {
    for code in ["USD", "AED", "ZWG", "JPY", "XPF", "KWD", "TND", "CLF", "BTN", "NIO"] {
        assert_eq!(CurrencyCode::parse(code).unwrap().to_string(), code);
    }
    for text in ["usd", "US", "USDX", "", "U D", "D A", "ABC", "XXX", "€", "12 "] {
        assert!(CurrencyCode::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn minor_units_follow_the_currency_and_are_not_always_cents() {
    let exponents = [("USD", 2), ("EUR", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3), ("CLF", 4)];
    for (code, exponent) in exponents {
        assert_eq!(currency(code).exponent(), exponent, "{code}");
    }
}

#[test]
fn a_share_is_rounded_half_up() {
    let share = |percent: &str, amount: u64| {
        Millionths::from_percent(percent).unwrap().of(MinorUnits(amount)).0
    };
    assert_eq!(share("10%", 5), 1); // 0.5
    assert_eq!(share("10%", 4), 0); // 0.4
    assert_eq!(share("10.35%", 9_162), 948); // 948.267
    assert_eq!(share("8.5%", 10_000), 850);
    assert_eq!(share("0%", AMOUNT_MAX), 0);
    assert_eq!(share("100%", AMOUNT_MAX), AMOUNT_MAX);
    assert_eq!(share("0.0001%", 499_999), 0);
    assert_eq!(share("0.0001%", 500_000), 1);
}

#[test]
fn a_percentage_is_between_nothing_and_all_with_at_most_four_decimals() {
    assert_eq!(Millionths::from_percent("100%"), Ok(Millionths::WHOLE));
    assert_eq!(Millionths::from_percent(" 8.5 % "), Millionths::from_percent("8.50%"));
    for text in ["8.5", "%", "-1%", "100.0001%", "1.00001%", "1e1%", "8,5%", "9999999999999%"] {
        let expected = MalformedAmount::Percentage(text.to_owned());
        assert_eq!(Millionths::from_percent(text), Err(expected), "{text:?}");
    }
}

#[test]
fn a_share_of_a_sum_is_rounded_once_and_split_exactly() {
    let tenth = Millionths::from_percent("10%").unwrap();
    let split = |amounts: &[u64]| {
        let amounts: Vec<MinorUnits> = amounts.iter().copied().map(MinorUnits).collect();
        tenth.of_each(&amounts).iter().map(|part| part.0).collect::<Vec<_>>()
    };
    assert_eq!(split(&[3_780, 6_400]), [378, 640]);
    assert_eq!(split(&[5, 5]), [1, 0], "the first among equals gets the unit that is left");
    assert_eq!(split(&[12, 17, 11]), [1, 2, 1], "the largest fraction comes first");
    assert_eq!(split(&[]), [0; 0]);
}

proptest! {
    #[test]
    fn the_parts_of_a_share_sum_to_it_and_none_exceeds_its_summand(
        amounts in prop::collection::vec(0..=AMOUNT_MAX / 32, 0..32),
        percent in 0..=1_000_000_u32,
    ) {
        let text = format!("{}.{:04}%", percent / 10_000, percent % 10_000);
        let share = Millionths::from_percent(&text).unwrap();
        let amounts: Vec<MinorUnits> = amounts.into_iter().map(MinorUnits).collect();
        let parts = share.of_each(&amounts);
        let sum = |of: &[MinorUnits]| MinorUnits::checked_sum(of.iter().copied()).unwrap();
        prop_assert_eq!(sum(&parts), share.of(sum(&amounts)));
        for (part, amount) in parts.iter().zip(&amounts) {
            prop_assert!(part <= amount);
        }
    }

    #[test]
    fn an_amount_that_is_written_is_read_back(minor in 0..=AMOUNT_MAX) {
        let written = format!("{}.{:03}", minor / 1_000, minor % 1_000);
        prop_assert_eq!(currency("KWD").parse_amount(&written), Ok(MinorUnits(minor)));
    }
}

#[test]
fn micros_become_minor_units_exactly_or_not_at_all() {
    let code = currency;
    assert_eq!(Micros(1_230_000).to_minor(code("USD")), Ok(MinorUnits(123)));
    assert_eq!(Micros(728_000_000).to_minor(code("JPY")), Ok(MinorUnits(728)));
    assert!(Micros(1_500).to_minor(code("KWD")).is_err());
    assert_eq!(Micros(2_000).to_minor(code("KWD")), Ok(MinorUnits(2)));
    let fractional = Micros(1_234_567).to_minor(code("USD"));
    let currency = code("USD");
    assert_eq!(fractional, Err(MalformedAmount::Fractional { micros: 1_234_567, currency }));
    assert_eq!(Micros(-1).to_minor(code("USD")), Err(MalformedAmount::Negative(-1)));
    assert_eq!(Micros::from_minor(MinorUnits(123), code("USD")), Some(Micros(1_230_000)));
    assert_eq!(Micros::from_minor(MinorUnits(u64::MAX), code("JPY")), None);
}
