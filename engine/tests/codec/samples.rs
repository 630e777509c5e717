//! The kept samples: one file each, hexadecimal digits in lines.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What [`paceline_engine::codec::encode`] writes as the first byte of what is in here.
const VERSION: u8 = 1;

const DIGITS_IN_A_LINE: usize = 96;

/// The bytes kept under a name. With `KEEP_SAMPLES` in the environment, `now` is kept if nothing
/// is; what is kept already is never written again.
pub fn kept(name: &str, now: &[u8]) -> Vec<u8> {
    assert_eq!(now[0], VERSION, "a new version needs a directory of its own");
    let file = directory().join(format!("{name}.hex"));
    if !file.exists() && std::env::var_os("KEEP_SAMPLES").is_some() {
        fs::create_dir_all(directory()).unwrap();
        fs::write(&file, written(now)).unwrap();
    }
    let text = fs::read_to_string(&file)
        .unwrap_or_else(|cause| panic!("{}: {cause}: run with KEEP_SAMPLES=1", file.display()));
    read(&text)
}

/// The names under which something is kept.
pub fn names() -> BTreeSet<String> {
    let files = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/v{VERSION}"))
}

fn written(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lines = digits.as_bytes().chunks(DIGITS_IN_A_LINE);
    lines.map(|line| std::str::from_utf8(line).unwrap().to_owned() + "\n").collect()
}

fn read(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
