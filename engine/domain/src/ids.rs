//! Names of things, each with one way to be parsed and one way to be written.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{MalformedText, Text};

/// What was given does not name a thing of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedId {
    #[error("an id of this kind is `{prefix}` and 32 hexadecimal digits")]
    Shape { prefix: &'static str },
    #[error("an id of this kind is `{prefix}` and a number from 1")]
    Number { prefix: &'static str },
    #[error("a product id has 1 to {PRODUCT_ID_CHARS_MAX} characters")]
    Product,
    #[error("{what} has 1 to {chars_max} characters")]
    Length { what: &'static str, chars_max: usize },
    #[error("{what} holds a character that it may not hold")]
    Character { what: &'static str },
    #[error("an acquirer reference number has {REFERENCE_DIGITS} digits")]
    Reference,
    #[error(transparent)]
    Text(#[from] MalformedText),
}

/// A 128-bit id: written as its prefix and 32 lower-case hexadecimal digits.
macro_rules! wide_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        /// As its name where people read it, as its number where only we do.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match serializer.is_human_readable() {
                    true => serializer.collect_str(self),
                    false => self.0.serialize(serializer),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return u128::deserialize(deserializer).map(Self);
                }
                let name = String::deserialize(deserializer)?;
                Self::parse(&name).map_err(serde::de::Error::custom)
            }
        }

        impl $name {
            pub const PREFIX: &'static str = $prefix;
            /// How many bytes its name has.
            pub const BYTES: usize = $prefix.len() + HEX_DIGITS;

            /// # Errors
            /// [`MalformedId::Shape`]: upper case and shorter forms are refused, so that one id
            /// has one name.
            pub fn parse(text: &str) -> Result<Self, MalformedId> {
                let number = text.strip_prefix($prefix).and_then(parse_hex);
                number.map(Self).ok_or(MalformedId::Shape { prefix: $prefix })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(hex(self.0, &mut [0; HEX_DIGITS]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

const HEX_DIGITS: usize = 32;

/// By hand, as is its reading: ids are in every path, answer and log line, and the general way
/// takes several times as long.
fn hex(number: u128, room: &mut [u8; HEX_DIGITS]) -> &str {
    let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
    for (byte, digits) in number.to_be_bytes().into_iter().zip(room.chunks_exact_mut(2)) {
        digits.copy_from_slice(&[digit(byte >> 4), digit(byte & 0xf)]);
    }
    str::from_utf8(room).expect("hexadecimal digits are ASCII")
}

/// All 32 digits, none in upper case.
fn parse_hex(digits: &str) -> Option<u128> {
    let digits: &[u8; HEX_DIGITS] = digits.as_bytes().try_into().ok()?;
    digits.iter().try_fold(0, |number: u128, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

/// A small id, counted from 1 within its session and never used again.
macro_rules! small_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u16);

        impl $name {
            /// # Errors
            /// [`MalformedId::Number`].
            pub fn parse(text: &str) -> Result<Self, MalformedId> {
                let number = MalformedId::Number { prefix: $prefix };
                let digits = text.strip_prefix($prefix).ok_or(number.clone())?;
                counted(digits).map(Self).ok_or(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

/// An acquirer reference number: what acquirers, networks and issuers call a movement by card.
///
/// # Source
/// Standard Payments, `setAcquirerReferenceNumberForCaptureNotification`; the networks' clearing
/// records, which have 23 digits for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceNumber(Text);

const REFERENCE_DIGITS: usize = 23;

impl ReferenceNumber {
    /// # Errors
    /// [`MalformedId::Reference`].
    pub fn parse(text: &str) -> Result<Self, MalformedId> {
        if text.len() != REFERENCE_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MalformedId::Reference);
        }
        Ok(Self(Text::parse(text)?))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ReferenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ReferenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A name that somebody else chose: a bounded text, kept as given.
macro_rules! foreign_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $chars_max:expr, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(Text);

        impl $name {
            /// # Errors
            /// [`MalformedId`] if it is empty, too long or holds what it may not.
            pub fn parse(text: &str) -> Result<Self, MalformedId> {
                if text.is_empty() || text.chars().count() > $chars_max {
                    return Err(MalformedId::Length { what: $what, chars_max: $chars_max });
                }
                if !text.chars().all($allowed) {
                    return Err(MalformedId::Character { what: $what });
                }
                Ok(Self(Text::parse(text)?))
            }

            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

wide_id!(
    /// A checkout session. Unguessable: who knows it may act on it.
    SessionId,
    "chk_"
);
wide_id!(
    /// An order. Not derived from the session's id, which stays a secret of buyer and platform.
    OrderId,
    "ord_"
);
wide_id!(
    /// A payment instrument: a keyed hash, so that it tells nothing about the credential.
    InstrumentId,
    "pin_"
);
wide_id!(
    /// A payment that Google asked for: a hash of who is paid and of the request's id.
    PaymentId,
    "pay_"
);
wide_id!(
    /// A capture of what was reserved, as [`PaymentId`]: a reservation may see several that fail.
    CaptureId,
    "cap_"
);
wide_id!(
    /// A refund, as [`PaymentId`].
    RefundId,
    "rfd_"
);
wide_id!(
    /// The link of a Google payment token with an account: a keyed hash of the token.
    LinkId,
    "lnk_"
);
wide_id!(
    /// A one-time password or a redirect: a hash of the id of the request that began it.
    ChallengeId,
    "cha_"
);
wide_id!(
    /// A remittance statement: a hash of whose it is and of its id.
    StatementId,
    "stm_"
);
wide_id!(
    /// Something that Google is to be told; the id under which it is told, however often.
    NoticeId,
    "ntc_"
);
wide_id!(
    /// One movement of money in a ledger, so that a repeat is recognised.
    MovementId,
    "mov_"
);
wide_id!(
    /// A card in one contractual account: a keyed hash of its number.
    CardId,
    "crd_"
);
wide_id!(
    /// What is settled of one day: a hash of whose it is, its currency and the day.
    SettlementId,
    "stl_"
);
wide_id!(
    /// Evidence that Google handed over: a hash of whose it is and of the request that brought it.
    DocumentId,
    "doc_"
);
wide_id!(
    /// One request that uses a proof, so that its repeat is not a second use.
    UseId,
    "use_"
);
small_id!(
    /// A line of a session.
    LineId,
    "line_"
);
small_id!(
    /// A fulfillment method of a session.
    MethodId,
    "method_"
);
small_id!(
    /// A group of lines that travel together.
    GroupId,
    "group_"
);

/// One try at paying for one session. What is asked of stock, instrument and processor on behalf
/// of the try carries this name, so that a repeat is recognised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptId {
    pub session: SessionId,
    /// Counted from 1 within the session.
    pub number: u32,
}

impl AttemptId {
    /// # Errors
    /// [`MalformedId`] if it is not a session id, a dash and a number.
    pub fn parse(text: &str) -> Result<Self, MalformedId> {
        let malformed = MalformedId::Number { prefix: "chk_…-" };
        let (session, digits) = text.rsplit_once('-').ok_or(malformed.clone())?;
        let number = counted(digits).ok_or(malformed)?;
        Ok(Self { session: SessionId::parse(session)?, number })
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.session, self.number)
    }
}

impl fmt::Debug for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A number from 1, in digits without a sign or leading zeros: one number has one name.
fn counted<N: std::str::FromStr>(digits: &str) -> Option<N> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| plain)
}

/// The longest product id of Merchant Center's product data specification.
pub const PRODUCT_ID_CHARS_MAX: usize = 50;

/// A product, by the merchant's id in the feed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProductId(Text);

impl ProductId {
    /// # Errors
    /// [`MalformedId`] if it is empty, too long or holds a control character.
    pub fn parse(text: &str) -> Result<Self, MalformedId> {
        if text.is_empty() || text.chars().count() > PRODUCT_ID_CHARS_MAX {
            return Err(MalformedId::Product);
        }
        Ok(Self(Text::parse(text)?))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The longest request id of Standard Payments.
pub const REQUEST_ID_CHARS_MAX: usize = 100;

/// The longest of the other foreign ids that are kept; none has a published bound.
pub const FOREIGN_ID_CHARS_MAX: usize = 255;

foreign_id!(
    /// The caller's id of a request, and what later requests name it by. Published samples hold
    /// `=` beside the documented characters.
    RequestId,
    "a request id",
    REQUEST_ID_CHARS_MAX,
    |c| c.is_ascii_alphanumeric() || ":_-=".contains(c)
);
foreign_id!(
    /// The contractual account between Google and the integrator, one for each currency.
    IntegratorAccountId,
    "a payment integrator account id",
    FOREIGN_ID_CHARS_MAX,
    |c| !c.is_control()
);
foreign_id!(
    /// The public twin of a Google payment token.
    AssociationId,
    "an association id",
    FOREIGN_ID_CHARS_MAX,
    |c| !c.is_control()
);
foreign_id!(
    /// A customer's account at the integrator, by the integrator's own name for it.
    AccountId,
    "an account id",
    FOREIGN_ID_CHARS_MAX,
    |c| !c.is_control()
);
