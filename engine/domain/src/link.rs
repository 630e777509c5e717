//! A link: one Google payment token that leads to one customer's account, until it expires, is
//! revoked, or the account is closed.
//!
//! Why: a token is a secret that Google holds for one of its users; two users may spend from one
//! account, each with a token of their own, so the link is an entity and the account another.
//! Promise: a token is linked by one request; its expiry moves and the token never does; a failed
//! try leaves both token and association id free.
//! Left out: the token. It comes here sealed, and its stream is named by a keyed hash of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{PostalAddress, Profile, Standing};
use crate::asked::{Asked, Hidden};
use crate::challenge::Proof;
use crate::decline::Decline;
use crate::ids::{AccountId, AssociationId, LinkId, UseId};
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of link events folds into; `None` before the first.
pub type State = Option<Link>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub id: LinkId,
    pub phase: Phase,
    /// What the latest request came to.
    pub latest: Option<(UseId, Outcome)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Free,
    Associating(Associating),
    Linked { linked: Linked, refreshing: Option<Refreshing> },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Associating {
    pub association: AssociationId,
    pub sealed_token: Hidden,
    pub proof: Proof,
    /// Whether the answer has to tell who the customer is.
    pub with_information: bool,
    pub by: UseId,
    pub asked: Option<Asked>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    pub association: AssociationId,
    pub sealed_token: Hidden,
    pub account: AccountId,
    /// The request that made it.
    pub by: UseId,
    pub expires_at: Timestamp,
    /// The customer has revoked it.
    pub invalidated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshing {
    pub proof: Proof,
    pub by: UseId,
    pub asked: Option<Asked>,
}

/// What a request came to, as its answer says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    Associated(Box<Associated>),
    AssociationDeclined(Decline),
    /// The association id is another token's. Nothing has changed, and nothing is remembered.
    AssociationTaken,
    Refreshed {
        expires_at: Timestamp,
    },
    RefreshDeclined(Decline),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Associated {
    pub account: AccountId,
    pub nickname: Text,
    pub expires_at: Timestamp,
    pub information: Option<Information>,
}

/// Who the customer is, as far as Google is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Information {
    pub name: Text,
    pub address: Option<PostalAddress>,
}

