//! Our CPU time per request over a bare hyper server's, measured in the same run.
//!
//! Why: the design promises a durable create within twice the floor's CPU time and a read within
//! 1.3 times. A ratio survives a change of machine; two absolute numbers do not.
//! Promise: both servers see the same bytes from the same load generator on the same machine,
//! turn about; every answer is checked, and one wrong answer ends the run. Paceline runs as it is
//! shipped: data on disk, synced before each reply, one log line a request.
//! Left out: arrival rates. This load is closed: each connection asks again as soon as it is
//! answered, so the latencies are those of a saturated server; `loadtest/` has the others.

use std::path::PathBuf;

use clap::Parser;
use paceline_benches::measure::report::Report;
use paceline_benches::measure::server::Server;
use paceline_benches::measure::{Outcome, play, sizes_of_our_answers};

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
