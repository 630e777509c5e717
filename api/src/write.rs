//! Writes JSON straight into bytes.
//!
//! Why: a checkout is rendered inside the turn that it tells of. Member names here are fixed and
//! need no escaping, and no value is built only to be written out again.
//! Promise: brackets and commas are always in place, and every text is escaped.

use std::fmt::Display;
use std::io::Write as _;

use paceline_domain::money::MinorUnits;

/// An object being written. Members follow in the order of the calls.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> Object<'a> {
    pub fn write(out: &'a mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        out.push(b'{');
        let mut object = Object { out, is_empty: true };
        fill(&mut object);
        object.out.push(b'}');
    }

    pub fn text(&mut self, key: &'static str, value: &str) {
        text(self.member(key), value);
    }

    /// Leaves the member out if there is nothing to say.
    pub fn text_known(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// For ids and codes of ours, in which no character needs escaping.
    pub fn word(&mut self, key: &'static str, value: impl Display) {
        word(self.member(key), value);
    }

    pub fn amount(&mut self, key: &'static str, amount: MinorUnits) {
        self.number(key, amount.0);
    }

    pub fn number(&mut self, key: &'static str, value: u64) {
        let mut digits = itoa::Buffer::new();
        self.member(key).extend_from_slice(digits.format(value).as_bytes());
    }

    pub fn number_known(&mut self, key: &'static str, value: Option<impl Into<u64>>) {
        if let Some(value) = value {
            self.number(key, value.into());
        }
    }

    pub fn flag(&mut self, key: &'static str, value: bool) {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.member(key).extend_from_slice(word);
    }

    pub fn flag_known(&mut self, key: &'static str, value: Option<bool>) {
        if let Some(value) = value {
            self.flag(key, value);
        }
    }

    pub fn null(&mut self, key: &'static str) {
        self.member(key).extend_from_slice(b"null");
    }

    /// `json` is a whole JSON value.
    pub fn raw(&mut self, key: &'static str, json: &[u8]) {
        self.member(key).extend_from_slice(json);
    }

    pub fn object(&mut self, key: &'static str, fill: impl FnOnce(&mut Object<'_>)) {
        Object::write(self.member(key), fill);
    }

    pub fn array(&mut self, key: &'static str, fill: impl FnOnce(&mut Array<'_>)) {
        let out = self.member(key);
        out.push(b'[');
        let mut array = Array { out, is_empty: true };
        fill(&mut array);
        array.out.push(b']');
    }

    fn member(&mut self, key: &'static str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

/// An array being written.
pub struct Array<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl Array<'_> {
    pub fn object(&mut self, fill: impl FnOnce(&mut Object<'_>)) {
        Object::write(self.item(), fill);
    }

    pub fn text(&mut self, value: &str) {
        text(self.item(), value);
    }

    /// As [`Object::word`].
    pub fn word(&mut self, value: impl Display) {
        word(self.item(), value);
    }

    fn item(&mut self) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out
    }
}

fn word(out: &mut Vec<u8>, value: impl Display) {
    out.push(b'"');
    let start = out.len();
    write!(out, "{value}").expect("memory can be written to");
    debug_assert!(out[start..].iter().all(|byte| is_plain(*byte)), "a word needs no escaping");
    out.push(b'"');
}

fn text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    let mut rest = value.as_bytes();
    while let Some(at) = rest.iter().position(|byte| !is_plain(*byte)) {
        out.extend_from_slice(&rest[..at]);
        escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// # Source
/// RFC 8259, section 7: quotation mark, reverse solidus and U+0000 to U+001F are escaped.
fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        _ => write!(out, "\\u{byte:04x}").expect("memory can be written to"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(fill: impl FnOnce(&mut Object<'_>)) -> String {
        let mut out = vec![];
        Object::write(&mut out, fill);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn members_and_items_are_separated_by_commas_and_nothing_else() {
        let json = written(|object| {
            object.number("a", 1);
            object.object("b", |_| {});
            object.array("c", |array| {
                array.word(7);
                array.object(|inner| inner.null("d"));
            });
            object.flag("e", true);
        });
        assert_eq!(json, r#"{"a":1,"b":{},"c":["7",{"d":null}],"e":true}"#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(value in any::<String>()) {
            let json = written(|object| object.text("value", &value));
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read["value"].as_str(), Some(value.as_str()));
        }

        #[test]
        fn any_amount_reads_back_as_it_was(amount in any::<u64>()) {
            let json = written(|object| object.amount("value", MinorUnits(amount)));
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read["value"].as_u64(), Some(amount));
        }
    }
}
