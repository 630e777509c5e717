//! Of links, and of the proofs that make them.

use std::collections::BTreeSet;

use paceline_domain::asked::Hidden;
use paceline_domain::challenge::{self, Challenge, Proof, Proving, Sending};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{AssociationId, UseId};
use paceline_domain::link::{self, Associated, Associating, Information, Link, Linked, Refreshing};

use super::customers::address;
use super::{BY, CHALLENGE, LINK, account_id, association, declines, hidden};
use crate::parts::{AT, LATER, asked, text};
use crate::variants::{Variants, all, variants};

pub fn proofs() -> Vec<Proof> {
    all(vec![
        Proof::Password { challenge: CHALLENGE, hash: hidden() },
        Proof::SignedIn { challenge: CHALLENGE },
    ])
}

fn associating(proof: Proof) -> Associating {
    Associating {
        association: association(),
        sealed_token: hidden(),
        proof,
        with_information: true,
        by: BY,
        asked: Some(asked()),
    }
}

fn associated(information: Option<Information>) -> Associated {
    let (account, nickname) = (account_id(), text("***-91"));
    Associated { account, nickname, expires_at: LATER, information }
}

pub fn link_events() -> Vec<link::Event> {
    use link::Event;
    let started = |proof| {
        let associating = Box::new(associating(proof));
        Event::AssociationStarted { id: LINK, associating, at: AT }
    };
    let mut events: Vec<_> = proofs().into_iter().map(started).collect();
    let told = |information| Event::Associated {
        by: BY,
        associated: Box::new(associated(information)),
        at: AT,
    };
    let information = Information { name: text("Sally"), address: Some(address()) };
    let refreshing = Refreshing { proof: proofs().remove(1), by: BY, asked: None };
    events.extend([
        told(Some(information)),
        told(None),
        Event::AssociationDropped { by: BY },
        Event::RefreshStarted { refreshing: Box::new(refreshing), at: AT },
        Event::Refreshed { by: BY, expires_at: LATER, at: AT },
        Event::RefreshDeclined { by: BY, why: Decline::ProofExpired, at: AT },
        Event::Invalidated { at: LATER },
    ]);
    let declined = |why| Event::AssociationDeclined { by: BY, why, at: AT };
    events.extend(declines().into_iter().map(declined));
    events
}

pub fn links() -> Vec<link::State> {
    let linked = || Linked {
        association: association(),
        sealed_token: hidden(),
        account: account_id(),
        by: BY,
        expires_at: LATER,
        invalidated: true,
    };
    let refreshing = Refreshing { proof: proofs().remove(0), by: BY, asked: Some(asked()) };
    let phases = all(vec![
        link::Phase::Free,
        link::Phase::Associating(associating(proofs().remove(0))),
        link::Phase::Linked { linked: linked(), refreshing: Some(refreshing) },
        link::Phase::Linked { linked: linked(), refreshing: None },
    ]);
    let outcomes = all(vec![
        link::Outcome::Associated(Box::new(associated(None))),
        link::Outcome::AssociationDeclined(Decline::AccountOnHold),
        link::Outcome::AssociationTaken,
        link::Outcome::Refreshed { expires_at: LATER },
        link::Outcome::RefreshDeclined(Decline::ProofAlreadyUsed),
    ]);
    let latest = outcomes.into_iter().map(|outcome| Some((BY, outcome))).chain([None]);
    let phases = phases.into_iter().cycle();
    latest.zip(phases).map(|(latest, phase)| Some(Link { id: LINK, phase, latest })).collect()
}

fn proving(association: Option<AssociationId>, password: Option<Hidden>) -> Proving {
    Proving { account: account_id(), association, password, expires_at: LATER }
}

fn sending() -> Sending {
    Sending {
        id: CHALLENGE,
        phone: text("+15550100001"),
        matching_token: text("Qm4tZ8kLp0w"),
        proving: proving(Some(association()), Some(hidden())),
        asked: Some(asked()),
    }
}

pub fn challenge_events() -> Vec<challenge::Event> {
    use challenge::Event;
    let mut events = vec![
        Event::SendingStarted { sending: Box::new(sending()), at: AT },
        Event::Sent,
        Event::Approved { proving: proving(None, None), at: AT },
        Event::GivenUp,
        Event::Tried { by: BY, at: AT },
        Event::Used { by: BY, at: LATER },
    ];
    events.extend(declines().into_iter().map(|why| Event::Unsent { why }));
    events
}

pub fn challenges() -> Vec<challenge::State> {
    use challenge::Phase;
    let phases = all(vec![
        Phase::Sending(sending()),
        Phase::Unsent(Decline::PhoneUnknown),
        Phase::Open(proving(None, None)),
        Phase::Used { by: BY, proving: proving(Some(association()), None) },
        Phase::GivenUp,
    ]);
    let challenge = |phase| Some(Challenge { phase, tried: BTreeSet::from([BY, UseId(1)]) });
    phases.into_iter().map(challenge).collect()
}

variants!(Proof, "proof", {
    Proof::Password { .. } => "password",
    Proof::SignedIn { .. } => "signed-in",
});

variants!(link::Event, "link", {
    link::Event::AssociationStarted { .. } => "association-started",
    link::Event::Associated { .. } => "associated",
    link::Event::AssociationDeclined { .. } => "association-declined",
    link::Event::AssociationDropped { .. } => "association-dropped",
    link::Event::RefreshStarted { .. } => "refresh-started",
    link::Event::Refreshed { .. } => "refreshed",
    link::Event::RefreshDeclined { .. } => "refresh-declined",
    link::Event::Invalidated { .. } => "invalidated",
});

variants!(link::Phase, "link phase", {
    link::Phase::Free => "free",
    link::Phase::Associating(_) => "associating",
    link::Phase::Linked { .. } => "linked",
});

variants!(link::Outcome, "link outcome", {
    link::Outcome::Associated(_) => "associated",
    link::Outcome::AssociationDeclined(_) => "association-declined",
    link::Outcome::AssociationTaken => "association-taken",
    link::Outcome::Refreshed { .. } => "refreshed",
    link::Outcome::RefreshDeclined(_) => "refresh-declined",
});

variants!(challenge::Event, "challenge", {
    challenge::Event::SendingStarted { .. } => "sending-started",
    challenge::Event::Sent => "sent",
    challenge::Event::Unsent { .. } => "unsent",
    challenge::Event::Approved { .. } => "approved",
    challenge::Event::GivenUp => "given-up",
    challenge::Event::Tried { .. } => "tried",
    challenge::Event::Used { .. } => "used",
});

variants!(challenge::Phase, "challenge phase", {
    challenge::Phase::Sending(_) => "sending",
    challenge::Phase::Unsent(_) => "unsent",
    challenge::Phase::Open(_) => "open",
    challenge::Phase::Used { .. } => "used",
    challenge::Phase::GivenUp => "given-up",
});
