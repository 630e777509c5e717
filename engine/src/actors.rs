//! An actor is a cell around a turn: one entity in memory, and what it is at.
//!
//! Why: no rule is decided here and no answer awaited. A question carries its own reply channel
//! and its own permit, so that neither is lost with whoever sent it. What must arrive is repeated
//! by what is pending in the log, not trusted to a queue.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use paceline_storage::{
    Append, AppendError, DueChange, EventLog, ReadError, Stored, StreamId, Version,
};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::entity::{Carried, Entity};
use crate::error::EngineError;
use crate::host::{Local, Told};
use crate::limits::RETRY_FIRST;
use crate::turn::{Ask, Owner, Tell, Unanswered, Written};
use crate::world::World;

/// The entities of one kind that live on a thread.
pub(crate) struct Cells<E: Entity> {
    /// Boxed: a map that grows moves what it holds, and keeps half of its room empty.
    cells: HashMap<StreamId, Box<Cell<E>>>,
    tell: Tell<E>,
}

struct Cell<E: Entity> {
    presence: Presence<E>,
    /// Something owed is being carried out.
    carrying: Option<Carrying<E>>,
}

enum Presence<E: Entity> {
    /// The stream is being read; questions wait.
    Waking(Vec<Ask<E>>),
    Awake(Owner<E>),
    /// What is stored cannot be trusted: nobody is answered from it.
    Damaged,
}

struct Carrying<E: Entity> {
    work: AbortHandle,
    /// Of its owner, when it was begun.
    since: Version,
    /// The credential that it takes is not here.
    in_want: bool,
    _counted: Counted<E>,
}

/// Counts one that carries out what it owes, as long as it is there.
struct Counted<E: Entity> {
    world: Arc<World>,
    kind: std::marker::PhantomData<fn() -> E>,
}

impl<E: Entity> Cells<E> {
    pub fn new(tell: Tell<E>) -> Self {
        Self { cells: HashMap::new(), tell }
    }

    pub fn begin(&mut self, host: &Rc<Local>, stream: StreamId, fresh: bool) {
        host.world.metrics.of(E::KIND).awake.increment(1.0);
        let presence = match fresh {
            true => Presence::Awake(Owner::fresh(stream)),
            false => wake(host, stream, 0),
        };
        self.cells.insert(stream, Box::new(Cell { presence, carrying: None }));
    }

    /// # Errors
    /// What was told, if nobody is here to hear it.
    pub fn tell(
        &mut self,
        host: &Rc<Local>,
        stream: StreamId,
        told: Told<E>,
    ) -> Result<(), Told<E>> {
        let Some(cell) = self.cells.get_mut(&stream) else { return Err(told) };
        match told {
            Told::Ask(ask) => cell.ask(host, stream, *ask, &self.tell),
            Told::Tick => {
                if let Presence::Awake(owner) = &mut cell.presence {
                    owner.hurry();
                    owner.tick(&host.world, &self.tell);
                }
                cell.carry_on(host, stream);
            }
            Told::Sleep => self.sleep(host, stream),
        }
        Ok(())
    }

    /// Hears from the log. The answers leave in any case; the owner may have been given up since.
    pub fn hear(&mut self, host: &Rc<Local>, written: Written<E>) {
        let stream = written.stream;
        let heard = written.conclude(&host.world);
        let Some(cell) = self.cells.get_mut(&stream) else { return };
        let Presence::Awake(owner) = &mut cell.presence else { return };
        if owner.hear(heard) {
            host.world.metrics.of(E::KIND).reloads.increment(1);
            cell.presence = wake(host, stream, owner.generation() + 1);
        } else {
            cell.carry_on(host, stream);
        }
    }

    fn woken(&mut self, host: &Rc<Local>, stream: StreamId, read: Read, generation: u64) {
        let Some(cell) = self.cells.get_mut(&stream) else { return };
        let owner = read
            .ok_or_else(|| "it could not be read".to_owned())
            .and_then(|stored| stored.map_err(|error| error.to_string()))
            .and_then(|stored| {
                Owner::load(&host.world, stream, stored, generation)
                    .map_err(|error| error.to_string())
            });
        let presence = owner.map_or_else(
            |error| {
                tracing::error!(?stream, %error, "a stream cannot be trusted");
                Presence::Damaged
            },
            Presence::Awake,
        );
        if let Presence::Waking(asked) = std::mem::replace(&mut cell.presence, presence) {
            cell.carry_on(host, stream);
            asked.into_iter().for_each(|ask| cell.ask(host, stream, ask, &self.tell));
        }
    }

    /// What was owed has been carried out, or is to be told how it went.
    fn carried_out(&mut self, host: &Rc<Local>, stream: StreamId, carried: Carried<E::Command>) {
        let Some(cell) = self.cells.get_mut(&stream) else { return };
        let since = cell.carrying.take().map(|carrying| carrying.since);
        // If it is just being read again, whatever is still owed then is carried out again.
        if let Presence::Awake(owner) = &mut cell.presence {
            match carried {
                Carried::Done(outcome) => owner.tell(&host.world, outcome, &self.tell),
                Carried::Later(at) => {
                    let since = since.unwrap_or_else(|| owner.version());
                    owner.postpone(&host.world, at, since, &self.tell);
                }
            }
        }
        cell.carry_on(host, stream);
    }

