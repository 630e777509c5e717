//! The metrics of this crate: names, labels, help texts, and handles resolved once.
//!
//! Why: dashboards and alerts are written against these constants, and a committer that looked
//! its metrics up by name on each turn would spend more on counting than on writing.

use metrics::{Counter, Gauge, Histogram, Unit};

use crate::AppendError;

/// From the queueing of a turn until its caller is told: what a request waits for the log.
pub const COMMIT_SECONDS: &str = "storage_commit_seconds";
/// One write of a batch, its sync included where the log syncs.
pub const SYNC_SECONDS: &str = "storage_sync_seconds";
/// Turns in a batch, refused ones included.
pub const BATCH_TURNS: &str = "storage_batch_turns";
/// Bytes handed to RocksDB with a batch.
pub const BATCH_BYTES: &str = "storage_batch_bytes";
/// Turns waiting for a shard's committer, as seen after each batch.
pub const QUEUE_DEPTH: &str = "storage_queue_depth";
/// Turns that wrote nothing, by [`LABEL_REASON`].
pub const REFUSED_TOTAL: &str = "storage_refused_total";

/// The shard's number, from zero.
pub const LABEL_SHARD: &str = "shard";
/// One of the `REASON_` constants.
pub const LABEL_REASON: &str = "reason";

pub const REASON_CONFLICT: &str = "conflict";
pub const REASON_KEY_TAKEN: &str = "key_taken";
pub const REASON_TOO_LARGE: &str = "too_large";
pub const REASON_QUEUE_FULL: &str = "queue_full";
pub const REASON_STOPPED: &str = "stopped";

/// Gives the recorder the help texts. Call once, after the recorder is installed and before a
/// log is opened: the handles of a log are those of the recorder it was opened under.
pub fn describe() {
    metrics::describe_histogram!(
        COMMIT_SECONDS,
        Unit::Seconds,
        "From queueing a turn until its caller is told"
    );
    metrics::describe_histogram!(SYNC_SECONDS, Unit::Seconds, "One write of a batch with its sync");
    metrics::describe_histogram!(BATCH_TURNS, Unit::Count, "Turns in one batch");
    metrics::describe_histogram!(BATCH_BYTES, Unit::Bytes, "Bytes written with one batch");
    metrics::describe_gauge!(QUEUE_DEPTH, Unit::Count, "Turns waiting for a shard's committer");
    metrics::describe_counter!(REFUSED_TOTAL, Unit::Count, "Turns that wrote nothing, by reason");
}

/// One shard's handles.
#[derive(Clone)]
pub(crate) struct ShardMetrics {
    pub commit_seconds: Histogram,
    pub sync_seconds: Histogram,
    pub batch_turns: Histogram,
    pub batch_bytes: Histogram,
    pub queue_depth: Gauge,
    pub refused_conflict: Counter,
    pub refused_key_taken: Counter,
    pub refused_too_large: Counter,
    pub refused_queue_full: Counter,
    pub refused_stopped: Counter,
}

impl ShardMetrics {
    pub fn of(shard: usize) -> ShardMetrics {
        let shard = shard.to_string();
        let refused = |reason: &'static str| {
            let shard = shard.clone();
            metrics::counter!(REFUSED_TOTAL, LABEL_SHARD => shard, LABEL_REASON => reason)
        };
        ShardMetrics {
            commit_seconds: metrics::histogram!(COMMIT_SECONDS, LABEL_SHARD => shard.clone()),
            sync_seconds: metrics::histogram!(SYNC_SECONDS, LABEL_SHARD => shard.clone()),
            batch_turns: metrics::histogram!(BATCH_TURNS, LABEL_SHARD => shard.clone()),
            batch_bytes: metrics::histogram!(BATCH_BYTES, LABEL_SHARD => shard.clone()),
            queue_depth: metrics::gauge!(QUEUE_DEPTH, LABEL_SHARD => shard.clone()),
            refused_conflict: refused(REASON_CONFLICT),
            refused_key_taken: refused(REASON_KEY_TAKEN),
            refused_too_large: refused(REASON_TOO_LARGE),
            refused_queue_full: refused(REASON_QUEUE_FULL),
            refused_stopped: refused(REASON_STOPPED),
        }
    }

    pub fn refused(&self, why: &AppendError) {
        let counter = match why {
            AppendError::Conflict { .. } => &self.refused_conflict,
            AppendError::KeyTaken(_) => &self.refused_key_taken,
            AppendError::Stopped(_) => &self.refused_stopped,
            AppendError::TooLarge { .. } => &self.refused_too_large,
        };
        counter.increment(1);
    }
}
