//! A body as the wire carries it: JSON, signed, encrypted in one OpenPGP message, in base64url.
//!
//! Promise: what is opened was encrypted to a key of ours and signed, all of it, by a key that we
//! trust for the other side, and both are valid now. Any one of several signatures is enough.
//! There is no half: what is only signed or only encrypted is refused.
//! Left out: replays, which the timestamp and the idempotency key in the body take care of.
//!
//! Every failure to decrypt is the same failure, and takes no other path by what the plaintext
//! begins with: integrity is checked before a byte of it is looked at.

use std::io::Read;
use std::time::SystemTime;

use pgp::composed::{
    ArmorOptions, DecryptionOptions, Edata, Esk, Message, MessageBuilder, PlainSessionKey,
    SubpacketConfig, TheRing,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{
    ProtectedDataConfig, Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData,
    SymEncryptedProtectedDataConfig,
};
use pgp::types::{
    DecryptionKey, EskType, Password, PkeskVersion, Seipdv1ReadMode, SigningKey, Timestamp,
    VerifyingKey,
};
use rand_core::{OsRng, RngCore};

use crate::base64url;
use crate::certificate::{Fingerprint, sound};
use crate::error::{OpenError, SealError};
use crate::keys::Keys;
use crate::limits::{
    BODY_BYTES_MAX, CLOCK_SKEW_MAX, COMPRESSED_DEPTH_MAX, JSON_BYTES_MAX, SESSION_KEYS_MAX,
    SIGNATURES_MAX,
};

/// How a body is written; each is read in every form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As `gpg --armor` makes it.
    Armored,
    /// Three quarters of that.
    Binary,
}

/// What was in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub json: Vec<u8>,
    /// The key of the other side; nobody's in a body that was not signed at all.
    pub signed_by: Option<Fingerprint>,
}

/// # Errors
/// One of the two answers that the wire has for it.
pub fn open(body: &[u8], keys: &Keys, now: SystemTime) -> Result<Opened, OpenError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(OpenError::Encryption("the body is too long"));
    }
    let packets = base64url::decode(body).ok_or(OpenError::Encryption("it is no base64url"))?;
    let message = read(&packets).map_err(|_| OpenError::Encryption("it is no OpenPGP message"))?;
    let mut message = decrypt(message, keys, now)?;
    for _ in 0..COMPRESSED_DEPTH_MAX {
        if message.is_compressed() {
            message = message.decompress().map_err(damaged)?;
        }
    }
    let Message::Signed { reader, .. } = &message else {
        return Err(OpenError::Signature("the message is not signed"));
    };
    if reader.num_signatures() > SIGNATURES_MAX {
        return Err(OpenError::Signature("there are too many signatures"));
    }
    for _ in 0..COMPRESSED_DEPTH_MAX {
        message = message.decompress().map_err(damaged)?;
    }
    let json = read_whole(&mut message)?;
    let signed_by = Some(signer(&message, keys, now)?);
    Ok(Opened { json, signed_by })
}

/// # Errors
/// If there is no key for it.
pub fn seal(json: &[u8], keys: &Keys, form: Form, now: SystemTime) -> Result<Vec<u8>, SealError> {
    let library = |cause: pgp::errors::Error| SealError::Library(cause.to_string());
    let mut builder = MessageBuilder::from_bytes("", json.to_vec())
        .seipd_v1(OsRng, SymmetricKeyAlgorithm::AES256);
    let mut meant_for = vec![];
    for peer in keys.peers() {
        let Some(recipient) = peer.recipient(now) else { continue };
        builder.encrypt_to_key(OsRng, &recipient.key).map_err(library)?;
        meant_for.push(peer.fingerprint());
    }
    if meant_for.is_empty() {
        return Err(SealError::NoRecipient);
    }
    let mut signers = keys.own().filter_map(|own| own.signer(now)).peekable();
    signers.peek().ok_or(SealError::NoSigner)?;
    for signer in signers {
        let subpackets = says(signer, &meant_for, now).map_err(library)?;
        builder.sign_with_subpackets(signer, Password::empty(), HashAlgorithm::Sha384, subpackets);
    }
    let message = match form {
        Form::Binary => builder.to_vec(OsRng),
        Form::Armored => {
            builder.to_armored_string(OsRng, ArmorOptions::default()).map(String::into_bytes)
        }
    };
    Ok(base64url::encode(&message.map_err(library)?))
}

