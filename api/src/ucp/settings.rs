//! What an operator says about this wire, as `config.rs` has read and checked it.

use std::fmt::{self, Display};

use paceline_domain::text::Text;
use serde_json::Value;

use super::callers::ApiKey;
use super::ids::IdForm;

/// Everything that answers contain beside what is in a session.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The merchant's host, for global ids: `merchant.example.com`.
    pub host: String,
    pub ids: IdForm,
    /// Where callers reach the operations, without a slash at the end; for the profile.
    pub endpoint: String,
    /// What paths start with here: empty, or such as `/ucp/v1`.
    pub base_path: String,
    /// Payment handlers, whole, as the protocol has them.
    pub handlers: Vec<Value>,
    pub links: Vec<Link>,
    /// Page of an order, with `{id}` in it.
    pub order_permalink: Template,
    /// Page where a buyer carries on, with `{id}` in it.
    pub continue_url: Template,
    /// None: whoever can connect may call.
    pub api_keys: Vec<ApiKey>,
    /// The caller, if none is named.
    pub platform_default: Text,
    /// How long the profile may be cached, in seconds.
    pub profile_max_age: u32,
}

/// A page of the merchant that a checkout must show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// `privacy_policy`, `terms_of_service`, `refund_policy`, `shipping_policy`, `faq`, or own.
    pub kind: String,
    pub url: String,
    pub title: Option<String>,
}

/// A URL with a place for an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    before: String,
    after: String,
}

impl Template {
    /// # Errors
    /// [`MalformedTemplate`] unless it is a URL with `{id}` in it, once.
    pub fn parse(text: &str) -> Result<Self, MalformedTemplate> {
        let malformed = || MalformedTemplate(text.to_owned());
        let (before, after) = text.split_once("{id}").ok_or_else(malformed)?;
        if !is_url(before) || after.contains(['{', '}']) {
            return Err(malformed());
        }
        Ok(Self { before: before.to_owned(), after: after.to_owned() })
    }

    pub fn with(&self, id: impl Display) -> impl Display {
        struct Filled<'a, I>(&'a Template, I);

        impl<I: Display> Display for Filled<'_, I> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self(Template { before, after }, id) = self;
                write!(f, "{before}{id}{after}")
            }
        }

        Filled(self, id)
    }
}

/// What is configured is no page with a place for an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an http or https URL with `{{id}}` in it, once")]
pub struct MalformedTemplate(String);

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}
