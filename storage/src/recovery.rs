//! Streams read back, and believed only if everything about them checks out.
//!
//! Why: an entity rebuilt from a part of its records would decide on a past that never was. A
//! stream with a gap, a bad checksum or an unknown format, or one that ends before the version
//! that its head or its snapshot speaks of, is refused as a whole, with the place where somebody
//! has to look. Streams beside it stay readable.

use rocksdb::{DB, DBPinnableSlice, DBRawIteratorWithThreadMode, ErrorKind, ReadOptions, Snapshot};

use bytes::Bytes;

use crate::check::Head;
use crate::format::{self, Family, Malformed};
use crate::rocks::disk::Disk;
use crate::{Answer, AnswerKey, Due, DueAt, Millis, ReadError, Stored, StreamId, Version};

impl Disk {
    /// A stream from its latest snapshot on.
    pub fn stored(&self, stream: StreamId) -> Result<Stored, ReadError> {
        let view = View::of(self, stream);
        let snapshot = view.snapshot()?;
        let from = snapshot.as_ref().map_or(Version(0), |(version, _)| *version);
        let records = view.records(from)?;
        let version = Version(from.0 + records.len() as u64);
        let due = view.due(view.head(version)?)?;
        Ok(Stored { version, snapshot, records, due })
    }

    /// Every record of a stream.
    pub fn history(&self, stream: StreamId) -> Result<Vec<Bytes>, ReadError> {
        let view = View::of(self, stream);
        let records = view.records(Version(0))?;
        view.head(Version(records.len() as u64))?;
        Ok(records)
    }

    /// What the next turn of a stream has to follow. Quick if that is what `expected` says: then
    /// one record is there and the next is not.
    pub fn head(&self, stream: StreamId, expected: Version) -> Result<Head, ReadError> {
        let is_there = |version: Version| {
            let key = format::record_key(stream, version);
            let found = self.db.get_pinned_cf(self.family(Family::Records), key);
            let site = Site { disk: self, stream, version, family: Family::Records };
            found.map(|value| value.is_some()).map_err(|cause| site.failed(cause))
        };
        let next = expected.0.checked_add(1).map(Version);
        let quick = match next {
            Some(next) => !is_there(next)? && (expected == Version(0) || is_there(expected)?),
            None => false,
        };
        match quick {
            true if expected == Version(0) => Ok(Head::default()),
            true => View::of(self, stream).head(expected),
            false => {
                let view = View::of(self, stream);
                view.head(view.last()?)
            }
        }
    }

    /// What this shard remembers under a key, expired or not.
    pub fn answer(&self, key: &AnswerKey) -> Result<Option<Answer>, ReadError> {
        // A damaged answer has no stream to be laid at the door of.
        let unreadable = |why: String| {
            ReadError::Unreadable(format!("{}, {}: {why}", self.place, Family::Answers.name()))
        };
        let value = self.db.get_pinned_cf(self.family(Family::Answers), &key.0);
        match value.map_err(|cause| unreadable(cause.into_string()))? {
            None => Ok(None),
            Some(value) => match format::open_answer(&key.0, &value) {
                Ok(answer) => Ok(Some(answer)),
                Err(malformed) => Err(unreadable(format!("an answer is damaged: {malformed}"))),
            },
        }
    }

    /// This shard's page of due streams, see [`EventLog::due`](crate::EventLog::due).
    pub fn due(
        &self,
        until: Millis,
        after: Option<DueAt>,
        limit: usize,
    ) -> Result<Vec<DueAt>, ReadError> {
        let mut page = Vec::new();
        if limit == 0 {
            return Ok(page);
        }
        let search = after.is_none().then(|| self.due_floor.search());
        let from = search.as_ref().map_or(Millis(0), |search| search.from);
        let mut entries = self.db.raw_iterator_cf(self.family(Family::Due));
        match after {
            None => entries.seek(from.0.to_be_bytes()),
            Some(after) => entries.seek(format::due_key(after)),
        }
        let mut first = None;
        while let Some((key, value)) = entries.item().filter(|_| page.len() < limit) {
            let due = self.due_entry(key, value)?;
            first = first.or(Some(due.at));
            if due.at > until {
                break;
            }
            // The seek finds the entry itself where it is still there.
            if Some(due) != after {
                page.push(due);
            }
            entries.next();
        }
        entries.status().map_err(|cause| {
            ReadError::Unreadable(format!("{}, {}: {cause}", self.place, Family::Due.name()))
        })?;
        if let Some(search) = search {
            search.found(first);
        }
        Ok(page)
    }

