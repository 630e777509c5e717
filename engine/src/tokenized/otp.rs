//! One-time passwords: sent by message, checked on their own.

use paceline_domain::account::Standing;
use paceline_domain::challenge::{self, Command, Proof, Proving, Sending, Use};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{AccountId, AssociationId, ChallengeId, UseId};
use paceline_domain::link::{self, Customer};
use paceline_domain::name::{self, Holder, Identifier};
use paceline_domain::telephone;
use paceline_domain::text::Text;

use super::payments::Stopped;
use super::{OtpReceiver, Outcome, Refusal, SendOtp, VerifyOtp};
use crate::asking::{asked, worded};
use crate::engine::Engine;
use crate::entity::{Challenges, Links, Names, Telephones, hashed};
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::secret::Secret;
use crate::voice::Reply;

impl Engine {
    /// `sendOtp`: sends a password to the customer's telephone, once however often it is asked.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn send_otp(&self, wanted: SendOtp, keyed: Keyed) -> Result<Reply, EngineError> {
        let world = &self.0.world;
        let id = Challenges::otp(&wanted.request);
        let asked = asked(&keyed);
        // Whose the key is comes before any telephone is charged with a message.
        if let Some(reply) = self.looked_up(&keyed).await? {
            return Ok(reply);
        }
        self.over_the_wire(keyed, async |mut asking| {
            let (association, customer) = match self.receiver(&wanted.to).await {
                Ok(found) => found,
                Err(Stopped::Refused(why)) => return Ok(self.passing(&Outcome::Refused(why))),
                Err(Stopped::Away) => return Ok(self.passing(&Outcome::Unfinished)),
            };
            let password = self.password();
            let hash = world.seal_key.password(id, &password);
            asking.secret = Some(password);
            let to = match reachable(customer, &wanted.to) {
                Ok((account, phone)) => self.granted(id, &phone).await.map(|()| (account, phone)),
                Err(why) => Err(why),
            };
            // Not as one that nobody can have written to: a password that was sent in another life
            // must not be measured by the one that is new here.
            let answered = asking.send::<Challenges>(Challenges::stream(id), false, |world| {
                let now = world.now();
                let to = to.clone().map(|(account, phone)| {
                    let proving = Proving {
                        account,
                        association: association.clone(),
                        password: Some(hash.clone()),
                        expires_at: now.after(world.options.tokenized.otp_lives),
                    };
                    let (matching_token, asked) = (wanted.matching_token.clone(), asked.clone());
                    Sending { id, phone, matching_token, proving, asked }
                });
                Command::Send(Box::new(challenge::Send { id, to, now }))
            });
            answered.await.map(worded)
        })
        .await
    }

    /// `verifyOtp`: uses the password for itself alone.
    pub async fn verify_otp(&self, wanted: VerifyOtp, keyed: Keyed) -> Result<Reply, EngineError> {
        let challenge = Challenges::otp(&wanted.sent_by);
        let hash = self.0.world.seal_key.password(challenge, &wanted.password);
        let by = UseId(hashed(&["verifyOtp", wanted.request.as_str()]));
        self.over_the_wire(keyed, async |asking| {
            let answered =
                asking.send::<Challenges>(Challenges::stream(challenge), false, |world| {
                    let proof = Proof::Password { challenge, hash: hash.clone() };
                    let tries_max = world.options.tokenized.otp_tries_max;
                    let (account, association, now) = (None, None, world.now());
                    Command::Use(Use { by, proof, account, association, tries_max, now })
                });
            answered.await.map(worded)
        })
        .await
    }

    /// One that nobody guesses, of as many digits as are wanted.
    fn password(&self) -> Secret {
        let world = &self.0.world;
        let digits = world.options.tokenized.otp_digits;
        let number = world.surroundings.unguessable() % 10_u128.pow(digits);
        Secret::new(format!("{number:0width$}", width = digits as usize).into_bytes())
    }

    /// Before anything is sent: a telephone that has got too many gets no more for a while.
    async fn granted(&self, challenge: ChallengeId, phone: &Text) -> Result<(), Decline> {
        let world = &self.0.world;
        let (limit, now) = (world.options.tokenized.otp_limit, world.now());
        let grant = telephone::Command::Grant { challenge, limit, now };
        let granted = self.ask_inside::<Telephones>(Telephones::stream(phone), grant).await;
        granted.map_err(|telephone::Rejection::TooMany| Decline::TooManyMessages)
    }

    /// The association that the password is for, if it is for one, and the customer.
    async fn receiver(
        &self,
        to: &OtpReceiver,
    ) -> Result<(Option<AssociationId>, Option<Customer>), Stopped> {
        let (association, who) = match to {
            OtpReceiver::Phone(phone) => (None, Identifier::Phone(phone.clone())),
            OtpReceiver::Association(association) => {
                let linked = self.behind(association).await;
                let unknown = Stopped::Refused(Refusal::AssociationUnknown);
                let account = linked.ok_or(unknown)?.account;
                (Some(association.clone()), Identifier::Account(account))
            }
        };
        let found = self.0.world.customer(&who).await.map_err(|_| Stopped::Away)?;
        Ok((association, found))
    }

    /// The link behind an association id.
    pub(super) async fn behind(&self, association: &AssociationId) -> Option<link::Linked> {
        let stream = Names::association(association);
        let Ok(Some(Holder::Link(id))) =
            self.ask_inside::<Names>(stream, name::Command::Look).await
        else {
            return None;
        };
        let look = link::Command::Look;
        let said = self.ask_inside::<Links>(Links::stream(id), look).await;
        said.facts().ok().filter(|linked| linked.association == *association)
    }
}

/// The account and its telephone, if a message may go there.
fn reachable(customer: Option<Customer>, to: &OtpReceiver) -> Result<(AccountId, Text), Decline> {
    let Customer { account, standing, profile } = customer.ok_or(Decline::PhoneUnknown)?;
    if let Standing::Closed(_) = standing {
        standing.check()?;
    }
    let phone = match to {
        OtpReceiver::Phone(phone) => Some(phone.clone()),
        OtpReceiver::Association(_) => profile.phone,
    };
    Ok((account, phone.ok_or(Decline::MessageUnsent)?))
}
