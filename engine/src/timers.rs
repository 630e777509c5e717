//! Wakes whatever is owed and not carried out: by a process that died, or by one that gave up.
//!
//! Why: what is owed must be done though nobody asks. The log keeps it in the order in which it
//! comes due, so that looking costs nothing while there is nothing. Started before the first
//! request, this is also the recovery.
//! Left out: the expiry of sessions. Nothing is owed then; whoever looks makes it so.

use std::sync::Arc;

use paceline_storage::{DueAt, Millis};

use crate::entity::{
    Accounts, CardPayments, Cards, Challenges, Documents, Entity, Instruments, Journals, Kind,
    Links, Names, Notices, Orders, Payments, Sessions, Settlements, Statements, Stocks, Telephones,
};
use crate::limits::{
    DUE_PAGE, MENDING_LONGEST, NOTICES_COUNTED_EVERY, OWED_LEFT_ALONE, TIMER_PERIOD,
};
use crate::world::World;

/// Runs until the process ends. One page a period: what is still due after that comes with the
/// next, and those that stay due do not keep others from their turn.
pub(crate) async fn run(world: Arc<World>) {
    // All that the process before this one was at.
    let mut until = world.now().after(OWED_LEFT_ALONE);
    let mut after = None;
    loop {
        after = page(&world, Millis(until.0), after).await;
        tokio::time::sleep(TIMER_PERIOD).await;
        if after.is_none() {
            until = world.now();
        }
    }
}

/// Counts what is owed to Google every so often, for whoever watches. Nobody waits for the number,
/// so it is read page by page.
pub(crate) async fn count_notices(world: Arc<World>) {
    let metrics = &world.metrics.standard;
    while world.voices.tokenized.is_some() {
        let (mut notices, mut statements, mut after) = (0, 0, None);
        let until = notices_until(&world);
        loop {
            let page = world.read(move |log| log.due(until, after, DUE_PAGE)).await;
            let Some(Ok(page)) = page else { break }; // the other loop says why
            let of = |kind| page.iter().filter(|due| Kind::of(due.stream) == Some(kind)).count();
            notices += of(Kind::Notice);
            statements += of(Kind::Statement);
            match page.last() {
                Some(last) if page.len() == DUE_PAGE => after = Some(*last),
                _ => break,
            }
        }
        metrics.notices_owed.set(notices as f64);
        metrics.statements_owed.set(statements as f64);
        tokio::time::sleep(NOTICES_COUNTED_EVERY).await;
    }
}

/// Nothing that Google is owed is put off for longer than this: what is due later, such as the end of
/// a reservation a week away, need not be looked at to find all of it.
pub(crate) fn notices_until(world: &World) -> Millis {
    let longest = world.options.tokenized.google_retry.longest.max(MENDING_LONGEST);
    Millis(world.now().after(longest).0)
}

/// Wakes one page of what is due by `until` and after `after`. Returns where to go on, or `None`
/// at the end.
async fn page(world: &Arc<World>, until: Millis, after: Option<DueAt>) -> Option<DueAt> {
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
            Some(Kind::Account) => Accounts::directory(world).tick(world, *stream),
            Some(Kind::Name) => Names::directory(world).tick(world, *stream),
            Some(Kind::Link) => Links::directory(world).tick(world, *stream),
            Some(Kind::Challenge) => Challenges::directory(world).tick(world, *stream),
            Some(Kind::Payment) => Payments::directory(world).tick(world, *stream),
            Some(Kind::Statement) => Statements::directory(world).tick(world, *stream),
            Some(Kind::Notice) => Notices::directory(world).tick(world, *stream),
            Some(Kind::Journal) => Journals::directory(world).tick(world, *stream),
            Some(Kind::Telephone) => Telephones::directory(world).tick(world, *stream),
            Some(Kind::Card) => Cards::directory(world).tick(world, *stream),
            Some(Kind::CardPayment) => CardPayments::directory(world).tick(world, *stream),
            Some(Kind::Document) => Documents::directory(world).tick(world, *stream),
            Some(Kind::Settlement) => Settlements::directory(world).tick(world, *stream),
            None => tracing::error!(?stream, "a stream of an unknown kind is due"),
        }
    }
    (due.len() == DUE_PAGE).then(|| due.last().copied()).flatten()
}
