//! Tab-separated text: a header, then one product a line.

use csv::{ByteRecord, ReaderBuilder};

use super::row::{Attribute, Row};
use super::{Feed, shown};
use crate::limits;

pub fn read(bytes: &[u8], feed: &mut Feed) {
    // Rows with fewer or more fields are told apart here, with their line.
    let mut reader =
        ReaderBuilder::new().delimiter(b'\t').has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut columns = None;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(cause) => return feed.report(reader.position().line(), None, cause.to_string()),
        }
        let line = record.position().map_or(0, |position| position.line());
        match &columns {
            None => match Columns::of(&record, line, feed) {
                Some(known) => columns = Some(known),
                None => return,
            },
            Some(columns) => feed.take(&columns.row(&record, line)),
        }
        if !feed.has_room() {
            return;
        }
    }
    if columns.is_none() {
        feed.report(1, None, "the header is missing".to_owned());
    }
}

/// Which column holds what.
struct Columns {
    count: usize,
    known: Vec<(usize, Attribute)>,
}

impl Columns {
    /// `None` if no row could be read under this header, and that is reported.
    fn of(header: &ByteRecord, line: u64, feed: &mut Feed) -> Option<Self> {
        let mut known: Vec<(usize, Attribute)> = vec![];
        if let [only] = header.iter().collect::<Vec<_>>()[..]
            && only.contains(&b',')
        {
            let what = "the columns look comma-separated: save the feed with tabs between them";
            feed.report(line, None, what.to_owned());
            return None;
        }
        for (index, name) in header.iter().enumerate() {
            let Some(attribute) = Attribute::named(&String::from_utf8_lossy(name)) else {
                continue;
            };
            if known.iter().any(|(_, earlier)| *earlier == attribute) {
                feed.report(line, None, format!("two columns are called {}", attribute.name()));
            }
            known.push((index, attribute));
        }
        let wanted = [Attribute::Id, Attribute::Title, Attribute::Price, Attribute::Availability];
        for attribute in wanted.into_iter().chain([Attribute::Quantity]) {
            if !known.iter().any(|(_, known)| *known == attribute) {
                feed.report(line, None, format!("no column is called {}", attribute.name()));
            }
        }
        feed.problems.is_empty().then_some(Self { count: header.len(), known })
    }

    fn row(&self, record: &ByteRecord, line: u64) -> Row {
        let mut row = Row::at(line);
        if record.len() != self.count {
            row.refuse(format!("it has {} fields, the header has {}", record.len(), self.count));
        }
        for (index, attribute) in &self.known {
            let field = record.get(*index).unwrap_or_default();
            match std::str::from_utf8(field) {
                Ok(value) if value.len() <= limits::FIELD_BYTES_MAX => row.set(*attribute, value),
                Ok(value) => row.refuse(format!(
                    "{}: `{}…` has {} bytes, at most {} are read",
                    attribute.name(),
                    shown(value),
                    value.len(),
                    limits::FIELD_BYTES_MAX
                )),
                Err(_) => row.refuse(format!("{}: it is not UTF-8", attribute.name())),
            }
        }
        row
    }
}
