//! Evidence against a chargeback as an entity.

use std::sync::Arc;

use paceline_domain::document::{self, Command, Rejection, State};
use paceline_domain::ids::DocumentId;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind};
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Documents;

impl Documents {
    pub fn stream(id: DocumentId) -> StreamId {
        Kind::Document.stream(id.0)
    }
}

impl Entity for Documents {
    const KIND: Kind = Kind::Document;

    machine!(document, State, documents);

    type Effect = std::convert::Infallible;
    type Step = ();
    type Reply = Result<State, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        refused.map_or_else(|| Ok(state.clone()), |refused| Err(refused.clone()))
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }
}
