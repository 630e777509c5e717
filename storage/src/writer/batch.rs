//! The turns that one sync makes durable.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use rocksdb::WriteBatch;

use super::Queued;
use crate::check::Head;
use crate::claims::{Claims, Holding};
use crate::format::{self, Family, Sealer};
use crate::limits::{BATCH_BYTES_MAX, BATCH_TURNS_MAX};
use crate::rocks::disk::Disk;
use crate::{
    Answer, AnswerKey, Append, AppendError, Done, DueAt, DueChange, Millis, StreamId, Version,
};

pub(super) struct Batch {
    pub writes: WriteBatch,
    /// The idempotency keys that this batch may write.
    pub holding: Holding,
    /// What will be told once the batch is on disk, in the order of the queue. Refusals wait
    /// too: one may speak of a version or an answer that this very batch brings.
    pub outcomes: Vec<Outcome>,
    /// The earliest time that this batch makes a stream due.
    pub due_first: Option<Millis>,
    /// Answers that are not on disk yet, for the turns behind them.
    answers: HashMap<AnswerKey, Answer>,
}

pub(super) struct Outcome {
    pub done: Done,
    pub since: Instant,
    pub bytes: usize,
    pub result: Result<Version, AppendError>,
}

impl Batch {
    pub fn new(claims: Arc<Claims>, shard: usize) -> Batch {
        Batch {
            writes: WriteBatch::default(),
            holding: Holding::none(claims, shard),
            outcomes: Vec::new(),
            due_first: None,
            answers: HashMap::new(),
        }
    }

    pub fn has_room(&self) -> bool {
        self.outcomes.len() < BATCH_TURNS_MAX && self.writes.size_in_bytes() < BATCH_BYTES_MAX
    }

    /// What an earlier turn of this batch leaves under a key.
    pub fn answer(&self, key: &AnswerKey) -> Option<&Answer> {
        self.answers.get(key)
    }

    pub fn refuse(&mut self, queued: Queued, why: AppendError) {
        self.outcome(queued, Err(why));
    }

    /// Adds a turn that nothing speaks against.
    ///
    /// - `head`: the stream's, before the turn.
    /// - Returns the one after it.
    pub fn write(&mut self, disk: &Disk, sealer: &mut Sealer, queued: Queued, head: Head) -> Head {
        let turn = &queued.turn;
        let next = head.after(turn);
        self.write_stream(disk, sealer, turn, head, next);
        self.write_due(disk, sealer, turn, head);
        self.write_answer(disk, sealer, turn);
        self.outcome(queued, Ok(next.version));
        next
    }

    fn write_stream(
        &mut self,
        disk: &Disk,
        sealer: &mut Sealer,
        turn: &Append,
        head: Head,
        next: Head,
    ) {
        if let Some(record) = &turn.record {
            let key = format::record_key(turn.stream, next.version);
            self.writes.put_cf(disk.family(Family::Records), key, sealer.record(&key, record));
        }
        let key = format::stream_key(turn.stream);
        if let Some(state) = &turn.snapshot {
            let value = sealer.snapshot(&key, next.version, state);
            self.writes.put_cf(disk.family(Family::Snapshots), key, value);
        }
        // What is due changes seldom; the version is told by the records.
        if next.due_at != head.due_at {
            self.writes.put_cf(disk.family(Family::Heads), key, sealer.head(&key, next));
        }
    }

    fn write_due(&mut self, disk: &Disk, sealer: &mut Sealer, turn: &Append, head: Head) {
        let (stream, family) = (turn.stream, disk.family(Family::Due));
        let before = head.due_at.map(|at| DueAt { at, stream });
        let after = match &turn.due {
            DueChange::Keep => return,
            DueChange::Clear => None,
            DueChange::Set(due) => Some((DueAt { at: due.at, stream }, &due.note)),
        };
        if let Some(before) = before
            && Some(before) != after.map(|(due, _)| due)
        {
            self.writes.delete_cf(family, format::due_key(before));
        }
        if let Some((due, note)) = after {
            let key = format::due_key(due);
            self.writes.put_cf(family, key, sealer.due(&key, note));
            self.due_first = Some(self.due_first.map_or(due.at, |first| first.min(due.at)));
        }
    }

    fn write_answer(&mut self, disk: &Disk, sealer: &mut Sealer, turn: &Append) {
        let Some(write) = &turn.answer else { return };
        let (key, answer) = (write.key(), write.answer(turn.stream));
        let value = sealer.answer(&key.0, &answer);
        self.writes.put_cf(disk.family(Family::Answers), &key.0, value);
        self.answers.insert(key.clone(), answer);
    }

    fn outcome(&mut self, queued: Queued, result: Result<Version, AppendError>) {
        let Queued { done, since, bytes, .. } = queued;
        self.outcomes.push(Outcome { done, since, bytes, result });
    }
}

/// Heads of the streams written last.
#[derive(Default)]
pub(super) struct Heads(HashMap<StreamId, Head>);

impl Heads {
    pub fn get(&self, stream: StreamId) -> Option<Head> {
        self.0.get(&stream).copied()
    }

    pub fn set(&mut self, stream: StreamId, head: Head) {
        self.0.insert(stream, head);
    }

    /// Forgets every other head if there are too many. Only between batches: the head of a turn
    /// that is not on disk yet is known nowhere else. Whatever is forgotten is read again, so
    /// it matters little which half goes, and this keeps no order to find out.
    pub fn bound(&mut self, heads_max: usize) {
        if self.0.len() > heads_max {
            let mut keep = false;
            self.0.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }
}
