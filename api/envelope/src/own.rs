//! A private key of ours: made, read and written. It signs and decrypts in `openpgp.rs`.
//!
//! Promise: it cannot be printed, and is overwritten in memory when it is dropped (the library
//! does that).

use std::time::SystemTime;

use pgp::composed::{
    Deserializable, KeyType, SignedKeyDetails, SignedSecretKey, SignedSecretSubKey,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{
    Features, KeyFlags, PubKeyInner, PublicKey, PublicSubkey, SecretKey, SecretSubkey,
    SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::types::{
    CompressionAlgorithm, Duration, KeyDetails, KeyVersion, Password, PublicParams, SecretParams,
    SignedUser, SigningKey, Tag, Timestamp,
};
use rand_core::OsRng;

use crate::certificate::{Certificate, Fingerprint};
use crate::error::KeyError;
use crate::limits::{KEY_LIVES, RSA_BITS};

pub struct OwnKey {
    secret: SignedSecretKey,
    certificate: Certificate,
}

impl std::fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OwnKey").field(self.certificate.name()).finish()
    }
}

impl OwnKey {
    /// Makes a key by the rules of the wire: RSA, one part that signs and another that is
    /// encrypted to, for a year.
    ///
    /// # Errors
    /// If the library or the system's randomness does not do it.
    pub fn generate(user: &str, now: SystemTime) -> Result<Self, KeyError> {
        generate(user, now).map_err(|cause| KeyError::Library(cause.to_string())).and_then(Self::of)
    }

    /// Reads one key, armored or not.
    ///
    /// # Errors
    /// What it is instead of a key for this wire.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let (secret, _) = SignedSecretKey::from_reader_single(bytes).map_err(|_| {
            let public = Certificate::parse(bytes).is_ok();
            if public { KeyError::Public } else { KeyError::Malformed }
        })?;
        Self::of(secret)
    }

    fn of(secret: SignedSecretKey) -> Result<Self, KeyError> {
        let subkeys = secret.secret_subkeys.iter();
        let mut parts = subkeys.map(|subkey| subkey.key.secret_params());
        if parts.any(SecretParams::is_encrypted)
            || secret.primary_key.secret_params().is_encrypted()
        {
            return Err(KeyError::Passphrase);
        }
        let certificate = Certificate::of(secret.to_public_key())?;
        Ok(Self { secret, certificate })
    }

    /// What everybody may know of it.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// As it is stored. Nothing else is done with this.
    ///
    /// # Errors
    /// If the library cannot write what it has read.
    pub(crate) fn armored(&self) -> Result<String, KeyError> {
        let written = self.secret.to_armored_string(Default::default());
        written.map_err(|cause| KeyError::Library(cause.to_string()))
    }

    /// The part that signs at this moment.
    pub(crate) fn signer(&self, now: SystemTime) -> Option<&dyn SigningKey> {
        let name = self.certificate.signer(now)?;
        if name == *self.certificate.name() {
            return Some(&self.secret.primary_key);
        }
        let mut subkeys = self.secret.secret_subkeys.iter();
        let subkey = subkeys.find(|subkey| Fingerprint::of(&subkey.key) == name)?;
        Some(&subkey.key)
    }

    /// The parts that decrypt at this moment.
    pub(crate) fn decrypting(&self, now: SystemTime) -> impl Iterator<Item = &SecretSubkey> {
        let subkeys = self.secret.secret_subkeys.iter().map(|subkey| &subkey.key);
        subkeys.filter(move |subkey| self.certificate.may_decrypt(&Fingerprint::of(*subkey), now))
    }
}

fn generate(user: &str, now: SystemTime) -> pgp::errors::Result<SignedSecretKey> {
    let created = Timestamp::try_from(now).unwrap_or_else(|_| Timestamp::now());
    let no_password = Password::empty();

    let (public, private) = pair(created)?;
    let primary = PublicKey::from_inner(public)?;
    let signer = SecretKey::new(primary.clone(), private)?;
    let (public, private) = pair(created)?;
    let subkey = PublicSubkey::from_inner(public)?;

    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    let config = says(SignatureType::CertPositive, &primary, created, flags, &preferences())?;
    let user = UserId::from_str(Default::default(), user)?;
    let said = config.sign_certification(&signer, &primary, &no_password, Tag::UserId, &user)?;

    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    let config = says(SignatureType::SubkeyBinding, &primary, created, flags, &[])?;
    let bound = config.sign_subkey_binding(&signer, &primary, &no_password, &subkey)?;

    let users = vec![SignedUser::new(user, vec![said])];
    let details = SignedKeyDetails::new(vec![], vec![], users, vec![]);
    let subkey = SignedSecretSubKey::new(SecretSubkey::new(subkey, private)?, vec![bound]);
    Ok(SignedSecretKey::new(signer, details, vec![], vec![subkey]))
}

fn pair(created: Timestamp) -> pgp::errors::Result<(PubKeyInner, SecretParams)> {
    let (public, private): (PublicParams, _) = KeyType::Rsa(RSA_BITS).generate(OsRng)?;
    let algorithm = PublicKeyAlgorithm::RSA;
    Ok((PubKeyInner::new(KeyVersion::V4, algorithm, created, None, public)?, private))
}

fn says(
    what: SignatureType,
    primary: &PublicKey,
    created: Timestamp,
    flags: KeyFlags,
    more: &[SubpacketData],
) -> pgp::errors::Result<SignatureConfig> {
    let mut config = SignatureConfig::v4(what, PublicKeyAlgorithm::RSA, HashAlgorithm::Sha384);
    let lives = Duration::try_from(KEY_LIVES).expect("a key's years are few");
    let facts = [
        SubpacketData::SignatureCreationTime(created),
        SubpacketData::IssuerFingerprint(primary.fingerprint()),
        SubpacketData::KeyExpirationTime(lives),
        SubpacketData::KeyFlags(flags),
    ];
    let said = facts.iter().chain(more).cloned().map(Subpacket::regular);
    config.hashed_subpackets = said.collect::<pgp::errors::Result<_>>()?;
    let issuer = SubpacketData::IssuerKeyId(primary.legacy_key_id());
    config.unhashed_subpackets = vec![Subpacket::regular(issuer)?];
    Ok(config)
}

/// What others are asked to send. Who reads them will not use what the wire forbids.
fn preferences() -> [SubpacketData; 5] {
    let mut features = Features::default();
    features.set_seipd_v1(true);
    [
        SubpacketData::Features(features),
        SubpacketData::IsPrimary(true),
        SubpacketData::PreferredSymmetricAlgorithms(
            [SymmetricKeyAlgorithm::AES256].into_iter().collect(),
        ),
        SubpacketData::PreferredHashAlgorithms(
            [HashAlgorithm::Sha384, HashAlgorithm::Sha512].into_iter().collect(),
        ),
        SubpacketData::PreferredCompressionAlgorithms(
            [CompressionAlgorithm::Uncompressed].into_iter().collect(),
        ),
    ]
}
