use tokio::sync::oneshot::error::TryRecvError;

use super::*;

const ROOM: usize = 1 << 20;

fn claims(bytes_max: usize) -> Claims {
    Claims::new(bytes_max, Arc::default())
}

fn keyed(key: &str, content: u8) -> Keyed {
    let key = IdempotencyKey::new("https://platform.example/profile", "complete", key);
    Keyed { key, fingerprint: [content; 32] }
}

fn reply(body: &str) -> Reply {
    Reply { status: 200, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn unseen(claim: Claim<'_>) -> Claimed<'_> {
    match claim {
        Claim::Unseen(claimed) => claimed,
        other => panic!("{}", word(&other)),
    }
}

fn running(claim: Claim<'_>) -> Outcome {
    match claim {
        Claim::Running(outcome) => outcome,
        other => panic!("{}", word(&other)),
    }
}

fn answered(claim: Claim<'_>) -> Reply {
    match claim {
        Claim::Answered(reply) => reply,
        other => panic!("{}", word(&other)),
    }
}

fn word(claim: &Claim<'_>) -> &'static str {
    match claim {
        Claim::Unseen(_) => "unseen",
        Claim::Running(_) => "running",
        Claim::Answered(_) => "answered",
        Claim::Mismatched => "mismatched",
    }
}

/// What an answer takes up beside its body.
fn cost_of_empty(key: &str) -> usize {
    2 * keyed(key, 1).key.as_bytes().len() + ENTRY_BYTES
}

#[test]
fn a_key_is_unseen_then_running_then_answered() {
    let claims = claims(ROOM);
    let claimed = unseen(claims.claim(&keyed("k", 1)));
    running(claims.claim(&keyed("k", 1)));
    claimed.answered(&reply("first"));
    assert_eq!(answered(claims.claim(&keyed("k", 1))), reply("first"));
}

#[test]
fn an_answer_at_hand_is_repeated_to_the_same_request_only() {
    let claims = claims(ROOM);
    let claimed = unseen(claims.claim(&keyed("k", 1)));
    assert_eq!(claims.repeated(&keyed("k", 1)), None, "somebody is at it");
    claimed.answered(&reply("first"));
    assert_eq!(claims.repeated(&keyed("k", 1)), Some(reply("first")));
    assert_eq!(claims.repeated(&keyed("k", 2)), None);
    assert_eq!(claims.repeated(&keyed("other", 1)), None);
}

#[test]
fn a_key_of_another_request_is_mismatched_once_it_is_answered_and_disturbs_nobody() {
    let claims = claims(ROOM);
    let claimed = unseen(claims.claim(&keyed("k", 1)));
    let mut contesting = running(claims.claim(&keyed("k", 2)));
    running(claims.claim(&keyed("k", 1)));
    assert_eq!(contesting.try_recv(), Err(TryRecvError::Empty));
    claimed.answered(&reply("first"));
    assert_eq!(contesting.try_recv(), Err(TryRecvError::Closed), "it is another's answer");
    assert_eq!(word(&claims.claim(&keyed("k", 2))), "mismatched");
    assert_eq!(answered(claims.claim(&keyed("k", 1))), reply("first"));
}

#[test]
fn those_who_wait_hear_the_answer() {
    let claims = claims(ROOM);
    let claimed = unseen(claims.claim(&keyed("k", 1)));
    let mut waiting = [1, 2, 3].map(|_| running(claims.claim(&keyed("k", 1))));
    drop(running(claims.claim(&keyed("k", 1)))); // one who leaves keeps nobody from hearing
    assert!(waiting.iter_mut().all(|outcome| outcome.try_recv() == Err(TryRecvError::Empty)));
    claimed.answered(&reply("first"));
    assert!(waiting.iter_mut().all(|outcome| outcome.try_recv() == Ok(reply("first"))));
}

#[test]
fn a_claim_that_comes_to_nothing_is_given_back_and_those_who_wait_hear_it() {
    let claims = claims(ROOM);
    let claimed = unseen(claims.claim(&keyed("k", 1)));
    let mut waiting = running(claims.claim(&keyed("k", 1)));
    drop(claimed);
    assert_eq!(waiting.try_recv(), Err(TryRecvError::Closed), "nobody is at it any more");
    // The key is free, for another request too.
    unseen(claims.claim(&keyed("k", 2)));
}

#[test]
fn of_many_who_claim_at_once_one_does_the_work() {
    let claims = claims(ROOM);
    let start = std::sync::Barrier::new(8);
    let workers = std::thread::scope(|scope| {
        let claim = || {
            start.wait();
            // Held until all have tried: a claim that is given back could be taken again.
            let claim = claims.claim(&keyed("k", 1));
            start.wait();
            matches!(claim, Claim::Unseen(_))
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(workers, 1);
}

#[test]
fn when_there_is_no_room_the_oldest_answer_is_forgotten_first() {
    let each = cost_of_empty("k1");
    let claims = claims(3 * each);
    for key in ["k1", "k2", "k3", "k4"] {
        unseen(claims.claim(&keyed(key, 1))).answered(&reply(""));
    }
    assert_eq!(word(&claims.claim(&keyed("k1", 1))), "unseen");
    for key in ["k2", "k3", "k4"] {
        assert_eq!(answered(claims.claim(&keyed(key, 1))), reply(""));
    }
}

#[test]
fn memory_is_bounded_however_many_are_answered() {
    let each = cost_of_empty("00000");
    let claims = claims(10 * each);
    for number in 0..10_000 {
        unseen(claims.claim(&keyed(&format!("{number:05}"), 1))).answered(&reply(""));
    }
    let kept = claims.answered.lock().unwrap();
    assert_eq!((claims.entries.len(), kept.oldest_first.len(), kept.bytes), (10, 10, 10 * each));
}

#[test]
fn an_answer_that_fits_nowhere_is_heard_by_those_who_wait_and_not_kept() {
    let claims = claims(cost_of_empty("k"));
    let claimed = unseen(claims.claim(&keyed("k", 1)));
    let mut waiting = running(claims.claim(&keyed("k", 1)));
    claimed.answered(&reply("too long by this much"));
    assert_eq!(waiting.try_recv(), Ok(reply("too long by this much")));
    unseen(claims.claim(&keyed("k", 1)));
    assert_eq!(claims.answered.lock().unwrap().bytes, 0);
}

#[test]
fn a_forgotten_key_that_is_claimed_again_is_not_lost_to_older_answers() {
    let claims = claims(2 * cost_of_empty("k1"));
    for key in ["k1", "k2", "k3"] {
        unseen(claims.claim(&keyed(key, 1))).answered(&reply(""));
    }
    let again = unseen(claims.claim(&keyed("k1", 1)));
    unseen(claims.claim(&keyed("k4", 1))).answered(&reply("")); // k2 is forgotten, not k1
    running(claims.claim(&keyed("k1", 1)));
    again.answered(&reply(""));
    assert_eq!(answered(claims.claim(&keyed("k1", 1))), reply(""));
}

#[test]
fn no_two_triples_of_caller_operation_and_key_are_alike() {
    let triples = [
        ("ab", "c", "d"),
        ("a", "bc", "d"),
        ("a", "b", "cd"),
        ("", "abc", "d"),
        ("abcd", "", ""),
        ("a", "b\0\u{1}c", "d"),
    ];
    let keys: std::collections::HashSet<_> =
        triples.iter().map(|(caller, what, key)| IdempotencyKey::new(caller, what, key)).collect();
    assert_eq!(keys.len(), triples.len());
}

/// The log has keys that earlier versions wrote.
#[test]
fn a_key_is_written_as_ever() {
    let key = IdempotencyKey::new("self", "complete", "8f1c");
    assert_eq!(key.as_bytes(), b"\x00\x04self\x00\x08complete8f1c");
}
