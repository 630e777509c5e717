//! What is kept of a card: its number, sealed, under the newest key and as the latest approval had
//! it.
//!
//! Why: payments with one card run side by side, and each looks, opens and seals outside of the
//! card's turns. Whoever writes says what it replaces, so that it never overwrites what it has not
//! seen.
//! Promise: what is kept afterwards is as asked for, or newer, and under the newest key.

use std::sync::Arc;

use paceline_domain::card::{Card, Command, Sealed};
use paceline_domain::ids::CardId;

use super::keyring::Keyring;
use super::{Acquiring, CardOnFile};
use crate::dispatch::{Known, ask};
use crate::entity::Cards;
use crate::world::World;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It was as it should be.
    AsItWas,
    Anew,
    /// No key opens it, and nothing is known to keep in its place.
    Unread,
    /// There is no such card.
    Unknown,
}

pub(crate) async fn look(world: &Arc<World>, card: CardId) -> Option<Box<Card>> {
    ask::<Cards>(world, Cards::stream(card), Command::Look, None, Known::Perhaps).await.ok()
}

/// `None` if no key opens it: an operator has to know.
pub(crate) fn open(
    world: &World,
    keyring: &Keyring,
    id: CardId,
    sealed: &Sealed,
) -> Option<CardOnFile> {
    let opened = keyring.unseal(id, sealed);
    if let Err(error) = &opened {
        world.metrics.card.unread();
        tracing::error!(card = %id, key = %sealed.key, %error, "a card's number cannot be read");
    }
    opened.ok()
}

/// Looks, seals and writes, and begins again if somebody else wrote in between or a newer key came
/// into use. It ends: of all who write at once one is first, and goes.
///
/// - `wanted`: what is to be kept, given what is, or `None` if no key opens that.
pub(crate) async fn keep(
    world: &Arc<World>,
    acquiring: &Acquiring,
    id: CardId,
    wanted: impl Fn(Option<&CardOnFile>) -> Option<CardOnFile>,
) -> Kept {
    let mut kept = Kept::AsItWas;
    loop {
        let Some(card) = look(world, id).await else { return Kept::Unknown };
        let keyring = acquiring.keyring();
        let opened = open(world, &keyring, id, &card.sealed);
        let Some(wanted) = wanted(opened.as_ref()) else { return Kept::Unread };
        if card.sealed.key == *keyring.current() && opened.as_ref() == Some(&wanted) {
            return kept;
        }
        let sealed = keyring.seal(id, &wanted);
        let reseal = Command::Reseal { replaced: card.sealed, sealed: sealed.clone() };
        let now = ask::<Cards>(world, Cards::stream(id), reseal, None, Known::Perhaps).await;
        if now.is_ok_and(|now| now.sealed == sealed) {
            kept = Kept::Anew;
            if acquiring.keyring().current() == keyring.current() {
                return kept;
            }
        }
    }
}
