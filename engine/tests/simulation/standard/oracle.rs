//! What must be so, by what is on the disk, in the bank's book and in Google's ears.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use paceline_domain::account;
use paceline_domain::challenge;
use paceline_domain::decline::Decline;
use paceline_domain::ids::{ChallengeId, MovementId, PaymentId, RefundId, UseId};
use paceline_domain::money::Micros;
use paceline_domain::notice::Subject;
use paceline_domain::payment::{self, Direction, Flow, Part, Payment, Progress};
use paceline_engine::bank::{Answer, Transfer};
use paceline_engine::{Kind, codec, report};
use paceline_storage::{Append, EventLog, Millis};
use serde::de::DeserializeOwned;

use crate::simulation::disk::Witness;
use crate::simulation::standard::bank::Vault;
use crate::simulation::standard::google::Ears;

/// Keeps books of what has reached the disk. An event there is a fact: no later one contradicts it.
#[derive(Default)]
pub struct Books {
    pub wrong: Mutex<Vec<String>>,
    pub tally: Mutex<BTreeMap<&'static str, u64>>,
    concluded: Mutex<BTreeSet<(PaymentId, Part)>>,
    /// Payments that somebody had to sign in for.
    challenged: Mutex<BTreeMap<PaymentId, ChallengeId>>,
}

impl Books {
    pub fn accuse(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }

    pub fn count(&self, what: &'static str) {
        *self.tally.lock().unwrap().entry(what).or_default() += 1;
    }

    /// At the end of a day: nothing is owed, and everybody has the same books.
    ///
    /// - `vault`: the bank's, if the money is there and not in the ledger.
    pub fn assert_all_done(&self, log: &dyn EventLog, vault: Option<&Vault>, ears: &Ears) {
        for due in log.due(Millis(u64::MAX), None, 10).unwrap() {
            self.accuse(format!("{:?} is still owed something", due.stream));
        }
        let payments: Vec<Payment> = states(log, Kind::Payment, payment::apply);
        let moved = match vault {
            Some(vault) => in_vault(vault),
            None => self.in_ledger(log),
        };
        let mut expected = BTreeMap::new();
        let mut told = vec![];
        for payment in &payments {
            let sign = if payment.terms.flow == Flow::Disbursement { 1 } else { -1 };
            let own = (MovementId(payment.id.0), Micros(sign * payment.terms.amount.0));
            self.expect(payment, Part::Payment, own, &mut expected, &mut told);
            for (id, refund) in &payment.refunds {
                let own = (MovementId(id.0), refund.amount);
                self.expect(payment, Part::Refund(*id), own, &mut expected, &mut told);
            }
        }
        for (id, amount) in &moved {
            if expected.get(id) != Some(amount) {
                let should = expected.get(id);
                self.accuse(format!("{id} has moved {amount:?}, and should have {should:?}"));
            }
        }
        for (id, amount) in expected.iter().filter(|(id, _)| !moved.contains_key(id)) {
            self.accuse(format!("{id} should have moved {amount:?}, and has not"));
        }
        self.assert_proofs_used_once(log, &payments);
        let mut heard: Vec<Subject> = ears.heard.lock().unwrap().values().cloned().collect();
        let order = |subject: &Subject| format!("{subject:?}");
        heard.sort_by_key(order);
        told.sort_by_key(order);
        if heard != told {
            self.accuse(format!("Google has heard: {heard:?}\nand should have: {told:?}"));
        }
        heard.iter().for_each(|_| self.count("notices heard"));
        if !report::notices_open(log).unwrap().is_empty() {
            self.accuse("a notice is still open".to_owned());
        }
    }

    /// Whoever had to sign in for a payment has used that for no other, whatever came between.
    fn assert_proofs_used_once(&self, log: &dyn EventLog, payments: &[Payment]) {
        use Decline::{ProofAlreadyUsed, ProofExpired, ProofNotMatched};
        let challenged = self.challenged.lock().unwrap();
        for payment in payments {
            let Some(challenge) = challenged.get(&payment.id) else { continue };
            let outcome = payment.course.progress.outcome();
            if let Some(Err(ProofAlreadyUsed | ProofExpired | ProofNotMatched)) = outcome {
                continue;
            }
            let stream = Kind::Challenge.stream(challenge.0);
            let mut state = None;
            let records = log.history(stream).unwrap();
            let events = records.iter().flat_map(|record| read(record));
            events.for_each(|event| challenge::apply(&mut state, &event));
            let used_by = match state.map(|state: challenge::Challenge| state.phase) {
                Some(challenge::Phase::Used { by, .. }) => Some(by),
                _ => None,
            };
            if used_by != Some(UseId(payment.id.0)) {
                self.accuse(format!("{} was paid on a proof used by {used_by:?}", payment.id));
            }
            self.count("captures challenged");
        }
    }

