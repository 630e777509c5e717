//! Product feeds in Merchant Center's formats → what is for sale.
//!
//! Why: a merchant that sells through Google has such a feed already. Its prices are charged as
//! they are read here, so a feed with a single bad row is refused as a whole: what is on offer
//! changes from one good feed to the next, never to half of one.
//! Promise: every bad row is told with its line; a feed is never larger in memory than
//! [`limits::FEED_BYTES_MAX`], and nothing in it is expanded, fetched or executed.
//! Left out: `sale_price_effective_date`. A row that has one is refused, because a price that
//! ends at an hour nobody watches would be charged after it. Attributes that a checkout does not
//! show are ignored.
//!
//! # Source
//! Merchant Center's product data specification.

mod row;
mod tsv;
mod xml;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io::Read;
use std::path::Path;

use paceline_domain::ids::ProductId;
use paceline_domain::market::Offer;

use crate::limits;
use row::{Attribute, Row};
pub use row::{BadPrice, price};

/// The sample's feed, for whoever names no other.
pub const EMBEDDED: &str = include_str!("../../sample/catalogue.tsv");

/// What a feed says, good and bad.
#[derive(Debug, Default)]
pub struct Feed {
    pub products: BTreeMap<ProductId, Offer>,
    /// Rows that were looked at.
    pub rows: u64,
    pub problems: Vec<BadRow>,
}

/// One thing that is wrong with a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Counted from 1: where the row starts. `None` if it is about the file as a whole.
    pub line: Option<u64>,
    pub id: Option<String>,
    pub what: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(id) = &self.id {
            write!(f, "`{id}`: ")?;
        }
        f.write_str(&self.what)
    }
}

impl Feed {
    /// Reads a file; that it cannot be read is a problem like any other.
    pub fn read(path: &Path) -> Feed {
        let mut bytes = vec![];
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(limits::FEED_BYTES_MAX + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) => Feed::parse(&bytes),
            Err(cause) => Feed::unreadable(None, cause.to_string()),
        }
    }

    /// Parses a feed: XML if its first character says so, tab-separated text otherwise.
    pub fn parse(bytes: &[u8]) -> Feed {
        if bytes.len() as u64 > limits::FEED_BYTES_MAX {
            let what = format!("a feed has at most {} bytes", limits::FEED_BYTES_MAX);
            return Feed::unreadable(None, what);
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Feed::unreadable(Some(1), "this is UTF-16: save the feed as UTF-8".to_owned());
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut feed = Feed::default();
        if bytes.trim_ascii_start().starts_with(b"<") {
            xml::read(bytes, &mut feed);
        } else {
            tsv::read(bytes, &mut feed);
        }
        if feed.rows == 0 && feed.problems.is_empty() {
            feed.report(1, None, "there is no product in it".to_owned());
        }
        feed
    }

    /// The products, if nothing at all is wrong.
    ///
    /// # Errors
    /// Every bad row.
    pub fn checked(self) -> Result<BTreeMap<ProductId, Offer>, Vec<BadRow>> {
        if self.problems.is_empty() { Ok(self.products) } else { Err(self.problems) }
    }

    fn unreadable(line: Option<u64>, what: String) -> Feed {
        Feed { problems: vec![BadRow { line, id: None, what }], ..Feed::default() }
    }

    /// Takes a row in, or every reason why not.
    fn take(&mut self, row: &Row) {
        self.rows += 1;
        let (id, offer) = match row.offer() {
            Ok(taken) => taken,
            Err(whats) => {
                let id = row.get(Attribute::Id).map(str::to_owned);
                whats.into_iter().for_each(|what| self.report(row.line, id.clone(), what));
                return;
            }
        };
        if self.products.len() >= limits::PRODUCTS_MAX {
            let what = format!("a feed has at most {} products", limits::PRODUCTS_MAX);
            return self.report(row.line, None, what);
        }
        match self.products.entry(id) {
            Entry::Vacant(free) => {
                free.insert(offer);
            }
            Entry::Occupied(taken) => {
                let id = taken.key().to_string();
                self.report(row.line, Some(id), "an earlier row has the same id".to_owned());
            }
        }
    }

    fn report(&mut self, line: u64, id: Option<String>, what: String) {
        if !self.has_room() {
            return;
        }
        let id = id.map(|id| shown(&id));
        self.problems.push(BadRow { line: Some(line), id, what });
        if !self.has_room() {
            let what = format!("after {} problems the rest was not read", self.problems.len());
            self.problems.push(BadRow { line: Some(line), id: None, what });
        }
    }

    /// Whether another problem would still be told; nobody reads on when not.
    fn has_room(&self) -> bool {
        self.problems.len() < limits::FEED_PROBLEMS_MAX
    }
}

/// A value as far as it is repeated in a message.
fn shown(value: &str) -> String {
    let start =
        value.chars().take(limits::SHOWN_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c });
    start.collect()
}
