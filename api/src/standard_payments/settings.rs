//! What this wire is told by the configuration.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use paceline_domain::ids::IntegratorAccountId;
use paceline_domain::money::Micros;
use paceline_envelope::Envelope;

use super::results::Results;

/// What a receiver has to know of whoever calls, whichever family it is.
#[derive(Clone, Debug)]
pub struct Door {
    /// What the paths of the methods start with.
    pub base_path: String,
    /// The contractual accounts with Google that are served.
    pub accounts: BTreeSet<IntegratorAccountId>,
    pub envelope: Arc<Envelope>,
    /// How far a caller's clock may be from ours.
    pub clock_tolerance: Duration,
    pub dialect: Arc<Dialect>,
}

/// What the documents leave open, as the contract has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Of an answer about a capture that nobody knows.
    pub unknown_capture: StatusCode,
    pub total_due: TotalDue,
    /// Of a line of a statement: its amount and its fee.
    pub event_amount: String,
    pub event_fee: String,
    /// What we say is due, where we do not agree to a statement.
    pub modified_total: String,
    /// Of what is told of a disbursement: whose it is, and what came of it.
    pub disburse_request: String,
    pub disburse_result: String,
}

/// When a statement's total is above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TotalDue {
    IntegratorOwes,
    GoogleOwes,
}

impl TotalDue {
    /// From what the wire says to what the integrator owes, and back.
    pub fn turned(self, Micros(amount): Micros) -> Micros {
        match self {
            Self::IntegratorOwes => Micros(amount),
            Self::GoogleOwes => Micros(amount.saturating_neg()),
        }
    }
}

/// Of the tokenized family.
#[derive(Debug)]
pub struct Settings {
    /// The integrator, as its customers know it.
    pub name: String,
    pub door: Door,
    pub results: Results,
    /// To which the page sends browsers back, and to whatever is below them.
    pub callback_hosts: Vec<String>,
}
