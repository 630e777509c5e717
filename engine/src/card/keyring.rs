//! The keys of card data: what cards are found by, and what they are sealed with.
//!
//! Why: a card is found by its number and asked for again months later, so its number has to reach
//! the disk: as a keyed hash, and sealed. Keys for sealing are changed every so often and have names
//! for it; the one for finding is never changed, because with another one no card is found.
//! Promise: a verification code and a cryptogram are never sealed. Keys that are damaged, lost, older
//! than what a data directory was last used with, or another directory's are refused, and nothing is
//! made in their place. No key is ever destroyed: what is taken out of use is kept beside.
//! Left out: sealing cards anew under a newer key, which is the engine's.
//!
//! Keys are words, in a file or in a variable of the environment:
//!
//! ```text
//! lookup <64 hexadecimal digits>
//! data key-1 <64 hexadecimal digits>
//! data key-2 <64 hexadecimal digits>
//! check <16 hexadecimal digits>
//! ```
//!
//! The last of the data keys seals, all of them open; the check tells a slip from a key.

mod evidence;
mod marker;
mod words;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use paceline_domain::asked::Hidden;
use paceline_domain::card::Sealed;
use paceline_domain::ids::{CardId, IntegratorAccountId};
use paceline_domain::text::Text;
use ring::hmac;
use serde::{Deserialize, Serialize};

use self::words::Keys;
use super::{CardOnFile, Expiry, NetworkToken};
use crate::seal::{SealKey, keep};
use crate::secret::Secret;

pub use self::words::MalformedKeys;

/// Where the keys are.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Made on first use.
    File(PathBuf),
    Variable {
        name: String,
        words: Secret,
    },
}

/// The keys of one data directory.
pub struct Keyring {
    lookup: hmac::Key,
    /// By name; the last one seals.
    data: Vec<(Text, SealKey)>,
}

/// Keys that cannot be used; each names where they come from.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("{source_name}: {cause}")]
    Unreadable { source_name: String, cause: io::Error },
    #[error("{source_name}: {cause}")]
    Malformed { source_name: String, cause: MalformedKeys },
    #[error(
        "{source_name} is missing: it opens the cards of this data directory, and was used with it. \
         Restore it, from where the directory was copied or backed up: without it no payment by \
         card can be captured, cancelled or refunded"
    )]
    Lost { source_name: String },
    #[error(
        "{source_name} holds other keys than those that {} was made with: no card would be found",
        marker.display()
    )]
    Others { source_name: String, marker: PathBuf },
    #[error(
        "{source_name} lacks the data key {key}, which has sealed cards of this data directory \
         according to {}: it is an old copy, or a part. Restore the newest one, with every key that \
         was in it: without {key} no payment by these cards can be captured, cancelled or refunded",
        marker.display()
    )]
    Incomplete { source_name: String, key: String, marker: PathBuf },
    #[error("{source_name}: there is no data key {key}")]
    KeyUnknown { source_name: String, key: Text },
    #[error("{source_name}: {key} is the key that seals; rotate first")]
    KeyInUse { source_name: String, key: Text },
}

/// A card, or a document, that does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("it is sealed with {0}, which is not among the keys")]
    KeyUnknown(Text),
    #[error("it was not sealed with the key that it names, or is another's")]
    Damaged,
}

impl KeySource {
    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Variable { name, .. } => name.clone(),
        }
    }
}

