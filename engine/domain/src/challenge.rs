//! A challenge: a one-time password that was sent, or a page on which somebody signed in. Whoever
//! can answer it has proven which account is theirs.
//!
//! Why: a proof moves money, so it is used once, by one request, before it expires; and the request
//! that has used it may ask again without being told that it was used.
//! Promise: at most one request has its use; wrong tries are counted and end it; it proves the
//! account that it was made for and no other.
//! Left out: the password. The shell sends it; only a keyed hash of it comes here.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::asked::{Asked, Hidden};
use crate::decline::Decline;
use crate::ids::{AccountId, AssociationId, ChallengeId, UseId};
use crate::text::Text;
use crate::time::Timestamp;

/// The most wrong tries at one password that anybody may be allowed.
pub const TRIES_MAX: usize = 10;

/// What a stream of challenge events folds into; `None` before the first.
pub type State = Option<Challenge>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    pub phase: Phase,
    /// Requests that have tried a wrong password.
    pub tried: BTreeSet<UseId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The message is on its way.
    Sending(Sending),
    /// Nothing was sent, and nothing will be.
    Unsent(Decline),
    /// Waits for its use.
    Open(Proving),
    Used {
        by: UseId,
        proving: Proving,
    },
    /// The user has turned back.
    GivenUp,
}

/// What a challenge proves, once it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proving {
    pub account: AccountId,
    /// The only association that may use it, if it was made for one.
    pub association: Option<AssociationId>,
    /// What a password has to be; `None` for somebody who signed in.
    pub password: Option<Hidden>,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    pub id: ChallengeId,
    /// E.164.
    pub phone: Text,
    /// By which the telephone hands the message to the app that waits for it.
    pub matching_token: Text,
    pub proving: Proving,
    /// Whom to answer under which key.
    pub asked: Option<Asked>,
}

/// What a request presents as its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    Password { challenge: ChallengeId, hash: Hidden },
    SignedIn { challenge: ChallengeId },
}

impl Proof {
    pub fn challenge(&self) -> ChallengeId {
        match self {
            Self::Password { challenge, .. } | Self::SignedIn { challenge } => *challenge,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Send(Box<Send>),
    /// What the messenger said.
    SendAnswered(Result<(), Decline>),
    /// Somebody signed in and approved.
    Approve {
        account: AccountId,
        association: Option<AssociationId>,
        now: Timestamp,
        lives: Duration,
    },
    /// The user has turned back.
    GiveUp,
    Use(Use),
    Look,
}

/// A password is to be sent, unless something is in the way already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    pub id: ChallengeId,
    pub to: Result<Sending, Decline>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub by: UseId,
    pub proof: Proof,
    /// Whose account it has to prove, if that is known before.
    pub account: Option<AccountId>,
    pub association: Option<AssociationId>,
    /// After so many wrong tries nothing matches the password: [`TRIES_MAX`] at most.
    pub tries_max: usize,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    SendingStarted { sending: Box<Sending>, at: Timestamp },
    Sent,
    Unsent { why: Decline },
    Approved { proving: Proving, at: Timestamp },
    GivenUp,
    Tried { by: UseId, at: Timestamp },
    Used { by: UseId, at: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such challenge")]
    Unknown,
    #[error("the challenge was begun by another request")]
    TakenByAnother,
    #[error("the user has turned back")]
    GivenUp,
    #[error("the proof is another account's")]
    OtherAccount,
    #[error("the proof is not the one that was asked for")]
    NotMatched,
    #[error("the proof was used by another request")]
    AlreadyUsed,
    #[error("the proof has expired")]
    Expired,
}

/// What a challenge owes: a message with its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub id: ChallengeId,
    pub phone: Text,
    pub matching_token: Text,
    /// When there is no more use in sending it.
    pub expires_at: Timestamp,
}

/// Says what would happen, and changes nothing.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let phase = state.as_ref().map(|challenge| &challenge.phase);
    match (command, phase) {
        (Command::Send(send), None) => Ok(vec![match send.to {
            Ok(sending) => Event::SendingStarted { sending: Box::new(sending), at: send.now },
            Err(why) => Event::Unsent { why },
        }]),
        // A repeat, or another use of its id: the key tells. Its password is not sent again.
        (Command::Send(_), Some(_)) => Err(Rejection::TakenByAnother),
        (Command::SendAnswered(answer), Some(Phase::Sending(_))) => Ok(vec![match answer {
            Ok(()) => Event::Sent,
            Err(why) => Event::Unsent { why },
        }]),
        (Command::SendAnswered(_), _) => Ok(vec![]),
        (Command::Approve { account, association, now, lives }, None) => {
            let expires_at = now.after(lives);
            let proving = Proving { account, association, password: None, expires_at };
            Ok(vec![Event::Approved { proving, at: now }])
        }
        (Command::Approve { account, association, now, .. }, Some(phase)) => {
            phase.approve_again(&account, association.as_ref(), now)
        }
        (Command::GiveUp, None) => Ok(vec![Event::GivenUp]),
        (Command::GiveUp, Some(Phase::Open(proving))) if proving.password.is_none() => {
            Ok(vec![Event::GivenUp])
        }
        (Command::GiveUp, Some(_)) => Ok(vec![]),
        (Command::Use(_), None) | (Command::Look, None) => Err(Rejection::Unknown),
        (Command::Use(using), Some(_)) => {
            state.as_ref().expect("it has a phase").decide_use(&using)
        }
        (Command::Look, Some(_)) => Ok(vec![]),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    let phase = |phase| Some(Challenge { phase, tried: BTreeSet::new() });
    match event {
        Event::SendingStarted { sending, .. } => {
            *state = phase(Phase::Sending(Sending::clone(sending)));
        }
        Event::Approved { proving, .. } => *state = phase(Phase::Open(proving.clone())),
        Event::Unsent { why } => *state = phase(Phase::Unsent(*why)),
        Event::GivenUp => *state = phase(Phase::GivenUp),
        Event::Sent => {
            let sending = state.as_ref().and_then(sending).expect("a message was on its way");
            let open = Phase::Open(sending.proving.clone());
            // Whoever guessed while the message was on its way has tried.
            state.as_mut().expect("a message was on its way").phase = open;
        }
        Event::Tried { by, .. } => {
            let challenge = state.as_mut().expect("a challenge is made before it is tried");
            challenge.tried.insert(*by);
            assert!(challenge.tried.len() <= TRIES_MAX, "tries are bounded");
        }
        Event::Used { by, .. } => {
            let challenge = state.as_mut().expect("a challenge is made before it is used");
            // Perhaps before the messenger has said that the message was sent: whoever knows the
            // password has it from there.
            let (Phase::Open(proving) | Phase::Sending(Sending { proving, .. })) = &challenge.phase
            else {
                unreachable!("a challenge is used once")
            };
            challenge.phase = Phase::Used { by: *by, proving: proving.clone() };
        }
    }
}

/// The message that has not been sent yet.
pub fn pending(state: &State) -> Option<Effect> {
    let sending = state.as_ref().and_then(sending)?;
    let Sending { id, phone, matching_token, proving, asked: _ } = sending.clone();
    Some(Effect { id, phone, matching_token, expires_at: proving.expires_at })
}

/// The challenge whose message is on its way.
pub fn sending(challenge: &Challenge) -> Option<&Sending> {
    match &challenge.phase {
        Phase::Sending(sending) => Some(sending),
        Phase::Unsent(_) | Phase::Open(_) | Phase::Used { .. } | Phase::GivenUp => None,
    }
}

impl Challenge {
    /// Whose account this proves, whether it may still be used or not.
    pub fn proving(&self) -> Option<&Proving> {
        match &self.phase {
            Phase::Sending(Sending { proving, .. })
            | Phase::Open(proving)
            | Phase::Used { proving, .. } => Some(proving),
            Phase::Unsent(_) | Phase::GivenUp => None,
        }
    }