/// What the bank says of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub account: AccountId,
    pub standing: Standing,
    pub profile: Profile,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Associate(Box<Associate>),
    /// Whose account the proof has proven, and what the bank says of it.
    Proven {
        by: UseId,
        customer: Result<Box<Customer>, Decline>,
        now: Timestamp,
        lives: Duration,
    },
    /// The association id is another token's.
    AssociationTaken {
        by: UseId,
    },
    Refresh {
        proof: Proof,
        by: UseId,
        asked: Option<Asked>,
        now: Timestamp,
    },
    /// The customer has revoked it.
    Invalidate {
        now: Timestamp,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Associate {
    pub id: LinkId,
    pub associating: Associating,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    AssociationStarted { id: LinkId, associating: Box<Associating>, at: Timestamp },
    Associated { by: UseId, associated: Box<Associated>, at: Timestamp },
    AssociationDeclined { by: UseId, why: Decline, at: Timestamp },
    AssociationDropped { by: UseId },
    RefreshStarted { refreshing: Box<Refreshing>, at: Timestamp },
    Refreshed { by: UseId, expires_at: Timestamp, at: Timestamp },
    RefreshDeclined { by: UseId, why: Decline, at: Timestamp },
    Invalidated { at: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the token is not known")]
    Unknown,
    #[error("the token was linked by another request")]
    LinkedAlready,
    #[error("another request for the token is under way")]
    InProgress,
}

/// What a link owes: to find out what the proof proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Takes the name of the association first.
    Associate {
        association: AssociationId,
        link: LinkId,
        proof: Proof,
        by: UseId,
    },
    Refresh {
        account: AccountId,
        association: AssociationId,
        proof: Proof,
        by: UseId,
    },
}

/// Says what would happen, and changes nothing.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let phase = state.as_ref().map_or(&Phase::Free, |link| &link.phase);
    match (command, phase) {
        (Command::Associate(associate), Phase::Free) => {
            let Associate { id, associating, now } = *associate;
            let associating = Box::new(associating);
            Ok(vec![Event::AssociationStarted { id, associating, at: now }])
        }
        (Command::Associate(again), Phase::Linked { linked, .. }) => {
            // A repeat: its key brings the first answer.
            same(linked.by == again.associating.by, Rejection::LinkedAlready)
        }
        (Command::Associate(again), Phase::Associating(before)) => {
            let again = &again.associating;
            same(before.by == again.by && before.asked == again.asked, Rejection::InProgress)
        }
        (Command::Proven { by, customer, now, lives }, phase) => {
            Ok(proven(phase, by, customer, now, lives))
        }
        (Command::AssociationTaken { by }, Phase::Associating(open)) if open.by == by => {
            Ok(vec![Event::AssociationDropped { by }])
        }
        (Command::AssociationTaken { .. }, _) => Ok(vec![]),
        (Command::Refresh { proof, by, asked, now }, Phase::Linked { linked, refreshing }) => {
            let latest = state.as_ref().and_then(|link| link.latest.as_ref());
            match refreshing {
                Some(open) => same(open.by == by && open.asked == asked, Rejection::InProgress),
                None if latest.is_some_and(|(before, _)| *before == by) => Ok(vec![]),
                // For good: the proof is not even used.
                None if linked.invalidated => {
                    let why = Decline::LinkInvalidated;
                    Ok(vec![Event::RefreshDeclined { by, why, at: now }])
                }
                None => {
                    let refreshing = Box::new(Refreshing { proof, by, asked });
                    Ok(vec![Event::RefreshStarted { refreshing, at: now }])
                }
            }
        }
        (Command::Invalidate { now }, Phase::Linked { linked, .. }) => {
            Ok(if linked.invalidated { vec![] } else { vec![Event::Invalidated { at: now }] })
        }
        (Command::Look, Phase::Linked { .. }) => Ok(vec![]),
        (
            Command::Refresh { .. } | Command::Invalidate { .. } | Command::Look,
            Phase::Free | Phase::Associating(_),
        ) => Err(Rejection::Unknown),
    }
}

fn same(same: bool, otherwise: Rejection) -> Result<Vec<Event>, Rejection> {
    if same { Ok(vec![]) } else { Err(otherwise) }
}

