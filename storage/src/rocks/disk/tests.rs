use bytes::Bytes;

use super::*;
use crate::format::Sealer;
use crate::{Answer, AnswerKey, Millis, StreamId};

#[test]
fn compaction_drops_answers_that_had_expired_for_some_take_and_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::new(1 << 20, 1 << 20, ShardCount::new(1).unwrap(), false);
    let disk = Disk::open(dir.path(), &memory, Access::Create(Sync::Never)).unwrap();
    let family = disk.family(Family::Answers);
    let stream = StreamId { kind: 1, id: [1; 16] };
    for expires_at in [10, 20, 30] {
        let key = expires_at.to_string();
        let answer = Answer { stream, body: Bytes::new(), expires_at: Millis(expires_at) };
        let mut sealer = Sealer::default();
        let value = sealer.answer(key.as_bytes(), &answer);
        disk.db.put_cf(family, key.as_bytes(), value).unwrap();
    }
    disk.db.put_cf(family, b"damaged", b"?").unwrap();
    let compact = || {
        disk.db.flush_cf(family).unwrap();
        disk.db.compact_range_cf(family, None::<&[u8]>, None::<&[u8]>);
    };
    let kept = |key: &'static str| disk.db.get_cf(family, key).unwrap().is_some();
    compact();
    assert!(kept("10") && kept("20") && kept("30"), "no take has named a time");
    memory.heard.store(20, Ordering::Release);
    // A compaction of what one has left has nothing to do.
    disk.db.put_cf(family, b"0", b"?").unwrap();
    compact();
    assert!(!kept("10") && !kept("20"), "absent from the expiry on");
    assert!(kept("30") && kept("damaged"));
    let damaged = AnswerKey(Bytes::from_static(b"damaged"));
    assert!(disk.answer(&damaged).is_err(), "damage is still found out");
}

#[test]
fn what_is_flushed_goes_past_the_page_cache_where_the_file_system_takes_it() {
    for direct_io in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let shards = ShardCount::new(1).unwrap();
        let memory = Memory::new(1 << 20, 1 << 20, shards, direct_io);
        drop(Disk::open(dir.path(), &memory, Access::Create(Sync::Never)).unwrap());
        let files = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().path());
        let kept = files
            .filter(|file| file.to_string_lossy().contains("/OPTIONS-"))
            .map(|file| std::fs::read_to_string(file).unwrap());
        let said = format!("use_direct_io_for_flush_and_compaction={direct_io}");
        assert!(kept.last().unwrap().contains(&said));
    }
}
