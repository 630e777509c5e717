//! Captures, refunds and disbursements.

use paceline_domain::challenge::{self, Challenge, Phase, Proof};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{AccountId, AssociationId, UseId};
use paceline_domain::link;
use paceline_domain::name::Identifier;
use paceline_domain::payment::{AskRefund, Command, Flow, Pay as PayCommand, Terms};
use paceline_domain::time::Timestamp;

use super::{Instrument, Outcome, Pay, Proven, Refund, Refusal};
use crate::asking::{asked, worded};
use crate::engine::Engine;
use crate::entity::{Challenges, Links, Payments};
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::secret::Secret;
use crate::voice::Reply;

/// Who pays or is paid, and what is known to stand against it.
pub(super) struct Payer {
    account: AccountId,
    association: Option<AssociationId>,
    barred: Option<Decline>,
}

impl Payer {
    fn presented(&self) -> Presented<'_> {
        Presented { account: Some(&self.account), association: self.association.as_ref() }
    }
}

/// For whom a proof is presented.
#[derive(Clone, Copy)]
pub(super) struct Presented<'a> {
    /// Whose account it has to prove, if that is known before.
    pub account: Option<&'a AccountId>,
    pub association: Option<&'a AssociationId>,
}

/// Why there is nobody to ask.
pub(super) enum Stopped {
    Refused(Refusal),
    /// The bank is away.
    Away,
}

