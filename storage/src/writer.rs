//! One shard's queue and the thread behind it.
//!
//! Why: a sync costs the same for one turn as for a thousand. While one runs the queue fills, and
//! the next batch takes all of it: light load gets low latency, heavy load gets few syncs, and
//! nobody tunes a timer.
//!
//! Promise: turns are written in the order in which they are queued, and each caller hears
//! exactly once. After a failed write nobody knows what the disk holds, so the shard writes
//! nothing ever again and says so through its `on_stop`.

mod batch;
mod committer;
mod parked;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::check;
use crate::claims::Claims;
use crate::datadir::DataDir;
use crate::limits::{QUEUE_BYTES_MAX, QUEUE_TURNS_MAX};
use crate::metrics::ShardMetrics;
use crate::rocks::OnStop;
use crate::rocks::disk::Disk;
use crate::{Answer, AnswerKey, Append, AppendError, Done, QueueFull, ReadError};

use committer::Committer;

/// What the shards of a log share.
pub(crate) struct Shared {
    pub disks: Vec<Disk>,
    pub claims: Arc<Claims>,
    /// After the disks, so that they are closed before somebody else may open them.
    pub dir: DataDir,
}

impl Shared {
    /// What any shard remembers under a key, expired or not. A key that was taken anew by a
    /// stream of another shard is there twice: the one that expires last is the one that counts.
    pub fn answer(&self, key: &AnswerKey) -> Result<Option<Answer>, ReadError> {
        let mut last: Option<Answer> = None;
        for disk in &self.disks {
            let found = disk.answer(key)?;
            last = last.into_iter().chain(found).max_by_key(|answer| answer.expires_at);
        }
        Ok(last)
    }
}

/// A turn on its way to the disk.
struct Queued {
    turn: Append,
    /// Known before it was queued. It is told in its turn all the same, by the same thread.
    refused: Option<AppendError>,
    bytes: usize,
    done: Done,
    since: Instant,
}

pub(crate) struct ShardWriter {
    /// `None` once it is being dropped.
    queue: Option<Sender<Queued>>,
    queued_bytes: Arc<AtomicUsize>,
    metrics: ShardMetrics,
    committer: Option<JoinHandle<()>>,
}

impl ShardWriter {
    /// - `woken`: the shard's receiver from [`Claims::new`].
    pub fn start(
        shared: Arc<Shared>,
        shard: usize,
        woken: Receiver<()>,
        on_stop: OnStop,
    ) -> std::io::Result<ShardWriter> {
        let (sender, queue) = bounded(QUEUE_TURNS_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let metrics = ShardMetrics::of(shard);
        let committer = Committer::new(
            shared,
            shard,
            queue,
            woken,
            queued_bytes.clone(),
            metrics.clone(),
            on_stop,
        );
        let committer =
            thread::Builder::new().name(format!("log-{shard}")).spawn(|| committer.run())?;
        Ok(ShardWriter { queue: Some(sender), queued_bytes, metrics, committer: Some(committer) })
    }

    /// See [`EventLog::append`](crate::EventLog::append).
    pub fn append(&self, turn: Append, done: Done) -> Result<(), QueueFull> {
        let queued = Queued::new(turn, done);
        let bytes = queued.bytes;
        let queue = self.queue.as_ref().expect("the queue is open until the writer is dropped");
        if self.queued_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > QUEUE_BYTES_MAX {
            return Err(self.full(bytes));
        }
        match queue.try_send(queued) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(self.full(bytes)),
            // The committer panicked, and there is no other thread to say so.
            Err(TrySendError::Disconnected(queued)) => {
                (queued.done)(Err(AppendError::Stopped("the committer is gone".to_owned())));
                Ok(())
            }
        }
    }

    /// Lets the committer write what is queued, and then end.
    pub fn close(&mut self) {
        self.queue = None;
    }

    fn full(&self, bytes: usize) -> QueueFull {
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.metrics.refused_queue_full.increment(1);
        QueueFull
    }
}

impl Drop for ShardWriter {
    fn drop(&mut self) {
        self.close();
        let Some(committer) = self.committer.take() else { return };
        // The log may be dropped by a `done` that held it last, and then this is the committer:
        // it cannot wait for itself, and ends when it returns from here.
        if committer.thread().id() != thread::current().id() && committer.join().is_err() {
            tracing::error!("a committer of the log has panicked");
        }
    }
}

impl Queued {
    fn new(mut turn: Append, done: Done) -> Queued {
        let size = check::size(&turn);
        let bytes = *size.as_ref().unwrap_or(&0);
        let refused = size.err();
        if refused.is_some() {
            // Nothing of it will be written, so nothing of it waits in memory.
            turn = Append { record: None, snapshot: None, answer: None, ..turn };
            turn.due = crate::DueChange::Keep;
        }
        Queued { turn, refused, bytes, done, since: Instant::now() }
    }
}

#[cfg(test)]
mod tests;
