//! How the buyer means to pay: for show in an update, with the credential in a complete.
//!
//! Promise: the token is forwarded character for character, as a `Secret`. In every other place
//! the credential is not even read.

use paceline_domain::session::{Change, INSTRUMENTS_MAX, InstrumentShown, PaymentShown};
use paceline_domain::text::Text;
use paceline_engine::{PaymentOffered, Secret};

use super::{fulfillment, text, words};
use crate::limits::TOKEN_BYTES_MAX;
use crate::ucp::body::{
    CompleteBody, CredentialBody, DisplayBody, Few, InstrumentBody, Member, Object, PaymentBody,
    Whole, Word,
};
use crate::ucp::error::Malformed;
use crate::ucp::path::Path;

pub(super) fn shown(
    body: Member<Object<PaymentBody<'_>>>,
    path: &Path<'_>,
) -> Result<Change<PaymentShown>, Malformed> {
    let Object(body) = match body {
        Member::Absent => return Ok(Change::Keep),
        Member::Null => return Ok(Change::Clear),
        Member::Given(body) => body,
    };
    let Few(bodies) = body.instruments.unwrap_or_default();
    let path_of_all = path.member("instruments");
    let mut payment = PaymentShown {
        selected_instrument_id: text(
            body.selected_instrument_id,
            &path.member("selected_instrument_id"),
        )?,
        instruments: Vec::with_capacity(bodies.len()),
    };
    for (index, Object(body)) in bodies.into_iter().enumerate() {
        let selected = body.selected == Some(true);
        let (instrument, _) = instrument(body, &path_of_all.item(index))?;
        if selected && payment.selected_instrument_id.is_none() {
            payment.selected_instrument_id = Some(instrument.id.clone());
        }
        payment.instruments.push(instrument);
    }
    let empty = payment == PaymentShown::default();
    Ok(if empty { Change::Clear } else { Change::Set(payment) })
}

/// The one instrument to charge: `payment_data`, or the selected one of `payment.instruments`.
pub(super) fn offered(body: CompleteBody<'_>) -> Result<PaymentOffered, Malformed> {
    let root = Path::Root;
    let (payment_data, payment) = (root.member("payment_data"), root.member("payment"));
    let instruments = payment.member("instruments");
    match (body.payment_data, body.payment) {
        (Member::Given(Object(body)), _) => offer(body, &payment_data),
        (Member::Absent | Member::Null, Member::Given(Object(body))) => {
            let (index, body) = selected(body, &instruments)?;
            offer(body, &instruments.item(index))
        }
        (Member::Absent | Member::Null, Member::Absent | Member::Null) => {
            Err(Malformed::missing(payment_data, "a payment instrument is needed"))
        }
    }
}

fn selected<'a>(
    body: PaymentBody<'a>,
    path: &Path<'_>,
) -> Result<(usize, InstrumentBody<'a>), Malformed> {
    let Few(bodies) = body.instruments.unwrap_or_default();
    let named = body.selected_instrument_id.map(|Word(id)| id);
    let is_meant = |Object(body): &Object<InstrumentBody<'a>>| match &named {
        Some(named) => body.id.as_ref().is_some_and(|Word(id)| id == named),
        None => body.selected == Some(true),
    };
    let (one, found) = (bodies.len() == 1, bodies.iter().filter(|body| is_meant(body)).count());
    if bodies.is_empty() {
        return Err(Malformed::missing(path, "a payment instrument is needed"));
    }
    if bodies.len() > INSTRUMENTS_MAX {
        let what = format!("at most {INSTRUMENTS_MAX} payment instruments can be given");
        return Err(Malformed::invalid(path, what));
    }
    if found > 1 || (found == 0 && !(one && named.is_none())) {
        return Err(Malformed::invalid(path, "exactly one payment instrument must be selected"));
    }
    let meant = |(_, body): &(usize, Object<InstrumentBody<'a>>)| one || is_meant(body);
    let found = bodies.into_iter().enumerate().find(meant).expect("one was counted above");
    Ok((found.0, found.1.0))
}

fn offer(body: InstrumentBody<'_>, path: &Path<'_>) -> Result<PaymentOffered, Malformed> {
    let (shown, credential) = instrument(body, path)?;
    let path = path.member("credential");
    let Object(credential) = credential
        .given()
        .ok_or_else(|| Malformed::missing(path, "a payment credential is needed"))?;
    Ok(PaymentOffered { shown, credential: token(credential, &path)? })
}

fn token(body: CredentialBody<'_>, path: &Path<'_>) -> Result<Secret, Malformed> {
    if body.kind.is_some_and(|Word(kind)| kind == "card") {
        let what = "card numbers are not taken here, only payment tokens";
        return Err(Malformed::invalid(path, what));
    }
    let path = path.member("token");
    match body.token {
        None => Err(Malformed::missing(path, "a payment token is needed")),
        Some(Word(token)) if token.is_empty() => {
            Err(Malformed::missing(path, "a payment token is needed"))
        }
        Some(Word(token)) if token.len() > TOKEN_BYTES_MAX => {
            let what = format!("a payment token has at most {TOKEN_BYTES_MAX} bytes");
            Err(Malformed::invalid(path, what))
        }
        Some(Word(token)) => Ok(Secret::new(token.into_owned().into_bytes())),
    }
}

