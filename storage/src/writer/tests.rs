//! What the contract's suite cannot reach: a disk that fails, and bounds inside the committer.

use std::sync::Mutex;
use std::sync::mpsc;

use bytes::Bytes;

use super::batch::Heads;
use super::*;
use crate::check::Head;
use crate::rocks::OnStop;
use crate::rocks::disk::{Access, Memory};
use crate::{AnswerWrite, DueChange, Millis, ShardCount, StreamId, Version};

/// Two shards, of which the first cannot be written to: RocksDB refuses writes to a database
/// that it has opened for reading only, which is a failed write as good as any.
struct HalfBroken {
    writers: Vec<ShardWriter>,
    stopped: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

fn half_broken() -> HalfBroken {
    let dir = tempfile::tempdir().unwrap();
    let shards = ShardCount::new(2).unwrap();
    let memory = Memory::new(1 << 20, 1 << 20, shards);
    let data = DataDir::open_or_create(dir.path(), shards).unwrap();
    let read_write = Access::ReadWrite(crate::rocks::Sync::Every);
    drop(Disk::open(&data.shard_path(0), &memory, read_write).unwrap());
    let disks = vec![
        Disk::open(&data.shard_path(0), &memory, Access::ReadOnly).unwrap(),
        Disk::open(&data.shard_path(1), &memory, read_write).unwrap(),
    ];
    let (claims, woken) = Claims::new(2, memory.heard.clone());
    let shared = Arc::new(Shared { disks, claims: Arc::new(claims), dir: data });
    let stopped = Arc::new(Mutex::new(Vec::new()));
    let writers = woken.into_iter().enumerate().map(|(shard, woken)| {
        let stopped = stopped.clone();
        let on_stop: OnStop = Arc::new(move |why| stopped.lock().unwrap().push(why.to_owned()));
        ShardWriter::start(shared.clone(), shard, woken, on_stop).unwrap()
    });
    HalfBroken { writers: writers.collect(), stopped, _dir: dir }
}

fn turn(id: u8, expected: u64) -> Append {
    Append {
        stream: StreamId { kind: 1, id: [id; 16] },
        expected: Version(expected),
        record: Some(Bytes::from_static(b"record")),
        snapshot: None,
        answer: None,
        due: DueChange::Keep,
    }
}

fn taking(key: &'static str, turn: Append) -> Append {
    let answer = AnswerWrite::Take {
        key: AnswerKey(Bytes::from_static(key.as_bytes())),
        body: Bytes::from_static(b"answer"),
        now: Millis(1),
        expires_at: Millis(2),
    };
    Append { answer: Some(answer), ..turn }
}

fn outcome(writer: &ShardWriter, turn: Append) -> Result<Version, AppendError> {
    let (told, outcome) = mpsc::channel();
    writer.append(turn, Box::new(move |result| told.send(result).unwrap())).unwrap();
    outcome.recv().unwrap()
}

#[test]
fn after_a_failed_write_the_shard_stops_for_good_and_says_so_once() {
    let log = half_broken();
    assert!(matches!(outcome(&log.writers[0], turn(1, 0)), Err(AppendError::Stopped(_))));
    let stopped = log.stopped.lock().unwrap().clone();
    assert_eq!(stopped.len(), 1);
    assert!(stopped[0].contains("shard-000"), "{stopped:?}");
    // What would be refused anyway is told the same: the shard asks no questions any more.
    for later in [turn(1, 0), turn(1, 9), turn(2, 0)] {
        assert!(matches!(outcome(&log.writers[0], later), Err(AppendError::Stopped(_))));
    }
    assert_eq!(log.stopped.lock().unwrap().len(), 1);
    assert_eq!(outcome(&log.writers[1], turn(1, 0)), Ok(Version(1)), "the other goes on");
}

#[test]
fn a_key_that_a_failed_write_may_have_taken_is_given_to_nobody() {
    let log = half_broken();
    let first = outcome(&log.writers[0], taking("k", turn(1, 0)));
    assert!(matches!(first, Err(AppendError::Stopped(_))));
    let second = outcome(&log.writers[1], taking("k", turn(2, 0)));
    assert!(matches!(second, Err(AppendError::Stopped(_))), "{second:?}");
    assert_eq!(outcome(&log.writers[1], taking("other", turn(2, 0))), Ok(Version(1)));
}

#[test]
fn a_cache_of_heads_that_has_grown_too_large_forgets_half() {
    let mut heads = Heads::default();
    let stream = |id: u8| StreamId { kind: 1, id: [id; 16] };
    (0..8).for_each(|id| heads.set(stream(id), Head::default()));
    heads.bound(8);
    assert_eq!((0..8).filter(|id| heads.get(stream(*id)).is_some()).count(), 8);
    heads.bound(7);
    assert_eq!((0..8).filter(|id| heads.get(stream(*id)).is_some()).count(), 4);
}
