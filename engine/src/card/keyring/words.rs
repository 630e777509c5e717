//! Keys as words, and back.

use std::fmt::Write;

use paceline_domain::text::Text;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::secret::Secret;

const KEY_BYTES: usize = 32;
const CHECK_BYTES: usize = 8;

/// The longest name of a data key.
const NAME_BYTES_MAX: usize = 32;

/// The keys themselves, for as long as they are read or written.
#[derive(Clone)]
pub(super) struct Keys {
    pub lookup: [u8; KEY_BYTES],
    pub data: Vec<(Text, [u8; KEY_BYTES])>,
}

/// Words that are no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKeys {
    #[error("these are not card data keys: `{0}` is expected next")]
    Expected(&'static str),
    #[error("a key is {} hexadecimal digits", KEY_BYTES * 2)]
    Key,
    #[error(
        "the name of a data key has 1 to {NAME_BYTES_MAX} lower-case letters, digits and dashes"
    )]
    Name,
    #[error("two data keys have one name")]
    NameTaken,
    #[error("the keys do not match their check: a part of them was changed or is missing")]
    Check,
}

impl Keys {
    pub fn random() -> Self {
        Self { lookup: random(), data: vec![(name(1), random())] }
    }

    /// One more data key, which seals from now on. Names are not used again: the last one, which has
    /// the highest number, never goes.
    pub fn add(&mut self) -> Text {
        let number = |name: &Text| name.strip_prefix("key-")?.parse::<u32>().ok();
        let highest = self.data.iter().filter_map(|(name, _)| number(name)).max().unwrap_or(0);
        let name = name(highest.saturating_add(1));
        self.data.push((name.clone(), random()));
        name
    }

    pub fn current(&self) -> &Text {
        &self.data.last().expect("there is always a key that seals").0
    }

    /// Whether there was one of this name.
    pub fn remove(&mut self, name: &Text) -> bool {
        let before = self.data.len();
        self.data.retain(|(known, _)| known != name);
        self.data.len() < before
    }

    /// Both, the newest last; `None` if they cannot be of one directory.
    pub fn with(mut self, newer: Self) -> Option<Self> {
        if self.lookup != newer.lookup {
            return None;
        }
        for (name, key) in newer.data {
            match self.data.iter().find(|(known, _)| *known == name) {
                Some((_, known)) if *known != key => return None,
                Some(_) => {}
                None => self.data.push((name, key)),
            }
        }
        Some(self)
    }

    pub fn parse(words: &[u8]) -> Result<Self, MalformedKeys> {
        let text = std::str::from_utf8(words).map_err(|_| MalformedKeys::Expected("lookup"))?;
        let mut words = text.split_ascii_whitespace();
        if words.next() != Some("lookup") {
            return Err(MalformedKeys::Expected("lookup"));
        }
        let mut keys = Self { lookup: hex(words.next()).ok_or(MalformedKeys::Key)?, data: vec![] };
        loop {
            match words.next() {
                Some("data") => {
                    let name = words.next().filter(|name| is_name(name));
                    let name = name.and_then(|name| Text::parse(name).ok());
                    let name = name.ok_or(MalformedKeys::Name)?;
                    if keys.data.iter().any(|(known, _)| *known == name) {
                        return Err(MalformedKeys::NameTaken);
                    }
                    keys.data.push((name, hex(words.next()).ok_or(MalformedKeys::Key)?));
                }
                Some("check") if !keys.data.is_empty() => break,
                _ if keys.data.is_empty() => return Err(MalformedKeys::Expected("data")),
                _ => return Err(MalformedKeys::Expected("check")),
            }
        }
        let check = hex::<CHECK_BYTES>(words.next());
        match check == Some(keys.check()) && words.next().is_none() {
            true => Ok(keys),
            false => Err(MalformedKeys::Check),
        }
    }

    pub fn written(&self) -> Secret {
        Secret::new(format!("{}check {}\n", self.lines(), digits(&self.check())))
    }

    fn lines(&self) -> String {
        let mut lines = format!("lookup {}\n", digits(&self.lookup));
        for (name, key) in &self.data {
            let _ = writeln!(lines, "data {name} {}", digits(key)); // a string takes everything
        }
        lines
    }

    /// Keys are 256 bits of chance, so that a few bits of their hash tell nobody anything.
    fn check(&self) -> [u8; CHECK_BYTES] {
        let hash = digest(&SHA256, self.lines().as_bytes());
        *hash.as_ref().first_chunk().expect("a SHA-256 has 32 bytes")
    }
}

fn name(number: u32) -> Text {
    Text::parse(&format!("key-{number}")).expect("it is short")
}

fn is_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain)
}

/// A key like no other.
pub fn random() -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut key).expect("the system has random numbers");
    key
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}"); // a string takes everything
        digits
    })
}

fn hex<const N: usize>(word: Option<&str>) -> Option<[u8; N]> {
    let word = word.filter(|word| word.len() == 2 * N && word.is_ascii())?;
    let plain = word.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate().filter(|_| plain) {
        *byte = u8::from_str_radix(&word[2 * at..2 * at + 2], 16).ok()?;
    }
    plain.then_some(bytes)
}
