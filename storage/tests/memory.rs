//! What only the log in memory can do: hold back, and forget.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::mpsc::TryRecvError;

use paceline_storage::{AppendError, EventLog, MemoryLog, Millis, Stored, Version};
use support::*;

#[test]
fn a_held_log_writes_and_tells_nothing_until_it_syncs() {
    let log = MemoryLog::held();
    let outcome = log.queue(turn(stream(1), 0).record("a").take("k", "t", 1, 9).due(5, "n"));
    assert_eq!(outcome.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(log.read(stream(1)), Ok(Stored::default()));
    assert_eq!(log.answer(&key("k"), Millis(1)), Ok(None));
    assert_eq!(log.due(Millis(5), None, 9), Ok(vec![]));
    assert_eq!((log.queued(), log.sync(), log.queued()), (1, 1, 0));
    assert_eq!(outcome.try_recv(), Ok(Ok(Version(1))));
    assert_eq!(log.read(stream(1)).unwrap().records, ["a"]);
}

#[test]
fn a_held_log_syncs_as_many_turns_as_it_is_told() {
    let log = MemoryLog::held();
    let outcomes = [0, 1, 2].map(|version| log.queue(turn(stream(1), version).record("r")));
    assert_eq!(log.sync_next(2), 2);
    assert_eq!(outcomes[1].try_recv(), Ok(Ok(Version(2))));
    assert_eq!(outcomes[2].try_recv(), Err(TryRecvError::Empty));
    assert_eq!(log.sync_next(2), 1);
    assert_eq!(outcomes[2].try_recv(), Ok(Ok(Version(3))));
}

#[test]
fn a_crash_forgets_what_was_not_synced_and_nothing_else() {
    let log = MemoryLog::held();
    log.queue(turn(stream(1), 0).record("a").take("k", "kept", 1, 9).due(5, "n"));
    log.sync();
    let lost = log.queue(turn(stream(1), 1).record("b").replace("k", "lost", 9).done_with_it());
    let restarted = log.crash();
    assert_eq!(lost.try_recv(), Err(TryRecvError::Disconnected), "nobody is left to hear");
    assert_eq!(restarted.read(stream(1)).unwrap().records, ["a"]);
    assert_eq!(restarted.answer(&key("k"), Millis(1)).unwrap().unwrap().body, "kept");
    assert_eq!(restarted.due(Millis(5), None, 9), Ok(vec![due_at(5, stream(1))]));
    let next = restarted.queue(turn(stream(1), 1).record("c"));
    restarted.sync();
    assert_eq!(next.try_recv(), Ok(Ok(Version(2))));
    assert_eq!(log.read(stream(1)).unwrap().records, ["a"], "what is dead stays as it was");
}

#[test]
fn who_still_holds_a_crashed_log_is_told_that_it_has_stopped() {
    let log = MemoryLog::new();
    let restarted = log.crash();
    let refused = log.commit(turn(stream(1), 0).record("ghost"));
    assert!(matches!(refused, Err(AppendError::Stopped(_))));
    assert_eq!(restarted.read(stream(1)), Ok(Stored::default()));
}

#[test]
fn appends_made_during_a_sync_wait_for_the_next() {
    let log = std::sync::Arc::new(MemoryLog::held());
    let again = log.clone();
    let done = Box::new(move |_| drop(again.queue(turn(stream(1), 1).record("b"))));
    log.append(turn(stream(1), 0).record("a").0, done).unwrap();
    assert_eq!(log.sync(), 1);
    assert_eq!((log.read(stream(1)).unwrap().version, log.queued()), (Version(1), 1));
    assert_eq!(log.sync(), 1);
    assert_eq!(log.read(stream(1)).unwrap().version, Version(2));
}
