//! What a data directory holds besides the log: one place that knows the names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use paceline_engine::SealKey;
use paceline_storage::rocks::Sync;
use paceline_storage::{EventLog, RocksLog, RocksOptions, ShardCount};

use crate::{config, limits, logging};

/// An opened data directory.
pub struct DataDir {
    pub log: Arc<dyn EventLog>,
    /// The simulated processor's own book: what a bank would keep for itself.
    pub book: Arc<dyn EventLog>,
    pub seal_key: SealKey,
}

impl DataDir {
    /// Takes hold of a data directory, and creates it if there is none. Blocks.
    ///
    /// # Errors
    /// Words for whoever started the program.
    pub fn open(storage: &config::Storage) -> Result<Self, String> {
        let dir = &storage.data_dir;
        let log = RocksLog::open(dir, log_options(storage)).map_err(|cause| cause.to_string())?;
        // Made before the book: where there is a book there was a key, even after a crash in here.
        let seal_key = seal_key(&dir.join("SEAL_KEY"), book(dir).join("PACELINE").exists())?;
        let book = RocksLog::open(&book(dir), book_options()).map_err(|cause| cause.to_string())?;
        Ok(Self { log: Arc::new(log), book: Arc::new(book), seal_key })
    }
}

/// Where the processor's book is.
pub fn book(data_dir: &Path) -> PathBuf {
    data_dir.join("processor")
}

/// A new key in the place of a lost one would hide that something is lost.
fn seal_key(file: &Path, was_made: bool) -> Result<SealKey, String> {
    let name = file.display();
    let key = match SealKey::load(file) {
        Ok(None) if was_made => {
            return Err(format!(
                "{name} is missing: it opens the payment credentials of payments in flight and finds \
                 the links of Google payment tokens, and this data directory was used with it. \
                 Restore the file, from where the directory was copied or backed up. If it is lost, \
                 these payments cannot be gone on with and are for an operator to look into, and \
                 every customer has to link anew; everything else is untouched. To go on without \
                 it, make a new one: (umask 077; head -c 32 /dev/urandom > {name})"
            ));
        }
        Ok(None) => SealKey::create(file),
        Ok(Some(key)) => Ok(key),
        Err(cause) => Err(cause),
    };
    key.map_err(|cause| format!("{name}: {cause}"))
}

/// What to do when a disk refuses what is written.
const ONCE_MENDED: &str = "Everything that was acknowledged is on disk. Make room on it, or mend it, \
                           and start again; if the start refuses the directory, restore it from a \
                           backup";

fn log_options(storage: &config::Storage) -> RocksOptions {
    let stopped = |why: &str| {
        logging::abort(&format!("the log of events has stopped: {why}. {ONCE_MENDED}"));
    };
    RocksOptions {
        cache_bytes: storage.cache_bytes,
        memtable_bytes: storage.memtable_bytes,
        ..RocksOptions::new(storage.shards, Arc::new(move |why| stopped(why)))
    }
}

fn book_options() -> RocksOptions {
    let stopped = |why: &str| {
        logging::abort(&format!("the processor's book has stopped: {why}. {ONCE_MENDED}"));
    };
    RocksOptions {
        cache_bytes: limits::BOOK_BYTES,
        memtable_bytes: limits::BOOK_BYTES,
        // It stands in for somebody else's disk: it need only outlive this process.
        sync: Sync::Never,
        ..RocksOptions::new(BOOK_SHARDS, Arc::new(move |why| stopped(why)))
    }
}

const BOOK_SHARDS: ShardCount = match ShardCount::new(1) {
    Ok(count) => count,
    Err(_) => panic!("one is a number of shards"),
};
