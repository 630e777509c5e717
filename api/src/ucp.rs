//! The first wire: native checkout of the Universal Commerce Protocol.
//!
//! Why: Google builds, prices, completes and cancels a checkout here. Its first guide (D0) and the
//! first release (2026-01-11, D1) differ in spelling, not in meaning: one request type reads both,
//! and one answer carries the members of both.
//! Promise: titles, prices and totals are ours, whatever a caller sends; a credential is never
//! shown; what is refused is refused in the protocol's own error shape.
//! Left out: signatures, fetching of platform profiles, orders and webhooks.

pub mod agent;
pub mod body;
pub mod callers;
pub mod error;
pub mod ids;
pub mod path;
pub mod profile;
pub mod read;
pub mod request;
pub mod response;
pub mod serve;
pub mod settings;

#[cfg(test)]
pub mod testing;

pub use callers::ApiKey;
pub use error::Refusal;
pub use ids::IdForm;
pub use response::Words;
pub use serve::Wire;
pub use settings::{Link, MalformedTemplate, Settings, Template};

use paceline_engine::Manner;

/// The version of the protocol that is spoken.
pub const VERSION: &str = "2026-01-11";

/// What a caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Get,
    Update,
    Complete,
    Cancel,
    Profile,
}

impl Operation {
    pub const ALL: [Self; 6] =
        [Self::Create, Self::Get, Self::Update, Self::Complete, Self::Cancel, Self::Profile];

    /// The operation's word in logs, metrics and the scope of idempotency keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
            Self::Update => "update",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
            Self::Profile => "profile",
        }
    }

    /// Whether it writes, and waits for nothing else.
    pub fn only_writes(self) -> bool {
        match self {
            Self::Create | Self::Update | Self::Cancel => true,
            Self::Get | Self::Complete | Self::Profile => false,
        }
    }
}

/// How a caller spells things. Both are answered alike, with the members of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Google's first guide: there is no `UCP-Agent`.
    D0,
    /// 2026-01-11.
    D1,
}

impl Dialect {
    pub const ALL: [Self; 2] = [Self::D0, Self::D1];

    /// The dialect's word in logs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::D0 => "d0",
            Self::D1 => "d1",
        }
    }
}

/// Dialect and operation in one byte, which is stored with a question that waits for its answer:
/// these numbers never change.
pub fn manner(dialect: Dialect, operation: Operation) -> Manner {
    let dialect = match dialect {
        Dialect::D0 => 0x00,
        Dialect::D1 => 0x10,
    };
    let operation = match operation {
        Operation::Create => CREATE,
        Operation::Get => 1,
        Operation::Update => 2,
        Operation::Complete => 3,
        Operation::Cancel => 4,
        Operation::Profile => unreachable!("the engine is not asked this"),
    };
    Manner(dialect | operation)
}

/// Whether the question was to create a checkout, the one answer with a status of its own.
pub fn is_create(Manner(manner): Manner) -> bool {
    manner & 0x0f == CREATE
}

const CREATE: u8 = 0;
