//! The stock of one product as an entity: the one that everybody asks.

use std::sync::Arc;

use paceline_domain::ids::ProductId;
use paceline_domain::stock::{self, Command, Event, Rejection, Stock};
use paceline_storage::StreamId;
use ring::digest::{SHA256, digest};

use super::{Carried, Entity, Kind};
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Stocks;

impl Stocks {
    /// A product's stream: a product id is too long for one, its hash is not.
    pub fn stream(product: &ProductId) -> StreamId {
        let hash = digest(&SHA256, product.as_str().as_bytes());
        let id = hash.as_ref()[..16].try_into().expect("a SHA-256 has 32 bytes");
        StreamId { kind: Kind::Stock as u8, id }
    }
}

impl Entity for Stocks {
    const KIND: Kind = Kind::Stock;

    machine!(stock, Stock, stocks);

    type Effect = std::convert::Infallible;
    type Step = ();
    /// Units that are left after the command.
    type Reply = Result<u64, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        stock: &Stock,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        refused.map_or_else(|| Ok(stock.available()), |refused| Err(refused.clone()))
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }

    fn publish(world: &World, stream: StreamId, stock: &Stock) {
        world.levels.set(stream, stock.available());
    }

    fn count(event: &Event, metrics: &Metrics) {
        match event {
            Event::Counted { .. } => {}
            Event::Held { units, .. } => metrics.units_held.increment(*units),
            Event::Sold { units, .. } => metrics.units_sold.increment(*units),
            Event::Released { units, .. } => metrics.units_released.increment(*units),
        }
    }
}
