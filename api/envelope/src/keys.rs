//! The keys of one environment that are in use: our private ones and the other side's public ones.
//!
//! Promise: any number of both at once. Whether a key is valid is asked anew for every body, so
//! that one which expires is no longer used from that moment on.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::certificate::Certificate;
use crate::directory::Directory;
use crate::error::DirectoryError;
use crate::own::OwnKey;

#[derive(Debug, Default)]
pub struct Keys {
    own: Vec<OwnKey>,
    peers: Vec<Certificate>,
}

impl Keys {
    pub fn new(own: Vec<OwnKey>, peers: Vec<Certificate>) -> Self {
        Self { own, peers }
    }

    /// Ours.
    pub fn own(&self) -> impl ExactSizeIterator<Item = &OwnKey> {
        self.own.iter()
    }

    /// The other side's.
    pub fn peers(&self) -> impl ExactSizeIterator<Item = &Certificate> {
        self.peers.iter()
    }

    /// Until when bodies can be opened and sealed if nobody does anything: `None` if for ever, now
    /// or before if not at all.
    pub fn until(&self, now: SystemTime) -> Option<SystemTime> {
        fn last<'a>(
            side: impl Iterator<Item = &'a Certificate>,
            now: SystemTime,
        ) -> Option<SystemTime> {
            let valid = side.filter(|key| key.is_valid(now)).map(|key| key.life().until);
            // Without an end is later than any end.
            valid.max_by_key(|until| (until.is_none(), *until)).unwrap_or(Some(now))
        }
        let own = last(self.own.iter().map(OwnKey::certificate), now);
        match (own, last(self.peers.iter(), now)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// The keys of a directory, which may change while they are in use.
#[derive(Debug)]
pub struct Keyring {
    directory: Directory,
    keys: RwLock<Arc<Keys>>,
}

impl Keyring {
    /// # Errors
    /// The first key that is none.
    pub fn open(directory: Directory) -> Result<Self, DirectoryError> {
        let keys = RwLock::new(Arc::new(directory.read()?));
        Ok(Self { directory, keys })
    }

    /// As they are at this moment: whoever has them keeps them until the body is done.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the directory again. If anything in it is wrong, everything stays as it was.
    ///
    /// # Errors
    /// The first key that is none.
    pub fn reload(&self) -> Result<Arc<Keys>, DirectoryError> {
        let keys = Arc::new(self.directory.read()?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&keys);
        Ok(keys)
    }
}
