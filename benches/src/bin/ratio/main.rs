//! Our CPU time per request over a bare hyper server's, measured in the same run.
//!
//! Why: the design promises a durable create within twice the floor's CPU time and a read within
//! 1.3 times. A ratio survives a change of machine; two absolute numbers do not.
//! Promise: both servers see the same bytes from the same load generator on the same machine,
//! turn about; every answer is checked, and one wrong answer ends the run. Paceline runs as it is
//! shipped: data on disk, synced before each reply, one log line a request.
//! Left out: arrival rates. This load is closed: each connection asks again as soon as it is
//! answered, so the latencies are those of a saturated server; `loadtest/` has the others.

mod http;
mod load;
mod operation;
mod report;
mod server;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::load::{Load, Measured};
use crate::operation::{Operation, Session, Sizes};
use crate::report::{Report, Sample};
use crate::server::Server;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Prints Paceline's CPU time per request over a bare hyper server's.
#[derive(Parser)]
struct Args {
    /// Turns that each server gets; the table shows medians over them.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Requests of each operation in a round.
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// Kept-alive connections, each with one request under way at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Also writes the table to this file, with what it was measured on.
    #[arg(long)]
    markdown: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let args = Args::parse();
    let sizes = sizes_of_our_answers().await?;
    let mut report = Report::default();
    for round in 0..args.rounds {
        // Whoever goes first finds the cooler machine, so they take turns at that too.
        for ours in [round % 2 == 1, round % 2 == 0] {
            let server =
                if ours { Server::paceline().await? } else { Server::floor(&sizes).await? };
            let expected = (!ours).then_some(&sizes);
            play(&server, args.connections, args.requests / 10 + 1, expected).await?;
            for (operation, sample) in
                play(&server, args.connections, args.requests, expected).await?
            {
                sizes.check(operation, &sample)?;
                report.add(operation, ours, sample);
            }
            eprintln!(
                "round {} of {}: {} done",
                round + 1,
                args.rounds,
                if ours { "paceline" } else { "floor" }
            );
        }
    }
    println!("{}", report.table());
    if let Some(file) = args.markdown {
        std::fs::write(file, report.page(args.rounds, args.requests, args.connections))?;
    }
    Ok(())
}

/// One purchase with the real program tells how many bytes the floor has to return.
async fn sizes_of_our_answers() -> Outcome<Sizes> {
    let server = Server::paceline().await?;
    let samples = play(&server, 1, 1, None).await?;
    Ok(Sizes::of(samples.iter().map(|(operation, sample)| (*operation, sample.answer_bytes))))
}

/// Every operation once for each of `requests` sessions, an operation at a time. What an
/// operation needs beforehand was either measured just before it or is not counted.
async fn play(
    server: &Server,
    connections: usize,
    requests: usize,
    floor: Option<&Sizes>,
) -> Outcome<Vec<(Operation, Sample)>> {
    let mut load = Load::open(server.address(), connections).await?;
    let mut sessions = Session::named(requests);
    let mut samples = Vec::new();
    for operation in Operation::ALL {
        if operation == Operation::Cancel {
            // Those there are have been completed.
            sessions = Session::named(requests);
            open(&mut load, &mut sessions, floor).await?;
            server.settle().await?;
        }
        let before = server.cpu()?;
        let measured = if operation == Operation::Create {
            open(&mut load, &mut sessions, floor).await?
        } else {
            let asked = sessions.iter().map(|session| operation.request(session, floor));
            load.run(asked.collect()).await?.0
        };
        // What a reply set going is part of its cost: wait until the server rests.
        server.settle().await?;
        samples.push((operation, measured.sample(server.cpu()? - before)));
    }
    Ok(samples)
}

/// Creates the sessions and learns what they are called.
async fn open(
    load: &mut Load,
    sessions: &mut [Session],
    floor: Option<&Sizes>,
) -> Outcome<Measured> {
    let asked = sessions.iter().map(|session| Operation::Create.request(session, floor));
    let (measured, answers) = load.run(asked.collect()).await?;
    if floor.is_none() {
        for (session, answer) in sessions.iter_mut().zip(answers) {
            session.opened(answer)?;
        }
    }
    Ok(measured)
}

impl Measured {
    fn sample(&self, cpu: Duration) -> Sample {
        let requests = self.latency.len();
        let micros = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1_000.0;
        Sample {
            per_second: requests as f64 / self.took.as_secs_f64(),
            p50_micros: micros(0.5),
            p99_micros: micros(0.99),
            p999_micros: micros(0.999),
            cpu_micros: cpu.as_secs_f64() * 1e6 / requests as f64,
            answer_bytes: self.answer_bytes / requests as usize,
        }
    }
}
