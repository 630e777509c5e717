//! Standard Payments, as Google and a customer's browser meet it: through sockets.
//!
//! Left out: how a whole flow behaves over time, and under keys; the checks of `loadtest/google`
//! are that, against the same program.

#![allow(clippy::unwrap_used)]

mod common;

mod standard_payments {
    mod bad_input;
    mod books;
    mod browser;
    mod card {
        mod google;
        mod keys;
        mod operators;
        mod refused;
        mod secrets;
        mod wire;
    }
    mod development;
    pub mod google;
    mod page;
    mod time;
    mod wire;
}
