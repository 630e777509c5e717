//! Our own bodies: what one side seals the other opens, whatever keys are in use meanwhile.

mod common;

use std::time::Duration;

use common::{JSON, Party, days, now, own};
use paceline_envelope::{Envelope, Form, OpenError, OwnKey, SealError};

#[test]
fn what_is_sealed_is_opened_in_both_forms() {
    for form in [Form::Armored, Form::Binary] {
        let (we, google) = (
            Party::writing(form, &["integrator"], &["google"]),
            Party::new(&["google"], &["integrator"]),
        );
        let body = we.envelope.seal(JSON, now()).unwrap();
        assert!(body.iter().all(|it| it.is_ascii_alphanumeric() || b"-_=".contains(it)));
        let opened = google.envelope.open(&body, now()).unwrap();
        assert_eq!(opened.json, JSON);
        assert_eq!(google.signer_of(&body), "integrator");
    }
}

#[test]
fn two_bodies_of_the_same_json_are_not_alike() {
    let we = Party::new(&["integrator"], &["google"]);
    assert_ne!(we.envelope.seal(JSON, now()).unwrap(), we.envelope.seal(JSON, now()).unwrap());
}

#[test]
fn during_a_rotation_of_the_other_side_both_its_keys_work_both_ways() {
    let we = Party::new(&["integrator"], &["google", "google-next"]);
    for key in ["google", "google-next"] {
        let google = Party::new(&[key], &["integrator"]);
        let body = google.envelope.seal(JSON, now()).unwrap();
        assert_eq!(we.signer_of(&body), key);
        let body = we.envelope.seal(JSON, now()).unwrap();
        assert_eq!(google.envelope.open(&body, now()).unwrap().json, JSON);
    }
}

#[test]
fn during_our_rotation_bodies_to_either_key_open_and_both_sign() {
    let next = OwnKey::generate("Paceline", now()).unwrap();
    let we = Party::new(&["integrator"], &["google"]);
    we.directory.add_own(&next).unwrap();
    we.reload();
    // Of the two keys Google knows only the old one, and then only the new one.
    let google = Party::new(&["google"], &["integrator"]);
    let knows_new = Party::new(&["google"], &[]);
    knows_new.directory.add_peer(next.certificate()).unwrap();
    knows_new.reload();
    for google in [&google, &knows_new] {
        let body = we.envelope.seal(JSON, now()).unwrap();
        assert_eq!(google.envelope.open(&body, now()).unwrap().json, JSON);
        let body = google.envelope.seal(JSON, now()).unwrap();
        assert_eq!(we.signer_of(&body), "google");
    }
}

#[test]
fn a_withdrawn_key_is_trusted_no_more_once_the_keys_are_read_again() {
    let we = Party::new(&["integrator"], &["google", "google-next"]);
    let google = Party::new(&["google"], &["integrator"]);
    let body = google.envelope.seal(JSON, now()).unwrap();
    we.directory.retire(common::peer("google").name().as_str()).unwrap();
    we.envelope.open(&body, now()).unwrap();
    we.reload();
    let error = we.envelope.open(&body, now()).unwrap_err();
    assert!(matches!(error, OpenError::Signature(_)), "{error}");
}

#[test]
fn nothing_is_sealed_with_keys_that_are_over() {
    let later = now() + days(400);
    let we = Party::new(&["integrator"], &["google"]);
    assert_eq!(we.envelope.seal(JSON, later), Err(SealError::NoRecipient));
    let unborn = Party::new(&[], &["google"]);
    assert_eq!(unborn.envelope.seal(JSON, now()), Err(SealError::NoSigner));
}

#[test]
fn a_key_made_here_keeps_the_rules_of_the_wire() {
    let key = OwnKey::generate("Paceline", now()).unwrap();
    let certificate = key.certificate();
    assert_eq!(certificate.user(), "Paceline");
    assert!(certificate.is_valid(now()) && certificate.is_valid(now() + days(364)));
    assert!(!certificate.is_valid(now() + days(365)));
    assert!(!certificate.is_valid(now() - Duration::from_secs(1)));
    assert!(!format!("{key:?}").contains("rivate"), "it cannot be printed");
}

