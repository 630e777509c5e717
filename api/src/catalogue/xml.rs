//! RSS 2.0, and Atom: one `item` or `entry` a product, attributes in Google's namespace.
//!
//! Promise: no document type is accepted, so there are no entities to expand; nesting and the
//! length of a value are bounded; elements inside of attributes (`g:shipping` has a `g:price` of
//! its own) are never taken for the product's.

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{LocalName, Namespace, ResolveResult};

use super::row::{Attribute, Row};
use super::{Feed, shown};
use crate::limits;

const GOOGLE: &str = "http://base.google.com/ns/1.0";
const ATOM: &str = "http://www.w3.org/2005/Atom";

pub fn read(bytes: &[u8], feed: &mut Feed) {
    match std::str::from_utf8(bytes) {
        Ok(text) => Parser { text, feed, depth: 0, item: None, line: 1, counted: 0 }.run(),
        Err(cause) => {
            let before = &bytes[..cause.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
            feed.report(line, None, "it is not UTF-8".to_owned());
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    feed: &'a mut Feed,
    /// Elements that are open.
    depth: usize,
    item: Option<Item>,
    /// The line at offset `counted`.
    line: u64,
    counted: usize,
}

/// A product that is being read.
struct Item {
    row: Row,
    /// Open elements, this one included.
    depth: usize,
    attribute: Option<(Meaning, String)>,
    /// From RSS or Atom itself: counts if Google's is not given.
    title_plain: Option<String>,
}

#[derive(Clone, Copy)]
enum Meaning {
    Google(Attribute),
    PlainTitle,
}

impl<'a> Parser<'a> {
    fn run(mut self) {
        let mut reader = NsReader::from_str(self.text);
        reader.config_mut().expand_empty_elements = true;
        while self.feed.has_room() {
            let start = usize::try_from(reader.buffer_position()).unwrap_or(self.text.len());
            let (namespace, event) = match reader.read_resolved_event() {
                Ok(read) => read,
                Err(cause) => {
                    let at = usize::try_from(reader.error_position()).unwrap_or(start);
                    return self.refuse(at, shown(&cause.to_string()));
                }
            };
            match event {
                Event::Start(element) => {
                    self.depth += 1;
                    if self.depth > limits::FEED_DEPTH_MAX {
                        return self.refuse(start, "elements are nested too deep".to_owned());
                    }
                    self.open(&namespace, element.local_name(), start);
                }
                Event::End(_) => self.close(),
                Event::Text(text) => self.add(&text.xml10_content()),
                Event::CData(text) => self.add(&text.xml10_content()),
                Event::GeneralRef(reference) => self.add_reference(&reference),
                Event::DocType(_) => {
                    return self.refuse(start, "a document type is not accepted".to_owned());
                }
                Event::Eof if self.depth > 0 => {
                    return self.refuse(start, "it ends before all its elements do".to_owned());
                }
                Event::Eof => return,
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn open(&mut self, namespace: &ResolveResult<'_>, name: LocalName<'_>, start: usize) {
        let name: &str = name.as_ref();
        let Some(item) = &mut self.item else {
            let plain = matches!(namespace, ResolveResult::Unbound) && name == "item";
            if plain || (is(namespace, ATOM) && name == "entry") {
                let row = Row::at(self.line_of(start));
                let depth = self.depth;
                self.item = Some(Item { row, depth, attribute: None, title_plain: None });
            }
            return;
        };
        if self.depth != item.depth + 1 {
            return;
        }
        let meaning = match namespace {
            ResolveResult::Unknown(prefix) if Attribute::named(name).is_some() => {
                let prefix = shown(prefix);
                item.row.refuse(format!("{name}: the prefix `{prefix}` is not declared"));
                None
            }
            _ if is(namespace, GOOGLE) => Attribute::named(name).map(Meaning::Google),
            _ if name == "title" => Some(Meaning::PlainTitle),
            _ => None,
        };
        item.attribute = meaning.map(|meaning| (meaning, String::new()));
    }

    fn close(&mut self) {
        if let Some(item) = &mut self.item {
            if self.depth == item.depth + 1 {
                item.take_attribute();
            } else if self.depth == item.depth
                && let Some(item) = self.item.take()
            {
                self.feed.take(&item.into_row());
            }
        }
        self.depth -= 1;
    }

    /// Text counts where it is directly inside of an attribute.
    fn add(&mut self, text: &str) {
        let Some(item) = &mut self.item else { return };
        let Some((meaning, value)) = &mut item.attribute else { return };
        if self.depth != item.depth + 1 {
            return;
        }
        if value.len() + text.len() > limits::FIELD_BYTES_MAX {
            let (name, most) = (meaning.name(), limits::FIELD_BYTES_MAX);
            item.row.refuse(format!("{name}: it has more than {most} bytes"));
            item.attribute = None;
        } else {
            value.push_str(text);
        }
    }

    fn add_reference(&mut self, reference: &BytesRef<'_>) {
        let name: &str = reference;
        let character = reference.resolve_char_ref().ok().flatten();
        let mut encoded = [0; 4];
        let resolved = character.map(|character| &*character.encode_utf8(&mut encoded));
        match resolved.or_else(|| resolve_predefined_entity(name)) {
            Some(text) => self.add(text),
            None => {
                if let Some(item) = &mut self.item {
                    item.row.refuse(format!("`&{};` is not an entity of XML", shown(name)));
                }
            }
        }
    }

    fn refuse(&mut self, offset: usize, what: String) {
        let line = self.line_of(offset);
        self.feed.report(line, None, what);
    }

    /// Offsets only grow, so that no byte is looked at twice.
    fn line_of(&mut self, offset: usize) -> u64 {
        let offset = offset.clamp(self.counted, self.text.len());
        let passed = &self.text.as_bytes()[self.counted..offset];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = offset;
        self.line
    }
}

impl Item {
    fn take_attribute(&mut self) {
        match self.attribute.take() {
            Some((Meaning::Google(attribute), value)) => self.row.set(attribute, &value),
            Some((Meaning::PlainTitle, value)) => self.title_plain = Some(value),
            None => {}
        }
    }

    fn into_row(mut self) -> Row {
        if self.row.get(Attribute::Title).is_none()
            && let Some(title) = self.title_plain
        {
            self.row.set(Attribute::Title, &title);
        }
        self.row
    }
}

impl Meaning {
    fn name(self) -> &'static str {
        match self {
            Self::Google(attribute) => attribute.name(),
            Self::PlainTitle => "title",
        }
    }
}

fn is(namespace: &ResolveResult<'_>, wanted: &str) -> bool {
    matches!(namespace, ResolveResult::Bound(Namespace(found)) if found.trim_end_matches('/') == wanted)
}
