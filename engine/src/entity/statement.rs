//! A remittance statement as an entity.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::ids::{IntegratorAccountId, RequestId, StatementId};
use paceline_domain::statement::{self, Command, Event, Rejection, State, Statement};
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::asking::Said;
use crate::dispatch::statements;
use crate::engine::Options;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::tokenized::{Outcome, Refusal};
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

pub struct Statements;

impl Statements {
    pub fn id(integrator: &IntegratorAccountId, request: &RequestId) -> StatementId {
        StatementId(hashed(&["statement", integrator.as_str(), request.as_str()]))
    }

    pub fn stream(id: StatementId) -> StreamId {
        Kind::Statement.stream(id.0)
    }
}

impl Entity for Statements {
    const KIND: Kind = Kind::Statement;

    machine!(statement, State, statements);

    /// What is owed, and for which statement.
    type Effect = (Box<Statement>, statement::Effect);
    type Step = ();
    /// What is known of it, to whoever asks from inside.
    type Reply = Said<Result<Box<Statement>, Rejection>>;

    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        Said::by(voices, manner, || facts(state, refused), || words(state, refused))
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

    fn pending(state: &State) -> Vec<Self::Effect> {
        let owed = state.as_ref().zip(statement::pending(state));
        owed.map(|(statement, effect)| (Box::new(statement.clone()), effect)).into_iter().collect()
    }

    fn owes(state: &State) -> bool {
        statement::pending(state).is_some()
    }

    async fn carry_out(
        world: Arc<World>,
        (statement, effect): Self::Effect,
        _: Option<Secret>,
    ) -> Carried<Command> {
        statements::carry_out(&world, &statement, effect).await
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.standard.statement_event(event);
    }
}

fn facts(state: &State, refused: Option<&Rejection>) -> Result<Box<Statement>, Rejection> {
    match (refused, state) {
        (Some(refused), _) => Err(refused.clone()),
        (None, Some(statement)) => Ok(Box::new(statement.clone())),
        (None, None) => Err(Rejection::Unknown),
    }
}

fn words(state: &State, refused: Option<&Rejection>) -> Outcome<'static> {
    match (refused, state) {
        (None, Some(statement)) => Outcome::StatementNoted { statement: statement.id },
        (Some(_), _) | (None, None) => Outcome::Refused(Refusal::RequestTaken),
    }
}