    /// What must have moved and been told for one part of a payment.
    fn expect(
        &self,
        payment: &Payment,
        part: Part,
        movement: (MovementId, Micros),
        expected: &mut BTreeMap<MovementId, Micros>,
        told: &mut Vec<Subject>,
    ) {
        let course = payment.course(part).unwrap();
        let Progress::Settled(outcome) = course.progress else {
            return self.accuse(format!("{} {part:?} is {:?}", payment.id, course.progress));
        };
        if outcome.is_ok() {
            expected.insert(movement.0, movement.1);
        }
        self.count(match (part, payment.terms.flow, outcome) {
            (Part::Refund(_), _, Ok(())) => "refunds approved",
            (Part::Refund(_), _, Err(_)) => "refunds declined",
            (_, Flow::Disbursement, Ok(())) => "disbursements approved",
            (_, Flow::Disbursement, Err(_)) => "disbursements declined",
            (_, Flow::CaptureLater, _) => "captures told later",
            (_, Flow::Capture, Ok(())) => "captures approved",
            (_, Flow::Capture, Err(_)) => "captures declined",
        });
        if course.to_be_told {
            told.push(subject(payment, part, outcome));
        }
    }

    /// Every movement in the ledger for a payment, counted from each account's story.
    fn in_ledger(&self, log: &dyn EventLog) -> BTreeMap<MovementId, Micros> {
        let mut moved = BTreeMap::new();
        for stream in log.streams(Kind::Account as u8, None, 100).unwrap() {
            for event in log.history(stream).unwrap().iter().flat_map(|r| read(r)) {
                let account::Event::Moved { movement, purpose, amount, .. } = event else {
                    continue;
                };
                if matches!(purpose, account::Purpose::Funding(_)) {
                    continue;
                }
                if moved.insert(movement, amount).is_some() {
                    self.accuse(format!("{movement} has happened twice"));
                }
            }
        }
        let ledger = report::ledger(log).unwrap();
        if !ledger.balances() {
            self.accuse(format!("the ledger does not come to nothing: {ledger:?}"));
        }
        let unforgotten = |a: &account::Account| a.moved.len() > 1; // the funding is nobody's
        if ledger.accounts.iter().any(unforgotten) {
            self.accuse("an account remembers what nobody will ask for".to_owned());
        }
        moved
    }
}

impl Witness for Books {
    fn written(&self, turn: &Append) {
        let Some(record) = &turn.record else { return };
        if turn.stream.kind != Kind::Payment as u8 {
            return;
        }
        let id = PaymentId(u128::from_be_bytes(turn.stream.id));
        for event in read::<payment::Event>(record) {
            if let payment::Event::Asked { course, .. } = &event
                && let Progress::Asking { proof: Some(proof) } = &course.progress
            {
                self.challenged.lock().unwrap().insert(id, proof.challenge());
            }
            if let payment::Event::Concluded { part, .. } = event
                && !self.concluded.lock().unwrap().insert((id, part))
            {
                self.accuse(format!("{id} {part:?} is concluded twice"));
            }
        }
    }
}

fn in_vault(vault: &Vault) -> BTreeMap<MovementId, Micros> {
    let book = vault.book.lock().unwrap();
    let approved = book.iter().filter(|(_, (_, answer))| *answer == Answer::Approved);
    let signed = |(id, (transfer, _)): (&MovementId, &(Transfer, Answer))| {
        let sign = if transfer.direction == Direction::Capture { -1 } else { 1 };
        (*id, Micros(sign * transfer.amount.0))
    };
    approved.map(signed).collect()
}

fn subject(payment: &Payment, part: Part, outcome: Result<(), Decline>) -> Subject {
    let (request, id) = (payment.terms.request.clone(), payment.id);
    match (part, payment.terms.flow) {
        (Part::Refund(refund), _) => {
            let request = payment.refunds[&refund].request.clone();
            Subject::Refund { request, refund: RefundId(refund.0), outcome }
        }
        (_, Flow::Disbursement) => Subject::Disbursement { request, payment: id, outcome },
        (_, Flow::Capture | Flow::CaptureLater) => {
            Subject::Capture { request, payment: id, outcome }
        }
    }
}

/// The states of all entities of a kind, each from its whole story.
fn states<S, E: DeserializeOwned>(
    log: &dyn EventLog,
    kind: Kind,
    apply: fn(&mut Option<S>, &E),
) -> Vec<S> {
    let streams = log.streams(kind as u8, None, usize::MAX).unwrap();
    let state = |stream| {
        let mut state = None;
        let events = log.history(stream).unwrap();
        events.iter().flat_map(|record| read(record)).for_each(|event| apply(&mut state, &event));
        state
    };
    streams.into_iter().filter_map(state).collect()
}

fn read<E: DeserializeOwned>(record: &[u8]) -> Vec<E> {
    codec::decode(record).expect("what is on disk can be read")
}
