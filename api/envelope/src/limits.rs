//! Every bound of this crate, with its reason.

use std::time::Duration;

/// What a body may hold once it is decrypted and inflated. The longest body of the wire is a page
/// of a thousand remittance events, a quarter of this.
pub const JSON_BYTES_MAX: usize = 1024 * 1024;

/// What a body may be before that: base64url over armor over packets.
pub const BODY_BYTES_MAX: usize = 2 * JSON_BYTES_MAX;
const _: () = assert!(JSON_BYTES_MAX / 9 * 16 < BODY_BYTES_MAX, "twice in base64, it still fits");

/// Session keys that are tried in one body. Each costs a private operation, and a body has one for
/// each key that its sender encrypts to: a rotation's two, and some to spare.
pub const SESSION_KEYS_MAX: usize = 8;

/// Signatures that are tried in one body: a rotation's two, and some to spare.
pub const SIGNATURES_MAX: usize = 8;

/// Compressed packets in each other, one around the signature and one in it. GnuPG makes one.
pub const COMPRESSED_DEPTH_MAX: usize = 2;

/// Of a key's file. Keys that many people have certified grow; a machine's key does not.
pub const KEY_BYTES_MAX: u64 = 64 * 1024;

/// Keys of one side that are valid at once: a rotation's two, and some to spare.
pub const KEYS_MAX: usize = 16;

/// By the rules of the wire; the library refuses what is much longer.
pub const RSA_BITS_MIN: u16 = 2048;

/// Of a key that is made here. Longer ones cost each request more and outlive their year no better.
pub const RSA_BITS: u32 = 2048;

/// How long a key lives that is made here, by the rules of the wire.
pub const KEY_LIVES: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How far ahead the clock of a signer may be.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(5 * 60);
