//! Proofs: used once, by one request, before they expire, for the account that they prove.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;
use std::time::Duration;

use machine::*;
use paceline_domain::asked::Hidden;
use paceline_domain::challenge::{
    self, Command, Event, Proof, Proving, Rejection, Send, Sending, State, Use, pending,
};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{ChallengeId, UseId};

type Challenge = Machine<State, Command, Event, Rejection>;

const ID: ChallengeId = ChallengeId(7);
const TRIES_MAX: usize = 4;

fn hash(of: &str) -> Hidden {
    Hidden(Arc::from(of.as_bytes()))
}

fn sending() -> Sending {
    Sending {
        id: ID,
        phone: text("+15550100001"),
        matching_token: text("Qm4tZ8kLp0w"),
        proving: Proving {
            account: account_id("sally"),
            association: None,
            password: Some(hash("right")),
            expires_at: LATER,
        },
        asked: None,
    }
}

/// A password that was sent.
fn sent() -> Challenge {
    let mut challenge = Machine::new(challenge::decide, challenge::apply);
    let send = Send { id: ID, to: Ok(sending()), now: NOW };
    challenge.give(Command::Send(Box::new(send))).unwrap();
    challenge.give(Command::SendAnswered(Ok(()))).unwrap();
    challenge
}

/// Somebody who has signed in.
fn approved() -> Challenge {
    let mut challenge = Machine::new(challenge::decide, challenge::apply);
    challenge.give(approve("sally")).unwrap();
    challenge
}

fn approve(who: &str) -> Command {
    let (account, lives) = (account_id(who), Duration::from_secs(600));
    Command::Approve { account, association: None, now: NOW, lives }
}

fn password(by: u128, password: &str) -> Use {
    let proof = Proof::Password { challenge: ID, hash: hash(password) };
    Use { by: UseId(by), proof, account: None, association: None, tries_max: TRIES_MAX, now: NOW }
}

fn signed_in(by: u128) -> Use {
    let proof = Proof::SignedIn { challenge: ID };
    Use { by: UseId(by), proof, account: None, association: None, tries_max: TRIES_MAX, now: NOW }
}

/// What comes of a use, to whoever made it.
fn using(challenge: &mut Challenge, using: Use) -> Result<(), Rejection> {
    let by = using.by;
    challenge.give(Command::Use(using))?;
    challenge.state.as_ref().unwrap().outcome(by).map(drop)
}

#[test]
fn the_right_password_is_used_once_and_by_its_user_again() {
    let mut challenge = sent();
    assert_eq!(using(&mut challenge, password(1, "right")), Ok(()));
    assert_eq!(using(&mut challenge, password(1, "right")), Ok(()), "a repeat is no second use");
    assert_eq!(using(&mut challenge, password(2, "right")), Err(Rejection::AlreadyUsed));
    assert_eq!(using(&mut challenge, password(3, "wrong")), Err(Rejection::NotMatched));
}

#[test]
fn wrong_tries_are_counted_once_for_each_request_and_end_it() {
    let mut challenge = sent();
    for by in 1..=TRIES_MAX as u128 {
        assert_eq!(using(&mut challenge, password(by, "wrong")), Err(Rejection::NotMatched));
        assert_eq!(using(&mut challenge, password(by, "wrong")), Err(Rejection::NotMatched));
        let tried = challenge.state.as_ref().unwrap().tried.len();
        assert_eq!(tried as u128, by, "a repeat is no further try");
    }
    assert_eq!(using(&mut challenge, password(99, "right")), Err(Rejection::NotMatched));
    assert_eq!(using(&mut challenge, password(98, "wrong")), Err(Rejection::NotMatched));
    assert_eq!(challenge.state.unwrap().tried.len(), TRIES_MAX, "and the count is bounded");
}

#[test]
fn a_request_that_has_tried_wrong_gets_no_second_try() {
    let mut challenge = sent();
    using(&mut challenge, password(1, "wrong")).unwrap_err();
    assert_eq!(using(&mut challenge, password(1, "right")), Err(Rejection::NotMatched));
    assert_eq!(using(&mut challenge, password(2, "right")), Ok(()));
}

#[test]
fn an_expired_proof_is_none() {
    let late = Use { now: LATER, ..password(1, "right") };
    assert_eq!(using(&mut sent(), late), Err(Rejection::Expired));
    let late = Use { now: LATER, ..signed_in(1) };
    assert_eq!(using(&mut approved(), late), Err(Rejection::Expired));
    let mut used = sent();
    using(&mut used, password(1, "right")).unwrap();
    let again = Use { now: LATER, ..password(1, "right") };
    assert_eq!(using(&mut used, again), Ok(()), "what was used in time stays used");
}

#[test]
fn a_proof_is_of_its_account_and_of_its_association() {
    let other = |using: Use| Use { account: Some(account_id("bob")), ..using };
    assert_eq!(using(&mut sent(), other(password(1, "right"))), Err(Rejection::OtherAccount));
    let mut challenge = Machine::new(challenge::decide, challenge::apply);
    let (account, lives) = (account_id("sally"), Duration::from_secs(600));
    let bound = Some(association("one"));
    challenge.give(Command::Approve { account, association: bound, now: NOW, lives }).unwrap();
    let elsewhere = Use { association: Some(association("two")), ..signed_in(1) };
    assert_eq!(using(&mut challenge, elsewhere), Err(Rejection::OtherAccount));
    let there = Use { association: Some(association("one")), ..signed_in(2) };
    assert_eq!(using(&mut challenge, there), Ok(()));
}

