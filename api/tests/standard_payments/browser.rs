//! A person in front of a browser: Chromium without a window, without scripts, as wide as a phone.
//!
//! Skips in so many words where there is no Chromium, no driver of it, or no Python that speaks to
//! the driver.

use std::path::Path;
use std::process::Command;

use crate::common::{Serving, run};

#[test]
fn a_person_signs_in_approves_and_is_led_on_to_another_origin_without_scripts() {
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !there("chromium") || !there("chromedriver") {
        eprintln!("skipped: there is no chromium or no chromedriver here");
        return;
    }
    let serving = Serving::with("");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standard_payments");
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authentication-page");
    std::fs::create_dir_all(&shots).unwrap();
    let (ok, told, errors) = run(Command::new("python3")
        .arg(here.join("browser.py"))
        .arg(format!("http://{}/tokenized/authenticate", serving.public))
        .arg(&shots));
    assert!(ok, "{told}{errors}");
    for shot in ["sign-in.png", "wrong.png", "approve.png"] {
        assert!(std::fs::metadata(shots.join(shot)).unwrap().len() > 5_000, "{shot} is empty");
    }
    let end = told.strip_prefix("http://localhost:").expect("the other origin is reached");
    assert!(end.contains("/end?gspResult=100"), "{told}");
}
