//! The figures, and whether each is what was promised.

use std::rc::Rc;
use std::time::Duration;

use paceline_benches::measure::Outcome;

use crate::hostile::Behaviour;
use crate::tally::Tally;

/// Of the peak, so much is left under overload.
const GOODPUT_MIN: f64 = 0.8;
/// A refusal comes within this time: 99 of 100, as the generator shares the machine.
const REFUSED_WITHIN: Duration = Duration::from_millis(50);
/// Resident memory under overload, as shipped: 448 MiB of caches, memtables and remembered
/// answers, a hundred thousand entities of each of four kinds, and the connections.
const MEMORY_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Latency is normal again after so many seconds; so many are watched.
const NORMAL_AFTER: usize = 5;
pub const RECOVERY_WATCHED: usize = 10;
/// Normal is a p99 of no more than so many times the calm one, or of this much.
const NORMAL_FACTOR: u32 = 3;
const NORMAL_ANYHOW: Duration = Duration::from_millis(50);
/// One in so many requests beside a hostile client may be refused.
const BESIDE_ONE_IN: u64 = 100;

#[derive(Default)]
pub struct Verdict {
    missed: Vec<String>,
}

impl Verdict {
    pub fn say(&mut self, what: &str, figure: impl AsRef<str>) {
        println!("{what:<28} {}", figure.as_ref());
    }

    fn judge(&mut self, what: &str, figure: String, holds: bool) {
        self.say(what, format!("{figure}{}", if holds { "" } else { "  MISSED" }));
        if !holds {
            self.missed.push(format!("{what}: {figure}"));
        }
    }

    pub fn overload(&mut self, tally: &Tally, goodput: f64, peak: f64) {
        self.say("answers", tally.to_string());
        let share = goodput / peak;
        self.judge(
            "goodput",
            format!("{goodput:.0}/s, {:.0} % of the peak", share * 100.0),
            share >= GOODPUT_MIN,
        );
        let (p99, longest) = (tally.refused_at(0.99), tally.refused_at(1.0));
        self.judge(
            "refused, with Retry-After",
            format!(
                "{}, p50 {:.1?}, p99 {p99:.1?}, longest {longest:.1?}",
                tally.refused(),
                tally.refused_at(0.5)
            ),
            p99 <= REFUSED_WITHIN,
        );
        let wrong = tally.wrong();
        let first = wrong.first().map_or("", String::as_str);
        self.judge("other answers", format!("{} {first}", wrong.len()), wrong.is_empty());
        if tally.has_unsent() {
            self.judge("generator", "ran out of connections: it held back".to_owned(), false);
        }
    }

    pub fn memory(&mut self, before: u64, peak: u64) {
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let figure = format!("{} MiB before, {} MiB at most", mib(before), mib(peak));
        self.judge("memory", figure, peak <= MEMORY_MAX);
    }

    pub fn recovery(&mut self, calm: &Tally, seconds: &[Rc<Tally>]) {
        let p99s: Vec<String> =
            seconds.iter().map(|s| format!("{:.0?}", s.good_at(0.99))).collect();
        self.say("p99 of the seconds after", p99s.join(" "));
        let disturbed = seconds.iter().rposition(|second| !is_normal(calm, second));
        let after = disturbed.map_or(0, |last| last + 1);
        self.judge("normal after", format!("{after} s"), after <= NORMAL_AFTER);
    }

    pub fn beside(&mut self, behaviour: Behaviour, calm: &Tally, beside: &Tally) {
        let few = beside.not_done() * BESIDE_ONE_IN <= beside.asked();
        let wrong = beside.wrong();
        let figure = format!("{beside} {}", wrong.first().map_or("", String::as_str));
        self.judge(behaviour.words(), figure, few && is_normal(calm, beside));
    }

    /// # Errors
    /// What was missed.
    pub fn end(self) -> Outcome<()> {
        if self.missed.is_empty() { Ok(()) } else { Err(self.missed.join("\n").into()) }
    }
}

fn is_normal(calm: &Tally, tally: &Tally) -> bool {
    let normal = (calm.good_at(0.99) * NORMAL_FACTOR).max(NORMAL_ANYHOW);
    tally.good_at(0.99) <= normal
}
