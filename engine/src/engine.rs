//! The engine's handle: start, ask, stop; all that a wire sees.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use actix::ArbiterHandle;
use futures_util::future::join_all;
use paceline_domain::asked::Asked;
use paceline_domain::ids::{OrderId, ProductId, SessionId};
use paceline_domain::session::{Changes, Command, Complete, Create, InstrumentShown, Update};
use paceline_domain::stock;
use paceline_domain::tables::Tables;
use paceline_domain::text::Text;
use paceline_storage::{EventLog, StreamId};
use tokio::sync::{Semaphore, oneshot};

use crate::bank::Bank;
use crate::card;
use crate::clock::Surroundings;
use crate::entity::{Entity, Kind, Sessions, Stocks};
use crate::error::EngineError;
use crate::gateway::Gateway;
use crate::google::Google;
use crate::idempotency::{Claim, Claims, Keyed};
use crate::limits::{ASKS_RETRIED_MAX, ATTEMPTS_OPEN_MAX, DRAIN_LONGEST, LEVEL_PATIENCE};
use crate::messenger::Messenger;
use crate::seal::SealKey;
use crate::secret::Secret;
use crate::timers;
use crate::tokenized;
use crate::turn::{Answered, Ask, Permit, Unanswered};
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

/// What an operator turns.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that serve, one arbiter each.
    pub workers: usize,
    /// Requests in the engine at once; one more is refused.
    pub asks_max: usize,
    /// Entities of each kind in memory, about.
    pub actors_live_max: usize,
    /// Memory for answers to be repeated without asking the log.
    pub answers_cached_bytes_max: usize,
    /// How long an open session lives.
    pub session_lives: Duration,
    /// How long an answer is repeated.
    pub answers_kept: Duration,
    /// When the caller of a complete is told to look again.
    pub complete_deadline: Duration,
    /// When a question to the processor, or to the bank, counts as unanswered.
    pub gateway_timeout: Duration,
    pub tokenized: tokenized::Options,
    pub card: card::Options,
}

/// Who is asked and told outside of this process.
#[derive(Clone)]
pub struct Outside {
    pub gateway: Arc<dyn Gateway>,
    /// The integrator's core banking; `None`: the ledger that the engine keeps.
    pub bank: Option<Arc<dyn Bank>>,
    /// `None`: no one-time password can be sent.
    pub messenger: Option<Arc<dyn Messenger>>,
    /// `None`: what is owed to Google waits.
    pub google: Option<Arc<dyn Google>>,
    /// `None`: no card can be charged.
    pub acquirer: Option<card::Acquiring>,
}

impl Outside {
    /// A payment processor alone.
    pub fn new(gateway: Arc<dyn Gateway>) -> Self {
        Self { gateway, bank: None, messenger: None, google: None, acquirer: None }
    }
}

/// What belongs to every request, whatever it asks.
#[derive(Clone, Debug)]
pub struct Front {
    pub manner: Manner,
    pub keyed: Option<Keyed>,
}

/// How the caller pays: what may be shown of the instrument, and what may not.
#[derive(Clone, Debug)]
pub struct PaymentOffered {
    pub shown: InstrumentShown,
    /// The wallet's token, character for character.
    pub credential: Secret,
}

/// A running engine. Clones are handles of the same.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub world: Arc<World>,
    workers: Vec<ArbiterHandle>,
    claims: Claims,
    /// One permit for each request in flight.
    room: Arc<Semaphore>,
    draining: AtomicBool,
}

impl Engine {
    /// Starts the workers and the recovery. Must be called inside an actix system.
    pub fn start(
        options: Options,
        log: Arc<dyn EventLog>,
        outside: Outside,
        voices: Voices,
        surroundings: Arc<dyn Surroundings>,
        tables: Arc<Tables>,
        seal_key: SealKey,
    ) -> Self {
        let workers = surroundings.workers(options.workers);
        let world = World::new(options, log, outside, voices, surroundings, tables, seal_key);
        world.open(&workers);
        let timed = Arc::clone(&world);
        workers[0].spawn_fn(move || {
            actix::spawn(timers::count_notices(Arc::clone(&timed)));
            actix::spawn(timers::run(timed));
        });
        Self(Arc::new(Inner {
            claims: Claims::new(world.options.answers_cached_bytes_max, Arc::clone(&world.metrics)),
            room: Arc::new(Semaphore::new(world.options.asks_max)),
            draining: AtomicBool::new(false),
            world,
            workers,
        }))
    }

    /// The threads that serve; connections belong there, beside their actors.
    pub fn workers(&self) -> &[ArbiterHandle] {
        &self.0.workers
    }

