//! Damage that RocksDB cannot see: each value is what somebody wrote, and the stream is not.

use super::*;
use crate::format::Sealer;
use crate::rocks::disk::{Access, Memory};
use crate::shard::ShardCount;

const STREAM: StreamId = StreamId { kind: 1, id: [7; 16] };

struct Damaged {
    disk: Disk,
    _dir: tempfile::TempDir,
}

/// A stream of three records with a snapshot at the first, due at 10 since the second. Sound so
/// far.
fn sound() -> Damaged {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::new(1 << 20, 1 << 20, ShardCount::new(1).unwrap(), false);
    let access = Access::Create(crate::rocks::Sync::Never);
    let disk = Disk::open(&dir.path().join("shard-000"), &memory, access).unwrap();
    let stream = Damaged { disk, _dir: dir };
    (1..=3).for_each(|version| stream.put_record(version));
    stream.put_head(2, Some(10));
    let key = format::stream_key(STREAM);
    stream.put(Family::Snapshots, &key, |sealer| sealer.snapshot(&key, Version(1), b"state"));
    let key = format::due_key(due());
    stream.put(Family::Due, &key, |sealer| sealer.due(&key, b"note"));
    stream
}

fn due() -> DueAt {
    DueAt { at: Millis(10), stream: STREAM }
}

impl Damaged {
    fn put(&self, family: Family, key: &[u8], seal: impl Fn(&mut Sealer) -> &[u8]) {
        let mut sealer = Sealer::default();
        self.disk.db.put_cf(self.disk.family(family), key, seal(&mut sealer)).unwrap();
    }

    fn put_record(&self, version: u64) {
        let key = format::record_key(STREAM, Version(version));
        self.put(Family::Records, &key, |sealer| sealer.record(&key, b"record"));
    }

    fn put_head(&self, version: u64, due_at: Option<u64>) {
        let head = Head { version: Version(version), due_at: due_at.map(Millis) };
        let key = format::stream_key(STREAM);
        self.put(Family::Heads, &key, |sealer| sealer.head(&key, head));
    }

    fn delete(&self, family: Family, key: &[u8]) {
        self.disk.db.delete_cf(self.disk.family(family), key).unwrap();
    }

    fn delete_record(&self, version: u64) {
        self.delete(Family::Records, &format::record_key(STREAM, Version(version)));
    }

    /// That both ways to read the stream name this version, family and reason.
    fn assert_refused(&self, version: u64, family: Family, reason: &str) {
        for refused in [self.disk.stored(STREAM).err(), self.disk.history(STREAM).err()] {
            assert_damaged(refused, version, family, reason);
        }
    }
}

fn assert_damaged(refused: Option<ReadError>, at: u64, family: Family, reason: &str) {
    match refused {
        Some(ReadError::Damaged { stream: STREAM, version, place, why }) => {
            assert_eq!(version, Version(at), "{why}");
            assert!(place.ends_with(&format!("shard-000, {}", family.name())), "{place}");
            assert!(why.contains(reason), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sound_stream_is_read() {
    let stream = sound();
    let stored = stream.disk.stored(STREAM).unwrap();
    assert_eq!(stored.version, Version(3));
    assert_eq!(stored.snapshot, Some((Version(1), Bytes::from_static(b"state"))));
    assert_eq!(stored.records.len(), 2);
    assert_eq!(stored.due.unwrap().note, "note");
    assert_eq!(stream.disk.history(STREAM).unwrap().len(), 3);
    assert_eq!(stream.disk.due(Millis(10), None, 9), Ok(vec![due()]));
}

#[test]
fn a_missing_record_is_a_gap() {
    let stream = sound();
    stream.delete_record(2);
    stream.assert_refused(2, Family::Records, "a gap: the next record is 3");
}

#[test]
fn records_that_are_missing_at_the_end_are_missed_by_the_head() {
    let stream = sound();
    stream.delete_record(3);
    stream.delete_record(2);
    stream.assert_refused(2, Family::Records, "missing, and the head is of version 2");
    let refused = stream.disk.head(STREAM, Version(1)).err();
    assert_damaged(refused, 2, Family::Records, "missing, and the head is of version 2");
}

#[test]
fn records_that_are_missing_at_the_end_are_missed_by_the_snapshot() {
    let stream = sound();
    stream.delete(Family::Heads, &format::stream_key(STREAM));
    (1..=3).for_each(|version| stream.delete_record(version));
    let refused = stream.disk.stored(STREAM).err();
    assert_damaged(refused, 1, Family::Records, "missing, and the snapshot is of version 1");
}

#[test]
fn a_head_is_told_whatever_was_expected() {
    let stream = sound();
    let head = Head { version: Version(3), due_at: Some(Millis(10)) };
    for expected in [0, 1, 2, 3, 4, u64::MAX] {
        assert_eq!(stream.disk.head(STREAM, Version(expected)), Ok(head), "expected {expected}");
    }
    let unknown = StreamId { kind: 1, id: [8; 16] };
    for expected in [0, 1, u64::MAX] {
        assert_eq!(stream.disk.head(unknown, Version(expected)), Ok(Head::default()));
    }
}

#[test]
fn a_record_under_the_key_of_another_is_found_out() {
    let stream = sound();
    let family = stream.disk.family(Family::Records);
    let [second, third] = [2, 3].map(|version| format::record_key(STREAM, Version(version)));
    let moved = stream.disk.db.get_cf(family, third).unwrap().unwrap();
    stream.disk.db.put_cf(family, second, moved).unwrap();
    stream.assert_refused(2, Family::Records, "bad checksum");
}

#[test]
fn a_record_of_an_unknown_format_is_not_guessed_at() {
    let stream = sound();
    let key = format::record_key(STREAM, Version(2));
    stream.disk.db.put_cf(stream.disk.family(Family::Records), key, [9, 0, 0, 0, 0]).unwrap();
    stream.assert_refused(2, Family::Records, "unknown format 9");
}

#[test]
fn a_snapshot_of_a_version_that_never_was_is_refused() {
    let stream = sound();
    let key = format::stream_key(STREAM);
    stream.put(Family::Snapshots, &key, |sealer| sealer.snapshot(&key, Version(4), b"state"));
    let refused = stream.disk.stored(STREAM).err();
    assert_damaged(refused, 4, Family::Records, "missing, and the snapshot is of version 4");
    assert_eq!(stream.disk.history(STREAM).unwrap().len(), 3, "its story can still be told");
}

#[test]
fn a_due_entry_that_the_head_knows_and_the_index_does_not_is_missed() {
    let stream = sound();
    stream.delete(Family::Due, &format::due_key(due()));
    let refused = stream.disk.stored(STREAM).err();
    assert_damaged(refused, 3, Family::Due, "nothing is due at 10");
}

#[test]
fn a_damaged_note_refuses_the_page_rather_than_leave_the_stream_out() {
    let stream = sound();
    let family = stream.disk.family(Family::Due);
    stream.disk.db.put_cf(family, format::due_key(due()), [1, 0, 0, 0, 0]).unwrap();
    assert_damaged(stream.disk.due(Millis(10), None, 9).err(), 0, Family::Due, "bad checksum");
}

#[test]
fn a_damaged_answer_is_not_taken_for_none() {
    let stream = sound();
    let key = AnswerKey(Bytes::from_static(b"k"));
    stream.disk.db.put_cf(stream.disk.family(Family::Answers), &key.0, b"x").unwrap();
    let refused = stream.disk.answer(&key).unwrap_err().to_string();
    assert!(refused.contains("shard-000, answers: an answer is damaged"), "{refused}");
}
