//! No stage of a request takes over a tenth more instructions than is recorded.
//!
//! `make instructions` shows them, `make instructions RECORD=1` records them.

use std::process::Command;

#[test]
fn no_stage_takes_many_more_instructions_than_is_recorded() {
    let mut count = Command::new(env!("CARGO_BIN_EXE_instructions"));
    if std::env::var_os("RECORD").is_some_and(|said| !said.is_empty()) {
        count.arg("--record");
    }
    let counted = count.output().expect("it starts");
    println!("{}", String::from_utf8_lossy(&counted.stdout));
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
}
