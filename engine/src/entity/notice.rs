//! A notice to Google as an entity.

use std::sync::Arc;

use paceline_domain::ids::NoticeId;
use paceline_domain::notice::{self, Command, Event, Notice, Rejection, State};
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind};
use crate::dispatch::notices;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Notices;

impl Notices {
    pub fn stream(id: NoticeId) -> StreamId {
        Kind::Notice.stream(id.0)
    }
}

impl Entity for Notices {
    const KIND: Kind = Kind::Notice;

    machine!(notice, State, notices);

    /// The notice that is owed.
    type Effect = Notice;
    type Step = ();
    type Reply = Result<Notice, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        match (refused, state) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(notice)) => Ok(notice.clone()),
            (None, None) => Err(Rejection::Unknown),
        }
    }

    fn pending(state: &State) -> Vec<Notice> {
        notice::pending(state).cloned().into_iter().collect()
    }

    fn owes(state: &State) -> bool {
        notice::pending(state).is_some()
    }

    async fn carry_out(world: Arc<World>, notice: Notice, _: Option<Secret>) -> Carried<Command> {
        notices::tell(&world, notice).await
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.standard.notice_event(event);
    }
}
