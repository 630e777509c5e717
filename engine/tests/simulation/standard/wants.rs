//! What clients want next, and what may not come of it.

use std::collections::BTreeSet;

use paceline_domain::ids::{ChallengeId, RequestId};
use paceline_domain::money::Micros;
use paceline_domain::notice::Subject;
use paceline_domain::statement::LineKind;
use paceline_domain::telephone;
use paceline_domain::time::Timestamp;
use paceline_engine::{Kind, Reply, Surroundings, codec};
use paceline_storage::EventLog;

use crate::common::standard::request;
use crate::simulation::standard::clients::{Intent, What, amount, name};
use crate::simulation::standard::day::{ACCOUNTS, Day, Life, TOKENS};
use crate::simulation::standard::statements::Composed;

impl Day {
    pub(super) fn intent(&mut self, life: &Life) -> usize {
        self.ids += 1;
        let (token, halves) = (self.token(), 1 + self.chance.below(12) as i64);
        let captures = |what: &What| what.method().to_lowercase().ends_with("capture");
        // Most often of one that Google knows to have been made.
        let any = self.chance.one_in(6);
        let captured: Vec<usize> = self
            .clients
            .intents
            .iter()
            .filter(|intent| captures(&intent.what))
            .filter(|intent| any || self.clients.told.get(&intent.number).is_some_and(succeeded))
            .map(|intent| intent.id)
            .collect();
        let unlinked = !self.is_linked(token);
        let what = match self.chance.below(16) {
            _ if self.clients.intents.len() < TOKENS => {
                let token = self.clients.intents.len();
                What::Link { token, account: token % ACCOUNTS }
            }
            0..5 if unlinked => What::Link { token, account: token % ACCOUNTS },
            0 => What::Link { token, account: token % ACCOUNTS },
            1..4 => What::Capture { token, amount: halves },
            4 => What::Challenged { token, amount: halves, sign_in: self.ids / 8 },
            5..7 => What::CaptureLater { token, amount: halves },
            7 => What::Disburse { token, amount: halves },
            8 => What::SendOtp { token, bound: !self.chance.one_in(3) },
            9..11 => self.typed(token, halves),
            11 if self.chance.one_in(3) => self.statement(life),
            _ if captured.is_empty() => What::Capture { token, amount: halves },
            _ => {
                let of = captured[captured.len() - 1 - self.chance.below(captured.len().min(4))];
                What::Refund { of, amount: 1 + self.chance.below(6) as i64 }
            }
        };
        self.clients.want(self.ids, what)
    }

    /// Most often one that is linked.
    fn token(&mut self) -> usize {
        let linked: Vec<usize> = (0..TOKENS).filter(|token| self.is_linked(*token)).collect();
        match linked.is_empty() || self.chance.one_in(4) {
            true => self.chance.below(TOKENS),
            false => self.chance.pick(&linked),
        }
    }

    /// As far as Google knows.
    fn is_linked(&self, wanted: usize) -> bool {
        self.clients.told.iter().any(|(told, reply)| {
            let what = self.clients.intents[*told].what;
            matches!(what, What::Link { token, .. } if token == wanted)
                && says(reply, "result: Ok(")
        })
    }

    /// A password that has arrived, or one that somebody makes up.
    fn typed(&mut self, token: usize, amount: i64) -> What {
        let sends = |intent: &&Intent| matches!(intent.what, What::SendOtp { .. });
        let mut sent: Vec<usize> =
            self.clients.intents.iter().filter(sends).map(|intent| intent.id).collect();
        if !self.chance.one_in(6) {
            sent.retain(|id| self.world.phones.password(&name(*id)).is_some());
        }
        let Some(latest) = sent.len().checked_sub(1) else {
            return What::Capture { token, amount };
        };
        let sent_by = sent[latest - self.chance.below(sent.len().min(3))];
        let arrived = self.world.phones.password(&name(sent_by)).is_some();
        let right = arrived && !self.chance.one_in(4);
        // Most often with the token that it was sent for.
        let token = if self.chance.one_in(4) { token } else { self.sent_for(sent_by).0 };
        What::Typed { token, amount, sent_by, right }
    }

    /// The token, and whether it is for its association alone.
    fn sent_for(&self, id: usize) -> (usize, bool) {
        let found = self.clients.intents.iter().find_map(|intent| match intent.what {
            What::SendOtp { token, bound } if intent.id == id => Some((token, bound)),
            _ => None,
        });
        found.unwrap()
    }

