//! What is seen of a card before anybody is asked.
//!
//! Why: a number that fails its own check digit, a card of a month that is over, a network that is
//! not served, more money than anything costs: the answer is known, so the card leaves for nobody.
//! Promise: what is barred is an answer like an issuer's, and says that no network gave it.
//! Source: ISO/IEC 7812 (the check digit), and the ranges that the networks publish.

use std::time::Duration;

use paceline_domain::authorization::{
    AddressMatches, AddressVerdict, CardFacts, CardKind, CvnVerdict, LastFour, Match, Network,
    StoredCredentialVerdict, Verdict,
};
use paceline_domain::response_code::ResponseCode;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

use super::{Authorize, Expiry};
use crate::calendar::month_begins;
use crate::limits::CARD_AMOUNT_MAX;

/// What a number tells of its card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    pub network: Network,
    pub last_four: LastFour,
}

/// Looks at a card that nobody has been asked about.
///
/// - `served`: the networks that the acquirer is connected with.
///
/// # Errors
/// What is answered in the place of the issuer, and kept with the payment.
pub fn check(ask: &Authorize, served: &[Network], now: Timestamp) -> Result<Checked, Box<Verdict>> {
    let number = ask.card.number.expose();
    let network = network(number);
    let barred = |code| Box::new(verdict(ask, code));
    if !is_well_formed(number) {
        return Err(barred("14"));
    }
    if ask.amount.is_some_and(|amount| amount > CARD_AMOUNT_MAX) {
        return Err(barred("61"));
    }
    match network.filter(|network| served.contains(network)) {
        None => Err(barred("15")),
        Some(network) if !lengths(network).contains(&number.len()) => Err(barred("14")),
        Some(_) if ask.card.expires.is_some_and(|expires| is_over(expires, now)) => {
            Err(barred("54"))
        }
        Some(network) => Ok(Checked { network, last_four: last_four(number) }),
    }
}

/// The last four digits, or zeros where there are none.
pub fn last_four(number: &[u8]) -> LastFour {
    let digits = number.last_chunk().filter(|last| last.iter().all(u8::is_ascii_digit));
    LastFour(digits.copied().unwrap_or(*b"0000"))
}

/// 12 to 19 digits, the last of which checks the others.
pub fn is_well_formed(number: &[u8]) -> bool {
    let digits = number.iter().all(u8::is_ascii_digit);
    digits && (12..=19).contains(&number.len()) && luhn(number).is_multiple_of(10)
}

/// The digit that makes a number pass when it follows these.
pub fn check_digit(digits: &[u8]) -> u8 {
    let sum = luhn(&[digits, b"0"].concat());
    b'0' + u8::try_from((10 - sum % 10) % 10).expect("it is one digit")
}

/// The sum of Luhn, over ASCII digits: from the right, every second one doubled.
fn luhn(digits: &[u8]) -> u32 {
    let values = digits.iter().rev().map(|digit| u32::from(digit - b'0'));
    let crossed = values.enumerate().map(|(at, value)| match (at % 2, value) {
        (0, value) => value,
        (_, value) => value * 2 / 10 + value * 2 % 10,
    });
    crossed.sum()
}

/// Whose cards have numbers that begin so.
pub fn network(number: &[u8]) -> Option<Network> {
    let prefix = |digits: usize| {
        let first = std::str::from_utf8(number.get(..digits)?).ok()?;
        first.parse::<u32>().ok()
    };
    match (prefix(1)?, prefix(2)?, prefix(3)?, prefix(4)?) {
        (4, ..) => Some(Network::Visa),
        (_, 51..=55, ..) | (.., 2221..=2720) => Some(Network::Mastercard),
        (_, 34 | 37, ..) => Some(Network::Amex),
        (.., 6011) | (_, _, 644..=649, _) | (_, 65, ..) => Some(Network::Discover),
        (.., 3528..=3589) => Some(Network::Jcb),
        (_, 62 | 81, ..) => Some(Network::UnionPay),
        _ => None,
    }
}

fn lengths(network: Network) -> &'static [usize] {
    match network {
        Network::Visa => &[13, 16, 19],
        Network::Mastercard => &[16],
        Network::Amex => &[15],
        Network::Discover | Network::Jcb | Network::UnionPay => &[16, 17, 18, 19],
    }
}

/// The month of a card ends where it ends last: twelve hours after UTC's.
const LAST_CLOCK: Duration = Duration::from_secs(12 * 60 * 60);

fn is_over(Expiry { month, year }: Expiry, now: Timestamp) -> bool {
    let (year, month) = if month < 12 { (year, month + 1) } else { (year.saturating_add(1), 1) };
    month_begins(year, month).after(LAST_CLOCK) <= now
}

/// An answer in the place of the issuer's: no network was used, nothing was compared, and nothing else
/// is known.
///
/// - `code`: that an issuer would give; it is never told as one.
fn verdict(ask: &Authorize, code: &str) -> Verdict {
    let word = |word| Text::parse(word).expect("it is short");
    let cvn = match ask.cvn {
        Some(_) => CvnVerdict::NotVerified,
        None => CvnVerdict::NotSent { unsupported_by: None },
    };
    let address = match ask.address {
        None => AddressVerdict::NotSent { supported: true },
        Some(_) => AddressVerdict::Checked(Box::new(AddressMatches {
            raw: word("U"),
            line: Match::NotSpecified,
            locality: Match::NotSpecified,
            administrative_area: Match::NotSpecified,
            postal_code: Match::NotSpecified,
            country: Match::NotSpecified,
            name: Match::NotSpecified,
        })),
    };
    let stored_credential = match ask.processing.stored_credential {
        None => StoredCredentialVerdict::NotSent,
        Some(_) => StoredCredentialVerdict::Unsupported { why: word("the network was not asked") },
    };
    let card = CardFacts { issuer: None, country: None, network: None, kind: CardKind::Unknown };
    let code = ResponseCode::parse(code).expect("it is one of ours");
    Verdict { code, authorization_code: None, address, cvn, card, stored_credential }
}

#[cfg(test)]
mod tests;
