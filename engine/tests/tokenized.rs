//! Standard Payments through the whole engine, on a log in memory: each rule of the field has a
//! test of its name.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "tokenized"]
mod rules {
    pub mod away;
    pub mod links;
    pub mod payments;
    pub mod statements;
}
