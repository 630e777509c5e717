//! What this wire is told by the configuration.

use std::collections::BTreeSet;
use std::time::Duration;

use paceline_domain::ids::IntegratorAccountId;
use paceline_envelope::Envelope;

use super::results::Results;

#[derive(Debug)]
pub struct Settings {
    /// The integrator, as its customers know it.
    pub name: String,
    /// What the paths of the methods start with.
    pub base_path: String,
    /// The contractual accounts with Google that are served.
    pub accounts: BTreeSet<IntegratorAccountId>,
    pub envelope: Envelope,
    /// How far a caller's clock may be from ours.
    pub clock_tolerance: Duration,
    pub results: Results,
    /// To which the page sends browsers back, and to whatever is below them.
    pub callback_hosts: Vec<String>,
}
