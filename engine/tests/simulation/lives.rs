//! A day as lives of the engine, one after the other, until one of them comes to rest.
//!
//! Why: the merchant's days and the integrator's differ in who asks and what must hold. How a life
//! begins, is cut off and is followed by the next is the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix::System;
use tokio::runtime::{Builder, Runtime};

use crate::simulation::chance::Sum;
use crate::simulation::machine::Power;
use crate::simulation::watch;

/// What a day came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// Of everything that happened, in order.
    pub sum: Sum,
    pub steps: usize,
    pub lives: usize,
    /// How often the first life reached the world.
    pub first_life_spent: u64,
    pub tally: BTreeMap<&'static str, u64>,
}

/// How a life ends.
pub enum End {
    Cut,
    /// All is done, and was found right.
    Rest,
}

/// How far a day has come.
pub struct Course {
    pub steps: usize,
    pub lives: usize,
    sum: Sum,
    told: bool,
}

impl Course {
    /// - `told`: print what happens.
    pub fn new(told: bool) -> Self {
        Self { steps: 0, lives: 0, sum: Sum::EMPTY, told }
    }

    pub fn trace(&mut self, what: impl FnOnce() -> String) {
        let what = what();
        if self.told {
            println!("{:5} {what}", self.steps);
        }
        self.sum.add(what.as_bytes());
    }
}

pub trait Day {
    fn course(&mut self) -> &mut Course;

    /// What a life may spend before its power is cut.
    fn fuse(&mut self) -> Option<u64>;

    /// Lives until the power is off or the world is at rest.
    ///
    /// # Errors
    /// The promises that were broken.
    async fn live(&mut self, power: &Arc<Power>) -> Result<End, String>;

    /// # Errors
    /// The promises that were broken.
    fn check(&self, power: &Power) -> Result<(), String>;

    fn tally(&self) -> BTreeMap<&'static str, u64>;
}

/// Plays a day to its end.
///
/// - `fuse`: when the first life ends, in the middle of whatever it does.
///
/// # Errors
/// The promises that were broken.
pub fn play(mut day: impl Day, fuse: Option<u64>) -> Result<Played, String> {
    watch::listening(|| {
        let mut first_life_spent = None;
        let mut fuse = fuse.or_else(|| day.fuse());
        loop {
            let power = Power::new(fuse);
            let system = System::with_tokio_rt(runtime);
            day.course().lives += 1;
            day.course().trace(|| "a life begins".to_owned());
            let end = system.block_on(day.live(&power));
            first_life_spent.get_or_insert(power.spent());
            drop(system);
            day.check(&power)?;
            match end? {
                End::Rest => break,
                End::Cut => fuse = day.fuse(),
            }
        }
        let tally = day.tally();
        let Course { sum, steps, lives, .. } = day.course();
        let first_life_spent = first_life_spent.unwrap_or(0);
        Ok(Played { sum: *sum, steps: *steps, lives: *lives, first_life_spent, tally })
    })
}

/// Where time passes when there is nothing else to do.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}