    /// Puts a new catalogue with its rates in the place of the old one. Commands under way keep
    /// the picture that they took along; stocks that were asked for since the start hear of their
    /// new count at once, the others when they are first asked for.
    pub fn set_tables(&self, tables: Arc<Tables>) {
        let world = Arc::clone(&self.0.world);
        let before = std::mem::replace(
            &mut *world.tables.write().unwrap_or_else(PoisonError::into_inner),
            Arc::clone(&tables),
        );
        self.0.workers[0].spawn_fn(move || {
            actix::spawn(async move {
                let recounted: Vec<&ProductId> = tables
                    .products
                    .iter()
                    .filter(|(product, offer)| {
                        before.offer(product).map(|before| before.units) != Some(offer.units)
                    })
                    .map(|(product, _)| product)
                    .filter(|product| world.levels.get(Stocks::stream(product)).is_some())
                    .collect();
                for some in recounted.chunks(RECOUNTED_AT_ONCE) {
                    join_all(some.iter().map(|product| count(&world, product))).await;
                }
            });
        });
    }

    /// The answer to a request that was answered before, if it is at hand. Whoever finds none
    /// goes on and asks; the answer may still be an earlier one then.
    pub fn repeated(&self, keyed: &Keyed) -> Option<Reply> {
        self.0.claims.repeated(keyed)
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn create(
        &self,
        caller: Text,
        changes: Changes,
        front: Front,
    ) -> Result<Reply, EngineError> {
        self.ask_keyed(front, async |asking| {
            self.learn_levels(&changes).await;
            let id = SessionId(self.0.world.fresh_id());
            asking
                .send::<Sessions>(Kind::Session.stream(id.0), true, |world| {
                    Command::Create(Box::new(Create {
                        id,
                        caller: caller.clone(),
                        changes: changes.clone(),
                        market: world.market(),
                        now: world.now(),
                        lives: world.options.session_lives,
                    }))
                })
                .await
        })
        .await
    }

    /// Reads a session. One that was shown before, and has not changed since, takes no turn.
    pub async fn get(
        &self,
        id: SessionId,
        caller: Text,
        front: Front,
    ) -> Result<Reply, EngineError> {
        let world = &self.0.world;
        let glance = world.sessions.glance(Kind::Session.stream(id.0));
        if let Some(glance) = glance.filter(|glance| glance.caller == caller)
            && world.now() < glance.until
        {
            return Ok(world.voices.checkout.again(front.manner, glance.body));
        }
        self.ask_keyed(front, async |asking| {
            let stream = Kind::Session.stream(id.0);
            asking
                .send::<Sessions>(stream, false, |_| Command::Look { caller: caller.clone() })
                .await
        })
        .await
    }

    /// Changes a session.
    pub async fn update(
        &self,
        id: SessionId,
        caller: Text,
        changes: Changes,
        front: Front,
    ) -> Result<Reply, EngineError> {
        self.ask_keyed(front, async |asking| {
            self.learn_levels(&changes).await;
            asking
                .send::<Sessions>(Kind::Session.stream(id.0), false, |world| {
                    Command::Update(Box::new(Update {
                        caller: caller.clone(),
                        changes: changes.clone(),
                        market: world.market(),
                        now: world.now(),
                    }))
                })
                .await
        })
        .await
    }

    /// Pays for a session. If the processor takes longer than the deadline, the answer shows
    /// the session with its payment in progress, and the work goes on.
    pub async fn complete(
        &self,
        id: SessionId,
        caller: Text,
        offered: PaymentOffered,
        front: Front,
    ) -> Result<Reply, EngineError> {
        if self.0.world.sessions.owing() >= ATTEMPTS_OPEN_MAX {
            self.0.world.metrics.asks_refused.increment(1);
            return Err(EngineError::Overloaded);
        }
        let manner = front.manner;
        let asked = front.keyed.as_ref().map(|keyed| Asked {
            key: keyed.key.as_bytes().into(),
            fingerprint: keyed.fingerprint,
            manner: manner.0,
        });
        self.ask_keyed(front, async |mut asking| {
            asking.secret = Some(offered.credential.clone());
            asking.patience = Some(self.0.world.options.complete_deadline);
            asking
                .send::<Sessions>(Kind::Session.stream(id.0), false, |world| {
                    Command::Complete(Box::new(Complete {
                        caller: caller.clone(),
                        instrument: world.seal_key.instrument(id, &offered.credential),
                        shown: offered.shown.clone(),
                        order: OrderId(world.fresh_id()),
                        asked: asked.clone(),
                        market: world.market(),
                        now: world.now(),
                    }))
                })
                .await
        })
        .await
    }

    /// Gives a session up.
    pub async fn cancel(
        &self,
        id: SessionId,
        caller: Text,
        front: Front,
    ) -> Result<Reply, EngineError> {
        self.ask_keyed(front, async |asking| {
            asking
                .send::<Sessions>(Kind::Session.stream(id.0), false, |world| Command::Cancel {
                    caller: caller.clone(),
                    now: world.now(),
                })
                .await
        })
        .await
    }

    /// Refuses what is new and waits for what is in flight. What is owed is in the log: the next
    /// start goes on with it.
    pub async fn stop(&self) {
        self.0.draining.store(true, Ordering::Release);
        let all = u32::try_from(self.0.world.options.asks_max).unwrap_or(u32::MAX);
        let drained = tokio::time::timeout(DRAIN_LONGEST, self.0.room.acquire_many(all)).await;
        if drained.is_err() {
            tracing::warn!("some requests were still in flight when the engine stopped");
        }
    }

    /// One request, under its key if it has one: of those with the same key one does the work.
    pub(crate) async fn ask_keyed<'a>(
        &'a self,
        front: Front,
        work: impl AsyncFn(Asking<'a>) -> Result<Answered<Reply>, EngineError>,
    ) -> Result<Reply, EngineError> {
        let Front { manner, keyed } = front;
        let asking =
            |keyed| Asking { engine: &self.0, manner, keyed, secret: None, patience: None };
        let Some(keyed) = keyed else {
            return work(asking(None)).await.map(|answered| answered.reply);
        };
        loop {
            match self.0.claims.claim(&keyed) {
                Claim::Answered(reply) => return Ok(reply),
                Claim::Mismatched => return Err(EngineError::KeyMismatched),
                Claim::Running(outcome) => {
                    if let Ok(reply) = outcome.await {
                        return Ok(reply);
                    }
                    // It came to nothing: somebody, perhaps this one, tries afresh.
                }
                Claim::Unseen(claimed) => {
                    let answered = work(asking(Some(keyed))).await?;
                    if answered.remembered {
                        claimed.answered(&answered.reply);
                    }
                    return Ok(answered.reply);
                }
            }
        }
    }

    /// Asks the stock of products that nobody has asked about since the start, so that what is
    /// sold out looks sold out.
    async fn learn_levels(&self, changes: &Changes) {
        let world = &self.0.world;
        let lines = changes.lines.iter().flatten().map(|line| &line.product);
        let unheard = |product: &&ProductId| world.levels.get(Stocks::stream(product)).is_none();
        let asking = lines.filter(unheard).map(|product| count(world, product));
        join_all(asking).await;
    }
}

/// Stocks that are told at once of their new count when a feed is read.
const RECOUNTED_AT_ONCE: usize = 64;

/// Tells a stock what the feed counts now; it makes known what is left. Asked once: whoever needs
/// to know for certain holds the units.
async fn count(world: &Arc<World>, product: &ProductId) {
    let Some(counted) = world.tables().offer(product).map(|offer| offer.units) else { return };
    let (reply, answer) = oneshot::channel();
    let ask = Ask {
        command: stock::Command::Count { counted },
        manner: Manner(0),
        keyed: None,
        secret: None,
        reply,
        permit: None,
        patience: None,
    };
    world.stocks.send(world, Stocks::stream(product), ask, false);
    let _ = tokio::time::timeout(LEVEL_PATIENCE, answer).await; // the level is what was wanted
}

/// One request on its way to its entity.
pub(crate) struct Asking<'a> {
    engine: &'a Inner,
    manner: Manner,
    keyed: Option<Keyed>,
    pub secret: Option<Secret>,
    pub patience: Option<Duration>,
}

