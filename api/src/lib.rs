//! Two wires, one set of commands; and the `paceline` program around them.
//!
//! Reading order: `routes` says which path asks for what, `ucp` reads the question and words the
//! answer, `server` bounds both, `config` says how far, `cli` is what a person types.

pub mod admin;
pub mod books;
pub mod card_keys;
pub mod catalogue;
pub mod cli;
pub mod client;
pub mod config;
pub mod data_dir;
pub mod descriptors;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod operation;
pub mod routes;
pub mod server;
pub mod standard_payments;
pub mod tls;
pub mod ucp;
pub mod write;
