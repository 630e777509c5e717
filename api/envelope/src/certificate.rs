//! A public key: which of its parts may sign, which may be encrypted to, and until when.
//!
//! Why: the library reads what is written in a key and leaves what that means to its user. A part
//! counts only by what the key's own newest valid signature says of it.
//! Promise: only RSA of 2048 bits or more, bound with SHA-256 or better; a separate subkey for
//! encryption; nothing that its owner has revoked. What others have certified is of no account.
//! Left out: webs of trust. A key is trusted because somebody put it into our directory.

use std::time::{Duration, SystemTime};

use pgp::composed::{Deserializable, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, Signature, SignatureType};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, PublicParams, Tag, VerifyingKey};

use crate::error::KeyError;
use crate::limits::RSA_BITS_MIN;

/// A key's name: its fingerprint in upper-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Fingerprint {
    pub(crate) fn of(key: &impl KeyDetails) -> Self {
        Self(format!("{:X}", key.fingerprint()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From when and until when a key is valid; without an end if it says none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub from: SystemTime,
    pub until: Option<SystemTime>,
}

impl Life {
    pub fn has(&self, now: SystemTime) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    fn within(self, other: Life) -> Life {
        let until = match (self.until, other.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Life { from: self.from.max(other.from), until }
    }
}

/// A part of a key that may do something: the primary key, or the subkey of this index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub subkey: Option<usize>,
    pub life: Life,
}

/// A public key that was found good for this wire.
#[derive(Clone, Debug)]
pub struct Certificate {
    key: SignedPublicKey,
    name: Fingerprint,
    life: Life,
    signing: Vec<Part>,
    encrypting: Vec<Part>,
}

impl Certificate {
    /// Reads one key, armored or not.
    ///
    /// # Errors
    /// What it is instead of a key for this wire.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.windows(PRIVATE.len()).any(|text| text == PRIVATE) {
            return Err(KeyError::Private);
        }
        let read = SignedPublicKey::from_reader_single(bytes);
        read.map_err(|_| KeyError::Malformed).and_then(|(key, _)| Self::of(key))
    }

    pub(crate) fn of(key: SignedPublicKey) -> Result<Self, KeyError> {
        let primary = &key.primary_key;
        let revoked = |revocation: &Signature| revocation.verify_key(primary).is_ok();
        if key.details.revocation_signatures.iter().any(revoked) {
            return Err(KeyError::Revoked);
        }
        let own = own_signature(&key).ok_or(KeyError::Unbound)?;
        let life = life(primary, own);
        let mut signing = vec![];
        let mut encrypting = vec![];
        if own.key_flags().sign() && strong(primary) {
            signing.push(Part { subkey: None, life });
        }
        for (index, subkey) in key.public_subkeys.iter().enumerate() {
            let Some(binding) = binding(primary, subkey) else { continue };
            let flags = binding.key_flags();
            let part = Part { subkey: Some(index), life: life_of(subkey, binding).within(life) };
            if !strong(&subkey.key) {
                continue;
            }
            if flags.sign() && signs_back(primary, subkey, binding) {
                signing.push(part);
            }
            if flags.encrypt_comms() || flags.encrypt_storage() {
                encrypting.push(part);
            }
        }
        let none = |other: KeyError| if strong(primary) { other } else { KeyError::Algorithm };
        if signing.is_empty() {
            return Err(none(KeyError::SignsNot));
        }
        if encrypting.is_empty() {
            return Err(none(KeyError::EncryptsNot));
        }
        Ok(Self { name: Fingerprint::of(primary), life, key, signing, encrypting })
    }

    pub fn name(&self) -> &Fingerprint {
        &self.name
    }

    pub(crate) fn fingerprint(&self) -> pgp::types::Fingerprint {
        self.key.primary_key.fingerprint()
    }

    /// Of the whole key. A subkey may end sooner.
    pub fn life(&self) -> Life {
        self.life
    }

    /// Whether it can both sign and be encrypted to at this moment.
    pub fn is_valid(&self, now: SystemTime) -> bool {
        [&self.signing, &self.encrypting]
            .iter()
            .all(|parts| parts.iter().any(|part| part.life.has(now)))
    }

    /// Who it says it belongs to.
    pub fn user(&self) -> String {
        let user = self.key.details.users.first().and_then(|user| user.id.as_str());
        user.unwrap_or("").chars().filter(|it| !it.is_control()).collect()
    }

    /// As it is sent to the other side.
    ///
    /// # Errors
    /// If the library cannot write what it has read.
    pub fn armored(&self) -> Result<String, KeyError> {
        let written = self.key.to_armored_string(Default::default());
        written.map_err(|cause| KeyError::Library(cause.to_string()))
    }

    /// Those that may sign at this moment.
    pub(crate) fn verifying(&self, now: SystemTime) -> impl Iterator<Item = &dyn VerifyingKey> {
        let parts = self.signing.iter().filter(move |part| part.life.has(now));
        parts.map(|part| match part.subkey {
            None => &self.key.primary_key as &dyn VerifyingKey,
            Some(index) => &self.key.public_subkeys[index].key as &dyn VerifyingKey,
        })
    }

    /// The newest subkey that may be encrypted to at this moment.
    pub(crate) fn recipient(&self, now: SystemTime) -> Option<&SignedPublicSubKey> {
        let part = newest(&self.encrypting, now)?;
        part.subkey.map(|index| &self.key.public_subkeys[index])
    }

    /// The newest part that may sign at this moment: the primary key, or a subkey of this name.
    pub(crate) fn signer(&self, now: SystemTime) -> Option<Fingerprint> {
        newest(&self.signing, now).map(|part| self.name_of(part))
    }

    pub(crate) fn may_decrypt(&self, subkey: &Fingerprint, now: SystemTime) -> bool {
        let living = self.encrypting.iter().filter(|part| part.life.has(now));
        living.map(|part| self.name_of(part)).any(|name| name == *subkey)
    }

    fn name_of(&self, part: &Part) -> Fingerprint {
        match part.subkey {
            None => self.name.clone(),
            Some(index) => Fingerprint::of(&self.key.public_subkeys[index].key),
        }
    }
}

