//! The same log in memory, able to forget what was not synced.
//!
//! Why: the engine's tests play whole days in a second and cut the power whenever they like.
//! [`MemoryLog::new`] acknowledges at once. [`MemoryLog::held`] acknowledges nothing until
//! [`MemoryLog::sync`], and [`MemoryLog::crash`] gives what a restart would find.
//!
//! Promise: it refuses what the log on disk refuses, by the same rules (`check.rs`). Left out:
//! damage, shards, and any bound on what is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use crate::check::{self, Head};
use crate::limits::QUEUE_TURNS_MAX;
use crate::{
    Answer, AnswerKey, AnswerWrite, Append, AppendError, Done, Due, DueAt, DueChange, EventLog,
    Millis, QueueFull, ReadError, Stored, StreamId, Version,
};

/// A log in memory.
pub struct MemoryLog {
    /// Whether appends wait for [`MemoryLog::sync`].
    held: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    synced: Tables,
    queue: VecDeque<(Append, Done)>,
    /// Somebody is working the queue off: whoever appends meanwhile leaves it to them. So a
    /// `done` that appends does not recurse, and the callers hear in the order of the queue.
    draining: bool,
    crashed: bool,
}

#[derive(Clone, Default)]
struct Tables {
    streams: HashMap<StreamId, Stream>,
    answers: HashMap<AnswerKey, Answer>,
    due: BTreeSet<DueAt>,
    /// The latest time that a take has named.
    heard: Option<Millis>,
}

#[derive(Clone, Default)]
struct Stream {
    /// By the version they bring the stream to.
    records: BTreeMap<Version, Bytes>,
    snapshot: Option<(Version, Bytes)>,
    due: Option<Due>,
}

impl MemoryLog {
    /// A log that acknowledges each append before it returns, unless another is just being
    /// acknowledged: then soon after.
    pub fn new() -> MemoryLog {
        MemoryLog { held: false, state: Mutex::default() }
    }

    /// A log that writes and acknowledges nothing until it is told to sync.
    pub fn held() -> MemoryLog {
        MemoryLog { held: true, state: Mutex::default() }
    }

    /// Writes and acknowledges what is queued now; appends made meanwhile wait for the next.
    ///
    /// - Returns how many turns it acknowledged, refused ones included.
    pub fn sync(&self) -> usize {
        let queued = self.queued();
        self.sync_next(queued)
    }

    /// Writes and acknowledges the oldest `turns` queued, or as many as there are.
    ///
    /// - Returns how many there were.
    pub fn sync_next(&self, turns: usize) -> usize {
        (0..turns).take_while(|_| self.acknowledge_one()).count()
    }

    /// Turns that wait for a sync.
    pub fn queued(&self) -> usize {
        self.state().queue.len()
    }

    /// Cuts the power. What was not synced is gone, its callers never hear, and this log, which
    /// somebody may still hold, has stopped.
    ///
    /// - Returns the log that a restart finds.
    pub fn crash(&self) -> MemoryLog {
        let mut state = self.state();
        state.crashed = true;
        let lost = std::mem::take(&mut state.queue);
        let synced = Tables { heard: None, ..state.synced.clone() };
        drop(state);
        // Not under the lock: what a `done` holds may append when it is dropped.
        drop(lost);
        MemoryLog { held: self.held, state: Mutex::new(State { synced, ..State::default() }) }
    }

    /// Works the queue off, unless somebody is at it already.
    fn drain(&self) {
        if std::mem::replace(&mut self.state().draining, true) {
            return;
        }
        let _draining = Draining(self);
        while self.acknowledge_one() {}
    }

    /// The lock is free again when the caller hears, who may append or read.
    fn acknowledge_one(&self) -> bool {
        let mut state = self.state();
        let Some((turn, done)) = state.queue.pop_front() else {
            // Under the same lock as the look into the queue, or an append in between would
            // be left to nobody.
            state.draining = false;
            return false;
        };
        let result = state.synced.write(&turn);
        drop(state);
        done(result);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no caller runs under the lock, so none can panic under it")
    }
}

impl Default for MemoryLog {
    fn default() -> MemoryLog {
        MemoryLog::new()
    }
}