/// What follows from what the proof has proven.
fn proven(
    phase: &Phase,
    by: UseId,
    customer: Result<Box<Customer>, Decline>,
    now: Timestamp,
    lives: Duration,
) -> Vec<Event> {
    let customer = customer.and_then(|customer| customer.standing.check().map(|()| customer));
    let (expires_at, at) = (now.after(lives), now);
    match (phase, customer) {
        (Phase::Associating(open), Ok(customer)) if open.by == by => {
            let Customer { account, profile, .. } = *customer;
            let Profile { name, nickname, address, .. } = profile;
            let information = open.with_information.then_some(Information { name, address });
            let associated = Associated { account, nickname, expires_at, information };
            vec![Event::Associated { by, associated: Box::new(associated), at }]
        }
        (Phase::Associating(open), Err(why)) if open.by == by => {
            vec![Event::AssociationDeclined { by, why, at }]
        }
        (Phase::Linked { linked, refreshing: Some(open) }, customer) if open.by == by => {
            vec![match customer {
                // Revoked while the proof was looked at.
                Ok(_) if linked.invalidated => {
                    Event::RefreshDeclined { by, why: Decline::LinkInvalidated, at }
                }
                Ok(_) => Event::Refreshed { by, expires_at, at },
                Err(why) => Event::RefreshDeclined { by, why, at },
            }]
        }
        _ => vec![], // heard before
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::AssociationStarted { id, associating, .. } = event {
        let phase = Phase::Associating(Associating::clone(associating));
        *state = Some(Link { id: *id, phase, latest: None });
        return;
    }
    let link = state.as_mut().expect("a link begins with its association");
    let latest = match event {
        Event::AssociationStarted { .. } => return,
        Event::Associated { by, associated, .. } => {
            link.link_to(associated);
            (*by, Outcome::Associated(associated.clone()))
        }
        Event::AssociationDeclined { by, why, .. } => {
            link.phase = Phase::Free;
            (*by, Outcome::AssociationDeclined(*why))
        }
        Event::AssociationDropped { by } => {
            link.phase = Phase::Free;
            (*by, Outcome::AssociationTaken)
        }
        Event::RefreshStarted { refreshing, .. } => {
            *link.linked().1 = Some(Refreshing::clone(refreshing));
            return;
        }
        Event::Refreshed { by, expires_at, .. } => {
            let (linked, refreshing) = link.linked();
            *refreshing = None;
            linked.expires_at = *expires_at;
            (*by, Outcome::Refreshed { expires_at: *expires_at })
        }
        Event::RefreshDeclined { by, why, .. } => {
            *link.linked().1 = None;
            (*by, Outcome::RefreshDeclined(*why))
        }
        Event::Invalidated { .. } => {
            link.linked().0.invalidated = true;
            return;
        }
    };
    link.latest = Some(latest);
}

/// What has not been found out yet.
pub fn pending(state: &State) -> Option<Effect> {
    let link = state.as_ref()?;
    match &link.phase {
        Phase::Associating(Associating { association, proof, by, .. }) => {
            let (association, proof) = (association.clone(), proof.clone());
            Some(Effect::Associate { association, link: link.id, proof, by: *by })
        }
        Phase::Linked { linked, refreshing: Some(Refreshing { proof, by, .. }) } => {
            let Linked { account, association, .. } = linked.clone();
            Some(Effect::Refresh { account, association, proof: proof.clone(), by: *by })
        }
        Phase::Free | Phase::Linked { refreshing: None, .. } => None,
    }
}

impl Link {
    /// The account that it leads to, usable or not.
    pub fn leads_to(&self) -> Option<&Linked> {
        match &self.phase {
            Phase::Linked { linked, .. } => Some(linked),
            Phase::Free | Phase::Associating(_) => None,
        }
    }

    /// The request under way, and whom to answer.
    pub fn open(&self) -> Option<(UseId, Option<&Asked>)> {
        match &self.phase {
            Phase::Associating(open) => Some((open.by, open.asked.as_ref())),
            Phase::Linked { refreshing: Some(open), .. } => Some((open.by, open.asked.as_ref())),
            Phase::Free | Phase::Linked { refreshing: None, .. } => None,
        }
    }

    fn link_to(&mut self, associated: &Associated) {
        let Phase::Associating(open) = &self.phase else {
            unreachable!("what is associated was being associated")
        };
        let linked = Linked {
            association: open.association.clone(),
            sealed_token: open.sealed_token.clone(),
            account: associated.account.clone(),
            by: open.by,
            expires_at: associated.expires_at,
            invalidated: false,
        };
        self.phase = Phase::Linked { linked, refreshing: None };
    }

    fn linked(&mut self) -> (&mut Linked, &mut Option<Refreshing>) {
        match &mut self.phase {
            Phase::Linked { linked, refreshing } => (linked, refreshing),
            Phase::Free | Phase::Associating(_) => unreachable!("only what is linked is refreshed"),
        }
    }
}

impl Linked {
    /// Whether the token may be spent from at `now`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: Timestamp) -> Result<(), Decline> {
        match self {
            Self { invalidated: true, .. } => Err(Decline::LinkInvalidated),
            Self { expires_at, .. } if *expires_at <= now => Err(Decline::RefreshRequired),
            Self { .. } => Ok(()),
        }
    }
}
