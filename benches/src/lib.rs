//! What the measurements share.

pub mod bodies;
pub mod purchase;
pub mod shop;
