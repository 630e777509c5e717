//! Many buyers, and a server that is killed under them again and again.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use super::audit;
use super::client::{Chance, ask, get};
use super::purchase::{Gone, Purchase, path};
use crate::common::Serving;

const SEED: u64 = 20_260_111;
const ROUNDS: usize = 10;
const BUYERS: usize = 8;

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
    println!("seed {SEED}");
    let mut chance = Chance::of(SEED);
    let mut buyers: Vec<Buyer> =
        (0..BUYERS).map(|number| Buyer::of(number, chance.below(usize::MAX))).collect();
    let mut serving = Serving::with(CONFIG);
    let mut unanswered = 0;
    for round in 0..ROUNDS {
        let killed_after = 40 + chance.below(160);
        println!("round {round}: killed after {killed_after} answers");
        buy_until_killed(&mut serving, &mut buyers, killed_after);
        unanswered += buyers.iter().filter(|buyer| buyer.pays()).count();
        serving = serving.again();
        each(&mut buyers, |buyer| buyer.compare(serving.public));
    }
    println!("{unanswered} payments were in flight when it was killed");
    assert!(unanswered > 0);
    each(&mut buyers, |buyer| buyer.finish(serving.public));
    each(&mut buyers, |buyer| buyer.compare(serving.public));
    let purchases: Vec<&Purchase> = buyers.iter().flat_map(|buyer| &buyer.purchases).collect();
    audit::audit(&serving, &purchases);
    let log = serving.stopped_log();
    assert!(!log.contains("sim_"), "a token is in the log");
}

/// Somebody who buys one thing after the other.
pub struct Buyer {
    number: usize,
    chance: Chance,
    pub purchases: Vec<Purchase>,
}

impl Buyer {
    pub fn of(number: usize, seed: usize) -> Self {
        Self { number, chance: Chance::of(seed as u64), purchases: vec![] }
    }

    /// Goes on with what is not over, then begins anew, until nobody answers.
    pub fn buy(&mut self, server: SocketAddr, answered: impl Fn()) {
        loop {
            let Some(purchase) = self.purchases.iter_mut().find(|p| !p.is_over()) else {
                let name = format!("{}-{}", self.number, self.purchases.len());
                self.purchases.push(Purchase::by_chance(name, &mut self.chance));
                continue;
            };
            match purchase.go_on(server) {
                Some(Err(Gone)) => return,
                Some(Ok(())) => answered(),
                None => unreachable!("it is not over"),
            }
        }
    }

    /// Ends everything that was begun.
    pub fn finish(&mut self, server: SocketAddr) {
        for purchase in &mut self.purchases {
            while let Some(step) = purchase.go_on(server) {
                assert!(step.is_ok(), "nobody kills the server now");
                if purchase.is_over() {
                    break;
                }
            }
        }
    }

    /// Waits for an answer to a payment.
    fn pays(&self) -> bool {
        let asked = self.purchases.last().and_then(|purchase| purchase.asked.last());
        asked.is_some_and(|a| a.heard.is_none() && a.request.path.ends_with("/complete"))
    }

    /// Every answer that was heard is still there, and is what a retry hears.
    pub fn compare(&self, server: SocketAddr) {
        for purchase in &self.purchases {
            for asked in &purchase.asked {
                let Some(heard) = &asked.heard else { continue };
                let again = ask(server, &asked.request).expect("nobody kills the server now");
                assert_eq!(again, *heard, "another answer to {:?}", asked.request);
            }
            is_still_so(server, purchase);
        }
    }
}

/// What the session shows is what its buyer was told last.
fn is_still_so(server: SocketAddr, purchase: &Purchase) {
    let Some(session) = purchase.session() else { return };
    let now = get(server, &path(&session));
    assert_eq!(now.status, 200, "{session}: {}", now.body);
    let last = purchase.asked.last().unwrap();
    let Some(heard) = &last.heard else { return }; // it may have happened, or not
    let told = purchase.asked.iter().rev().find_map(|asked| {
        let heard = asked.heard.as_ref()?;
        (heard.status < 300).then_some(heard)
    });
    match told.and_then(|told| told.checkout()).as_deref() {
        // The payment has gone on meanwhile.
        Some("complete_in_progress") => assert_ne!(now.checkout().as_deref(), Some("canceled")),
        _ if heard.status < 300 => assert_eq!(now.body, heard.body, "after {:?}", last.request),
        told => assert_eq!(now.checkout().as_deref(), told, "after {:?}", last.request),
    }
}

/// Lets everybody buy, and kills the server once so many answers were heard in all.
fn buy_until_killed(serving: &mut Serving, buyers: &mut [Buyer], killed_after: usize) {
    let answers = AtomicUsize::new(0);
    let (enough, heard) = mpsc::channel();
    let server = serving.public;
    std::thread::scope(|scope| {
        for buyer in buyers {
            let (answers, enough): (_, Sender<()>) = (&answers, enough.clone());
            scope.spawn(move || {
                buyer.buy(server, || {
                    if answers.fetch_add(1, Ordering::Relaxed) + 1 == killed_after {
                        enough.send(()).unwrap();
                    }
                });
            });
        }
        heard.recv_timeout(Duration::from_secs(60)).expect("answers come");
        serving.kill();
    });
}

/// Everybody at the same time.
pub fn each(buyers: &mut [Buyer], act: impl Fn(&mut Buyer) + Sync) {
    std::thread::scope(|scope| {
        for buyer in buyers {
            scope.spawn(|| act(buyer));
        }
    });
}
