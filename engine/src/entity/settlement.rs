//! What is settled of a day as an entity: everybody who is paid that day meets here, so it pipelines.

use std::sync::Arc;

use paceline_domain::ids::{IntegratorAccountId, SettlementId};
use paceline_domain::money::CurrencyCode;
use paceline_domain::settlement::{self, Command, Of, Phase, Rejection, Settlement, State};
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;

use super::{Carried, Entity, Journals, Kind, hashed};
use crate::dispatch::settlements;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Settlements;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

impl Settlements {
    /// The day of a moment, in UTC.
    pub fn of(integrator: &IntegratorAccountId, currency: CurrencyCode, at: Timestamp) -> Of {
        let day = Journals::day(at);
        let words = ["settlement", integrator.as_str(), currency.as_str(), &day.to_string()];
        let starts = Timestamp(day * DAY_MILLIS);
        let ends = Timestamp(starts.0 + DAY_MILLIS - 1);
        let id = SettlementId(hashed(&words));
        Of { id, integrator: integrator.clone(), currency, starts, ends }
    }

    pub fn stream(id: SettlementId) -> StreamId {
        Kind::Settlement.stream(id.0)
    }
}

impl Entity for Settlements {
    const KIND: Kind = Kind::Settlement;

    machine!(settlement, State, settlements);

    /// The day that is to be closed, or told.
    type Effect = Settlement;
    type Step = ();
    type Reply = Result<Box<Settlement>, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        match (refused, state) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(settlement)) => Ok(Box::new(settlement.clone())),
            (None, None) => Err(Rejection::Unknown),
        }
    }

    fn pending(state: &State) -> Vec<Settlement> {
        state.iter().filter(|_| Self::owes(state)).cloned().collect()
    }

    fn owes(state: &State) -> bool {
        let told = |settlement: &Settlement| matches!(settlement.phase, Phase::Told { .. });
        state.as_ref().is_some_and(|settlement| !told(settlement))
    }

    fn sleeps_until(state: &State) -> Option<Timestamp> {
        state.as_ref().filter(|day| day.phase == Phase::Open).map(|day| day.closes_at)
    }

    async fn carry_out(
        world: Arc<World>,
        settlement: Settlement,
        _: Option<Secret>,
    ) -> Carried<Command> {
        settlements::carry_out(&world, settlement).await
    }
}
