//! The keys of card data of a server that runs: read again, changed, and taken out of use.
//!
//! Why here: a key must not leave while a card is still under it, and only whoever has the cards
//! open can tell.
//! Promise: a new key is on disk before anything is sealed with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use paceline_domain::text::Text;
use paceline_engine::acquirer::Acquirer;
use paceline_engine::card::keyring::{KeySource, Keyring, KeyringError};
use paceline_engine::card::{Acquiring, LookupChanged, Resealed};
use paceline_engine::{Engine, EngineError};

/// The keys in use, with the acquirer whose cards they open, and where they are read from.
pub struct CardKeys {
    pub acquiring: Acquiring,
    source: KeySource,
    marker: PathBuf,
}

/// Why the keys are as they were.
#[derive(Debug, thiserror::Error)]
pub enum Unchanged {
    #[error("{0}")]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Lookup(#[from] LookupChanged),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the keys are in the environment: change them there, and start again")]
    NoFile,
    #[error(
        "cards that are under keys which are not here: {0}. Put these keys back; what they open is \
         then sealed with the newest one"
    )]
    InUse(u64),
}

impl CardKeys {
    /// Opens the keys of a data directory, and makes them if it never had any. Blocks.
    ///
    /// - `source`: where the configuration says that they are; `None`: beside the data.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn open(
        data_dir: &Path,
        source: Option<KeySource>,
        acquirer: Arc<dyn Acquirer>,
    ) -> Result<Self, KeyringError> {
        let source = source.unwrap_or_else(|| KeySource::File(data_dir.join("CARD_KEYS")));
        let marker = data_dir.join("CARD_KEYS_USED");
        let acquiring = Acquiring::new(acquirer, Keyring::open(&source, &marker)?);
        Ok(Self { acquiring, source, marker })
    }

    /// # Errors
    /// [`Unchanged`]; the old ones stay.
    pub fn reload(&self) -> Result<(), Unchanged> {
        Ok(self.acquiring.replace_keys(Keyring::open(&self.source, &self.marker)?)?)
    }

    /// Adds a key, and seals every card with it.
    ///
    /// # Errors
    /// [`Unchanged`].
    pub async fn rotate(&self, engine: &Engine) -> Result<(Text, Resealed), Unchanged> {
        let KeySource::File(path) = &self.source else { return Err(Unchanged::NoFile) };
        let key = Keyring::rotate(path)?;
        self.reload()?;
        Ok((key, engine.reseal_cards().await?))
    }

    /// Takes a key out of use, unless a card is still under it.
    ///
    /// # Errors
    /// [`Unchanged`].
    pub async fn retire(&self, engine: &Engine, key: &Text) -> Result<(), Unchanged> {
        let KeySource::File(path) = &self.source else { return Err(Unchanged::NoFile) };
        // A rotation that was interrupted is finished; what is found after that could not be.
        engine.reseal_cards().await?;
        let left = engine.reseal_cards().await?;
        match left.resealed + left.unread {
            0 => {
                Keyring::retire(path, key)?;
                self.reload()
            }
            under => Err(Unchanged::InUse(under)),
        }
    }
}