    /// This shard's page of streams, see [`EventLog::streams`](crate::EventLog::streams). From one
    /// to the next is one step, however many records lie between.
    pub fn streams(
        &self,
        kind: u8,
        after: Option<StreamId>,
        limit: usize,
    ) -> Result<Vec<StreamId>, ReadError> {
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        let mut records = self.db.raw_iterator_cf_opt(self.family(Family::Records), options);
        match after {
            None => records.seek([kind]),
            Some(after) => records.seek(format::record_key(after, Version(u64::MAX))),
        }
        let mut page = Vec::new();
        while let Some(key) = records.key().filter(|_| page.len() < limit) {
            let stream = format::record_stream(key).ok_or_else(|| {
                let place = format!("{}, {}", self.place, Family::Records.name());
                ReadError::Unreadable(format!("{place}: a key is damaged: {key:02x?}"))
            })?;
            if stream.kind != kind {
                break;
            }
            page.push(stream);
            records.seek(format::record_key(stream, Version(u64::MAX)));
        }
        records.status().map_err(|cause| {
            ReadError::Unreadable(format!("{}, {}: {cause}", self.place, Family::Records.name()))
        })?;
        Ok(page)
    }

    fn due_entry(&self, key: &[u8], value: &[u8]) -> Result<DueAt, ReadError> {
        let Some(due) = format::parse_due_key(key) else {
            let place = format!("{}, {}", self.place, Family::Due.name());
            return Err(ReadError::Unreadable(format!("{place}: a key is damaged: {key:02x?}")));
        };
        let (stream, version) = (due.stream, Version(0));
        let site = Site { disk: self, stream, version, family: Family::Due };
        format::open(Family::Due, key, value).map_err(|malformed| site.malformed(malformed))?;
        Ok(due)
    }
}

/// One stream at one moment: commits that happen while it is read are not seen in halves.
struct View<'d> {
    disk: &'d Disk,
    stream: StreamId,
    snapshot: Snapshot<'d>,
}

impl<'d> View<'d> {
    fn of(disk: &'d Disk, stream: StreamId) -> View<'d> {
        View { disk, stream, snapshot: disk.db.snapshot() }
    }

    /// - `last`: the version of the last record.
    fn head(&self, last: Version) -> Result<Head, ReadError> {
        let key = format::stream_key(self.stream);
        let site = self.site(Family::Heads, Version(0));
        let value = self.get(Family::Heads, &key);
        match site.parsed(value, |value| format::open_head(&key, value))? {
            Some(head) if head.version > last => Err(self.missing(last, "head", head.version)),
            // Written when what is due changes: what came after has left that as it was.
            head => Ok(Head { version: last, due_at: head.and_then(|head| head.due_at) }),
        }
    }

    fn snapshot(&self) -> Result<Option<(Version, Bytes)>, ReadError> {
        let key = format::stream_key(self.stream);
        let value = self.get(Family::Snapshots, &key);
        let site = self.site(Family::Snapshots, Version(0));
        site.parsed(value, |value| format::open_snapshot(&key, value))
    }

    /// The version of the last record.
    fn last(&self) -> Result<Version, ReadError> {
        let mut found = self.found();
        found.seek_for_prev(format::record_key(self.stream, Version(u64::MAX)));
        let last = match found.key() {
            Some(key) if key.starts_with(&format::stream_key(self.stream)) => {
                let site = self.site(Family::Records, Version(0));
                format::record_version(key).ok_or_else(|| site.malformed(Malformed::Layout))?
            }
            Some(_) | None => Version(0),
        };
        let site = self.site(Family::Records, last);
        found.status().map_err(|cause| site.failed(cause))?;
        Ok(last)
    }

    /// The records after `from`, which is that of a snapshot if it is not the beginning: the
    /// record that it was taken at has to be there.
    fn records(&self, from: Version) -> Result<Vec<Bytes>, ReadError> {
        let mut found = self.found();
        let mut records = Vec::new();
        let mut due = Version(from.0.max(1));
        found.seek(format::record_key(self.stream, due));
        while let Some((key, value)) = found.item() {
            let site = self.site(Family::Records, due);
            match format::record_version(key) {
                Some(version) if version == due => {}
                Some(version) => {
                    return Err(site.damaged(format!("a gap: the next record is {}", version.0)));
                }
                None => return Err(site.malformed(Malformed::Layout)),
            }
            let record = format::open(Family::Records, key, value);
            let record = record.map_err(|malformed| site.malformed(malformed))?;
            if due > from {
                records.push(Bytes::copy_from_slice(record));
            }
            due = Version(due.0 + 1);
            found.next();
        }
        let site = self.site(Family::Records, due);
        found.status().map_err(|cause| site.failed(cause))?;
        if due == from {
            return Err(self.missing(Version(from.0 - 1), "snapshot", from));
        }
        Ok(records)
    }

    fn found(&self) -> DBRawIteratorWithThreadMode<'_, DB> {
        let mut options = ReadOptions::default();
        options.set_prefix_same_as_start(true);
        self.snapshot.raw_iterator_cf_opt(self.disk.family(Family::Records), options)
    }

