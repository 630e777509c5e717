//! One purchase, step by step, as its buyer remembers it.

use std::net::SocketAddr;

use serde_json::json;

use super::client::{Chance, Heard, Request, ask};
use crate::common::guide;

/// What a buyer asks for, in this order and each under a key of its own.
#[derive(Clone, Debug)]
enum Step {
    Create,
    Update,
    Complete { token: &'static str, twice: bool },
    Cancel,
}

/// A request and what came of it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request: Request,
    /// `None` as long as nobody has answered.
    pub heard: Option<Heard>,
}

#[derive(Debug)]
pub struct Purchase {
    name: String,
    /// Product and units of each line.
    pub lines: Vec<(&'static str, u64)>,
    steps: Vec<Step>,
    pub asked: Vec<Asked>,
}

/// The server is gone.
pub struct Gone;

const APPROVED: [&str; 5] =
    ["tok", "tok", "sim_timeout_then_approve", "sim_duplicate", "sim_outage"];
const DECLINED: [&str; 4] = [
    "sim_decline_insufficient_funds",
    "sim_decline_expired_card",
    "sim_decline_authentication_required",
    "sim_timeout_then_decline",
];

impl Purchase {
    pub fn by_chance(name: String, chance: &mut Chance) -> Self {
        let mut lines = vec![("product_12345", 1 + chance.below(3) as u64)];
        if chance.below(2) == 0 {
            // There are a hundred of these: some come too late.
            lines.push(("product_100", 1 + chance.below(2) as u64));
        }
        let mut complete = |tokens: &[&'static str]| {
            let token = chance.one_of(tokens);
            Step::Complete { token, twice: chance.below(3) == 0 }
        };
        let (approved, declined) = (complete(&APPROVED), complete(&DECLINED));
        let mut steps = vec![Step::Create, Step::Update];
        steps.extend(match chance.below(10) {
            0..=4 => vec![approved],
            5 => vec![declined],
            6..=7 => vec![declined, approved],
            8 => vec![declined, Step::Cancel],
            _ => vec![Step::Cancel],
        });
        Self { name, lines, steps, asked: vec![] }
    }

    /// Takes one step, or the one again that nobody has answered. `None` at the end.
    ///
    /// # Errors
    /// [`Gone`]: the step is still to be answered.
    pub fn go_on(&mut self, server: SocketAddr) -> Option<Result<(), Gone>> {
        if self.asked.last().is_none_or(|asked| asked.heard.is_some()) {
            let step = self.steps.get(self.asked.len())?;
            let request = self.request(step);
            self.asked.push(Asked { request, heard: None });
        }
        let twice = matches!(self.steps[self.asked.len() - 1], Step::Complete { twice: true, .. });
        let asked = self.asked.last_mut().unwrap();
        asked.heard = match twice {
            true => ask_twice(server, &asked.request),
            false => ask(server, &asked.request),
        };
        Some(asked.heard.as_ref().map(|_| ()).ok_or(Gone))
    }

    /// Every request that was answered, with its answer.
    pub fn answers(&self) -> impl Iterator<Item = (&Request, &Heard)> {
        self.asked.iter().filter_map(|asked| Some((&asked.request, asked.heard.as_ref()?)))
    }

    pub fn is_over(&self) -> bool {
        self.asked.len() == self.steps.len() && self.asked.iter().all(|a| a.heard.is_some())
    }

    /// The id of the session, if the buyer knows it.
    pub fn session(&self) -> Option<String> {
        let created = self.asked.first()?.heard.as_ref()?;
        assert_eq!(created.status, 201, "{created:?}");
        let id = guide::id(&created.json());
        id.rsplit('/').next().map(str::to_owned)
    }

    fn request(&self, step: &Step) -> Request {
        let session = || self.session().unwrap();
        let (method, path, body) = match step {
            Step::Create => ("POST", "/checkout-sessions".to_owned(), self.wanted().to_string()),
            Step::Update => ("PUT", path(&session()), guide::update().to_string()),
            Step::Complete { token, .. } => (
                "POST",
                format!("{}/complete", path(&session())),
                guide::complete(token).to_string(),
            ),
            Step::Cancel => ("POST", format!("{}/cancel", path(&session())), String::new()),
        };
        Request { method, path, body, key: format!("{}-{}", self.name, self.asked.len()) }
    }

    fn wanted(&self) -> serde_json::Value {
        let line = |(id, units): &(&str, u64)| json!({"item": {"id": id}, "quantity": units});
        json!({"line_items": self.lines.iter().map(line).collect::<Vec<_>>(), "currency": "USD"})
    }
}

/// The same request twice at the same time: whoever is answered hears the same, unless it hears
/// only of the moment.
fn ask_twice(server: SocketAddr, request: &Request) -> Option<Heard> {
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(|| ask(server, request));
        (ask(server, request), other.join().unwrap())
    });
    let mut heard = [one, two].into_iter().flatten();
    let (one, two) = (heard.next()?, heard.next());
    match two {
        Some(two) if one.is_passing() => Some(two),
        Some(two) if !two.is_passing() => {
            assert_eq!(one, two, "two answers to {request:?}");
            Some(one)
        }
        _ => Some(one),
    }
}

/// - `id`: plain or global; only the last component of it is in a path.
pub fn path(id: &str) -> String {
    let last = id.rsplit('/').next().unwrap();
    format!("/checkout-sessions/{last}")
}
