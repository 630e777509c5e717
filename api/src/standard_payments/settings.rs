//! What this wire is told by the configuration.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use paceline_domain::ids::IntegratorAccountId;
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
