//! A day's journal as an entity: everybody who is paid that day meets here, so it pipelines.

use std::sync::Arc;

use paceline_domain::ids::IntegratorAccountId;
use paceline_domain::journal::{self, Command, Journal, Rejection};
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
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

    machine!(journal, Journal, journals);

    type Effect = std::convert::Infallible;
    type Step = ();
    type Reply = ();

    fn reply(_: &Voices, _: Manner, _: &Journal, _: Option<()>, _: Option<&Rejection>) {}

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }
}
