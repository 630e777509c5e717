//! Linking a token to an account, and prolonging its life.

use paceline_domain::asked::Hidden;
use paceline_domain::challenge::Proof;
use paceline_domain::ids::UseId;
use paceline_domain::link::{self, Associating, Command, Linked};

use super::payments::Presented;
use super::{Associate, Outcome, Refresh, Refusal};
use crate::asking::{asked, worded};
use crate::engine::Engine;
use crate::entity::{Links, hashed};
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::voice::Reply;

impl Engine {
    /// `associateAccount`: links a token to the account that the proof proves.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn associate(&self, wanted: Associate, keyed: Keyed) -> Result<Reply, EngineError> {
        let asked = asked(&keyed);
        let key = &self.0.world.seal_key;
        let id = key.link(&wanted.token);
        let by = UseId(hashed(&["associateAccount", wanted.request.as_str()]));
        self.over_the_wire(keyed, async |asking| {
            let presented = Presented { account: None, association: Some(&wanted.association) };
            let proof = match self.proof(by, &wanted.proven, presented).await {
                Ok(proof) => proof,
                Err(why) => return Ok(self.passing(&Outcome::Refused(why))),
            };
            let sealed = key.seal(&id.0.to_be_bytes(), &wanted.token);
            let associating = Associating {
                association: wanted.association.clone(),
                sealed_token: Hidden(sealed.as_ref().into()),
                proof,
                with_information: wanted.with_information,
                by,
                asked: asked.clone(),
            };
            let answered = asking.send::<Links>(Links::stream(id), true, |world| {
                let (associating, now) = (associating.clone(), world.now());
                Command::Associate(Box::new(link::Associate { id, associating, now }))
            });
            answered.await.map(worded)
        })
        .await
    }

    /// `refreshToken`: the token stays, its end moves.
    pub async fn refresh_token(&self, wanted: Refresh, keyed: Keyed) -> Result<Reply, EngineError> {
        let asked = asked(&keyed);
        let id = self.0.world.seal_key.link(&wanted.token);
        let by = UseId(hashed(&["refreshToken", wanted.request.as_str()]));
        self.over_the_wire(keyed, async |asking| {
            let proof = match self.refreshing(by, &wanted).await {
                Ok(proof) => proof,
                Err(why) => return Ok(self.passing(&Outcome::Refused(why))),
            };
            let answered = asking.send::<Links>(Links::stream(id), false, |world| {
                let (proof, asked) = (proof.clone(), asked.clone());
                Command::Refresh { proof, by, asked, now: world.now() }
            });
            answered.await.map(worded)
        })
        .await
    }

    /// The proof of a refresh: it is the token's own account and association that are proven.
    async fn refreshing(&self, by: UseId, wanted: &Refresh) -> Result<Proof, Refusal> {
        let Linked { account, association, .. } = self.linked(&wanted.token).await?;
        let (account, association) = (Some(&account), Some(&association));
        self.proof(by, &wanted.proven, Presented { account, association }).await
    }
}
