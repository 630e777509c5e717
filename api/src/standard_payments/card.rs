//! The card form of payment, version 1: Google pays with a card, and Paceline is the server of the
//! acquirer or processor.
//!
//! Why apart: its methods and bodies are its own. Envelope, header, repeats, errors and the order
//! of a receiver's steps are those of the tokenized family beside it.
//! Promise: numbers, names, verification codes and cryptograms become secrets as they are read, and
//! no error repeats what a field holds.
//! Left out: version 2 of these pages, and payments that were made outside of Standard Payments.

pub mod account;
pub mod method;
pub mod processing;
pub mod request;
pub mod settled;
pub mod spelling;
pub mod told;
pub mod wanted;
pub mod words;

#[cfg(test)]
mod tests;

pub use method::Method;
pub use spelling::Spelling;
pub use told::Telling;
pub use words::Words;
