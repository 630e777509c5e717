use std::os::unix::fs::PermissionsExt;

use paceline_domain::document::Document;
use paceline_domain::ids::DocumentId;
use paceline_domain::time::Timestamp;

use super::*;

const CARD: CardId = CardId(7);
const NUMBER: &str = "4111111111111111";

const WORDS: &str = "lookup 0101010101010101010101010101010101010101010101010101010101010101
data key-1 0202020202020202020202020202020202020202020202020202020202020202
data key-2 0303030303030303030303030303030303030303030303030303030303030303
";

/// Words with a check that fits.
fn checked(words: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, words.as_bytes());
    let check: String = hash.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{words}check {check}\n")
}

fn parse(words: &str) -> Result<Keyring, String> {
    let words = Secret::new(words.as_bytes().to_vec());
    Keyring::parse(&words, "CARD_KEYS").map_err(|error| error.to_string())
}

fn keyring() -> Keyring {
    parse(&checked(WORDS)).unwrap()
}

fn kept() -> CardOnFile {
    CardOnFile {
        number: Secret::new(NUMBER.as_bytes()),
        name: Secret::new("Ðuro Okafor".as_bytes()),
        expires: Some(Expiry { month: 12, year: 2028 }),
        token: None,
    }
}

fn integrator() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCardUSA_USD").unwrap()
}

fn text(word: &str) -> Text {
    Text::parse(word).unwrap()
}

#[test]
fn a_card_opens_as_it_was_sealed_and_for_nobody_else() {
    let (keyring, other) = (keyring(), CardId(8));
    let sealed = keyring.seal(CARD, &kept());
    assert_eq!(sealed.key, text("key-2"), "the last key seals");
    assert_eq!(keyring.unseal(CARD, &sealed), Ok(kept()));
    assert_eq!(keyring.unseal(other, &sealed), Err(OpenError::Damaged));
    let renamed = Sealed { key: text("key-1"), ..sealed };
    assert_eq!(keyring.unseal(CARD, &renamed), Err(OpenError::Damaged));
}

#[test]
fn a_document_opens_as_it_came_also_after_its_key_was_sealed_anew() {
    let content = Secret::new(format!("%PDF-1.4 {NUMBER}").into_bytes());
    let (id, at) = (DocumentId(7), Timestamp(1));
    let (before, _) = WORDS.split_once("data key-2").unwrap();
    let old = parse(&checked(before)).unwrap();
    let document = old.encrypt(id, &content, at);
    assert_eq!((&document.key.key, old.decrypt(&document)), (&text("key-1"), Ok(content.clone())));
    let shown =
        document.content.0.windows(4).any(|some| NUMBER.as_bytes().windows(4).any(|w| w == some));
    assert!(!shown, "four digits of the number can be read");
    let newer = keyring();
    let resealed = Document { key: newer.reseal(&document, &newer).unwrap(), ..document.clone() };
    assert_eq!(
        (&resealed.key.key, newer.decrypt(&resealed)),
        (&text("key-2"), Ok(content.clone()))
    );
    let (_, after) = WORDS.split_once("data key-1").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    let (lookup, _) = WORDS.split_once('\n').unwrap();
    let retired = parse(&checked(&format!("{lookup}\n{after}"))).unwrap();
    let unknown = Err(OpenError::KeyUnknown(text("key-1")));
    assert_eq!(retired.reseal(&document, &retired), unknown);
    retired.reseal(&document, &old).unwrap();
    assert_eq!(old.decrypt(&resealed), Err(OpenError::KeyUnknown(text("key-2"))));
    let renamed = Document { id: DocumentId(8), ..resealed.clone() };
    assert_eq!(newer.decrypt(&renamed), Err(OpenError::Damaged));
    let card_of_it = newer.unseal(CardId(7), &resealed.key);
    assert_eq!(card_of_it, Err(OpenError::Damaged), "no document's key opens as a card");
    let again = newer.encrypt(id, &content, at);
    assert_eq!(again.mark, document.mark, "a repeat is known");
    assert_ne!(again.content, document.content);
}

#[test]
fn a_cryptogram_is_never_sealed() {
    let token = |cryptogram: Option<&[u8]>| {
        let cryptogram = cryptogram.map(|bytes| Secret::new(bytes.to_vec()));
        CardOnFile { token: Some(NetworkToken { kind: None, cryptogram }), ..kept() }
    };
    let keyring = keyring();
    let sealed = keyring.seal(CARD, &token(Some(b"AgAAAAAAAIR8CQrXcIhbQAAAAAA=")));
    assert_eq!(keyring.unseal(CARD, &sealed), Ok(token(None)));
    assert_eq!(sealed.bytes.0.len(), keyring.seal(CARD, &kept()).bytes.0.len());
}

