//! From bytes to a body, or to a precise account of what is wrong with them.
//!
//! Why: nearly every body is right, and is read without a thought for where it might be wrong.
//! The few that are not are read again by a parser that keeps track. Its word counts: what it
//! takes is taken.
//! Promise: no input overflows the stack, and no error repeats what the caller wrote, for that
//! may be a secret.

use std::cell::RefCell;

use serde::Deserialize;
use serde_path_to_error::Segment;
use simd_json::Buffers;

use super::body::Object;
use super::error::Malformed;
use crate::limits::{ERROR_PATH_BYTES_MAX, NESTING_MAX};

thread_local! {
    /// Room for the fast parser's index of a body, so that it need not be allocated each time.
    static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers::default());
}

/// Reads a body that is an object.
///
/// - `scratch`: room for the fast parser, which resolves escapes in place.
///
/// # Errors
/// [`Malformed`] says what was wrong and where.
pub fn read<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    scratch: &'a mut Vec<u8>,
) -> Result<T, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::missing("$", "a JSON body is needed"));
    }
    check_nesting(bytes)?;
    scratch.extend_from_slice(bytes);
    let fast = BUFFERS.with_borrow_mut(|buffers| {
        simd_json::serde::from_slice_with_buffers::<Object<T>>(scratch, buffers)
    });
    match fast {
        Ok(Object(body)) => Ok(body),
        Err(_) => judge(bytes),
    }
}

/// Reads slowly and knows what is wrong.
///
/// # Errors
/// As [`read`].
pub fn judge<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Malformed> {
    let text = str::from_utf8(bytes).map_err(|_| Malformed::invalid("$", "not UTF-8"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let Object(body) = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| malformed(path(error.path()), error.inner()))?;
    json.end().map_err(|error| malformed("$".to_owned(), &error))?;
    Ok(body)
}

fn malformed(path: String, error: &serde_json::Error) -> Malformed {
    let words = error.to_string();
    let missing = words.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match missing {
        Some((member, _)) => Malformed::missing(format!("{path}.{member}"), "this is needed"),
        None => Malformed::invalid(path, complaint(error, &words)),
    }
}

/// Both parsers call themselves once a level.
fn check_nesting(bytes: &[u8]) -> Result<(), Malformed> {
    let openings = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if openings <= NESTING_MAX || depth(bytes) <= NESTING_MAX {
        return Ok(());
    }
    Err(Malformed::invalid("$", format!("more than {NESTING_MAX} levels of nesting")))
}

/// The deepest level, brackets in strings not counted.
fn depth(bytes: &[u8]) -> usize {
    let (mut deepest, mut level, mut in_string) = (0usize, 0usize, false);
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' if in_string => {
                bytes.next();
            }
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                level += 1;
                deepest = deepest.max(level);
            }
            b']' | b'}' if !in_string => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// As JSONPath, as far as its members have names that a member of ours could have.
fn path(found: &serde_path_to_error::Path) -> String {
    let mut path = String::from("$");
    for segment in found.iter() {
        match segment {
            Segment::Seq { index } => path.push_str(&format!("[{index}]")),
            Segment::Map { key } if is_member_name(key) => {
                path.push('.');
                path.push_str(key);
            }
            Segment::Map { .. } | Segment::Enum { .. } | Segment::Unknown => break,
        }
        if path.len() > ERROR_PATH_BYTES_MAX {
            break;
        }
    }
    path
}

fn is_member_name(key: &str) -> bool {
    key.len() <= 32 && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// What the parser says, without the value it says it of: that comes before the last comma of
/// "invalid type: string …, expected a whole number at line 1 column 40".
fn complaint(error: &serde_json::Error, words: &str) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let said = words.strip_suffix(&place).unwrap_or(words);
    let said = match said.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None if error.is_data() => said.to_owned(),
        None => format!("not JSON: {said}"),
    };
    if error.line() == 0 { said } else { said + &place }
}