impl Keyring {
    /// Opens the keys of a data directory, and makes them if it never had any.
    ///
    /// - `marker`: a file in the data directory that says which keys it is used with, and nothing
    ///   else about them.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn open(source: &KeySource, marker: &Path) -> Result<Self, KeyringError> {
        if let KeySource::File(path) = source {
            let is_there = |path: &Path| {
                let source_name = path.display().to_string();
                path.try_exists().map_err(|cause| KeyringError::Unreadable { source_name, cause })
            };
            if !is_there(path)? && !is_there(marker)? {
                Self::create(path)?;
            }
        }
        let keyring = Self::look(source, marker)?;
        keyring.note(marker)?;
        Ok(keyring)
    }

    /// Reads the keys of a data directory that has some, and leaves everything as it is.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn look(source: &KeySource, marker: &Path) -> Result<Self, KeyringError> {
        let source_name = source.name();
        let keyring = match source {
            KeySource::Variable { words, .. } => Self::parse(words, &source_name)?,
            KeySource::File(path) => match Self::load(path) {
                Err(KeyringError::Unreadable { source_name, cause })
                    if cause.kind() == io::ErrorKind::NotFound =>
                {
                    return Err(KeyringError::Lost { source_name });
                }
                loaded => loaded?,
            },
        };
        keyring.fits(source_name, marker)?;
        Ok(keyring)
    }

    /// Reads keys from a file.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn load(path: &Path) -> Result<Self, KeyringError> {
        read(path).map(|keys| Self::of(&keys))
    }

    /// Makes new keys in a file that only its owner may read.
    ///
    /// # Errors
    /// [`KeyringError::Unreadable`].
    pub fn create(path: &Path) -> Result<Self, KeyringError> {
        let keys = Keys::random();
        write(path, &keys)?;
        Ok(Self::of(&keys))
    }

    /// Reads keys from a variable of the environment.
    ///
    /// - `name`: of the variable, for whoever has to mend it.
    ///
    /// # Errors
    /// [`KeyringError::Malformed`].
    pub fn parse(words: &Secret, name: &str) -> Result<Self, KeyringError> {
        let malformed = |cause| KeyringError::Malformed { source_name: name.to_owned(), cause };
        Keys::parse(words.expose()).map(|keys| Self::of(&keys)).map_err(malformed)
    }

    /// Adds a data key to a file; it seals from the next start on. Returns its name.
    ///
    /// # Errors
    /// [`KeyringError`]; the file is as it was.
    pub fn rotate(path: &Path) -> Result<Text, KeyringError> {
        let mut keys = read(path)?;
        let key = keys.add();
        write(path, &keys)?;
        Ok(key)
    }

    /// Takes a data key out of a file, once nothing is sealed with it any more. A backup of the data
    /// may still need it: all keys that there were are kept in a file beside, whose name ends in
    /// `.retired`, which opens such a backup in the place of this one.
    ///
    /// # Errors
    /// [`KeyringError`]; the file is as it was.
    pub fn retire(path: &Path, key: &Text) -> Result<(), KeyringError> {
        let mut keys = read(path)?;
        let before = keys.clone();
        let (source_name, key) = (path.display().to_string(), key.clone());
        if keys.current() == &key {
            return Err(KeyringError::KeyInUse { source_name, key });
        }
        if !keys.remove(&key) {
            return Err(KeyringError::KeyUnknown { source_name, key });
        }
        keep_retired(path, before)?;
        write(path, &keys)
    }

    fn of(keys: &Keys) -> Self {
        let data = keys.data.iter().map(|(name, key)| (name.clone(), SealKey::new(key)));
        let lookup = hmac::Key::new(hmac::HMAC_SHA256, &keys.lookup);
        Self { lookup, data: data.collect() }
    }

    /// The card of a number: who does not have the key cannot tell which.
    pub fn card(&self, integrator: &IntegratorAccountId, number: &Secret) -> CardId {
        CardId(self.keyed(&[b"card", integrator.as_str().as_bytes(), number.expose()]))
    }

    /// What a request that holds a card is recognised by when it comes again. Keyed, so that nobody
    /// can try numbers and codes against what is stored.
    pub fn fingerprint(&self, asked: &[u8]) -> [u8; 32] {
        *self.tag(&[b"request", asked]).as_ref().first_chunk().expect("a tag has 32 bytes")
    }

    /// The names of the data keys; the last one seals.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &Text> {
        self.data.iter().map(|(name, _)| name)
    }

    /// The name of the key that seals.
    pub fn current(&self) -> &Text {
        &self.sealing().0
    }

    fn sealing(&self) -> &(Text, SealKey) {
        self.data.last().expect("there is always a key that seals")
    }

    /// Seals what is kept of a card: neither its verification code nor a cryptogram.
    pub fn seal(&self, card: CardId, kept: &CardOnFile) -> Sealed {
        self.seal_for(&card.0.to_be_bytes(), &Kept::of(kept).written())
    }

    /// # Errors
    /// [`OpenError`].
    pub fn unseal(&self, card: CardId, sealed: &Sealed) -> Result<CardOnFile, OpenError> {
        let opened = self.open_for(&card.0.to_be_bytes(), sealed)?;
        Kept::read(&opened).ok_or(OpenError::Damaged)
    }

    /// Under the newest key, for one owner.
    fn seal_for(&self, owner: &[u8], secret: &Secret) -> Sealed {
        let (name, key) = self.sealing();
        Sealed { key: name.clone(), bytes: Hidden(key.seal(owner, secret).as_ref().into()) }
    }

    fn open_for(&self, owner: &[u8], sealed: &Sealed) -> Result<Secret, OpenError> {
        let (_, key) = self
            .data
            .iter()
            .find(|(name, _)| *name == sealed.key)
            .ok_or_else(|| OpenError::KeyUnknown(sealed.key.clone()))?;
        key.open(owner, &sealed.bytes.0).ok_or(OpenError::Damaged)
    }

    fn keyed(&self, parts: &[&[u8]]) -> u128 {
        u128::from_be_bytes(*self.tag(parts).as_ref().first_chunk().expect("a tag has 32 bytes"))
    }

    fn tag(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.lookup);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.data.iter().map(|(name, _)| name)).finish()
    }
}

