//! What the measurements share.

pub mod bodies;
