//! What a card's issuer and its network say when they are asked for money.
//!
//! Why: the answer to a reserve, a one-message capture or a verification is far more than yes or no,
//! and Google hears all of it: the raw code, what became of the address and of the verification
//! code, what kind of card it is. It is kept with the payment, because a repeat has to be told the
//! same.
//! Left out: the card's number and its verification code, which nothing here may hold.
//! Source: Standard Payments, card form of payment, version 1: shared types, and card authorization
//! results.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::response_code::ResponseCode;
use crate::text::Text;
use crate::time::Timestamp;

/// A card network, in Google's words for the scope of a raw code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Network {
    Visa,
    Mastercard,
    Amex,
    Discover,
    Jcb,
    UnionPay,
}

impl Network {
    pub const ALL: [Self; 6] =
        [Self::Visa, Self::Mastercard, Self::Amex, Self::Discover, Self::Jcb, Self::UnionPay];

    /// The scope of its codes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Visa => "VISA",
            Self::Mastercard => "MASTERCARD",
            Self::Amex => "AMEX",
            Self::Discover => "DISCOVER",
            Self::Jcb => "JCB",
            Self::UnionPay => "UNIONPAY",
        }
    }
}

/// What was answered, whichever way it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub code: ResponseCode,
    /// Whatever there is is passed on: up to six characters.
    pub authorization_code: Option<Text>,
    pub address: AddressVerdict,
    pub cvn: CvnVerdict,
    pub card: CardFacts,
    pub stored_credential: StoredCredentialVerdict,
}

/// Money is set aside, or has moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub verdict: Verdict,
    /// When what was set aside is free again, unless it is captured.
    pub expires_at: Timestamp,
}

/// What is known of a card without its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardFacts {
    pub issuer: Option<Text>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Text>,
    /// The one that was used; `None` if none was asked.
    pub network: Option<Network>,
    pub kind: CardKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardKind {
    Credit,
    Debit,
    Prepaid,
    Unknown,
}

/// What became of the address that was sent, or would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressVerdict {
    NotSent { supported: bool },
    SentUnsupported(UnsupportedBy),
    Checked(Box<AddressMatches>),
}

/// A verdict on each part of the address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressMatches {
    /// As the network gave it, such as `Y`.
    pub raw: Text,
    pub line: Match,
    pub locality: Match,
    pub administrative_area: Match,
    pub postal_code: Match,
    pub country: Match,
    pub name: Match,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Match {
    Match,
    Mismatch,
    NotSpecified,
    SkippedByNetwork,
    SkippedByIssuer,
    Unsupported,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnsupportedBy {
    Integrator,
    Network,
    Issuer,
}

/// What became of the verification code that was sent, or would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CvnVerdict {
    NotSent { unsupported_by: Option<UnsupportedBy> },
    Unsupported(UnsupportedBy),
    Match,
    Mismatch,
    NotVerified,
    SkippedByNetwork,
    SkippedByIssuer,
    NotSpecified,
}

/// What became of what was said of a stored credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoredCredentialVerdict {
    NotSent,
    Unsupported {
        why: Text,
    },
    Successful {
        network_transaction: Text,
    },
    /// With a second id, where the network gives one.
    Supplemented {
        network_transaction: Text,
        supplementary: Text,
    },
}

/// The last four digits of a card's number, which may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LastFour(pub [u8; 4]);

/// As people read them in a story, as their bytes where only we do.
impl Serialize for LastFour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.collect_str(self),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for LastFour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = match deserializer.is_human_readable() {
            true => String::deserialize(deserializer)?.into_bytes(),
            false => <[u8; 4]>::deserialize(deserializer)?.into(),
        };
        let digits = <[u8; 4]>::try_from(digits.as_slice()).map_err(serde::de::Error::custom)?;
        match digits.iter().all(u8::is_ascii_digit) {
            true => Ok(Self(digits)),
            false => Err(serde::de::Error::custom("the last four digits of a card are digits")),
        }
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
