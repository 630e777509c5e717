//! One turn of any entity: decide, append, apply. Knows no runtime.
//!
//! Why: here is where a decision becomes a fact, so it is small and the same for everybody. Turns
//! pipeline: the next is decided on what the one before has queued, and each reply leaves with
//! the commit of its own turn. A hot product decides thousands of times per sync that way; a
//! session, which has one turn at a time, loses nothing. What the log says of a turn comes back to
//! the thread that decided it, so that nothing here is shared.
//! Promise: nobody hears of a state that is not on disk. A reply that needs no write still waits
//! for the writes it has seen. An owner that is not the only one learns so from the log, forgets
//! what it thought, and reads again.

use std::sync::Arc;

use bytes::Bytes;
use metrics::Gauge;
use paceline_domain::asked::Asked;
use paceline_domain::time::Timestamp;
use paceline_storage::limits::SNAPSHOT_BYTES_MAX;
use paceline_storage::{
    AnswerKey, AnswerWrite, Append, AppendError, Done, Due, DueChange, Millis, Stored, StreamId,
    Version,
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::codec::{self, CodecError, Remembered};
use crate::directory::Glance;
use crate::entity::Entity;
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::limits::{OWED_LEFT_ALONE, RECORDS_BETWEEN_SNAPSHOTS};
use crate::secret::Secret;
use crate::voice::{Manner, Reply};
use crate::world::World;

/// A command on its way to its entity, with everything its answer needs.
pub(crate) struct Ask<E: Entity> {
    pub command: E::Command,
    pub manner: Manner,
    pub keyed: Option<Keyed>,
    pub secret: Option<Secret>,
    pub reply: ReplyTo<E>,
    /// Held until the answer leaves, so that what is in flight is bounded.
    pub permit: Option<Permit>,
    /// How long the asker waits for what is beyond this process; `None`: as long as it takes.
    pub patience: Option<std::time::Duration>,
}

/// Room for one request, given back when it is dropped.
pub(crate) struct Permit {
    _room: OwnedSemaphorePermit,
    in_flight: Gauge,
}

impl Permit {
    pub fn new(room: OwnedSemaphorePermit, in_flight: &Gauge) -> Self {
        in_flight.increment(1.0);
        Self { _room: room, in_flight: in_flight.clone() }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.in_flight.decrement(1.0);
    }
}

/// Where an answer goes. Dropped unanswered, it means [`Unanswered::Again`].
pub(crate) type ReplyTo<E> = oneshot::Sender<Result<Answered<<E as Entity>::Reply>, Unanswered>>;

/// An answer, and whether it is remembered under the key it was asked with.
#[derive(Clone, Debug)]
pub(crate) struct Answered<R> {
    pub reply: R,
    pub remembered: bool,
}

/// Why a turn gave no answer of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Nothing was written, for no fault of the asker's: ask again.
    Again,
    /// The key was answered before, like this.
    Before(Reply),
    Failed(EngineError),
}

/// What became of a queued turn, with all that waits for it.
pub(crate) struct Written<E: Entity> {
    pub stream: StreamId,
    /// Of the owner that decided it.
    generation: u64,
    decided_on: Version,
    outcome: Result<Version, AppendError>,
    events: Vec<E::Event>,
    leaving: Leaving<E>,
    fingerprint: Option<[u8; 32]>,
    /// Whether whoever asks again under its key will find the answer.
    remembered: bool,
    /// What a reader may be shown from now on, if that changes.
    shown: Option<Option<Glance>>,
}

/// How the one who hosts the owner hears of what was written; called from the log's threads.
pub(crate) type Tell<E> = Arc<dyn Fn(Written<E>) + Send + Sync>;

/// What an owner hears of one of its turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Of the owner that decided it.
    generation: u64,
    what: Result<Version, Lost>,
}

/// The owner's state is not the truth: the log has the stream at another version than a turn was
/// decided on, or its key taken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lost {
    decided_on: Version,
    why: Unanswered,
}

