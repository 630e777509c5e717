//! How the card family is put together. It is spoken where the tokenized one is, and under the same
//! keys.

use std::sync::Arc;

use paceline_engine::card::Voice;

use crate::config::Config;
use crate::standard_payments::card::{Method, Words};
use crate::standard_payments::{Door, Settings, Wire};

pub fn words(config: &Config) -> Arc<dyn Voice> {
    let spelling = config.card.telling.spelling.clone();
    Arc::new(Words::new(spelling, config.tokenized.dialect.unknown_capture))
}

/// - `beside`: of the tokenized family.
pub fn wire(config: &Config, beside: &Settings) -> Arc<Wire<Method>> {
    Wire::new(Door {
        base_path: config.card.base_path.clone(),
        accounts: config.card.accounts.clone(),
        ..beside.door.clone()
    })
}
