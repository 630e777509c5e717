//! Documents: each is encrypted under a key of its own, and that key is sealed as a card is.
//!
//! Why: evidence shows what it is about, the number of a card too, and is large: whoever changes
//! the keys writes the key of a document anew, and not the document.

use bytes::Bytes;
use paceline_domain::asked::Hidden;
use paceline_domain::card::Sealed;
use paceline_domain::document::Document;
use paceline_domain::ids::DocumentId;
use paceline_domain::time::Timestamp;

use super::words::random;
use super::{Keyring, OpenError};
use crate::seal::SealKey;
use crate::secret::Secret;

impl Keyring {
    pub fn encrypt(&self, id: DocumentId, content: &Secret, at: Timestamp) -> Document {
        let key = random();
        let encrypted = SealKey::new(&key).seal(&id.0.to_be_bytes(), content);
        Document {
            id,
            content: Hidden(encrypted.as_ref().into()),
            key: self.seal_for(&owner(id), &Secret::new(Bytes::copy_from_slice(&key))),
            mark: Hidden(self.tag(&[b"document", content.expose()]).as_ref().into()),
            at,
        }
    }

    /// # Errors
    /// [`OpenError`].
    pub fn decrypt(&self, document: &Document) -> Result<Secret, OpenError> {
        let key = self.open_for(&owner(document.id), &document.key)?;
        let key = key.expose().try_into().map(SealKey::new).map_err(|_| OpenError::Damaged)?;
        key.open(&document.id.0.to_be_bytes(), &document.content.0).ok_or(OpenError::Damaged)
    }

    /// Its key under the newest one; the content stays as it is.
    ///
    /// - `before`: keys that were in use when it was kept, one of which may be retired by now.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn reseal(&self, document: &Document, before: &Self) -> Result<Sealed, OpenError> {
        let owner = owner(document.id);
        let key = self.open_for(&owner, &document.key);
        let key = key.or_else(|_| before.open_for(&owner, &document.key))?;
        Ok(self.seal_for(&owner, &key))
    }
}

/// So that no card's bytes open as a document's key.
fn owner(id: DocumentId) -> Vec<u8> {
    [b"document".as_slice(), &id.0.to_be_bytes()].concat()
}