/// The one live owner of a stream.
pub(crate) struct Owner<E: Entity> {
    stream: StreamId,
    state: E::State,
    /// With what is queued.
    version: Version,
    snapshot_at: Version,
    indexed: Option<Indexed>,
    /// What carrying out what is owed needs, as long as it is owed.
    secret: Option<Secret>,
    /// The highest version known to be on disk.
    durable: Version,
    /// Turns, answers alone among them, that the log has not told of.
    in_flight: usize,
    /// When what is owed is tried again; `None`: at once.
    not_before: Option<Millis>,
    waiting: Vec<Waiting<E>>,
    generation: u64,
}

/// What the log's index says of something owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Indexed {
    /// When the log brings the stream up, should nobody have carried it out.
    at: Millis,
    /// Whether a sealed credential lies beside it.
    sealed: bool,
}

struct Waiting<E: Entity> {
    step: E::Step,
    /// What the turn that began the step was decided on; `None` for whoever joined later.
    decided_on: Option<Version>,
    asker: Asker<E>,
}

struct Asker<E: Entity> {
    manner: Manner,
    reply: ReplyTo<E>,
    permit: Option<Permit>,
}

impl<E: Entity> Asker<E> {
    /// The room is free before the answer is heard: whoever asks one thing after the other never
    /// stands in its own way.
    fn answer(self, answer: Result<Answered<E::Reply>, Unanswered>) {
        let Self { reply, permit, .. } = self;
        drop(permit);
        let _ = reply.send(answer); // the asker may have left
    }
}

/// Answers that leave when their turn is on disk.
type Leaving<E> = Vec<(Asker<E>, <E as Entity>::Reply)>;

/// What one command came to, applied in memory and not yet written.
struct Decided<E: Entity> {
    events: Vec<E::Event>,
    refused: Option<E::Rejection>,
    /// The keyed question that was open before, and what it asked for.
    asked_before: Option<(E::Step, Asked)>,
}

impl<E: Entity> Owner<E> {
    /// The owner of a stream that nobody can have written to, because its id was just made up;
    /// should that be wrong, the log will tell.
    pub fn fresh(stream: StreamId) -> Self {
        Self {
            stream,
            state: E::State::default(),
            version: Version(0),
            snapshot_at: Version(0),
            indexed: None,
            secret: None,
            durable: Version(0),
            in_flight: 0,
            not_before: None,
            waiting: vec![],
            generation: 0,
        }
    }

