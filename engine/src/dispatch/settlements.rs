//! Enters what has moved into the settlement of its day, and closes the day when its time has come.
//!
//! Promise: a movement is in one settlement, whatever comes between: a day that is closed takes
//! nothing more, and whoever is refused looks first whether the movement is in it already.

use std::sync::Arc;

use paceline_domain::card_payment::{Line, LineKind};
use paceline_domain::ids::{IntegratorAccountId, MovementId, NoticeId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::notice::{self, Owe, Subject};
use paceline_domain::settlement::{
    self, Command, Enter, Entry, Event, Of, Part, Phase, Settlement,
};
use paceline_domain::time::Timestamp;
use paceline_storage::{EventLog, StreamId};

use super::{Known, ask, later};
use crate::codec;
use crate::entity::{Carried, Notices, Settlements};
use crate::limits::{OWED_FIRST, OWED_LONGEST, SETTLEMENT_PART_ENTRIES};
use crate::world::World;

/// The first day from the movement's own on that takes it. `None` if it cannot be told now whether
/// one has.
pub(super) async fn enter(
    world: &Arc<World>,
    integrator: &IntegratorAccountId,
    currency: CurrencyCode,
    line: Line,
) -> Option<()> {
    let mut day = line.at;
    let entry = Entry { fee: fee(world, currency, &line), line };
    loop {
        let of = Settlements::of(integrator, currency, day);
        let (stream, next) = (Settlements::stream(of.id), Timestamp(of.ends.0 + 1));
        let closes_at = of.ends.after(world.options.card.settles_after);
        let enter = Enter { of, closes_at, entry: entry.clone() };
        let enter = Command::Enter(Box::new(enter));
        let entered = ask::<Settlements>(world, stream, enter, None, Known::Perhaps).await;
        if entered.is_ok() || holds(world, stream, entry.line.movement).await? {
            return Some(());
        }
        day = next;
    }
}

/// What the integrator takes for a capture.
fn fee(world: &World, currency: CurrencyCode, line: &Line) -> Micros {
    let charged = line.kind == LineKind::Capture;
    let amount = line.amount.to_minor(currency).ok().filter(|_| charged);
    let fee = amount.map(|amount| world.options.card.fee.of(amount));
    fee.and_then(|fee| Micros::from_minor(fee, currency)).unwrap_or(Micros::ZERO)
}

/// Whether a day that is closed has the movement.
async fn holds(world: &Arc<World>, stream: StreamId, movement: MovementId) -> Option<bool> {
    let entries = entries(world, stream).await?;
    Some(entries.iter().any(|entry| entry.line.movement == movement))
}

/// All that was entered into a day, each movement once. `None` if it cannot be read now.
pub(crate) async fn entries(world: &Arc<World>, stream: StreamId) -> Option<Vec<Entry>> {
    match world.read(move |log| read(log, stream)).await? {
        Ok(entries) => Some(entries),
        Err(error) => {
            tracing::error!(?stream, %error, "a settlement cannot be read");
            None
        }
    }
}

/// # Errors
/// What stood in the way of reading it, in words.
pub(crate) fn read(log: &dyn EventLog, stream: StreamId) -> Result<Vec<Entry>, String> {
    let mut events = vec![];
    for record in log.history(stream).map_err(|error| error.to_string())? {
        let entered: Vec<Event> = codec::decode(&record).map_err(|error| error.to_string())?;
        events.extend(entered);
    }
    Ok(settlement::entries(events))
}

pub(crate) async fn carry_out(world: &Arc<World>, day: Settlement) -> Carried<Command> {
    let now = world.now();
    match day.phase {
        Phase::Open if day.closes_at > now => Carried::Later(day.closes_at),
        Phase::Open => Carried::Done(Command::Close { now }),
        Phase::Closed { at } => match tell(world, &day, at).await {
            Some((parts, total)) => Carried::Done(Command::ConfirmTold { parts, total, now }),
            None => Carried::Later(later(world, at, OWED_FIRST, OWED_LONGEST)),
        },
        Phase::Told { .. } => unreachable!("what is told owes nothing"),
    }
}

/// One notice for each part. `None` if the day cannot be read or added up.
async fn tell(world: &Arc<World>, day: &Settlement, closed_at: Timestamp) -> Option<(u32, Micros)> {
    let of = period(world, day).await;
    let entries = entries(world, Settlements::stream(of.id)).await?;
    let Some(total) = settlement::total(&entries) else {
        tracing::error!(settlement = %of.id, "a day's sum is larger than any amount");
        return None;
    };
    let chunks: Vec<_> = entries.chunks(SETTLEMENT_PART_ENTRIES).collect();
    let parts = u32::try_from(chunks.len()).ok()?;
    for (number, entries) in (0..).zip(chunks) {
        let part =
            Part { of: of.clone(), closed_at, total, number, parts, entries: entries.into() };
        owe(world, part).await;
    }
    Some((parts, total))
}

/// What a day tells of. If the day before was closed while it ran, what moved on the rest of it is here.
async fn period(world: &Arc<World>, day: &Settlement) -> Of {
    let Of { integrator, currency, starts, .. } = &day.of;
    let before = Settlements::of(integrator, *currency, Timestamp(starts.0.saturating_sub(1)));
    let stream = Settlements::stream(before.id);
    let before = ask::<Settlements>(world, stream, Command::Look, None, Known::Perhaps).await;
    let ended = before.ok().and_then(|before| before.ended());
    let starts = ended.map_or(*starts, |ended| Timestamp(ended.0 + 1));
    Of { starts, ..day.of.clone() }
}

async fn owe(world: &Arc<World>, part: Part) {
    // Settlements have ids that are hashes, and few parts: these are nobody else's.
    let id = NoticeId(part.of.id.0.wrapping_add(1 + u128::from(part.number)));
    let integrator = part.of.integrator.clone();
    let subject = Subject::Settlement(Box::new(part));
    let owe = Owe { id, integrator, subject, at: world.now() };
    let owe = notice::Command::Owe(Box::new(owe));
    let owed = ask::<Notices>(world, Notices::stream(id), owe, None, Known::HardlyYet).await;
    if let Err(error) = owed {
        tracing::error!(notice = %id, %error, "Google cannot be told of a settlement");
    }
}