    /// What came of the use that a request made, once it was decided.
    ///
    /// # Errors
    /// [`Rejection::NotMatched`].
    pub fn outcome(&self, of: UseId) -> Result<&Proving, Rejection> {
        match &self.phase {
            Phase::Used { by, proving } if *by == of => Ok(proving),
            _ => Err(Rejection::NotMatched),
        }
    }

    fn decide_use(&self, using: &Use) -> Result<Vec<Event>, Rejection> {
        let proving = match &self.phase {
            Phase::Used { by, .. } if *by == using.by => return Ok(vec![]),
            Phase::GivenUp => return Err(Rejection::GivenUp),
            Phase::Unsent(_) => return Err(Rejection::NotMatched),
            Phase::Sending(Sending { proving, .. })
            | Phase::Open(proving)
            | Phase::Used { proving, .. } => proving,
        };
        let wrong = !proving.is_met_by(&using.proof);
        let tired = self.tried.len() >= using.tries_max.min(TRIES_MAX);
        if self.tried.contains(&using.by) || (wrong && tired) {
            return Err(Rejection::NotMatched);
        }
        if proving.expires_at <= using.now {
            return Err(Rejection::Expired);
        }
        if wrong {
            return Ok(vec![Event::Tried { by: using.by, at: using.now }]);
        }
        if tired {
            return Err(Rejection::NotMatched);
        }
        match &self.phase {
            Phase::Used { .. } => Err(Rejection::AlreadyUsed),
            _ if !proving.is_for(using.account.as_ref(), using.association.as_ref()) => {
                Err(Rejection::OtherAccount)
            }
            _ => Ok(vec![Event::Used { by: using.by, at: using.now }]),
        }
    }
}

impl Proving {
    fn is_met_by(&self, proof: &Proof) -> bool {
        match (proof, &self.password) {
            (Proof::Password { hash, .. }, Some(password)) => hash == password,
            (Proof::SignedIn { .. }, None) => true,
            (Proof::Password { .. }, None) | (Proof::SignedIn { .. }, Some(_)) => false,
        }
    }

    /// What was proven for no association makes one, and pays for nothing: a purchase and a refresh
    /// are an association's, and so is what they present.
    ///
    /// # Source
    /// Standard Payments, `sendOtp`: a telephone number for an association, the association for
    /// whatever comes later.
    pub fn is_for(&self, account: Option<&AccountId>, association: Option<&AssociationId>) -> bool {
        match (account, association) {
            // A password that is only verified is presented for nobody: it proves whom it was sent
            // to.
            (None, None) => true,
            (None, made) => self.association.is_none() || self.association.as_ref() == made,
            (Some(account), of) => {
                *account == self.account && of.is_some() && self.association.as_ref() == of
            }
        }
    }
}

impl Phase {
    /// A page that is sent twice: nothing new is proven, and nothing that is over is said to be.
    fn approve_again(
        &self,
        by: &AccountId,
        association: Option<&AssociationId>,
        now: Timestamp,
    ) -> Result<Vec<Event>, Rejection> {
        match self {
            Self::Open(proving) | Self::Used { proving, .. }
                if proving.account == *by && proving.association.as_ref() == association =>
            {
                if proving.expires_at > now {
                    Ok(vec![])
                } else {
                    Err(Rejection::Expired)
                }
            }
            Self::GivenUp => Err(Rejection::GivenUp),
            Self::Open(_) | Self::Used { .. } | Self::Sending(_) | Self::Unsent(_) => {
                Err(Rejection::TakenByAnother)
            }
        }
    }
}
