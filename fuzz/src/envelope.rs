//! Bodies of Standard Payments, and keys: what reaches OpenPGP's parsers.
//!
//! Why beside what the library tests of itself: whoever has our public key, and it is no secret,
//! can send what parses only once it is decrypted, and nobody has signed it yet.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use paceline_envelope::{Certificate, Directory, Envelope, Form, Keyring, OpenError, OwnKey};
use pgp::composed::{Deserializable, SignedPublicKey};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{PacketTrait, PublicKeyEncryptedSessionKey, SymEncryptedProtectedData};
use rand_core::OsRng;
use tempfile::TempDir;

use crate::bounds::{Bounds, WIRE, within};

/// The keys of the envelope's own tests, which are nobody's.
const OWN: &[u8] = include_bytes!("../../api/envelope/tests/samples/integrator.private.asc");
const OWN_PUBLIC: &[u8] = include_bytes!("../../api/envelope/tests/samples/integrator.public.asc");
const PEER: &[u8] = include_bytes!("../../api/envelope/tests/samples/google.public.asc");

const JSON: &[u8] = br#"{"clientMessage":"made by GnuPG"}"#;

/// A private operation for every session key, and what a body may inflate to, held twice while it
/// grows.
const ENVELOPE: Bounds =
    Bounds { memory_flat: 4 * 1024 * 1024, time_flat: Duration::from_millis(100), ..WIRE };

struct Post {
    envelope: Envelope,
    /// A session key, sealed for us as anybody can, which every body of `inside` begins with.
    opening: Vec<u8>,
    now: SystemTime,
    _files: TempDir,
}

const SESSION_KEY: [u8; 32] = [7; 32];

static POST: LazyLock<Post> = LazyLock::new(|| {
    let files = tempfile::tempdir().expect("a directory");
    let directory = Directory::new(files.path());
    directory.add_own(&OwnKey::parse(OWN).expect("a key")).expect("it is written");
    directory.add_peer(&Certificate::parse(PEER).expect("a key")).expect("it is written");
    let keyring = Keyring::open(directory).expect("keys");
    let (public, _) = SignedPublicKey::from_reader_single(OWN_PUBLIC).expect("a key");
    let sealed = PublicKeyEncryptedSessionKey::from_session_key_v3(
        OsRng,
        &SESSION_KEY[..].into(),
        SymmetricKeyAlgorithm::AES256,
        &public.public_subkeys[0],
    );
    let mut opening = vec![];
    sealed.expect("sealed").to_writer_with_header(&mut opening).expect("written");
    // Three weeks after the samples were made.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_305_600);
    Post {
        envelope: Envelope::OpenPgp { keyring, form: Form::Binary },
        opening,
        now,
        _files: files,
    }
});

/// A message as it travels, but for the base64 around it.
pub fn message(bytes: &[u8]) {
    opened(bytes);
}

/// What comes to light when a message is decrypted: signatures, compressed and literal data.
pub fn inside(bytes: &[u8]) {
    let algorithm = SymmetricKeyAlgorithm::AES256;
    let sealed = SymEncryptedProtectedData::encrypt_seipdv1(OsRng, algorithm, &SESSION_KEY, bytes);
    let mut body = POST.opening.clone();
    sealed.expect("encrypted").to_writer_with_header(&mut body).expect("written");
    opened(&body);
}

/// Nobody can sign but Google, and of what is kept it has signed one text.
fn opened(message: &[u8]) {
    let body = base64(message);
    match within(ENVELOPE, &body, |body| POST.envelope.open(body, POST.now)) {
        Ok(opened) => assert!(opened.json == JSON && opened.signed_by.is_some()),
        Err(OpenError::Encryption(why) | OpenError::Signature(why)) => assert!(!why.is_empty()),
    }
}

/// With RUST_BACKTRACE set the library's refusals have a backtrace in their words, and the first
/// one of a process reads the names of all its functions.
static NAMES: LazyLock<usize> =
    LazyLock::new(|| std::backtrace::Backtrace::force_capture().to_string().len());

pub fn public_key(bytes: &[u8]) {
    LazyLock::force(&NAMES);
    if let Ok(key) = within(ENVELOPE, bytes, Certificate::parse) {
        let written = key.armored().expect("what was read can be written");
        let again = Certificate::parse(written.as_bytes()).expect("and read again");
        assert_eq!((again.name(), again.life()), (key.name(), key.life()));
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let sextets = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        (0..=chunk.len()).map(move |at| ALPHABET[(bits >> (18 - 6 * at)) as usize & 63])
    };
    bytes.chunks(3).flat_map(sextets).collect()
}
