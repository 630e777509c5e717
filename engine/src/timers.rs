//! Wakes what has come due: what a crash left owed, and what time has run out for.
//!
//! Why: millions of sessions wait for their expiry and cost nothing until then, because the log
//! keeps them in the order in which they come due. Started before the first request, this is
//! also the recovery: whatever is owed is due at once.

use std::sync::Arc;

use paceline_storage::{DueAt, Millis};

use crate::entity::{Entity, Instruments, Kind, Orders, Sessions, Stocks};
use crate::limits::{DUE_PAGE, TIMER_PERIOD};
use crate::world::World;

/// Runs until the process ends. One page a period: what is still due after that comes with the
/// next, and those that stay due do not keep others from their turn.
pub(crate) async fn run(world: Arc<World>) {
    let mut after = None;
    loop {
        after = page(&world, after).await;
        tokio::time::sleep(TIMER_PERIOD).await;
    }
}

/// Wakes one page of what is due after `after`. Returns where to go on, or `None` at the end.
async fn page(world: &Arc<World>, after: Option<DueAt>) -> Option<DueAt> {
    let until = Millis(world.now().0);
    let due = match world.read(move |log| log.due(until, after, DUE_PAGE)).await {
        Some(Ok(due)) => due,
        Some(Err(error)) => {
            tracing::error!(%error, "the timers cannot be read");
            return None;
        }
        None => return None, // the process is going down
    };
    for DueAt { stream, .. } in &due {
        match Kind::of(*stream) {
            Some(Kind::Session) => Sessions::directory(world).tick(world, *stream),
            Some(Kind::Instrument) => Instruments::directory(world).tick(world, *stream),
            Some(Kind::Stock) => Stocks::directory(world).tick(world, *stream),
            Some(Kind::Order) => Orders::directory(world).tick(world, *stream),
            None => tracing::error!(?stream, "a stream of an unknown kind is due"),
        }
    }
    (due.len() == DUE_PAGE).then(|| due.last().copied()).flatten()
}
