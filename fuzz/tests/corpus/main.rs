//! The kept inputs, and what a second of changing them makes of them, on any toolchain.
//!
//! Why: what was found once is never found again by a user. The changes are blind, so they find
//! what lies near; `make fuzz` looks further.
//! Promise: a failure says which input it was, and where it lies to be played again.

mod mutate;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use paceline_fuzz::{TARGETS, Target, named};

use mutate::Mutator;

/// Of blind changes, for each target.
const BLIND: Duration = Duration::from_secs(1);

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            hold(named(stringify!($name)).expect("there is such a target"));
        })*

        #[test]
        fn every_target_is_held_to_its_corpus() {
            let here = [$(stringify!($name)),*];
            assert_eq!(TARGETS.map(|target| target.name), here);
            for entry in fs::read_dir(corpus()).expect("a corpus") {
                let name = entry.expect("a directory").file_name();
                assert!(here.iter().any(|known| name == **known), "{name:?} has no target");
            }
        }
    };
}

targets! {
    create update complete cancel agent session_id request_id request feed_text feed_xml config
    variables message inside public_key tokenized card callback page google admin words events states
    book acquirer_book card_keys story marker
}

fn hold(target: &'static Target) {
    let directory = corpus().join(target.name);
    let mut files: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap_or_else(|cause| panic!("{}: {cause}", directory.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", directory.display());
    let inputs: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).expect("a file")).collect();
    for (file, input) in files.iter().zip(&inputs) {
        play(target, input, || file.display().to_string());
    }
    let mut mutator = Mutator::new(inputs, target.bytes_max);
    let began = Instant::now();
    while began.elapsed() < BLIND {
        let input = mutator.next();
        play(target, &input, || kept(target, &input).display().to_string());
    }
}

/// Runs the target, and names the input should it break its promise.
fn play(target: &Target, input: &[u8], name: impl FnOnce() -> String) {
    if let Err(broken) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        eprintln!("`{}` broke its promise on {}", target.name, name());
        resume_unwind(broken);
    }
}

fn kept(target: &Target, input: &[u8]) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("broken-{}", target.name));
    fs::write(&file, input).expect("the build directory can be written to");
    file
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}
