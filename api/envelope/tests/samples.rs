//! Bodies that GnuPG made, and what becomes of each.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use common::{JSON, Party, days, now, sample};
use paceline_envelope::{Certificate, KeyError, OpenError, OwnKey};

fn integrator() -> Party {
    Party::new(&["integrator"], &["google"])
}

fn refused(party: &Party, name: &str) -> OpenError {
    party.envelope.open(&sample(name), now()).unwrap_err()
}

#[test]
fn what_gnupg_signs_and_encrypts_is_opened_in_every_form() {
    for name in [
        "armored.body",
        "binary.body",
        "uncompressed.body",
        "two-recipients.body",
        "hidden-recipient.body",
        "sha512-aes128.body",
    ] {
        let opened = integrator().envelope.open(&sample(name), now()).unwrap();
        assert_eq!(opened.json, JSON, "{name}");
        assert_eq!(opened.signed_by.as_ref(), Some(common::peer("google").name()), "{name}");
    }
}

#[test]
fn one_trusted_signature_of_two_is_enough() {
    assert_eq!(integrator().signer_of(&sample("two-signatures.body")), "google");
}

#[test]
fn a_signature_by_an_unknown_key_is_none() {
    assert!(matches!(refused(&integrator(), "by-stranger.body"), OpenError::Signature(_)));
}

#[test]
fn a_signature_by_a_key_that_has_expired_is_none() {
    let party = Party::new(&["integrator"], &["google", "expired"]);
    assert!(matches!(refused(&party, "by-expired-key.body"), OpenError::Signature(_)));
}

#[test]
fn a_body_that_is_only_encrypted_is_refused_for_its_signature() {
    let why = "the message is not signed";
    assert_eq!(refused(&integrator(), "unsigned.body"), OpenError::Signature(why));
}

#[test]
fn a_body_that_is_only_signed_is_refused_for_its_encryption() {
    let why = "the message is not encrypted";
    assert_eq!(refused(&integrator(), "unencrypted.body"), OpenError::Encryption(why));
}

#[test]
fn a_body_to_others_or_under_a_password_is_not_decrypted() {
    let why = "it is encrypted to no valid key of ours";
    for name in ["to-others.body", "by-password.body"] {
        assert_eq!(refused(&integrator(), name), OpenError::Encryption(why), "{name}");
    }
}

#[test]
fn sha1_is_no_digest_and_cast5_no_cipher() {
    let why = "the signature's digest is not SHA-256 or better";
    assert_eq!(refused(&integrator(), "sha1.body"), OpenError::Signature(why));
    assert!(matches!(refused(&integrator(), "cast5.body"), OpenError::Encryption(_)));
}

#[test]
fn what_inflates_to_more_than_a_body_is_refused_for_its_size() {
    let why = "the message inflates to more than a body holds";
    assert_eq!(refused(&integrator(), "inflates.body"), OpenError::Encryption(why));
}

#[test]
fn our_key_of_yesterday_opens_nothing() {
    let body = sample("binary.body");
    let party = integrator();
    party.envelope.open(&body, now() + days(300)).unwrap();
    let after_its_year = party.envelope.open(&body, now() + days(400)).unwrap_err();
    let why = "it is encrypted to no valid key of ours";
    assert_eq!(after_its_year, OpenError::Encryption(why));
}

#[test]
fn a_signature_of_the_future_is_none() {
    let error = integrator().envelope.open(&sample("binary.body"), now() - days(20) - days(1));
    assert!(error.is_err(), "the key is not valid yet");
    let party = integrator();
    let early = now() - days(20) + std::time::Duration::from_secs(60);
    let error = party.envelope.open(&sample("binary.body"), early - days(1) / 2).unwrap_err();
    assert_eq!(error, OpenError::Signature("the signature is of the future"));
}

#[test]
fn a_key_that_breaks_the_rules_of_the_wire_is_refused_with_the_reason() {
    let parse = |name: &str| Certificate::parse(&sample(name)).unwrap_err();
    assert_eq!(parse("short.public.asc"), KeyError::Algorithm);
    assert_eq!(parse("curve.public.asc"), KeyError::Algorithm);
    assert_eq!(parse("signs-only.public.asc"), KeyError::EncryptsNot);
    assert_eq!(parse("revoked.public.asc"), KeyError::Revoked);
    assert_eq!(parse("google.private.asc"), KeyError::Private);
    assert_eq!(parse("make.sh"), KeyError::Malformed);
    let own = |name: &str| OwnKey::parse(&sample(name)).unwrap_err();
    assert_eq!(own("google.public.asc"), KeyError::Public);
    assert_eq!(own("locked.private.asc"), KeyError::Passphrase);
}

#[test]
fn a_key_tells_whose_it_is_and_how_long_it_lives() {
    let key = common::peer("google");
    assert_eq!(key.user(), "google");
    assert_eq!(key.name().as_str().len(), 40);
    let life = key.life();
    assert_eq!(life.until.unwrap().duration_since(life.from).unwrap(), days(365));
    assert!(key.is_valid(now()) && !key.is_valid(now() + days(365)));
    assert!(!common::peer("expired").is_valid(now()));
}
