//! A link as an entity: asked by the wire to be made and refreshed, from inside where it leads.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::asked::Asked;
use paceline_domain::ids::{LinkId, UseId};
use paceline_domain::link::{self, Command, Effect, Event, Link, Linked, Rejection, State};
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind};
use crate::asking::Said;
use crate::dispatch::links;
use crate::engine::Options;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::tokenized::{Outcome, Refusal};
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

pub struct Links;

impl Links {
    pub fn stream(id: LinkId) -> StreamId {
        Kind::Link.stream(id.0)
    }
}

impl Entity for Links {
    const KIND: Kind = Kind::Link;

    machine!(link, State, links);

    type Effect = Effect;
    /// The request that is waited for.
    type Step = UseId;
    /// Where it leads, to whoever asks from inside.
    type Reply = Said<Result<Linked, Rejection>>;

    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &State,
        step: Option<UseId>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        Said::by(voices, manner, || facts(state, refused), || words(state, step, refused))
    }

    fn is_passing(_: &Rejection) -> bool {
        true
    }

    fn to_remember(said: &Self::Reply) -> Option<&Reply> {
        said.to_remember()
    }

    fn answers_kept(options: &Options) -> Duration {
        options.tokenized.answers_kept
    }

    fn pending(state: &State) -> Vec<Effect> {
        link::pending(state).into_iter().collect()
    }

    fn owes(state: &State) -> bool {
        state.as_ref().is_some_and(|link| link.open().is_some())
    }

    fn step(_: &State, command: &Command) -> Option<UseId> {
        match command {
            Command::Associate(associate) => Some(associate.associating.by),
            Command::Refresh { by, .. } => Some(*by),
            Command::Proven { .. }
            | Command::AssociationTaken { .. }
            | Command::Invalidate { .. }
            | Command::Look => None,
        }
    }

    fn is_over(state: &State, step: UseId) -> bool {
        state.as_ref().and_then(Link::open).is_none_or(|(by, _)| by != step)
    }

    fn joins(state: &State, command: &Command) -> Option<UseId> {
        let again = match command {
            Command::Associate(associate) => associate.associating.asked.as_ref()?,
            Command::Refresh { asked, .. } => asked.as_ref()?,
            _ => return None,
        };
        let (by, first) = state.as_ref()?.open()?;
        (first? == again).then_some(by)
    }

    fn asked(state: &State) -> impl Iterator<Item = (UseId, &Asked)> {
        let open = state.as_ref().and_then(|link| link.open());
        open.and_then(|(by, asked)| Some((by, asked?))).into_iter()
    }

    fn leave(_: UseId) -> Option<Command> {
        Some(Command::Look)
    }

    async fn carry_out(world: Arc<World>, effect: Effect, _: Option<Secret>) -> Carried<Command> {
        links::find_out(&world, effect).await
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.standard.link_event(event);
    }
}

fn facts(state: &State, refused: Option<&Rejection>) -> Result<Linked, Rejection> {
    match (refused, state.as_ref().and_then(Link::leads_to)) {
        (Some(refused), _) => Err(refused.clone()),
        (None, Some(linked)) => Ok(linked.clone()),
        (None, None) => Err(Rejection::Unknown),
    }
}

fn words<'a>(state: &'a State, step: Option<UseId>, refused: Option<&Rejection>) -> Outcome<'a> {
    if let Some(refused) = refused {
        return Outcome::Refused(match refused {
            Rejection::Unknown => Refusal::TokenUnknown,
            Rejection::LinkedAlready => Refusal::TokenLinked,
            Rejection::InProgress => Refusal::InProgress,
        });
    }
    let Some(link) = state else { return Outcome::Refused(Refusal::TokenUnknown) };
    match (step, &link.latest) {
        (Some(step), _) if link.open().is_some_and(|(by, _)| by == step) => Outcome::Unfinished,
        (Some(step), Some((by, outcome))) if *by == step => worded(link.id, outcome),
        // Its key brings the first answer; if that has expired, the request is too late.
        _ => Outcome::Refused(Refusal::TokenLinked),
    }
}

fn worded(link: LinkId, outcome: &link::Outcome) -> Outcome<'_> {
    match outcome {
        link::Outcome::Associated(it) => Outcome::Associated { link, result: Ok(it) },
        link::Outcome::AssociationDeclined(why) => Outcome::Associated { link, result: Err(*why) },
        link::Outcome::Refreshed { expires_at } => {
            Outcome::Refreshed { link, result: Ok(*expires_at) }
        }
        link::Outcome::RefreshDeclined(why) => Outcome::Refreshed { link, result: Err(*why) },
        link::Outcome::AssociationTaken => Outcome::Refused(Refusal::AssociationTaken),
    }
}
