//! Ten thousand buyers of one product, beside as many buyers of as many products.
//!
//! Why: in a sale everybody wants the same thing, and its stock is one entity with one owner. It
//! pipelines its turns, so that it need not become the narrowest place of the shop.
//! Promise: the engine as shipped on a log of its own that syncs; both kinds of buyers take turns
//! in the same run, and each has a session that is ready before the clock starts. All complete at
//! once; the clock stops at the last answer.
//! Left out: HTTP, which is the same for both. Settling goes on behind the answers, as it does in
//! production; the shop comes to rest before the next turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use nix::time::ClockId;
use paceline_benches::measure::Outcome;
use paceline_benches::measure::report::{aligned, machine, middle};
use paceline_benches::measure::server::{home, settle};
use paceline_benches::{engine, shop};
use paceline_domain::ids::SessionId;
use paceline_engine::{Engine, System};
use paceline_storage::rocks::Sync;

/// Prints the completes a second of both kinds of buyers, and their ratio.
#[derive(Parser)]
struct Args {
    /// Who complete at once.
    #[arg(long, default_value_t = 10_000)]
    buyers: usize,
    /// Turns of each kind; the table shows medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

const HOT: &str = "hot";
/// Sessions that are made ready at once.
const OPENED_AT_ONCE: usize = 256;

fn main() -> Outcome<()> {
    let args = Args::parse();
    let home = home()?;
    let log = Arc::new(engine::log(&home.path().join("data"), Sync::Every)?);
    let products = (0..args.buyers).map(cold).chain([HOT.to_owned()]);
    let tables = shop::tables_of(products);
    actix::System::new().block_on(async {
        let engine = engine::start(log, Arc::new(System), tables);
        let mut rates = [vec![], vec![]];
        for round in 0..args.rounds {
            for hot in [round % 2 == 0, round % 2 == 1] {
                let took = turn(&engine, args.buyers, hot).await?;
                rates[usize::from(hot)].push(args.buyers as f64 / took.as_secs_f64());
            }
            eprintln!("round {} of {} done", round + 1, args.rounds);
        }
        print(&args, rates);
        engine.stop().await;
        Ok(())
    })
}

/// One turn of one kind: everybody completes at once.
async fn turn(engine: &Engine, buyers: usize, hot: bool) -> Outcome<Duration> {
    let sessions: Vec<SessionId> = stream::iter(0..buyers)
        .map(|buyer| async move {
            let product = if hot { HOT.to_owned() } else { cold(buyer) };
            engine::ready(engine, &product).await
        })
        .buffer_unordered(OPENED_AT_ONCE)
        .collect()
        .await;
    settle(ClockId::CLOCK_PROCESS_CPUTIME_ID).await?;
    let payment = shop::payment();
    let began = Instant::now();
    join_all(sessions.into_iter().map(|id| engine::complete(engine, id, payment.clone()))).await;
    let took = began.elapsed();
    settle(ClockId::CLOCK_PROCESS_CPUTIME_ID).await?;
    Ok(took)
}

fn cold(number: usize) -> String {
    format!("cold_{number}")
}

fn print(args: &Args, [cold, hot]: [Vec<f64>; 2]) {
    let (cold, hot) = (middle(cold), middle(hot));
    let line = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let lines = [
        line(["buyers want", "completes/s", "ratio"]),
        line([&format!("{} products", args.buyers), &format!("{cold:.0}"), "1.00"]),
        line(["one product", &format!("{hot:.0}"), &format!("**{:.2}**", hot / cold)]),
    ];
    println!(
        "{}\n{} buyers at once, medians of {} rounds, syncing on. {}.",
        aligned(&lines, 1),
        args.buyers,
        args.rounds,
        machine()
    );
}
