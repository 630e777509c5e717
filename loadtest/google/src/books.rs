//! What Google knows: links, payments, statements, and what it has heard, in one small file.
//!
//! Why: `link` and `buy` are two commands, run by hand minutes apart, and a notification may come
//! to a third that happens to listen.
//! Promise: a change is read, made and written under a lock on the file, so commands that run at
//! the same time do not lose each other's.
//! Left out: secrecy. The tokens in it are as good as money in a simulation, so its owner alone
//! can read the file, and no more is done.

pub mod cards;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::cards::CardLedger;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    pub links: Vec<Link>,
    pub payments: Vec<Payment>,
    pub statements: Vec<Statement>,
    pub cards: CardLedger,
    /// By method, account and request: what was asked, and what was answered.
    pub heard: BTreeMap<String, Heard>,
}

/// One user's association with one account of the integrator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub token: String,
    pub association: String,
    pub account: String,
    pub nickname: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Capture,
    AsynchronousCapture,
    Refund,
    Disbursement,
}

impl Kind {
    /// What the result of such a payment is told with.
    pub fn is_capture(self) -> bool {
        matches!(self, Self::Capture | Self::AsynchronousCapture)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    pub kind: Kind,
    pub request: String,
    /// Of a refund.
    pub capture: Option<String>,
    pub token: Option<String>,
    pub currency: String,
    pub micros: i64,
    pub at: u64,
    /// `None` until it is known. It never changes.
    pub result: Option<String>,
    /// The integrator's name for it.
    pub theirs: Option<String>,
}

impl Payment {
    pub fn succeeded(&self) -> bool {
        self.result.as_deref() == Some("SUCCESS")
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    pub id: String,
    pub summary: Value,
    pub captures: Vec<Value>,
    pub refunds: Vec<Value>,
    /// How many events a page has at most, whatever is asked for.
    pub page: usize,
    /// The method by which it was agreed to.
    pub accepted: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    pub asked: Value,
    pub answer: Value,
}

#[derive(Clone, Debug)]
pub struct Books(PathBuf);

impl Books {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// # Errors
    /// If the file is not there to be read, or is no book of ours.
    pub fn read(&self) -> std::io::Result<Ledger> {
        self.change(|ledger| ledger.clone())
    }

    /// # Errors
    /// If the file cannot be read or written, or is no book of ours.
    pub fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> std::io::Result<T> {
        let mut open = OpenOptions::new();
        let mut file =
            open.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.0)?;
        file.lock()?;
        let mut ledger = read(&mut file)?;
        let before = ledger.clone();
        let done = change(&mut ledger);
        if ledger != before {
            let text = serde_json::to_vec_pretty(&ledger)?;
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(&text)?;
        }
        Ok(done)
    }
}

fn read(file: &mut File) -> std::io::Result<Ledger> {
    let mut text = vec![];
    file.read_to_end(&mut text)?;
    if text.is_empty() { Ok(Ledger::default()) } else { Ok(serde_json::from_slice(&text)?) }
}