impl EventLog for MemoryLog {
    fn append(&self, turn: Append, done: Done) -> Result<(), QueueFull> {
        let mut state = self.state();
        if state.crashed {
            drop(state);
            done(Err(AppendError::Stopped("the power was cut".to_owned())));
            return Ok(());
        }
        if state.queue.len() >= QUEUE_TURNS_MAX {
            return Err(QueueFull);
        }
        state.queue.push_back((turn, done));
        drop(state);
        if !self.held {
            self.drain();
        }
        Ok(())
    }

    fn read(&self, stream: StreamId) -> Result<Stored, ReadError> {
        let state = self.state();
        let Some(found) = state.synced.streams.get(&stream) else { return Ok(Stored::default()) };
        let from = found.snapshot.as_ref().map_or(Version(0), |(version, _)| *version);
        let records = found.records.range(Version(from.0 + 1)..);
        Ok(Stored {
            version: found.head().version,
            snapshot: found.snapshot.clone(),
            records: records.map(|(_, record)| record.clone()).collect(),
            due: found.due.clone(),
        })
    }

    fn history(&self, stream: StreamId) -> Result<Vec<Bytes>, ReadError> {
        let state = self.state();
        let found = state.synced.streams.get(&stream);
        Ok(found.map_or_else(Vec::new, |found| found.records.values().cloned().collect()))
    }

    fn answer(&self, key: &AnswerKey, now: Millis) -> Result<Option<Answer>, ReadError> {
        let state = self.state();
        Ok(state.synced.answers.get(key).filter(|answer| check::is_live(answer, now)).cloned())
    }

    fn due(
        &self,
        until: Millis,
        after: Option<DueAt>,
        limit: usize,
    ) -> Result<Vec<DueAt>, ReadError> {
        let state = self.state();
        let later = state.synced.due.iter().filter(|due| after.is_none_or(|after| **due > after));
        Ok(later.take_while(|due| due.at <= until).take(limit).copied().collect())
    }

    fn streams(
        &self,
        kind: u8,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, ReadError> {
        let state = self.state();
        let written = state.synced.streams.iter().filter(|(_, found)| !found.records.is_empty());
        let mut streams: Vec<StreamId> = written
            .map(|(stream, _)| *stream)
            .filter(|stream| stream.kind == kind && after.is_none_or(|after| *stream > after))
            .collect();
        streams.sort_unstable();
        streams.truncate(limit);
        Ok(streams)
    }
}

impl Tables {
    fn write(&mut self, turn: &Append) -> Result<Version, AppendError> {
        check::size(turn)?;
        let head = self.streams.get(&turn.stream).map_or_else(Head::default, Stream::head);
        check::version(turn, head)?;
        if let Some(write) = &turn.answer {
            self.write_answer(write, turn.stream)?;
        }
        let next = head.after(turn);
        let entry = |head: Head| head.due_at.map(|at| DueAt { at, stream: turn.stream });
        if let Some(before) = entry(head) {
            self.due.remove(&before);
        }
        self.due.extend(entry(next));
        self.streams.entry(turn.stream).or_default().write(turn, next.version);
        Ok(next.version)
    }

    fn write_answer(&mut self, write: &AnswerWrite, stream: StreamId) -> Result<(), AppendError> {
        if let AnswerWrite::Take { now, .. } = write {
            self.heard = self.heard.max(Some(*now));
        }
        let heard = self.heard.unwrap_or(Millis(0));
        check::answer(write, stream, self.answers.get(write.key()), heard)?;
        self.answers.insert(write.key().clone(), write.answer(stream));
        Ok(())
    }
}

impl Stream {
    fn head(&self) -> Head {
        let last = self.records.last_key_value().map_or(Version(0), |(version, _)| *version);
        Head { version: last, due_at: self.due.as_ref().map(|due| due.at) }
    }

    fn write(&mut self, turn: &Append, version: Version) {
        if let Some(record) = &turn.record {
            self.records.insert(version, record.clone());
        }
        if let Some(state) = &turn.snapshot {
            self.snapshot = Some((version, state.clone()));
        }
        match &turn.due {
            DueChange::Keep => {}
            DueChange::Set(due) => self.due = Some(due.clone()),
            DueChange::Clear => self.due = None,
        }
    }
}

/// A `done` that panics leaves the queue to whoever appends next.
struct Draining<'l>(&'l MemoryLog);

impl Drop for Draining<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.state().draining = false;
        }
    }
}
