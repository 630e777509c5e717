//! Writes JSON straight into bytes.
//!
//! Why: a checkout is rendered inside the turn that it tells of. Member names here are fixed and
//! need no escaping, and no value is built only to be written out again.
//! Promise: brackets and commas are always in place, and every text is escaped.

use std::cell::RefCell;
use std::fmt::{self, Display, Write as _};

use bytes::Bytes;
use paceline_domain::money::MinorUnits;

thread_local! {
    /// Where [`object`] is put together. As large as the largest was.
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(vec![]) };
}

/// An object by itself, in as much memory as it takes and no more, for it may be kept for long: a
/// buffer that is shrunk keeps its room in most allocators. `fill` writes no other by this.
pub fn object(fill: impl FnOnce(&mut Object<'_>)) -> Bytes {
    ROOM.with_borrow_mut(|room| {
        room.clear();
        Object::write(room, fill);
        Bytes::copy_from_slice(room)
    })
}

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

    #[inline]
    pub fn text(&mut self, key: &'static str, value: &str) {
        text(self.member(key), value);
    }

    /// Leaves the member out if there is nothing to say.
    #[inline]
    pub fn text_known(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// As it is shown, without a string of its own.
    #[inline]
    pub fn shown(&mut self, key: &'static str, value: impl Display) {
        shown(self.member(key), value);
    }

    /// For words of ours, in which no character needs escaping.
    #[inline]
    pub fn word(&mut self, key: &'static str, value: &'static str) {
        word(self.member(key), value);
    }

    #[inline]
    pub fn amount(&mut self, key: &'static str, amount: MinorUnits) {
        self.number(key, amount.0);
    }

    #[inline]
    pub fn number(&mut self, key: &'static str, value: u64) {
        let mut digits = itoa::Buffer::new();
        self.member(key).extend_from_slice(digits.format(value).as_bytes());
    }

    #[inline]
    pub fn number_known(&mut self, key: &'static str, value: Option<impl Into<u64>>) {
        if let Some(value) = value {
            self.number(key, value.into());
        }
    }

    #[inline]
    pub fn flag(&mut self, key: &'static str, value: bool) {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.member(key).extend_from_slice(word);
    }

    #[inline]
    pub fn flag_known(&mut self, key: &'static str, value: Option<bool>) {
        if let Some(value) = value {
            self.flag(key, value);
        }
    }

    #[inline]
    pub fn null(&mut self, key: &'static str) {
        self.member(key).extend_from_slice(b"null");
    }

    /// `json` is a whole JSON value.
    #[inline]
    pub fn raw(&mut self, key: &'static str, json: &[u8]) {
        self.member(key).extend_from_slice(json);
    }

    #[inline]
    pub fn object(&mut self, key: &'static str, fill: impl FnOnce(&mut Object<'_>)) {
        Object::write(self.member(key), fill);
    }

    #[inline]
    pub fn array(&mut self, key: &'static str, fill: impl FnOnce(&mut Array<'_>)) {
        let out = self.member(key);
        out.push(b'[');
        let mut array = Array { out, is_empty: true };
        fill(&mut array);
        array.out.push(b']');
    }

    /// Inlined up to the call that says the key, whose length is known there: copying it takes a
    /// few moves then.
    #[inline]
    fn member(&mut self, key: &'static str) -> &mut Vec<u8> {
        let opened: &[u8] = if std::mem::take(&mut self.is_empty) { b"\"" } else { b",\"" };
        self.out.reserve(opened.len() + key.len() + MEMBER_BYTES);
        self.out.extend_from_slice(opened);
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

/// What a member takes besides its key: colon and quotation marks, and the most of short values.
const MEMBER_BYTES: usize = 32;

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

    /// As [`Object::shown`].
    pub fn shown(&mut self, value: impl Display) {
        shown(self.item(), value);
    }

    fn item(&mut self) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out
    }
}

#[inline]
fn word(out: &mut Vec<u8>, value: &'static str) {
    debug_assert!(value.bytes().all(is_plain), "a word needs no escaping");
    out.push(b'"');
    out.extend_from_slice(value.as_bytes());
    out.push(b'"');
}

fn text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    escaped(out, value.as_bytes());
    out.push(b'"');
}

