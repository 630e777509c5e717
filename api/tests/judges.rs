//! Judges from outside: UCP's official Python models and its official schemas look at a real
//! purchase.
//!
//! Why: our own tests know what we meant. These know what the protocol means.
//! Left out: what schemas cannot say, such as sums, statuses and references between ids; that is
//! in `ucp.rs`.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

mod judges {
    pub mod exchanges;
    mod models;
    pub mod python;
    mod schemas;
}
