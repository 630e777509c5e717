//! What the contract's suite cannot reach: a disk that fails, and bounds inside the committer.

use std::sync::Mutex;
use std::sync::mpsc;

use bytes::Bytes;

use super::batch::Heads;
use super::*;
use crate::check::Head;
use crate::claims::{Claimed, Holding};
use crate::limits::PARKED_TURNS_MAX;
use crate::rocks::OnStop;
use crate::rocks::disk::{Access, Memory};
use crate::{AnswerWrite, DueChange, Millis, ShardCount, StreamId, Version};

/// Two shards, of which the first cannot be written to: RocksDB refuses writes to a database
/// that it has opened for reading only, which is a failed write as good as any.
struct HalfBroken {
    writers: Vec<ShardWriter>,
    claims: Arc<Claims>,
    stopped: Arc<Mutex<Vec<String>>>,
    _dir: tempfile::TempDir,
}

fn half_broken() -> HalfBroken {
    let dir = tempfile::tempdir().unwrap();
    let shards = ShardCount::new(2).unwrap();
    let memory = Memory::new(1 << 20, 1 << 20, shards, false);
    let data = DataDir::open_or_create(dir.path(), shards).unwrap();
    let read_write = Access::Create(crate::rocks::Sync::Every);
    drop(Disk::open(&data.shard_path(0), &memory, read_write).unwrap());
    let disks = vec![
        Disk::open(&data.shard_path(0), &memory, Access::ReadOnly).unwrap(),
        Disk::open(&data.shard_path(1), &memory, read_write).unwrap(),
    ];
    let (claims, woken) = Claims::new(2, memory.heard.clone());
    let claims = Arc::new(claims);
    let shared = Arc::new(Shared { disks, claims: claims.clone(), dir: data });
    let stopped = Arc::new(Mutex::new(Vec::new()));
    let writers = woken.into_iter().enumerate().map(|(shard, woken)| {
        let stopped = stopped.clone();
        let on_stop: OnStop = Arc::new(move |why| stopped.lock().unwrap().push(why.to_owned()));
        ShardWriter::start(shared.clone(), shard, woken, on_stop).unwrap()
    });
    HalfBroken { writers: writers.collect(), claims, stopped, _dir: dir }
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

type Outcome = Result<Version, AppendError>;

fn queued(writer: &ShardWriter, turn: Append) -> mpsc::Receiver<Outcome> {
    let (told, outcome) = mpsc::channel();
    writer.append(turn, Box::new(move |result| told.send(result).unwrap())).unwrap();
    outcome
}

fn outcome(writer: &ShardWriter, turn: Append) -> Outcome {
    queued(writer, turn).recv().unwrap()
}

/// The claim on a key by the first shard, as while a batch of its is being written.
fn held_elsewhere(log: &HalfBroken, key: &'static str) -> Holding {
    let mut holding = Holding::none(log.claims.clone(), 0);
    assert_eq!(holding.claim(&AnswerKey(Bytes::from_static(key.as_bytes()))), Claimed::Ours);
    holding
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
fn a_take_waits_for_the_shard_that_holds_its_key_and_holds_up_its_own_stream_only() {
    let log = half_broken();
    let second = &log.writers[1];
    let holding = held_elsewhere(&log, "k");
    let waiting = queued(second, taking("k", turn(1, 0)));
    let behind = queued(second, turn(1, 1));
    assert_eq!(outcome(second, turn(2, 0)), Ok(Version(1)), "another stream passes");
    assert!(waiting.try_recv().is_err() && behind.try_recv().is_err());
    holding.release();
    assert_eq!(waiting.recv(), Ok(Ok(Version(1))));
    assert_eq!(behind.recv(), Ok(Ok(Version(2))));
}

#[test]
fn a_take_that_waits_hears_when_the_holder_fails() {
    let log = half_broken();
    let holding = held_elsewhere(&log, "k");
    let waiting = queued(&log.writers[1], taking("k", turn(1, 0)));
    drop(holding);
    assert!(matches!(waiting.recv(), Ok(Err(AppendError::Stopped(_)))));
    assert_eq!(outcome(&log.writers[1], turn(1, 0)), Ok(Version(1)), "its stream is free");
}

#[test]
fn of_takes_that_waited_together_the_first_one_queued_wins() {
    let log = half_broken();
    let holding = held_elsewhere(&log, "k");
    let waiting = [1, 2, 3].map(|id| queued(&log.writers[1], taking("k", turn(id, 0))));
    outcome(&log.writers[1], turn(4, 0)).expect("all before it have been looked at");
    holding.release();
    let [first, second, third] = waiting.map(|outcome| outcome.recv().unwrap());
    assert_eq!(first, Ok(Version(1)));
    assert!(matches!(&second, Err(AppendError::KeyTaken(known)) if known.stream.id == [1; 16]));
    assert_eq!(second, third);
}

#[test]
fn with_too_many_waiting_the_shard_takes_nothing_new_until_it_has_heard() {
    let log = half_broken();
    let second = &log.writers[1];
    let holding = held_elsewhere(&log, "k");
    let waiting: Vec<_> = (0..PARKED_TURNS_MAX + 10)
        .map(|number| {
            let mut take = taking("k", turn(0, 0));
            take.stream.id = (number as u128).to_be_bytes();
            queued(second, take)
        })
        .collect();
    let other = queued(second, turn(255, 0));
    assert!(other.try_recv().is_err());
    holding.release();
    // Which one wins depends on how many it had looked at when the key was free.
    let won = waiting.iter().filter(|outcome| match outcome.recv().unwrap() {
        Ok(_) => true,
        Err(AppendError::KeyTaken(_)) => false,
        Err(other) => panic!("{other}"),
    });
    assert_eq!(won.count(), 1);
    assert_eq!(other.recv(), Ok(Ok(Version(1))));
}

#[test]
fn a_writer_that_is_dropped_waits_for_what_waits() {
    let log = half_broken();
    let holding = held_elsewhere(&log, "k");
    let waiting = queued(&log.writers[1], taking("k", turn(1, 0)));
    let dropping = std::thread::spawn(move || drop(log));
    holding.release();
    dropping.join().unwrap();
    assert_eq!(waiting.try_recv(), Ok(Ok(Version(1))));
}

#[test]
fn what_is_told_gives_its_bytes_back_to_the_queue() {
    let log = half_broken();
    let second = &log.writers[1];
    for version in 0..3 {
        outcome(second, taking("k", turn(1, version))).ok();
        outcome(second, turn(2, version)).ok();
    }
    assert_eq!(second.queued_bytes.load(Ordering::Relaxed), 0);
    // More than the queue holds, were they not given back.
    let large = Bytes::from(vec![0; crate::limits::RECORD_BYTES_MAX]);
    for version in 0..QUEUE_BYTES_MAX / large.len() + 1 {
        let turn = Append { record: Some(large.clone()), ..turn(3, version as u64) };
        outcome(second, turn).unwrap();
    }
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
