//! A day's journal as an entity: everybody who is paid that day meets here, so it pipelines.

use std::cell::RefCell;
use std::sync::Arc;

use paceline_domain::ids::IntegratorAccountId;
use paceline_domain::journal::{self, Command, Event, Journal, Rejection};
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::actors::Cells;
use crate::directory::Directory;
use crate::host::Local;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Journals;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

impl Journals {
    /// The day of a moment, counted from 1970 in UTC.
    pub fn day(Timestamp(millis): Timestamp) -> u64 {
        millis / DAY_MILLIS
    }

    pub fn stream(integrator: &IntegratorAccountId, day: u64) -> StreamId {
        Kind::Journal.stream(hashed(&[integrator.as_str(), &day.to_string()]))
    }
}

impl Entity for Journals {
    const KIND: Kind = Kind::Journal;

    type State = Journal;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Effect = std::convert::Infallible;
    type Step = ();
    type Reply = ();

    fn directory(world: &World) -> &Directory<Self> {
        &world.journals
    }

    fn cells(host: &Local) -> &RefCell<Cells<Self>> {
        &host.journals
    }

    fn decide(state: &Journal, command: Command) -> Result<Vec<Event>, Rejection> {
        journal::decide(state, command)
    }

    fn apply(state: &mut Journal, event: &Event) {
        journal::apply(state, event);
    }

    fn reply(_: &Voices, _: Manner, _: &Journal, _: Option<()>, _: Option<&Rejection>) {}

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }
}