    /// Whoever waits for this step has waited long enough.
    fn leave(&mut self, host: &Rc<Local>, stream: StreamId, step: E::Step) {
        let Some(cell) = self.cells.get_mut(&stream) else { return };
        if let Presence::Awake(owner) = &mut cell.presence {
            owner.leave(&host.world, step, &self.tell);
        }
    }

    fn sleep(&mut self, host: &Rc<Local>, stream: StreamId) {
        let Some(cell) = self.cells.get_mut(&stream) else { return };
        let idle = match &mut cell.presence {
            Presence::Awake(owner) => owner.is_quiet() && cell.carrying.is_none(),
            Presence::Damaged => true,
            Presence::Waking(_) => false,
        };
        let directory = E::directory(&host.world);
        if !idle {
            return directory.keep(stream);
        }
        // What was sent here before finds nobody, and is sent anew.
        directory.remove(stream);
        self.cells.remove(&stream);
        let metrics = host.world.metrics.of(E::KIND);
        metrics.sleeps.increment(1);
        metrics.awake.decrement(1.0);
    }
}

impl<E: Entity> Cell<E> {
    fn ask(&mut self, host: &Rc<Local>, stream: StreamId, ask: Ask<E>, tell: &Tell<E>) {
        match &mut self.presence {
            Presence::Awake(owner) => {
                let patience = ask.patience;
                let awaited = owner.take(&host.world, ask, tell);
                if let (Some(step), Some(patience)) = (awaited, patience) {
                    leave_later::<E>(host, stream, step, patience);
                }
                self.supplied(host, stream);
            }
            Presence::Waking(asked) => asked.push(ask),
            Presence::Damaged => {
                // The asker may have left.
                let _ = ask.reply.send(Err(Unanswered::Failed(EngineError::Damaged)));
            }
        }
    }

    /// Carries out the first thing owed, if all that was decided is on disk; the others follow.
    fn carry_on(&mut self, host: &Rc<Local>, stream: StreamId) {
        let Presence::Awake(owner) = &self.presence else { return };
        if self.carrying.is_some() {
            return;
        }
        let Some((effect, secret)) = owner.owed() else { return };
        let (in_want, since) = (owner.wants_secret(), owner.version());
        let carried = E::carry_out(Arc::clone(&host.world), effect, secret);
        let here = Rc::clone(host);
        let work = actix::spawn(async move {
            let outcome = carried.await;
            E::cells(&here).borrow_mut().carried_out(&here, stream, outcome);
        });
        let counted = Counted::new(&host.world);
        let work = work.abort_handle();
        self.carrying = Some(Carrying { work, since, in_want, _counted: counted });
    }

    /// Begins again what was in want of the credential that has come.
    fn supplied(&mut self, host: &Rc<Local>, stream: StreamId) {
        let Presence::Awake(owner) = &self.presence else { return };
        if let Some(carrying) = self.carrying.take_if(|c| c.in_want && !owner.wants_secret()) {
            carrying.work.abort();
            drop(carrying);
            self.carry_on(host, stream);
        }
    }
}

/// What became of reading a stream; `None` if nobody lives to read it.
type Read = Option<Result<Stored, ReadError>>;

/// Reads the stream, off this thread; questions wait.
fn wake<E: Entity>(host: &Rc<Local>, stream: StreamId, generation: u64) -> Presence<E> {
    let here = Rc::clone(host);
    actix::spawn(async move {
        if generation > 0 {
            settle(&*here.world.log, stream).await;
        }
        let read = here.world.read(move |log| log.read(stream)).await;
        E::cells(&here).borrow_mut().woken(&here, stream, read, generation);
    });
    Presence::Waking(vec![])
}

fn leave_later<E: Entity>(host: &Rc<Local>, stream: StreamId, step: E::Step, patience: Duration) {
    let here = Rc::clone(host);
    actix::spawn(async move {
        tokio::time::sleep(patience).await;
        E::cells(&here).borrow_mut().leave(&here, stream, step);
    });
}

/// Waits until what this process has queued for the stream is written or refused: what is read
/// then is the last that anybody here was told of.
async fn settle(log: &dyn EventLog, stream: StreamId) {
    loop {
        let (passed, wait) = oneshot::channel();
        let barrier = Append {
            stream,
            expected: Version(u64::MAX), // refused, in its turn
            record: None,
            snapshot: None,
            answer: None,
            due: DueChange::Keep,
        };
        let done = Box::new(move |refused| {
            let _ = passed.send(refused); // the actor may have gone
        });
        if log.append(barrier, done).is_ok() {
            if let Ok(Err(AppendError::Stopped(_))) = wait.await {
                // Not at once, or whoever owes something would decide, be refused and read again
                // for as long as the process takes to end.
                tokio::time::sleep(RETRY_FIRST).await;
            }
            return;
        }
        tokio::time::sleep(RETRY_FIRST).await;
    }
}

impl<E: Entity> Counted<E> {
    fn new(world: &Arc<World>) -> Self {
        E::directory(world).carrying(world, 1);
        Self { world: Arc::clone(world), kind: std::marker::PhantomData }
    }
}

impl<E: Entity> Drop for Counted<E> {
    fn drop(&mut self) {
        E::directory(&self.world).carrying(&self.world, -1);
    }
}
