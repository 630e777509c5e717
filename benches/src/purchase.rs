//! One purchase as the core sees it: the commands in their order, and what each leaves behind.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::ids::{InstrumentId, OrderId, SessionId};
use paceline_domain::market::Market;
use paceline_domain::session::{self, AttemptOutcome, Command, Complete, Create, State, Update};
use paceline_domain::time::Timestamp;

use crate::shop::{Shop, address, basket, caller, payment};

const SESSION: SessionId = SessionId(7);
const NOW: Timestamp = Timestamp(1_770_000_000_000);

/// The session after each step.
pub struct Purchase {
    pub opened: State,
    pub ready: State,
    pub completing: State,
    pub completed: State,
}

impl Purchase {
    pub fn make() -> Self {
        let market = Shop::open();
        let opened = after(None, create(&market));
        let ready = after(opened.clone(), update(&market));
        let completing = after(ready.clone(), complete(&market));
        let completed = after(completing.clone(), approve());
        Self { opened, ready, completing, completed }
    }
}

/// Decides and applies, as a turn does.
pub fn after(mut state: State, command: Command) -> State {
    let events = session::decide(&state, command).expect("the purchase breaks no rule");
    for event in &events {
        session::apply(&mut state, event);
    }
    state
}

pub fn create(market: &Arc<dyn Market>) -> Command {
    Command::Create(Box::new(Create {
        id: SESSION,
        caller: caller(),
        changes: basket(),
        market: Arc::clone(market),
        now: NOW,
        lives: Duration::from_secs(6 * 3600),
    }))
}

pub fn update(market: &Arc<dyn Market>) -> Command {
    let market = Arc::clone(market);
    let changes = address(SESSION);
    Command::Update(Box::new(Update { caller: caller(), changes, market, now: NOW }))
}

pub fn complete(market: &Arc<dyn Market>) -> Command {
    Command::Complete(Box::new(Complete {
        caller: caller(),
        instrument: InstrumentId(8),
        shown: payment().shown,
        order: OrderId(9),
        asked: None,
        market: Arc::clone(market),
        now: NOW,
    }))
}

pub fn approve() -> Command {
    Command::AttemptEnded { attempt: 1, outcome: AttemptOutcome::Reserved, now: NOW }
}
