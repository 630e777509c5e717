//! Medians over the rounds, as a table that reads well in a terminal and in a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use super::operation::Operation;

/// One operation on one server in one round.
pub struct Sample {
    pub per_second: f64,
    pub p50_micros: f64,
    pub p99_micros: f64,
    pub p999_micros: f64,
    /// User and system time per request, the work that a reply sets going included.
    pub cpu_micros: f64,
    /// The mean.
    pub answer_bytes: usize,
}

#[derive(Default)]
pub struct Report {
    rows: BTreeMap<Operation, Row>,
}

#[derive(Default)]
struct Row {
    floor: Vec<Sample>,
    ours: Vec<Sample>,
}

const COLUMNS: [&str; 8] = [
    "operation",
    "server",
    "requests/s",
    "p50 µs",
    "p99 µs",
    "p99.9 µs",
    "CPU µs/request",
    "CPU over floor",
];

impl Report {
    pub fn add(&mut self, operation: Operation, ours: bool, sample: Sample) {
        let row = self.rows.entry(operation).or_default();
        if ours { row.ours.push(sample) } else { row.floor.push(sample) }
    }

    /// The table, in Markdown and aligned.
    pub fn table(&self) -> String {
        let mut lines = vec![COLUMNS.map(str::to_owned).to_vec()];
        for (operation, row) in &self.rows {
            let ratio = median(&row.ours, |s| s.cpu_micros) / median(&row.floor, |s| s.cpu_micros);
            lines.push(line(operation.name(), "floor", &row.floor, "1.00".to_owned()));
            lines.push(line("", "paceline", &row.ours, format!("**{ratio:.2}**")));
        }
        aligned(&lines, 2)
    }

    /// The table with what it was measured on.
    pub fn page(&self, rounds: usize, requests: usize, connections: usize) -> String {
        format!(
            "{}\nCPU is the user and system time of the server's whole process, the work that a \
             reply sets\ngoing included. {}; load and server share them.\nMedians, made by\n\n```sh\n\
             make bench-floor ARGS=\"--rounds {rounds} --requests {requests} \
             --connections {connections}\"\n```\n",
            self.table(),
            machine(),
        )
    }
}

fn line(operation: &str, server: &str, samples: &[Sample], ratio: String) -> Vec<String> {
    let shown = |of: fn(&Sample) -> f64| format!("{:.0}", median(samples, of));
    vec![
        operation.to_owned(),
        server.to_owned(),
        shown(|sample| sample.per_second),
        shown(|sample| sample.p50_micros),
        shown(|sample| sample.p99_micros),
        shown(|sample| sample.p999_micros),
        format!("{:.1}", median(samples, |sample| sample.cpu_micros)),
        ratio,
    ]
}

fn median(samples: &[Sample], of: fn(&Sample) -> f64) -> f64 {
    middle(samples.iter().map(of).collect())
}

/// The median.
pub fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A table in Markdown: the first columns are names and stand to the left, numbers to the right.
pub fn aligned(lines: &[Vec<String>], names: usize) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let mut table = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let written = match column < names {
                true => write!(table, "| {cell:<width$} "),
                false => write!(table, "| {cell:>width$} "),
            };
            written.expect("a String takes all that is written");
        }
        table += "|\n";
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let right = if column < names { "-" } else { ":" };
                table += &format!("|{}{right}", "-".repeat(width + 1));
            }
            table += "|\n";
        }
    }
    table
}

/// What this runs on, in a line.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = proc("/proc/cpuinfo", "model name");
    let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores ({processor}), Linux {}", system.trim())
}

/// A field of a file such as `/proc/cpuinfo`.
fn proc(file: &str, field: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let found = text.lines().filter_map(|line| line.split_once(':'));
    let mut found = found.filter(|(name, _)| name.trim() == field);
    found.next().map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(cpu_micros: f64) -> Sample {
        Sample {
            per_second: 1.0,
            p50_micros: 1.0,
            p99_micros: 1.0,
            p999_micros: 1.0,
            cpu_micros,
            answer_bytes: 1,
        }
    }

    #[test]
    fn one_bad_round_does_not_move_the_median() {
        let cpu = |values: &[f64]| {
            let samples: Vec<Sample> = values.iter().copied().map(sample).collect();
            median(&samples, |sample| sample.cpu_micros)
        };
        assert_eq!(cpu(&[10.0, 11.0, 900.0]), 11.0);
        assert_eq!(cpu(&[10.0, 12.0, 14.0, 900.0]), 13.0);
    }

    #[test]
    fn the_table_tells_our_cpu_time_over_the_floors() {
        let mut report = Report::default();
        report.add(Operation::Get, false, sample(5.0));
        report.add(Operation::Get, true, sample(6.5));
        let table = report.table();
        assert!(table.lines().any(|l| l.contains("get") && l.contains("1.00")), "{table}");
        assert!(table.lines().any(|l| l.contains("paceline") && l.contains("**1.30**")), "{table}");
        let widths: Vec<usize> = table.lines().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
    }
}
