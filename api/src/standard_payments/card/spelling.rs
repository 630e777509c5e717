//! Words that replace ours.
//!
//! Why: not all values of the wire's enums are published. What is written is published, or the
//! documented guess; where Google says another word, the configuration can, too.

use std::collections::BTreeMap;

/// Members whose words can be replaced: those that have guessed ones among them.
pub const MEMBERS: [&str; 11] = [
    "addressVerificationResult",
    "cancelFundsReservationResult",
    "captureFundsReservationResult",
    "cardType",
    "chargebackStage",
    "cvnResult",
    "fundsTransferFlow",
    "reasonCode",
    "refundResult",
    "reserveCaptureFlow",
    "result",
];

/// By member and by our word.
#[derive(Clone, Debug, Default)]
pub struct Spelling(pub BTreeMap<(String, String), String>);

impl Spelling {
    /// - `word`: as it is written unless the configuration says otherwise.
    pub fn of(&self, member: &'static str, word: &'static str) -> &str {
        debug_assert!(MEMBERS.contains(&member), "{member} can be replaced");
        let replaced = self.0.get(&(member.to_owned(), word.to_owned()));
        replaced.map_or(word, String::as_str)
    }
}
