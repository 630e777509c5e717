//! What becomes of the service when three times as much is asked of it as it can do, and when
//! some of its clients mean no good.
//!
//! Why: in the hour of a sale the engine is overloaded. It may refuse, at once and with a time to
//! come back; it may not slow down for everybody, grow, or do less than it could.
//! Promise: the load is open: requests come at their time, whether or not those before them were
//! answered, and a latency counts from the moment a request was due. Every answer is checked. The
//! program ends with an error if a figure is missed.
//! Left out: a network. The server has half of the cores, so the rates are below those of a machine
//! that has a load generator beside it.

mod cores;
mod hostile;
mod load;
mod tally;
mod verdict;

use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use paceline_benches::measure::Outcome;
use paceline_benches::measure::report::machine;
use paceline_benches::measure::server::Server;
use tokio::task::LocalSet;

use crate::hostile::{Behaviour, Hostile};
use crate::load::Load;
use crate::tally::Tally;
use crate::verdict::Verdict;

/// Finds the rate that the server sustains, asks three times as much, and prints what came of it.
#[derive(Parser)]
struct Args {
    /// How long the overload lasts, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many times the sustainable rate is asked for.
    #[arg(long, default_value_t = 3.0)]
    times: f64,
    /// Requests a second at which the search for the sustainable rate begins.
    #[arg(long, default_value_t = 300.0)]
    from: f64,
}

/// One step of the search: long enough that what is written is flushed meanwhile, as it is under
/// overload.
const STEP: Duration = Duration::from_secs(10);
/// Each step asks for so many times what the one before did; then so many halvings.
const STEP_FACTOR: f64 = 1.5;
const HALVINGS: usize = 3;
/// A rate is beyond the server if it fails as often: the machine may have been busy once.
const TRIES: usize = 2;
/// What is measured before, beside and after the overload is at this part of the rate.
const CALM: f64 = 0.5;
const CALM_LASTS: Duration = Duration::from_secs(5);
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
    let server = cores::apart(Server::paceline()).await?;
    let load = Load::against(server.address());
    let mut verdict = Verdict::default();
    let (sustainable, peak) = search(&load, args.from).await?;
    let calm_rate = sustainable * CALM;
    let calm = rested(&load, calm_rate, CALM_LASTS).await;
    verdict.say("sustainable rate", format!("{sustainable:.0}/s"));
    verdict.say("peak goodput", format!("{peak:.0}/s"));
    verdict.say("calm, at half the rate", calm.to_string());
    let memory_before = server.resident_most()?;

    let (rate, lasts) = (sustainable * args.times, Duration::from_secs(args.seconds));
    let overloaded = load.run(rate, lasts).await;
    let goodput = overloaded.goodput();
    let after = recovery(&load, calm_rate).await;
    load.finish().await;
    verdict.say("asked", format!("{rate:.0}/s for {} s", args.seconds));
    verdict.overload(&overloaded, goodput, peak);
    verdict.memory(memory_before, server.resident_most()?);
    verdict.recovery(&calm, &after);

    for behaviour in Behaviour::ALL {
        load.reconnect(); // they have no better right to a connection than others
        let hostile = Hostile::start(server.address(), behaviour);
        tokio::time::sleep(SECOND).await; // they are all there
        let beside = rested(&load, calm_rate, CALM_LASTS).await;
        verdict.beside(behaviour, &calm, &beside);
        hostile.stop();
    }
    println!("\n{machine}; half of them for the server, the others for the load");
    verdict.end()
}

/// Runs at a rate until all is answered.
async fn rested(load: &Rc<Load>, rate: f64, lasts: Duration) -> Rc<Tally> {
    let tally = load.run(rate, lasts).await;
    load.finish().await;
    tally
}

/// The highest rate at which nothing is refused and no queue grows, and the most answers a
/// second that were seen at any rate.
async fn search(load: &Rc<Load>, from: f64) -> Outcome<(f64, f64)> {
    rested(load, from, CALM_LASTS).await; // whatever is slow only once
    let (mut sustained, mut beyond, mut peak) = (0.0, f64::INFINITY, 0.0_f64);
    let mut rate = from;
    let mut halvings = 0;
    while halvings < HALVINGS {
        let mut sustains = false;
        for _ in 0..TRIES {
            let tally = rested(load, rate, STEP).await;
            eprintln!("{rate:.0}/s: {tally}");
            peak = peak.max(tally.goodput());
            sustains = tally.is_sustained();
            if sustains {
                break;
            }
        }
        if sustains {
            sustained = rate
        } else {
            beyond = rate
        }
        rate = if beyond.is_finite() {
            halvings += 1;
            (sustained + beyond) / 2.0
        } else {
            rate * STEP_FACTOR
        };
    }
    if sustained == 0.0 {
        return Err(
            format!("{from}/s is more than this server sustains: try a lower --from").into()
        );
    }
    Ok((sustained, peak))
}

/// The seconds after the overload, one by one.
async fn recovery(load: &Rc<Load>, rate: f64) -> Vec<Rc<Tally>> {
    let mut seconds = vec![];
    for _ in 0..verdict::RECOVERY_WATCHED {
        seconds.push(load.run(rate, SECOND).await);
    }
    seconds
}