#[test]
fn in_plaintext_nobody_has_signed() {
    let opened = Envelope::Plaintext.open(JSON, now()).unwrap();
    assert_eq!((opened.json.as_slice(), opened.signed_by), (JSON, None));
    assert_eq!(Envelope::Plaintext.content_type(), "application/json");
}

#[test]
fn what_was_signed_for_one_is_not_passed_on_to_another() {
    // The stranger opens what Google sent to it, and seals that for us as Google would.
    let to_stranger = Party::new(&["google"], &["stranger"]);
    let body = to_stranger.envelope.seal(JSON, now()).unwrap();
    let both = Party::new(&["integrator", "stranger"], &["google"]);
    assert_eq!(both.envelope.open(&body, now()).unwrap().json, JSON);
    both.directory.retire(common::peer("stranger").name().as_str()).unwrap();
    both.reload();
    assert!(both.envelope.open(&body, now()).is_err());
    let passed_on = common::resealed(&body, "stranger", "integrator");
    let we = Party::new(&["integrator"], &["google"]);
    let why = "the signature is of a message to somebody else";
    assert_eq!(we.envelope.open(&passed_on, now()), Err(OpenError::Signature(why)));
}

#[test]
fn a_parameter_of_a_url_is_base64url_with_keys_and_without() {
    let we = Party::new(&["integrator"], &["google"]);
    let google = Party::new(&["google"], &["integrator"]);
    for (one, other) in
        [(&we.envelope, &google.envelope), (&Envelope::Plaintext, &Envelope::Plaintext)]
    {
        let text = one.seal_parameter(JSON, now()).unwrap();
        assert!(text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_=".contains(&it)));
        assert_eq!(other.open_parameter(&text, now()).unwrap().json, JSON);
        assert!(other.open_parameter("no*base64", now()).is_err());
    }
}

/// What an Android app hands back has a kilobyte at most.
#[test]
fn a_parameter_is_as_short_as_it_can_be_whatever_form_bodies_have() {
    let integrator = Party::writing(Form::Armored, &["integrator"], &["google"]);
    let json = br#"{"requestId":"auth:7b1e4c","associationId":"assoc-6f1d20b87c"}"#;
    let sealed = integrator.envelope.seal_parameter(json, now()).unwrap();
    assert!(sealed.len() <= 1024, "{}", sealed.len());
}

#[test]
fn any_bit_that_is_flipped_in_a_body_is_noticed() {
    let we = Party::new(&["integrator"], &["google"]);
    let google = Party::new(&["google"], &["integrator"]);
    let body = we.envelope.seal(JSON, now()).unwrap();
    // Each is a private operation: a prime stride goes over all kinds of packets.
    for at in (0..body.len() - 4).step_by(7) {
        for bit in [0x01, 0x10] {
            let mut changed = body.clone();
            changed[at] ^= bit;
            match google.envelope.open(&changed, now()) {
                // Of a byte that says nothing, such as a key's id that is not this key's.
                Ok(opened) => assert_eq!(opened.json, JSON, "byte {at}"),
                Err(OpenError::Encryption(_) | OpenError::Signature(_)) => {}
            }
        }
    }
}

#[test]
fn whatever_is_cut_off_a_body_it_is_not_opened() {
    let we = Party::new(&["integrator"], &["google"]);
    let google = Party::new(&["google"], &["integrator"]);
    let body = we.envelope.seal(JSON, now()).unwrap();
    for length in (0..body.len() - 4).step_by(13) {
        assert!(google.envelope.open(&body[..length], now()).is_err(), "{length} bytes");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
    #[test]
    fn any_json_comes_out_as_it_went_in(json: Vec<u8>) {
        let we = Party::new(&["integrator"], &["google"]);
        let google = Party::new(&["google"], &["integrator"]);
        let body = we.envelope.seal(&json, now()).unwrap();
        proptest::prop_assert_eq!(google.envelope.open(&body, now()).unwrap().json, json);
    }

    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>) {
        let google = Party::new(&["google"], &["integrator"]);
        proptest::prop_assert!(google.envelope.open(&body, now()).is_err());
    }
}

#[test]
fn a_private_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let we = Party::new(&["integrator"], &["google"]);
    let path = we.directory.add_own(&own("integrator")).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let told = we.directory.read().unwrap_err().to_string();
    assert!(told.contains("chmod 600"), "{told}");
}
