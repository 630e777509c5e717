//! Finds the actor of an id, or wakes it from the log.
//!
//! Why: millions of sessions exist, thousands are busy. Only the busy ones live in memory, about
//! as many as the bound says; those that were not asked for the longest go to sleep first.
//! Promise: at most one actor per id is awake in this process, and a message sent here reaches
//! it. Other processes are the log's matter: its versions tell two owners apart.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix::{Actor, Addr, ArbiterHandle};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use paceline_storage::StreamId;

use crate::actors::{Shell, Sleep, Tick};
use crate::entity::Entity;
use crate::turn::Ask;
use crate::worker;
use crate::world::World;

/// How many of the longest idle are looked at for one that is woken: enough to find a sleeper
/// even where most were used again.
const LOOKED_AT_FOR_SLEEP: usize = 4;

pub(crate) struct Directory<E: Entity> {
    live: DashMap<StreamId, Live<E>>,
    /// A clock's hand over those awake: whoever was used since it came by last is passed over
    /// once.
    hand: Mutex<VecDeque<StreamId>>,
    awake_max: usize,
    workers: Vec<ArbiterHandle>,
    next_worker: AtomicUsize,
    carrying: AtomicIsize,
}

struct Live<E: Entity> {
    address: Addr<Shell<E>>,
    used: AtomicBool,
}

impl<E: Entity> Directory<E> {
    pub fn new(awake_max: usize, workers: Vec<ArbiterHandle>) -> Self {
        Self {
            live: DashMap::new(),
            hand: Mutex::default(),
            awake_max,
            workers,
            next_worker: AtomicUsize::new(0),
            carrying: AtomicIsize::new(0),
        }
    }

    /// Sends a question to its entity, waking it if need be. `fresh`: the id was just made up,
    /// so that there is nothing to read.
    pub fn send(&self, world: &Arc<World>, stream: StreamId, ask: Ask<E>, fresh: bool) {
        world.metrics.of(E::KIND).mailbox_depth.increment(1.0);
        // Sent under the map's guard: an actor that has left the map gets no more messages.
        if let Some(live) = self.live.get(&stream) {
            live.used.store(true, Ordering::Relaxed);
            return live.address.do_send(ask);
        }
        self.wake_with(world, stream, fresh, |live| live.address.do_send(ask));
    }

    /// Lets time do what it has come to, and whatever is owed be carried on.
    pub fn tick(&self, world: &Arc<World>, stream: StreamId) {
        self.wake_with(world, stream, false, |live| live.address.do_send(Tick));
    }

    /// Sends under the map's lock, so that no two wake the same.
    fn wake_with(
        &self,
        world: &Arc<World>,
        stream: StreamId,
        fresh: bool,
        send: impl FnOnce(&Live<E>),
    ) {
        match self.live.entry(stream) {
            Entry::Occupied(live) => return send(live.get()),
            Entry::Vacant(free) => {
                let address = self.wake(world, stream, fresh);
                send(&free.insert(Live { address, used: AtomicBool::new(false) }));
            }
        }
        self.make_room(stream);
    }

    /// Forgets an actor that goes to sleep. It must send on what it still finds in its mailbox.
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

    /// Starts an actor where it was asked for, so that the answer need not change threads.
    fn wake(&self, world: &Arc<World>, stream: StreamId, fresh: bool) -> Addr<Shell<E>> {
        world.metrics.of(E::KIND).wakes.increment(1);
        let elsewhere = || self.next_worker.fetch_add(1, Ordering::Relaxed) % self.workers.len();
        let worker = &self.workers[worker::here().unwrap_or_else(elsewhere)];
        let world = Arc::clone(world);
        Shell::start_in_arbiter(worker, move |context| Shell::new(world, stream, fresh, context))
    }

    fn make_room(&self, woken: StreamId) {
        let mut hand = self.hand();
        hand.push_back(woken);
        for _ in 0..LOOKED_AT_FOR_SLEEP {
            if hand.len() <= self.awake_max {
                return;
            }
            let Some(longest_idle) = hand.pop_front() else { return };
            let Some(live) = self.live.get(&longest_idle) else { continue };
            if live.used.swap(false, Ordering::Relaxed) {
                hand.push_back(longest_idle);
            } else {
                live.address.do_send(Sleep);
            }
        }
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, VecDeque<StreamId>> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
