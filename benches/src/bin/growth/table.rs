//! The growth table: a row a figure, a column a data set.

use std::collections::BTreeMap;

use paceline_benches::measure::operation::Operation;
use paceline_benches::measure::report::{aligned, machine, middle};

/// What is asked in a turn, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Create,
    /// Of a session that has to be read from the log.
    GetAsleep,
    /// Of the same session, now in memory.
    GetAwake,
    Update,
    Complete,
}

/// What was seen of one data set.
#[derive(Default)]
pub struct Figures {
    pub sessions: u64,
    /// Milliseconds from each start to its first answer.
    pub ready_after: Vec<f64>,
    pub cpu_micros: BTreeMap<Step, Vec<f64>>,
    pub touched: u64,
    /// Bytes, when half of them were touched and when all were.
    pub resident_most: [u64; 2],
    pub disk_bytes: u64,
}

pub struct Table {
    pub floor: BTreeMap<Operation, Vec<f64>>,
    pub sets: Vec<Figures>,
    /// Bytes that the configuration allows.
    configured: u64,
}

const MIB: u64 = 1024 * 1024;

impl Step {
    pub const ALL: [Self; 5] =
        [Self::Create, Self::GetAsleep, Self::GetAwake, Self::Update, Self::Complete];

    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::GetAsleep => "get, read from the log",
            Self::GetAwake => "get, in memory",
            Self::Update => "update",
            Self::Complete => "complete",
        }
    }

    fn operation(self) -> Operation {
        match self {
            Self::Create => Operation::Create,
            Self::GetAsleep | Self::GetAwake => Operation::Get,
            Self::Update => Operation::Update,
            Self::Complete => Operation::Complete,
        }
    }
}

impl Table {
    pub fn new(sessions: impl Iterator<Item = u64>, configured: u64) -> Self {
        let figures = |sessions| Figures { sessions, ..Figures::default() };
        Self { floor: BTreeMap::new(), sets: sessions.map(figures).collect(), configured }
    }

    pub fn page(&self, rounds: u64, requests: u64, connections: usize) -> String {
        format!(
            "{}\nCPU µs a request, times the floor's in brackets; growth is the last column of \
             data over the first. {}; load and server share them. Medians of {rounds} rounds of \
             {requests} requests over {connections} connections; of the starts the slowest.\n",
            aligned(&self.lines(), 1),
            machine()
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let mut lines = vec![self.line("sessions stored", |set| (set.sessions.to_string(), None))];
        for step in Step::ALL {
            let floor = self.floor.get(&step.operation()).cloned().map_or(f64::NAN, middle);
            lines.push(self.line(step.name(), |set| {
                let cpu = set.cpu_micros.get(&step).cloned().map_or(f64::NAN, middle);
                (format!("{cpu:.1} ({:.1} ×)", cpu / floor), Some(cpu))
            }));
        }
        lines.push(self.line("start to first answer, ms", |set| {
            let slowest = set.ready_after.iter().copied().fold(f64::NAN, f64::max);
            (format!("{slowest:.0}"), None)
        }));
        lines.push(self.line("sessions touched", |set| (set.touched.to_string(), None)));
        lines.push(self.line("resident at the most, halfway; MiB", |set| {
            let [halfway, end] = set.resident_most.map(|bytes| bytes / MIB);
            (format!("{end}; {halfway}"), None)
        }));
        let configured = (self.configured / MIB).to_string();
        lines.push(self.line("configured, MiB", |_| (configured.clone(), None)));
        lines.push(self.line("on disk, MiB", |set| ((set.disk_bytes / MIB).to_string(), None)));
        lines
    }

    /// - `cell`: what is shown of a data set, and the number whose growth is told.
    fn line(&self, name: &str, cell: impl Fn(&Figures) -> (String, Option<f64>)) -> Vec<String> {
        let cells: Vec<(String, Option<f64>)> = self.sets.iter().map(cell).collect();
        let first = cells.first().and_then(|(_, number)| *number);
        let last = cells.last().and_then(|(_, number)| *number);
        let growth = first.zip(last).map(|(first, last)| format!("{:.2}", last / first));
        let shown = cells.into_iter().map(|(shown, _)| shown);
        [name.to_owned()].into_iter().chain(shown).chain([growth.unwrap_or_default()]).collect()
    }
}
