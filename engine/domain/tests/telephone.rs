//! How many one-time passwords go to one telephone.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use paceline_domain::ids::ChallengeId;
use paceline_domain::telephone::{Command, Limit, Rejection, Telephone, apply, decide};
use paceline_domain::time::Timestamp;

const MINUTE: u64 = 60_000;

/// Three in ten minutes.
const LIMIT: Limit = Limit { messages: 3, within: Duration::from_secs(10 * 60) };

#[derive(Default)]
struct Ringing(Telephone);

impl Ringing {
    /// What was asked for, this many minutes after the first.
    fn asked(&mut self, challenge: u128, minute: u64) -> Result<(), Rejection> {
        let now = Timestamp(1_700_000_000_000 + minute * MINUTE);
        let command = Command::Grant { challenge: ChallengeId(challenge), limit: LIMIT, now };
        let events = decide(&self.0, command)?;
        events.iter().for_each(|event| apply(&mut self.0, event));
        assert!(self.0.granted.len() <= LIMIT.messages, "what is remembered is bounded");
        Ok(())
    }
}

#[test]
fn a_telephone_gets_so_many_passwords_in_any_span_and_no_more() {
    let mut telephone = Ringing::default();
    for (challenge, minute) in [(1, 0), (2, 6), (3, 9)] {
        assert_eq!(telephone.asked(challenge, minute), Ok(()));
    }
    assert_eq!(telephone.asked(4, 9), Err(Rejection::TooMany));
    // The first counts no more, the other two do.
    assert_eq!(telephone.asked(5, 10), Ok(()));
    assert_eq!(telephone.asked(6, 15), Err(Rejection::TooMany));
    assert_eq!(telephone.asked(7, 16), Ok(()));
    assert_eq!(telephone.asked(8, 500), Ok(()));
}

#[test]
fn what_was_granted_is_granted_again_and_counts_once() {
    let mut telephone = Ringing::default();
    for (challenge, minute) in [(1, 0), (1, 1), (2, 1), (1, 2), (3, 2), (3, 3), (1, 3)] {
        assert_eq!(telephone.asked(challenge, minute), Ok(()));
    }
    assert_eq!(telephone.asked(4, 3), Err(Rejection::TooMany));
}

#[test]
fn a_clock_that_is_behind_makes_no_room() {
    let mut telephone = Ringing::default();
    for challenge in 1..=3 {
        assert_eq!(telephone.asked(challenge, 30), Ok(()));
    }
    assert_eq!(telephone.asked(4, 0), Err(Rejection::TooMany));
}
