//! Whose request it is: the name under which its sessions and idempotency keys are kept.
//!
//! Promise: with keys configured nobody gets in without one, and how long a comparison takes says
//! nothing about the key.

use http::{HeaderMap, HeaderName};
use paceline_domain::text::Text;
use paceline_engine::Secret;
use ring::hmac;
use ring::rand::SystemRandom;

use super::agent::Agent;
use super::error::Refusal;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// A shared secret, and the caller who has it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Several keys may have one name: the old and the new one, while they are exchanged.
    pub name: Text,
    pub key: Secret,
}

/// Everybody who may call.
pub struct Callers {
    /// Drawn at each start. Comparing tags under a key that nobody knows leaks nothing.
    tagging: hmac::Key,
    keys: Vec<(Text, hmac::Tag)>,
    /// For callers who name no profile.
    platform_default: Text,
}

impl Callers {
    pub fn new(keys: &[ApiKey], platform_default: Text) -> Self {
        let tagging = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .expect("the system has randomness");
        let tagged =
            |known: &ApiKey| (known.name.clone(), hmac::sign(&tagging, known.key.expose()));
        Self { keys: keys.iter().map(tagged).collect(), tagging, platform_default }
    }

    /// The caller: the name of the key, or else the profile, or else the default platform.
    ///
    /// # Errors
    /// A [`Refusal`] if a key is needed and the right one is not there.
    pub fn caller(&self, headers: &HeaderMap, agent: &Agent) -> Result<Text, Refusal> {
        if self.keys.is_empty() {
            return Ok(agent.profile.clone().unwrap_or_else(|| self.platform_default.clone()));
        }
        let shown = headers.get(X_API_KEY).ok_or_else(Refusal::unauthorized)?;
        let mut found = None;
        for (name, tag) in &self.keys {
            if hmac::verify(&self.tagging, shown.as_bytes(), tag.as_ref()).is_ok() {
                found = Some(name);
            }
        }
        found.cloned().ok_or_else(Refusal::unauthorized)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::ucp::Dialect;

    fn text(words: &str) -> Text {
        Text::parse(words).unwrap()
    }

    fn key(name: &str, key: &'static str) -> ApiKey {
        ApiKey { name: text(name), key: Secret::new(key) }
    }

    fn named(profile: Option<&str>) -> Agent {
        Agent { profile: profile.map(text), dialect: Dialect::D0 }
    }

    fn showing(key: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(X_API_KEY, HeaderValue::from_static(key))])
    }

    #[test]
    fn without_keys_a_caller_is_the_profile_or_the_default_platform() {
        let callers = Callers::new(&[], text("default"));
        let by_profile = callers.caller(&HeaderMap::new(), &named(Some("https://p.example")));
        assert_eq!(by_profile.unwrap(), text("https://p.example"));
        assert_eq!(callers.caller(&HeaderMap::new(), &named(None)).unwrap(), text("default"));
    }

    #[test]
    fn with_keys_a_caller_is_the_name_of_the_key_whatever_the_profile() {
        let keys = [key("google", "one"), key("google", "two"), key("other", "three")];
        let callers = Callers::new(&keys, text("default"));
        for (shown, name) in [("one", "google"), ("two", "google"), ("three", "other")] {
            let caller = callers.caller(&showing(shown), &named(Some("https://p.example")));
            assert_eq!(caller.unwrap(), text(name));
        }
    }

    #[test]
    fn with_keys_nobody_gets_in_without_the_right_one() {
        let callers = Callers::new(&[key("google", "one")], text("default"));
        let agent = named(Some("https://p.example"));
        for headers in [HeaderMap::new(), showing("wrong"), showing("on"), showing("")] {
            assert_eq!(callers.caller(&headers, &agent).unwrap_err(), Refusal::unauthorized());
        }
    }
}
