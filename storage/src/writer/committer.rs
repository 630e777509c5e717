//! The thread that writes one shard: collects a batch, writes and syncs it, tells the callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, never, select};

use super::batch::{Batch, Heads, Outcome};
use super::parked::Parked;
use super::{Queued, Shared};
use crate::check::{self, Head};
use crate::claims::Claimed;
use crate::format::Sealer;
use crate::limits::HEADS_CACHED_MAX;
use crate::metrics::ShardMetrics;
use crate::rocks::OnStop;
use crate::rocks::disk::Disk;
use crate::{Answer, AnswerWrite, Append, AppendError, ReadError, StreamId};

pub(super) struct Committer {
    shared: Arc<Shared>,
    shard: usize,
    queue: Receiver<Queued>,
    /// The queue has ended: the log is being dropped.
    closed: bool,
    /// Another shard has let go of a key that a parked turn waits for.
    woken: Receiver<()>,
    parked: Parked,
    heads: Heads,
    sealer: Sealer,
    queued_bytes: Arc<AtomicUsize>,
    metrics: ShardMetrics,
    on_stop: OnStop,
}

/// What becomes of a turn.
enum Verdict {
    Write(Head),
    /// Another shard holds its idempotency key.
    Park,
}

impl Committer {
    pub fn new(
        shared: Arc<Shared>,
        shard: usize,
        queue: Receiver<Queued>,
        woken: Receiver<()>,
        queued_bytes: Arc<AtomicUsize>,
        metrics: ShardMetrics,
        on_stop: OnStop,
    ) -> Committer {
        Committer {
            shared,
            shard,
            queue,
            closed: false,
            woken,
            parked: Parked::default(),
            heads: Heads::default(),
            sealer: Sealer::default(),
            queued_bytes,
            metrics,
            on_stop,
        }
    }

    /// Runs until the queue is closed and empty.
    pub fn run(mut self) {
        let _watch = Watch { on_stop: self.on_stop.clone(), shard: self.shard };
        while let Some(batch) = self.collect() {
            if let Err(why) = self.commit(batch) {
                return self.refuse_from_now_on(&why);
            }
        }
        if let Err(cause) = self.disk().sync() {
            tracing::error!(shard = self.shard, %cause, "the log was closed without a last sync");
        }
    }

    /// Waits for a turn, then takes what has come meanwhile. `None`: there will be no more.
    fn collect(&mut self) -> Option<Batch> {
        self.heads.bound(HEADS_CACHED_MAX);
        let mut batch = Batch::new(self.shared.claims.clone(), self.shard);
        while batch.outcomes.is_empty() {
            if self.closed && self.parked.is_empty() {
                return None;
            }
            self.wait(&mut batch);
            while batch.has_room() && self.parked.has_room() {
                let Ok(queued) = self.queue.try_recv() else { break };
                self.admit(queued, &mut batch);
            }
        }
        Some(batch)
    }

    fn wait(&mut self, batch: &mut Batch) {
        if self.parked.is_empty() {
            match self.queue.recv() {
                Ok(queued) => self.admit(queued, batch),
                Err(_) => self.closed = true,
            }
            return;
        }
        // The claim that a parked turn waits for is held by a batch of another shard: it is let
        // go when that batch has been written, so this wait ends.
        let nothing = never();
        let listen = !self.closed && self.parked.has_room();
        select! {
            recv(self.woken) -> _ => self.ask_again(batch),
            recv(if listen { &self.queue } else { &nothing }) -> queued => match queued {
                Ok(queued) => self.admit(queued, batch),
                Err(_) => self.closed = true,
            },
        }
    }

    /// All parked turns fit one batch by their number. By their bytes they may go over its
    /// bound, which is no more than a slower sync.
    fn ask_again(&mut self, batch: &mut Batch) {
        for queued in self.parked.take() {
            self.admit(queued, batch);
        }
    }

    fn admit(&mut self, queued: Queued, batch: &mut Batch) {
        let stream = queued.turn.stream;
        if self.parked.holds(stream) {
            return self.parked.push(queued);
        }
        match self.judge(&queued, batch) {
            Ok(Verdict::Write(head)) => {
                let disk = &self.shared.disks[self.shard];
                let next = batch.write(disk, &mut self.sealer, queued, head);
                self.heads.set(stream, next);
            }
            Ok(Verdict::Park) => self.parked.push(queued),
            Err(why) => batch.refuse(queued, why),
        }
    }

