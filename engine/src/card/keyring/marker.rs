//! What a data directory says of the keys that it is used with: which one finds its cards, and which
//! one has sealed last.
//!
//! Why: keys lie apart from the data, and an old copy of them looks like the right one until a card
//! is needed that was sealed since.
//! Promise: it tells nothing of a key but whether this is the one.
//! Left out: the older keys, of which only a look at every card tells whether they are needed.
//!
//! ```text
//! <32 hexadecimal digits>
//! data key-2 <32 hexadecimal digits>
//! ```
//!
//! The first line is made with the look-up key, the second with the data key that it names. A
//! directory that an earlier version has made lacks the second, until it is used again.

use std::fs;
use std::io;
use std::path::Path;

use paceline_domain::text::Text;

use super::{Keyring, KeyringError};
use crate::seal::{SealKey, keep};

/// The words in the marker; `None` if there is no marker.
///
/// # Errors
/// [`KeyringError::Unreadable`].
fn read(marker: &Path) -> Result<Option<String>, KeyringError> {
    match fs::read_to_string(marker) {
        Ok(words) => Ok(Some(words)),
        Err(absent) if absent.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unreadable(marker, cause)),
    }
}

fn unreadable(marker: &Path, cause: io::Error) -> KeyringError {
    KeyringError::Unreadable { source_name: marker.display().to_string(), cause }
}

impl Keyring {
    /// Whether these are the keys of a data directory, with the one that has sealed last.
    ///
    /// - `source_name`: where they come from, for whoever has to mend it.
    pub(super) fn fits(&self, source_name: String, marker: &Path) -> Result<(), KeyringError> {
        let Some(marked) = read(marker)? else { return Ok(()) };
        let mut words = marked.split_ascii_whitespace();
        if words.next() != Some(self.lookup_mark().as_str()) {
            return Err(KeyringError::Others { source_name, marker: marker.to_owned() });
        }
        match [words.next(), words.next(), words.next(), words.next()] {
            [None, ..] => Ok(()),
            [Some("data"), Some(name), Some(mark), None] => {
                let is_it = |(known, key): &(Text, SealKey)| {
                    known.as_str() == name && format!("{:032x}", key.mark()) == mark
                };
                match self.data.iter().any(is_it) {
                    true => Ok(()),
                    false => {
                        let (key, marker) = (name.to_owned(), marker.to_owned());
                        Err(KeyringError::Incomplete { source_name, key, marker })
                    }
                }
            }
            _ => {
                let cause =
                    io::Error::new(io::ErrorKind::InvalidData, "these are no marks of keys");
                Err(unreadable(marker, cause))
            }
        }
    }

    /// Writes down which keys are used from now on. To be done before anything is sealed with them.
    ///
    /// # Errors
    /// [`KeyringError::Unreadable`].
    pub fn note(&self, marker: &Path) -> Result<(), KeyringError> {
        let (name, key) = self.sealing();
        let marks = format!("{}\ndata {name} {:032x}\n", self.lookup_mark(), key.mark());
        match read(marker)? {
            Some(noted) if noted == marks => Ok(()),
            _ => keep(marker, marks.as_bytes()).map_err(|cause| unreadable(marker, cause)),
        }
    }

    fn lookup_mark(&self) -> String {
        format!("{:032x}", self.keyed(&[b"mark"]))
    }

    /// Whether both find the same cards.
    pub(in crate::card) fn finds_as(&self, other: &Self) -> bool {
        self.lookup_mark() == other.lookup_mark()
    }

    /// Whether these keys open whatever the others do.
    pub fn opens_all_of(&self, other: &Self) -> bool {
        let is_here = |(name, key): &(Text, SealKey)| {
            self.data.iter().any(|(known, mine)| known == name && mine.mark() == key.mark())
        };
        other.data.iter().all(is_here)
    }
}
