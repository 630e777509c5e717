//! The highest rate that the server sustains, and what it answers a second at that rate.
//!
//! Why: everything else is told as a part of these two, so neither may be a matter of luck. The
//! rate is found between one that was sustained and one that was not; it counts if most of several
//! repeats sustain it, too, and the peak is the median of these.

use std::rc::Rc;
use std::time::Duration;

use paceline_benches::measure::Outcome;
use paceline_benches::measure::report::middle;

use crate::load::Load;
use crate::rested;
use crate::tally::Tally;

pub struct Sustained {
    /// Requests a second.
    pub rate: f64,
    /// Good answers a second at that rate.
    pub peak: f64,
    /// The most good answers a second in any step, whether or not its rate was sustained.
    pub highest: f64,
}

/// The steps of one search.
struct Steps<'a> {
    load: &'a Rc<Load>,
    highest: f64,
}

/// What is known so far of the rate that is looked for, in requests a second.
#[derive(Clone, Copy)]
struct Between {
    sustained: f64,
    beyond: f64,
}

/// Whatever is slow only once is done after this.
const WARM_UP: Duration = Duration::from_secs(5);
/// One step of the search: long enough that what is written is flushed meanwhile, as it is under
/// overload.
const STEP: Duration = Duration::from_secs(10);
/// Each step asks for so many times what the one before did, until one is too much; from then on
/// for the middle of what is left.
const STEP_FACTOR: f64 = 1.5;
/// The search ends when no more than this part of the rate is left.
const FINE: f64 = 0.04;
/// A rate is beyond the server if it fails as often: the machine may have been busy once.
const TRIES: usize = 2;
/// At the rate that was found. If most of them do not sustain it, one below has its turn: at first
/// as much below as the search is fine, then twice as much each time.
const REPEATS: usize = 5;
const BELOW_MOST: f64 = 0.5;
/// A server that does not sustain this rate is out of order.
const LEAST: f64 = 10.0;

/// - `from`: the rate at which the search begins.
///
/// # Errors
/// If hardly any rate is sustained.
pub async fn search(load: &Rc<Load>, from: f64) -> Outcome<Sustained> {
    rested(load, from, WARM_UP).await;
    let mut steps = Steps { load, highest: 0.0 };
    let mut between = Between { sustained: 0.0, beyond: f64::INFINITY };
    let mut next = Some(from);
    while let Some(rate) = next {
        too_little(rate)?;
        between = between.told(rate, steps.sustains(rate).await);
        next = between.next();
    }
    let (mut rate, mut below) = (between.sustained, FINE);
    loop {
        too_little(rate)?;
        if let Some(peak) = steps.peak(rate).await {
            return Ok(Sustained { rate, peak, highest: steps.highest });
        }
        rate *= 1.0 - below;
        below = f64::min(2.0 * below, BELOW_MOST);
    }
}

impl Steps<'_> {
    /// What is answered at a rate, if most repeats sustain it.
    async fn peak(&mut self, rate: f64) -> Option<f64> {
        let mut goodputs = vec![];
        let mut failed = 0;
        while goodputs.len() < REPEATS {
            let tally = self.step(rate).await;
            goodputs.push(tally.goodput());
            failed += usize::from(!tally.is_sustained());
            if failed * 2 > REPEATS {
                return None;
            }
        }
        Some(middle(goodputs))
    }

    async fn sustains(&mut self, rate: f64) -> bool {
        for _ in 0..TRIES {
            if self.step(rate).await.is_sustained() {
                return true;
            }
        }
        false
    }

    async fn step(&mut self, rate: f64) -> Rc<Tally> {
        let tally = rested(self.load, rate, STEP).await;
        eprintln!("{rate:.0}/s: {tally}");
        self.highest = self.highest.max(tally.goodput());
        tally
    }
}

fn too_little(rate: f64) -> Outcome<()> {
    if rate < LEAST {
        return Err(format!("this server does not sustain {LEAST} requests a second").into());
    }
    Ok(())
}

impl Between {
    fn told(self, rate: f64, sustains: bool) -> Self {
        match sustains {
            true => Self { sustained: rate, ..self },
            false => Self { beyond: rate, ..self },
        }
    }

    /// The rate to be tried next; `None` once it is known well enough.
    fn next(self) -> Option<f64> {
        let Self { sustained, beyond } = self;
        if beyond.is_infinite() {
            return Some(sustained * STEP_FACTOR);
        }
        (beyond - sustained > FINE * beyond).then_some(f64::midpoint(sustained, beyond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, from this rate on, of a server that sustains this one; and in how many steps.
    fn found(from: f64, sustains: f64) -> (f64, usize) {
        let mut between = Between { sustained: 0.0, beyond: f64::INFINITY };
        let mut next = Some(from);
        let mut steps = 0;
        while let Some(rate) = next {
            between = between.told(rate, rate <= sustains);
            next = between.next();
            steps += 1;
        }
        (between.sustained, steps)
    }

    #[test]
    fn the_rate_is_found_closely_from_wherever_the_search_begins() {
        for from in [300.0, 1_000.0, 5_000.0, 20_000.0] {
            for sustains in [310.0, 449.0, 1_000.0, 4_125.0, 5_900.0] {
                let (rate, steps) = found(from, sustains);
                assert!(rate <= sustains && rate >= sustains * (1.0 - 2.0 * FINE), "{rate}");
                assert!(steps < 20, "{steps} steps");
            }
        }
    }

    #[test]
    fn a_server_that_sustains_nothing_is_tried_at_ever_lower_rates() {
        let nothing = Between { sustained: 0.0, beyond: 20.0 };
        assert_eq!(nothing.next(), Some(10.0));
        assert!(too_little(10.0).is_ok());
        assert!(too_little(5.0).is_err());
    }
}
