//! What is kept of evidence: encrypted, and its key under the newest key of card data.
//!
//! Promise: as [`kept`](super::kept) has it for cards.

use std::sync::Arc;

use paceline_domain::document::{Command, Rejection, State};
use paceline_domain::ids::DocumentId;

use super::Acquiring;
use super::kept::Kept;
use super::keyring::Keyring;
use crate::dispatch::{Known, ask};
use crate::entity::Documents;
use crate::secret::Secret;
use crate::world::World;

/// # Errors
/// Another document has this name, or it cannot be kept now.
pub(crate) async fn keep(
    world: &Arc<World>,
    acquiring: &Acquiring,
    id: DocumentId,
    content: &Secret,
) -> Result<(), Rejection> {
    let keyring = acquiring.keyring();
    let document = keyring.encrypt(id, content, world.now());
    asked(world, id, Command::Keep(Box::new(document))).await?;
    // A newer key may have come into use, and whoever went over all documents did not see this one.
    reseal(world, acquiring, id, &keyring).await;
    Ok(())
}

/// `None` if there is none, or no key opens it.
pub(crate) async fn open(
    world: &Arc<World>,
    acquiring: &Acquiring,
    id: DocumentId,
) -> Option<Secret> {
    match asked(world, id, Command::Look).await.ok()? {
        State::Unknown => None,
        State::Plain(document) => Some(Secret::new(document.content.0.to_vec())),
        State::Encrypted(document) => match acquiring.keyring().decrypt(&document) {
            Ok(content) => Some(content),
            Err(error) => {
                world.metrics.card.unread();
                let key = &document.key.key;
                tracing::error!(document = %id, %key, %error, "evidence cannot be read");
                None
            }
        },
    }
}

/// Looks and seals, and begins again if somebody else wrote in between or a newer key came into use.
///
/// - `before`: keys that were in use until now.
pub(crate) async fn reseal(
    world: &Arc<World>,
    acquiring: &Acquiring,
    id: DocumentId,
    before: &Keyring,
) -> Kept {
    let mut kept = Kept::AsItWas;
    loop {
        let document = match asked(world, id, Command::Look).await {
            Ok(State::Encrypted(document)) => document,
            Ok(State::Plain(_)) => return Kept::AsItWas,
            Ok(State::Unknown) | Err(_) => return Kept::Unknown,
        };
        let keyring = acquiring.keyring();
        if document.key.key == *keyring.current() {
            return kept;
        }
        let sealed = match keyring.reseal(&document, before) {
            Ok(sealed) => sealed,
            Err(error) => {
                world.metrics.card.unread();
                let key = &document.key.key;
                tracing::error!(document = %id, %key, %error, "evidence cannot be read");
                return Kept::Unread;
            }
        };
        let reseal = Command::Reseal { replaced: document.key, sealed };
        if asked(world, id, reseal).await.is_ok() {
            kept = Kept::Anew;
        }
    }
}

async fn asked(world: &Arc<World>, id: DocumentId, command: Command) -> Result<State, Rejection> {
    ask::<Documents>(world, Documents::stream(id), command, None, Known::Perhaps).await
}
