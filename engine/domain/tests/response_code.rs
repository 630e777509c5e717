//! What each response code comes to: the table of the reference, code by code.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use paceline_domain::response_code::CardDecline::*;
use paceline_domain::response_code::{Failure, Meaning, ResponseCode};

fn meaning(code: &str) -> Meaning {
    ResponseCode::parse(code).unwrap().meaning()
}

#[test]
fn the_table_of_response_codes_code_by_code() {
    let table: &[(&str, Meaning)] = &[
        ("00 08 11", Meaning::Approved),
        ("01 02 10", Meaning::Declined(IssuerDeclined)),
        ("03", Meaning::Failed(Failure::Misconfigured)),
        ("04 07 41 43", Meaning::Declined(LostOrStolen)),
        ("05", Meaning::Declined(DoNotHonor)),
        ("12", Meaning::Declined(TransactionInvalid)),
        ("13 61", Meaning::Declined(AboveLimit)),
        ("15", Meaning::Declined(NotRouted)),
        ("19 22 28 09 91", Meaning::Failed(Failure::Unavailable)),
        ("20 30 06 96", Meaning::Failed(Failure::Broken)),
        ("21 25 52 53 14", Meaning::Declined(NumberInvalid)),
        ("51 16", Meaning::Declined(InsufficientFunds)),
        ("54", Meaning::Declined(CardExpired)),
        ("57 58", Meaning::Declined(TransactionNotAllowed)),
        ("59", Meaning::Declined(SuspectedFraud)),
        ("62", Meaning::Declined(CardRestricted)),
    ];
    for (codes, expected) in table {
        for code in codes.split(' ') {
            assert_eq!(meaning(code), *expected, "{code}");
        }
    }
}

#[test]
fn a_code_that_nobody_has_heard_of_is_a_refusal_and_never_an_approval() {
    let approved: BTreeSet<String> = (b'0'..=b'Z')
        .flat_map(|first| (b'0'..=b'Z').map(move |second| [first, second]))
        .filter_map(|code| std::str::from_utf8(&code).ok().map(str::to_owned))
        .filter(|code| ResponseCode::parse(code).is_ok_and(|c| c.meaning() == Meaning::Approved))
        .collect();
    assert_eq!(approved, BTreeSet::from(["00", "08", "11"].map(str::to_owned)));
    assert_eq!(meaning("ZZ"), Meaning::Declined(IssuerDeclined));
}

#[test]
fn every_reason_has_a_code_and_a_word_of_its_own() {
    let reasons = [
        IssuerDeclined,
        DoNotHonor,
        InsufficientFunds,
        CardExpired,
        CardCancelled,
        LostOrStolen,
        CardRestricted,
        NumberInvalid,
        TransactionInvalid,
        TransactionNotAllowed,
        AboveLimit,
        BelowLimit,
        NotRouted,
        SuspectedFraud,
        AuthenticationRequired,
        AuthenticationExpired,
        RecurringUnsupported,
        NetworkTimeout,
    ];
    let codes = (0..100).map(|code| format!("{code:02}")).chain(["R0".into(), "1A".into()]);
    let met: BTreeSet<_> = codes
        .filter_map(|code| match meaning(&code) {
            Meaning::Declined(why) => Some(why.word()),
            Meaning::Approved | Meaning::Failed(_) => None,
        })
        .collect();
    assert_eq!(met, BTreeSet::from(reasons.map(|reason| reason.word())));
}

#[test]
fn a_code_is_two_letters_or_digits() {
    for wrong in ["", "0", "000", "a0", "0 ", "é"] {
        assert!(ResponseCode::parse(wrong).is_err(), "{wrong:?}");
    }
    let code = ResponseCode::parse("R0").unwrap();
    assert_eq!((code.to_string(), format!("{code:?}")), ("R0".into(), "R0".into()));
}
