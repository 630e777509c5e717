//! What a check tells the host to do, and what the host tells the check.

use serde_json::Value;

/// How a call is refused before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusing {
    /// With the bare sentence: as for an integrator that is not known.
    Generic(u16),
    /// With an error of the wire.
    Coded(u16, &'static str),
}

/// One try of the integrator's.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub method: String,
    pub body: Value,
    pub status: u16,
}

impl Delivery {
    pub fn request(&self) -> &str {
        self.body["requestHeader"]["requestId"].as_str().unwrap_or("")
    }

    pub fn sent_at(&self) -> &str {
        self.body["requestHeader"]["requestTimestamp"].as_str().unwrap_or("")
    }
}

#[derive(Debug, Default)]
pub struct Script {
    refusing: Vec<(String, Refusing)>,
    deliveries: Vec<Delivery>,
    returns: Vec<String>,
}

impl Script {
    /// The next calls of this method are refused so, one after the other.
    pub fn refuse(&mut self, method: &str, how: &[Refusing]) {
        self.refusing.extend(how.iter().map(|how| (method.to_owned(), *how)));
    }

    /// All tries, from the first.
    pub fn deliveries(&self, method: &str) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(move |delivery| delivery.method == method)
    }

    /// What browsers came back with that was not asked for before.
    pub fn take_returns(&mut self) -> Vec<String> {
        std::mem::take(&mut self.returns)
    }

    pub(super) fn take(&mut self, method: &str) -> Option<Refusing> {
        let at = self.refusing.iter().position(|(refused, _)| refused == method)?;
        Some(self.refusing.remove(at).1)
    }

    pub(super) fn delivered(&mut self, method: &str, body: &Value, status: u16) {
        self.deliveries.push(Delivery { method: method.to_owned(), body: body.clone(), status });
    }

    pub(super) fn came_back(&mut self, query: &str) {
        self.returns.push(query.to_owned());
    }
}