/// How the armor of a private key begins, which the library would read as far as its public part.
const PRIVATE: &[u8] = b"PGP PRIVATE KEY";

fn newest(parts: &[Part], now: SystemTime) -> Option<&Part> {
    parts.iter().filter(|part| part.life.has(now)).max_by_key(|part| part.life.from)
}

/// What the key says of itself: the newest of its signatures that hold.
fn own_signature(key: &SignedPublicKey) -> Option<&Signature> {
    let primary = &key.primary_key;
    let direct = key.details.direct_signatures.iter();
    let direct = direct.filter(|said| sound(said) && said.verify_key(primary).is_ok());
    let users = key.details.users.iter().flat_map(|user| {
        let holds = move |said: &&Signature| {
            sound(said) && said.verify_certification(primary, Tag::UserId, &user.id).is_ok()
        };
        let said = user.signatures.iter().filter(holds);
        // A name that was taken back says nothing any more.
        let newest = said.max_by_key(|said| said.created());
        newest.filter(|said| said.typ() != Some(SignatureType::CertRevocation))
    });
    direct.chain(users).max_by_key(|said| said.created())
}

/// The newest signature that makes this subkey one of the key, unless it was taken back.
fn binding<'a>(primary: &PublicKey, subkey: &'a SignedPublicSubKey) -> Option<&'a Signature> {
    let holds = |said: &&Signature| said.verify_subkey_binding(primary, &subkey.key).is_ok();
    let mut valid = subkey.signatures.iter().filter(holds);
    let revoked = |said: &&Signature| said.typ() == Some(SignatureType::SubkeyRevocation);
    if valid.clone().any(|said| revoked(&said)) {
        return None;
    }
    let by_age = |said: &&Signature| said.created();
    valid.by_ref().filter(|said| sound(said)).max_by_key(by_age)
}

/// A subkey that signs must itself have said whose it is, or anybody could claim it.
fn signs_back(primary: &PublicKey, subkey: &SignedPublicSubKey, binding: &Signature) -> bool {
    binding.embedded_signature().is_some_and(|back| {
        sound(back) && back.verify_primary_key_binding(&subkey.key, primary).is_ok()
    })
}

/// Hashes that are good enough to sign with; MD5 and SHA-1 are not among them.
pub(crate) fn sound(signature: &Signature) -> bool {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    matches!(signature.hash_alg(), Some(Sha256 | Sha384 | Sha512))
}

fn strong(key: &impl KeyDetails) -> bool {
    let PublicParams::RSA(params) = key.public_params() else { return false };
    // A number of OpenPGP begins with how many bits it has.
    let mut written = vec![];
    let bits = params.to_writer(&mut written).ok().and_then(|()| written.first_chunk::<2>());
    bits.is_some_and(|bits| u16::from_be_bytes(*bits) >= RSA_BITS_MIN)
}

fn life_of(subkey: &SignedPublicSubKey, said: &Signature) -> Life {
    life(&subkey.key, said)
}

fn life(key: &impl KeyDetails, said: &Signature) -> Life {
    let from = SystemTime::from(key.created_at());
    let seconds = said.key_expiration_time().map_or(0, |lives| u64::from(lives.as_secs()));
    let until = (seconds > 0).then(|| from + Duration::from_secs(seconds));
    Life { from, until }
}
