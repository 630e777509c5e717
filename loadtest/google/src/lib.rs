//! Google's side of Standard Payments, both forms of payment: it hosts Google's methods, and links,
//! reserves, buys, refunds and settles at a running Paceline.
//!
//! Why: an integrator is judged by how it answers Google, and by what it tells Google of its own
//! accord. Here both are seen by the same eyes: as commands for a person, who reads what was
//! exchanged, and as checks with names, which are tests.
//! Promise: it knows nothing of Paceline but the wire.

pub mod behaviours;
pub mod books;
pub mod cards;
pub mod commands;
pub mod failure;
pub mod google;
pub mod host;
pub mod integrator;
pub mod limits;
pub mod statement;
pub mod telling;
pub mod wire;
