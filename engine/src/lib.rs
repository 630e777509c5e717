//! Turns decisions into facts.
//!
//! Why: the core decides; somebody must make the decision durable before anyone hears of it,
//! carry out what it owes until that is done, and answer the same question with the same answer.
//! Reading order: `entity` says what the engine asks of a state machine, `turn` takes one turn
//! of any of them, `actors` keeps them in memory, each on the thread of its `host`, `directory`
//! finds them, `dispatch` carries out what they owe, `idempotency` stands in front.

pub mod acquirer;
pub mod bank;
pub mod card;
pub mod clock;
pub mod codec;
pub mod gateway;
pub mod google;
pub mod idempotency;
pub mod inspect;
pub mod limits;
pub mod messenger;
pub mod metrics;
pub mod report;
pub mod tokenized;

mod actors;
mod asking;
mod calendar;
mod directory;
mod dispatch;
mod engine;
mod entity;
mod error;
mod host;
mod ledger;
mod levels;
mod seal;
mod secret;
mod simulated;
mod timers;
mod turn;
mod voice;
mod worker;
mod world;

pub use clock::{Surroundings, System};
pub use engine::{Engine, Front, Options, Outside, PaymentOffered};
pub use entity::Kind;
pub use error::EngineError;
pub use idempotency::{IdempotencyKey, Keyed};
pub use seal::SealKey;
pub use secret::Secret;
pub use voice::{Manner, Reply, Voice, Voices};
