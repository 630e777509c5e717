//! What keeps a test free of the API around it.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod checkout;
pub mod shop;

use std::fmt::Debug;

use paceline_domain::ids::{AttemptId, SessionId};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::text::Text;
use paceline_domain::{instrument, order, session, stock};

/// A state machine of the core, so that one `given` serves them all.
pub trait Machine {
    type State: Default + PartialEq + Debug;
    type Command;
    type Event: PartialEq + Debug;
    type Rejection: PartialEq + Debug;

    fn decide(_: &Self::State, _: Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;
    fn apply(_: &mut Self::State, _: &Self::Event);
}

macro_rules! machine {
    ($name:ident, $module:ident, $state:ty) => {
        pub struct $name;

        impl Machine for $name {
            type State = $state;
            type Command = $module::Command;
            type Event = $module::Event;
            type Rejection = $module::Rejection;

            fn decide(
                state: &Self::State,
                command: Self::Command,
            ) -> Result<Vec<Self::Event>, Self::Rejection> {
                $module::decide(state, command)
            }

            fn apply(state: &mut Self::State, event: &Self::Event) {
                $module::apply(state, event);
            }
        }
    };
}

machine!(Sessions, session, session::State);
machine!(Stocks, stock, stock::Stock);
machine!(Instruments, instrument, instrument::Instrument);
machine!(Orders, order, order::State);

/// The state that these events make.
pub fn after<M: Machine>(events: &[M::Event]) -> M::State {
    let mut state = M::State::default();
    events.iter().for_each(|event| M::apply(&mut state, event));
    state
}

/// Starts a sentence: given these events, when this is asked, then that follows.
pub fn given<M: Machine>(events: &[M::Event]) -> Given<M> {
    Given(after::<M>(events))
}

pub struct Given<M: Machine>(M::State);

impl<M: Machine> Given<M> {
    pub fn when(self, command: M::Command) -> Decided<M> {
        Decided(M::decide(&self.0, command))
    }
}

#[must_use]
pub struct Decided<M: Machine>(Result<Vec<M::Event>, M::Rejection>);

impl<M: Machine> Decided<M> {
    #[track_caller]
    pub fn then(self, events: &[M::Event]) {
        assert_eq!(self.0.as_deref(), Ok(events));
    }

    #[track_caller]
    pub fn then_nothing(self) {
        self.then(&[]);
    }

    #[track_caller]
    pub fn then_refused(self, rejection: M::Rejection) {
        assert_eq!(self.0, Err(rejection));
    }
}

pub fn text(word: &str) -> Text {
    Text::parse(word).expect("a word of a test")
}

pub fn cents(amount: u64) -> MinorUnits {
    MinorUnits(amount)
}

pub fn usd() -> CurrencyCode {
    currency("USD")
}

pub fn currency(code: &str) -> CurrencyCode {
    CurrencyCode::parse(code).expect("a currency of a test")
}

pub fn attempt(number: u32) -> AttemptId {
    AttemptId { session: SessionId(7), number }
}
