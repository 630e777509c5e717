//! A card as an entity: found by a keyed hash of its number.

use std::sync::Arc;

use paceline_domain::card::{self, Card, Command, Rejection, State};
use paceline_domain::ids::CardId;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind};
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Cards;

impl Cards {
    pub fn stream(id: CardId) -> StreamId {
        Kind::Card.stream(id.0)
    }
}

impl Entity for Cards {
    const KIND: Kind = Kind::Card;

    machine!(card, State, cards);

    type Effect = std::convert::Infallible;
    type Step = ();
    type Reply = Result<Box<Card>, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        match (refused, state) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(card)) => Ok(Box::new(card.clone())),
            (None, None) => Err(Rejection::Unknown),
        }
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }
}
