//! A telephone as an entity: asked before a password is sent to it.

use std::sync::Arc;

use paceline_domain::telephone::{self, Command, Rejection, Telephone};
use paceline_domain::text::Text;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
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

    machine!(telephone, Telephone, telephones);

    type Effect = std::convert::Infallible;
    type Step = ();
    /// Whether the message may go.
    type Reply = Result<(), Rejection>;

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