impl Asking<'_> {
    /// Sends the command, and again if its actor had to change its mind about who owns what.
    pub async fn send<E: Entity>(
        self,
        stream: StreamId,
        fresh: bool,
        command: impl Fn(&World) -> E::Command,
    ) -> Result<Answered<E::Reply>, EngineError>
    where
        E::Reply: From<Reply>,
    {
        let Inner { world, .. } = self.engine;
        for _ in 0..=ASKS_RETRIED_MAX {
            let (reply, answer) = oneshot::channel();
            let ask = Ask {
                command: command(world),
                manner: self.manner,
                keyed: self.keyed.clone(),
                secret: self.secret.clone(),
                reply,
                permit: Some(self.engine.permit()?),
                patience: self.patience,
            };
            E::directory(world).send(world, stream, ask, fresh);
            match answer.await {
                Ok(Ok(answered)) => return Ok(answered),
                Ok(Err(Unanswered::Before(reply))) => {
                    return Ok(Answered { reply: reply.into(), remembered: true });
                }
                Ok(Err(Unanswered::Failed(error))) => return Err(error),
                Ok(Err(Unanswered::Again)) | Err(_) => {}
            }
        }
        Err(EngineError::Overloaded)
    }
}

impl Inner {
    /// Room for one request: at once or not at all.
    pub fn permit(&self) -> Result<Permit, EngineError> {
        if self.draining.load(Ordering::Acquire) {
            return Err(EngineError::Stopped);
        }
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            self.world.metrics.asks_refused.increment(1);
            return Err(EngineError::Overloaded);
        };
        Ok(Permit::new(room, &self.world.metrics.asks_in_flight))
    }
}