/// What may be shown of an instrument, and its credential apart from it.
fn instrument<'a>(
    body: InstrumentBody<'a>,
    path: &Path<'_>,
) -> Result<(InstrumentShown, Member<Object<CredentialBody<'a>>>), Malformed> {
    let inside = path.member("display");
    let Object(display) = body.display.given().unwrap_or(Object(DisplayBody::default()));
    let billing_address = body.billing_address.given();
    let shown = InstrumentShown {
        id: needed(body.id, &path.member("id"))?,
        handler_id: needed(body.handler_id, &path.member("handler_id"))?,
        kind: match shown_word(body.kind, &path.member("type"), no_card_number)? {
            Some(kind) => kind,
            None => words("card", path)?,
        },
        brand: either(
            (body.brand, path.member("brand")),
            (display.brand, inside.member("brand")),
            no_card_number,
        )?,
        last_digits: either(
            (body.last_digits, path.member("last_digits")),
            (display.last_digits, inside.member("last_digits")),
            at_most_four_digits,
        )?,
        expiry_month: within(
            (body.expiry_month, path.member("expiry_month")),
            (display.expiry_month, inside.member("expiry_month")),
            1..=12,
        )?,
        expiry_year: within(
            (body.expiry_year, path.member("expiry_year")),
            (display.expiry_year, inside.member("expiry_year")),
            1..=9999,
        )?,
        rich_text_description: either(
            (body.rich_text_description, path.member("rich_text_description")),
            (display.description, inside.member("description")),
            no_card_number,
        )?,
        rich_card_art: either(
            (body.rich_card_art, path.member("rich_card_art")),
            (display.card_art, inside.member("card_art")),
            no_card_number,
        )?,
        billing_address: billing_address
            .map(|Object(body)| fulfillment::address(body, &path.member("billing_address")))
            .transpose()?,
    };
    Ok((shown, body.credential))
}

/// The flat spelling, or else the one in `display`; whichever is wrong is named where it stands.
fn either(
    flat: (Option<Word<'_>>, Path<'_>),
    nested: (Option<Word<'_>>, Path<'_>),
    check: fn(&str) -> Result<(), &'static str>,
) -> Result<Option<Text>, Malformed> {
    match shown_word(flat.0, &flat.1, check)? {
        Some(word) => Ok(Some(word)),
        None => shown_word(nested.0, &nested.1, check),
    }
}

fn shown_word(
    word: Option<Word<'_>>,
    path: &Path<'_>,
    check: fn(&str) -> Result<(), &'static str>,
) -> Result<Option<Text>, Malformed> {
    let word = text(word, path)?;
    let checked = word.as_deref().map_or(Ok(()), check);
    checked.map(|()| word).map_err(|what| Malformed::invalid(path, what))
}

/// What is shown is stored, echoed and logged in the open: no card number may slip in with it.
fn no_card_number(word: &str) -> Result<(), &'static str> {
    if has_card_number(word) { Err("a card number does not go here") } else { Ok(()) }
}

fn at_most_four_digits(word: &str) -> Result<(), &'static str> {
    let four = word.len() <= 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    if four { Ok(()) } else { Err("at most four digits") }
}

/// 13 to 19 digits, perhaps in groups, with the check digit of a card (ISO/IEC 7812).
fn has_card_number(words: &str) -> bool {
    words.split(|c: char| !c.is_ascii_digit() && c != ' ' && c != '-').any(|run| {
        let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
        (13..=19).contains(&digits.len()) && passes_luhn(&digits)
    })
}

fn passes_luhn(digits: &[u32]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(at, digit)| match at % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    });
    weighed.sum::<u32>().is_multiple_of(10)
}

fn needed(word: Option<Word<'_>>, path: &Path<'_>) -> Result<Text, Malformed> {
    let word = shown_word(word, path, no_card_number)?;
    word.ok_or_else(|| Malformed::missing(path, "this is needed"))
}

/// As [`either`].
fn within<T: TryFrom<i64>>(
    flat: (Option<Whole>, Path<'_>),
    nested: (Option<Whole>, Path<'_>),
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<T>, Malformed> {
    let (number, path) = if flat.0.is_some() { flat } else { nested };
    let Some(Whole(number)) = number else { return Ok(None) };
    let fits = range.contains(&number).then(|| T::try_from(number).ok()).flatten();
    let what = || format!("a number from {} to {}", range.start(), range.end());
    fits.map(Some).ok_or_else(|| Malformed::invalid(path, what()))
}
