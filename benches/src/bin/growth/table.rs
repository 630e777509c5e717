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
/// From a start to its first answer, whatever is stored.
const READY_WITHIN_MILLIS: f64 = 2_000.0;
/// A request costs no more than so many times what it does with the first data set.
const GROWTH_MAX: f64 = 1.3;

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
             {requests} requests over {connections} connections; of the starts the slowest.\n{}\n",
            aligned(&self.lines(), 1),
            machine(),
            self.grown(),
        )
    }

    /// The rows that grow by more than they should.
    fn grown(&self) -> String {
        let growth = Step::ALL.into_iter().filter_map(|step| Some((step, self.growth(step)?)));
        let over: Vec<String> = growth
            .filter(|(_, growth)| *growth > GROWTH_MAX)
            .map(|(step, growth)| format!("{} ({growth:.2})", step.name()))
            .collect();
        match over.is_empty() {
            true => format!("No row is over {GROWTH_MAX}."),
            false => format!("Over {GROWTH_MAX}: {}.", over.join("; ")),
        }
    }

    /// What must not be, and is.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = vec![];
        for set in &self.sets {
            let sessions = set.sessions;
            let slowest = set.slowest_start();
            if slowest > READY_WITHIN_MILLIS {
                missed.push(format!(
                    "with {sessions} sessions the first answer came {slowest:.0} ms after the start, \
                     not {READY_WITHIN_MILLIS:.0}"
                ));
            }
            let [_, most] = set.resident_most;
            if most > self.configured {
                let [most, configured] = [most, self.configured].map(|bytes| bytes / MIB);
                missed.push(format!(
                    "with {sessions} sessions {most} MiB were resident; {configured} are configured"
                ));
            }
        }
        missed
    }

    /// The last data set over the first.
    fn growth(&self, step: Step) -> Option<f64> {
        let cpu = |set: &Figures| set.cpu_micros.get(&step).cloned().map(middle);
        Some(cpu(self.sets.last()?)? / cpu(self.sets.first()?)?)
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let mut lines = vec![self.line("sessions stored", |set| set.sessions.to_string())];
        lines[0].push("growth".to_owned());
        for step in Step::ALL {
            let floor = self.floor.get(&step.operation()).cloned().map_or(f64::NAN, middle);
            let mut line = self.line(step.name(), |set| {
                let cpu = set.cpu_micros.get(&step).cloned().map_or(f64::NAN, middle);
                format!("{cpu:.1} ({:.1} ×)", cpu / floor)
            });
            line.extend(self.growth(step).map(|growth| format!("{growth:.2}")));
            lines.push(line);
        }
        lines.push(
            self.line("start to first answer, ms", |set| format!("{:.0}", set.slowest_start())),
        );
        lines.push(self.line("sessions touched", |set| set.touched.to_string()));
        lines.push(self.line("resident at the most, halfway; MiB", |set| {
            let [halfway, end] = set.resident_most.map(|bytes| bytes / MIB);
            format!("{end}; {halfway}")
        }));
        let configured = (self.configured / MIB).to_string();
        lines.push(self.line("configured, MiB", |_| configured.clone()));
        lines.push(self.line("on disk, MiB", |set| (set.disk_bytes / MIB).to_string()));
        let columns = self.sets.len() + 2;
        lines.iter_mut().for_each(|line| line.resize(columns, String::new()));
        lines
    }

    /// - `cell`: what is shown of a data set.
    fn line(&self, name: &str, cell: impl Fn(&Figures) -> String) -> Vec<String> {
        [name.to_owned()].into_iter().chain(self.sets.iter().map(cell)).collect()
    }
}

impl Figures {
    fn slowest_start(&self) -> f64 {
        self.ready_after.iter().copied().fold(f64::NAN, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURED: u64 = 1024 * MIB;

    /// Two data sets, of which the second costs so many times as much.
    fn table(times: f64, ready_millis: f64, resident: u64) -> Table {
        let mut table = Table::new([10_000, 1_000_000].into_iter(), CONFIGURED);
        for (set, micros) in table.sets.iter_mut().zip([40.0, 40.0 * times]) {
            set.cpu_micros.insert(Step::GetAsleep, vec![micros]);
            set.ready_after = vec![100.0, ready_millis, 50.0];
            set.resident_most = [resident / 2, resident];
        }
        table
    }

    #[test]
    fn a_row_that_grows_too_much_is_told_and_no_error() {
        let page = table(1.79, 100.0, MIB).page(1, 1, 1);
        assert!(page.contains("Over 1.3: get, read from the log (1.79)."), "{page}");
        assert!(table(1.79, 100.0, MIB).missed().is_empty());
        let page = table(1.2, 100.0, MIB).page(1, 1, 1);
        assert!(page.contains("No row is over 1.3."), "{page}");
    }

    #[test]
    fn a_start_of_more_than_two_seconds_is_missed() {
        assert!(table(1.0, 2_000.0, MIB).missed().is_empty());
        let missed = table(1.0, 2_001.0, MIB).missed();
        assert_eq!(missed.len(), 2, "{missed:?}");
        assert!(missed[1].contains("1000000 sessions") && missed[1].contains("2001 ms"));
    }

    #[test]
    fn more_memory_than_is_configured_is_missed() {
        assert!(table(1.0, 1.0, CONFIGURED).missed().is_empty());
        assert_eq!(table(1.0, 1.0, CONFIGURED + MIB).missed().len(), 2);
    }

    #[test]
    fn every_line_has_a_cell_in_every_column() {
        let lines = table(1.0, 1.0, MIB).lines();
        assert!(lines.iter().all(|line| line.len() == 4), "{lines:?}");
    }
}
