//! What can go wrong with the machine, as opposed to the rules or the request.

/// Nothing was decided, or nobody can say. A caller may ask again; with an idempotency key it
/// gets the first answer if there was one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Too much is in flight: refused before any work.
    #[error("too many requests are in flight")]
    Overloaded,
    /// The engine is draining, or its log has stopped.
    #[error("the engine has stopped")]
    Stopped,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyMismatched,
    /// What is stored cannot be trusted; the details are in the log.
    #[error("what is stored cannot be trusted")]
    Damaged,
}