fn shown(out: &mut Vec<u8>, value: impl Display) {
    out.push(b'"');
    write!(Escaped(out), "{value}").expect("what is shown can be shown");
    out.push(b'"');
}

/// Takes what is shown, piece by piece.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        escaped(self.0, piece.as_bytes());
        Ok(())
    }
}

fn escaped(out: &mut Vec<u8>, mut rest: &[u8]) {
    loop {
        let (as_it_is, after) = rest.split_at(plain(rest));
        out.extend_from_slice(as_it_is);
        let Some((byte, after)) = after.split_first() else { return };
        escape(out, *byte);
        rest = after;
    }
}

/// How many bytes need no escaping, from the first on. Looks at several at a time, for nearly all
/// texts are plain to their end.
fn plain(bytes: &[u8]) -> usize {
    let several = bytes.chunks_exact(PLAIN_AT_ONCE);
    let all_plain = |chunk: &[u8]| chunk.iter().fold(true, |all, byte| all & is_plain(*byte));
    let sure = several.take_while(|chunk| all_plain(chunk)).count() * PLAIN_AT_ONCE;
    sure + bytes[sure..].iter().take_while(|byte| is_plain(**byte)).count()
}

/// As many as processors compare with one instruction.
const PLAIN_AT_ONCE: usize = 16;

/// # Source
/// RFC 8259, section 7: quotation mark, reverse solidus and U+0000 to U+001F are escaped.
fn is_plain(byte: u8) -> bool {
    (byte >= 0x20) & (byte != b'"') & (byte != b'\\')
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        _ => {
            let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
            out.extend_from_slice(b"\\u00");
            out.extend_from_slice(&[hex(byte >> 4), hex(byte & 0xf)]);
        }
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
                array.shown(7);
                array.object(|inner| inner.null("d"));
            });
            object.flag("e", true);
        });
        assert_eq!(json, r#"{"a":1,"b":{},"c":["7",{"d":null}],"e":true}"#);
    }

    #[test]
    fn an_object_by_itself_holds_nothing_of_the_one_before_even_if_that_was_never_finished() {
        let unfinished = std::panic::catch_unwind(|| {
            object(|object| {
                object.text("before", "0123456789");
                panic!("as a text that cannot be shown would");
            })
        });
        assert!(unfinished.is_err());
        assert_eq!(object(|object| object.number("a", 1)), r#"{"a":1}"#);
        assert_eq!(object(|_| {}), "{}");
    }

    #[test]
    fn what_needs_escaping_is_escaped_wherever_it_stands_and_nothing_else_is() {
        let controls = (0..0x20).map(|code: u8| (char::from(code), format!("\\u{code:04x}")));
        let marks = ['"', '\\'].map(|mark| (mark, format!("\\{mark}")));
        let as_they_are = [' ', '/', '\u{7f}', '\u{85}', 'é', '\u{2028}', '🍵'];
        let kept = as_they_are.map(|kept| (kept, kept.to_string()));
        for (special, wanted) in controls.chain(marks).chain(kept) {
            for before in 0..=2 * PLAIN_AT_ONCE {
                let (before, after) = ("x".repeat(before), "y".repeat(PLAIN_AT_ONCE));
                let json = written(|object| object.text("a", &format!("{before}{special}{after}")));
                assert_eq!(json, format!(r#"{{"a":"{before}{wanted}{after}"}}"#));
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(
            value in "(?s).{0,40}",
            special in "[\u{0}-\u{1f}\"\\\\]{0,2}",
            rest in "[a-z]{0,40}",
        ) {
            let whole = format!("{value}{special}{rest}");
            for json in [
                written(|object| object.text("value", &whole)),
                written(|object| object.shown("value", &whole)),
                written(|object| object.shown("value", format_args!("{value}{special}{rest}"))),
            ] {
                let read: serde_json::Value = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(read["value"].as_str(), Some(whole.as_str()));
            }
        }

        #[test]
        fn any_amount_reads_back_as_it_was(amount in any::<u64>()) {
            let json = written(|object| object.amount("value", MinorUnits(amount)));
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read["value"].as_u64(), Some(amount));
        }
    }
}
