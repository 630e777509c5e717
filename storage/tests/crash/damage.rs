use std::fs;
use std::path::Path;

use bytes::Bytes;
use paceline_storage::{DataDirError, EventLog, ReadError};

use super::power::{copy_dir, files, write_ahead_log};
use crate::support::*;

const TURNS: u64 = 12;
const RECORD_BYTES: usize = 300;

fn record(version: u64) -> Bytes {
    noise(RECORD_BYTES, version)
}

/// A directory of one shard that holds [`TURNS`] records of one stream.
fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), 1).unwrap();
    for version in 0..TURNS {
        log.commit(turn(stream(1), version).record(record(version)).due(version, "n")).unwrap();
    }
    dir
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 0x10;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_bit_flipped_in_the_write_ahead_log_refuses_the_shard() {
    let dir = written();
    let wal = write_ahead_log(dir.path());
    let bytes = fs::read(&wal).unwrap();
    for version in 0..TURNS {
        let record = record(version);
        let at = bytes.windows(RECORD_BYTES).position(|found| found == record).unwrap();
        let copy = tempfile::tempdir().unwrap();
        copy_dir(dir.path(), copy.path());
        flip(&copy.path().join("shard-000").join(wal.file_name().unwrap()), at + 100);
        // The last one too: it is all there, so it is no torn tail.
        match open(copy.path(), 1).err().expect("it is damaged") {
            DataDirError::Shard { place, .. } => assert!(place.ends_with("shard-000"), "{place}"),
            other => panic!("{other}"),
        }
    }
    open(dir.path(), 1).unwrap();
}

#[test]
fn whatever_bit_is_flipped_in_the_write_ahead_log_nothing_acknowledged_is_forgotten() {
    let dir = written();
    let wal = write_ahead_log(dir.path());
    let length = fs::metadata(&wal).unwrap().len() as usize;
    let sound = written();
    let whole = open(sound.path(), 1).unwrap().read(stream(1)).unwrap();
    let copy = tempfile::tempdir().unwrap();
    // The lengths of the last write too, which look like a torn tail when they are wrong.
    for at in (0..length).step_by(37).chain(length - 2 * RECORD_BYTES..length) {
        let copy = copy.path().join(at.to_string());
        copy_dir(dir.path(), &copy);
        flip(&copy.join("shard-000").join(wal.file_name().unwrap()), at);
        match open(&copy, 1) {
            Ok(log) => assert_eq!(log.read(stream(1)).unwrap(), whole, "flipped at {at}"),
            Err(refused) => assert!(refused.to_string().contains("shard-000"), "{refused}"),
        }
        fs::remove_dir_all(copy).unwrap();
    }
}

#[test]
fn a_file_that_is_missing_is_never_taken_for_one_that_never_was() {
    let dir = written();
    drop(open(dir.path(), 1).unwrap()); // so that there are tables
    let log = open(dir.path(), 1).unwrap();
    log.commit(turn(stream(2), 0).record(record(0))).unwrap();
    drop(log);
    let wal = write_ahead_log(dir.path());
    let shard = dir.path().join("shard-000");
    let missing = |what: &str| {
        let found = fs::read_dir(&shard).unwrap().map(|entry| entry.unwrap().path());
        found.filter(|path| path.to_string_lossy().contains(what)).collect::<Vec<_>>()
    };
    let every =
        [vec![shard.clone(), wal], missing("CURRENT"), missing("MANIFEST"), missing(".sst")];
    let copies = tempfile::tempdir().unwrap();
    for (number, path) in every.concat().iter().enumerate() {
        let copy = copies.path().join(number.to_string());
        copy_dir(dir.path(), &copy);
        let gone = copy.join(path.strip_prefix(dir.path()).unwrap());
        match gone.is_dir() {
            true => fs::remove_dir_all(gone).unwrap(),
            false => fs::remove_file(gone).unwrap(),
        }
        let refused = open(&copy, 1).err().unwrap_or_else(|| panic!("{}", path.display()));
        assert!(refused.to_string().contains("shard-000"), "{refused}");
        assert!(refused.to_string().contains("restore"), "{refused}");
    }
}

#[test]
fn a_byte_flipped_in_a_table_is_refused_or_harmless_but_never_believed() {
    let dir = written();
    // What is recovered from the write-ahead log is written to tables.
    drop(open(dir.path(), 1).unwrap());
    let whole = open(dir.path(), 1).unwrap();
    let (stored, due) = (whole.read(stream(1)), whole.due(paceline_storage::Millis(99), None, 99));
    drop(whole);
    let (mut refused, mut damaged) = (0, 0);
    for table in files(dir.path(), "sst") {
        let length = fs::metadata(&table).unwrap().len() as usize;
        for at in (0..length).step_by(length / 24 + 1) {
            let copy = tempfile::tempdir().unwrap();
            copy_dir(dir.path(), copy.path());
            flip(&copy.path().join("shard-000").join(table.file_name().unwrap()), at);
            let Ok(log) = open(copy.path(), 1) else {
                refused += 1;
                continue;
            };
            match log.read(stream(1)) {
                Err(ReadError::Damaged { place, .. }) => {
                    assert!(place.contains("shard-000, "), "{place}");
                    damaged += 1;
                }
                read => assert_eq!(read, stored, "{} at {at}", table.display()),
            }
            match log.due(paceline_storage::Millis(99), None, 99) {
                Err(ReadError::Damaged { .. } | ReadError::Unreadable(_)) => damaged += 1,
                found => assert_eq!(found, due, "{} at {at}", table.display()),
            }
        }
    }
    assert!(
        damaged > 10 && refused > 0,
        "{damaged} damaged, {refused} refused: it looked at too little"
    );
}
