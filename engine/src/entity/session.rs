//! The checkout session as an entity.

use std::sync::Arc;

use paceline_domain::asked::Asked;
use paceline_domain::session::{self, Command, Effect, Event, Phase, Rejection, State};
use paceline_domain::time::Timestamp;

use super::{Carried, Entity, Kind};
use crate::directory::Glance;
use crate::dispatch;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

pub struct Sessions;

impl Entity for Sessions {
    const KIND: Kind = Kind::Session;

    machine!(session, State, sessions);

    type Effect = Effect;
    /// The number of an attempt at paying.
    type Step = u32;
    type Reply = Reply;

    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &State,
        _: Option<u32>,
        refused: Option<&Rejection>,
    ) -> Reply {
        match (state, refused) {
            // Another caller's session must look like none at all.
            (Some(session), refused) if refused != Some(&Rejection::NotFound) => {
                voices.checkout.session(manner, session, refused)
            }
            (_, Some(refused)) => voices.checkout.refusal(manner, refused),
            (_, None) => voices.checkout.refusal(manner, &Rejection::NotFound),
        }
    }

    fn is_passing(refused: &Rejection) -> bool {
        matches!(refused, Rejection::InProgress | Rejection::NotFound)
    }

    fn to_remember(reply: &Reply) -> Option<&Reply> {
        Some(reply)
    }

    fn glance(state: &State, reply: &Reply) -> Option<Glance> {
        let session = state.as_ref()?;
        let until = session::expires(state).unwrap_or(Timestamp(u64::MAX));
        Some(Glance { caller: session.caller.clone(), until, body: reply.body.clone() })
    }

    fn pending(state: &State) -> Vec<Effect> {
        session::pending(state)
    }

    fn owes(state: &State) -> bool {
        session::owes(state)
    }

    fn tick(state: &State, now: Timestamp) -> Option<Command> {
        session::expires(state).filter(|at| *at <= now).map(|_| Command::Expire { now })
    }

    fn step(state: &State, command: &Command) -> Option<u32> {
        match (command, state) {
            (Command::Complete(_), Some(session)) => Some(session.attempts + 1),
            _ => None,
        }
    }

    fn is_over(state: &State, step: u32) -> bool {
        state.as_ref().and_then(|session| session.attempt_in_progress()).map(|a| a.number)
            != Some(step)
    }

    fn joins(state: &State, command: &Command) -> Option<u32> {
        let Command::Complete(complete) = command else { return None };
        let again = complete.asked.as_ref()?;
        let attempt = state.as_ref()?.attempt_in_progress()?;
        let first = attempt.asked.as_ref()?;
        (first.key == again.key && first.fingerprint == again.fingerprint).then_some(attempt.number)
    }

    fn asked(state: &State) -> impl Iterator<Item = (u32, &Asked)> {
        let attempt = state.as_ref().and_then(|session| session.attempt_in_progress());
        attempt.and_then(|attempt| Some((attempt.number, attempt.asked.as_ref()?))).into_iter()
    }

    fn leave(attempt: u32) -> Option<Command> {
        Some(Command::LeaveAsker { attempt })
    }

    fn needs_secret(state: &State) -> bool {
        matches!(state, Some(session) if matches!(session.phase, Phase::Completing(_)))
    }

    async fn carry_out(
        world: Arc<World>,
        effect: Effect,
        secret: Option<Secret>,
    ) -> Carried<Command> {
        Carried::Done(dispatch::carry_out(&world, effect, secret).await)
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.session_event(event);
    }
}
