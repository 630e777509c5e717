//! How far each shard has been acknowledged, beside the shards themselves.
//!
//! Why: RocksDB reads its write-ahead log up to where it makes sense. A log file that is gone, or
//! a length in its last block that went wrong, looks to it as if nothing had ever followed. So
//! the number of the last change that was synced is kept here, and a shard that ends before it
//! is refused: it has lost something that somebody was told.
//! Promise: written after the sync and before anybody hears of it, so it never says too much. It
//! is not synced itself: it survives the death of the process to the letter, and after that of
//! the machine it may be some seconds behind.
//! Left out: directories from before there was this file, and those whose file was removed on
//! purpose. They get a new one, and are believed.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::datadir::DataDirError;

const FILE: &str = "ACKNOWLEDGED";
/// The number, its checksum, and nothing: a slot is written as a whole.
const SLOT_BYTES: usize = 16;
const NUMBER_BYTES: usize = 8;
const CHECKED_BYTES: usize = 12;

#[derive(Debug)]
pub(crate) struct Acknowledged {
    file: File,
    path: PathBuf,
}

impl Acknowledged {
    /// Opens the file of a data directory.
    ///
    /// - `create`: if there is none, makes one in which nothing is acknowledged.
    pub fn open(dir: &Path, create: bool) -> Result<Option<Self>, DataDirError> {
        let path = dir.join(FILE);
        let opened = OpenOptions::new().read(true).write(create).create(create).open(&path);
        match opened {
            Ok(file) => Ok(Some(Self { file, path })),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(DataDirError::Io { path, cause }),
        }
    }

    /// The last change that a shard has acknowledged; 0 if none.
    pub fn of(&self, shard: usize) -> Result<u64, DataDirError> {
        let mut slot = [0; SLOT_BYTES];
        match self.file.read_exact_at(&mut slot, offset(shard)) {
            Ok(()) if slot == [0; SLOT_BYTES] => return Ok(0),
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => return Ok(0),
            Err(cause) => return Err(DataDirError::Io { path: self.path.clone(), cause }),
        }
        let (number, rest) = slot.split_at(NUMBER_BYTES);
        let number = u64::from_le_bytes(number.try_into().expect("it was split there"));
        if slot == self::slot(shard, number) {
            return Ok(number);
        }
        let why = format!(
            "the entry of shard {shard} is damaged ({number}, {rest:02x?}). Without this file the \
             shards are believed as they are: remove it only if you are sure of them. Otherwise"
        );
        Err(DataDirError::Unreadable { file: self.path.clone(), why })
    }

    pub fn set(&self, shard: usize, number: u64) -> io::Result<()> {
        self.file.write_all_at(&slot(shard, number), offset(shard))
    }
}

fn offset(shard: usize) -> u64 {
    (shard * SLOT_BYTES) as u64
}

fn slot(shard: usize, number: u64) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[..NUMBER_BYTES].copy_from_slice(&number.to_le_bytes());
    let checksum = crc32c::crc32c_append(shard as u32, &slot[..NUMBER_BYTES]);
    slot[NUMBER_BYTES..CHECKED_BYTES].copy_from_slice(&checksum.to_le_bytes());
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_read_again_and_what_was_never_set_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Acknowledged::open(dir.path(), false).unwrap().is_none());
        let ours = Acknowledged::open(dir.path(), true).unwrap().unwrap();
        ours.set(2, 7).unwrap();
        ours.set(2, 8).unwrap();
        let read = Acknowledged::open(dir.path(), false).unwrap().unwrap();
        let all = [0, 1, 2, 3].map(|shard| read.of(shard).unwrap());
        assert_eq!(all, [0, 0, 8, 0]);
    }

    #[test]
    fn a_damaged_entry_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let ours = Acknowledged::open(dir.path(), true).unwrap().unwrap();
        ours.set(0, 7).unwrap();
        for at in 0..SLOT_BYTES as u64 {
            let mut byte = [0];
            ours.file.read_exact_at(&mut byte, at).unwrap();
            ours.file.write_all_at(&[byte[0] ^ 1], at).unwrap();
            let refused = ours.of(0).unwrap_err().to_string();
            assert!(refused.contains("/ACKNOWLEDGED does not say what it should"), "{refused}");
            ours.file.write_all_at(&byte, at).unwrap();
        }
        assert_eq!(ours.of(0).unwrap(), 7);
    }
}
