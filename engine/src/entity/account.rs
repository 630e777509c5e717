//! The customer's account as an entity.

use std::sync::Arc;

use paceline_domain::account::{self, Command, Event, Rejection, State};
use paceline_domain::ids::AccountId;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Accounts;

impl Accounts {
    pub fn stream(account: &AccountId) -> StreamId {
        Kind::Account.stream(hashed(&[account.as_str()]))
    }
}

impl Entity for Accounts {
    const KIND: Kind = Kind::Account;

    machine!(account, State, accounts);

    type Effect = std::convert::Infallible;
    type Step = ();
    /// The account after the command.
    type Reply = Result<account::Account, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        state: &State,
        _: Option<()>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        match (refused, state) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(account)) => Ok(account.clone()),
            (None, None) => Err(Rejection::Unknown),
        }
    }

    async fn carry_out(_: Arc<World>, effect: Self::Effect, _: Option<Secret>) -> Carried<Command> {
        match effect {}
    }

    fn count(event: &Event, metrics: &Metrics) {
        if let Event::Moved { purpose, amount, .. } = event {
            metrics.standard.moved(purpose, *amount);
        }
    }
}
