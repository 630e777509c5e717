//! Finds the thread that hosts an entity, or wakes the entity on one.
//!
//! Why: millions of sessions exist, thousands are busy. Only the busy ones live in memory, about
//! as many as the bound says; those that were not asked for the longest go to sleep first. What
//! is read far more often than it changes is shown from here, without a turn.
//! Promise: at most one actor per id is awake in this process, and a message sent here reaches
//! it. Other processes are the log's matter: its versions tell two owners apart.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;

use crate::entity::Entity;
use crate::host::{self, Told};
use crate::turn::Ask;
use crate::world::World;

/// How many of the longest idle are looked at for one that is woken: enough to find a sleeper
/// even where most were used again.
const LOOKED_AT_FOR_SLEEP: usize = 4;

pub(crate) struct Directory<E: Entity> {
    live: DashMap<StreamId, Live>,
    /// A clock's hand over those awake: whoever was used since it came by last is passed over
    /// once.
    hand: Mutex<VecDeque<StreamId>>,
    awake_max: usize,
    next_worker: AtomicUsize,
    carrying: AtomicIsize,
    kind: std::marker::PhantomData<fn() -> E>,
}

struct Live {
    /// The number of the thread that it lives on.
    worker: usize,
    used: AtomicBool,
    glance: Mutex<Option<Glance>>,
}

/// A session as its last answer showed it, on disk by then.
#[derive(Clone)]
pub(crate) struct Glance {
    /// For nobody else.
    pub caller: Text,
    /// Time alone changes it then.
    pub until: Timestamp,
    pub body: Bytes,
}

impl<E: Entity> Directory<E> {
    pub fn new(awake_max: usize) -> Self {
        Self {
            live: DashMap::new(),
            hand: Mutex::default(),
            awake_max,
            next_worker: AtomicUsize::new(0),
            carrying: AtomicIsize::new(0),
            kind: std::marker::PhantomData,
        }
    }

    /// Sends a question to its entity, waking it if need be. `fresh`: the id was just made up,
    /// so that there is nothing to read.
    pub fn send(&self, world: &Arc<World>, stream: StreamId, ask: Ask<E>, fresh: bool) {
        let worker = self.live.get(&stream).map(|live| {
            live.used.store(true, Ordering::Relaxed);
            live.worker
        });
        match worker {
            Some(worker) => host::send(world, worker, stream, Told::Ask(Box::new(ask))),
            None => self.wake(world, stream, fresh, Told::Ask(Box::new(ask))),
        }
    }

    /// Has whatever is owed carried on.
    pub fn tick(&self, world: &Arc<World>, stream: StreamId) {
        match self.live.get(&stream).map(|live| live.worker) {
            Some(worker) => host::send::<E>(world, worker, stream, Told::Tick),
            None => self.wake(world, stream, false, Told::Tick),
        }
    }

    /// What a reader may be told without a turn.
    pub fn glance(&self, stream: StreamId) -> Option<Glance> {
        let live = self.live.get(&stream)?;
        let glance = live.glance().clone()?;
        live.used.store(true, Ordering::Relaxed);
        Some(glance)
    }

    /// Shows this from now on.
    pub fn show(&self, stream: StreamId, glance: Option<Glance>) {
        if let Some(live) = self.live.get(&stream) {
            *live.glance() = glance;
        }
    }

    /// Forgets an actor that goes to sleep.
    pub fn remove(&self, stream: StreamId) {
        self.live.remove(&stream);
    }

    /// Takes back an actor that was asked to sleep and cannot yet.
    pub fn keep(&self, stream: StreamId) {
        self.hand().push_back(stream);
    }

    /// Counts those that begin (1) or end (-1) carrying out what they owe.
    pub fn carrying(&self, world: &World, change: i8) {
        self.carrying.fetch_add(isize::from(change), Ordering::Relaxed);
        world.metrics.of(E::KIND).effects_owed.increment(f64::from(change));
    }

    /// How many carry out what they owe.
    pub fn owing(&self) -> usize {
        usize::try_from(self.carrying.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Wakes the actor where it was asked for, so that the answer need not change threads.
    fn wake(&self, world: &Arc<World>, stream: StreamId, fresh: bool, first: Told<E>) {
        let here = host::here(world);
        let elsewhere = || self.next_worker.fetch_add(1, Ordering::Relaxed) % world.hosts().len();
        let (worker, woken) = match self.live.entry(stream) {
            Entry::Occupied(live) => (live.get().worker, false),
            Entry::Vacant(free) => {
                let worker = here.unwrap_or_else(elsewhere);
                // Under the lock: whoever finds it in the map will find it there as well.
                host::begin::<E>(world, worker, stream, fresh);
                let (used, glance) = (AtomicBool::new(false), Mutex::default());
                free.insert(Live { worker, used, glance });
                (worker, true)
            }
        };
        host::send(world, worker, stream, first);
        if woken {
            world.metrics.of(E::KIND).wakes.increment(1);
            self.make_room(world, stream);
        }
    }

    fn make_room(&self, world: &Arc<World>, woken: StreamId) {
        let mut asleep = vec![];
        let mut hand = self.hand();
        hand.push_back(woken);
        for _ in 0..LOOKED_AT_FOR_SLEEP {
            if hand.len() <= self.awake_max {
                break;
            }
            let Some(longest_idle) = hand.pop_front() else { break };
            let Some(live) = self.live.get(&longest_idle) else { continue };
            if live.used.swap(false, Ordering::Relaxed) {
                hand.push_back(longest_idle);
            } else {
                asleep.push((live.worker, longest_idle));
            }
        }
        drop(hand);
        for (worker, stream) in asleep {
            host::send::<E>(world, worker, stream, Told::Sleep);
        }
    }

    fn hand(&self) -> MutexGuard<'_, VecDeque<StreamId>> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn glance(&self) -> MutexGuard<'_, Option<Glance>> {
        self.glance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
