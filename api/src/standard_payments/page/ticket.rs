//! What a form carries from one step to the next, sealed: the browser can neither read nor make it.
//!
//! Why: the steps of one authentication may be served by different machines, and nothing is worth
//! remembering before it is approved.

use std::fmt;
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
    /// Of the browser that the form was shown in.
    pub browser: Nonce,
    expires_at: u64,
}

impl Ticket {
    pub fn fresh(
        request: RequestId,
        association: Option<AssociationId>,
        callback: Callback,
        browser: Nonce,
        now: SystemTime,
    ) -> Self {
        let expires_at = millis(now + LIVES);
        Self { request, association, callback, account: None, browser, expires_at }
    }

    pub fn signed_in(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    pub fn is_of(&self, browser: Option<&Nonce>) -> bool {
        browser == Some(&self.browser)
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

/// What a browser keeps in a cookie, and every ticket that it is given names.
///
/// Why one for all: whoever has the page in two tabs, or loads a step of it again, sends tickets of
/// different ages with the one cookie that there is. A ticket says by itself who has signed in, so
/// nothing is gained by knowing the nonce alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nonce(String);

impl Nonce {
    const DIGITS: usize = 32;

    pub fn fresh() -> Self {
        let mut bytes = [0; Self::DIGITS / 2];
        let random = ring::rand::SystemRandom::new();
        ring::rand::SecureRandom::fill(&random, &mut bytes).expect("the system has random numbers");
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// `None` if it cannot be one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_ours = text.len() == Self::DIGITS && text.bytes().all(is_digit);
        is_ours.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
