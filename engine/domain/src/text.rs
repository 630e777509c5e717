//! Words that callers and merchants choose, of a bounded size.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// The longest word kept: an address line, a title, a code.
pub const TEXT_BYTES_MAX: usize = 512;

/// A caller's or merchant's words, kept as given: at most [`TEXT_BYTES_MAX`] bytes, no control
/// characters. Shared, so that a clone costs nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Text(std::sync::Arc<str>);

impl Text {
    /// # Errors
    /// [`MalformedText`] if it is too long or holds a control character.
    pub fn parse(text: &str) -> Result<Self, MalformedText> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(MalformedText::TooLong(text.len()));
        }
        match control(text) {
            Some(control) => Err(MalformedText::Control(u32::from(control))),
            None => Ok(Self(text.into())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first control character. Bytes that none begins with are most of what there is, and are
/// told apart many at a time.
fn control(text: &str) -> Option<char> {
    const DELETE: u8 = 0x7f;
    /// U+0080 to U+009F begin with it, and so do others.
    const SECOND_BLOCK: u8 = 0xc2;
    let begins_one = |byte: u8| (byte < 0x20) | (byte == DELETE) | (byte == SECOND_BLOCK);
    let suspicious = text.bytes().fold(false, |any, byte| any | begins_one(byte));
    if suspicious { text.chars().find(|c| c.is_control()) } else { None }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedText {
    #[error("{0} bytes of text, at most {TEXT_BYTES_MAX} are kept")]
    TooLong(usize),
    #[error("a control character, U+{0:04X}")]
    Control(u32),
}
