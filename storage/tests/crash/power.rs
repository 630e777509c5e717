use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use paceline_storage::{EventLog, Millis, RocksLog, StreamId, Version};

use crate::support::*;

/// A turn that touches everything, so that a torn one would show.
pub fn whole_turn(stream: StreamId, version: u64) -> Turn {
    let words = format!("turn {version} of {stream:?}");
    let turn = turn(stream, version - 1).record(words.clone()).snapshot(words.clone());
    let turn = turn.due(version, words.clone());
    match version {
        1 => turn.take(&format!("{stream:?}"), words, 1, 1_000_000),
        _ => turn.replace(&format!("{stream:?}"), words, 1_000_000),
    }
}

/// The stream's version, if everything about it is of that version.
pub fn whole_version(log: &dyn EventLog, stream: StreamId) -> u64 {
    let stored = log.read(stream).unwrap();
    let (version, answer) =
        (stored.version.0, log.answer(&key(&format!("{stream:?}")), Millis(1)).unwrap());
    let due: Vec<_> = log.due(Millis(u64::MAX), None, 1_000).unwrap();
    let due: Vec<_> = due.into_iter().filter(|due| due.stream == stream).collect();
    if version == 0 {
        assert_eq!((stored, answer, due), (Default::default(), None, vec![]));
        return 0;
    }
    let words = |version: u64| format!("turn {version} of {stream:?}");
    assert_eq!(stored.snapshot, Some((Version(version), words(version).into())));
    assert!(stored.records.is_empty());
    assert_eq!(answer.unwrap().body, words(version));
    assert_eq!(due, [due_at(version, stream)]);
    let history: Vec<_> = (1..=version).map(words).collect();
    assert_eq!(log.history(stream).unwrap(), history);
    version
}

pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_dir(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

pub fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.join("shard-000"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// The write-ahead log that is written to now.
pub fn write_ahead_log(dir: &Path) -> PathBuf {
    files(dir, "log").pop().unwrap()
}

#[test]
fn after_each_acknowledged_turn_a_copy_of_the_disk_holds_all_of_them() {
    let (dir, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(dir.path(), 3).unwrap();
    let turns = 30;
    for number in 0..turns {
        let (stream, version) = (stream(number % 5), number / 5 + 1);
        assert_eq!(log.commit(whole_turn(stream, version)), Ok(Version(version)));
        copy_dir(dir.path(), &copies.path().join(number.to_string()));
    }
    for number in 0..turns {
        let restarted = open(&copies.path().join(number.to_string()), 3).unwrap();
        for of in 0..5 {
            // Turns were dealt out in rounds of five.
            let expected = number / 5 + u64::from(of <= number % 5);
            assert_eq!(whole_version(&restarted, stream(of)), expected, "copy {number}");
        }
    }
}

#[test]
fn a_write_that_the_power_cut_tore_is_forgotten_whole_and_nothing_before_it() {
    let (dir, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(dir.path(), 1).unwrap();
    let wal = write_ahead_log(dir.path());
    // The length of the write-ahead log when each turn was acknowledged, and what was noted then.
    let acknowledged = dir.path().join("ACKNOWLEDGED");
    let seen = || (fs::metadata(&wal).unwrap().len(), fs::read(&acknowledged).unwrap());
    let (mut lengths, mut notes) = (vec![seen().0], vec![seen().1]);
    for version in 1..=4 {
        log.commit(whole_turn(stream(1), version)).unwrap();
        lengths.push(seen().0);
        notes.push(seen().1);
    }
    drop(log);
    let cuts = (lengths[0]..lengths[4]).step_by(17).chain(lengths.iter().copied());
    for cut in cuts {
        let copy = copies.path().join(cut.to_string());
        copy_dir(dir.path(), &copy);
        let wal = copy.join("shard-000").join(wal.file_name().unwrap());
        OpenOptions::new().write(true).open(wal).unwrap().set_len(cut).unwrap();
        let acknowledged = lengths.iter().filter(|length| **length <= cut).count() - 1;
        if cut < lengths[4] {
            // What is cut off here was acknowledged: this was no power cut.
            let refused = open(&copy, 1).err().expect("something is lost").to_string();
            assert!(refused.contains("was acknowledged"), "cut at {cut}: {refused}");
        }
        fs::write(copy.join("ACKNOWLEDGED"), &notes[acknowledged]).unwrap();
        let acknowledged = acknowledged as u64;
        let restarted = open(&copy, 1).unwrap();
        assert_eq!(whole_version(&restarted, stream(1)), acknowledged, "cut at {cut}");
        // And it goes on from there.
        let next = restarted.commit(whole_turn(stream(1), acknowledged + 1));
        assert_eq!(next, Ok(Version(acknowledged + 1)));
        drop(restarted);
        let again = open(&copy, 1).unwrap();
        assert_eq!(whole_version(&again, stream(1)), acknowledged + 1, "cut at {cut}");
    }
}

#[test]
fn a_stopped_log_is_looked_into_without_a_change_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), 3).unwrap();
    log.commit(whole_turn(stream(1), 1)).unwrap();
    drop(log);
    for _ in 0..2 {
        let log = RocksLog::open_read_only(dir.path()).unwrap();
        assert_eq!(whole_version(&log, stream(1)), 1);
        assert!(log.commit(whole_turn(stream(1), 2)).is_err());
    }
    let log = open(dir.path(), 3).unwrap();
    assert_eq!(log.commit(whole_turn(stream(1), 2)), Ok(Version(2)));
}
