//! The recorded figures, in a file that people read and git compares.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Recorded {
    pub made_by: String,
    figures: Vec<(String, u64)>,
}

impl Recorded {
    pub fn now(counted: Vec<(&'static str, u64)>) -> Self {
        let figures = counted.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        Self { made_by: toolchain(), figures }
    }

    /// Nothing at all, if nothing was recorded yet.
    pub fn read() -> Self {
        let text = fs::read_to_string(file()).unwrap_or_default();
        let made_by = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let figure = |line: &str| {
            let (name, count) = line.rsplit_once(':')?;
            Some((name.to_owned(), count.trim().parse().ok()?))
        };
        let figures = text.lines().filter_map(figure).collect();
        Self { made_by: made_by.unwrap_or_default().to_owned(), figures }
    }

    pub fn of(&self, name: &str) -> Option<u64> {
        self.figures.iter().find(|(known, _)| known == name).map(|(_, count)| *count)
    }

    pub fn write(&self) {
        let mut text = format!("# {}\n", self.made_by);
        for (name, count) in &self.figures {
            writeln!(text, "{name}: {count}").expect("a text takes all there is");
        }
        fs::write(file(), &text).expect("the repository can be written to");
        print!("{text}");
    }
}

/// What decides how many instructions a source comes to.
pub fn toolchain() -> String {
    let told = Command::new("rustc").arg("--version").output().map(|run| run.stdout);
    let version = told.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    format!("{} {}", version.unwrap_or_default(), std::env::consts::ARCH)
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}
