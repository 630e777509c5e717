//! What the measurements share.

pub mod bodies;
pub mod shop;
