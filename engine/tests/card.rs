//! Standard Payments, card, through the whole engine, on a log in memory: each rule of the field has
//! a test of its name.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "card"]
mod rules {
    pub mod crash;
    pub mod disputes;
    pub mod payments;
}