/// Left to itself the library asks a clock.
fn says(
    signer: &dyn SigningKey,
    meant_for: &[pgp::types::Fingerprint],
    now: SystemTime,
) -> pgp::errors::Result<SubpacketConfig> {
    let created = Timestamp::try_from(now).unwrap_or_else(|_| Timestamp::now());
    let facts = [
        SubpacketData::SignatureCreationTime(created),
        SubpacketData::IssuerFingerprint(signer.fingerprint()),
    ];
    let recipients = meant_for.iter().cloned().map(SubpacketData::IntendedRecipientFingerprint);
    let hashed = facts
        .into_iter()
        .chain(recipients)
        .map(Subpacket::regular)
        .collect::<pgp::errors::Result<_>>()?;
    let issuer = Subpacket::regular(SubpacketData::IssuerKeyId(signer.legacy_key_id()))?;
    Ok(SubpacketConfig::UserDefined { hashed, unhashed: vec![issuer] })
}

/// The first byte of a packet has its highest bit set, and armor is ASCII.
fn read(packets: &[u8]) -> pgp::errors::Result<Message<'_>> {
    if packets.first().is_some_and(|first| first & 0x80 != 0) {
        return Message::from_bytes(packets);
    }
    Message::from_armor(packets).map(|(message, _)| message)
}

fn decrypt<'a>(
    message: Message<'a>,
    keys: &Keys,
    now: SystemTime,
) -> Result<Message<'a>, OpenError> {
    let Message::Encrypted { esk, edata, .. } = &message else {
        return Err(OpenError::Encryption("the message is not encrypted"));
    };
    // The one kind that GnuPG and the rules of the wire make; others have no integrity.
    let Edata::SymEncryptedProtectedData { reader } = edata else {
        return Err(OpenError::Encryption("the message is not protected against changes"));
    };
    let ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V1) = reader.config() else {
        return Err(OpenError::Encryption("the message is encrypted in an unknown way"));
    };
    let session_key = session_key(esk, keys, now)
        .ok_or(OpenError::Encryption("it is encrypted to no valid key of ours"))?;
    let check_first = Seipdv1ReadMode::CheckFirst { max_message_size: BODY_BYTES_MAX };
    let ring = TheRing {
        session_keys: vec![session_key],
        decrypt_options: DecryptionOptions::new().set_seipdv1_read_mode(check_first),
        ..TheRing::default()
    };
    message.decrypt_the_ring(ring, true).map(|(message, _)| message).map_err(damaged)
}

/// The first that any of our keys can read. One that was made for a key of ours and cannot be read
/// by it is taken for a random one, and fails where a wrong one does: how far a guess came is what
/// Bleichenbacher's attack lives on.
fn session_key(esk: &[Esk], keys: &Keys, now: SystemTime) -> Option<PlainSessionKey> {
    let sealed = esk.iter().filter_map(|esk| match esk {
        Esk::PublicKeyEncryptedSessionKey(sealed) => Some(sealed),
        Esk::SymKeyEncryptedSessionKey(_) => None,
    });
    let mut guessed = None;
    for sealed in sealed.take(SESSION_KEYS_MAX) {
        let values = sealed.values().ok().filter(|_| sealed.version() == PkeskVersion::V3);
        let Some(values) = values else { continue };
        let decrypting = keys.own().flat_map(|own| own.decrypting(now));
        for key in decrypting.filter(|key| sealed.match_identity(key)) {
            match key.decrypt(&Password::empty(), values, EskType::V3_4) {
                Ok(Ok(session_key)) if is_aes(&session_key) => return Some(session_key),
                _ => guessed = Some(random_session_key()),
            }
        }
    }
    guessed
}

