//! Finds out whose account a proof proves, and what the bank says of it.

use std::sync::Arc;

use paceline_domain::challenge::{self, Challenge, Proof, Use};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{AccountId, AssociationId, LinkId, UseId};
use paceline_domain::link::{Command, Customer, Effect};
use paceline_domain::name::{self, Holder, Identifier};
use paceline_domain::time::Timestamp;

use super::{Known, ask, later};
use crate::entity::{Carried, Challenges, Names, decline};
use crate::limits::{OWED_FIRST, OWED_LONGEST};
use crate::world::World;

/// The bank does not answer.
struct Away {
    /// Until then somebody is waiting, and the bank is asked every second or so; from then on less
    /// and less.
    since: Timestamp,
}

/// The name of the association is taken first, and given back if nothing comes of it.
pub(crate) async fn find_out(world: &Arc<World>, effect: Effect) -> Carried<Command> {
    let (by, customer) = match effect {
        Effect::Associate { association, link, proof, by } => {
            if !take_name(world, &association, link).await {
                return Carried::Done(Command::AssociationTaken { by });
            }
            let customer = prove(world, by, proof, None, &association, world.now()).await;
            let usable = |customer: &Customer| customer.standing.check().is_ok();
            if let Ok(customer) = &customer
                && !customer.as_ref().is_ok_and(|customer| usable(customer))
            {
                give_name_back(world, &association, link).await;
            }
            (by, customer)
        }
        Effect::Refresh { account, association, proof, by } => {
            (by, prove(world, by, proof, Some(account), &association, world.now()).await)
        }
    };
    match customer {
        Ok(customer) => {
            let lives = world.options.tokenized.token_lives;
            Carried::Done(Command::Proven { by, customer, now: world.now(), lives })
        }
        Err(Away { since }) => Carried::Later(later(world, since, OWED_FIRST, OWED_LONGEST)),
    }
}

async fn take_name(world: &Arc<World>, association: &AssociationId, link: LinkId) -> bool {
    let take = name::Command::Take(Holder::Link(link));
    ask::<Names>(world, Names::association(association), take, None, Known::HardlyYet).await.is_ok()
}

async fn give_name_back(world: &Arc<World>, association: &AssociationId, link: LinkId) {
    let give_back = name::Command::GiveBack(Holder::Link(link));
    let given =
        ask::<Names>(world, Names::association(association), give_back, None, Known::Perhaps);
    if let Err(error) = given.await {
        tracing::error!(%link, %error, "a name was not given back");
    }
}

/// Uses the proof, then asks the bank who that is.
async fn prove(
    world: &Arc<World>,
    by: UseId,
    proof: Proof,
    account: Option<AccountId>,
    association: &AssociationId,
    now: Timestamp,
) -> Result<Result<Box<Customer>, Decline>, Away> {
    let association = Some(association.clone());
    let tries_max = world.options.tokenized.otp_tries_max;
    let using = Use { by, proof, account, association, tries_max, now };
    let challenge = match use_proof(world, using).await {
        Ok(challenge) => challenge,
        Err(why) => return Ok(Err(why)),
    };
    let Some(proving) = challenge.proving() else { return Ok(Err(Decline::ProofNotMatched)) };
    let (who, since) = (Identifier::Account(proving.account.clone()), proving.expires_at);
    let customer = world.customer(&who).await.map_err(|_| Away { since })?;
    Ok(customer.map(Box::new).ok_or(Decline::AccountClosed))
}

/// Uses a proof for a request, once however often that is asked.
pub(super) async fn use_proof(world: &Arc<World>, using: Use) -> Result<Box<Challenge>, Decline> {
    let stream = Challenges::stream(using.proof.challenge());
    let using = challenge::Command::Use(using);
    let said = ask::<Challenges>(world, stream, using, None, Known::Perhaps).await;
    said.facts().map_err(|rejection| decline(&rejection))
}