    /// Google says what is due, by what it was told until now.
    fn statement(&mut self, life: &Life) -> What {
        let mut known: Vec<(LineKind, RequestId, Micros)> = vec![];
        for (told, reply) in &self.clients.told {
            let Intent { id, what, .. } = self.clients.intents[*told];
            let id = request(&name(id));
            match what {
                What::Capture { amount: halves, .. }
                | What::Challenged { amount: halves, .. }
                | What::Typed { amount: halves, .. }
                    if succeeded(reply) =>
                {
                    known.push((LineKind::Capture, id, amount(halves)));
                }
                What::Refund { amount: halves, .. } if succeeded(reply) => {
                    known.push((LineKind::Refund, id, amount(halves)));
                }
                What::CaptureLater { amount: halves, .. } => {
                    let heard = self.world.ears.heard.lock().unwrap();
                    let approved = heard.values().any(|subject| {
                        matches!(subject, Subject::Capture { request, outcome: Ok(()), .. }
                            if *request == id)
                    });
                    if approved {
                        known.push((LineKind::Capture, id, amount(halves)));
                    }
                }
                _ => {}
            }
        }
        let composed = Composed::of(known, &*life.disk, life.machine.now(), &mut self.chance);
        let id = request(&name(self.ids));
        self.world.ears.composed.lock().unwrap().insert(id, composed);
        What::Statement
    }

    /// The same id, another content.
    pub(super) fn misuse_key(&mut self, life: &Life) {
        let like = self.chance.below(self.clients.intents.len());
        let like = self.clients.intents[like].clone();
        let token = self.chance.below(TOKENS);
        let what = match like.what {
            What::Link { .. } | What::SendOtp { .. } | What::Statement => return,
            What::Typed { amount, sent_by, .. } => {
                What::Typed { token, amount: amount + 1, sent_by, right: false }
            }
            What::Capture { amount, .. } => What::Capture { token, amount: amount + 1 },
            What::Challenged { amount, sign_in, .. } => {
                What::Challenged { token, amount: amount + 1, sign_in }
            }
            What::CaptureLater { amount, .. } => What::CaptureLater { token, amount: amount + 1 },
            What::Disburse { amount, .. } => What::Disburse { token, amount: amount + 1 },
            What::Refund { of, amount } => What::Refund { of, amount: amount + 1 },
        };
        let intent = self.clients.want(like.id, what);
        self.ask(intent, life);
    }

    pub(super) fn ask(&mut self, intent: usize, life: &Life) {
        let asked = self.clients.intents[intent].clone();
        self.course.trace(|| format!("asks {asked:?}"));
        self.clients.ask(intent, &life.engine, &self.world, &life.power);
    }

    /// What a 200 means, when it is heard for the first time.
    pub(super) fn judge(&mut self, asked: &Intent, reply: &Reply) {
        let succeeded = succeeded(reply);
        match asked.what {
            What::Link { .. } => self.books.count("links made"),
            What::SendOtp { .. } if says(reply, "TooManyMessages") => {
                self.books.count("messages too many");
            }
            What::SendOtp { .. } => self.books.count("messages sent"),
            What::Typed { token, sent_by, right, .. } => {
                // What was sent to a telephone alone makes a link, and pays for nothing.
                let (sent_for, bound) = self.sent_for(sent_by);
                if succeeded && !(right && bound && token == sent_for) {
                    self.books.accuse(format!("{asked:?} was paid: {reply:?}"));
                }
                self.books.count(match (right, succeeded) {
                    (true, true) => "passwords used",
                    (true, false) => "passwords in vain",
                    (false, _) => "passwords guessed",
                });
            }
            _ => {}
        }
    }

    /// No telephone got what it was not granted, and none was granted too many.
    pub(super) fn assert_messages_granted(&self, log: &dyn EventLog) {
        let limit = self.options.tokenized.otp_limit;
        let mut granted = BTreeSet::<ChallengeId>::new();
        for stream in log.streams(Kind::Telephone as u8, None, usize::MAX).unwrap() {
            let mut moments = vec![];
            for record in log.history(stream).unwrap() {
                let events: Vec<telephone::Event> = codec::decode(&record).unwrap();
                for telephone::Event::Granted { challenge, at, .. } in events {
                    granted.insert(challenge);
                    moments.push(at);
                }
            }
            moments.sort();
            let crowded = |span: &[Timestamp]| span[limit.messages] < span[0].after(limit.within);
            if moments.windows(limit.messages + 1).any(crowded) {
                self.books.accuse(format!("a telephone got too much: {moments:?}"));
            }
        }
        for message in self.world.phones.arrived.lock().unwrap().values() {
            if !granted.contains(&message.id) {
                self.books.accuse(format!("{} was not granted", message.id));
            }
        }
    }
}

fn succeeded(reply: &Reply) -> bool {
    says(reply, "result: Ok(())")
}

fn says(reply: &Reply, what: &str) -> bool {
    std::str::from_utf8(&reply.body).unwrap().contains(what)
}
