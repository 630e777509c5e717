//! What a turn writes: its events, the answer to be remembered, a snapshot, and what is owed.

use std::sync::Arc;

use bytes::Bytes;
use paceline_domain::asked::Asked;
use paceline_storage::limits::SNAPSHOT_BYTES_MAX;
use paceline_storage::{AnswerKey, AnswerWrite, Append, Done, Due, DueChange, Millis, Version};

use super::ask::Leaving;
use super::written::{Tell, Written};
use super::{Decided, Indexed, Owner, Waiting, seal_name, sleeps_until};
use crate::codec::{self, Remembered};
use crate::entity::Entity;
use crate::idempotency::Keyed;
use crate::limits::{OWED_LEFT_ALONE, RECORDS_BETWEEN_SNAPSHOTS};
use crate::voice::Manner;
use crate::world::World;

impl<E: Entity> Owner<E> {
    /// Queues what was decided; answers leave when it is on disk. The first of `leaving` belongs
    /// to `keyed`, unless its answer has to wait.
    pub(super) fn commit(
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
            self.put_off = None;
            self.version = Version(expected.0 + 1);
            turn.record = Some(codec::encode(&written.events));
            turn.snapshot = self.snapshot();
            turn.due = self.due_change(world);
        }
        self.queue(world, turn, written, tell);
    }

    pub(super) fn queue(
        &mut self,
        world: &World,
        turn: Append,
        mut written: Written<E>,
        tell: &Tell<E>,
    ) {
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
        asked_before: Vec<(E::Step, Asked)>,
        keyed: Option<Keyed>,
        changed: bool,
        passing: bool,
        leaving: &Leaving<E>,
    ) -> Option<AnswerWrite> {
        let now = world.now();
        let expires_at = Millis(now.after(E::answers_kept(&world.options)).0);
        let is_over = |(step, before): &(E::Step, Asked)| {
            !E::asked(&self.state).any(|open| open == (*step, before))
        };
        let mut ended = asked_before.into_iter().filter(is_over);
        if let Some((step, before)) = ended.next() {
            debug_assert!(ended.next().is_none(), "a turn ends one question at most");
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
    pub(super) fn called(
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

    pub(super) fn due_change(&mut self, world: &World) -> DueChange {
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
    pub(super) fn note(&self, world: &World) -> Bytes {
        let seal = |secret| world.seal_key.seal(&seal_name(self.stream), secret);
        self.secret.as_ref().filter(|_| E::SECRET_OUTLIVES).map(seal).unwrap_or_default()
    }

    pub(super) fn is_sealed(&self) -> bool {
        E::SECRET_OUTLIVES && self.secret.is_some()
    }

    /// Everything queued so far is on disk.
    pub(super) fn is_durable(&self) -> bool {
        self.durable >= self.version
    }
}

/// Whether whoever asks again will find it.
fn lasts(answer: &AnswerWrite) -> bool {
    match answer {
        AnswerWrite::Take { now, expires_at, .. } => expires_at > now,
        AnswerWrite::Replace { expires_at, .. } => *expires_at > Millis(0),
    }
}
