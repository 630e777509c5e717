//! What is asked, over whichever wire: its word in log lines and metrics.

use crate::standard_payments::{Method, card};
use crate::ucp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Checkout(ucp::Operation),
    Tokenized(Method),
    Card(card::Method),
    /// The page on which a customer signs in and approves.
    Authenticate,
}

impl Operation {
    pub fn all() -> impl Iterator<Item = Self> {
        let checkout = ucp::Operation::ALL.into_iter().map(Self::Checkout);
        let tokenized = Method::ALL.into_iter().map(Self::Tokenized);
        let card = card::Method::ALL.into_iter().map(Self::Card);
        checkout.chain(tokenized).chain(card).chain([Self::Authenticate])
    }

    /// Its place in [`Operation::all`].
    pub fn index(self) -> usize {
        match self {
            Self::Checkout(operation) => operation as usize,
            Self::Tokenized(method) => ucp::Operation::ALL.len() + method as usize,
            Self::Card(method) => ucp::Operation::ALL.len() + Method::ALL.len() + method as usize,
            Self::Authenticate => {
                ucp::Operation::ALL.len() + Method::ALL.len() + card::Method::ALL.len()
            }
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Checkout(operation) => operation.word(),
            Self::Tokenized(method) => method.word(),
            Self::Card(method) => method.name(),
            Self::Authenticate => "authenticate",
        }
    }

    /// Whether it writes, and waits for nothing else.
    pub fn only_writes(self) -> bool {
        match self {
            Self::Checkout(operation) => operation.only_writes(),
            // The customer's bank or the acquirer is asked, or nothing is written.
            Self::Tokenized(_) | Self::Card(_) | Self::Authenticate => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_own_place_and_word() {
        let mut words: Vec<&str> = vec![];
        for (place, operation) in Operation::all().enumerate() {
            assert_eq!(operation.index(), place);
            assert!(!words.contains(&operation.word()), "{operation:?}");
            words.push(operation.word());
        }
    }
}