#[test]
fn a_sealed_card_shows_nothing_of_its_number_not_even_that_it_is_the_same() {
    let keyring = keyring();
    let (once, twice) = (keyring.seal(CARD, &kept()), keyring.seal(CARD, &kept()));
    assert_ne!(once, twice);
    let seen =
        once.bytes.0.windows(4).any(|found| NUMBER.as_bytes().windows(4).any(|w| w == found));
    assert!(!seen, "four digits of the number can be read");
}

#[test]
fn a_sealed_card_with_any_byte_changed_or_missing_does_not_open() {
    let keyring = keyring();
    let sealed = keyring.seal(CARD, &kept());
    let with = |bytes: &[u8]| Sealed { key: sealed.key.clone(), bytes: Hidden(bytes.into()) };
    for at in 0..sealed.bytes.0.len() {
        let mut changed = sealed.bytes.0.to_vec();
        changed[at] ^= 1;
        assert_eq!(keyring.unseal(CARD, &with(&changed)), Err(OpenError::Damaged), "byte {at}");
        let cut = keyring.unseal(CARD, &with(&sealed.bytes.0[..at]));
        assert_eq!(cut, Err(OpenError::Damaged), "cut at {at}");
    }
}

#[test]
fn a_card_is_found_by_its_number_under_one_account_and_for_all_versions() {
    let number = |digits: &str| Secret::new(digits.as_bytes().to_vec());
    let card = |integrator: &str, digits: &str| {
        let integrator = IntegratorAccountId::parse(integrator).unwrap();
        keyring().card(&integrator, &number(digits))
    };
    let found = card("InvisiCardUSA_USD", NUMBER);
    // The first half of the HMAC-SHA-256 of `card`, account and number, each after its length in
    // eight bytes.
    assert_eq!(found.to_string(), "crd_cc34e77b99a36a74e987584a7476c21b");
    assert_ne!(found, card("InvisiCardUSA_EUR", NUMBER));
    assert_ne!(found, card("InvisiCardUSA_USD", "4111111111111112"));
    // What is one and what the other is not lost.
    assert_ne!(card("a1", "2"), card("a", "12"));
}

#[test]
fn the_key_that_finds_cards_is_another_in_every_keyring_and_the_same_after_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| dir.path().join(name));
    let number = Secret::new(NUMBER.as_bytes());
    let first = Keyring::create(&one).unwrap().card(&integrator(), &number);
    assert_ne!(first, Keyring::create(&two).unwrap().card(&integrator(), &number));
    Keyring::rotate(&one).unwrap();
    assert_eq!(first, Keyring::load(&one).unwrap().card(&integrator(), &number));
}

#[test]
fn a_rotation_adds_a_key_that_seals_and_the_old_ones_open() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("CARD_KEYS");
    let old = Keyring::create(&file).unwrap();
    let sealed = old.seal(CARD, &kept());
    assert_eq!(Keyring::rotate(&file).unwrap(), text("key-2"));
    let new = Keyring::load(&file).unwrap();
    assert_eq!(new.current(), &text("key-2"));
    assert_eq!(new.unseal(CARD, &sealed), Ok(kept()));
    let newer = new.seal(CARD, &kept());
    assert_eq!(old.unseal(CARD, &newer), Err(OpenError::KeyUnknown(text("key-2"))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn a_retired_key_opens_nothing_and_the_one_that_seals_stays() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("CARD_KEYS");
    let sealed = Keyring::create(&file).unwrap().seal(CARD, &kept());
    let refused = Keyring::retire(&file, &text("key-1")).unwrap_err();
    assert!(matches!(refused, KeyringError::KeyInUse { .. }), "{refused}");
    Keyring::rotate(&file).unwrap();
    let refused = Keyring::retire(&file, &text("key-9")).unwrap_err();
    assert!(matches!(refused, KeyringError::KeyUnknown { .. }), "{refused}");
    Keyring::retire(&file, &text("key-1")).unwrap();
    let unknown = Keyring::load(&file).unwrap().unseal(CARD, &sealed).unwrap_err();
    assert_eq!(unknown, OpenError::KeyUnknown(text("key-1")));
    assert!(unknown.to_string().contains("key-1"), "{unknown}");
    assert_eq!(Keyring::rotate(&file).unwrap(), text("key-3"), "no name is used again");
}

#[test]
fn a_directory_gets_its_keys_once_and_only_the_owner_may_read_them() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let source = KeySource::File(file.clone());
    let sealed = Keyring::open(&source, &marker).unwrap().seal(CARD, &kept());
    assert_eq!(Keyring::open(&source, &marker).unwrap().unseal(CARD, &sealed), Ok(kept()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing else is left there");
}

#[test]
fn lost_keys_are_missed_and_no_others_are_made_in_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let source = KeySource::File(file.clone());
    Keyring::open(&source, &marker).unwrap();
    fs::remove_file(&file).unwrap();
    let told = Keyring::open(&source, &marker).unwrap_err().to_string();
    assert!(told.contains(file.to_str().unwrap()) && told.contains("missing"), "{told}");
    assert!(!file.exists());
}

#[test]
fn keys_of_another_directory_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let source = KeySource::File(file.clone());
    Keyring::open(&source, &marker).unwrap();
    fs::remove_file(&file).unwrap();
    Keyring::create(&file).unwrap();
    let told = Keyring::open(&source, &marker).unwrap_err().to_string();
    assert!(told.contains(file.to_str().unwrap()) && told.contains("other keys"), "{told}");
    let words = Secret::new(checked(WORDS).into_bytes());
    let source = KeySource::Variable { name: "PACELINE_CARD_KEYS".into(), words };
    let told = Keyring::open(&source, &marker).unwrap_err().to_string();
    assert!(told.starts_with("PACELINE_CARD_KEYS"), "{told}");
    fs::remove_file(&marker).unwrap();
    Keyring::open(&source, &marker).unwrap();
    assert!(Keyring::open(&source, &marker).is_ok(), "and from now on they are the ones");
}

