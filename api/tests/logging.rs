//! The end that nobody planned.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use paceline_api::logging::{Logging, abort_on_panic};

const SIGABRT: i32 = 6;

#[test]
fn a_panic_on_any_thread_ends_the_program_and_says_where() {
    let this = std::env::current_exe().unwrap();
    let played =
        Command::new(this).args(["--exact", "panics", "--ignored", "--nocapture"]).output();
    let played = played.unwrap();
    assert_eq!(played.status.signal(), Some(SIGABRT));
    let told = String::from_utf8(played.stderr).unwrap();
    let before = told.find("what came before").unwrap();
    let broken = told.find("an invariant is broken").unwrap();
    assert!(before < broken, "{told}");
    assert!(told[before..].contains("tests/logging.rs"), "{told}");
}

#[test]
#[ignore = "played by the test above, in a process of its own"]
fn panics() {
    let _logging = Logging::start().unwrap();
    abort_on_panic();
    tracing::info!("what came before");
    let ended = std::thread::spawn(|| panic!("an invariant is broken")).join();
    unreachable!("the program goes on after {ended:?}");
}