fn random_session_key() -> PlainSessionKey {
    let mut key = vec![0; 32];
    OsRng.fill_bytes(&mut key);
    PlainSessionKey::V3_4 { sym_alg: SymmetricKeyAlgorithm::AES256, key: key.into() }
}

/// CAST5, IDEA and the like are not.
fn is_aes(key: &PlainSessionKey) -> bool {
    use SymmetricKeyAlgorithm::{AES128, AES192, AES256};
    matches!(key.sym_algorithm(), Some(AES128 | AES192 | AES256))
}

fn damaged<E>(_: E) -> OpenError {
    OpenError::Encryption("the message is damaged")
}

/// All of it, or the signatures would not be known.
fn read_whole(message: &mut Message<'_>) -> Result<Vec<u8>, OpenError> {
    let mut json = vec![];
    let bound = JSON_BYTES_MAX as u64 + 1;
    let read = message.by_ref().take(bound).read_to_end(&mut json).map_err(damaged)?;
    if read > JSON_BYTES_MAX {
        return Err(OpenError::Encryption("the message inflates to more than a body holds"));
    }
    // At its end the library looks at what comes after it: nothing may.
    message.read_to_end(&mut json).map_err(damaged)?;
    Ok(json)
}

fn signer(message: &Message<'_>, keys: &Keys, now: SystemTime) -> Result<Fingerprint, OpenError> {
    let Message::Signed { reader, .. } = message else { unreachable!("it was looked at before") };
    let mut why = "the signature is by no key that is trusted and valid";
    for index in 0..reader.num_signatures() {
        let Some(signature) = reader.signature(index) else { continue };
        if let Err(flaw) = acceptable(signature, now) {
            why = flaw;
            continue;
        }
        if !is_meant_for(signature, keys) {
            why = "the signature is of a message to somebody else";
            continue;
        }
        for peer in keys.peers() {
            let mut parts = peer.verifying(now).filter(|part| may_be_by(signature, *part));
            if parts.any(|part| message.verify_nested_explicit(index, part).is_ok()) {
                return Ok(peer.name().clone());
            }
        }
    }
    Err(OpenError::Signature(why))
}

fn acceptable(signature: &Signature, now: SystemTime) -> Result<(), &'static str> {
    if !sound(signature) {
        return Err("the signature's digest is not SHA-256 or better");
    }
    if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Err("the signature is not one of a message");
    }
    let Some(created) = signature.created().map(SystemTime::from) else {
        return Err("the signature does not say when it was made");
    };
    if created > now + CLOCK_SKEW_MAX {
        return Err("the signature is of the future");
    }
    match signature.signature_expiration_time().map(std::time::Duration::from) {
        Some(lives) if !lives.is_zero() && created + lives <= now => {
            Err("the signature has expired")
        }
        _ => Ok(()),
    }
}

/// A signature may name whom it is meant for, and then nobody can pass it on in an envelope of his
/// own. GnuPG writes that from version 2.3 on.
fn is_meant_for(signature: &Signature, keys: &Keys) -> bool {
    let said = signature.config().into_iter().flat_map(SignatureConfig::hashed_subpackets);
    let mut meant = said.filter_map(|said| match &said.data {
        SubpacketData::IntendedRecipientFingerprint(fingerprint) => Some(fingerprint),
        _ => None,
    });
    let Some(first) = meant.next() else { return true };
    let ours = |name: &pgp::types::Fingerprint| {
        keys.own().any(|own| own.certificate().fingerprint() == *name)
    };
    ours(first) || meant.any(ours)
}

/// A signature may name its key, which saves the others the trial.
fn may_be_by(signature: &Signature, key: &dyn VerifyingKey) -> bool {
    let fingerprints = signature.issuer_fingerprint();
    if !fingerprints.is_empty() {
        return fingerprints.contains(&&key.fingerprint());
    }
    let ids = signature.issuer_key_id();
    ids.is_empty() || ids.contains(&&key.legacy_key_id())
}
