//! The keys of card data of a server that runs: read again, changed, and taken out of use.
//!
//! Why here: a key must not leave while a card is still under it, and only whoever has the cards
//! open can tell.
//! Promise: a new key is on disk, and known to be needed, before anything is sealed with it; none is
//! let go of, by whatever way, while a card, or a document, is under it. A change goes on to its end when
//! whoever asked for it has gone: cards are many, and a request is short.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use paceline_domain::text::Text;
use paceline_engine::acquirer::Acquirer;
use paceline_engine::card::keyring::{KeySource, Keyring, KeyringError};
use paceline_engine::card::{Acquiring, LookupChanged, Resealed};
use paceline_engine::{Engine, EngineError};
use tokio::sync::Mutex;

/// The keys in use, with the acquirer whose cards they open, and where they are read from.
pub struct CardKeys {
    pub acquiring: Acquiring,
    source: KeySource,
    marker: PathBuf,
    /// One change at a time.
    changing: Arc<Mutex<()>>,
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
        "cards and documents that are under keys which are not here: {0}. Put these keys back; what \
         they open is then sealed with the newest one"
    )]
    InUse(u64),
    #[error("another change is under way, and goes on: ask again when the log tells of its end")]
    UnderWay,
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
        Ok(Self { acquiring, source, marker, changing: Arc::default() })
    }

    /// Takes into use what is in the file by now.
    ///
    /// # Errors
    /// [`Unchanged`]; the old ones stay.
    pub async fn reload(self: &Arc<Self>, engine: &Engine) -> Result<(), Unchanged> {
        let (keys, engine) = (Arc::clone(self), engine.clone());
        self.to_the_end(async move { keys.take(&engine).await }).await
    }

    /// Adds a key, and seals every card with it. Returns its name.
    ///
    /// # Errors
    /// [`Unchanged`].
    pub async fn rotate(self: &Arc<Self>, engine: &Engine) -> Result<(Text, Resealed), Unchanged> {
        let (keys, engine) = (Arc::clone(self), engine.clone());
        self.to_the_end(async move {
            let KeySource::File(path) = &keys.source else { return Err(Unchanged::NoFile) };
            keys.take(&engine).await?;
            let key = Keyring::rotate(path)?;
            keys.put(Keyring::look(&keys.source, &keys.marker)?)?;
            Ok((key, seal_all(&engine).await?))
        })
        .await
    }

    /// Seals every card with the newest key: keys in the environment are changed there, and a
    /// rotation may have been cut off by the end of the process. Returns the key's name.
    ///
    /// # Errors
    /// [`Unchanged`].
    pub async fn reseal(self: &Arc<Self>, engine: &Engine) -> Result<(Text, Resealed), Unchanged> {
        let (keys, engine) = (Arc::clone(self), engine.clone());
        self.to_the_end(async move {
            let key = keys.acquiring.keyring().current().clone();
            Ok((key, seal_all(&engine).await?))
        })
        .await
    }

    /// Takes a key out of use, unless a card is still under it.
    ///
    /// # Errors
    /// [`Unchanged`].
    pub async fn retire(self: &Arc<Self>, engine: &Engine, key: &Text) -> Result<(), Unchanged> {
        let (keys, engine, key) = (Arc::clone(self), engine.clone(), key.clone());
        self.to_the_end(async move {
            let KeySource::File(path) = &keys.source else { return Err(Unchanged::NoFile) };
            keys.take(&engine).await?;
            all_under_the_newest(&engine).await?;
            Keyring::retire(path, &key)?;
            keys.put(Keyring::look(&keys.source, &keys.marker)?)
        })
        .await
    }

    /// What is in the file, unless a card needs a key that is there no more.
    async fn take(&self, engine: &Engine) -> Result<(), Unchanged> {
        let in_use = self.acquiring.keyring();
        // The marker may have been lost while it was not looked at.
        in_use.note(&self.marker)?;
        let read = Keyring::look(&self.source, &self.marker)?;
        if !read.opens_all_of(&in_use) {
            all_under_the_newest(engine).await?;
        }
        self.put(read)
    }

    fn put(&self, keyring: Keyring) -> Result<(), Unchanged> {
        keyring.note(&self.marker)?;
        Ok(self.acquiring.replace_keys(keyring)?)
    }

    async fn to_the_end<T: 'static>(
        &self,
        change: impl Future<Output = Result<T, Unchanged>> + 'static,
    ) -> Result<T, Unchanged> {
        let turn = Arc::clone(&self.changing).try_lock_owned();
        let turn = turn.map_err(|_| Unchanged::UnderWay)?;
        let change = actix::spawn(async move {
            let done = change.await;
            drop(turn);
            done
        });
        change.await.map_err(|_| EngineError::Stopped)?
    }
}

/// A rotation that was cut off is finished; what is found after that could not be.
async fn all_under_the_newest(engine: &Engine) -> Result<(), Unchanged> {
    seal_all(engine).await?;
    let left = seal_all(engine).await?;
    match left.resealed + left.unread {
        0 => Ok(()),
        under => Err(Unchanged::InUse(under)),
    }
}

async fn seal_all(engine: &Engine) -> Result<Resealed, EngineError> {
    let told = engine.reseal_cards().await?;
    let Resealed { cards, documents, resealed, unread } = told;
    tracing::info!(cards, documents, resealed, unread, "cards are encrypted afresh");
    Ok(told)
}
