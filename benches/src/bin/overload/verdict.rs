//! The figures, what each was to be, and whether it is.

use std::rc::Rc;
use std::time::Duration;

use paceline_benches::measure::Outcome;
use paceline_benches::measure::report::aligned;
use paceline_benches::memory::Configured;

use crate::hostile::Behaviour;
use crate::search::Sustained;
use crate::tally::Tally;

/// Of the peak, so much is left under overload.
const GOODPUT_MIN: f64 = 0.8;
/// A refusal comes within this time: 99 of 100, as the generator shares the machine.
const REFUSED_WITHIN: Duration = Duration::from_millis(50);
/// Latency is normal again after so many seconds; so many are watched.
const NORMAL_AFTER: usize = 5;
pub const RECOVERY_WATCHED: usize = 10;
/// Normal is a p99 of no more than so many times the calm one, or of this much.
const NORMAL_FACTOR: u32 = 3;
const NORMAL_ANYHOW: Duration = Duration::from_millis(50);
/// And no more than one in so many requests comes to nothing: where everything is refused at once,
/// whatever is answered is fast.
const NORMAL_ONE_IN: u64 = 100;
/// What was meant to be hostile is there, at least this part of it.
const HOSTILE_PART_MIN: f64 = 0.5;
const MIB: u64 = 1024 * 1024;

/// A table that grows, and what was missed in it.
pub struct Verdict {
    lines: Vec<Vec<String>>,
    missed: Vec<String>,
}

impl Verdict {
    pub fn new() -> Self {
        Self { lines: vec![["what", "aim", "seen"].map(str::to_owned).to_vec()], missed: vec![] }
    }

    /// A figure that has no aim.
    pub fn say(&mut self, what: &str, figure: impl Into<String>) {
        self.line(what, String::new(), figure.into());
    }

    fn line(&mut self, what: &str, aim: String, figure: String) {
        eprintln!("{what}: {figure}"); // while one waits for the table
        self.lines.push(vec![what.to_owned(), aim, figure]);
    }

    fn judge(&mut self, what: &str, aim: impl Into<String>, figure: String, holds: bool) {
        if holds {
            return self.line(what, aim.into(), figure);
        }
        self.missed.push(format!("{what}: {figure}"));
        self.line(what, aim.into(), format!("{figure}, **missed**"));
    }

    /// Of one operation. The run does not fail for it: by how much it is missed, and why, is in
    /// `benches/RESULTS.md`.
    pub fn objective(&mut self, what: &str, [p50, p99]: [Duration; 2], within: Duration) {
        let over = p99.checked_sub(within).filter(|over| !over.is_zero());
        let missed = over.map_or(String::new(), |over| format!(", **missed by {over:.1?}**"));
        let aim = format!("p99 within {within:?}; told, and no error");
        self.line(what, aim, format!("p50 {p50:.1?}, p99 {p99:.1?}{missed}"));
    }

    pub fn found(&mut self, found: &Sustained) {
        self.say("sustainable rate", format!("{:.0}/s", found.rate));
        let Sustained { peak, highest, .. } = found;
        self.say(
            "peak goodput",
            format!("{peak:.0}/s, the median at that rate; the best step {highest:.0}/s"),
        );
    }

    pub fn overload(&mut self, tally: &Tally, found: &Sustained) {
        self.say("answers", tally.to_string());
        let goodput = tally.goodput();
        let of = |whole: f64| goodput / whole * 100.0;
        self.judge(
            "goodput",
            format!("{:.0} % of the peak", GOODPUT_MIN * 100.0),
            format!(
                "{goodput:.0}/s, {:.0} %; {:.0} % of the best step",
                of(found.peak),
                of(found.highest)
            ),
            goodput >= GOODPUT_MIN * found.peak,
        );
        let (p99, longest) = (tally.refused_at(0.99), tally.refused_at(1.0));
        self.judge(
            "refused, with Retry-After",
            // What refuses nobody was not overloaded.
            format!("some; 99 of 100 within {REFUSED_WITHIN:?}"),
            format!(
                "{}, p50 {:.1?}, p99 {p99:.1?}, longest {longest:.1?}",
                tally.refused(),
                tally.refused_at(0.5)
            ),
            tally.refused() > 0 && p99 <= REFUSED_WITHIN,
        );
        self.others(tally);
        if tally.has_unsent() {
            let words = "ran out of connections: it held back".to_owned();
            self.judge("generator", "sends what is due", words, false);
        }
    }