fn read(path: &Path) -> Result<Keys, KeyringError> {
    let source_name = || path.display().to_string();
    let words = fs::read(path)
        .map_err(|cause| KeyringError::Unreadable { source_name: source_name(), cause })?;
    Keys::parse(&words)
        .map_err(|cause| KeyringError::Malformed { source_name: source_name(), cause })
}

/// - `keys`: those that were in use until now.
fn keep_retired(path: &Path, keys: Keys) -> Result<(), KeyringError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".retired");
    let beside = PathBuf::from(beside);
    let all = match read(&beside) {
        Err(KeyringError::Unreadable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
            keys
        }
        known => {
            let others = || {
                let source_name = path.display().to_string();
                KeyringError::Others { source_name, marker: beside.clone() }
            };
            known?.with(keys).ok_or_else(others)?
        }
    };
    write(&beside, &all)
}

fn write(path: &Path, keys: &Keys) -> Result<(), KeyringError> {
    let source_name = || path.display().to_string();
    keep(path, keys.written().expose())
        .map_err(|cause| KeyringError::Unreadable { source_name: source_name(), cause })
}

/// What is sealed of a card: every version that was ever written is read. The first byte is its
/// version.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    #[serde(with = "serde_bytes")]
    number: &'a [u8],
    #[serde(with = "serde_bytes")]
    name: &'a [u8],
    /// Zero, and the year too, where nobody said when it expires.
    month: u8,
    year: u16,
    is_token: bool,
}

const KEPT_VERSION: u8 = 1;

impl<'a> Kept<'a> {
    fn of(card: &'a CardOnFile) -> Self {
        Self {
            number: card.number.expose(),
            name: card.name.expose(),
            month: card.expires.map_or(0, |expires| expires.month),
            year: card.expires.map_or(0, |expires| expires.year),
            is_token: card.token.is_some(),
        }
    }

    fn written(&self) -> Secret {
        let written = postcard::to_extend(self, vec![KEPT_VERSION]);
        Secret::new(written.expect("a card has a form in postcard"))
    }

    fn read(words: &Secret) -> Option<CardOnFile> {
        let (&KEPT_VERSION, words) = words.expose().split_first()? else { return None };
        let kept: Kept<'_> = postcard::from_bytes(words).ok()?;
        let secret = |bytes| Secret::new(Bytes::copy_from_slice(bytes));
        Some(CardOnFile {
            number: secret(kept.number),
            name: secret(kept.name),
            expires: (kept.month > 0).then_some(Expiry { month: kept.month, year: kept.year }),
            token: kept.is_token.then_some(NetworkToken { kind: None, cryptogram: None }),
        })
    }
}

#[cfg(test)]
mod tests;
