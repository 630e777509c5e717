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

mod ask;
mod commit;
mod written;

use paceline_domain::asked::Asked;
use paceline_domain::time::Timestamp;
use paceline_storage::{Append, Due, DueChange, Millis, Stored, StreamId, Version};

use crate::codec::{self, CodecError};
use crate::entity::Entity;
use crate::secret::Secret;
use crate::world::World;

use ask::Asker;
pub(crate) use ask::{Answered, Ask, Permit, Unanswered};
use written::Lost;
pub(crate) use written::{Heard, Tell, Written};

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
    /// How many of the things owed have been put off, and until when the first of them: the others
    /// are carried out meanwhile.
    put_off: Option<(usize, Millis)>,
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

/// What one command came to, applied in memory and not yet written.
struct Decided<E: Entity> {
    events: Vec<E::Event>,
    refused: Option<E::Rejection>,
    /// The keyed questions that were open before, and what each asked for.
    asked_before: Vec<(E::Step, Asked)>,
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
            put_off: None,
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
        let effect = E::pending(&self.state).into_iter().nth(self.put_off.map_or(0, |(n, _)| n));
        effect.map(|effect| (effect, self.secret.clone()))
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
        // A repeat of what is concluded brings its credential in vain.
        if secret.is_some() && decided.refused.is_none() && E::needs_secret(&self.state) {
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

    /// What was carried out is tried again no sooner than this. When that is so of all that is owed,
    /// the stream sleeps, and the log brings it up.
    ///
    /// - `since`: the version when it was begun. If something has happened meanwhile, that comes
    ///   first.
    pub fn postpone(&mut self, world: &World, at: Timestamp, since: Version, tell: &Tell<E>) {
        if !E::owes(&self.state) || self.version != since {
            return;
        }
        let (tried, first) = self.put_off.unwrap_or((0, Millis(at.0)));
        let at = first.min(Millis(at.0));
        if tried + 1 < E::pending(&self.state).len() {
            self.put_off = Some((tried + 1, at));
            return;
        }
        self.put_off = None;
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

    /// With what is queued.
    pub fn version(&self) -> Version {
        self.version
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
        let asked_before =
            E::asked(&self.state).map(|(step, asked)| (step, asked.clone())).collect();
        match E::decide(&self.state, command) {
            Ok(events) => {
                events.iter().for_each(|event| E::apply(&mut self.state, event));
                Decided { events, refused: None, asked_before }
            }
            Err(refused) => Decided { events: vec![], refused: Some(refused), asked_before },
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
