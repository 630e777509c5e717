//! An actor is a mailbox around a turn.
//!
//! Why: no rule is decided here and no answer awaited. A message carries its own reply channel,
//! because actix skips a `send` whose sender has left, and its own permit, because an actix
//! mailbox takes one more message from every clone of its address. What must arrive is repeated
//! by what is pending in the log, not trusted to a queue.

use std::sync::Arc;

use actix::fut::wrap_future;
use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle,
    WrapFuture,
};
use paceline_storage::{Append, DueChange, EventLog, StreamId, Version};
use tokio::sync::oneshot;

use crate::entity::Entity;
use crate::error::EngineError;
use crate::limits::RETRY_FIRST;
use crate::turn::{Ask, Fate, Notify, Owner, Unanswered};
use crate::world::World;

/// The actor of one entity.
pub(crate) struct Shell<E: Entity> {
    world: Arc<World>,
    stream: StreamId,
    presence: Presence<E>,
    notify: Notify,
    /// Something owed is being carried out.
    carrying: Option<Carrying>,
}

struct Carrying {
    work: SpawnHandle,
    /// The credential that it takes is not here.
    in_want: bool,
}

enum Presence<E: Entity> {
    /// The mailbox waits until the stream is read.
    Waking,
    Awake(Owner<E>),
    /// What is stored cannot be trusted: nobody is answered from it.
    Damaged,
    /// Not in the directory any more: what is still in the mailbox is sent on.
    Asleep,
}

/// Asks an idle actor to leave memory.
pub(crate) struct Sleep;

/// Lets time do what it has come to.
pub(crate) struct Tick;

/// The last message an actor gets, sent by itself when it has left the directory.
struct Stop;

impl<E: Entity> Message for Ask<E> {
    type Result = ();
}

impl Message for Fate {
    type Result = ();
}

impl Message for Sleep {
    type Result = ();
}

impl Message for Tick {
    type Result = ();
}

impl Message for Stop {
    type Result = ();
}

impl<E: Entity> Shell<E> {
    pub fn new(
        world: Arc<World>,
        stream: StreamId,
        fresh: bool,
        context: &mut Context<Self>,
    ) -> Self {
        let address = context.address();
        let notify: Notify = Arc::new(move |fate| address.do_send(fate));
        let presence = if fresh { Presence::Awake(Owner::fresh(stream)) } else { Presence::Waking };
        Self { world, stream, presence, notify, carrying: None }
    }

    /// Reads the stream, off this thread; the mailbox waits.
    fn wake(&mut self, generation: u64, context: &mut Context<Self>) {
        self.presence = Presence::Waking;
        let (world, stream) = (Arc::clone(&self.world), self.stream);
        let reading = async move {
            if generation > 0 {
                settle(&*world.log, stream).await;
            }
            world.read(move |log| log.read(stream)).await
        };
        let woken = wrap_future::<_, Self>(reading).map(move |read, actor, context| {
            let owner = read
                .ok_or_else(|| "it could not be read".to_owned())
                .and_then(|stored| stored.map_err(|error| error.to_string()))
                .and_then(|stored| {
                    Owner::load(&actor.world, stream, stored, generation)
                        .map_err(|error| error.to_string())
                });
            match owner {
                Ok(owner) => {
                    actor.presence = Presence::Awake(owner);
                    actor.carry_on(context);
                }
                Err(error) => {
                    tracing::error!(?stream, %error, "a stream cannot be trusted");
                    actor.presence = Presence::Damaged;
                }
            }
        });
        context.wait(woken);
    }

    /// Carries out the first thing owed, if all that was decided is on disk; the others follow.
    fn carry_on(&mut self, context: &mut Context<Self>) {
        let Presence::Awake(owner) = &self.presence else { return };
        if self.carrying.is_some() {
            return;
        }
        let Some((effect, secret)) = owner.owed() else { return };
        let in_want = owner.wants_secret();
        E::directory(&self.world).carrying(&self.world, 1);
        let carried = E::carry_out(Arc::clone(&self.world), effect, secret);
        let work = context.spawn(carried.into_actor(self).map(|outcome, actor, context| {
            actor.carrying = None;
            E::directory(&actor.world).carrying(&actor.world, -1);
            if let Presence::Awake(owner) = &mut actor.presence {
                owner.tell(&actor.world, outcome, &actor.notify);
            }
            actor.carry_on(context);
        }));
        self.carrying = Some(Carrying { work, in_want });
    }

