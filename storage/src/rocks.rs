//! The log on disk: one RocksDB and one committer thread for each shard.
//!
//! Why: RocksDB gives atomic batches, a write-ahead log, and reads whose cost does not grow with
//! what is stored. Everything else that the log promises (the fence, unique idempotency keys,
//! group commit, damage found out) is built around it in `writer.rs`, `claims.rs` and
//! `recovery.rs`. What its bytes look like is in `format.rs`.

pub(crate) mod disk;
pub(crate) mod due_floor;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use crate::claims::Claims;
use crate::datadir::DataDir;
use crate::writer::{ShardWriter, Shared};
use crate::{
    Answer, AnswerKey, Append, AppendError, DataDirError, Done, DueAt, EventLog, Millis, QueueFull,
    ReadError, ShardCount, Stored, StreamId,
};

use disk::{Access, Disk, Memory};

use bytes::Bytes;

/// Block cache of a log whose options name no other: holds the hot part of a few million
/// entities.
pub const CACHE_BYTES: usize = 256 * 1024 * 1024;
/// Memtables of a log whose options name no other.
pub const MEMTABLE_BYTES: usize = 128 * 1024 * 1024;
/// Reading a stopped log for one entity's story needs little.
const CACHE_BYTES_READ_ONLY: usize = 16 * 1024 * 1024;

/// Hears why a shard has stopped. The log cannot be used to the full from then on, and only a
/// restart tells what the disk holds; a program aborts in here.
pub type OnStop = Arc<dyn Fn(&str) + Send + std::marker::Sync>;

/// When an append is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Once it is on the disk.
    Every,
    /// Once the operating system has it: it survives the death of the process, and not that of
    /// the machine. For benchmarks, and for books that stand in for somebody else's.
    Never,
}

#[derive(Clone)]
pub struct RocksOptions {
    /// Must be what the data directory was created with.
    pub shards: ShardCount,
    /// Block cache of all shards together, indexes and bloom filters included.
    pub cache_bytes: usize,
    /// What is written and not yet flushed, all shards together; 4 MiB a shard at the least. More
    /// of it means fewer and larger files.
    pub memtable_bytes: usize,
    pub sync: Sync,
    /// Called on the thread of the shard that has stopped.
    pub on_stop: OnStop,
}

impl RocksOptions {
    /// Syncs, with the default sizes.
    pub fn new(shards: ShardCount, on_stop: OnStop) -> RocksOptions {
        RocksOptions {
            shards,
            cache_bytes: CACHE_BYTES,
            memtable_bytes: MEMTABLE_BYTES,
            sync: Sync::Every,
            on_stop,
        }
    }
}

/// The log on disk. Dropped, it writes what is queued, tells the callers, and closes.
///
/// Drop it on a thread of your own. One that is dropped by a `done` cannot wait for the thread
/// that it is on, which closes its part soon after: too late for a process that is ending.
pub struct RocksLog {
    /// One for each shard; none if the log is only read. Dropped before what they write to.
    writers: Vec<ShardWriter>,
    shared: Arc<Shared>,
}

impl RocksLog {
    /// Opens the log of a data directory, which is created if there is none. Blocks while what
    /// was written last is recovered: a second or so after a crash, however much is stored.
    ///
    /// # Errors
    /// [`DataDirError`], in words for whoever started the program.
    pub fn open(dir: &Path, options: RocksOptions) -> Result<RocksLog, DataDirError> {
        let dir = DataDir::open_or_create(dir, options.shards)?;
        let (cache, memtables) = (options.cache_bytes, options.memtable_bytes);
        let memory = Memory::new(cache, memtables, dir.shards(), dir.takes_direct_io());
        let access = match dir.is_new() {
            true => Access::Create(options.sync),
            false => Access::ReadWrite(options.sync),
        };
        let (shared, woken) = share(dir, &memory, access)?;
        let mut writers = Vec::new();
        for (shard, woken) in woken.into_iter().enumerate() {
            let started = ShardWriter::start(shared.clone(), shard, woken, options.on_stop.clone());
            writers.push(
                started.map_err(|cause| DataDirError::Io {
                    path: shared.dir.shard_path(shard),
                    cause,
                })?,
            );
        }
        Ok(RocksLog { writers, shared })
    }

