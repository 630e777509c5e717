//! Bodies of Standard Payments: bytes in, JSON and who signed it out; JSON in, bytes out.
//!
//! Why: below TLS the wire signs and encrypts each body by itself, and that layer is what tells
//! who is calling. Both sides need it, so it belongs to neither: `paceline` serves through it, and
//! the program that plays Google calls through it.
//! Promise: what comes out of `open` under keys was signed by a key that we trust and encrypted to
//! one of ours, both valid at that moment. A clock is never read: the moment arrives with the call.
//! Left out: what the JSON says, and whether it was seen before. JWE, the other scheme of the wire:
//! see `ARCHITECTURE.md`.

mod base64url;
mod certificate;
mod directory;
mod error;
mod keys;
pub mod limits;
mod openpgp;
mod own;

use std::time::SystemTime;

pub use certificate::{Certificate, Fingerprint, Life};
pub use directory::{Directory, Side, find, read_public};
pub use error::{DirectoryError, KeyError, OpenError, SealError};
pub use keys::{Keyring, Keys};
pub use openpgp::{Form, Opened};
pub use own::OwnKey;

/// How bodies travel.
#[derive(Debug)]
pub enum Envelope {
    /// The bare JSON. For development on one machine: whoever can connect can pay.
    Plaintext,
    /// Signed and encrypted.
    OpenPgp { keyring: Keyring, form: Form },
}

impl Envelope {
    /// Of requests and responses alike.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Plaintext => "application/json",
            Self::OpenPgp { .. } => "application/octet-stream; charset=utf-8",
        }
    }

    /// # Errors
    /// One of the two answers that the wire has for it.
    pub fn open(&self, body: &[u8], now: SystemTime) -> Result<Opened, OpenError> {
        match self {
            Self::Plaintext => Ok(Opened { json: body.to_vec(), signed_by: None }),
            Self::OpenPgp { keyring, .. } => openpgp::open(body, &keyring.keys(), now),
        }
    }

    /// # Errors
    /// If there is no key for it.
    pub fn seal(&self, json: &[u8], now: SystemTime) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Plaintext => Ok(json.to_vec()),
            Self::OpenPgp { keyring, form } => openpgp::seal(json, &keyring.keys(), *form, now),
        }
    }

    /// A parameter of a URL: in base64url whether there are keys or not, and never armored. What an
    /// app hands over has a kilobyte at most.
    ///
    /// # Errors
    /// If there is no key for it.
    pub fn seal_parameter(&self, json: &[u8], now: SystemTime) -> Result<String, SealError> {
        let sealed = match self {
            Self::Plaintext => base64url::encode(json),
            Self::OpenPgp { keyring, .. } => {
                openpgp::seal(json, &keyring.keys(), Form::Binary, now)?
            }
        };
        Ok(String::from_utf8(sealed).expect("base64 is ASCII"))
    }

    /// # Errors
    /// As `open`.
    pub fn open_parameter(&self, text: &str, now: SystemTime) -> Result<Opened, OpenError> {
        match self {
            Self::Plaintext => {
                let json = base64url::decode(text.as_bytes());
                let json = json.ok_or(OpenError::Encryption("it is no base64url"))?;
                Ok(Opened { json, signed_by: None })
            }
            Self::OpenPgp { .. } => self.open(text.as_bytes(), now),
        }
    }
}