    /// The owner of what is stored.
    ///
    /// # Errors
    /// [`CodecError`] if it cannot be read: nothing is answered from a doubtful state.
    pub fn load(
        world: &World,
        stream: StreamId,
        stored: Stored,
        generation: u64,
    ) -> Result<Self, CodecError> {
        let mut owner = Self { generation, ..Self::fresh(stream) };
        if let Some((version, bytes)) = &stored.snapshot {
            owner.state = codec::decode(bytes)?;
            owner.snapshot_at = *version;
        }
        for record in &stored.records {
            let events: Vec<E::Event> = codec::decode(record)?;
            events.iter().for_each(|event| E::apply(&mut owner.state, event));
        }
        owner.version = stored.version;
        owner.durable = stored.version;
        if let Some(Due { at, note }) = stored.due {
            owner.secret = world.seal_key.open(&seal_name(stream), &note);
            owner.indexed = Some(Indexed { at, sealed: owner.secret.is_some() });
        }
        owner.not_before = sleeps_until::<E>(world, &owner.state);
        Ok(owner)
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What is owed, once everything that was decided is on disk, and what it takes to carry it
    /// out.
    pub fn owed(&self) -> Option<(E::Effect, Option<Secret>)> {
        if !self.is_durable() || self.not_before.is_some() || !E::owes(&self.state) {
            return None;
        }
        E::pending(&self.state).into_iter().next().map(|effect| (effect, self.secret.clone()))
    }

    /// What is owed needs a credential, and it is not here.
    pub fn wants_secret(&self) -> bool {
        E::SECRET_OUTLIVES && self.secret.is_none() && E::needs_secret(&self.state)
    }

    /// Nothing is queued and nobody waits: it may sleep. What it owes is in the log, which brings
    /// it up again. While the log has still to tell of a turn, it does not: whoever takes its place
    /// would be told, and could take that version for one of its own.
    pub fn is_quiet(&mut self) -> bool {
        // Who has left is waited for no more, or an outage would keep everything awake.
        self.waiting.retain(|waiting| !waiting.asker.reply.is_closed());
        self.is_durable() && self.waiting.is_empty() && self.in_flight == 0
    }

    /// Takes the turn of somebody who waits for an answer. Returns the step whose end the answer
    /// has to wait for, if there is one.
    pub fn take(&mut self, world: &World, ask: Ask<E>, tell: &Tell<E>) -> Option<E::Step> {
        self.tick(world, tell);
        let Ask { command, manner, keyed, secret, reply, permit, .. } = ask;
        let asker = Asker { manner, reply, permit };
        if let Some(step) = E::joins(&self.state, &command) {
            self.waiting.push(Waiting { step, decided_on: None, asker });
            return Some(step);
        }
        let step = E::step(&self.state, &command);
        let decided = self.decide(command);
        if secret.is_some() && decided.refused.is_none() {
            self.secret = secret;
        }
        let refused = decided.refused.as_ref();
        let open = |step: &E::Step| refused.is_none() && !E::is_over(&self.state, *step);
        let awaited = step.filter(open);
        let mut leaving = vec![];
        match awaited {
            Some(step) => {
                self.waiting.push(Waiting { step, decided_on: Some(self.version), asker });
            }
            None => {
                let reply = E::reply(&world.voices, manner, &self.state, step, refused);
                leaving.push((asker, reply));
            }
        }
        self.commit(world, decided, keyed, leaving, tell);
        awaited
    }

    /// Takes a turn that nobody asked for: the outcome of what was owed.
    pub fn tell(&mut self, world: &World, command: E::Command, tell: &Tell<E>) {
        let decided = self.decide(command);
        if let Some(refused) = &decided.refused {
            tracing::error!(stream = ?self.stream, ?refused, "an outcome was refused");
        }
        self.commit(world, decided, None, vec![], tell);
    }

    /// What is owed is tried again no sooner than this. Its stream sleeps meanwhile, and the log
    /// brings it up.
    pub fn postpone(&mut self, world: &World, at: Timestamp, tell: &Tell<E>) {
        if !E::owes(&self.state) {
            return;
        }
        let at = Millis(at.0);
        self.not_before = Some(at);
        self.indexed = Some(Indexed { at, sealed: self.is_sealed() });
        let due = DueChange::Set(Due { at, note: self.note(world) });
        let (stream, expected) = (self.stream, self.version);
        let turn = Append { stream, expected, record: None, snapshot: None, answer: None, due };
        let written = Written::without_events(stream, self.generation, expected);
        self.queue(world, turn, written, tell);
    }

    /// The time that was waited for has come.
    pub fn hurry(&mut self) {
        self.not_before = None;
    }

    /// Lets time do what it has come to.
    pub fn tick(&mut self, world: &World, tell: &Tell<E>) {
        if let Some(command) = E::tick(&self.state, world.now()) {
            self.tell(world, command, tell);
        }
    }

    /// Answers those who wait for a step that takes too long: it goes on without them.
    pub fn leave(&mut self, world: &World, step: E::Step, tell: &Tell<E>) {
        if !self.waiting.iter().any(|waiting| waiting.step == step) {
            return;
        }
        let decided = match E::leave(step) {
            Some(command) => self.decide(command),
            None => return,
        };
        let leaving = self.called(world, |_, waited| waited == step);
        self.commit(world, decided, None, leaving, tell);
    }

    /// Tells those who wait that the log refused a turn. Why is for whoever asked for that turn;
    /// what it may hold is nobody else's, and the others ask again.
    fn forfeit(&mut self, lost: &Lost) {
        for Waiting { decided_on, asker, .. } in self.waiting.drain(..) {
            let own = decided_on == Some(lost.decided_on);
            let why = if own { lost.why.clone() } else { Unanswered::Again };
            asker.answer(Err(why));
        }
    }

    /// Hears what became of one of its turns. Says whether it has to be read again.
    pub fn hear(&mut self, heard: Heard) -> bool {
        if heard.generation != self.generation {
            return false; // of one that was given up before
        }
        self.in_flight -= 1;
        match heard.what {
            Ok(version) => {
                self.durable = self.durable.max(version);
                false
            }
            Err(lost) => {
                self.forfeit(&lost);
                true
            }
        }
    }

    /// Says what happens, and makes it so in memory.
    fn decide(&mut self, command: E::Command) -> Decided<E> {
        let asked_before = E::asked(&self.state).map(|(step, asked)| (step, asked.clone()));
        match E::decide(&self.state, command) {
            Ok(events) => {
                events.iter().for_each(|event| E::apply(&mut self.state, event));
                Decided { events, refused: None, asked_before }
            }
            Err(refused) => Decided { events: vec![], refused: Some(refused), asked_before },
        }
    }

    /// Queues what was decided; answers leave when it is on disk. The first of `leaving` belongs
    /// to `keyed`, unless its answer has to wait.
    fn commit(
        &mut self,
        world: &World,
        decided: Decided<E>,
        keyed: Option<Keyed>,
        mut leaving: Leaving<E>,
        tell: &Tell<E>,
    ) {
        let Decided { events, asked_before, refused } = decided;
        // Not when it was read: what the turn brought along may be newer than what is stored.
        E::publish(world, self.stream, &self.state);
        let passing = refused.as_ref().is_some_and(E::is_passing);
        let fingerprint = keyed.as_ref().map(|keyed| keyed.fingerprint);
        let answer = self.answer(world, asked_before, keyed, !events.is_empty(), passing, &leaving);
        leaving.extend(self.called(world, |state, step| E::is_over(state, step)));
        let said = leaving.last().filter(|_| refused.is_none()).map(|(_, reply)| reply);
        let glance = said.and_then(|reply| E::glance(&self.state, reply));
        let shown = (glance.is_some() || !events.is_empty()).then_some(glance);
        let written = Written {
            stream: self.stream,
            generation: self.generation,
            decided_on: self.version,
            outcome: Ok(self.version),
            remembered: answer.as_ref().is_some_and(lasts),
            events,
            leaving,
            fingerprint,
            shown,
        };
        if written.events.is_empty() && answer.is_none() && self.is_durable() {
            let _ = written.conclude(world); // it is durable already
            return;
        }
        let (stream, expected) = (self.stream, self.version);
        let mut turn =
            Append { stream, expected, record: None, snapshot: None, answer, due: DueChange::Keep };
        if !written.events.is_empty() {
            self.not_before = sleeps_until::<E>(world, &self.state);
            self.version = Version(expected.0 + 1);
            turn.record = Some(codec::encode(&written.events));
            turn.snapshot = self.snapshot();
            turn.due = self.due_change(world);
        }
        self.queue(world, turn, written, tell);
    }

    fn queue(&mut self, world: &World, turn: Append, mut written: Written<E>, tell: &Tell<E>) {
        let (stream, expected) = (turn.stream, turn.expected);
        self.in_flight += 1;
        let hear = Arc::clone(tell);
        let done: Done = Box::new(move |outcome| {
            written.outcome = outcome;
            hear(written);
        });
        if world.log.append(turn, done).is_err() {
            // `done` is dropped, and with it the askers' channels: they ask again. So does the
            // owner, whose state is ahead of the log's.
            tell(Written::refused(stream, self.generation, expected));
        }
    }

    /// What is to be remembered with this turn: the answer to a question that was open and is
    /// not any more, or the key of a new question. A question to an entity that does not exist
    /// leaves no trace; one that would have opened it may be a repeat, so the log is asked.
    fn answer(
        &self,
        world: &World,
        asked_before: Option<(E::Step, Asked)>,
        keyed: Option<Keyed>,
        changed: bool,
        passing: bool,
        leaving: &Leaving<E>,
    ) -> Option<AnswerWrite> {
        let now = world.now();
        let expires_at = Millis(now.after(E::answers_kept(&world.options)).0);
        let asked = E::asked(&self.state);
        let over = |(step, before): &(E::Step, Asked)| asked != Some((*step, before));
        if let Some((step, before)) = asked_before.filter(over) {
            let manner = Manner(before.manner);
            let reply = E::reply(&world.voices, manner, &self.state, Some(step), None);
            let reply = E::to_remember(&reply).cloned();
            // What says nothing lasting gives the key back.
            let expires_at = if reply.is_some() { expires_at } else { Millis(0) };
            let body = Remembered { fingerprint: before.fingerprint, reply }.to_bytes();
            let key = AnswerKey(Bytes::copy_from_slice(&before.key));
            return Some(AnswerWrite::Replace { key, body, expires_at });
        }
        let exists = changed || self.version > Version(0);
        let Keyed { key, fingerprint } = keyed.filter(|_| exists || !passing)?;
        let reply = leaving.first().and_then(|(_, reply)| E::to_remember(reply)).cloned();
        let body = Remembered { fingerprint, reply }.to_bytes();
        // The log is asked in any case, for only it knows whether the key was answered before. What
        // says nothing of the request itself, or refuses to open what is not there yet, is forgotten
        // in the moment in which it is written, whatever the clock says after a restart.
        let expires_at = if passing || !exists { Millis(0) } else { expires_at };
        Some(AnswerWrite::Take { key: key.into(), body, now: Millis(now.0), expires_at })
    }

    /// Takes those off the list whose step `is_called`, each with words for it.
    fn called(
        &mut self,
        world: &World,
        is_called: impl Fn(&E::State, E::Step) -> bool,
    ) -> Leaving<E> {
        let state = &self.state;
        self.waiting
            .extract_if(.., |waiting| is_called(state, waiting.step))
            .map(|Waiting { step, asker, .. }| {
                let reply = E::reply(&world.voices, asker.manner, state, Some(step), None);
                (asker, reply)
            })
            .collect()
    }

    fn snapshot(&mut self) -> Option<Bytes> {
        if self.version.0 - self.snapshot_at.0 < RECORDS_BETWEEN_SNAPSHOTS {
            return None;
        }
        self.snapshot_at = self.version;
        let snapshot = codec::encode(&self.state);
        if snapshot.len() > SNAPSHOT_BYTES_MAX {
            // It only makes waking quicker: the turn must not fail for it.
            tracing::warn!(stream = ?self.stream, bytes = snapshot.len(), "too large a snapshot");
            return None;
        }
        Some(snapshot)
    }

    fn due_change(&mut self, world: &World) -> DueChange {
        if !E::needs_secret(&self.state) {
            self.secret = None;
        }
        let owes = E::WOKEN_BY_LOG && E::owes(&self.state);
        let before = self.indexed;
        let soon = || Millis(world.now().after(OWED_LEFT_ALONE).0);
        let at =
            || self.not_before.unwrap_or_else(|| before.map_or_else(soon, |b| b.at.min(soon())));
        self.indexed = owes.then(|| Indexed { at: at(), sealed: self.is_sealed() });
        if self.indexed == before {
            return DueChange::Keep;
        }
        match self.indexed {
            None => DueChange::Clear,
            Some(Indexed { at, .. }) => DueChange::Set(Due { at, note: self.note(world) }),
        }
    }

    /// What lies beside the entry in the log's index: the credential, sealed.
    fn note(&self, world: &World) -> Bytes {
        let seal = |secret| world.seal_key.seal(&seal_name(self.stream), secret);
        self.secret.as_ref().filter(|_| E::SECRET_OUTLIVES).map(seal).unwrap_or_default()
    }

    fn is_sealed(&self) -> bool {
        E::SECRET_OUTLIVES && self.secret.is_some()
    }

    /// Everything queued so far is on disk.
    fn is_durable(&self) -> bool {
        self.durable >= self.version
    }
}

impl<E: Entity> Written<E> {
    /// A turn that the log had no room for.
    fn refused(stream: StreamId, generation: u64, decided_on: Version) -> Self {
        let outcome = Err(AppendError::Conflict { found: decided_on });
        Self { outcome, ..Self::without_events(stream, generation, decided_on) }
    }

