use std::sync::mpsc;

use paceline_storage::{Stored, StreamId, Version};

use crate::{Log, support::*};

pub fn a_stream_never_written_is_empty(log: &Log) {
    assert_eq!(log.read(stream(1)), Ok(Stored::default()));
    assert_eq!(log.history(stream(1)), Ok(vec![]));
}

pub fn records_are_read_in_the_order_in_which_they_were_appended(log: &Log) {
    // More than ten, so that numbers sorted as text would show, and more than 256, so that
    // numbers sorted by their low byte would.
    for version in 0..300 {
        let appended = log.commit(turn(stream(1), version).record(format!("r{version}")));
        assert_eq!(appended, Ok(Version(version + 1)));
    }
    let stored = log.read(stream(1)).unwrap();
    assert_eq!(stored.version, Version(300));
    assert_eq!(stored.snapshot, None);
    let expected: Vec<_> = (0..300).map(|version| format!("r{version}")).collect();
    assert_eq!(stored.records, expected);
}

pub fn each_append_names_the_version_it_was_decided_on(log: &Log) {
    assert_eq!(log.commit(turn(stream(1), 1).record("early")), conflict(0));
    assert_eq!(log.commit(turn(stream(1), 0).record("first")), Ok(Version(1)));
    assert_eq!(log.commit(turn(stream(1), 0).record("late")), conflict(1));
    assert_eq!(log.commit(turn(stream(2), 1).record("elsewhere")), conflict(0));
    assert_eq!(log.read(stream(1)).unwrap().records, ["first"]);
    assert_eq!(log.read(stream(2)), Ok(Stored::default()));
}

pub fn turns_queued_behind_a_refused_one_are_refused_too(log: &Log) {
    let queued = [
        log.queue(turn(stream(1), 0).record("a")),
        log.queue(turn(stream(1), 9).record("refused")),
        log.queue(turn(stream(1), 10).record("behind it")),
        log.queue(turn(stream(2), 0).record("of another stream")),
        log.queue(turn(stream(1), 1).record("b")),
    ];
    let outcomes = queued.map(|outcome| outcome.recv().unwrap());
    let (one, two) = (Ok(Version(1)), Ok(Version(2)));
    assert_eq!(outcomes, [one.clone(), conflict(1), conflict(1), one, two]);
    assert_eq!(log.read(stream(1)).unwrap().records, ["a", "b"]);
}

pub fn a_barrier_adds_no_version_and_is_told_after_what_was_queued_before_it(log: &Log) {
    let (told, heard) = mpsc::channel();
    for version in 0..20 {
        let told = told.clone();
        let record = turn(stream(1), version).record("r").0;
        log.append(record, Box::new(move |result| told.send(result).unwrap())).unwrap();
    }
    let barrier = turn(stream(1), 20).0;
    log.append(barrier, Box::new(move |result| told.send(result).unwrap())).unwrap();
    let outcomes: Vec<_> = heard.iter().collect();
    let expected: Vec<_> = (1..=20).chain([20]).map(|version| Ok(Version(version))).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(log.commit(turn(stream(1), 19)), conflict(20), "a stale barrier");
    assert_eq!(log.read(stream(1)).unwrap().version, Version(20));
}

pub fn a_snapshot_takes_the_place_of_the_records_before_it(log: &Log) {
    log.commit(turn(stream(1), 0).record("a")).unwrap();
    log.commit(turn(stream(1), 1).record("b").snapshot("ab")).unwrap();
    let stored = log.read(stream(1)).unwrap();
    assert_eq!(stored.snapshot, Some((Version(2), "ab".into())));
    assert!(stored.records.is_empty());
    log.commit(turn(stream(1), 2).record("c")).unwrap();
    log.commit(turn(stream(1), 3).record("d")).unwrap();
    let stored = log.read(stream(1)).unwrap();
    assert_eq!(stored.version, Version(4));
    assert_eq!(stored.snapshot, Some((Version(2), "ab".into())));
    assert_eq!(stored.records, ["c", "d"]);
    log.commit(turn(stream(1), 4).record("e").snapshot("abcde")).unwrap();
    let stored = log.read(stream(1)).unwrap();
    assert_eq!(stored.snapshot, Some((Version(5), "abcde".into())));
    assert!(stored.records.is_empty());
}

pub fn a_snapshot_may_come_without_a_record(log: &Log) {
    log.commit(turn(stream(1), 0).record("a")).unwrap();
    assert_eq!(log.commit(turn(stream(1), 1).snapshot("state")), Ok(Version(1)));
    let stored = log.read(stream(1)).unwrap();
    assert_eq!((stored.version, stored.records.len()), (Version(1), 0));
    assert_eq!(stored.snapshot, Some((Version(1), "state".into())));
}

pub fn history_tells_every_record_whatever_was_snapshot(log: &Log) {
    log.commit(turn(stream(1), 0).record("a")).unwrap();
    log.commit(turn(stream(1), 1).record("b").snapshot("ab")).unwrap();
    log.commit(turn(stream(1), 2).record("c")).unwrap();
    assert_eq!(log.history(stream(1)).unwrap(), ["a", "b", "c"]);
}

pub fn callers_of_one_stream_hear_in_the_order_in_which_they_queued(log: &Log) {
    let (told, heard) = mpsc::channel();
    for number in 0..500 {
        let told = told.clone();
        let record = turn(stream(1), number).record("r").0;
        log.append(record, Box::new(move |_| told.send(number).unwrap())).unwrap();
    }
    drop(told);
    assert!(heard.iter().eq(0..500));
}

pub fn a_caller_that_appends_when_it_hears_is_heard(log: &Log) {
    // Deep enough that a log which calls and is called in turn would run out of stack.
    const LINKS: u64 = 100_000;
    fn link(log: std::sync::Arc<dyn paceline_storage::EventLog>, told: mpsc::Sender<u64>, at: u64) {
        let barrier = turn(stream(1), 0).0;
        let next = log.clone();
        let done = move |_| match at {
            LINKS => {
                // First, so that the log is closed by the test and not by one of its threads.
                drop(next);
                told.send(at).unwrap();
            }
            _ => link(next, told, at + 1),
        };
        log.append(barrier, Box::new(done)).unwrap();
    }
    let (told, heard) = mpsc::channel();
    link(log.shared(), told, 0);
    assert_eq!(heard.recv(), Ok(LINKS));
}

pub fn a_stream_of_another_kind_is_another_stream(log: &Log) {
    let session = stream(1);
    let order = StreamId { kind: 2, ..session };
    log.commit(turn(session, 0).record("session")).unwrap();
    log.commit(turn(order, 0).record("order")).unwrap();
    assert_eq!(log.read(session).unwrap().records, ["session"]);
    assert_eq!(log.read(order).unwrap().records, ["order"]);
}

pub fn streams_of_a_kind_are_paged_in_order_across_all_shards(log: &Log) {
    let other = |number| StreamId { kind: 9, ..stream(number) };
    let mut expected = Vec::new();
    for number in 0..40 {
        for version in 0..3 {
            log.commit(turn(stream(number), version).record("r")).unwrap();
        }
        log.commit(turn(other(number), 0).record("another kind's")).unwrap();
        expected.push(stream(number));
    }
    log.commit(turn(stream(99), 0).due(5, "no record yet")).unwrap();
    expected.sort();
    let kind = stream(0).kind;
    for limit in [1, 7, 100] {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = log.streams(kind, after, limit).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(*last);
            read.extend(page);
        }
        assert_eq!(read, expected, "in pages of {limit}");
    }
    assert_eq!(log.streams(8, None, 10), Ok(vec![]));
}
