//! Turns that wait to hear whether another shard gets their idempotency key.
//!
//! Promise: a stream with a turn in here has all its later turns in here too, behind it, so that
//! they are still written in the order in which they were queued.

use std::collections::{HashSet, VecDeque};

use super::Queued;
use crate::StreamId;
use crate::limits::PARKED_TURNS_MAX;

#[derive(Default)]
pub(super) struct Parked {
    turns: VecDeque<Queued>,
    streams: HashSet<StreamId>,
}

impl Parked {
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    pub fn has_room(&self) -> bool {
        self.turns.len() < PARKED_TURNS_MAX
    }

    pub fn holds(&self, stream: StreamId) -> bool {
        self.streams.contains(&stream)
    }

    pub fn push(&mut self, queued: Queued) {
        self.streams.insert(queued.turn.stream);
        self.turns.push_back(queued);
    }

    /// Everything, oldest first, to be asked about again.
    pub fn take(&mut self) -> VecDeque<Queued> {
        self.streams.clear();
        std::mem::take(&mut self.turns)
    }
}
