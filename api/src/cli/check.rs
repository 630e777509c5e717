//! `paceline config check` and `paceline catalogue check`.

use std::path::Path;

use super::{Failure, say};
use crate::catalogue::Feed;
use crate::config::Config;

/// The file alone: what the environment adds is another matter.
pub fn config(file: &Path) -> Result<(), Failure> {
    match Config::load(Some(file), []) {
        Ok(_) => say("OK\n"),
        Err(problems) => Err(Failure(problems.iter().map(ToString::to_string).collect())),
    }
}

pub fn catalogue(file: &Path) -> Result<(), Failure> {
    let feed = Feed::read(file);
    let rows = feed.rows;
    match feed.checked() {
        Ok(products) => {
            let sold_out = products.values().filter(|offer| offer.units == 0).count();
            say(&format!("OK: {} products, {sold_out} of them out of stock\n", products.len()))
        }
        Err(problems) => {
            let told = problems.iter().map(|bad| format!("{}: {bad}", file.display()));
            let sum = format!("{} problems in {rows} rows: not served", problems.len());
            Err(Failure(told.chain([sum]).collect()))
        }
    }
}
