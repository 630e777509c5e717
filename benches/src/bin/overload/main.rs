//! What becomes of the service when three times as much is asked of it as it can do, and when
//! some of its clients mean no good.
//!
//! Why: in the hour of a sale the engine is overloaded. It may refuse, at once and with a time to
//! come back; it may not slow down for everybody, grow, or do less than it could.
//! Promise: the load is open: requests come at their time, whether or not those before them were
//! answered, and a latency counts from the moment a request was due. Every answer is checked. The
//! program ends with an error if a figure is missed, but for the latency at 70 % of the rate, which
//! it tells: by how much that one is missed is written down in `benches/RESULTS.md`.
//! Left out: a network. The server has half of the cores, so the rates are below those of a machine
//! that has a load generator beside it.

mod cores;
mod hostile;
mod load;
mod search;
mod tally;
mod verdict;

use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use paceline_benches::measure::Outcome;
use paceline_benches::measure::report::machine;
use paceline_benches::measure::server::Server;
use paceline_benches::memory::{self, Configured};
use tokio::task::LocalSet;

use crate::hostile::{Behaviour, Hostile};
use crate::load::Load;
use crate::search::search;
use crate::tally::Tally;
use crate::verdict::Verdict;

/// Finds the rate that the server sustains, asks three times as much, and prints what came of it.
#[derive(Parser)]
struct Args {
    /// How long the overload lasts, or the given rate, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many times the sustainable rate is asked for.
    #[arg(long, default_value_t = 3.0)]
    times: f64,
    /// Requests a second at which the search for the sustainable rate begins.
    #[arg(long, default_value_t = 300.0)]
    from: f64,
    /// Instead of all that: the latency at so many requests a second.
    #[arg(long, conflicts_with_all = ["times", "from"])]
    rate: Option<f64>,
}

/// What is measured before, beside and after the overload is at this part of the rate.
const CALM: f64 = 0.5;
/// Long enough for some files of the log to begin and to go, which is when the slowest answers
/// come.
const CALM_LASTS: Duration = Duration::from_secs(15);
/// Before the latency at a given rate: a server that has just started is no faster than others.
const WARM_LASTS: Duration = Duration::from_secs(5);
/// The objective of latency is held against this part of the rate.
const BUSY: f64 = 0.7;
const BUSY_LASTS: Duration = Duration::from_secs(30);
const BUSY_P99: Duration = Duration::from_millis(10);
/// Sessions, instruments and orders; of the one product's stock there is one.
const KINDS_ASKED_FOR: usize = 3;
const SECOND: Duration = Duration::from_secs(1);

fn main() -> Outcome<()> {
    let args = Args::parse();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, measure(&args))
}

async fn measure(args: &Args) -> Outcome<()> {
    let machine = machine(); // while all of it is this program's
    let config = memory::config();
    let server = cores::apart(Server::paceline()).await?;
    let load = Load::against(server.address());
    let mut verdict = Verdict::new();
    if let Some(rate) = args.rate {
        rested(&load, rate * CALM, WARM_LASTS).await;
        let at = format!("{rate:.0}/s");
        objectives(&mut verdict, &load, rate, Duration::from_secs(args.seconds), &at).await;
        return ended(verdict, &machine);
    }
    let found = search(&load, args.from).await?;
    let rate = found.rate;
    verdict.found(&found);

    let busy_rate = rate * BUSY;
    let at = format!("{busy_rate:.0}/s, {:.0} %", BUSY * 100.0);
    objectives(&mut verdict, &load, busy_rate, BUSY_LASTS, &at).await;

    let calm_rate = rate * CALM;
    let calm = rested(&load, calm_rate, CALM_LASTS).await;
    verdict.say("calm, at half the rate", calm.to_string());
    let memory_before = server.resident_most()?;

    let (rate, lasts) = (rate * args.times, Duration::from_secs(args.seconds));
    let overloaded = load.run(rate, lasts).await;
    let after = recovery(&load, calm_rate).await;
    load.finish().await;
    verdict.say("asked", format!("{rate:.0}/s for {} s", args.seconds));
    verdict.overload(&overloaded, &found);
    let configured = Configured::of(&config, KINDS_ASKED_FOR).with_requests_in_flight(&config);
    verdict.memory(memory_before, server.resident_most()?, &configured);
    verdict.recovery(&calm, &after);

    // Those who are hostile meet a larger log than the calm before the overload did.
    load.reconnect();
    let calm = rested(&load, calm_rate, CALM_LASTS).await;
    verdict.say("calm again", calm.to_string());
    for behaviour in Behaviour::ALL {
        load.reconnect(); // they have no better right to a connection than others
        let meant = behaviour.meant(&config.server, CALM_LASTS);
        let hostile = Hostile::start(server.address(), behaviour);
        hostile.gather(&server, meant).await?;
        let beside = rested(&load, calm_rate, CALM_LASTS).await;
        verdict.beside(behaviour, &calm, &beside);
        verdict.hostile(behaviour, meant, hostile.stop(&server).await?);
    }
    ended(verdict, &machine)
}

fn ended(verdict: Verdict, machine: &str) -> Outcome<()> {
    let table = verdict.table();
    println!("{table}\n{machine}; half of them for the server, the others for the load");
    verdict.end()
}

/// Tells the latency of both operations at a rate.
async fn objectives(verdict: &mut Verdict, load: &Rc<Load>, rate: f64, lasts: Duration, at: &str) {
    let busy = rested(load, rate, lasts).await;
    verdict.say(&format!("all at {at}"), busy.to_string());
    verdict.others(&busy);
    let what = |operation: &str| format!("{operation} at {at}");
    verdict.objective(&what("creates"), [0.5, 0.99].map(|q| busy.created_at(q)), BUSY_P99);
    verdict.objective(&what("completes"), [0.5, 0.99].map(|q| busy.completed_at(q)), BUSY_P99);
}

/// Runs at a rate until all is answered.
async fn rested(load: &Rc<Load>, rate: f64, lasts: Duration) -> Rc<Tally> {
    let tally = load.run(rate, lasts).await;
    load.finish().await;
    tally
}

/// The seconds after the overload, one by one.
async fn recovery(load: &Rc<Load>, rate: f64) -> Vec<Rc<Tally>> {
    let mut seconds = vec![];
    for _ in 0..verdict::RECOVERY_WATCHED {
        seconds.push(load.run(rate, SECOND).await);
    }
    seconds
}