    /// Opens the log of a stopped engine to look into it. Nothing in it is changed, and an append
    /// to it is refused with [`AppendError::Stopped`].
    ///
    /// # Errors
    /// [`DataDirError`]; also if the directory is not there or in use.
    pub fn open_read_only(dir: &Path) -> Result<RocksLog, DataDirError> {
        let dir = DataDir::open_existing(dir)?;
        let memory = Memory::new(CACHE_BYTES_READ_ONLY, MEMTABLE_BYTES, dir.shards(), false);
        let (shared, _) = share(dir, &memory, Access::ReadOnly)?;
        Ok(RocksLog { writers: Vec::new(), shared })
    }

    fn disk(&self, stream: StreamId) -> &Disk {
        &self.shared.disks[self.shared.dir.shards().shard_of(stream)]
    }
}

impl EventLog for RocksLog {
    fn append(&self, turn: Append, done: Done) -> Result<(), QueueFull> {
        match self.writers.get(self.shared.dir.shards().shard_of(turn.stream)) {
            Some(writer) => writer.append(turn, done),
            None => {
                done(Err(AppendError::Stopped("it was opened for reading only".to_owned())));
                Ok(())
            }
        }
    }

    fn read(&self, stream: StreamId) -> Result<Stored, ReadError> {
        self.disk(stream).stored(stream)
    }

    fn history(&self, stream: StreamId) -> Result<Vec<Bytes>, ReadError> {
        self.disk(stream).history(stream)
    }

    fn answer(&self, key: &AnswerKey, now: Millis) -> Result<Option<Answer>, ReadError> {
        let known = self.shared.answer(key)?;
        Ok(known.filter(|answer| crate::check::is_live(answer, now)))
    }

    fn due(
        &self,
        until: Millis,
        after: Option<DueAt>,
        limit: usize,
    ) -> Result<Vec<DueAt>, ReadError> {
        let mut page = Vec::new();
        for disk in &self.shared.disks {
            page.extend(disk.due(until, after, limit)?);
        }
        page.sort_unstable();
        page.truncate(limit);
        Ok(page)
    }

    fn streams(
        &self,
        kind: u8,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, ReadError> {
        let mut page = Vec::new();
        for disk in &self.shared.disks {
            page.extend(disk.streams(kind, after, limit)?);
        }
        page.sort_unstable();
        page.truncate(limit);
        Ok(page)
    }
}

impl Drop for RocksLog {
    fn drop(&mut self) {
        // All of them first, so that they write what they have left side by side.
        self.writers.iter_mut().for_each(ShardWriter::close);
    }
}

type Woken = Vec<crossbeam_channel::Receiver<()>>;

fn share(
    mut dir: DataDir,
    memory: &Memory,
    access: Access,
) -> Result<(Arc<Shared>, Woken), DataDirError> {
    let shards = dir.shards().indexes();
    let (claims, woken) = Claims::new(shards.len(), memory.heard.clone());
    // Side by side: after a crash each has a write-ahead log to read back.
    let disks = thread::scope(|scope| {
        let open = |shard| {
            let path = dir.shard_path(shard);
            scope.spawn(move || Disk::open(&path, memory, access))
        };
        let opening: Vec<_> = shards.map(open).collect();
        let opened = opening.into_iter().map(|disk| disk.join().expect("opening does not panic"));
        opened.collect::<Result<Vec<_>, _>>()
    })?;
    let acknowledged = match access {
        // What is not synced is not acknowledged in that sense.
        Access::Create(Sync::Never) | Access::ReadWrite(Sync::Never) => None,
        Access::Create(Sync::Every) | Access::ReadWrite(Sync::Every) => dir.acknowledged(true)?,
        Access::ReadOnly => dir.acknowledged(false)?,
    };
    let disks = match acknowledged.map(Arc::new) {
        Some(told) => {
            let held = |(shard, disk): (usize, Disk)| disk.held_against(&told, shard);
            disks.into_iter().enumerate().map(held).collect::<Result<_, _>>()?
        }
        None => disks,
    };
    if dir.is_new() {
        dir.created()?;
    }
    Ok((Arc::new(Shared { disks, claims: Arc::new(claims), dir }), woken))
}