#[test]
fn keys_without_the_one_that_sealed_last_are_refused_and_told_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let source = KeySource::File(file.clone());
    Keyring::open(&source, &marker).unwrap();
    let old = fs::read(&file).unwrap();
    Keyring::rotate(&file).unwrap();
    Keyring::open(&source, &marker).unwrap();
    let (new, marked) = (fs::read(&file).unwrap(), fs::read(&marker).unwrap());
    fs::write(&file, &old).unwrap();
    let words = Secret::new(old);
    let variable = KeySource::Variable { name: "PACELINE_CARD__KEYS".into(), words };
    for source in [&source, &variable] {
        for told in [Keyring::open(source, &marker), Keyring::look(source, &marker)] {
            let told = told.unwrap_err().to_string();
            assert!(told.starts_with(&source.name()), "{told}");
            assert!(told.contains("key-2") && told.contains("Restore the newest"), "{told}");
        }
    }
    assert_eq!(fs::read(&marker).unwrap(), marked);
    fs::write(&file, new).unwrap();
    Keyring::open(&source, &marker).unwrap();
}

#[test]
fn another_key_of_the_same_name_is_not_the_one_that_sealed_last() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("CARDS");
    let variable = |words: &str| {
        let words = Secret::new(checked(words).into_bytes());
        KeySource::Variable { name: "CARD_KEYS".into(), words }
    };
    Keyring::open(&variable(WORDS), &marker).unwrap();
    let other = variable(&WORDS.replace("0303", "0304"));
    let told = Keyring::open(&other, &marker).unwrap_err();
    assert!(matches!(told, KeyringError::Incomplete { .. }), "{told}");
}

#[test]
fn a_directory_of_an_earlier_version_opens_and_knows_its_newest_key_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let source = KeySource::File(file.clone());
    Keyring::open(&source, &marker).unwrap();
    let old = fs::read(&file).unwrap();
    Keyring::rotate(&file).unwrap();
    let marked = fs::read_to_string(&marker).unwrap();
    let (before, _) = marked.split_once("data").unwrap();
    fs::write(&marker, before).unwrap();
    Keyring::look(&source, &marker).unwrap();
    assert_eq!(fs::read_to_string(&marker).unwrap(), before, "who only looks changes nothing");
    Keyring::open(&source, &marker).unwrap();
    assert!(fs::read_to_string(&marker).unwrap().contains("data key-2 "));
    fs::write(&file, old).unwrap();
    assert!(Keyring::open(&source, &marker).is_err());
}

#[test]
fn a_marker_that_is_damaged_is_not_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let source = KeySource::File(file);
    Keyring::open(&source, &marker).unwrap();
    let marked = fs::read_to_string(&marker).unwrap();
    for damaged in ["", "?", &marked[..40], &marked[..70], &(marked.clone() + "more")] {
        fs::write(&marker, damaged).unwrap();
        assert!(Keyring::open(&source, &marker).is_err(), "{damaged}");
        assert_eq!(fs::read_to_string(&marker).unwrap(), damaged, "it is left alone");
    }
}

#[test]
fn a_marker_tells_nothing_of_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("CARDS");
    let words = Secret::new(checked(WORDS).into_bytes());
    Keyring::open(&KeySource::Variable { name: "KEYS".into(), words }, &marker).unwrap();
    let marked = fs::read_to_string(&marker).unwrap();
    assert!(!["0101", "0202", "0303"].iter().any(|part| marked.contains(part)), "{marked}");
}

