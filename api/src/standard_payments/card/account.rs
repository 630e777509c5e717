//! What is paid with, and where its holder lives.
//!
//! Promise: number, name, verification code and cryptogram leave the body as secrets only.
//! Source: Standard Payments, card form of payment, version 1: `AccountDetails`, `Card`,
//! `PaymentToken`, `AddressVerificationData`.

use paceline_domain::text::Text;
use paceline_engine::Secret;
use paceline_engine::card::{Address, CardOnFile, Expiry, NetworkToken, TokenKind};

use crate::limits::ADDRESS_LINES_MAX;
use crate::standard_payments::Fault;
use crate::standard_payments::read::Members;

/// Digits of a number.
///
/// # Source
/// ISO/IEC 7812-1; the shortest in use has twelve.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Digits of a verification code: American Express prints four.
const CVN_DIGITS: std::ops::RangeInclusive<usize> = 3..=4;
/// Two digits of a year are of this one.
const CENTURY: u16 = 2000;

/// A card, or a network's token of one; its verification code, if there is one.
pub fn details(details: Members<'_>) -> Result<(CardOnFile, Option<Secret>), Fault> {
    match details.one_of(["card", "paymentToken"])? {
        "card" => details.object("card", card),
        token => Ok((details.object(token, payment_token)?, None)),
    }
}

pub fn card(card: Members<'_>) -> Result<(CardOnFile, Option<Secret>), Fault> {
    let number = card.digits("accountNumber", NUMBER_DIGITS)?;
    let name = card.secret_text("nameOnCard")?;
    let expires = Some(expiry(card)?);
    let cvn = card.known("cvn", |card, cvn| card.digits(cvn, CVN_DIGITS))?;
    // Some cards of old had it; nobody asks for it any more.
    card.known("issuanceDateMonth", |card, name| card.parsed(name, month))?;
    card.known("issuanceDateYear", |card, name| card.parsed(name, year))?;
    Ok((CardOnFile { number, name, expires, token: None }, cvn))
}

fn payment_token(token: Members<'_>) -> Result<CardOnFile, Fault> {
    let number = token.digits("paymentTokenAccountNumber", NUMBER_DIGITS)?;
    let name = token.secret_text("nameOnCard")?;
    // Its network knows it; half of a date is none.
    let dated = token.has("expiryMonth") || token.has("expiryYear");
    let expires = dated.then(|| expiry(token)).transpose()?;
    let cryptogram = token.known("cryptogram", Members::secret)?;
    let kind = token_kind(token)?;
    Ok(CardOnFile { number, name, expires, token: Some(NetworkToken { kind, cryptogram }) })
}

/// Whoever calls in the form of before 2025-08 says nothing of it.
fn token_kind(token: Members<'_>) -> Result<Option<TokenKind>, Fault> {
    const DEVICE: &str = "tokenTypeDeviceToken";
    const MERCHANT: &str = "tokenTypeMerchantToken";
    let said = token.union([DEVICE, MERCHANT, "tokenTypeUnsupported"])?;
    let kind = |name| match name {
        DEVICE => TokenKind::Device,
        MERCHANT => TokenKind::Merchant,
        _ => TokenKind::Unsupported,
    };
    said.map(|name| token.object(name, |_| Ok(kind(name)))).transpose()
}

fn expiry(of: Members<'_>) -> Result<Expiry, Fault> {
    let month = of.parsed("expiryMonth", month)?;
    Ok(Expiry { month, year: of.parsed("expiryYear", year)? })
}

fn month(text: &str) -> Result<u8, &'static str> {
    let month = two_digits(text).filter(|month| (1..=12).contains(month));
    month.ok_or("a month is wanted, from 01 to 12")
}

fn year(text: &str) -> Result<u16, &'static str> {
    two_digits(text).map(|year| CENTURY + u16::from(year)).ok_or("two digits of a year are wanted")
}

fn two_digits(text: &str) -> Option<u8> {
    let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// For the issuer to compare. Every part may be missing.
pub fn address(address: Members<'_>) -> Result<Address, Fault> {
    Ok(Address {
        lines: address.texts("addressLine", ADDRESS_LINES_MAX)?,
        locality: part(address, "localityName")?,
        administrative_area: part(address, "administrativeAreaName")?,
        postal_code: part(address, "postalCodeNumber")?,
        country: address.known("countryCode", |address, name| address.parsed(name, country))?,
    })
}

/// Forms send empty what their customers leave out: there is nothing to compare.
fn part(address: Members<'_>, name: &str) -> Result<Option<Text>, Fault> {
    let part = address.known(name, |address, name| address.parsed(name, Text::parse))?;
    Ok(part.filter(|part| !part.trim().is_empty()))
}

fn country(text: &str) -> Result<Text, &'static str> {
    let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let code = Text::parse(text).ok().filter(|_| plain);
    code.ok_or("a country code of ISO 3166-1, two capital letters, is wanted")
}
