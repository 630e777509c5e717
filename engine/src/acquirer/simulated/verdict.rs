//! What the simulated issuers say of a card besides yes and no, and the numbers that they give.
//!
//! Promise: the same seed, the same movement and the same question give the same words.

use paceline_domain::authorization::{
    AddressMatches, AddressVerdict, CardFacts, CvnVerdict, Match, StoredCredentialVerdict, Verdict,
};
use paceline_domain::ids::{MovementId, ReferenceNumber};
use paceline_domain::response_code::Meaning;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use ring::digest::{Context, SHA256};

use super::cards::{Compares, Script};
use crate::acquirer::Authorize;
use crate::calendar::day_of_year;
use crate::card::{Address, number};
use crate::secret::Secret;

/// All issuers there are.
#[derive(Clone, Copy)]
pub(super) struct Issuer {
    pub seed: u64,
}

impl Issuer {
    pub fn verdict(self, ask: &Authorize, script: Script) -> Verdict {
        let approved = script.code.meaning() == Meaning::Approved;
        let authorization_code = approved.then(|| self.drawn(b"code", ask.id, 6, CODE_LETTERS));
        let stored_credential = match ask.processing.stored_credential {
            None => StoredCredentialVerdict::NotSent,
            // Nothing is said to have been stored with a payment that was not made.
            Some(_) if !approved => {
                let why = text("the issuer declined");
                StoredCredentialVerdict::Unsupported { why }
            }
            Some(_) if !script.stored_credentials => {
                let why = text("the issuer does not support stored credentials");
                StoredCredentialVerdict::Unsupported { why }
            }
            Some(_) => {
                let network_transaction = self.drawn(b"transaction", ask.id, 15, DIGITS);
                match script.supplements {
                    false => StoredCredentialVerdict::Successful { network_transaction },
                    true => StoredCredentialVerdict::Supplemented {
                        network_transaction,
                        supplementary: self.drawn(b"supplement", ask.id, 22, CODE_LETTERS),
                    },
                }
            }
        };
        let card = CardFacts {
            issuer: script.issuer.map(text),
            country: script.country.map(text),
            network: number::network(ask.card.number.expose()),
            kind: script.kind,
        };
        let (address, cvn) = (address(ask.address.as_ref(), script), cvn(ask.cvn.as_ref(), script));
        let code = script.code;
        Verdict { code, authorization_code, address, cvn, card, stored_credential }
    }

    /// The acquirer reference number of a movement: the form of the networks', 23 digits. A kind,
    /// the acquirer, the last digit of the year and its day, a number of the acquirer's own, and a
    /// check digit.
    pub fn reference(self, movement: MovementId, at: Timestamp) -> ReferenceNumber {
        let (year, day) = day_of_year(at);
        let own = self.drawn(b"reference", movement, 11, DIGITS);
        let digits = format!("2{ACQUIRER}{}{day:03}{own}", year % 10);
        let check = char::from(number::check_digit(digits.as_bytes()));
        ReferenceNumber::parse(&format!("{digits}{check}")).expect("it has 23 digits")
    }

    /// Letters that nobody could have guessed and everybody can draw again.
    fn drawn(self, what: &[u8], movement: MovementId, letters: usize, from: &[u8]) -> Text {
        let mut context = Context::new(&SHA256);
        context.update(what);
        context.update(&self.seed.to_be_bytes());
        context.update(&movement.0.to_be_bytes());
        let hash = context.finish();
        let picked = hash.as_ref().iter().take(letters).map(|b| from[usize::from(*b) % from.len()]);
        text(&picked.map(char::from).collect::<String>())
    }
}

/// Six digits by which the networks would know this acquirer.
const ACQUIRER: &str = "401134";

const DIGITS: &[u8] = b"0123456789";
const CODE_LETTERS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

fn cvn(sent: Option<&Secret>, script: Script) -> CvnVerdict {
    let unsupported_by = match script.cvn {
        Some(CvnVerdict::Unsupported(by)) => Some(by),
        _ => None,
    };
    let Some(sent) = sent else { return CvnVerdict::NotSent { unsupported_by } };
    let all = |digit| sent.expose().iter().all(|given| *given == digit);
    script.cvn.unwrap_or(match () {
        () if all(b'0') => CvnVerdict::Mismatch,
        () if all(b'9') => CvnVerdict::NotVerified,
        () => CvnVerdict::Match,
    })
}

/// Only the street and the postal code are compared, as most issuers do.
fn address(sent: Option<&Address>, script: Script) -> AddressVerdict {
    let Some(sent) = sent else {
        let supported = !matches!(script.address, Compares::Nothing(_));
        return AddressVerdict::NotSent { supported };
    };
    let (line, postal_code) = match (script.address, sent.postal_code.as_deref()) {
        (Compares::Nothing(by), _) => return AddressVerdict::SentUnsupported(by),
        (Compares::SkippedByNetwork, _) => (Match::SkippedByNetwork, Match::SkippedByNetwork),
        (Compares::Parts, Some("00000")) => (Match::Match, Match::Mismatch),
        (Compares::Parts, Some("00001")) => (Match::Mismatch, Match::Mismatch),
        (Compares::Parts, Some("00002")) => (Match::SkippedByIssuer, Match::SkippedByIssuer),
        (Compares::Parts, Some(_)) => (Match::Match, Match::Match),
        (Compares::Parts, None) => (Match::Match, Match::NotSpecified),
    };
    let line = if sent.lines.is_empty() { Match::NotSpecified } else { line };
    let raw = match (line, postal_code) {
        (Match::Match, Match::Match) => "Y",
        (Match::Match, _) => "A",
        (_, Match::Match) => "Z",
        (Match::Mismatch, _) | (_, Match::Mismatch) => "N",
        _ => "U",
    };
    AddressVerdict::Checked(Box::new(AddressMatches {
        raw: text(raw),
        line,
        locality: Match::NotSpecified,
        administrative_area: Match::NotSpecified,
        postal_code,
        country: Match::NotSpecified,
        name: Match::NotSpecified,
    }))
}

fn text(words: &str) -> Text {
    Text::parse(words).expect("it is short")
}
