use bytes::Bytes;
use paceline_storage::{Answer, AppendError, Millis, Stored, StreamId, Version};

use crate::{Log, support::*};

fn answer(stream: StreamId, body: &'static str, expires_at: u64) -> Answer {
    Answer { stream, body: Bytes::from_static(body.as_bytes()), expires_at: Millis(expires_at) }
}

fn taken(answer: Answer) -> Outcome {
    Err(AppendError::KeyTaken(Box::new(answer)))
}

pub fn an_answer_is_remembered_with_its_turn(log: &Log) {
    assert_eq!(log.answer(&key("k"), Millis(5)), Ok(None));
    let taking = turn(stream(1), 0).record("r").take("k", "running", 5, 100);
    assert_eq!(log.commit(taking), Ok(Version(1)));
    let known = log.answer(&key("k"), Millis(5)).unwrap();
    assert_eq!(known, Some(answer(stream(1), "running", 100)));
    assert_eq!(log.answer(&key("other"), Millis(5)), Ok(None));
}

pub fn a_key_is_taken_once_whatever_stream_asks(log: &Log) {
    log.commit(turn(stream(0), 0).take("k", "first", 5, 100)).unwrap();
    // Some of these are in the first one's shard and some are not; one is the first itself.
    for number in 0..8 {
        let outcome = log.commit(turn(stream(number), 0).take("k", "later", 6, 200));
        assert_eq!(outcome, taken(answer(stream(0), "first", 100)), "{number}");
    }
}

pub fn a_refused_take_writes_nothing_of_its_turn(log: &Log) {
    log.commit(turn(stream(1), 0).take("k", "first", 5, 100)).unwrap();
    let refused = turn(stream(2), 0).record("r").snapshot("s").due(7, "n");
    log.commit(refused.take("k", "second", 5, 100)).unwrap_err();
    assert_eq!(log.read(stream(2)), Ok(Stored::default()));
    assert_eq!(log.due(Millis(9), None, 9), Ok(vec![]));
}

pub fn a_stale_version_is_told_before_a_taken_key(log: &Log) {
    log.commit(turn(stream(1), 0).record("r").take("k", "first", 5, 100)).unwrap();
    assert_eq!(log.commit(turn(stream(1), 0).take("k", "again", 5, 100)), conflict(1));
}

pub fn a_turn_that_is_refused_for_its_version_takes_no_key(log: &Log) {
    assert_eq!(log.commit(turn(stream(1), 9).take("k", "stale", 5, 100)), conflict(0));
    assert_eq!(log.answer(&key("k"), Millis(5)), Ok(None));
    assert_eq!(log.commit(turn(stream(2), 0).take("k", "free", 5, 100)), Ok(Version(0)));
}

pub fn an_answer_is_absent_from_its_expiry_on_and_its_key_can_be_taken(log: &Log) {
    log.commit(turn(stream(0), 0).take("k", "first", 5, 100)).unwrap();
    assert!(log.answer(&key("k"), Millis(99)).unwrap().is_some());
    assert_eq!(log.answer(&key("k"), Millis(100)), Ok(None));
    let early = log.commit(turn(stream(1), 0).take("k", "early", 99, 200));
    assert_eq!(early, taken(answer(stream(0), "first", 100)));
    // Taken anew by one stream after the other, in whatever shard: the last one counts.
    for number in 1..8 {
        let now = number * 100;
        let taking = turn(stream(number), 0).take("k", "anew", now, now + 100);
        assert_eq!(log.commit(taking), Ok(Version(0)), "{number}");
        let known = log.answer(&key("k"), Millis(now)).unwrap();
        assert_eq!(known, Some(answer(stream(number), "anew", now + 100)));
    }
}

pub fn a_stream_replaces_its_own_answer(log: &Log) {
    log.commit(turn(stream(1), 0).record("a").take("k", "running", 5, 100)).unwrap();
    let answered = turn(stream(1), 1).record("b").replace("k", "done", 300);
    assert_eq!(log.commit(answered), Ok(Version(2)));
    let known = log.answer(&key("k"), Millis(200)).unwrap();
    assert_eq!(known, Some(answer(stream(1), "done", 300)));
    let other = log.commit(turn(stream(2), 0).take("k", "other", 200, 400));
    assert_eq!(other, taken(answer(stream(1), "done", 300)));
}

