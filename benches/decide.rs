//! What the rules cost: one decision and its application, on a session as Google builds it.
//!
//! Varies: the command. Leaves out: parsing before it, the log and the wording after it.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use paceline_benches::shop::{Shop, address, basket, card, text};
use paceline_domain::ids::{InstrumentId, OrderId, SessionId};
use paceline_domain::market::Market;
use paceline_domain::session::{
    self, AttemptOutcome, Command, Complete, Create, State, Status, Update,
};
use paceline_domain::time::Timestamp;

const NOW: Timestamp = Timestamp(1_770_000_000_000);

fn decide(criterion: &mut Criterion) {
    let market = Shop::open();
    let opened = after(None, create(&market));
    let ready = after(opened.clone(), update(&market));
    let completing = after(ready.clone(), complete(&market));
    let completed = after(completing.clone(), approve());
    let status = completed.as_ref().map(session::Session::status);
    assert_eq!(status, Some(Status::Completed), "the purchase goes through");

    let mut group = criterion.benchmark_group("decide");
    let mut measure = |name: &str, state: &State, command: &dyn Fn() -> Command| {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (state.clone(), command()),
                |(state, command)| black_box(after(state, command)),
                BatchSize::SmallInput,
            );
        });
    };
    measure("create", &None, &|| create(&market));
    measure("update", &opened, &|| update(&market));
    measure("complete", &ready, &|| complete(&market));
    measure("approved", &completing, &approve);
    group.finish();
}

/// Decides, applies, and says what is owed, as a turn does.
fn after(mut state: State, command: Command) -> State {
    let events = session::decide(&state, command).expect("the purchase breaks no rule");
    for event in &events {
        session::apply(&mut state, event);
    }
    black_box(session::pending(&state));
    state
}

fn create(market: &Arc<dyn Market>) -> Command {
    Command::Create(Box::new(Create {
        id: SessionId(7),
        caller: text("google"),
        changes: basket(),
        market: Arc::clone(market),
        now: NOW,
        lives: Duration::from_secs(6 * 3600),
    }))
}

fn update(market: &Arc<dyn Market>) -> Command {
    let market = Arc::clone(market);
    Command::Update(Box::new(Update {
        caller: text("google"),
        changes: address(),
        market,
        now: NOW,
    }))
}

fn complete(market: &Arc<dyn Market>) -> Command {
    Command::Complete(Box::new(Complete {
        caller: text("google"),
        instrument: InstrumentId(8),
        shown: card(),
        order: OrderId(9),
        asked: None,
        market: Arc::clone(market),
        now: NOW,
    }))
}

fn approve() -> Command {
    Command::AttemptEnded { attempt: 1, outcome: AttemptOutcome::Reserved, now: NOW }
}

criterion_group!(benches, decide);
criterion_main!(benches);