    /// Begins again what was in want of the credential that has come.
    fn supplied(&mut self, context: &mut Context<Self>) {
        let Presence::Awake(owner) = &self.presence else { return };
        if let Some(carrying) = self.carrying.take_if(|c| c.in_want && !owner.wants_secret()) {
            context.cancel_future(carrying.work);
            E::directory(&self.world).carrying(&self.world, -1);
            self.carry_on(context);
        }
    }
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
        let done = Box::new(move |_| {
            let _ = passed.send(()); // the actor may have gone
        });
        if log.append(barrier, done).is_ok() {
            let _ = wait.await; // dropped unsent by a log that has stopped: the read will say so
            return;
        }
        tokio::time::sleep(RETRY_FIRST).await;
    }
}

impl<E: Entity> Actor for Shell<E> {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        self.world.metrics.of(E::KIND).awake.increment(1.0);
        if matches!(self.presence, Presence::Waking) {
            self.wake(0, context);
        }
    }

    fn stopped(&mut self, _: &mut Context<Self>) {
        if self.carrying.is_some() {
            E::directory(&self.world).carrying(&self.world, -1);
        }
        self.world.metrics.of(E::KIND).awake.decrement(1.0);
    }
}

impl<E: Entity> Handler<Ask<E>> for Shell<E> {
    type Result = ();

    fn handle(&mut self, ask: Ask<E>, context: &mut Context<Self>) {
        self.world.metrics.of(E::KIND).mailbox_depth.decrement(1.0);
        let patience = ask.patience;
        match &mut self.presence {
            Presence::Awake(owner) => {
                let awaited = owner.take(&self.world, ask, &self.notify);
                if let (Some(step), Some(patience)) = (awaited, patience) {
                    context.run_later(patience, move |actor, _| {
                        if let Presence::Awake(owner) = &mut actor.presence {
                            owner.leave(&actor.world, step, &actor.notify);
                        }
                    });
                }
                self.supplied(context);
            }
            Presence::Asleep => {
                let world = Arc::clone(&self.world);
                E::directory(&world).send(&world, self.stream, ask, false);
            }
            Presence::Damaged => {
                // The asker may have left.
                let _ = ask.reply.send(Err(Unanswered::Failed(EngineError::Damaged)));
            }
            Presence::Waking => unreachable!("the mailbox waits meanwhile"),
        }
    }
}

impl<E: Entity> Handler<Fate> for Shell<E> {
    type Result = ();

    fn handle(&mut self, fate: Fate, context: &mut Context<Self>) {
        let Presence::Awake(owner) = &mut self.presence else { return };
        match fate {
            Fate::Durable => self.carry_on(context),
            Fate::Lost { generation, decided_on, why } if generation == owner.generation() => {
                owner.forfeit(decided_on, &why);
                self.world.metrics.of(E::KIND).reloads.increment(1);
                self.wake(generation + 1, context);
            }
            Fate::Lost { .. } => {} // of a generation that was given up before
        }
    }
}

impl<E: Entity> Handler<Tick> for Shell<E> {
    type Result = ();

    fn handle(&mut self, _: Tick, context: &mut Context<Self>) {
        if let Presence::Awake(owner) = &mut self.presence {
            owner.tick(&self.world, &self.notify);
        }
        self.carry_on(context);
    }
}

impl<E: Entity> Handler<Sleep> for Shell<E> {
    type Result = ();

    fn handle(&mut self, _: Sleep, context: &mut Context<Self>) {
        let idle = match &mut self.presence {
            Presence::Awake(owner) => owner.is_quiet() && self.carrying.is_none(),
            Presence::Damaged => true,
            Presence::Waking => false,
            Presence::Asleep => return,
        };
        if !idle {
            return E::directory(&self.world).keep(self.stream);
        }
        E::directory(&self.world).remove(self.stream);
        self.world.metrics.of(E::KIND).sleeps.increment(1);
        self.presence = Presence::Asleep;
        context.address().do_send(Stop);
    }
}

impl<E: Entity> Handler<Stop> for Shell<E> {
    type Result = ();

    fn handle(&mut self, _: Stop, context: &mut Context<Self>) {
        context.stop();
    }
}
