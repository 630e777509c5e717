//! What is true of money: pure state machines, in reading order.
//!
//! Every entity has the same three functions. `decide` says what would happen and changes
//! nothing; `apply` makes it so and cannot fail; `pending` says what is still owed to the world.
//! Time, ids, prices and chance arrive inside the command, so the same commands give the same
//! events on any machine, any day.

pub mod money;

pub mod text;

pub mod ids;

pub mod time;

pub mod asked;
pub mod decline;

pub mod market;
pub mod tables;

pub mod pricing;

pub mod session;

pub mod stock;

pub mod instrument;

pub mod order;

pub mod account;
pub mod name;

pub mod challenge;
pub mod link;

pub mod payment;

pub mod authorization;
pub mod card;
pub mod card_payment;
pub mod document;
pub mod response_code;
pub mod settlement;

pub mod journal;
pub mod notice;
pub mod statement;
pub mod telephone;
