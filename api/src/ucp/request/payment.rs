//! How the buyer means to pay: for show in an update, with the credential in a complete.
//!
//! Promise: the token is forwarded character for character, as a `Secret`. In every other place
//! the credential is not even read.

use paceline_domain::session::{Change, InstrumentShown, PaymentShown};
use paceline_domain::text::Text;
use paceline_engine::{PaymentOffered, Secret};

use super::{fulfillment, text, words};
use crate::limits::TOKEN_BYTES_MAX;
use crate::ucp::body::{
    CompleteBody, CredentialBody, DisplayBody, InstrumentBody, Member, Object, PaymentBody, Whole,
    Word,
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
    let bodies = body.instruments.unwrap_or_default();
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
    let bodies = body.instruments.unwrap_or_default();
    let named = body.selected_instrument_id.map(|Word(id)| id);
    let is_meant = |Object(body): &Object<InstrumentBody<'a>>| match &named {
        Some(named) => body.id.as_ref().is_some_and(|Word(id)| id == named),
        None => body.selected == Some(true),
    };
    let (one, found) = (bodies.len() == 1, bodies.iter().filter(|body| is_meant(body)).count());
    if bodies.is_empty() {
        return Err(Malformed::missing(path, "a payment instrument is needed"));
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
    let display_path = path.member("display");
    let Object(display) = body.display.given().unwrap_or(Object(DisplayBody::default()));
    let either = |flat, at, nested, nested_at| -> Result<Option<Text>, Malformed> {
        Ok(text(flat, &path.member(at))?.or(text(nested, &display_path.member(nested_at))?))
    };
    let billing_address = body.billing_address.given();
    let shown = InstrumentShown {
        id: needed(body.id, &path.member("id"))?,
        handler_id: needed(body.handler_id, &path.member("handler_id"))?,
        kind: match text(body.kind, &path.member("type"))? {
            Some(kind) => kind,
            None => words("card", path)?,
        },
        brand: either(body.brand, "brand", display.brand, "brand")?,
        last_digits: either(body.last_digits, "last_digits", display.last_digits, "last_digits")?,
        expiry_month: within(
            body.expiry_month.or(display.expiry_month),
            1..=12,
            &path.member("expiry_month"),
        )?,
        expiry_year: within(
            body.expiry_year.or(display.expiry_year),
            1..=9999,
            &path.member("expiry_year"),
        )?,
        rich_text_description: either(
            body.rich_text_description,
            "rich_text_description",
            display.description,
            "description",
        )?,
        rich_card_art: either(body.rich_card_art, "rich_card_art", display.card_art, "card_art")?,
        billing_address: billing_address
            .map(|Object(body)| fulfillment::address(body, &path.member("billing_address")))
            .transpose()?,
    };
    check_shown(&shown, path)?;
    Ok((shown, body.credential))
}

/// What is shown is stored, echoed and logged in the open: no card number may slip in with it.
fn check_shown(shown: &InstrumentShown, path: &Path<'_>) -> Result<(), Malformed> {
    let four = |digits: &Text| digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    if !shown.last_digits.as_ref().is_none_or(four) {
        return Err(Malformed::invalid(path.member("last_digits"), "at most four digits"));
    }
    for (member, words) in [
        ("id", Some(&shown.id)),
        ("handler_id", Some(&shown.handler_id)),
        ("type", Some(&shown.kind)),
        ("brand", shown.brand.as_ref()),
        ("rich_text_description", shown.rich_text_description.as_ref()),
        ("rich_card_art", shown.rich_card_art.as_ref()),
    ] {
        if words.is_some_and(|words| has_card_number(words)) {
            return Err(Malformed::invalid(path.member(member), "a card number does not go here"));
        }
    }
    Ok(())
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
    text(word, path)?.ok_or_else(|| Malformed::missing(path, "this is needed"))
}

fn within<T: TryFrom<i64>>(
    number: Option<Whole>,
    range: std::ops::RangeInclusive<i64>,
    path: &Path<'_>,
) -> Result<Option<T>, Malformed> {
    let Some(Whole(number)) = number else { return Ok(None) };
    let fits = range.contains(&number).then(|| T::try_from(number).ok()).flatten();
    let what = || format!("a number from {} to {}", range.start(), range.end());
    fits.map(Some).ok_or_else(|| Malformed::invalid(path, what()))
}
