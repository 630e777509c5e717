//! What is kept of evidence: encrypted, and its key under the newest key of card data.
//!
//! Promise: as [`kept`](super::kept) has it for cards.

use std::sync::Arc;

use paceline_domain::document::{Command, Document, Rejection, State};
use paceline_domain::ids::DocumentId;

use super::Acquiring;
use super::kept::Kept;
use super::keyring::{Keyring, OpenError};
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
        State::Encrypted(document) => {
            let content = acquiring.keyring().decrypt(&document);
            content.inspect_err(|error| unread(world, &document, error)).ok()
        }
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
        let sealed = keyring.reseal(&document, before);
        let sealed = sealed.inspect_err(|error| unread(world, &document, error));
        let Ok(sealed) = sealed else { return Kept::Unread };
        let reseal = Command::Reseal { replaced: document.key, sealed };
        if asked(world, id, reseal).await.is_ok() {
            kept = Kept::Anew;
        }
    }
}

/// An operator has to know: a key is missing, or what is kept is damaged.
fn unread(world: &World, document: &Document, error: &OpenError) {
    world.metrics.card.unread();
    let Document { id, key, .. } = document;
    tracing::error!(document = %id, key = %key.key, %error, "evidence cannot be read");
}

async fn asked(world: &Arc<World>, id: DocumentId, command: Command) -> Result<State, Rejection> {
    ask::<Documents>(world, Documents::stream(id), command, None, Known::Perhaps).await
}
