//! Links of tokens: made by one request, refreshed, revoked; and names, which one owner takes.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;
use std::time::Duration;

use machine::*;
use paceline_domain::account::{Closure, Profile, Standing};
use paceline_domain::asked::Hidden;
use paceline_domain::challenge::Proof;
use paceline_domain::decline::Decline;
use paceline_domain::ids::{ChallengeId, LinkId, UseId};
use paceline_domain::link::{
    self, Associate, Associating, Command, Customer, Event, Outcome, Rejection, State, pending,
};
use paceline_domain::name::{self, Holder};

type Link = Machine<State, Command, Event, Rejection>;

const LIVES: Duration = Duration::from_secs(600);

fn new() -> Link {
    Machine::new(link::decide, link::apply)
}

fn associate(by: u128) -> Command {
    let associating = Associating {
        association: association("one"),
        sealed_token: Hidden(Arc::from(b"sealed".as_slice())),
        proof: Proof::SignedIn { challenge: ChallengeId(1) },
        with_information: true,
        by: UseId(by),
        asked: None,
    };
    Command::Associate(Box::new(Associate { id: LinkId(1), associating, now: NOW }))
}

fn refresh(by: u128) -> Command {
    let proof = Proof::SignedIn { challenge: ChallengeId(2) };
    Command::Refresh { proof, by: UseId(by), asked: None, now: NOW }
}

fn proven(by: u128, standing: Standing) -> Command {
    let profile = Profile { name: text("Sally"), ..Profile::default() };
    let customer = Box::new(Customer { account: account_id("sally"), standing, profile });
    Command::Proven { by: UseId(by), customer: Ok(customer), now: NOW, lives: LIVES }
}

fn unproven(by: u128, why: Decline) -> Command {
    Command::Proven { by: UseId(by), customer: Err(why), now: NOW, lives: LIVES }
}

fn linked() -> Link {
    let mut link = new();
    link.give(associate(1)).unwrap();
    link.give(proven(1, Standing::Open)).unwrap();
    link
}

fn latest(link: &Link) -> Outcome {
    link.state.as_ref().unwrap().latest.clone().unwrap().1
}

#[test]
fn a_link_leads_to_the_account_that_the_proof_proves() {
    let link = linked();
    let linked = link.state.as_ref().unwrap().leads_to().unwrap();
    assert_eq!(linked.account, account_id("sally"));
    assert_eq!(linked.check(NOW), Ok(()));
    assert_eq!(linked.check(LATER), Err(Decline::RefreshRequired), "it expires then");
    let Outcome::Associated(associated) = latest(&link) else { panic!("it was associated") };
    assert_eq!(associated.information.unwrap().name, text("Sally"));
    assert_eq!(pending(&link.state), None);
}

#[test]
fn a_token_is_linked_by_one_request() {
    let mut link = linked();
    assert_eq!(link.give(associate(1)), Ok(vec![]), "a repeat");
    assert_eq!(link.give(associate(2)), Err(Rejection::LinkedAlready));
    let mut open = new();
    open.give(associate(1)).unwrap();
    assert_eq!(open.give(associate(2)), Err(Rejection::InProgress));
}

#[test]
fn a_failed_try_leaves_the_token_free() {
    let mut link = new();
    link.give(associate(1)).unwrap();
    link.give(unproven(1, Decline::ProofNotMatched)).unwrap();
    assert_eq!(latest(&link), Outcome::AssociationDeclined(Decline::ProofNotMatched));
    assert_eq!(link.give(Command::Look), Err(Rejection::Unknown));
    assert!(link.give(associate(2)).is_ok());
}

#[test]
fn an_account_that_is_closed_or_held_is_not_linked() {
    let standings = [
        (Standing::OnHold, Decline::AccountOnHold),
        (Standing::Closed(Closure::Asked), Decline::AccountClosed),
        (Standing::Closed(Closure::TakenOver), Decline::AccountTakenOver),
        (Standing::Closed(Closure::Fraud), Decline::AccountClosedForFraud),
    ];
    for (standing, why) in standings {
        let mut link = new();
        link.give(associate(1)).unwrap();
        link.give(proven(1, standing)).unwrap();
        assert_eq!(latest(&link), Outcome::AssociationDeclined(why));
    }
}

