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
        match text.chars().find(|c| c.is_control()) {
            Some(control) => Err(MalformedText::Control(u32::from(control))),
            None => Ok(Self(text.into())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
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
