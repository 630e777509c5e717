//! The configuration: a file, and the environment over it.

use std::path::Path;
use std::time::Duration;

use paceline_api::config::{Config, Place, Problem};

use crate::bounds::{Bounds, FILE, within};

/// The embedded defaults are read each time, whatever is given. Every mistake of a file is told,
/// with the keys that may have been meant; nobody but the operator writes it.
const CONFIG: Bounds = Bounds {
    memory_times: 512,
    memory_flat: 4 * 1024 * 1024,
    time_byte: Duration::from_micros(10),
    ..FILE
};

pub fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = Path::new("paceline.toml");
    let read = within(CONFIG, bytes, |_| Config::parse(text, file, []));
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    for Problem { place, what } in problems(&read) {
        assert!(!what.is_empty());
        if let Some(Place::Line { line, .. }) = place {
            assert!((1..=lines).contains(line), "line {line} of {lines}: {what}");
        }
    }
    agrees(&read, &Config::parse(text, file, []));
}

/// `NAME=value` in lines, or parted by zeros, so that a value may have lines.
pub fn variables(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let parted = if text.contains('\0') { '\0' } else { '\n' };
    let variables = || {
        let lines = text.split(parted).filter_map(|line| line.split_once('='));
        lines.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let read = within(CONFIG, bytes, |_| Config::load(None, variables()));
    for Problem { place, what } in problems(&read) {
        assert!(!what.is_empty());
        if let Some(Place::Variable(name)) = place {
            assert!(variables().any(|(given, _)| given == **name), "{name}: {what}");
        }
    }
    agrees(&read, &Config::load(None, variables()));
}

type Read = Result<Config, Vec<Problem>>;

fn problems(read: &Read) -> &[Problem] {
    read.as_ref().err().map_or(&[], Vec::as_slice)
}

/// What is said of a file does not depend on the day.
fn agrees(first: &Read, second: &Read) {
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
    assert!(first.as_ref().err().is_none_or(|problems| !problems.is_empty()));
}
