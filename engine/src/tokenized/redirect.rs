//! The page on which a customer signs in and approves: what is behind it.

use bytes::Bytes;
use paceline_domain::challenge::{Command, Phase, Rejection};
use paceline_domain::ids::{AccountId, AssociationId, RequestId};
use paceline_domain::link::Customer;
use paceline_domain::name::Identifier;

use super::{Approval, Refusal, TurnedBack};
use crate::bank::Unavailable;
use crate::engine::Engine;
use crate::entity::Challenges;
use crate::error::EngineError;
use crate::secret::Secret;

impl Engine {
    /// Encrypts what a browser carries for us. Nobody can read or make it who has not this data's
    /// key, and nothing sealed for one purpose opens for another.
    pub fn seal(&self, purpose: &str, secret: &Secret) -> Bytes {
        self.0.world.seal_key.seal(purpose.as_bytes(), secret)
    }

    /// `None` if it was not sealed here for this purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Secret> {
        self.0.world.seal_key.open(purpose.as_bytes(), sealed)
    }

    /// The customer, if this is the password.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] if the bank does not answer.
    pub async fn sign_in(
        &self,
        who: &Identifier,
        password: &Secret,
    ) -> Result<Option<Customer>, EngineError> {
        let world = &self.0.world;
        let asked = world.bank.sign_in(who, password);
        let answered = tokio::time::timeout(world.options.gateway_timeout, asked).await;
        answered.unwrap_or(Err(Unavailable)).map_err(|_| EngineError::Overloaded)
    }

    /// The account that an association leads to: the only one that may approve for it.
    pub async fn account_behind(
        &self,
        association: &AssociationId,
    ) -> Result<Option<AccountId>, EngineError> {
        Ok(self.behind(association).await.map(|linked| linked.account))
    }

    /// Remembers that the account has authenticated under this id. Once; again by the same account
    /// changes nothing.
    ///
    /// # Errors
    /// Inside, the [`Refusal`]: the association is another account's, the id was approved by
    /// another account or given up.
    pub async fn approve(&self, approval: Approval) -> Result<Result<(), Refusal>, EngineError> {
        let Approval { authentication, account, association } = approval;
        if let Some(association) = &association {
            match self.account_behind(association).await? {
                None => return Ok(Err(Refusal::AssociationUnknown)),
                Some(behind) if behind != account => {
                    return Ok(Err(Refusal::AuthenticationUnusable));
                }
                Some(_) => {}
            }
        }
        let world = &self.0.world;
        let lives = world.options.tokenized.authentication_lives;
        let approve = Command::Approve { account, association, now: world.now(), lives };
        let stream = Challenges::stream(Challenges::redirect(&authentication));
        let said = self.ask_inside::<Challenges>(stream, approve).await;
        Ok(said.facts().map(drop).map_err(|rejection| match rejection {
            Rejection::Unknown => Refusal::AuthenticationUnknown,
            _ => Refusal::AuthenticationUnusable,
        }))
    }

    /// The user has turned back: nothing is proven under this id, unless it was used before.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn give_up(&self, authentication: &RequestId) -> Result<TurnedBack, EngineError> {
        let stream = Challenges::stream(Challenges::redirect(authentication));
        let said = self.ask_inside::<Challenges>(stream, Command::GiveUp).await;
        Ok(match said.facts().map(|challenge| challenge.phase) {
            Ok(Phase::Used { proving, .. }) => {
                TurnedBack::TooLate { association: proving.association }
            }
            Ok(Phase::Sending(_) | Phase::Unsent(_) | Phase::Open(_) | Phase::GivenUp) | Err(_) => {
                TurnedBack::InTime
            }
        })
    }
}
