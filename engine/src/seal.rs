//! Seals what must outlive the process and be read by nobody else: AES-256-GCM under a key that
//! lives beside the data, and a keyed hash to recognise a credential by.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use paceline_domain::asked::Hidden;
use paceline_domain::ids::{ChallengeId, InstrumentId, LinkId, SessionId};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use crate::secret::Secret;
use crate::world::beside;

const KEY_BYTES: usize = 32;

/// The key of one data directory. Whoever loses it loses the credentials of payments in flight, and
/// every link: no token is recognised any more.
pub struct SealKey {
    seal: LessSafeKey,
    hash: hmac::Key,
    random: SystemRandom,
}

impl SealKey {
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        let unbound = UnboundKey::new(&AES_256_GCM, key).expect("the key has the cipher's length");
        // One secret, two purposes: the hash key is derived, so that neither tells of the other.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"instrument id");
        Self {
            seal: LessSafeKey::new(unbound),
            hash: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
            random: SystemRandom::new(),
        }
    }

    /// Reads the key of a data directory, if it has one.
    ///
    /// # Errors
    /// Those of the file system; `InvalidData` if the file is not a key.
    pub fn load(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => bytes.as_slice().try_into().map(Self::new).map(Some).map_err(|_| {
                let what = format!("it is not a key of {KEY_BYTES} bytes");
                io::Error::new(io::ErrorKind::InvalidData, what)
            }),
            Err(absent) if absent.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the key of a data directory: 32 random bytes, readable by the owner only, on disk
    /// before it is used. Whatever was sealed by an earlier one is lost.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut key = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("no random numbers"))?;
        keep(path, &key)?;
        Ok(Self::new(&key))
    }

    /// Encrypts for one owner: what is sealed for one stream opens for no other.
    pub(crate) fn seal(&self, owner: &[u8], secret: &Secret) -> Bytes {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).expect("the system has random numbers");
        let mut sealed = secret.expose().to_vec();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner),
                &mut sealed,
            )
            .expect("a credential is far below the cipher's limit");
        sealed.extend_from_slice(&nonce);
        sealed.into()
    }

    /// `None` if it was not sealed by this key for this owner.
    pub(crate) fn open(&self, owner: &[u8], sealed: &[u8]) -> Option<Secret> {
        let (sealed, nonce) = sealed.split_last_chunk::<NONCE_LEN>()?;
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.seal.open_in_place(nonce, Aad::from(owner), &mut bytes).ok()?;
        Some(Secret::new(Bytes::copy_from_slice(opened)))
    }

    /// The link of a Google payment token: who does not have the key cannot tell which.
    pub(crate) fn link(&self, token: &Secret) -> LinkId {
        LinkId(self.keyed(b"link", &[], token))
    }

    /// What is kept of a one-time password. The challenge is part of it: two who are sent the same
    /// six digits have nothing in common.
    pub(crate) fn password(&self, challenge: ChallengeId, password: &Secret) -> Hidden {
        let hash = self.keyed(b"otp", &challenge.0.to_be_bytes(), password);
        Hidden(Arc::from(hash.to_be_bytes().as_slice()))
    }

    /// What is kept of a request, to know it again. There may be six digits in it that somebody
    /// could try out, who has the disk and not the key.
    pub(crate) fn fingerprint(&self, asked: &[u8]) -> [u8; 32] {
        self.tag(b"fingerprint", &[], asked).as_ref().try_into().expect("a tag has 32 bytes")
    }

    /// What tells this key from others without telling anything of it.
    pub(crate) fn mark(&self) -> u128 {
        self.keyed(b"mark", &[], &Secret::new(Bytes::new()))
    }

    fn keyed(&self, what: &[u8], owner: &[u8], secret: &Secret) -> u128 {
        let tag = self.tag(what, owner, secret.expose());
        let half = tag.as_ref()[..16].try_into().expect("a tag has 32 bytes");
        u128::from_be_bytes(half)
    }

    fn tag(&self, what: &[u8], owner: &[u8], content: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.hash);
        for part in [what, owner, content] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }

    /// The instrument behind a credential. A wallet makes a credential for one checkout, so the
    /// session is part of the name; a second try with the same credential meets the first. The
    /// name lies beside the session's in the log.
    pub(crate) fn instrument(&self, session: SessionId, credential: &Secret) -> InstrumentId {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(&session.0.to_be_bytes());
        context.update(credential.expose());
        let tag = context.sign();
        let wide: [u8; 16] = tag.as_ref()[..16].try_into().expect("a tag has 32 bytes");
        InstrumentId(beside(session.0, u128::from_be_bytes(wide)))
    }
}

/// Puts a secret into a file that only its owner may read, on disk before anybody goes on. It is
/// written beside and renamed, so that a crash leaves the whole of the new or of the old.
pub(crate) fn keep(path: &Path, secret: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(parent) = path.parent() {
        // The parent of a bare name is where we are.
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
