use super::*;

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];
const SESSION: SessionId = SessionId(1);

fn token() -> Secret {
    Secret::new(&b"{\"signature\":\"MEQCIH6Q4OwQ0jAceFEkGF0JID6sJNXxOEi4r+mA7biRxqBQ\"}"[..])
}

#[test]
fn what_is_sealed_opens_for_its_owner_and_nobody_else() {
    let key = SealKey::new(&KEY);
    let sealed = key.seal(b"one", &token());
    assert_eq!(key.open(b"one", &sealed), Some(token()));
    assert_eq!(key.open(b"two", &sealed), None);
    assert_eq!(SealKey::new(&[8; KEY_BYTES]).open(b"one", &sealed), None);
}

#[test]
fn what_is_sealed_shows_nothing_of_the_secret_not_even_that_it_is_the_same() {
    let key = SealKey::new(&KEY);
    let (once, twice) = (key.seal(b"one", &token()), key.seal(b"one", &token()));
    assert_ne!(once, twice);
    for sealed in [once, twice] {
        let seen = sealed.windows(8).any(|found| token().expose().windows(8).any(|w| w == found));
        assert!(!seen, "eight bytes of the secret are in {sealed:?}");
    }
}

#[test]
fn a_sealed_note_with_any_byte_changed_or_missing_does_not_open() {
    let key = SealKey::new(&KEY);
    let sealed = key.seal(b"one", &token());
    for at in 0..sealed.len() {
        let mut changed = sealed.to_vec();
        changed[at] ^= 1;
        assert_eq!(key.open(b"one", &changed), None, "byte {at}");
        assert_eq!(key.open(b"one", &sealed[..at]), None, "cut at {at}");
    }
}

#[test]
fn a_note_that_was_sealed_by_an_earlier_version_opens() {
    // Ciphertext, tag, nonce; made with another implementation of AES-256-GCM.
    let sealed = hex(concat!(
        "5edcd06a3d463f360f32267ed175b249bc7fa9a782c4a03f588fb7dba28625fef4cc3a64abb1ec04",
        "f8fb014bd5b6a8004e1061efe4c30a15457a56d27c7daa159a36e13cd30b6401104fc745dd6ccdd6",
        "030303030303030303030303"
    ));
    assert_eq!(SealKey::new(&KEY).open(b"one", &sealed), Some(token()));
}

#[test]
fn a_credential_is_the_same_instrument_within_a_session_and_for_all_versions() {
    let key = SealKey::new(&KEY);
    let instrument = key.instrument(SESSION, &token());
    // The session's time, then 80 bits of the HMAC-SHA-256 of the session and the token, under a
    // key that is itself derived by one.
    assert_eq!(instrument.to_string(), "pin_0000000000000cf74279b0978129a984");
    let later = key.instrument(SessionId(0x0123_4567_89ab << 80), &token());
    assert!(later.to_string().starts_with("pin_0123456789ab"), "{later}");
    assert_ne!(instrument, key.instrument(SessionId(2), &token()));
    assert_ne!(instrument, key.instrument(SESSION, &Secret::new(&b"another"[..])));
    assert_ne!(instrument, SealKey::new(&[8; KEY_BYTES]).instrument(SESSION, &token()));
}

#[test]
fn a_directory_gets_its_key_once_and_only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("SEAL_KEY");
    assert!(SealKey::load(&file).unwrap().is_none());
    let sealed = SealKey::create(&file).unwrap().seal(b"one", &token());
    let again = SealKey::load(&file).unwrap().unwrap();
    assert_eq!(again.open(b"one", &sealed), Some(token()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn two_directories_have_two_keys() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| SealKey::create(&dir.path().join(name)).unwrap());
    assert_eq!(two.open(b"one", &one.seal(b"one", &token())), None);
}

#[test]
fn a_file_that_is_no_key_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("SEAL_KEY");
    for wrong in [&b""[..], &[7; KEY_BYTES - 1], &[7; KEY_BYTES + 1]] {
        fs::write(&file, wrong).unwrap();
        let refused = SealKey::load(&file).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read(&file).unwrap(), wrong);
    }
}

#[test]
fn a_crash_while_the_key_was_made_leaves_room_for_the_next_try() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("SEAL_KEY");
    fs::write(file.with_extension("new"), b"half").unwrap();
    let sealed = SealKey::create(&file).unwrap().seal(b"one", &token());
    assert_eq!(SealKey::load(&file).unwrap().unwrap().open(b"one", &sealed), Some(token()));
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[test]
fn a_fingerprint_tells_nothing_to_who_has_not_the_key() {
    let asked = b"{\"otp\":\"408215\"}";
    let one = SealKey::new(&[1; KEY_BYTES]);
    assert_eq!(one.fingerprint(asked), SealKey::new(&[1; KEY_BYTES]).fingerprint(asked));
    assert_ne!(one.fingerprint(asked), SealKey::new(&[2; KEY_BYTES]).fingerprint(asked));
    assert_ne!(one.fingerprint(asked), one.fingerprint(b"{\"otp\":\"408216\"}"));
}
