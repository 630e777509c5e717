//! Response codes of ISO 8583, and what each comes to.
//!
//! Why: most refusals are an answer that Google hears as a result and that is never taken back. Some
//! are not: the issuer or a switch was not able to say, so Google has to ask again, and what it
//! hears is an error.
//! Source: Standard Payments, card form of payment, version 1: response codes; those above 59 are
//! the field's.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Two characters, as the issuer gave them: `00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseCode([u8; 2]);

/// As people read it in a story, as its bytes where only we do.
impl Serialize for ResponseCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str(self.as_str()),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ResponseCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = match deserializer.is_human_readable() {
            true => String::deserialize(deserializer)?.into_bytes(),
            false => <[u8; 2]>::deserialize(deserializer)?.into(),
        };
        let code = std::str::from_utf8(&code).map_err(serde::de::Error::custom)?;
        Self::parse(code).map_err(serde::de::Error::custom)
    }
}

/// A response code is two letters or digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a response code is two letters or digits")]
pub struct MalformedResponseCode;

/// What a response code comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Approved,
    Declined(CardDecline),
    /// Nobody has said no: the same question may be asked again.
    Failed(Failure),
}

/// Why a card was not charged: final for the request that heard it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum CardDecline {
    #[error("the issuer declined")]
    IssuerDeclined,
    #[error("the issuer said not to honour it")]
    DoNotHonor,
    #[error("there are not enough funds")]
    InsufficientFunds,
    #[error("the card has expired")]
    CardExpired,
    #[error("the card is cancelled")]
    CardCancelled,
    #[error("the card was reported lost or stolen")]
    LostOrStolen,
    #[error("the card is restricted")]
    CardRestricted,
    #[error("there is no card of this number")]
    NumberInvalid,
    #[error("the transaction is not valid")]
    TransactionInvalid,
    #[error("the transaction is not allowed for this card or merchant")]
    TransactionNotAllowed,
    #[error("the amount is above a limit")]
    AboveLimit,
    #[error("the amount is below a limit")]
    BelowLimit,
    #[error("no issuer could be found")]
    NotRouted,
    #[error("the payment looks fraudulent")]
    SuspectedFraud,
    #[error("the holder has to be authenticated")]
    AuthenticationRequired,
    #[error("the proof of authentication is too old")]
    AuthenticationExpired,
    #[error("recurring payments are not supported")]
    RecurringUnsupported,
    #[error("the network did not answer in time")]
    NetworkTimeout,
}

/// Why nothing was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    #[error("the merchant's configuration at the acquirer is wrong")]
    Misconfigured,
    #[error("the network failed")]
    Broken,
    #[error("the network is not available")]
    Unavailable,
}

impl ResponseCode {
    /// # Errors
    /// [`MalformedResponseCode`].
    pub fn parse(text: &str) -> Result<Self, MalformedResponseCode> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| MalformedResponseCode)?;
        let plain = code.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        if plain { Ok(Self(code)) } else { Err(MalformedResponseCode) }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a response code is ASCII")
    }

    /// What it comes to. One that nobody has heard of is a refusal without a reason.
    pub fn meaning(self) -> Meaning {
        use CardDecline::*;
        let declined = match &self.0 {
            b"00" | b"08" | b"11" => return Meaning::Approved,
            b"03" => return Meaning::Failed(Failure::Misconfigured),
            b"06" | b"20" | b"30" | b"96" => return Meaning::Failed(Failure::Broken),
            b"09" | b"19" | b"22" | b"28" | b"91" => return Meaning::Failed(Failure::Unavailable),
            b"04" | b"07" | b"41" | b"43" => LostOrStolen,
            b"05" => DoNotHonor,
            b"12" => TransactionInvalid,
            b"13" | b"61" => AboveLimit,
            b"14" | b"21" | b"25" | b"52" | b"53" => NumberInvalid,
            b"15" => NotRouted,
            b"16" | b"51" => InsufficientFunds,
            b"54" => CardExpired,
            b"57" | b"58" => TransactionNotAllowed,
            b"59" => SuspectedFraud,
            b"62" => CardRestricted,
            b"64" => BelowLimit,
            b"65" | b"1A" => AuthenticationRequired,
            b"68" => NetworkTimeout,
            b"78" => CardCancelled,
            b"70" => AuthenticationExpired,
            b"R0" => RecurringUnsupported,
            _ => IssuerDeclined,
        };
        Meaning::Declined(declined)
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl CardDecline {
    /// The word in metrics and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::IssuerDeclined => "issuer_declined",
            Self::DoNotHonor => "do_not_honor",
            Self::InsufficientFunds => "insufficient_funds",
            Self::CardExpired => "card_expired",
            Self::CardCancelled => "card_cancelled",
            Self::LostOrStolen => "lost_or_stolen",
            Self::CardRestricted => "card_restricted",
            Self::NumberInvalid => "number_invalid",
            Self::TransactionInvalid => "transaction_invalid",
            Self::TransactionNotAllowed => "transaction_not_allowed",
            Self::AboveLimit => "above_limit",
            Self::BelowLimit => "below_limit",
            Self::NotRouted => "not_routed",
            Self::SuspectedFraud => "suspected_fraud",
            Self::AuthenticationRequired => "authentication_required",
            Self::AuthenticationExpired => "authentication_expired",
            Self::RecurringUnsupported => "recurring_unsupported",
            Self::NetworkTimeout => "network_timeout",
        }
    }
}
