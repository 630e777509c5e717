//! Reads the members of a request, and says which one is wrong.
//!
//! Why: unknown members and unknown words are let pass, for the protocol grows; what we use is
//! checked exactly. A member that is `null` is not there.

use std::ops::RangeInclusive;

use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::text::{TEXT_BYTES_MAX, Text};
use paceline_domain::time::Timestamp;
use paceline_engine::Secret;
use serde_json::{Map, Value};

use super::Fault;
use crate::limits::GOOGLE_TOKEN_CHARS_MAX;

/// One object of a request, with its path for messages.
#[derive(Clone, Copy)]
pub struct Members<'a> {
    members: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Members<'a> {
    /// - `path`: empty for the request itself.
    pub fn new(members: &'a Map<String, Value>, path: &'a str) -> Self {
        Self { members, path }
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How many members are objects, whatever their names.
    pub fn objects(&self) -> usize {
        self.members.values().filter(|value| value.is_object()).count()
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub fn invalid(&self, name: &str, what: &str) -> Fault {
        Fault::invalid(&self.path(name), what)
    }

    fn required(&self, name: &str) -> Result<&'a Value, Fault> {
        self.get(name).ok_or_else(|| Fault::missing(&self.path(name)))
    }

    /// Makes something of a text that must be there.
    pub fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Fault> {
        let text = self.string(name)?;
        parse(text).map_err(|error| self.invalid(name, &error.to_string()))
    }

    fn string(&self, name: &str) -> Result<&'a str, Fault> {
        self.required(name)?.as_str().ok_or_else(|| self.invalid(name, "a string is wanted"))
    }

    /// A text that says something.
    pub fn text(&self, name: &str) -> Result<Text, Fault> {
        self.telling(name, self.parsed(name, Text::parse)?)
    }

    /// Words for people that say something, of whatever length.
    pub fn words(&self, name: &str) -> Result<Text, Fault> {
        self.telling(name, self.line(name)?)
    }

    fn telling(&self, name: &str, text: Text) -> Result<Text, Fault> {
        match text.trim().is_empty() {
            true => Err(self.invalid(name, "more than blanks is wanted")),
            false => Ok(text),
        }
    }

    /// Words for people, which may be none: what is kept of them is the beginning, on one line.
    pub fn line(&self, name: &str) -> Result<Text, Fault> {
        let (mut line, given) = (String::new(), self.string(name)?);
        for c in given.chars().map(|c| if c.is_control() { ' ' } else { c }) {
            if line.len() + c.len_utf8() > TEXT_BYTES_MAX {
                break;
            }
            line.push(c);
        }
        Text::parse(&line).map_err(|error| self.invalid(name, &error.to_string()))
    }

    /// What is made of a member, if it is there.
    pub fn known<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        self.has(name).then(|| read(self, name)).transpose()
    }

    /// Texts in a list; none if there is no list.
    pub fn texts(&self, name: &str, count_max: usize) -> Result<Vec<Text>, Fault> {
        let Some(list) = self.get(name) else { return Ok(vec![]) };
        let list = list.as_array().filter(|list| list.len() <= count_max);
        let what = || format!("a list of at most {count_max} texts is wanted");
        let list = list.ok_or_else(|| self.invalid(name, &what()))?;
        let text = |entry: &Value| Text::parse(entry.as_str()?).ok();
        let texts: Option<Vec<_>> = list.iter().map(text).collect();
        texts.ok_or_else(|| self.invalid(name, &what()))
    }

    /// Words of people, kept from every log.
    pub fn secret_text(&self, name: &str) -> Result<Secret, Fault> {
        let text = self.string(name)?;
        match !text.is_empty() && Text::parse(text).is_ok() {
            true => Ok(Secret::new(text.as_bytes().to_vec())),
            false => {
                let what = format!("1 to {TEXT_BYTES_MAX} bytes without control characters");
                Err(self.invalid(name, &format!("{what} are wanted")))
            }
        }
    }

    /// Digits that are kept from every log.
    pub fn digits(&self, name: &str, count: RangeInclusive<usize>) -> Result<Secret, Fault> {
        let text = self.string(name)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match digits && count.contains(&text.len()) {
            true => Ok(Secret::new(text.as_bytes().to_vec())),
            false => {
                let what = format!("{} to {} digits are wanted", count.start(), count.end());
                Err(self.invalid(name, &what))
            }
        }
    }

    /// A text that is kept from every log.
    pub fn secret(&self, name: &str) -> Result<Secret, Fault> {
        let text = self.string(name)?;
        let fits = (1..=GOOGLE_TOKEN_CHARS_MAX).contains(&text.len());
        if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = format!("1 to {GOOGLE_TOKEN_CHARS_MAX} visible ASCII characters are wanted");
            return Err(self.invalid(name, &what));
        }
        Ok(Secret::new(text.as_bytes().to_vec()))
    }

    pub fn flag(&self, name: &str) -> Result<bool, Fault> {
        let value = self.required(name)?;
        value.as_bool().ok_or_else(|| self.invalid(name, "true or false is wanted"))
    }

    /// 64 bits, as a string of digits; a number is read too.
    pub fn int64(&self, name: &str) -> Result<i64, Fault> {
        let value = self.required(name)?;
        let number = match value {
            Value::String(digits) => digits.parse().ok().filter(|_| is_plain(digits)),
            _ => value.as_i64(),
        };
        number
            .ok_or_else(|| self.invalid(name, "a whole number of 64 bits, in a string, is wanted"))
    }

    pub fn moment(&self, name: &str) -> Result<Timestamp, Fault> {
        let millis = u64::try_from(self.int64(name)?).ok();
        millis
            .map(Timestamp)
            .ok_or_else(|| self.invalid(name, "milliseconds since 1970 are wanted"))
    }

    pub fn currency(&self, name: &str) -> Result<CurrencyCode, Fault> {
        // The core's words repeat what was given, however long it is.
        let parse = |text: &str| {
            CurrencyCode::parse(text).map_err(|_| "a currency code of ISO 4217 is wanted")
        };
        self.parsed(name, parse)
    }

    /// Micros above zero, of a currency that is said elsewhere.
    pub fn micros(&self, name: &str) -> Result<Micros, Fault> {
        let amount = Micros(self.int64(name)?);
        match amount > Micros::ZERO {
            true => Ok(amount),
            false => Err(self.invalid(name, "an amount above zero is wanted")),
        }
    }

    /// Micros above zero, a whole number of the currency's minor units.
    pub fn amount(&self, name: &str, currency: CurrencyCode) -> Result<Micros, Fault> {
        let amount = self.micros(name)?;
        // The core's words repeat the digits, and a card's number may stand where an amount should.
        let what = || format!("a whole number of minor units of {currency}, in micros, is wanted");
        amount.to_minor(currency).map(|_| amount).map_err(|_| self.invalid(name, &what()))
    }

    /// An object that must be there.
    pub fn object<T>(
        &self,
        name: &str,
        read: impl FnOnce(Members<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let members = self.required(name)?.as_object();
        let members = members.ok_or_else(|| self.invalid(name, "an object is wanted"))?;
        read(Members::new(members, &self.path(name)))
    }

    /// All of it, in JSON, kept from every log.
    pub fn whole(&self) -> Secret {
        Secret::new(serde_json::to_vec(self.members).expect("what was read as JSON is JSON"))
    }

    /// Objects in a list; none if there is no list.
    pub fn list(&self, name: &'static str) -> Result<Vec<Members<'a>>, Fault> {
        let Some(list) = self.get(name) else { return Ok(vec![]) };
        let list = list.as_array().ok_or_else(|| self.invalid(name, "a list is wanted"))?;
        let entry = |entry: &'a Value| {
            let members = entry.as_object();
            members.map(|members| Members::new(members, name))
        };
        let entries: Option<Vec<_>> = list.iter().map(entry).collect();
        entries.ok_or_else(|| self.invalid(name, "a list of objects is wanted"))
    }

    /// The one member of a union that is there; `None` if there is none.
    ///
    /// # Source
    /// Standard Payments, protocol standards: exactly one of a union stands in the enclosing object.
    pub fn union<const N: usize>(
        &self,
        names: [&'static str; N],
    ) -> Result<Option<&'static str>, Fault> {
        let mut there = names.into_iter().filter(|name| self.has(name));
        match (there.next(), there.next()) {
            (one, None) => Ok(one),
            (Some(one), Some(other)) => Err(self.invalid(other, &format!("it excludes {one}"))),
            (None, Some(_)) => unreachable!("the first comes first"),
        }
    }

    /// The same, where one must be there.
    pub fn one_of<const N: usize>(&self, names: [&'static str; N]) -> Result<&'static str, Fault> {
        self.union(names)?.ok_or_else(|| Fault::missing(&self.path(&names.join(" or "))))
    }

    /// The one member of a union whose members are known by how their names begin.
    ///
    /// - `known`: one of them, for messages.
    pub fn one_with_prefix(&self, prefix: &str, known: &str) -> Result<&'a str, Fault> {
        let is_one =
            |(name, value): &(&'a String, &Value)| name.starts_with(prefix) && !value.is_null();
        let mut there = self.members.iter().filter(is_one).map(|(name, _)| name.as_str());
        match (there.next(), there.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(self.invalid(known, "it and its like exclude each other")),
            (None, _) => Err(Fault::missing(&self.path(known))),
        }
    }
}

/// `-` and digits, without a plus or leading zeros: one number has one name.
fn is_plain(digits: &str) -> bool {
    let bare = digits.strip_prefix('-').unwrap_or(digits);
    bare == "0" && digits == "0" || !bare.starts_with('0') && !digits.starts_with('+')
}
