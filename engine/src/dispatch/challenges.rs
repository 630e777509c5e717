//! Sends a one-time password, at most once as far as the messenger can tell.

use std::sync::Arc;

use paceline_domain::challenge::{Command, Effect};
use paceline_domain::decline::Decline;
use paceline_domain::time::Timestamp;

use super::{Repeats, later};
use crate::entity::Carried;
use crate::limits::{OWED_FIRST, OWED_LONGEST, RETRIES_BEFORE_OVERDUE};
use crate::messenger::{Message, Sent};
use crate::secret::Secret;
use crate::world::World;

/// Asks the messenger a few times, then later, until the password has expired.
pub(crate) async fn send(
    world: &Arc<World>,
    effect: Effect,
    password: Option<Secret>,
) -> Carried<Command> {
    let unsent = Carried::Done(Command::SendAnswered(Err(Decline::MessageUnsent)));
    let Effect { id, phone, matching_token, expires_at } = effect;
    let lives = u64::try_from(world.options.tokenized.otp_lives.as_millis()).unwrap_or(u64::MAX);
    let since = Timestamp(expires_at.0.saturating_sub(lives));
    // Without the key that sealed it there is no password to send, and will be none.
    let (Some(messenger), Some(password)) = (&world.messenger, password) else { return unsent };
    let mut repeats = Repeats::new(&world.metrics);
    for _ in 1..RETRIES_BEFORE_OVERDUE {
        if world.now() >= expires_at {
            return unsent;
        }
        let (phone, matching_token) = (phone.clone(), matching_token.clone());
        let message = Message { id, phone, password: password.clone(), matching_token };
        let asked = messenger.send(message);
        let sent = tokio::time::timeout(world.options.gateway_timeout, asked).await;
        let sent = sent.unwrap_or(Sent::Unknown);
        world.metrics.standard.message(sent);
        match sent {
            Sent::Sent => return Carried::Done(Command::SendAnswered(Ok(()))),
            Sent::Failed => return unsent,
            Sent::Unknown => repeats.wait(|| format!("the messenger's word on {id}")).await,
        }
    }
    Carried::Later(later(world, since, OWED_FIRST, OWED_LONGEST))
}
