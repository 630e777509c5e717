//! Why a body was not opened or sealed, and why a key is none.
//!
//! The caller of a wire hears one of two codes and never these words: they are for the log.

use std::path::PathBuf;

/// A body that is not opened. The two kinds are two answers of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// 400 `INVALID_PAYLOAD_ENCRYPTION`. What failed in it is told nobody who could learn of it.
    #[error("the body cannot be decrypted: {0}")]
    Encryption(&'static str),
    /// 401 `INVALID_PAYLOAD_SIGNATURE`.
    #[error("no valid signature: {0}")]
    Signature(&'static str),
}

/// A body that is not sealed. Keys must be added, and nothing about the body changes that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("none of our own keys may sign now")]
    NoSigner,
    #[error("no key of the other side may be encrypted to now")]
    NoRecipient,
    #[error("the message could not be made: {0}")]
    Library(String),
}

/// Bytes that are no key for this wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The library's own words would be those of a programmer, with a backtrace.
    #[error("this is no OpenPGP key, armored or not")]
    Malformed,
    #[error("this is a private key, and a public one is wanted")]
    Private,
    #[error("there is no private key in this")]
    Public,
    #[error("the private key is under a passphrase, and nobody types one when a server starts")]
    Passphrase,
    #[error("the owner has revoked this key")]
    Revoked,
    #[error("the key is not RSA of {} bits or more", crate::limits::RSA_BITS_MIN)]
    Algorithm,
    #[error("no valid signature of the key itself, with SHA-256 or better, says what it may do")]
    Unbound,
    #[error("no part of the key may sign")]
    SignsNot,
    #[error("no subkey may be encrypted to")]
    EncryptsNot,
    #[error("the key could not be made: {0}")]
    Library(String),
}

/// A directory of keys that is not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("{}: {cause}", path.display())]
    Io { path: PathBuf, cause: std::io::Error },
    #[error("{}: {cause}", path.display())]
    Key { path: PathBuf, cause: KeyError },
    #[error("{}: more than its owner can read it (mode {mode:04o}); chmod 600 it", path.display())]
    Readable { path: PathBuf, mode: u32 },
    #[error("{}: there are {count} keys in it, and one is wanted", path.display())]
    Several { path: PathBuf, count: usize },
    #[error("{}: longer than a key is", path.display())]
    TooLong { path: PathBuf },
    #[error("{}: more than {} keys; retire some", path.display(), crate::limits::KEYS_MAX)]
    TooMany { path: PathBuf },
    #[error("no key is named {0}; `paceline keys list` names them")]
    Unknown(String),
    #[error("{0} names more than one key: write more of it")]
    Ambiguous(String),
    #[error("{0} is the last key of its kind: nothing could be sent without it")]
    Last(String),
}
