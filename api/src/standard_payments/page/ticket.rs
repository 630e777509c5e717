//! What a form carries from one step to the next, sealed: the browser can neither read nor make it.
//!
//! Why: the steps of one authentication may be served by different machines, and nothing is worth
//! remembering before it is approved.

use std::time::{Duration, SystemTime};

use paceline_domain::ids::{AccountId, AssociationId, RequestId};
use paceline_engine::{Engine, Secret};
use serde::{Deserialize, Serialize};

use super::callback::Callback;
use super::millis;

/// How long somebody may take.
pub const LIVES: Duration = Duration::from_secs(15 * 60);

const PURPOSE: &str = "authentication page";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    pub request: RequestId,
    /// The account behind it has to sign in, if there is one.
    pub association: Option<AssociationId>,
    pub callback: Callback,
    /// Who has signed in.
    pub account: Option<AccountId>,
    /// Stands in a cookie of the browser that the form was shown in.
    pub nonce: String,
    expires_at: u64,
}

impl Ticket {
    pub fn fresh(
        request: RequestId,
        association: Option<AssociationId>,
        callback: Callback,
        now: SystemTime,
    ) -> Self {
        let nonce = format!("{:032x}", unguessable());
        let expires_at = millis(now + LIVES);
        Self { request, association, callback, account: None, nonce, expires_at }
    }

    pub fn signed_in(self, account: AccountId) -> Self {
        // Who had the form before has no use of the one that comes now.
        let nonce = format!("{:032x}", unguessable());
        Self { account: Some(account), nonce, ..self }
    }

    pub fn is_of(&self, nonce: Option<&str>) -> bool {
        nonce == Some(&self.nonce)
    }

    pub fn has_expired(&self, now: SystemTime) -> bool {
        millis(now) >= self.expires_at
    }

    pub fn seal(&self, engine: &Engine) -> String {
        let ticket = serde_json::to_vec(self).expect("a ticket is JSON");
        let sealed = engine.seal(PURPOSE, &Secret::new(ticket));
        sealed.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `None` if no engine on this data has sealed it.
    pub fn open(engine: &Engine, sealed: &str) -> Option<Self> {
        let digits = sealed.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let sealed: Vec<u8> = digits.map(byte).collect::<Option<_>>()?;
        serde_json::from_slice(engine.open(PURPOSE, &sealed)?.expose()).ok()
    }
}

fn unguessable() -> u128 {
    let mut bytes = [0; 16];
    let random = ring::rand::SystemRandom::new();
    ring::rand::SecureRandom::fill(&random, &mut bytes).expect("the system has random numbers");
    u128::from_be_bytes(bytes)
}
