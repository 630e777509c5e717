use std::sync::{Arc, mpsc};

use paceline_storage::rocks::Sync;
use paceline_storage::{DataDirError, EventLog, RocksLog, Version};

use crate::support::*;

#[test]
fn a_log_that_is_dropped_writes_what_is_queued_and_tells_the_callers() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), 3).unwrap();
    let queued: Vec<_> =
        (0..3_000).map(|number| log.queue(turn(stream(number), 0).record("r"))).collect();
    drop(log);
    for outcome in queued {
        assert_eq!(outcome.try_recv(), Ok(Ok(Version(1))), "told before the drop returned");
    }
    let log = open(dir.path(), 3).unwrap();
    assert!((0..3_000).all(|number| log.read(stream(number)).unwrap().version == Version(1)));
}

#[test]
fn a_log_may_be_dropped_by_the_caller_that_held_it_last() {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(open(dir.path(), 3).unwrap());
    let (last, (told, heard)) = (log.clone(), mpsc::channel());
    let (let_go, held) = mpsc::channel::<()>();
    let done = Box::new(move |result| {
        held.recv().unwrap();
        drop(last);
        told.send(result).unwrap();
    });
    log.append(turn(stream(1), 0).record("r").0, done).unwrap();
    drop(log);
    let_go.send(()).unwrap();
    assert_eq!(heard.recv(), Ok(Ok(Version(1))));
    // Its last thread ends by itself soon after; then the directory is free.
    let reopened = loop {
        match open(dir.path(), 3) {
            Err(DataDirError::InUse { .. }) => std::thread::yield_now(),
            other => break other.unwrap(),
        }
    };
    assert_eq!(reopened.read(stream(1)).unwrap().version, Version(1));
}

#[test]
fn a_log_that_does_not_sync_is_whole_after_it_was_closed() {
    let dir = tempfile::tempdir().unwrap();
    let log = RocksLog::open(dir.path(), options(2, Sync::Never)).unwrap();
    (0..100).for_each(|version| drop(log.queue(turn(stream(1), version).record("r"))));
    drop(log);
    assert_eq!(open(dir.path(), 2).unwrap().read(stream(1)).unwrap().version, Version(100));
}

#[test]
fn a_directory_in_use_is_refused_to_a_second_log_and_to_a_look_inside() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), 2).unwrap();
    let mine = format!("process {}", std::process::id());
    for refused in [open(dir.path(), 2).err(), RocksLog::open_read_only(dir.path()).err()] {
        let refused = refused.expect("it is in use");
        assert!(matches!(refused, DataDirError::InUse { .. }));
        assert!(refused.to_string().contains(&mine), "{refused}");
    }
    drop(log);
    open(dir.path(), 2).unwrap();
}
