//! Evidence against a chargeback as an entity.

use std::cell::RefCell;
use std::sync::Arc;

use paceline_domain::document::{self, Command, Document, Event, Rejection, State};
use paceline_domain::ids::DocumentId;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind};
use crate::actors::Cells;
use crate::directory::Directory;
use crate::host::Local;
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

    type State = State;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Effect = std::convert::Infallible;
    type Step = ();
    type Reply = Result<Box<Document>, Rejection>;

    fn directory(world: &World) -> &Directory<Self> {
        &world.documents
    }

    fn cells(host: &Local) -> &RefCell<Cells<Self>> {
        &host.documents
    }

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
        document::decide(state, command)
    }

    fn apply(state: &mut State, event: &Event) {
        document::apply(state, event);
    }

    fn reply(
        _: &Voices,
        _: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        match (refused, state) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(document)) => Ok(Box::new(document.clone())),
            (None, None) => Err(Rejection::Unknown),
        }
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }
}
