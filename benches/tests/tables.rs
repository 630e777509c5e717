//! Every program that makes a table comes to its end, with every row: but for `overload`, whose
//! figures are judged by it, and need a machine of their own.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

/// What it prints, whatever its figures are: a machine that is busy with tests is no judge of
/// these.
fn told(program: &str, args: &str) -> Option<String> {
    if !Path::new(program).with_file_name("paceline").exists() {
        eprintln!("skipped: there is no `paceline` beside {program}, `make build` builds it");
        return None;
    }
    let run = Command::new(program).args(args.split(' ')).output().unwrap();
    let told = String::from_utf8(run.stdout).unwrap();
    eprintln!("{told}{}", String::from_utf8_lossy(&run.stderr));
    Some(told)
}

fn has_rows(table: &str, rows: &[&str]) {
    for row in rows {
        assert!(table.lines().any(|line| line.starts_with(&format!("| {row} "))), "no row: {row}");
    }
}

#[test]
fn our_cpu_time_is_told_beside_the_floors() {
    let args = "--rounds 1 --requests 20 --connections 4";
    let Some(table) = told(env!("CARGO_BIN_EXE_ratio"), args) else { return };
    has_rows(&table, &["create", "replay of a create", "get", "update", "complete", "cancel"]);
    has_rows(&table, &["tokenized capture", "card reserve", "card capture in one message"]);
}

#[test]
fn growth_is_told_of_several_data_sets_over_several_rounds() {
    let args = "--sessions 200 --sessions 400 --rounds 2 --requests 20 --connections 4";
    let Some(table) = told(env!("CARGO_BIN_EXE_growth"), args) else { return };
    has_rows(&table, &["create", "get, read from the log", "get, in memory", "update", "complete"]);
    has_rows(&table, &["start to first answer, ms", "resident at the most, halfway; MiB"]);
}

#[test]
fn a_product_that_everybody_wants_is_told_beside_many() {
    let args = "--rounds 1 --buyers 50";
    let Some(table) = told(env!("CARGO_BIN_EXE_hot-product"), args) else { return };
    assert!(table.contains("ratio"), "{table}");
}
