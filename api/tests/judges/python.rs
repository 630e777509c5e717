//! A Python with what the judges need, installed into the user's cache by the first run.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::run;

/// The models of 2026-01-11, and a validator of JSON Schema with its formats.
const PACKAGES: [&str; 2] = ["ucp-sdk==0.1.0", "jsonschema[format-nongpl]>=4.18,<5"];

/// Stands for these packages: others have another place.
const DIR: &str = "judges-1";

pub struct Python(PathBuf);

impl Python {
    /// `None`, with a word on why, where there is no Python or no registry.
    pub fn find() -> Option<Self> {
        let python = Self(cache().join(DIR).join("bin/python"));
        if python.is_complete() {
            return Some(python);
        }
        // Tests may come here at once; the later ones wait, and find it done.
        fs::create_dir_all(cache()).unwrap();
        let lock = File::create(cache().join("judges.lock")).unwrap();
        lock.lock().unwrap();
        if python.is_complete() || python.install()? { Some(python) } else { None }
    }

    /// Lets a script of this directory read these lines of JSON; what it says, and whether it
    /// accepts them all.
    pub fn judges(&self, script: &str, cases: &[Value]) -> (bool, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges").join(script);
        let mut judge = Command::new(&self.0)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
        // A judge that fails reads no further, and says why on its standard error.
        let _ = judge.stdin.take().unwrap().write_all(lines.as_bytes());
        let told = judge.wait_with_output().unwrap();
        (told.status.success(), String::from_utf8(told.stdout).unwrap())
    }

    fn is_complete(&self) -> bool {
        let imported = self.command(&["-c", "import ucp_sdk.models, jsonschema"]).output();
        imported.is_ok_and(|told| told.status.success())
    }

    fn install(&self) -> Option<bool> {
        let venv = Command::new("python3").args(["-c", "import ensurepip, venv"]).output();
        if !venv.is_ok_and(|told| told.status.success()) {
            return skipped("there is no python3 here that makes virtual environments");
        }
        let make = ["-m", "venv", "--clear"];
        let (ok, _, told) = run(Command::new("python3").args(make).arg(cache().join(DIR)));
        assert!(ok, "{told}");
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let (ok, _, told) = run(self.command(&install).args(PACKAGES));
        if !ok && told.contains("from versions: none") {
            return skipped(&format!("no registry answers: {told}"));
        }
        assert!(ok, "{told}");
        Some(true)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(args);
        command
    }
}

fn skipped(why: &str) -> Option<bool> {
    eprintln!("SKIPPED, this judge has not looked at anything: {why}");
    None
}

/// Where this user keeps what can be fetched again.
fn cache() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").unwrap()).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("paceline")
}