#[test]
fn what_is_retired_is_kept_for_its_owner_and_opens_a_backup_from_before() {
    let dir = tempfile::tempdir().unwrap();
    let (file, marker) = (dir.path().join("CARD_KEYS"), dir.path().join("CARDS"));
    let backup = dir.path().join("CARDS of the backup");
    let kept_beside = dir.path().join("CARD_KEYS.retired");
    let source = KeySource::File(file.clone());
    let sealed = Keyring::open(&source, &marker).unwrap().seal(CARD, &kept());
    fs::copy(&marker, &backup).unwrap();
    for round in 1..=3 {
        Keyring::rotate(&file).unwrap();
        Keyring::open(&source, &marker).unwrap();
        Keyring::retire(&file, &text(&format!("key-{round}"))).unwrap();
        Keyring::open(&source, &marker).unwrap();
        assert!(fs::metadata(&kept_beside).unwrap().permissions().mode() & 0o777 == 0o600);
        let restored = Keyring::open(&KeySource::File(kept_beside.clone()), &backup).unwrap();
        assert_eq!(restored.unseal(CARD, &sealed), Ok(kept()));
    }
    assert_eq!(Keyring::load(&file).unwrap().names().collect::<Vec<_>>(), [&text("key-4")]);
    assert_eq!(Keyring::load(&kept_beside).unwrap().names().count(), 4);
}

#[test]
fn a_key_is_not_retired_where_it_could_not_be_kept() {
    let dir = tempfile::tempdir().unwrap();
    let [file, other] = ["CARD_KEYS", "OTHER"].map(|name| dir.path().join(name));
    Keyring::create(&file).unwrap();
    Keyring::create(&other).unwrap();
    Keyring::rotate(&file).unwrap();
    let kept_beside = dir.path().join("CARD_KEYS.retired");
    let of_others = fs::read(&other).unwrap();
    for in_the_way in [&b"no keys"[..], &of_others] {
        fs::write(&kept_beside, in_the_way).unwrap();
        assert!(Keyring::retire(&file, &text("key-1")).is_err());
        assert_eq!(Keyring::load(&file).unwrap().names().count(), 2);
        assert_eq!(fs::read(&kept_beside).unwrap(), in_the_way);
    }
}

#[test]
fn any_character_of_the_keys_that_is_changed_or_missing_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("CARD_KEYS");
    let words = checked(WORDS);
    for at in 0..words.len() - 1 {
        let mut changed = words.clone().into_bytes();
        changed[at] ^= 1;
        for damaged in [&changed[..], &words.as_bytes()[..at]] {
            fs::write(&file, damaged).unwrap();
            let told = Keyring::load(&file).unwrap_err().to_string();
            assert!(told.contains(file.to_str().unwrap()), "{told}");
            assert!(!told.contains("0101"), "{told} shows a key");
            assert_eq!(fs::read(&file).unwrap(), damaged, "the file is left alone");
            assert!(Keyring::rotate(&file).is_err(), "character {at}");
        }
    }
}

#[test]
fn words_that_are_no_keys_are_told_apart() {
    let refused = |words: &str| parse(words).unwrap_err();
    assert!(refused("").contains("`lookup`"));
    assert!(refused("lookup 01").contains("64 hexadecimal digits"));
    let (lookup, rest) = WORDS.split_once('\n').unwrap();
    assert!(refused(&checked(&format!("{lookup}\n"))).contains("`data`"));
    assert!(refused(WORDS).contains("`check`"));
    assert!(refused(&checked(&WORDS.replace("key-2", "key-1"))).contains("one name"));
    assert!(refused(&checked(&WORDS.replace("key-2", "Key_2"))).contains("the name"));
    assert!(refused(&format!("{lookup}\n{rest}check 0000000000000000\n")).contains("check"));
    assert!(refused(&(checked(WORDS) + "more")).contains("check"));
    let in_one_line = checked(WORDS).replace('\n', " ");
    assert!(parse(&in_one_line).is_ok(), "a variable has one line");
}

#[test]
fn nothing_of_a_key_can_be_shown() {
    assert_eq!(format!("{:?}", keyring()), r#"["key-1", "key-2"]"#);
    let sealed = keyring().seal(CARD, &kept());
    assert_eq!(format!("{:?}", sealed.bytes), "hidden");
}

#[test]
fn a_card_that_was_sealed_by_an_earlier_version_opens() {
    // Version, number, name, expiry and token in postcard; then ciphertext, tag, nonce, made with
    // another implementation of AES-256-GCM.
    let sealed = hex(concat!(
        "c4edcf1826ce4840ec947501b3b6788431fa1f9bae843d50d81b74fb06809461265c540120a2f715",
        "9767dcef295eead8f674fa030303030303030303030303"
    ));
    let sealed = Sealed { key: text("key-1"), bytes: Hidden(sealed.into()) };
    assert_eq!(keyring().unseal(CARD, &sealed), Ok(kept()));
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
