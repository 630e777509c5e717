//! `paceline config check` and `paceline catalogue check`.

use std::fmt::Display;
use std::path::Path;

use super::ready::ready;
use super::{Failure, say};
use crate::catalogue::Feed;
use crate::config::Config;

/// The file, and then what it names; what the environment adds is another matter.
pub fn config(file: &Path) -> Result<(), Failure> {
    let config = Config::load(Some(file), [])
        .map_err(|problems| Failure(problems.iter().map(ToString::to_string).collect()))?;
    ready(&config).map_err(Failure)?;
    say("OK\n")
}

pub fn catalogue(file: &Path) -> Result<(), Failure> {
    let feed = Feed::read(file);
    let rows = feed.rows;
    match feed.checked() {
        Ok(products) => {
            let sold_out = products.values().filter(|offer| offer.units == 0).count();
            say(&format!(
                "OK: {}, {sold_out} of them out of stock\n",
                counted(products.len(), "product")
            ))
        }
        Err(problems) => {
            let told = problems.iter().map(|bad| format!("{}: {bad}", file.display()));
            let sum = format!(
                "{} in {}: not served",
                counted(problems.len(), "problem"),
                counted(rows, "row")
            );
            Err(Failure(told.chain([sum]).collect()))
        }
    }
}

fn counted<N: Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{plural}")
}
