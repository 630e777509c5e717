//! The session's status, derived from its facts each time it is asked for, and what it lacks.

use super::{Attempt, CancelReason, Method, MethodKind, Notice, Phase, Session};
use crate::decline::DeclineReason;
use crate::market::Address;

/// Section 9 of the protocol reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Incomplete,
    RequiresEscalation,
    ReadyForComplete,
    CompleteInProgress,
    Completed,
    Canceled,
}

/// What keeps an open session from being completed as it is. Indexes count from 0 in the
/// session's own lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    OutOfStock {
        line: usize,
        left: u64,
    },
    EmailMissing,
    /// Nobody has said where the goods go.
    FulfillmentMissing,
    DestinationMissing {
        method: usize,
    },
    CountryMissing {
        method: usize,
        destination: usize,
    },
    /// Neither region nor postal code: too little to quote.
    AreaMissing {
        method: usize,
        destination: usize,
    },
    NotServed {
        method: usize,
        destination: usize,
    },
    OptionMissing {
        method: usize,
    },
    OptionUnknown {
        method: usize,
        group: usize,
    },
    DestinationUnknown {
        method: usize,
    },
    /// The last attempt at paying was declined. The session can be completed another way, or
    /// needs the buyer first, depending on the reason.
    Declined(DeclineReason),
}

impl Session {
    pub fn status(&self) -> Status {
        match &self.phase {
            Phase::Completing(Attempt { .. }) => Status::CompleteInProgress,
            Phase::Completed { .. } => Status::Completed,
            Phase::Cancelled { why: CancelReason::Asked | CancelReason::Expired, .. } => {
                Status::Canceled
            }
            Phase::Open { .. } if self.is_blocked() => Status::Incomplete,
            Phase::Open { declined: Some(DeclineReason::AuthenticationRequired) } => {
                Status::RequiresEscalation
            }
            Phase::Open { .. } => Status::ReadyForComplete,
        }
    }

    /// Everything an open session lacks, in the order of its members; nothing in another phase.
    pub fn problems(&self) -> Vec<Problem> {
        let Phase::Open { declined } = &self.phase else { return vec![] };
        let contents = &self.contents;
        let mut found = vec![];
        for (line, facts) in contents.lines.iter().enumerate() {
            if let Some(left) = facts.short {
                found.push(Problem::OutOfStock { line, left });
            }
        }
        let email = contents.buyer.as_ref().and_then(|buyer| buyer.email.as_ref());
        if email.is_none_or(|email| email.is_empty()) {
            found.push(Problem::EmailMissing);
        }
        if contents.methods.is_empty() {
            found.push(Problem::FulfillmentMissing);
        }
        for (index, method) in contents.methods.iter().enumerate() {
            found.extend(method_problem(index, method));
        }
        found.extend(self.notices.iter().filter_map(Notice::problem));
        found.extend(declined.map(Problem::Declined));
        found
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.problems().iter().any(Problem::blocks)
    }
}

impl Problem {
    /// Whether completing is refused while this stands. A decline stands in nobody's way: the
    /// next attempt may bring another instrument.
    pub fn blocks(&self) -> bool {
        !matches!(self, Problem::Declined(_))
    }
}

impl Address {
    /// Enough to quote delivery and tax: a country, and a part of it.
    pub fn is_quotable(&self) -> bool {
        self.country.is_some() && (self.region.is_some() || self.postal_code.is_some())
    }
}

impl Notice {
    /// What the caller must answer before the session can be completed.
    pub(super) fn problem(&self) -> Option<Problem> {
        match *self {
            Self::OptionUnknown { method, group, .. } => {
                Some(Problem::OptionUnknown { method, group })
            }
            Self::DestinationUnknown { method, .. } => Some(Problem::DestinationUnknown { method }),
            Self::OptionReplaced { .. } | Self::TotalsChanged { .. } => None,
        }
    }
}

fn method_problem(method: usize, facts: &Method) -> Option<Problem> {
    if facts.lines.is_empty() {
        return None;
    }
    let Some(destination) = facts.selected else {
        return Some(Problem::DestinationMissing { method });
    };
    let address = &facts.destinations[destination].address;
    let ships = facts.kind == MethodKind::Shipping; // a shop is where the merchant says it is
    if ships && address.country.is_none() {
        return Some(Problem::CountryMissing { method, destination });
    }
    if ships && !address.is_quotable() {
        return Some(Problem::AreaMissing { method, destination });
    }
    if facts.group.options.is_empty() {
        return Some(Problem::NotServed { method, destination });
    }
    facts.group.selected.is_none().then_some(Problem::OptionMissing { method })
}
