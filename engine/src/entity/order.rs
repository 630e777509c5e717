//! The order as an entity.

use std::sync::Arc;

use paceline_domain::order::{self, Command, Event, Rejection, State};

use super::{Carried, Entity, Kind};
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Orders;

impl Entity for Orders {
    const KIND: Kind = Kind::Order;

    machine!(order, State, orders);

    type Effect = std::convert::Infallible;
    type Step = ();
    type Reply = Result<(), Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        _: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        refused.map_or(Ok(()), |refused| Err(refused.clone()))
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }

    fn count(event: &Event, metrics: &Metrics) {
        let Event::Placed(_) = event;
        metrics.orders_placed.increment(1);
    }
}
