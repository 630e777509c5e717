use paceline_storage::{Due, Millis, Version};

use crate::{Log, support::*};

pub fn a_stream_is_due_at_its_time_with_its_note(log: &Log) {
    log.commit(turn(stream(1), 0).record("r").due(10, "capture")).unwrap();
    assert_eq!(log.due(Millis(9), None, 10), Ok(vec![]));
    assert_eq!(log.due(Millis(10), None, 10), Ok(vec![due_at(10, stream(1))]));
    let note = Due { at: Millis(10), note: "capture".into() };
    assert_eq!(log.read(stream(1)).unwrap().due, Some(note));
}

pub fn a_stream_is_due_once_at_the_time_set_last(log: &Log) {
    log.commit(turn(stream(1), 0).due(10, "first")).unwrap();
    log.commit(turn(stream(1), 0).due(20, "later")).unwrap();
    assert_eq!(log.due(Millis(99), None, 10), Ok(vec![due_at(20, stream(1))]));
    log.commit(turn(stream(1), 0).due(5, "earlier")).unwrap();
    log.commit(turn(stream(1), 0).due(5, "the same time")).unwrap();
    assert_eq!(log.due(Millis(99), None, 10), Ok(vec![due_at(5, stream(1))]));
    let note = Due { at: Millis(5), note: "the same time".into() };
    assert_eq!(log.read(stream(1)).unwrap().due, Some(note));
}

pub fn what_is_due_is_gone_once_cleared(log: &Log) {
    let queued = [
        log.queue(turn(stream(1), 0).record("r").due(10, "n")),
        log.queue(turn(stream(1), 1).record("r").done_with_it()),
        log.queue(turn(stream(1), 2).done_with_it()),
    ];
    assert!(queued.iter().all(|outcome| outcome.recv().unwrap().is_ok()));
    assert_eq!(log.due(Millis(99), None, 10), Ok(vec![]));
    assert_eq!(log.read(stream(1)).unwrap().due, None);
}

pub fn a_turn_that_says_nothing_of_it_keeps_what_is_due(log: &Log) {
    log.commit(turn(stream(1), 0).record("r").due(10, "n")).unwrap();
    log.commit(turn(stream(1), 1).record("r").snapshot("s")).unwrap();
    assert_eq!(log.due(Millis(10), None, 10), Ok(vec![due_at(10, stream(1))]));
    assert!(log.read(stream(1)).unwrap().due.is_some());
}

pub fn a_refused_turn_changes_nothing_that_is_due(log: &Log) {
    log.commit(turn(stream(1), 0).record("r").due(10, "n")).unwrap();
    assert_eq!(log.commit(turn(stream(1), 0).due(20, "x")), conflict(1));
    assert_eq!(log.commit(turn(stream(1), 0).done_with_it()), conflict(1));
    assert_eq!(log.due(Millis(99), None, 10), Ok(vec![due_at(10, stream(1))]));
}

pub fn due_streams_are_paged_in_order_across_all_shards(log: &Log) {
    // Times go down while streams go up, and each time has three streams.
    let mut expected = Vec::new();
    for number in 0..60 {
        let at = 100 - number / 3;
        log.commit(turn(stream(number), 0).record("r").due(at, "n")).unwrap();
        expected.push(due_at(at, stream(number)));
    }
    expected.sort();
    assert_eq!(log.due(Millis(1_000), None, 1_000), Ok(expected.clone()));
    for limit in [1, 7, 60] {
        let mut read = Vec::new();
        loop {
            let page = log.due(Millis(95), read.last().copied(), limit).unwrap();
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            read.extend(page);
        }
        let until: Vec<_> = expected.iter().filter(|due| due.at <= Millis(95)).copied().collect();
        assert_eq!(read, until, "in pages of {limit}");
    }
    assert_eq!(log.due(Millis(95), None, 0), Ok(vec![]));
}

pub fn a_page_goes_on_after_an_entry_that_is_gone(log: &Log) {
    for number in 0..3 {
        log.commit(turn(stream(number), 0).due(10, "n")).unwrap();
    }
    let first = log.due(Millis(10), None, 1).unwrap()[0];
    log.commit(turn(first.stream, 0).done_with_it()).unwrap();
    let rest = log.due(Millis(10), Some(first), 10);
    assert_eq!(rest, Ok(vec![due_at(10, stream(1)), due_at(10, stream(2))]));
}

pub fn due_may_be_set_before_there_is_a_record(log: &Log) {
    assert_eq!(log.commit(turn(stream(1), 0).due(10, "n")), Ok(Version(0)));
    let stored = log.read(stream(1)).unwrap();
    assert_eq!((stored.version, stored.records.len()), (Version(0), 0));
    assert_eq!(stored.due.unwrap().note, "n");
    assert_eq!(log.commit(turn(stream(1), 0).record("first")), Ok(Version(1)));
    assert_eq!(log.due(Millis(10), None, 10), Ok(vec![due_at(10, stream(1))]));
}