#[test]
fn a_password_that_was_sent_to_an_association_is_verified_on_its_own() {
    let bound = || {
        let mut challenge = Machine::new(challenge::decide, challenge::apply);
        let mut sending = sending();
        sending.proving.association = Some(association("one"));
        let send = Send { id: ID, to: Ok(sending), now: NOW };
        challenge.give(Command::Send(Box::new(send))).unwrap();
        challenge.give(Command::SendAnswered(Ok(()))).unwrap();
        challenge
    };
    assert_eq!(using(&mut bound(), password(1, "right")), Ok(()));
    // A payment that names no association is not the association's.
    let paid = Use { account: Some(account_id("sally")), ..password(1, "right") };
    assert_eq!(using(&mut bound(), paid), Err(Rejection::OtherAccount));
}

#[test]
fn what_is_proven_for_no_association_makes_one_and_pays_for_nothing() {
    let of = |association| {
        let account = Some(account_id("sally"));
        Use { account, association: Some(association), ..password(1, "right") }
    };
    let paid = of(association("one"));
    assert_eq!(using(&mut sent(), paid), Err(Rejection::OtherAccount));
    let made = Use { account: None, ..of(association("one")) };
    assert_eq!(using(&mut sent(), made), Ok(()));
    assert_eq!(using(&mut sent(), password(1, "right")), Ok(()), "it is verified on its own");
}

#[test]
fn a_password_is_no_sign_in_and_a_sign_in_is_no_password() {
    assert_eq!(using(&mut sent(), signed_in(1)), Err(Rejection::NotMatched));
    assert_eq!(using(&mut approved(), password(1, "right")), Err(Rejection::NotMatched));
}

#[test]
fn who_turns_back_has_proven_nothing() {
    let mut challenge = approved();
    challenge.give(Command::GiveUp).unwrap();
    assert_eq!(using(&mut challenge, signed_in(1)), Err(Rejection::GivenUp));
    assert_eq!(challenge.give(approve("sally")), Err(Rejection::GivenUp));
    let mut used = approved();
    using(&mut used, signed_in(1)).unwrap();
    used.give(Command::GiveUp).unwrap();
    assert_eq!(using(&mut used, signed_in(1)), Ok(()), "what was used is not taken back");
}

#[test]
fn an_authentication_is_one_accounts() {
    let mut challenge = approved();
    assert_eq!(challenge.give(approve("sally")), Ok(vec![]));
    assert_eq!(challenge.give(approve("bob")), Err(Rejection::TakenByAnother));
    let (account, lives) = (account_id("sally"), Duration::from_secs(600));
    let bound = Some(association("one"));
    let elsewhere = Command::Approve { account, association: bound, now: NOW, lives };
    assert_eq!(challenge.give(elsewhere), Err(Rejection::TakenByAnother));
}

#[test]
fn what_has_expired_is_not_approved_again() {
    let mut challenge = approved();
    let (account, lives) = (account_id("sally"), Duration::from_secs(600));
    let late = Command::Approve { account, association: None, now: LATER, lives };
    assert_eq!(challenge.give(late), Err(Rejection::Expired));
}

#[test]
fn a_message_is_owed_until_the_messenger_has_answered() {
    let mut challenge = Machine::new(challenge::decide, challenge::apply);
    let send = Send { id: ID, to: Ok(sending()), now: NOW };
    challenge.give(Command::Send(Box::new(send))).unwrap();
    assert_eq!(pending(&challenge.state).unwrap().phone, text("+15550100001"));
    challenge.give(Command::SendAnswered(Err(Decline::MessageUnsent))).unwrap();
    assert_eq!(pending(&challenge.state), None);
    assert_eq!(using(&mut challenge, password(1, "right")), Err(Rejection::NotMatched));
}

#[test]
fn who_knows_the_password_before_the_messenger_answers_has_it_from_the_message() {
    let mut challenge = Machine::new(challenge::decide, challenge::apply);
    let send = Send { id: ID, to: Ok(sending()), now: NOW };
    challenge.give(Command::Send(Box::new(send))).unwrap();
    assert_eq!(using(&mut challenge, password(1, "right")), Ok(()));
    assert_eq!(pending(&challenge.state), None, "nothing is left to be sent");
    assert_eq!(challenge.give(Command::SendAnswered(Ok(()))), Ok(vec![]));
    assert_eq!(using(&mut challenge, password(2, "right")), Err(Rejection::AlreadyUsed));
}

#[test]
fn wrong_tries_before_the_messenger_answers_count() {
    let mut challenge = Machine::new(challenge::decide, challenge::apply);
    let send = Send { id: ID, to: Ok(sending()), now: NOW };
    challenge.give(Command::Send(Box::new(send))).unwrap();
    for by in 1..=TRIES_MAX as u128 {
        using(&mut challenge, password(by, "wrong")).unwrap_err();
    }
    challenge.give(Command::SendAnswered(Ok(()))).unwrap();
    assert_eq!(using(&mut challenge, password(99, "right")), Err(Rejection::NotMatched));
}

#[test]
fn what_was_never_begun_is_unknown() {
    let mut nobody = Machine::new(challenge::decide, challenge::apply);
    assert_eq!(nobody.give(Command::Use(signed_in(1))), Err(Rejection::Unknown));
    assert_eq!(nobody.give(Command::Look), Err(Rejection::Unknown));
}
