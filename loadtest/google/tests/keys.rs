//! Keys that are over: who still uses them is turned away, and nothing changes.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use std::time::{Duration, SystemTime};

use common::{Keys, start};
use paceline_envelope::{Certificate, Directory, Envelope, Form, Keyring, OwnKey};
use paceline_google::behaviours::{Stage, usd};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn days_ago(days: u32) -> SystemTime {
    SystemTime::now() - DAY * days
}

/// A key lives a year: this one is over.
fn expired(user: &str) -> OwnKey {
    OwnKey::generate(user, days_ago(400)).unwrap()
}

/// And this one is not, nor was it when the other was not.
fn valid(user: &str) -> OwnKey {
    OwnKey::generate(user, days_ago(300)).unwrap()
}

/// When all of them were valid.
fn back_then() -> SystemTime {
    days_ago(100)
}

fn lay_down(keys: &Keys, side: &str, own: &[&OwnKey], peers: &[&OwnKey]) {
    let directory = Directory::new(keys.of(side));
    own.iter().for_each(|key| drop(directory.add_own(key).unwrap()));
    peers.iter().for_each(|key| drop(directory.add_peer(key.certificate()).unwrap()));
}

/// Of Google, who has not noticed that a key is over.
fn envelope(own: &OwnKey, peer: &Certificate) -> (Envelope, tempfile::TempDir) {
    let files = tempfile::tempdir().unwrap();
    let directory = Directory::new(files.path());
    directory.add_own(own).unwrap();
    directory.add_peer(peer).unwrap();
    let keyring = Keyring::open(directory).unwrap();
    (Envelope::OpenPgp { keyring, form: Form::Binary }, files)
}

/// A purchase in this envelope, as of the time when it would have been right.
async fn refused(stage: &Stage, envelope: &Envelope, status: u16, code: &str) {
    let link = stage.link().await.unwrap();
    let capture = stage.google.capture(&link.token, &usd(100));
    let body = capture.at(SystemTime::now()).to_string();
    let sealed = envelope.seal(body.as_bytes(), back_then()).unwrap();
    let answer = stage.google.integrator.deliver("capture", sealed).await.unwrap();
    assert!(answer.is(status, code), "{answer}");
    let bare = answer.body.as_object().unwrap().keys();
    assert_eq!(bare.collect::<Vec<_>>(), ["errorResponseCode", "responseHeader"]);
    stage.nothing_was_captured(&capture).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_signed_by_a_key_of_googles_that_is_over_is_401() {
    let (keys, files) = (Keys::none(), tempfile::tempdir().unwrap());
    let (ours, theirs, over) = (valid("Integrator"), valid("Google"), expired("Google"));
    lay_down(&keys, "paceline", &[&ours], &[&theirs, &over]);
    lay_down(&keys, "google", &[&theirs], &[&ours]);
    let (stage, _paceline) = start(&files, Some(&keys)).await;
    let (envelope, _files) = envelope(&over, ours.certificate());
    refused(&stage, &envelope, 401, "INVALID_PAYLOAD_SIGNATURE").await;
}

#[tokio::test]
async fn a_body_to_a_key_of_ours_that_is_over_is_400() {
    let (keys, files) = (Keys::none(), tempfile::tempdir().unwrap());
    let (ours, theirs, over) = (valid("Integrator"), valid("Google"), expired("Integrator"));
    lay_down(&keys, "paceline", &[&ours, &over], &[&theirs]);
    lay_down(&keys, "google", &[&theirs], &[&ours]);
    let (stage, _paceline) = start(&files, Some(&keys)).await;
    let (envelope, _files) = envelope(&theirs, over.certificate());
    refused(&stage, &envelope, 400, "INVALID_PAYLOAD_ENCRYPTION").await;
}
