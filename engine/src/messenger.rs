//! Whoever sends messages to telephones, as the engine sees it.

use paceline_domain::ids::ChallengeId;
use paceline_domain::text::Text;

use crate::bank::Asking;
use crate::secret::Secret;

/// A one-time password on its way to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Under which a repeat is recognised: at most one message arrives.
    pub id: ChallengeId,
    /// E.164.
    pub phone: Text,
    pub password: Secret,
    /// Stands on a line of its own, so that the telephone hands the message to the app that waits.
    pub matching_token: Text,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Sent,
    /// It was not sent and will not be.
    Failed,
    Unknown,
}

/// An SMS sender. A call may be repeated after its first answer was lost.
pub trait Messenger: Send + Sync + 'static {
    fn send(&self, message: Message) -> Asking<'_, Sent>;
}