    fn judge(&mut self, queued: &Queued, batch: &mut Batch) -> Result<Verdict, AppendError> {
        if let Some(why) = &queued.refused {
            return Err(why.clone());
        }
        let turn = &queued.turn;
        let head = self.head(turn)?;
        check::version(turn, head)?;
        let Some(write) = &turn.answer else { return Ok(Verdict::Write(head)) };
        let claims = &self.shared.claims;
        if let AnswerWrite::Take { now, .. } = write {
            claims.hear(*now);
        }
        // Claimed before it is looked for: whoever claims it next finds what this batch writes.
        match batch.holding.claim(write.key()) {
            Claimed::Ours => {}
            Claimed::Elsewhere => return Ok(Verdict::Park),
            Claimed::Doubtful => {
                let why = "the shard that was writing this idempotency key has stopped";
                return Err(AppendError::Stopped(why.to_owned()));
            }
        }
        let known = self.known(write, turn.stream, batch)?;
        check::answer(write, turn.stream, known.as_ref(), claims.heard())?;
        Ok(Verdict::Write(head))
    }

    fn head(&mut self, turn: &Append) -> Result<Head, AppendError> {
        match self.heads.get(turn.stream) {
            Some(head) => Ok(head),
            None => self.disk().head(turn.stream, turn.expected).map_err(unwritable),
        }
    }

    /// What is remembered under the key of `write`, by any shard.
    fn known(
        &self,
        write: &AnswerWrite,
        stream: StreamId,
        batch: &Batch,
    ) -> Result<Option<Answer>, AppendError> {
        let key = write.key();
        if let Some(answer) = batch.answer(key) {
            return Ok(Some(answer.clone()));
        }
        if let AnswerWrite::Replace { .. } = write {
            // A live answer of the stream's own is the only one: nobody could have taken it.
            let own = self.disk().answer(key).map_err(unwritable)?;
            let heard = self.shared.claims.heard();
            if own.as_ref().is_some_and(|own| own.stream == stream && check::is_live(own, heard)) {
                return Ok(own);
            }
        }
        self.shared.answer(key).map_err(unwritable)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), String> {
        let Batch { writes, holding, outcomes, due_first, .. } = batch;
        self.metrics.batch_turns.record(outcomes.len() as f64);
        // Nothing to write: barriers and refusals, and all before them is on disk already.
        if !writes.is_empty() {
            self.metrics.batch_bytes.record(writes.size_in_bytes() as f64);
            let started = Instant::now();
            if let Err(cause) = self.disk().write(writes) {
                let why = format!("{}: {cause}", self.disk().place);
                // First of all: the hook may end the process, and nobody should act on more.
                (self.on_stop)(&why);
                // What the batch claimed is doubtful from here on.
                drop(holding);
                self.tell_stopped(outcomes, &why);
                return Err(why);
            }
            self.metrics.sync_seconds.record(started.elapsed());
        }
        due_first.inspect(|at| self.disk().due_floor.lower(*at));
        // Before the callers hear: what one of them does next may need a key of this batch.
        holding.release();
        outcomes.into_iter().for_each(|outcome| self.tell(outcome));
        self.metrics.queue_depth.set(self.queue.len() as f64);
        Ok(())
    }

    fn tell(&self, outcome: Outcome) {
        let Outcome { done, since, bytes, result } = outcome;
        self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        match &result {
            Ok(_) => self.metrics.commit_seconds.record(since.elapsed()),
            Err(why) => self.metrics.refused(why),
        }
        done(result);
    }

    fn tell_stopped(&self, outcomes: Vec<Outcome>, why: &str) {
        for outcome in outcomes {
            let result = Err(AppendError::Stopped(why.to_owned()));
            self.tell(Outcome { result, ..outcome });
        }
    }

    /// The shard has stopped. Its callers are told, until there are no more.
    fn refuse_from_now_on(mut self, why: &str) {
        let parked = self.parked.take();
        for Queued { done, since, bytes, .. } in parked.into_iter().chain(self.queue.iter()) {
            let result = Err(AppendError::Stopped(why.to_owned()));
            self.tell(Outcome { done, since, bytes, result });
        }
    }

    fn disk(&self) -> &Disk {
        &self.shared.disks[self.shard]
    }
}

/// A turn that cannot be judged is not written. The shard goes on: one damaged stream is no
/// reason to refuse the others.
fn unwritable(cause: ReadError) -> AppendError {
    AppendError::Stopped(cause.to_string())
}

/// A committer that panics leaves its callers waiting, so the process has to know.
struct Watch {
    on_stop: OnStop,
    shard: usize,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.on_stop)(&format!("the committer of shard {} has panicked", self.shard));
        }
    }
}
