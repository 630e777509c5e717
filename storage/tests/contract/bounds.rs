use std::sync::mpsc;

use bytes::Bytes;
use paceline_storage::limits::*;
use paceline_storage::{AppendError, Millis, QueueFull, Stored, Version};

use crate::{Log, support::*};

fn full_size() -> Turn {
    turn(stream(1), 0)
        .record(noise(RECORD_BYTES_MAX, 1))
        .snapshot(noise(SNAPSHOT_BYTES_MAX, 2))
        .take(&"k".repeat(ANSWER_KEY_BYTES_MAX), noise(ANSWER_BYTES_MAX, 3), 5, 100)
        .due(10, noise(NOTE_BYTES_MAX, 4))
}

pub fn parts_of_full_size_are_written(log: &Log) {
    assert_eq!(log.commit(full_size()), Ok(Version(1)));
    let stored = log.read(stream(1)).unwrap();
    assert_eq!(stored.snapshot, Some((Version(1), noise(SNAPSHOT_BYTES_MAX, 2))));
    assert_eq!(stored.due.unwrap().note, noise(NOTE_BYTES_MAX, 4));
    assert_eq!(log.history(stream(1)).unwrap(), [noise(RECORD_BYTES_MAX, 1)]);
    let answer = log.answer(&key(&"k".repeat(ANSWER_KEY_BYTES_MAX)), Millis(5)).unwrap();
    assert_eq!(answer.unwrap().body, noise(ANSWER_BYTES_MAX, 3));
}

pub fn a_part_over_its_bound_is_refused_by_name_and_writes_nothing(log: &Log) {
    let over = |bound: usize| Bytes::from(vec![7; bound + 1]);
    let long_key = "k".repeat(ANSWER_KEY_BYTES_MAX + 1);
    let turns = [
        ("record", RECORD_BYTES_MAX, full_size().record(over(RECORD_BYTES_MAX))),
        ("snapshot", SNAPSHOT_BYTES_MAX, full_size().snapshot(over(SNAPSHOT_BYTES_MAX))),
        ("answer", ANSWER_BYTES_MAX, full_size().take("k", over(ANSWER_BYTES_MAX), 5, 100)),
        ("answer", ANSWER_BYTES_MAX, full_size().replace("k", over(ANSWER_BYTES_MAX), 100)),
        ("answer key", ANSWER_KEY_BYTES_MAX, full_size().take(&long_key, "a", 5, 100)),
        ("due note", NOTE_BYTES_MAX, full_size().due(10, over(NOTE_BYTES_MAX))),
    ];
    for (part, bound, turn) in turns {
        let refused = Err(AppendError::TooLarge { part, bytes: bound + 1 });
        assert_eq!(log.commit(turn), refused);
    }
    assert_eq!(log.read(stream(1)), Ok(Stored::default()));
    assert_eq!(log.commit(full_size()), Ok(Version(1)), "and no key is taken");
}

pub fn a_full_queue_refuses_at_once_and_takes_turns_again_later(log: &Log) {
    let (entered, is_in) = mpsc::channel();
    let (let_go, held) = mpsc::channel::<()>();
    let blocking = move |_| {
        entered.send(()).unwrap();
        held.recv().unwrap();
    };
    // On a thread of its own: the log in memory calls back before it returns.
    let (appender, first) = (log.shared(), turn(stream(1), 0).0);
    let blocked = std::thread::spawn(move || appender.append(first, Box::new(blocking)));
    is_in.recv().unwrap();
    let queued: Vec<_> = (0..QUEUE_TURNS_MAX).map(|_| log.queue(turn(stream(1), 0))).collect();
    let uncalled = Box::new(|_| panic!("nothing was queued"));
    assert_eq!(log.append(turn(stream(1), 0).0, uncalled), Err(QueueFull));
    let_go.send(()).unwrap();
    blocked.join().unwrap().unwrap();
    assert!(queued.iter().all(|outcome| outcome.recv().unwrap() == Ok(Version(0))));
    assert_eq!(log.commit(turn(stream(1), 0)), Ok(Version(0)));
}
