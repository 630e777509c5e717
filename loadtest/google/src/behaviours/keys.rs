//! Keys: who is not known is told nothing, and during a rotation nothing fails.

use std::path::PathBuf;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use paceline_envelope::{Certificate, Directory, Envelope, Form, Keyring, OwnKey};
use pgp::composed::{Deserializable, MessageBuilder, SignedPublicKey};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use rand_core::OsRng;
use serde_json::json;

use super::{Stage, Verdict, expect, usd};
use crate::failure::Failure;
use crate::integrator::Answer;
use crate::wire::{Request, fresh};

const IN_THE_OPEN: Verdict = Verdict::Skipped("there are no keys: everything is in the open");

pub async fn a_signature_by_another_key_is_401(stage: &Stage) -> Result<Verdict, Failure> {
    let Envelope::OpenPgp { keyring, .. } = &*stage.google.integrator.envelope else {
        return Ok(IN_THE_OPEN);
    };
    let stranger = OwnKey::generate("Stranger", SystemTime::now())?;
    let keys = keyring.keys();
    let answer = echo_with(stage, &[&stranger], keys.peers()).await?;
    expect(answer.status == 401, "a stranger's signature", &answer)?;
    // What goes wrong before anybody is known is answered in the open, and says nothing.
    let told = answer.body.to_string();
    if keys.own().chain([&stranger]).any(|key| told.contains(key.certificate().name().as_str())) {
        return Err(Failure(format!("a key is named: {told}")));
    }
    Ok(Verdict::Held)
}

pub async fn one_trusted_signature_of_two_is_accepted(stage: &Stage) -> Result<Verdict, Failure> {
    let Envelope::OpenPgp { keyring, .. } = &*stage.google.integrator.envelope else {
        return Ok(IN_THE_OPEN);
    };
    let stranger = OwnKey::generate("Stranger", SystemTime::now())?;
    let keys = keyring.keys();
    let both: Vec<&OwnKey> = keys.own().chain([&stranger]).collect();
    let answer = echo_with(stage, &both, keys.peers()).await?;
    expect(answer.status == 200, "two signatures, one of them trusted", &answer)?;
    Ok(Verdict::Held)
}

pub async fn a_body_to_somebody_else_is_400(stage: &Stage) -> Result<Verdict, Failure> {
    let Envelope::OpenPgp { keyring, .. } = &*stage.google.integrator.envelope else {
        return Ok(IN_THE_OPEN);
    };
    let keys = keyring.keys();
    let ours: Vec<&OwnKey> = keys.own().collect();
    let answer = echo_with(stage, &ours, ours.iter().map(|own| own.certificate())).await?;
    expect(answer.status == 400, "a body to ourselves", &answer)?;
    Ok(Verdict::Held)
}

pub async fn an_unencrypted_body_is_400(stage: &Stage) -> Result<Verdict, Failure> {
    let Envelope::OpenPgp { .. } = &*stage.google.integrator.envelope else {
        return Ok(IN_THE_OPEN);
    };
    let capture = stage.google.capture(&stage.link().await?.token, &usd(100));
    let bare = capture.at(SystemTime::now()).to_string().into_bytes();
    let answer = stage.google.integrator.deliver("capture", bare).await?;
    expect(answer.is(400, "INVALID_PAYLOAD_ENCRYPTION"), "bare JSON", &answer)?;
    stage.nothing_was_captured(&capture).await?;
    Ok(Verdict::Held)
}

pub async fn an_unsigned_body_is_401(stage: &Stage) -> Result<Verdict, Failure> {
    let Envelope::OpenPgp { keyring, .. } = &*stage.google.integrator.envelope else {
        return Ok(IN_THE_OPEN);
    };
    let capture = stage.google.capture(&stage.link().await?.token, &usd(100));
    let body = capture.at(SystemTime::now()).to_string();
    let keys = keyring.keys();
    let unsigned = encrypted(&body, keys.peers().next().ok_or("the integrator's key")?)?;
    let answer = stage.google.integrator.deliver("capture", unsigned).await?;
    expect(answer.is(401, "INVALID_PAYLOAD_SIGNATURE"), "encrypted and not signed", &answer)?;
    stage.nothing_was_captured(&capture).await?;
    Ok(Verdict::Held)
}

/// What the envelope never makes: a body that nobody has signed.
fn encrypted(body: &str, to: &Certificate) -> Result<Vec<u8>, Failure> {
    let library = |cause: pgp::errors::Error| Failure(cause.to_string());
    let (to, _) = SignedPublicKey::from_string(&to.armored()?).map_err(library)?;
    let subkey = to.public_subkeys.first().ok_or("a part of the key that is encrypted to")?;
    let mut message = MessageBuilder::from_bytes("", body.to_owned())
        .seipd_v1(OsRng, SymmetricKeyAlgorithm::AES256);
    message.encrypt_to_key(OsRng, subkey).map_err(library)?;
    Ok(URL_SAFE.encode(message.to_vec(OsRng).map_err(library)?).into_bytes())
}

/// Google, with other keys than its own for one call.
async fn echo_with(
    stage: &Stage,
    own: &[&OwnKey],
    peers: impl Iterator<Item = &Certificate>,
) -> Result<Answer, Failure> {
    let files = Scratch::new();
    let directory = Directory::new(&files.0);
    for key in own {
        directory.add_own(key)?;
    }
    for key in peers {
        directory.add_peer(key)?;
    }
    let envelope = Envelope::OpenPgp { keyring: Keyring::open(directory)?, form: Form::Binary };
    let request = Request::new(fresh("echo"), json!({"clientMessage": "a check"}));
    stage.google.integrator.with(envelope).call("echo", &request).await
}

struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(fresh("google-keys").replace(':', "-")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
