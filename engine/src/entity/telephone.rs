//! A telephone as an entity: asked before a password is sent to it.

use std::cell::RefCell;
use std::sync::Arc;

use paceline_domain::telephone::{self, Command, Event, Rejection, Telephone};
use paceline_domain::text::Text;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::actors::Cells;
use crate::directory::Directory;
use crate::host::Local;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Telephones;

impl Telephones {
    /// - `number`: E.164.
    pub fn stream(number: &Text) -> StreamId {
        Kind::Telephone.stream(hashed(&["telephone", number.as_str()]))
    }
}

impl Entity for Telephones {
    const KIND: Kind = Kind::Telephone;

    type State = Telephone;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Effect = std::convert::Infallible;
    type Step = ();
    /// Whether the message may go.
    type Reply = Result<(), Rejection>;

    fn directory(world: &World) -> &Directory<Self> {
        &world.telephones
    }

    fn cells(host: &Local) -> &RefCell<Cells<Self>> {
        &host.telephones
    }

    fn decide(state: &Telephone, command: Command) -> Result<Vec<Event>, Rejection> {
        telephone::decide(state, command)
    }

    fn apply(state: &mut Telephone, event: &Event) {
        telephone::apply(state, event);
    }

    fn reply(
        _: &Voices,
        _: Manner,
        _: &Telephone,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        refused.copied().map_or(Ok(()), Err)
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }
}