impl Engine {
    /// `capture`: takes the money now.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn capture(&self, pay: Pay, keyed: Keyed) -> Result<Reply, EngineError> {
        self.pay(Flow::Capture, pay, keyed).await
    }

    /// `asynchronousCapture`: acknowledged at once; the outcome is owed to Google as a notice.
    pub async fn capture_later(&self, pay: Pay, keyed: Keyed) -> Result<Reply, EngineError> {
        self.pay(Flow::CaptureLater, pay, keyed).await
    }

    /// `disburseFunds`: gives money to the customer.
    pub async fn disburse(&self, pay: Pay, keyed: Keyed) -> Result<Reply, EngineError> {
        self.pay(Flow::Disbursement, pay, keyed).await
    }

    async fn pay(&self, flow: Flow, pay: Pay, keyed: Keyed) -> Result<Reply, EngineError> {
        let asked = asked(&keyed);
        self.over_the_wire(keyed, async |asking| {
            let payer = match self.payer(flow, &pay).await {
                Ok(payer) => payer,
                Err(Stopped::Refused(why)) => return Ok(self.passing(&Outcome::Refused(why))),
                Err(Stopped::Away) => return Ok(self.passing(&Outcome::Unfinished)),
            };
            let Pay { request, integrator, amount, currency, description, .. } = pay.clone();
            let id = match flow {
                Flow::Capture | Flow::CaptureLater => Payments::capture(&integrator, &request),
                Flow::Disbursement => Payments::disbursement(&integrator, &request),
            };
            let proof = match &pay.proven {
                None => None,
                Some(proven) => match self.proof(UseId(id.0), proven, payer.presented()).await {
                    Ok(proof) => Some(proof),
                    Err(why) => return Ok(self.passing(&Outcome::Refused(why))),
                },
            };
            let Payer { account, association, barred } = payer;
            let terms = Terms {
                flow,
                integrator,
                request,
                account,
                association,
                amount,
                currency,
                description,
            };
            let answered = asking.send::<Payments>(Payments::stream(id), true, |world| {
                let (terms, proof, asked) = (terms.clone(), proof.clone(), asked.clone());
                let pay = PayCommand { id, terms, proof, barred, now: world.now(), asked };
                Command::Pay(Box::new(pay))
            });
            answered.await.map(worded)
        })
        .await
    }

    /// `refund`: gives back a part of a capture.
    pub async fn refund(&self, refund: Refund, keyed: Keyed) -> Result<Reply, EngineError> {
        let asked = asked(&keyed);
        self.over_the_wire(keyed, async |asking| {
            let Refund { request, integrator, capture, amount, currency } = refund.clone();
            let id = Payments::refund(&integrator, &request);
            let stream = Payments::stream(Payments::capture(&integrator, &capture));
            let answered = asking.send::<Payments>(stream, false, |world| {
                let (request, asked) = (request.clone(), asked.clone());
                Command::Refund(AskRefund {
                    id,
                    request,
                    amount,
                    currency,
                    now: world.now(),
                    asked,
                })
            });
            answered.await.map(worded)
        })
        .await
    }

    async fn payer(&self, flow: Flow, pay: &Pay) -> Result<Payer, Stopped> {
        let now = self.0.world.now();
        match &pay.with {
            Instrument::Token(token) => {
                let linked = self.linked(token).await.map_err(Stopped::Refused)?;
                let barred = linked.check(now).err();
                let link::Linked { account, association, .. } = linked;
                let barred = match flow {
                    // Nobody waits for what the bank will say: what it says of the account is
                    // asked before.
                    Flow::CaptureLater if barred.is_none() => {
                        let who = Identifier::Account(account.clone());
                        let (_, barred) = self.customer(&who).await?;
                        barred
                    }
                    _ => barred,
                };
                Ok(Payer { account, association: Some(association), barred })
            }
            Instrument::Vpa(vpa) => {
                let (account, barred) = self.customer(&Identifier::Vpa(vpa.clone())).await?;
                Ok(Payer { account, association: None, barred })
            }
        }
    }

    async fn customer(&self, who: &Identifier) -> Result<(AccountId, Option<Decline>), Stopped> {
        match self.0.world.customer(who).await {
            Ok(Some(customer)) => Ok((customer.account, customer.standing.check().err())),
            Ok(None) => Err(Stopped::Refused(Refusal::CustomerUnknown)),
            Err(_) => Err(Stopped::Away),
        }
    }

    /// Where a token leads.
    pub(super) async fn linked(&self, token: &Secret) -> Result<link::Linked, Refusal> {
        let stream = Links::stream(self.0.world.seal_key.link(token));
        let said = self.ask_inside::<Links>(stream, link::Command::Look).await;
        said.facts().map_err(|_| Refusal::TokenUnknown)
    }

    /// What the core is told of a proof, if it is one that may still be used by this request.
    ///
    /// A sign-in that cannot be used is refused here, before anything is begun: what is begun can end
    /// badly only in the results of one-time passwords.
    pub(super) async fn proof(
        &self,
        by: UseId,
        proven: &Proven,
        presented: Presented<'_>,
    ) -> Result<Proof, Refusal> {
        let (challenge, unknown) = match proven {
            Proven::Password { sent_by, .. } => (Challenges::otp(sent_by), Refusal::OtpUnknown),
            Proven::Redirect { authentication } => {
                (Challenges::redirect(authentication), Refusal::AuthenticationUnknown)
            }
        };
        let stream = Challenges::stream(challenge);
        let look = challenge::Command::Look;
        let said = self.ask_inside::<Challenges>(stream, look).await;
        let known = said.facts().map_err(|_| unknown)?;
        match proven {
            // Right or wrong, used or not: that is told as a result.
            Proven::Password { password, .. } => {
                let hash = self.0.world.seal_key.password(challenge, password);
                Ok(Proof::Password { challenge, hash })
            }
            Proven::Redirect { .. } if usable(&known, by, presented, self.0.world.now()) => {
                Ok(Proof::SignedIn { challenge })
            }
            Proven::Redirect { .. } => Err(Refusal::AuthenticationUnusable),
        }
    }
}

fn usable(challenge: &Challenge, by: UseId, presented: Presented<'_>, now: Timestamp) -> bool {
    let proving = match &challenge.phase {
        Phase::Used { by: user, .. } => return *user == by,
        Phase::Open(proving) => proving,
        Phase::Sending(_) | Phase::Unsent(_) | Phase::GivenUp => return false,
    };
    let Presented { account, association } = presented;
    proving.expires_at > now && proving.is_for(account, association)
}
