//! Keys on disk: `own/` has our private keys, `peers/` the other side's public ones, and
//! `retired/` what is out of use. A file is one key, named by its fingerprint.
//!
//! Why: the directory is the whole state of a rotation. A key is in use exactly while it lies in
//! `own` or `peers`, and anybody can see with `ls` what is.
//! Promise: a private key is written for its owner alone, is never half written, and is refused if
//! others could have read it. Nothing is deleted: what is retired is moved.
//! Left out: one directory for several environments. Each has its own, for their keys must differ.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::certificate::{Certificate, Fingerprint};
use crate::error::{DirectoryError, KeyError};
use crate::keys::Keys;
use crate::limits::{KEY_BYTES_MAX, KEYS_MAX};
use crate::own::OwnKey;

/// Whose keys, which is where they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Own,
    Peers,
}

impl Side {
    pub fn folder(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Peers => "peers",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Everything that is in use. A folder that is not there has no keys.
    ///
    /// # Errors
    /// The first file that is not a key of its folder.
    pub fn read(&self) -> Result<Keys, DirectoryError> {
        let own = self.read_side(Side::Own, OwnKey::parse)?;
        let peers = self.read_side(Side::Peers, Certificate::parse)?;
        Ok(Keys::new(own, peers))
    }

    /// Puts a private key into use. One that is there already stays as it is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_own(&self, key: &OwnKey) -> Result<PathBuf, DirectoryError> {
        let path = self.file(Side::Own.folder(), key.certificate().name());
        let text = key.armored().map_err(|cause| at_key(&path, cause))?;
        self.write(&path, &text, PRIVATE_MODE)
    }

    /// Puts a key of the other side into use. One that is there already is replaced, for its owner
    /// may have prolonged it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add_peer(&self, key: &Certificate) -> Result<PathBuf, DirectoryError> {
        let path = self.file(Side::Peers.folder(), key.name());
        let text = key.armored().map_err(|cause| at_key(&path, cause))?;
        self.write(&path, &text, PUBLIC_MODE)
    }

    /// Takes a key out of use, of which the name or the beginning or end of it is given.
    ///
    /// # Errors
    /// If it is not exactly one key, or the last of its side.
    pub fn retire(&self, name: &str) -> Result<(Side, Fingerprint), DirectoryError> {
        let keys = self.read()?;
        let (side, found) = find(&keys, name)?;
        let left = match side {
            Side::Own => keys.own().len(),
            Side::Peers => keys.peers().len(),
        };
        if left == 1 {
            return Err(DirectoryError::Last(found.to_string()));
        }
        let (from, to) = (self.file(side.folder(), &found), self.file(RETIRED, &found));
        self.make(RETIRED)?;
        std::fs::rename(&from, &to).map_err(|cause| at(&from, cause))?;
        Ok((side, found))
    }

    fn read_side<K>(
        &self,
        side: Side,
        parse: impl Fn(&[u8]) -> Result<K, KeyError>,
    ) -> Result<Vec<K>, DirectoryError> {
        let folder = self.0.join(side.folder());
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
            Err(cause) => return Err(at(&folder, cause)),
        };
        let mut paths = vec![];
        for entry in entries {
            let path = entry.map_err(|cause| at(&folder, cause))?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                paths.push(path);
            }
        }
        if paths.len() > KEYS_MAX {
            return Err(DirectoryError::TooMany { path: folder });
        }
        paths.sort();
        let read = |path: &PathBuf| {
            let bytes = read_key_file(path, side)?;
            parse(&bytes).map_err(|cause| at_key(path, cause))
        };
        paths.iter().map(read).collect()
    }

    fn file(&self, folder: &str, name: &Fingerprint) -> PathBuf {
        self.0.join(folder).join(name.as_str()).with_extension(EXTENSION)
    }

    fn make(&self, folder: &str) -> Result<(), DirectoryError> {
        let path = self.0.join(folder);
        let made = DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&path);
        made.map_err(|cause| at(&path, cause))
    }

    /// Whole or not at all, and durably: a key that was sent to the other side is not lost.
    fn write(&self, path: &Path, text: &str, mode: u32) -> Result<PathBuf, DirectoryError> {
        let folder = path.parent().expect("a key lies in a folder");
        self.make(&folder.file_name().expect("which has a name").to_string_lossy())?;
        let half = path.with_extension("new");
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(mode)
                .open(&half)?;
            file.set_permissions(Permissions::from_mode(mode))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&half, path)?;
            File::open(folder)?.sync_all()
        })();
        written.map_err(|cause| at(path, cause))?;
        Ok(path.to_owned())
    }
}

/// The key of this name, of which the beginning or end is enough.
///
/// # Errors
/// If there is not exactly one.
pub fn find(keys: &Keys, name: &str) -> Result<(Side, Fingerprint), DirectoryError> {
    let wanted = name.trim().to_ascii_uppercase();
    let own = keys.own().map(|key| (Side::Own, key.certificate().name()));
    let all = own.chain(keys.peers().map(|key| (Side::Peers, key.name())));
    let meant = |name: &Fingerprint| {
        !wanted.is_empty()
            && (name.as_str().starts_with(&wanted) || name.as_str().ends_with(&wanted))
    };
    let mut found = all.filter(|(_, name)| meant(name));
    let (side, first) = found.next().ok_or_else(|| DirectoryError::Unknown(name.to_owned()))?;
    match found.next() {
        Some(_) => Err(DirectoryError::Ambiguous(name.to_owned())),
        None => Ok((side, first.clone())),
    }
}

/// A key of somebody else, from wherever they put it.
///
/// # Errors
/// If it is no public key.
pub fn read_public(path: &Path) -> Result<Certificate, DirectoryError> {
    let bytes = read_key_file(path, Side::Peers)?;
    Certificate::parse(&bytes).map_err(|cause| at_key(path, cause))
}

fn read_key_file(path: &Path, side: Side) -> Result<Vec<u8>, DirectoryError> {
    let file = File::open(path).map_err(|cause| at(path, cause))?;
    let mode = file.metadata().map_err(|cause| at(path, cause))?.permissions().mode() & 0o7777;
    if side == Side::Own && mode & OTHERS != 0 {
        return Err(DirectoryError::Readable { path: path.to_owned(), mode });
    }
    let mut bytes = vec![];
    let read = file.take(KEY_BYTES_MAX + 1).read_to_end(&mut bytes);
    let read = read.map_err(|cause| at(path, cause))?;
    if read as u64 > KEY_BYTES_MAX {
        return Err(DirectoryError::TooLong { path: path.to_owned() });
    }
    let count = bytes.windows(BEGIN.len()).filter(|text| *text == BEGIN).count();
    if count > 1 {
        return Err(DirectoryError::Several { path: path.to_owned(), count });
    }
    Ok(bytes)
}

fn at(path: &Path, cause: std::io::Error) -> DirectoryError {
    DirectoryError::Io { path: path.to_owned(), cause }
}

fn at_key(path: &Path, cause: KeyError) -> DirectoryError {
    DirectoryError::Key { path: path.to_owned(), cause }
}

const EXTENSION: &str = "asc";
const RETIRED: &str = "retired";
const BEGIN: &[u8] = b"-----BEGIN PGP";
const PRIVATE_MODE: u32 = 0o600;
const PUBLIC_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o700;
/// What nobody but the owner may do with a private key: anything.
const OTHERS: u32 = 0o077;