    fn without_events(stream: StreamId, generation: u64, decided_on: Version) -> Self {
        Self {
            stream,
            generation,
            decided_on,
            outcome: Ok(decided_on),
            events: vec![],
            leaving: vec![],
            fingerprint: None,
            remembered: false,
            shown: None,
        }
    }

    /// Counts what has happened and lets the answers leave. What its owner has to hear of it,
    /// should there still be one.
    pub fn conclude(self, world: &World) -> Heard {
        let Self { generation, decided_on, fingerprint, .. } = self;
        let error = match self.outcome {
            Ok(version) => {
                self.events.iter().for_each(|event| E::count(event, &world.metrics));
                // Before anybody hears of it: whoever looks next sees it, or something later.
                if let Some(glance) = self.shown {
                    E::directory(world).show(self.stream, glance);
                }
                for (asker, reply) in self.leaving {
                    asker.answer(Ok(Answered { reply, remembered: self.remembered }));
                }
                return Heard { generation, what: Ok(version) };
            }
            Err(error) => error,
        };
        let lost = !self.events.is_empty() || matches!(error, AppendError::Conflict { .. });
        let why = unanswered(error, fingerprint);
        for (asker, _) in self.leaving {
            asker.answer(Err(why.clone()));
        }
        let what = if lost { Err(Lost { decided_on, why }) } else { Ok(Version(0)) };
        Heard { generation, what }
    }
}

/// Whether whoever asks again will find it.
fn lasts(answer: &AnswerWrite) -> bool {
    match answer {
        AnswerWrite::Take { now, expires_at, .. } => expires_at > now,
        AnswerWrite::Replace { expires_at, .. } => *expires_at > Millis(0),
    }
}

/// What a refusal of the log means to an asker who asked with this fingerprint.
fn unanswered(error: AppendError, fingerprint: Option<[u8; 32]>) -> Unanswered {
    let taken = match error {
        AppendError::Conflict { .. } => return Unanswered::Again,
        AppendError::Stopped(_) => return Unanswered::Failed(EngineError::Stopped),
        AppendError::TooLarge { part, bytes } => {
            tracing::error!(part, bytes, "a turn is too large for the log");
            return Unanswered::Failed(EngineError::Damaged);
        }
        AppendError::KeyTaken(taken) => taken,
    };
    match Remembered::from_bytes(&taken.body) {
        Ok(first) if Some(first.fingerprint) != fingerprint => {
            Unanswered::Failed(EngineError::KeyMismatched)
        }
        Ok(Remembered { reply: Some(reply), .. }) => Unanswered::Before(reply),
        Ok(Remembered { reply: None, .. }) => Unanswered::Again,
        Err(error) => {
            tracing::error!(stream = ?taken.stream, %error, "a remembered answer is unreadable");
            Unanswered::Failed(EngineError::Damaged)
        }
    }
}

/// The moment before which nothing that is owed can be carried out, if that is still to come.
fn sleeps_until<E: Entity>(world: &World, state: &E::State) -> Option<Millis> {
    let until = E::sleeps_until(state).filter(|until| *until > world.now());
    until.map(|Timestamp(at)| Millis(at))
}

/// Whom a note is sealed for.
fn seal_name(stream: StreamId) -> [u8; 17] {
    let mut name = [stream.kind; 17];
    name[1..].copy_from_slice(&stream.id);
    name
}

#[cfg(test)]
mod tests;
