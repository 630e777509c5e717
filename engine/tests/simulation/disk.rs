//! A disk with several shards, each of which writes and acknowledges when it is told to, and
//! forgets what it has not written when the power goes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use paceline_storage::{
    Answer, AnswerKey, Append, AppendError, Done, DueAt, EventLog, MemoryLog, Millis, QueueFull,
    ReadError, Stored, StreamId,
};

use crate::simulation::chance::Chance;
use crate::simulation::machine::Power;

/// Whoever keeps books of what is on the platter.
pub trait Witness {
    fn written(&self, turn: &Append);
}

/// The disk as one life sees it.
pub struct Disk {
    power: Arc<Power>,
    books: Arc<dyn Witness + Send + Sync>,
    /// Acknowledges at once: what is in it is on the platter.
    platter: Arc<MemoryLog>,
    shards: Vec<Mutex<VecDeque<(Append, Done)>>>,
    /// Written by a sync that failed: no reader sees it before the next life.
    doubtful: Mutex<Vec<Append>>,
    full: AtomicBool,
    failed: AtomicBool,
}

impl Disk {
    pub fn new(
        power: Arc<Power>,
        books: Arc<dyn Witness + Send + Sync>,
        platter: Arc<MemoryLog>,
        shards: usize,
    ) -> Arc<Self> {
        let shards = (0..shards).map(|_| Mutex::default()).collect();
        let (full, failed) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Self { power, books, platter, shards, doubtful: Mutex::default(), full, failed })
    }

    pub fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Turns that wait for a sync.
    pub fn queued(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }

    /// Writes the oldest `turns` of a shard and acknowledges them one by one: the power may go
    /// in between.
    pub fn sync(&self, shard: usize, turns: usize) {
        let batch: Vec<_> = {
            let mut queue = self.shards[shard].lock().unwrap();
            let turns = turns.min(queue.len());
            queue.drain(..turns).collect()
        };
        if !self.power.is_on() {
            return;
        }
        let results: Vec<_> =
            batch.into_iter().map(|(turn, done)| (self.write(turn), done)).collect();
        for (result, done) in results {
            if self.power.spend() {
                done(result);
            }
        }
    }

    pub fn sync_all(&self) {
        while self.queued() > 0 && self.power.is_on() {
            (0..self.shards.len()).for_each(|shard| self.sync(shard, usize::MAX));
        }
    }

    /// Takes nothing more for a while, or takes it again.
    pub fn fill(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// A sync fails: of what is queued some is written, and nobody knows what. The log stops.
    pub fn fail(&self, chance: &mut Chance) {
        self.failed.store(true, Ordering::Relaxed);
        let (written, left) = self.leave_some(chance);
        self.doubtful.lock().unwrap().extend(written);
        for done in left {
            if self.power.spend() {
                done(Err(AppendError::Stopped("a sync has failed".to_owned())));
            }
        }
    }

    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// The power has gone. Of what was queued each shard has written the first few, or nothing,
    /// and has told nobody.
    pub fn crash(&self, chance: &mut Chance) -> Arc<MemoryLog> {
        self.power.cut();
        let (written, _) = self.leave_some(chance);
        let doubtful = std::mem::take(&mut *self.doubtful.lock().unwrap());
        for turn in doubtful.into_iter().chain(written) {
            let _ = self.write(turn); // nobody hears
        }
        Arc::new(self.platter.crash())
    }

    /// Empties the queues: what of them was written, and all who wait to hear.
    fn leave_some(&self, chance: &mut Chance) -> (Vec<Append>, Vec<Done>) {
        let (mut written, mut left) = (vec![], vec![]);
        for shard in &self.shards {
            let queue = std::mem::take(&mut *shard.lock().unwrap());
            let turns = match chance.below(4) {
                0 => queue.len(),
                1 => chance.below(queue.len() + 1),
                _ => 0,
            };
            for (at, (turn, done)) in queue.into_iter().enumerate() {
                written.extend((at < turns).then_some(turn));
                left.push(done);
            }
        }
        (written, left)
    }

    fn write(&self, turn: Append) -> Result<paceline_storage::Version, AppendError> {
        let result = Arc::new(Mutex::new(None));
        let (told, written) = (Arc::clone(&result), turn.clone());
        let done = Box::new(move |result| *told.lock().unwrap() = Some(result));
        self.platter.append(turn, done).expect("the log in memory is never full");
        let result = result.lock().unwrap().take().expect("it acknowledges at once");
        if result.is_ok() {
            self.books.written(&written);
        }
        result
    }
}

impl EventLog for Disk {
    fn append(&self, turn: Append, done: Done) -> Result<(), QueueFull> {
        if !self.power.spend() {
            return Ok(());
        }
        if self.has_failed() {
            done(Err(AppendError::Stopped("a sync has failed".to_owned())));
            return Ok(());
        }
        if self.full.load(Ordering::Relaxed) {
            return Err(QueueFull);
        }
        let sum: usize = turn.stream.id.iter().map(|byte| usize::from(*byte)).sum();
        self.shards[sum % self.shards.len()].lock().unwrap().push_back((turn, done));
        Ok(())
    }

    fn read(&self, stream: StreamId) -> Result<Stored, ReadError> {
        self.platter.read(stream)
    }

    fn history(&self, stream: StreamId) -> Result<Vec<Bytes>, ReadError> {
        self.platter.history(stream)
    }

    fn answer(&self, key: &AnswerKey, now: Millis) -> Result<Option<Answer>, ReadError> {
        self.platter.answer(key, now)
    }

    fn due(
        &self,
        until: Millis,
        after: Option<DueAt>,
        limit: usize,
    ) -> Result<Vec<DueAt>, ReadError> {
        self.platter.due(until, after, limit)
    }

    fn streams(
        &self,
        kind: u8,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, ReadError> {
        self.platter.streams(kind, after, limit)
    }
}
