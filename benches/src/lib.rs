//! What the measurements share.

pub mod bodies;
pub mod engine;
pub mod measure;
pub mod memory;
pub mod purchase;
pub mod shop;
