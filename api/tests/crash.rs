//! The program dies at any instant, is stopped, is pointed at the wrong directory, runs out of
//! disk, has a disk that fails or lies: what it has acknowledged is there, money moves once, and
//! what it refuses it explains.
//!
//! Why: what one process promises, the next has to keep. The client here keeps books of its own
//! and believes nobody else's.
//! Left out: the death of the machine, which is storage's to survive (`storage/tests/crash.rs`).

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

mod crash {
    mod audit;
    mod buyer;
    mod client;
    mod disk;
    mod full;
    mod killed;
    mod purchase;
    mod refused;
    mod stopped;
}
