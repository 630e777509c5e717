//! What a request costs with ten thousand sessions stored, with a million, with ten million.
//!
//! Why: the design promises that the cost of a request does not grow with what is stored, that a
//! start does not depend on it, and that memory is bounded by configuration.
//! Promise: the sessions are real ones, as a create leaves them; the program runs on them as it is
//! shipped and is asked over HTTP; the data sets are measured turn about. Then every session is
//! touched once, and what was resident at the most is told beside what is configured. The program
//! ends with an error if a start takes too long or more is resident; a row that grows is told.
//! Left out: other disks. Tables are written past the system's cache, so whoever is the first to
//! read from one waits for the disk of this machine.

mod stored;
mod table;

use std::path::{Path, PathBuf};

use clap::Parser;
use paceline_benches::measure::load::Load;
use paceline_benches::measure::operation::{Operation, Session, Sizes};
use paceline_benches::measure::server::{Server, home};
use paceline_benches::measure::{Outcome, play, sample, sizes_of_our_answers};
use paceline_benches::memory::{self, Configured};

use crate::stored::Stored;
use crate::table::{Figures, Step, Table};

/// Measures requests, the start and memory with so many sessions stored.
#[derive(Parser)]
struct Args {
    /// A data set of so many sessions; may be given several times.
    #[arg(long, value_name = "COUNT", default_values_t = [10_000, 1_000_000])]
    sessions: Vec<u64>,
    /// Turns that each data set gets; the table shows medians over them.
    #[arg(long, default_value_t = 5)]
    rounds: u64,
    /// Requests of each operation in a turn, each about another of the stored sessions; fewer
    /// where there are not as many.
    #[arg(long, default_value_t = 5_000)]
    requests: u64,
    /// Kept-alive connections, each with one request under way at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Of the stored sessions, so many are read at the end; all of them unless given.
    #[arg(long)]
    touched: Option<u64>,
}

/// Sessions that are touched with one list of requests.
const TOUCHED_AT_ONCE: u64 = 20_000;

fn main() -> Outcome<()> {
    let args = Args::parse();
    let home = home()?;
    let mut sets = Vec::new();
    for sessions in &args.sessions {
        eprintln!("writing {sessions} sessions");
        let data = home.path().join(sessions.to_string());
        let set = DataSet { data, stored: Stored::until_now(*sessions) };
        stored::write(&set.data, set.stored)?;
        sets.push(set);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&args, &sets))
}

struct DataSet {
    data: PathBuf,
    stored: Stored,
}

async fn measure(args: &Args, sets: &[DataSet]) -> Outcome<()> {
    let sizes = sizes_of_our_answers().await?;
    let mut table = Table::new(sets.iter().map(|set| set.stored.sessions), configured());
    for round in 0..args.rounds {
        floor(args, &sizes, &mut table).await?;
        for (set, figures) in sets.iter().zip(&mut table.sets) {
            turn(args, round, set, figures).await?;
        }
        eprintln!("round {} of {} done", round + 1, args.rounds);
    }
    for (set, figures) in sets.iter().zip(&mut table.sets) {
        figures.touched = args.touched.unwrap_or(u64::MAX).min(set.stored.sessions);
        figures.resident_most = touch(args, set, figures.touched).await?;
        figures.disk_bytes = bytes_in(&set.data)?;
    }
    println!("{}", table.page(args.rounds, args.requests, args.connections));
    let missed = table.missed();
    if missed.is_empty() { Ok(()) } else { Err(missed.join("\n").into()) }
}

async fn floor(args: &Args, sizes: &Sizes, table: &mut Table) -> Outcome<()> {
    let server = Server::floor(sizes).await?;
    let requests = usize::try_from(args.requests)?;
    play(&server, args.connections, requests / 10 + 1, Some(sizes)).await?;
    for (operation, sample) in play(&server, args.connections, requests, Some(sizes)).await? {
        table.floor.entry(operation).or_default().push(sample.cpu_micros);
    }
    Ok(())
}

/// One start on a data set, and each step once for sessions that no other turn has touched.
async fn turn(args: &Args, round: u64, set: &DataSet, figures: &mut Figures) -> Outcome<()> {
    let server = Server::paceline_on(&set.data).await?;
    figures.ready_after.push(server.ready_after.as_secs_f64() * 1e3);
    // Nobody is asked about twice, or it would be awake.
    let turns = 2 * args.rounds;
    let asked = args.requests.min(set.stored.sessions / turns);
    let requests = usize::try_from(asked)?;
    let mut load = Load::open(server.address(), args.connections).await?;
    // What a program does for the first time after its start is not what is asked here.
    let mut first = Session::named(requests / 10 + 1);
    for operation in [Operation::Create, Operation::Get, Operation::Update, Operation::Complete] {
        sample(&server, &mut load, operation, &mut first, None).await?;
    }
    let mut fresh = Session::named(requests);
    // Every so many, so that all parts of the data set have their share.
    let apart = set.stored.sessions / (asked * turns);
    let stored = |turn| {
        let numbers = (0..asked).map(|one| (one * turns + turn) * apart);
        Session::stored(numbers.map(|number| set.stored.id(number).to_string()))
    };
    // Nor what the log reads once for many: its indexes and filters.
    sample(&server, &mut load, Operation::Get, &mut stored(2 * round), None).await?;
    let mut stored = stored(2 * round + 1);
    for step in Step::ALL {
        let (operation, sessions) = match step {
            Step::Create => (Operation::Create, &mut fresh),
            Step::GetAsleep | Step::GetAwake => (Operation::Get, &mut stored),
            Step::Update => (Operation::Update, &mut stored),
            Step::Complete => (Operation::Complete, &mut stored),
        };
        let sample = sample(&server, &mut load, operation, sessions, None).await?;
        figures.cpu_micros.entry(step).or_default().push(sample.cpu_micros);
    }
    Ok(())
}

/// Reads so many of the stored sessions, each once. Returns what was resident at the most, halfway
/// and in the end.
async fn touch(args: &Args, set: &DataSet, touched: u64) -> Outcome<[u64; 2]> {
    let server = Server::paceline_on(&set.data).await?;
    let mut load = Load::open(server.address(), args.connections).await?;
    let mut resident = [0; 2];
    let mut next = 0;
    while next < touched {
        let end = touched.min(next + TOUCHED_AT_ONCE.min(touched.div_ceil(2)));
        let sessions = Session::stored((next..end).map(|number| set.stored.id(number).to_string()));
        let asked = sessions.iter().map(Session::look);
        load.run(asked.collect()).await?;
        next = end;
        resident[1] = server.resident_most()?;
        if next <= touched.div_ceil(2) {
            resident[0] = resident[1];
        }
    }
    Ok(resident)
}

/// What the operator's bounds add up to when nothing but sessions is asked for.
fn configured() -> u64 {
    Configured::of(&memory::config(), 1).bytes()
}

fn bytes_in(directory: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => bytes_in(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}