#[test]
fn an_association_that_is_anothers_drops_the_try() {
    let mut link = new();
    link.give(associate(1)).unwrap();
    link.give(Command::AssociationTaken { by: UseId(1) }).unwrap();
    assert_eq!(latest(&link), Outcome::AssociationTaken);
    assert_eq!(link.give(Command::Look), Err(Rejection::Unknown));
}

#[test]
fn a_refresh_moves_the_end_and_nothing_else() {
    let mut link = linked();
    let before = link.state.as_ref().unwrap().leads_to().unwrap().clone();
    link.give(refresh(2)).unwrap();
    assert_eq!(link.give(refresh(3)), Err(Rejection::InProgress));
    let (account, profile, standing) = (before.account.clone(), Profile::default(), Standing::Open);
    let customer = Ok(Box::new(Customer { account, standing, profile }));
    link.give(Command::Proven { by: UseId(2), customer, now: LATER, lives: LIVES }).unwrap();
    let after = link.state.as_ref().unwrap().leads_to().unwrap().clone();
    assert_eq!(after.expires_at, LATER.after(LIVES));
    assert_eq!(link::Linked { expires_at: before.expires_at, ..after }, before);
    assert_eq!(link.give(refresh(2)), Ok(vec![]), "a repeat");
}

#[test]
fn a_refresh_that_fails_leaves_the_link_as_it_was() {
    let mut link = linked();
    link.give(refresh(2)).unwrap();
    link.give(unproven(2, Decline::ProofExpired)).unwrap();
    assert_eq!(latest(&link), Outcome::RefreshDeclined(Decline::ProofExpired));
    assert_eq!(link.state.unwrap().leads_to().unwrap().check(NOW), Ok(()));
}

#[test]
fn a_revoked_link_is_spent_from_no_more() {
    let mut link = linked();
    link.give(Command::Invalidate { now: NOW }).unwrap();
    assert_eq!(link.give(Command::Invalidate { now: NOW }), Ok(vec![]));
    let check = link.state.unwrap().leads_to().unwrap().check(NOW);
    assert_eq!(check, Err(Decline::LinkInvalidated));
}

#[test]
fn a_revoked_link_is_not_refreshed() {
    let declined = Outcome::RefreshDeclined(Decline::LinkInvalidated);
    let mut link = linked();
    link.give(Command::Invalidate { now: NOW }).unwrap();
    link.give(refresh(2)).unwrap();
    assert_eq!(pending(&link.state), None, "its proof is not used");
    assert_eq!(latest(&link), declined);
    let mut meanwhile = linked();
    meanwhile.give(refresh(2)).unwrap();
    meanwhile.give(Command::Invalidate { now: NOW }).unwrap();
    meanwhile.give(proven(2, Standing::Open)).unwrap();
    assert_eq!(latest(&meanwhile), declined);
}

#[test]
fn a_late_word_of_an_earlier_try_changes_nothing() {
    let mut link = linked();
    assert_eq!(link.give(unproven(1, Decline::ProofExpired)), Ok(vec![]));
    assert_eq!(link.give(Command::AssociationTaken { by: UseId(1) }), Ok(vec![]));
    assert!(new().give(refresh(1)).is_err());
}

#[test]
fn a_name_leads_to_one_holder_until_that_holder_gives_it_back() {
    let mut name = Machine::new(name::decide, name::apply);
    let (one, two) = (Holder::Link(LinkId(1)), Holder::Link(LinkId(2)));
    name.give(name::Command::Take(one.clone())).unwrap();
    assert_eq!(name.give(name::Command::Take(one.clone())), Ok(vec![]));
    let taken = name.give(name::Command::Take(two.clone()));
    assert_eq!(taken, Err(name::Rejection::TakenByAnother));
    assert_eq!(name.give(name::Command::GiveBack(two.clone())), Ok(vec![]));
    name.give(name::Command::GiveBack(one)).unwrap();
    assert!(name.give(name::Command::Take(two)).is_ok());
}
