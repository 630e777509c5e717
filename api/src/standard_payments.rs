//! The second wire: Google Standard Payments, version 1: the tokenized form of payment, and in `card`
//! the card form.
//!
//! Why: here Google calls the integrator: links an account, takes money from it, gives it back. The
//! body of every call is signed and encrypted by itself, and its header names the request; that
//! name is what makes a repeat a repeat.
//! Promise: the steps of `serve` come in one order, and what is refused in one of them has changed
//! nothing. Nothing of the inside is told to whoever has no valid signature. A decline is a 200 and
//! stays one; everything else may be asked again.
//! Left out: mandates, reference numbers and direct debit; version 2; JWE.

pub mod card;
pub mod development;
#[cfg(test)]
mod examples;
pub mod fault;
pub mod fingerprint;
pub mod header;
pub mod line;
pub mod method;
pub mod outbound;
pub mod page;
pub mod question;
pub mod read;
pub mod request;
pub mod results;
pub mod serve;
pub mod settings;
pub mod sms;
pub mod wanted;
pub mod words;

pub use fault::Fault;
pub use line::Line;
pub use method::Method;
pub use page::Page;
pub use serve::Wire;
pub use settings::{Dialect, Door, Settings, TotalDue};
pub use words::Words;

/// The major version that is spoken; minor and revision are never looked at.
pub const MAJOR: i64 = 1;
