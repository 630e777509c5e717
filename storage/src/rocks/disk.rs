//! One shard's RocksDB: how it is opened, tuned and written to. Reading is `recovery.rs`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, CompactionDecision, DB,
    DBCompressionType, DBRecoveryMode, Env, Options, SliceTransform, WriteBatch,
    WriteBufferManager, WriteOptions,
};

use crate::acknowledged::Acknowledged;
use crate::datadir::DataDirError;
use crate::format::{Family, STREAM_BYTES, answer_expires_at};
use crate::limits::{OPEN_FILES_MAX, WAL_BYTES_MAX};
use crate::rocks::Sync;
use crate::rocks::due_floor::DueFloor;
use crate::shard::ShardCount;

const BLOOM_BITS_PER_KEY: f64 = 10.0;
/// Below this the empty memtables of a shard, with their blooms, would take up the better part,
/// and every few turns would be flushed to a file of their own.
const SHARD_MEMTABLE_BYTES_MIN: usize = 4 * 1024 * 1024;
/// A flush of more than this takes long enough to be felt.
const FAMILY_MEMTABLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A share of each memtable, so that a key just written or never written is told apart without
/// a walk through its skip list.
const MEMTABLE_BLOOM_RATIO: f64 = 0.02;
/// By level; the last stands for all deeper ones.
const COMPRESSION: [DBCompressionType; 3] =
    [DBCompressionType::None, DBCompressionType::None, DBCompressionType::Lz4];
/// Flushed files of a family that are merged at once. A read looks into each, past its filter.
const FILES_BEFORE_COMPACTION: i32 = 8;
const SST_BYTES_PER_SYNC: u64 = 1024 * 1024;
const BACKGROUND_JOBS_MAX: i32 = 2;
const INFO_LOG_BYTES_MAX: usize = 4 * 1024 * 1024;
const INFO_LOGS_MAX: usize = 2;
/// Answers that nothing else compacts are looked at this often, and dropped if expired.
const ANSWERS_COMPACTED_SECONDS: u64 = 12 * 60 * 60;
/// A table of the due index is compacted soon when 64 of any 128 entries in a row are
/// deletions: what was due and is done lies just where the next search starts.
const DUE_DELETIONS: (usize, usize) = (128, 64);

pub(crate) struct Disk {
    pub(crate) db: DB,
    /// Where this is, for messages: the shard's directory.
    pub(crate) place: String,
    pub(crate) due_floor: DueFloor,
    write_options: WriteOptions,
    /// Where it is told how far this shard is acknowledged, and under which number.
    acknowledged: Option<(Arc<Acknowledged>, usize)>,
}

/// What all shards of a process share.
pub(crate) struct Memory {
    pub cache: Cache,
    pub memtables: WriteBufferManager,
    /// Where one family of one shard is flushed at the latest.
    pub memtable_bytes: usize,
    /// Whether the file system takes what goes past its cache.
    pub direct_io: bool,
    /// The latest time that a take has named: answers that had expired then may go.
    pub heard: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// In a data directory that is being created.
    Create(Sync),
    /// What is not there is lost, and not made anew.
    ReadWrite(Sync),
    ReadOnly,
}

impl Memory {
    /// - `cache_bytes`, `memtable_bytes`: for all shards together.
    pub fn new(
        cache_bytes: usize,
        memtable_bytes: usize,
        shards: ShardCount,
        direct_io: bool,
    ) -> Memory {
        let shards = usize::from(shards.get());
        let memtable_bytes = memtable_bytes.max(shards * SHARD_MEMTABLE_BYTES_MIN);
        Memory {
            cache: Cache::new_lru_cache(cache_bytes),
            // Never stalls writers: a full manager flushes, and RocksDB's own limits on
            // unflushed memtables slow the committer down if flushing cannot keep up.
            memtables: WriteBufferManager::new_write_buffer_manager(memtable_bytes, false),
            memtable_bytes: (memtable_bytes / shards / 2).min(FAMILY_MEMTABLE_BYTES_MAX),
            direct_io,
            heard: Arc::default(),
        }
    }
}

impl Disk {
    pub fn open(path: &Path, memory: &Memory, access: Access) -> Result<Disk, DataDirError> {
        let mut options = database_options(memory);
        options.create_if_missing(matches!(access, Access::Create(_)));
        let families = Family::ALL.map(|family| {
            ColumnFamilyDescriptor::new(family.name(), family_options(family, memory))
        });
        let mut write_options = WriteOptions::default();
        let opened = match access {
            Access::Create(sync) | Access::ReadWrite(sync) => {
                write_options.set_sync(sync == Sync::Every);
                DB::open_cf_descriptors(&options, path, families)
            }
            Access::ReadOnly => DB::open_cf_descriptors_read_only(&options, path, families, false),
        };
        let place = path.display().to_string();
        match opened {
            Ok(db) => {
                let due_floor = DueFloor::new();
                Ok(Disk { db, place, due_floor, write_options, acknowledged: None })
            }
            Err(cause) => Err(DataDirError::Shard { place, why: cause.into_string() }),
        }
    }

    /// Holds the shard against what it has acknowledged, and lets it go on from there.
    ///
    /// # Errors
    /// If it ends before that.
    pub fn held_against(
        mut self,
        acknowledged: &Arc<Acknowledged>,
        shard: usize,
    ) -> Result<Disk, DataDirError> {
        let (ends_at, told) = (self.db.latest_sequence_number(), acknowledged.of(shard)?);
        if ends_at < told {
            let why = format!(
                "it ends at change {ends_at}, and up to change {told} was acknowledged: the end \
                 of its write-ahead log is missing or damaged"
            );
            return Err(DataDirError::Shard { place: self.place, why });
        }
        self.acknowledged = Some((Arc::clone(acknowledged), shard));
        Ok(self)
    }

