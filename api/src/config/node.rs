//! One value of the configuration, with where it was said.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value was said, for messages and for what a relative path starts at.
#[derive(Clone, Debug)]
pub enum Place {
    Line { file: Rc<Path>, line: usize },
    Variable(Rc<str>),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line { file, line } => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Node {
    pub place: Place,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Text(String),
    /// From the environment: whatever its reader takes it for.
    Word(String),
    Integer(i64),
    Boolean(bool),
    Moment(String),
    List(Vec<Node>),
    Table(Table),
    /// A value of TOML that nothing here is: a float, or an integer beyond 64 bits.
    Other(&'static str),
}

/// Entries with their place, in the order of their keys.
pub type Table = std::collections::BTreeMap<String, Node>;

impl Node {
    /// # Errors
    /// Words for a value of another kind. So for every reader below.
    pub fn text(&self) -> Result<&str, String> {
        match &self.kind {
            Kind::Text(text) | Kind::Word(text) => Ok(text),
            other => Err(format!("a text in quotes is wanted, and this is {}", other.name())),
        }
    }

    pub fn integer(&self) -> Result<i64, String> {
        match &self.kind {
            Kind::Integer(number) => Ok(*number),
            Kind::Word(word) => {
                word.trim().parse().map_err(|_| format!("`{word}` is not a whole number"))
            }
            other => Err(format!("a whole number is wanted, and this is {}", other.name())),
        }
    }

    pub fn boolean(&self) -> Result<bool, String> {
        match &self.kind {
            Kind::Boolean(said) => Ok(*said),
            Kind::Word(word) => {
                word.trim().parse().map_err(|_| format!("`{word}` is neither true nor false"))
            }
            other => Err(format!("true or false is wanted, and this is {}", other.name())),
        }
    }

    /// A moment of RFC 3339, as TOML's own or as text.
    pub fn moment(&self) -> Result<&str, String> {
        match &self.kind {
            Kind::Moment(moment) => Ok(moment),
            _ => self.text(),
        }
    }

    pub fn list(&self) -> Result<&[Node], String> {
        match &self.kind {
            Kind::List(list) => Ok(list),
            other => Err(format!("a list is wanted, and this is {}", other.name())),
        }
    }

    pub fn table(&self) -> Result<&Table, String> {
        match &self.kind {
            Kind::Table(table) => Ok(table),
            other => Err(format!("a table is wanted, and this is {}", other.name())),
        }
    }

    /// A path in a file starts at the file's directory, one in the environment where we run.
    pub fn path(&self) -> Result<PathBuf, String> {
        let path = Path::new(self.text()?);
        if path.as_os_str().is_empty() {
            return Err("a path is wanted, and this is empty".to_owned());
        }
        match &self.place {
            Place::Line { file, .. } => Ok(file.parent().unwrap_or(Path::new("")).join(path)),
            Place::Variable(_) => Ok(path.to_owned()),
        }
    }

    /// As JSON, for what is passed on as it is.
    pub fn json(&self) -> Result<serde_json::Value, String> {
        use serde_json::Value;
        Ok(match &self.kind {
            Kind::Text(text) | Kind::Word(text) | Kind::Moment(text) => Value::from(text.as_str()),
            Kind::Integer(number) => Value::from(*number),
            Kind::Boolean(said) => Value::from(*said),
            Kind::List(list) => list.iter().map(Node::json).collect::<Result<_, _>>()?,
            Kind::Table(table) => {
                let members = table.iter().map(|(key, node)| Ok((key.clone(), node.json()?)));
                Value::Object(members.collect::<Result<_, String>>()?)
            }
            Kind::Other(name) => return Err(format!("{name} cannot be passed on")),
        })
    }
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Word(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Boolean(_) => "true or false",
            Self::Moment(_) => "a moment",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(name) => name,
        }
    }
}

/// Reads a document whole; the errors are pairs of a place and words.
pub fn parse_document(text: &str, file: &Path) -> Result<Table, Vec<(Place, String)>> {
    let file: Rc<Path> = file.into();
    let lines = Lines::of(text);
    let line = |offset: usize| Place::Line { file: file.clone(), line: lines.at(offset) };
    let (document, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table(document.get_ref(), &line));
    }
    let place = |error: &toml::de::Error| line(error.span().map_or(0, |span| span.start));
    Err(errors.iter().map(|error| (place(error), error.message().to_owned())).collect())
}

/// Reads a list or a table from the environment.
pub fn parse_variable(text: &str, place: &Place) -> Result<Node, String> {
    let value = DeValue::parse(text).map_err(|error| error.message().to_owned())?;
    Ok(node(&value, &|_| place.clone()))
}

fn node(value: &Spanned<DeValue<'_>>, place: &dyn Fn(usize) -> Place) -> Node {
    let kind = match value.get_ref() {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Kind::Integer(number),
            Err(_) => Kind::Other("a number beyond 64 bits"),
        },
        DeValue::Float(_) => Kind::Other("a number with a point"),
        DeValue::Boolean(said) => Kind::Boolean(*said),
        DeValue::Datetime(moment) => Kind::Moment(moment.to_string()),
        DeValue::Array(list) => Kind::List(list.iter().map(|entry| node(entry, place)).collect()),
        DeValue::Table(entries) => Kind::Table(table(entries, place)),
    };
    Node { place: place(value.span().start), kind }
}

fn table(entries: &DeTable<'_>, place: &dyn Fn(usize) -> Place) -> Table {
    let entry = |key: &Spanned<_>, value| {
        let key: &Spanned<toml::de::DeString<'_>> = key;
        // The key's own line: a value may start further down.
        Node { place: place(key.span().start), ..node(value, place) }
    };
    entries.iter().map(|(key, value)| (key.get_ref().to_string(), entry(key, value))).collect()
}

/// Offsets at which lines start.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(ends.map(|(offset, _)| offset + 1)).collect())
    }

    /// Counted from 1.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}
