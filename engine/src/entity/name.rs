//! A name as an entity.

use std::sync::Arc;

use paceline_domain::ids::{AssociationId, IntegratorAccountId, RequestId};
use paceline_domain::name::{self, Command, Holder, Identifier, Rejection, State};
use paceline_domain::statement::LineKind;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Names;

/// What a name of the card family is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardMoved {
    Capture,
    Refund,
}

impl Names {
    pub fn association(association: &AssociationId) -> StreamId {
        Kind::Name.stream(hashed(&["association", association.as_str()]))
    }

    /// Of a refund: it leads to the payment that it was taken from.
    pub fn refund(integrator: &IntegratorAccountId, request: &RequestId) -> StreamId {
        Kind::Name.stream(hashed(&["refund", integrator.as_str(), request.as_str()]))
    }

    /// Of what moved money by card: it leads to the payment. A capture and a refund have requests
    /// of their own.
    pub fn card(
        moved: CardMoved,
        integrator: &IntegratorAccountId,
        request: &RequestId,
    ) -> StreamId {
        let moved = match moved {
            CardMoved::Capture => "card capture",
            CardMoved::Refund => "card refund",
        };
        Kind::Name.stream(hashed(&[moved, integrator.as_str(), request.as_str()]))
    }

    /// Of a capture or a refund in remittance statements: it leads to the line that counts it.
    pub fn remitted(
        kind: LineKind,
        integrator: &IntegratorAccountId,
        request: &RequestId,
    ) -> StreamId {
        let kind = match kind {
            LineKind::Capture => "remitted capture",
            LineKind::Refund => "remitted refund",
        };
        Kind::Name.stream(hashed(&[kind, integrator.as_str(), request.as_str()]))
    }

    /// What a customer is known by.
    pub fn customer(who: &Identifier) -> StreamId {
        let id = match who {
            Identifier::Phone(phone) => hashed(&["phone", phone]),
            // Nobody remembers how it was written when the account was opened.
            Identifier::Email(email) => hashed(&["email", &email.to_lowercase()]),
            Identifier::Vpa(vpa) => hashed(&["vpa", &vpa.to_lowercase()]),
            Identifier::Account(account) => hashed(&["account", account.as_str()]),
        };
        Kind::Name.stream(id)
    }
}

impl Entity for Names {
    const KIND: Kind = Kind::Name;

    machine!(name, State, names);

    type Effect = std::convert::Infallible;
    type Step = ();
    /// What it leads to after the command.
    type Reply = Result<Option<Holder>, Rejection>;

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
