//! What happened to one entity, event by event.