    pub fn family(&self, family: Family) -> &ColumnFamily {
        self.db.cf_handle(family.name()).expect("every family is opened with the database")
    }

    /// Returns once the batch is in the write-ahead log, and synced if the log syncs. Readers
    /// see it only after that.
    ///
    /// # Errors
    /// In words.
    pub fn write(&self, batch: WriteBatch) -> Result<(), String> {
        self.db.write_opt(batch, &self.write_options).map_err(rocksdb::Error::into_string)?;
        if let Some((acknowledged, shard)) = &self.acknowledged {
            let told = acknowledged.set(*shard, self.db.latest_sequence_number());
            told.map_err(|cause| format!("what is acknowledged cannot be noted: {cause}"))?;
        }
        Ok(())
    }

    /// Makes a log that does not sync durable, when it is closed in order.
    pub fn sync(&self) -> Result<(), rocksdb::Error> {
        self.db.flush_wal(true)
    }
}

fn database_options(memory: &Memory) -> Options {
    let mut options = Options::default();
    options.create_missing_column_families(true);
    // What the write-ahead log may look like when a shard opens. A tail that ends in the middle
    // of a write was never acknowledged, for `done` is called after the sync: it is forgotten.
    // Anything else that does not check out was written and acknowledged once, and the shard
    // refuses to open. Point-in-time recovery, RocksDB's default, would quietly forget it with
    // everything after it; absolute consistency would not start after a power cut. What remains
    // is a length that went wrong in the last 32 KiB block: it looks like a torn tail, and is
    // found out by what was acknowledged (`acknowledged.rs`).
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    // A recycled log ends in what is left of the one before, which this mode cannot tell from
    // damage (RocksDB would turn recycling off by itself). The cost is one journal commit of the
    // file system more for each sync that grows the file; losing a payment costs more.
    options.set_recycle_log_file_num(0);
    // A tail is tolerated at the end of any log file: this notices an earlier one cut short.
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_write_buffer_manager(&memory.memtables);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(BACKGROUND_JOBS_MAX);
    // Merging files can wait for a moment in which nobody pays.
    let mut env = Env::new().expect("every process has an environment");
    env.lower_thread_pool_cpu_priority();
    env.lower_high_priority_thread_pool_cpu_priority();
    options.set_env(&env);
    // A commit's sync may have to wait for whatever else the file system has still to write: of
    // what is flushed and merged that is nothing, or else as little as possible.
    options.set_use_direct_io_for_flush_and_compaction(memory.direct_io);
    options.set_bytes_per_sync(SST_BYTES_PER_SYNC);
    options.set_max_log_file_size(INFO_LOG_BYTES_MAX);
    options.set_keep_log_file_num(INFO_LOGS_MAX);
    options.set_stats_dump_period_sec(0);
    options
}

fn family_options(family: Family, memory: &Memory) -> Options {
    let mut options = Options::default();
    let mut table = BlockBasedOptions::default();
    // What was just written is rewritten soon: only what has come to rest is worth packing.
    options.set_compression_per_level(&COMPRESSION);
    options.set_level_zero_file_num_compaction_trigger(FILES_BEFORE_COMPACTION);
    options.set_write_buffer_size(memory.memtable_bytes);
    table.set_block_cache(&memory.cache);
    // Indexes and filters count against the cache, so that memory does not grow with the number
    // of entities stored.
    table.set_cache_index_and_filter_blocks(true);
    table.set_cache_index_and_filter_blocks_with_high_priority(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    match family {
        // Read as a range of one stream: the filter asks whether the stream is there at all.
        Family::Records => {
            options.set_prefix_extractor(SliceTransform::create_fixed_prefix(STREAM_BYTES));
            options.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM_RATIO);
            table.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
            table.set_whole_key_filtering(false);
        }
        // Read by key, and mostly to find nothing: a new stream has no head, and a new key is
        // looked for in every shard.
        Family::Snapshots | Family::Heads | Family::Answers => {
            options.set_memtable_whole_key_filtering(true);
            options.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM_RATIO);
            table.set_bloom_filter(BLOOM_BITS_PER_KEY, false);
            table.set_whole_key_filtering(true);
        }
        Family::Due => {
            let (window, deletions) = DUE_DELETIONS;
            options.add_compact_on_deletion_collector_factory(window, deletions, 0.5);
        }
    }
    if family == Family::Answers {
        let heard = memory.heard.clone();
        options.set_periodic_compaction_seconds(ANSWERS_COMPACTED_SECONDS);
        options.set_compaction_filter(
            "paceline.expired_answers",
            move |_, key: &[u8], value: &[u8]| expired(key, value, heard.load(Ordering::Acquire)),
        );
    }
    options.set_block_based_table_factory(&table);
    options
}

/// Whether compaction drops an answer. The time is the latest that a take has named, not the
/// clock's: an answer goes only after a caller could have taken its key anew. A value that does
/// not check out stays, to be found out by who reads it.
fn expired(key: &[u8], value: &[u8], heard: u64) -> CompactionDecision {
    match answer_expires_at(key, value) {
        Ok(expires_at) if expires_at.0 <= heard => CompactionDecision::Remove,
        Ok(_) | Err(_) => CompactionDecision::Keep,
    }
}

#[cfg(test)]
mod tests;
