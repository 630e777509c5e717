//! A state machine as a test drives it: commands in, events kept, and each prefix of the events
//! replayed.

// Each test file takes what it needs; helpers are tests too.
#![allow(dead_code, clippy::unwrap_used)]

use std::fmt::Debug;

use paceline_domain::ids::{AccountId, AssociationId, IntegratorAccountId, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

pub const NOW: Timestamp = Timestamp(1_780_000_000_000);
pub const LATER: Timestamp = Timestamp(1_780_000_600_000);

pub struct Machine<S, C, E, R> {
    decide: fn(&S, C) -> Result<Vec<E>, R>,
    apply: fn(&mut S, &E),
    pub state: S,
    pub events: Vec<E>,
}

impl<S: Default + PartialEq + Debug, C, E: Clone, R> Machine<S, C, E, R> {
    pub fn new(decide: fn(&S, C) -> Result<Vec<E>, R>, apply: fn(&mut S, &E)) -> Self {
        Self { decide, apply, state: S::default(), events: vec![] }
    }

    /// Gives a command, and makes what was decided so.
    pub fn give(&mut self, command: C) -> Result<Vec<E>, R> {
        let events = (self.decide)(&self.state, command)?;
        for event in &events {
            (self.apply)(&mut self.state, event);
            self.events.push(event.clone());
        }
        let mut replayed = S::default();
        self.events.iter().for_each(|event| (self.apply)(&mut replayed, event));
        assert_eq!(replayed, self.state, "the events rebuild the state");
        Ok(events)
    }
}

pub fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

pub fn usd() -> CurrencyCode {
    CurrencyCode::parse("USD").unwrap()
}

pub fn dollars(dollars: i64) -> Micros {
    Micros(dollars * 1_000_000)
}

pub fn account_id(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

pub fn association(id: &str) -> AssociationId {
    AssociationId::parse(id).unwrap()
}

pub fn request(id: &str) -> RequestId {
    RequestId::parse(id).unwrap()
}

pub fn piaid() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap()
}