    /// Answers that are neither good nor a refusal.
    pub fn others(&mut self, tally: &Tally) {
        let wrong = tally.wrong();
        let first = wrong.first().map_or("", String::as_str);
        self.judge("other answers", "none", format!("{} {first}", wrong.len()), wrong.is_empty());
    }

    pub fn memory(&mut self, before: u64, peak: u64, configured: &Configured) {
        let figure = format!("{} MiB before, {} MiB at most", before / MIB, peak / MIB);
        let holds = peak <= configured.bytes();
        self.judge("memory", format!("as configured: {}", configured.words()), figure, holds);
    }

    pub fn recovery(&mut self, calm: &Tally, seconds: &[Rc<Tally>]) {
        let told: Vec<String> = seconds.iter().map(|second| p99_and_refused(second)).collect();
        self.say("p99 of the seconds after", told.join(" "));
        let disturbed = seconds.iter().rposition(|second| !is_normal(calm, second));
        let after = disturbed.map_or(0, |last| last + 1);
        self.judge(
            "normal after",
            format!("{NORMAL_AFTER} s; normal is a {}", normal_words(calm)),
            format!("{after} s"),
            after <= NORMAL_AFTER,
        );
    }

    /// - `meant`: how many hostile clients there were to be.
    /// - `there`: how many there were.
    pub fn hostile(&mut self, behaviour: Behaviour, meant: usize, there: usize) {
        let least = (meant as f64 * HOSTILE_PART_MIN).ceil() as usize;
        self.judge(
            behaviour.whose(),
            format!("{least} of {meant} at least"),
            format!("{there}"),
            there >= least,
        );
    }

    pub fn beside(&mut self, behaviour: Behaviour, calm: &Tally, beside: &Tally) {
        let wrong = beside.wrong();
        let figure = format!("{beside} {}", wrong.first().map_or("", String::as_str));
        self.judge(behaviour.words(), normal_words(calm), figure, is_normal(calm, beside));
    }

    pub fn table(&self) -> String {
        aligned(&self.lines, 3)
    }

    /// # Errors
    /// What was missed.
    pub fn end(self) -> Outcome<()> {
        if self.missed.is_empty() { Ok(()) } else { Err(self.missed.join("\n").into()) }
    }
}

/// Whether this was answered, and as fast as can be expected.
fn is_normal(calm: &Tally, tally: &Tally) -> bool {
    let few_were_not = tally.not_done() * NORMAL_ONE_IN <= tally.asked();
    few_were_not && tally.done() > 0 && tally.good_at(0.99) <= normal(calm)
}

fn normal(calm: &Tally) -> Duration {
    (calm.good_at(0.99) * NORMAL_FACTOR).max(NORMAL_ANYHOW)
}

fn normal_words(calm: &Tally) -> String {
    format!(
        "p99 within {} ms ({NORMAL_FACTOR} × the calm one, {} ms at the least), and 99 of 100 are \
         answered well",
        normal(calm).as_millis(),
        NORMAL_ANYHOW.as_millis()
    )
}

fn p99_and_refused(second: &Tally) -> String {
    let p99 = match second.done() {
        0 => "none".to_owned(),
        _ => format!("{:.0?}", second.good_at(0.99)),
    };
    match second.not_done() {
        0 => p99,
        not_done => format!("{p99} (and {not_done} in vain)"),
    }
}

#[cfg(test)]
mod tests;