pub fn a_take_and_its_replacement_may_be_queued_at_once(log: &Log) {
    let queued = [
        log.queue(turn(stream(1), 0).record("a").take("k", "running", 5, 100)),
        log.queue(turn(stream(1), 1).record("b").replace("k", "half", 100)),
        log.queue(turn(stream(1), 2).record("c").replace("k", "done", 100)),
        log.queue(turn(stream(1), 3).record("d").take("k", "again", 5, 100)),
    ];
    let outcomes = queued.map(|outcome| outcome.recv().unwrap());
    assert_eq!(outcomes[..3], [1, 2, 3].map(|version| Ok(Version(version))));
    assert_eq!(outcomes[3], taken(answer(stream(1), "done", 100)));
    assert_eq!(log.read(stream(1)).unwrap().records, ["a", "b", "c"]);
}

pub fn a_key_of_another_stream_is_not_replaced(log: &Log) {
    log.commit(turn(stream(0), 0).take("k", "first", 5, 100)).unwrap();
    for number in 1..8 {
        let outcome = log.commit(turn(stream(number), 0).record("r").replace("k", "x", 200));
        assert_eq!(outcome, taken(answer(stream(0), "first", 100)), "{number}");
        assert_eq!(log.read(stream(number)), Ok(Stored::default()));
    }
}

pub fn a_key_that_nobody_has_is_taken_by_a_replacement(log: &Log) {
    assert_eq!(log.commit(turn(stream(1), 0).replace("k", "late", 100)), Ok(Version(0)));
    let outcome = log.commit(turn(stream(2), 0).take("k", "other", 5, 100));
    assert_eq!(outcome, taken(answer(stream(1), "late", 100)));
}

pub fn a_key_that_expired_and_was_taken_by_another_stream_is_not_replaced(log: &Log) {
    for number in 1..8 {
        let (first, second) = (stream(number), stream(number + 100));
        let name = format!("k{number}");
        log.commit(turn(first, 0).take(&name, "first", 5, 100)).unwrap();
        log.commit(turn(second, 0).take(&name, "second", 100, 200)).unwrap();
        let outcome = log.commit(turn(first, 0).replace(&name, "too late", 300));
        assert_eq!(outcome, taken(answer(second, "second", 200)), "{number}");
    }
}

pub fn of_many_that_take_a_key_at_once_one_wins_and_the_others_are_told_its_answer(log: &Log) {
    for round in 0..50 {
        let name = format!("k{round}");
        let streams = (0..16).map(|number| stream(round * 100 + number));
        let queued: Vec<_> = streams
            .map(|stream| {
                let body = format!("{stream:?}");
                (stream, log.queue(turn(stream, 0).record("r").take(&name, body, 5, 100)))
            })
            .collect();
        let outcomes: Vec<_> =
            queued.into_iter().map(|(stream, told)| (stream, told.recv().unwrap())).collect();
        let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).collect();
        let [(winner, _)] = winners[..] else { panic!("{} winners", winners.len()) };
        let won = log.answer(&key(&name), Millis(5)).unwrap().unwrap();
        assert_eq!((won.stream, won.body.clone()), (*winner, format!("{winner:?}").into()));
        for (loser, outcome) in outcomes.iter().filter(|(stream, _)| stream != winner) {
            assert_eq!(*outcome, taken(won.clone()));
            assert_eq!(log.read(*loser), Ok(Stored::default()));
        }
    }
}

pub fn a_stream_whose_take_waits_keeps_its_order(log: &Log) {
    for round in 0..50 {
        let name = format!("k{round}");
        let queued: Vec<_> = (0..8)
            .map(|number| {
                let stream = stream(round * 100 + number);
                let take = turn(stream, 0).record("take").take(&name, "t", 5, 100);
                [log.queue(take), log.queue(turn(stream, 1).record("behind"))]
            })
            .collect();
        for outcomes in queued {
            let [take, behind] = outcomes.map(|outcome| outcome.recv().unwrap());
            match take {
                Ok(version) => assert_eq!((version, behind), (Version(1), Ok(Version(2)))),
                Err(AppendError::KeyTaken(_)) => assert_eq!(behind, conflict(0)),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// Whoever waited for a key while holding another would wait forever in here.
pub fn many_streams_that_take_each_others_keys_all_hear(log: &Log) {
    let queued: Vec<_> = (0..2_000)
        .map(|number| {
            let name = format!("k{}", number * 7 % 64);
            log.queue(turn(stream(number), 0).record("r").take(&name, "t", 5, 100))
        })
        .collect();
    let won = queued.iter().filter(|outcome| outcome.recv().unwrap().is_ok()).count();
    assert_eq!(won, 64, "each key was taken once");
}
