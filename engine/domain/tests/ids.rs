//! Names: one thing has one name, and what is no name is refused.

mod common;

use common::attempt;
use paceline_domain::ids::{
    AttemptId, GroupId, InstrumentId, LineId, MalformedId, MethodId, OrderId, PRODUCT_ID_CHARS_MAX,
    ProductId, ReferenceNumber, SessionId,
};
use paceline_domain::text::MalformedText;
use proptest::prelude::*;

#[test]
fn a_wide_id_is_its_prefix_and_thirty_two_digits() {
    assert_eq!(SessionId(0xab).to_string(), "chk_000000000000000000000000000000ab");
    assert_eq!(OrderId(1).to_string(), "ord_00000000000000000000000000000001");
    assert_eq!(InstrumentId(u128::MAX).to_string(), format!("pin_{}", "f".repeat(32)));
}

#[test]
fn a_wide_id_has_no_second_spelling() {
    let shape = Err(MalformedId::Shape { prefix: "chk_" });
    let digits = "0123456789abcdef0123456789abcdef";
    assert!(SessionId::parse(&format!("chk_{digits}")).is_ok());
    for text in [
        digits.to_owned(),
        format!("ord_{digits}"),
        format!("CHK_{digits}"),
        format!("chk_{}", digits.to_uppercase()),
        format!("chk_{}", &digits[1..]),
        format!("chk_0{digits}"),
        format!("chk_+{}", &digits[1..]),
        format!(" chk_{digits}"),
        format!("chk_{digits} "),
        String::new(),
        "chk_".to_owned(),
        format!("chk_{}é", &digits[2..]),
    ] {
        assert_eq!(SessionId::parse(&text), shape, "{text:?}");
    }
}

#[test]
fn a_small_id_counts_from_one_and_has_no_second_spelling() {
    assert_eq!(LineId::parse("line_1"), Ok(LineId(1)));
    assert_eq!(MethodId::parse("method_65535"), Ok(MethodId(u16::MAX)));
    assert_eq!(GroupId(3).to_string(), "group_3");
    for text in ["line_0", "line_01", "line_+1", "line_-1", "line_", "line_65536", "1", "group_1"] {
        assert_eq!(LineId::parse(text), Err(MalformedId::Number { prefix: "line_" }), "{text:?}");
    }
}

#[test]
fn an_attempt_is_named_by_its_session_and_number() {
    let name = "chk_00000000000000000000000000000007-2";
    assert_eq!(attempt(2).to_string(), name);
    assert_eq!(AttemptId::parse(name), Ok(attempt(2)));
}

#[test]
fn an_attempt_has_no_second_spelling() {
    let session = SessionId(7);
    for number in ["", "0", "+1", "01", "-1", "1 ", "4294967296", "x"] {
        assert!(AttemptId::parse(&format!("{session}-{number}")).is_err(), "{number:?}");
    }
    assert!(AttemptId::parse(&session.to_string()).is_err());
    assert!(AttemptId::parse("chk_7-1").is_err());
}

#[test]
fn a_product_id_is_kept_as_the_merchant_wrote_it() {
    for id in ["product_12345", "SKU 7/b", "茶-250"] {
        assert_eq!(ProductId::parse(id).unwrap().as_str(), id);
    }
}

#[test]
fn a_product_id_has_one_to_fifty_characters_and_no_control_character() {
    let longest = "茶".repeat(PRODUCT_ID_CHARS_MAX);
    assert!(ProductId::parse(&longest).is_ok());
    assert_eq!(ProductId::parse(&format!("{longest}x")), Err(MalformedId::Product));
    assert_eq!(ProductId::parse(""), Err(MalformedId::Product));
    let control = MalformedId::Text(MalformedText::Control(0));
    assert_eq!(ProductId::parse("a\0b"), Err(control));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(wide: u128, small in 1..=u16::MAX, number in 1..=u32::MAX) {
        let session = SessionId(wide);
        prop_assert_eq!(SessionId::parse(&session.to_string()), Ok(session));
        prop_assert_eq!(LineId::parse(&LineId(small).to_string()), Ok(LineId(small)));
        let attempt = AttemptId { session, number };
        prop_assert_eq!(AttemptId::parse(&attempt.to_string()), Ok(attempt));
    }

    #[test]
    fn whatever_parses_is_written_as_it_was_read(text in names()) {
        if let Ok(id) = SessionId::parse(&text) {
            prop_assert_eq!(id.to_string(), &*text);
        }
        if let Ok(id) = AttemptId::parse(&text) {
            prop_assert_eq!(id.to_string(), &*text);
        }
        if let Ok(id) = LineId::parse(&text) {
            prop_assert_eq!(id.to_string(), &*text);
        }
    }
}

/// What looks like a name, and sometimes is one.
fn names() -> impl Strategy<Value = String> {
    prop_oneof!["chk_[0-9a-f]{32}(-[+0-9]{1,3})?", "chk_[0-9a-fA-F+]{31,33}", "line_[+0-9]{1,6}"]
}

#[test]
fn an_acquirer_reference_number_is_twenty_three_digits_and_nothing_else() {
    let number = "24011345260000310078117";
    assert_eq!(ReferenceNumber::parse(number).unwrap().to_string(), number);
    for text in ["", "1", "2401134526000031007811", "240113452600003100781170"] {
        assert_eq!(ReferenceNumber::parse(text), Err(MalformedId::Reference), "{text:?}");
    }
    for text in ["2401134526000031007811x", " 2401134526000031007811", "-2401134526000031007811"] {
        assert_eq!(ReferenceNumber::parse(text), Err(MalformedId::Reference), "{text:?}");
    }
}
