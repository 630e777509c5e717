//! Many buyers, and a server that is killed under them again and again: the harness behind
//! `make crash`, and with fewer kills a test like any other.
//!
//! `KILLS` says how often, `SEED` by which chance; both have a default.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::audit;
use super::buyer::{Buyer, Compared, each};
use super::client::Chance;
use super::purchase::Purchase;
use crate::common::{Serving, log_file, serve_in};

const KILLS: usize = 10;
const SEED: usize = 20_260_111;
const BUYERS: usize = 8;

/// Answers that are heard between two kills, at most. A kill may come before the first.
const ANSWERS_MAX: usize = 200;

/// One kill in so many comes while the server starts.
const STARTS_KILLED: usize = 8;

/// A start lasts about as long.
const START_MS: usize = 60;

/// A server that has stopped answering is found out.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

/// A processor and deadlines so quick that some payments end in time and some do not.
pub const CONFIG: &str = r#"
[storage]
shards = 2
[engine]
complete_deadline = "250ms"
gateway_timeout = "60ms"
[processor]
latency_median = "3ms"
latency_p99 = "30ms"
"#;

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_instant_and_money_moves_once() {
    let (kills, seed) = (from_environment("KILLS", KILLS), from_environment("SEED", SEED));
    println!("KILLS={kills} SEED={seed}");
    let mut chance = Chance::of(seed as u64);
    let mut buyers: Vec<Buyer> =
        (0..BUYERS).map(|number| Buyer::of(number, chance.below(usize::MAX))).collect();
    let mut serving = Serving::with(CONFIG);
    let (mut paying, mut starting, mut checked) = (0, 0, 0);
    for kill in 1..=kills {
        if chance.below(STARTS_KILLED) == 0 {
            starting += 1;
            kill_while_it_starts(&mut serving, &mut chance);
        } else {
            buy_until_killed(&mut serving, &mut buyers, chance.below(ANSWERS_MAX));
            paying += buyers.iter().filter(|buyer| buyer.pays()).count();
        }
        serving = serving.again();
        checked +=
            nothing_lost(kill, each(&mut buyers, |buyer| buyer.compare_latest(serving.public)));
    }
    each(&mut buyers, |buyer| buyer.finish(serving.public));
    serving = serving.again();
    checked += nothing_lost(kills, each(&mut buyers, |buyer| buyer.compare_all(serving.public)));
    let purchases: Vec<&Purchase> = buyers.iter().flat_map(|buyer| &buyer.purchases).collect();
    let endings = audit::audit(&serving, &purchases);
    let answers: usize = buyers.iter().map(Buyer::answers).sum();
    println!(
        "kills {kills} ({starting} of them in a start, {paying} payments in flight)\n\
         acknowledged answers {answers}, asked again {checked} times\n\
         purchases {}, captures {}, endings {endings:?}\n\
         losses 0",
        purchases.len(),
        endings.get("completed").unwrap_or(&0),
    );
    enough_has_happened(paying, &endings);
    let log = serving.stopped_log();
    assert!(!log.contains("sim_"), "a token is in the log");
}

fn from_environment(name: &str, otherwise: usize) -> usize {
    match std::env::var(name) {
        Ok(number) => number.parse().unwrap_or_else(|_| panic!("{name}={number} is no number")),
        Err(_) => otherwise,
    }
}

/// Returns how many answers were compared.
fn nothing_lost(kill: usize, compared: Vec<Compared>) -> usize {
    let Compared { checked, lost } = Compared::of_all(compared);
    assert!(lost.is_empty(), "losses {}, after kill {kill}:\n{}", lost.len(), lost.join("\n"));
    checked
}

fn enough_has_happened(paying: usize, endings: &BTreeMap<String, usize>) {
    assert!(paying > 0, "no payment was in flight when it was killed");
    assert!(endings.len() >= 3, "too little has happened: {endings:?}");
}

/// Lets everybody buy, and kills the server once so many answers were heard in all.
fn buy_until_killed(serving: &mut Serving, buyers: &mut [Buyer], killed_after: usize) {
    let answers = AtomicUsize::new(0);
    let (enough, heard) = mpsc::channel();
    let server = serving.public;
    std::thread::scope(|scope| {
        for buyer in buyers {
            let (answers, enough) = (&answers, enough.clone());
            scope.spawn(move || {
                buyer.buy(server, || {
                    if answers.fetch_add(1, Ordering::Relaxed) == killed_after {
                        enough.send(()).unwrap();
                    }
                });
            });
        }
        drop(enough); // when everybody has left, nobody counts on
        let enough = heard.recv_timeout(ANSWERED_WITHIN);
        let ended = serving.has_ended();
        serving.kill();
        let heard = answers.load(Ordering::Relaxed);
        assert!(
            enough.is_ok(),
            "{heard} answers of {killed_after}: {enough:?}; the server had ended: {ended:?}; \
             its log ends:\n{}",
            log_end(serving)
        );
    });
}

/// A crash in the middle of the recovery from a crash.
fn kill_while_it_starts(serving: &mut Serving, chance: &mut Chance) {
    serving.kill();
    let mut starting = serve_in(serving.home())
        .stdout(Stdio::null())
        .stderr(log_file(serving.home()))
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(chance.below(START_MS) as u64));
    starting.kill().unwrap();
    starting.wait().unwrap();
}

fn log_end(serving: &Serving) -> String {
    let log = serving.log();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