    /// The stream ends at `last`, and something speaks of a later record.
    fn missing(&self, last: Version, what: &str, of: Version) -> ReadError {
        let site = self.site(Family::Records, Version(last.0 + 1));
        site.damaged(format!("missing, and the {what} is of version {}", of.0))
    }

    fn due(&self, head: Head) -> Result<Option<Due>, ReadError> {
        let Some(at) = head.due_at else { return Ok(None) };
        let key = format::due_key(DueAt { at, stream: self.stream });
        let site = self.site(Family::Due, head.version);
        let note = site.parsed(self.get(Family::Due, &key), |value| {
            format::open(Family::Due, &key, value).map(Bytes::copy_from_slice)
        })?;
        match note {
            Some(note) => Ok(Some(Due { at, note })),
            None => Err(site.damaged(format!("nothing is due at {}", at.0))),
        }
    }

    fn get(&self, family: Family, key: &[u8]) -> Found<'_> {
        self.snapshot.get_pinned_cf(self.disk.family(family), key)
    }

    fn site(&self, family: Family, version: Version) -> Site<'_> {
        Site { disk: self.disk, stream: self.stream, version, family }
    }
}

/// What is being read, for the words when it cannot be.
struct Site<'d> {
    disk: &'d Disk,
    stream: StreamId,
    version: Version,
    family: Family,
}

/// A value as RocksDB hands it out, if it has one.
type Found<'v> = Result<Option<DBPinnableSlice<'v>>, rocksdb::Error>;

impl Site<'_> {
    fn parsed<T>(
        &self,
        found: Found<'_>,
        open: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Result<Option<T>, ReadError> {
        match found.map_err(|cause| self.failed(cause))? {
            None => Ok(None),
            Some(value) => open(&value).map(Some).map_err(|malformed| self.malformed(malformed)),
        }
    }

    fn malformed(&self, malformed: Malformed) -> ReadError {
        self.damaged(malformed.to_string())
    }

    fn damaged(&self, why: String) -> ReadError {
        let place = format!("{}, {}", self.disk.place, self.family.name());
        ReadError::Damaged { stream: self.stream, version: self.version, place, why }
    }

    /// RocksDB's own complaint: damage, if it is its own checksum that failed.
    fn failed(&self, cause: rocksdb::Error) -> ReadError {
        match cause.kind() {
            ErrorKind::Corruption => self.damaged(cause.into_string()),
            _ => ReadError::Unreadable(format!(
                "{}, {}: {cause}",
                self.disk.place,
                self.family.name()
            )),
        }
    }
}

#[cfg(test)]
mod tests;
