//! The kept samples, and the moment at which they are looked at.

// Each test uses some, and all of it is for tests.
#![allow(dead_code, clippy::unwrap_used)]

use std::time::{Duration, SystemTime};

use paceline_envelope::{Certificate, Directory, Envelope, Form, Keyring, OwnKey};
use tempfile::TempDir;

pub const JSON: &[u8] = br#"{"clientMessage":"made by GnuPG"}"#;

/// Three weeks after the samples were made: 2026-11-22.
pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_305_600)
}

pub fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}

pub fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|cause| panic!("{path}: {cause}"))
}

pub fn own(name: &str) -> OwnKey {
    OwnKey::parse(&sample(&format!("{name}.private.asc"))).unwrap()
}

pub fn peer(name: &str) -> Certificate {
    Certificate::parse(&sample(&format!("{name}.public.asc"))).unwrap()
}

/// One side of the wire, with its keys in a directory that lives as long as it.
pub struct Party {
    pub envelope: Envelope,
    pub directory: Directory,
    _files: TempDir,
}

impl Party {
    pub fn new(keys: &[&str], peers: &[&str]) -> Self {
        Self::writing(Form::Binary, keys, peers)
    }

    pub fn writing(form: Form, keys: &[&str], peers: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let directory = Directory::new(files.path());
        for name in keys {
            directory.add_own(&own(name)).unwrap();
        }
        for name in peers {
            directory.add_peer(&peer(name)).unwrap();
        }
        let keyring = Keyring::open(directory.clone()).unwrap();
        Self { envelope: Envelope::OpenPgp { keyring, form }, directory, _files: files }
    }

    pub fn reload(&self) {
        let Envelope::OpenPgp { keyring, .. } = &self.envelope else { unreachable!() };
        keyring.reload().unwrap();
    }

    /// Whose signature it was, by the name that they gave themselves.
    pub fn signer_of(&self, body: &[u8]) -> String {
        let opened = self.envelope.open(body, now()).unwrap();
        let Envelope::OpenPgp { keyring, .. } = &self.envelope else { unreachable!() };
        let keys = keyring.keys();
        let mut peers = keys.peers();
        peers.find(|peer| Some(peer.name()) == opened.signed_by.as_ref()).unwrap().user()
    }
}

/// A body to `from`, taken out of its encryption and put into one to `to`, its signature as it was.
pub fn resealed(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE;
    use pgp::composed::{Deserializable, Esk, Message, SignedPublicKey, SignedSecretKey};
    use pgp::crypto::sym::SymmetricKeyAlgorithm;
    use pgp::packet::{PacketTrait, PublicKeyEncryptedSessionKey, SymEncryptedProtectedData};
    use pgp::types::{DecryptionKey, EskType, Password};
    use rand_core::OsRng;

    let packets = URL_SAFE.decode(body).unwrap();
    let secret = sample(&format!("{from}.private.asc"));
    let (secret, _) = SignedSecretKey::from_reader_single(&secret[..]).unwrap();
    let Message::Encrypted { esk, mut edata, .. } = Message::from_bytes(&packets[..]).unwrap()
    else {
        panic!("it is encrypted");
    };
    let Esk::PublicKeyEncryptedSessionKey(sealed) = &esk[0] else { panic!("to a key") };
    let subkey = &secret.secret_subkeys[0].key;
    let key = subkey.decrypt(&Password::empty(), sealed.values().unwrap(), EskType::V3_4);
    edata.decrypt(&key.unwrap().unwrap()).unwrap();
    let mut inside = vec![];
    std::io::Read::read_to_end(&mut edata, &mut inside).unwrap();

    let public = sample(&format!("{to}.public.asc"));
    let (public, _) = SignedPublicKey::from_reader_single(&public[..]).unwrap();
    let (algorithm, key) = (SymmetricKeyAlgorithm::AES256, [7; 32]);
    let sealed = PublicKeyEncryptedSessionKey::from_session_key_v3(
        OsRng,
        &key[..].into(),
        algorithm,
        &public.public_subkeys[0],
    );
    let mut passed_on = vec![];
    sealed.unwrap().to_writer_with_header(&mut passed_on).unwrap();
    let data = SymEncryptedProtectedData::encrypt_seipdv1(OsRng, algorithm, &key, &inside);
    data.unwrap().to_writer_with_header(&mut passed_on).unwrap();
    URL_SAFE.encode(passed_on).into_bytes()
}
