//! Amounts of money: whole minor units of a currency, or millionths of its major unit.
//!
//! Promise: no float, no rounding that was not asked for, no silent overflow. An amount in minor
//! units is at most [`AMOUNT_MAX`], so it is exact in any JSON reader; the wire that counts in
//! micros writes them as words. From one to the other is exact or refused.

use std::cmp::Reverse;
use std::fmt;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// 2^53 - 1: the largest integer that every JSON reader keeps exact.
pub const AMOUNT_MAX: u64 = (1 << 53) - 1;

/// Whole minor units of a currency: cents of USD, yen of JPY, fils of KWD.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct MinorUnits(pub u64);

impl MinorUnits {
    pub const ZERO: Self = Self(0);

    /// `self + other`, or `None` over [`AMOUNT_MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).filter(|sum| *sum <= AMOUNT_MAX).map(Self)
    }

    /// `self × times`, or `None` over [`AMOUNT_MAX`].
    pub fn checked_mul(self, times: u64) -> Option<Self> {
        self.0.checked_mul(times).filter(|product| *product <= AMOUNT_MAX).map(Self)
    }

    /// `self - other`, at least zero.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Sums amounts, or `None` over [`AMOUNT_MAX`].
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

/// Panics on overflow: for sums whose parts were checked together before.
impl Add for MinorUnits {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.checked_add(other).expect("a sum of amounts stays an amount")
    }
}

/// Panics below zero: for differences that were checked before.
impl Sub for MinorUnits {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("no amount falls below zero"))
    }
}

/// Millionths of a currency's major unit, whatever its minor unit: 1 230 000 is 1.23 USD. Signed,
/// because a ledger's legs are.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Micros(pub i64);

impl Micros {
    pub const ZERO: Self = Self(0);

    /// `self + other`, or `None` beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Converts exactly or refuses: a rounded amount is a different amount.
    ///
    /// - Returns whole minor units: 72 800 for 728 000 000 micros of INR.
    ///
    /// # Errors
    /// [`MalformedAmount::Fractional`] if it is no whole number of minor units, `Negative` below
    /// zero.
    /// # Source
    /// ISO 4217, exponents of minor units.
    pub fn to_minor(self, currency: CurrencyCode) -> Result<MinorUnits, MalformedAmount> {
        let unit = micros_per_minor(currency);
        let micros = u64::try_from(self.0).map_err(|_| MalformedAmount::Negative(self.0))?;
        if micros % unit != 0 {
            return Err(MalformedAmount::Fractional { micros: self.0, currency });
        }
        Ok(MinorUnits(micros / unit))
    }

    /// `None` beyond 64 bits.
    pub fn from_minor(amount: MinorUnits, currency: CurrencyCode) -> Option<Self> {
        let micros = amount.0.checked_mul(micros_per_minor(currency))?;
        i64::try_from(micros).ok().map(Self)
    }
}

/// ISO 4217 has no currency of more than four decimals.
fn micros_per_minor(currency: CurrencyCode) -> u64 {
    10u64.pow(6 - currency.exponent())
}

/// For sums that an amount might not hold.
impl From<Micros> for i128 {
    fn from(Micros(micros): Micros) -> Self {
        micros.into()
    }
}

/// Panics on overflow: for sums whose parts were checked together before.
impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.checked_add(other).expect("a sum of amounts stays an amount")
    }
}

/// Panics on overflow: for differences that were checked before.
impl Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).expect("a difference of amounts stays an amount"))
    }
}

impl Neg for Micros {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.checked_neg().expect("no amount is the lowest of 64 bits"))
    }
}

/// A share, in millionths: 85 000 is 8.5 %.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Millionths(u32);

impl Millionths {
    pub const ZERO: Self = Self(0);

    pub const WHOLE: Self = Self(1_000_000);

    /// Parses a percentage such as `8.5%`, exact to four decimals, between 0 % and 100 %.
    ///
    /// # Errors
    /// [`MalformedAmount::Percentage`] for anything else.
    pub fn from_percent(text: &str) -> Result<Self, MalformedAmount> {
        let malformed = || MalformedAmount::Percentage(text.to_owned());
        let number = text.trim().strip_suffix('%').ok_or_else(malformed)?.trim_end();
        let millionths = decimal(number, 4).ok_or_else(malformed)?;
        let millionths = u32::try_from(millionths).map_err(|_| malformed())?;
        if millionths > Self::WHOLE.0 {
            return Err(malformed());
        }
        Ok(Self(millionths))
    }

    /// This share of an amount, rounded half up to a whole minor unit: once, never in parts.
    pub fn of(self, amount: MinorUnits) -> MinorUnits {
        let exact = u128::from(amount.0) * u128::from(self.0);
        let rounded = (exact + 500_000) / 1_000_000;
        MinorUnits(u64::try_from(rounded).expect("a share is at most the whole"))
    }

