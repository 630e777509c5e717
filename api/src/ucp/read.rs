//! From bytes to a body, or to a precise account of what is wrong with them.
//!
//! Why: nearly every body is right, and is read without a thought for where it might be wrong.
//! The few that are not are read again by the same parser, keeping track.
//! Promise: no input overflows the stack, for the parser bounds its depth; no error repeats what
//! the caller wrote, for that may be a secret.
//! Left out: `simd-json`. On our bodies it is the slower one (`benches/parse.rs`), and it wants a
//! copy of each to write in.

use serde::Deserialize;
use serde_path_to_error::Segment;

use super::body::Object;
use super::error::Malformed;
use crate::limits::ERROR_PATH_BYTES_MAX;

/// Reads a body that is an object.
///
/// # Errors
/// [`Malformed`] says what was wrong and where.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::missing("$", "a JSON body is needed"));
    }
    let text = str::from_utf8(bytes).map_err(|_| Malformed::invalid("$", "not UTF-8"))?;
    match serde_json::from_str::<Object<T>>(text) {
        Ok(Object(body)) => Ok(body),
        Err(error) => Err(explain::<T>(text, &error)),
    }
}

/// Reads again what could not be read, to say where.
fn explain<'a, T: Deserialize<'a>>(text: &'a str, error: &serde_json::Error) -> Malformed {
    let mut json = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Object<T>>(&mut json) {
        Err(error) => malformed(path(error.path()), error.inner()),
        Ok(_) => malformed("$".to_owned(), error), // all is well, save what comes after it
    }
}

fn malformed(path: String, error: &serde_json::Error) -> Malformed {
    let words = error.to_string();
    let missing = words.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match missing {
        Some((member, _)) => Malformed::missing(format!("{path}.{member}"), "this is needed"),
        None => Malformed::invalid(path, complaint(error, &words)),
    }
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