    /// This share of a sum, rounded once, in one part for each of its summands. What rounding
    /// each part down leaves over goes to the largest fractions, the first among equals.
    pub fn of_each(self, summands: &[MinorUnits]) -> Vec<MinorUnits> {
        let exact = |of: &MinorUnits| u128::from(of.0) * u128::from(self.0);
        let floor = |of: &MinorUnits| MinorUnits((exact(of) / 1_000_000) as u64);
        let mut parts: Vec<MinorUnits> = summands.iter().map(floor).collect();
        let whole = self.of(MinorUnits(summands.iter().map(|of| of.0).sum()));
        let over = whole.0 - parts.iter().map(|part| part.0).sum::<u64>();
        let mut largest_first: Vec<usize> = (0..parts.len()).collect();
        largest_first.sort_by_key(|at| Reverse(exact(&summands[*at]) % 1_000_000));
        for at in largest_first.into_iter().take(over as usize) {
            parts[at].0 += 1;
        }
        parts
    }
}

/// An ISO 4217 currency in use, known with its exponent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CurrencyCode([u8; 3]);

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.serialize_str(self.as_str()),
            false => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let letters = <[u8; 3]>::deserialize(deserializer)?;
            let code = std::str::from_utf8(&letters).map_err(serde::de::Error::custom)?;
            return Self::parse(code).map_err(serde::de::Error::custom);
        }
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl CurrencyCode {
    /// Parses three upper-case letters that ISO 4217 assigns.
    ///
    /// # Errors
    /// [`MalformedAmount::Currency`] for anything else.
    pub fn parse(text: &str) -> Result<Self, MalformedAmount> {
        let malformed = || MalformedAmount::Currency(text.chars().take(16).collect());
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| malformed())?;
        let code = Self(letters);
        let known = EXPONENT_0.contains(text)
            || EXPONENT_2.contains(text)
            || EXPONENT_3.contains(text)
            || EXPONENT_4.contains(text);
        if known && letters.iter().all(u8::is_ascii_uppercase) {
            Ok(code)
        } else {
            Err(malformed())
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency code is three ASCII letters")
    }

    /// Decimals of the minor unit: 2 for USD, 0 for JPY, 3 for KWD.
    ///
    /// # Source
    /// ISO 4217, exponents of minor units.
    pub fn exponent(&self) -> u32 {
        let code = self.as_str();
        match () {
            () if EXPONENT_0.contains(code) => 0,
            () if EXPONENT_3.contains(code) => 3,
            () if EXPONENT_4.contains(code) => 4,
            () => 2,
        }
    }

    /// Parses an amount in major units, `100.00` or `100`, exactly.
    ///
    /// # Errors
    /// [`MalformedAmount::Amount`] for a sign, an exponent, more decimals than the currency has
    /// (unless they are zeros), or more than [`AMOUNT_MAX`] minor units.
    pub fn parse_amount(&self, text: &str) -> Result<MinorUnits, MalformedAmount> {
        decimal(text, self.exponent())
            .filter(|minor| *minor <= AMOUNT_MAX)
            .map(MinorUnits)
            .ok_or_else(|| MalformedAmount::Amount {
                text: text.chars().take(32).collect(),
                currency: *self,
            })
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was given is no amount, currency or percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedAmount {
    #[error("`{0}` is not a currency code of ISO 4217")]
    Currency(String),
    #[error("`{text}` is not an amount of {currency} with at most {} decimals", currency.exponent())]
    Amount { text: String, currency: CurrencyCode },
    #[error("{micros} micros are no whole number of minor units of {currency}")]
    Fractional { micros: i64, currency: CurrencyCode },
    #[error("{0} micros are less than nothing")]
    Negative(i64),
    #[error("`{0}` is not a percentage between 0% and 100% with at most four decimals")]
    Percentage(String),
}

/// `12.5` with two decimals is 1250. Digits, at most one point, no sign; further decimals must
/// be zeros.
fn decimal(text: &str, decimals: u32) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    let kept = fraction.len().min(decimals as usize);
    if fraction[kept..].bytes().any(|byte| byte != b'0') {
        return None;
    }
    let scale = 10u64.pow(decimals - u32::try_from(kept).ok()?);
    let kept = if kept == 0 { 0 } else { fraction[..kept].parse::<u64>().ok()? * scale };
    whole.parse::<u64>().ok()?.checked_mul(10u64.pow(decimals))?.checked_add(kept)
}

const EXPONENT_0: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const EXPONENT_3: &str = "BHD IQD JOD KWD LYD OMR TND";
const EXPONENT_4: &str = "CLF UYW";
const EXPONENT_2: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD \
    BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR \
    FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD \
    KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN \
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS \
    SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD \
    XCG YER ZAR ZMW ZWG";
