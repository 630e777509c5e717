//! What kind of a day it is: drawn from the seed, so that some days are quiet and others are
//! nothing but outages, some machines roomy and others cramped.

use std::time::Duration;

use paceline_engine::{Options, card, tokenized};

use crate::simulation::chance::Chance;

/// What the simulator may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Want,
    AskAgain,
    UseKeyOtherwise,
    HangUp,
    Sync,
    SyncAll,
    Read,
    Meet,
    Outage,
    Wait,
    WaitLong,
    Recount,
    Fill,
    FailSync,
    CutPower,
    Stop,
}

impl Action {
    /// Each with how often it comes on an ordinary day, and whether some days are without it.
    const ALL: [(Self, usize, bool); 16] = [
        (Self::Want, 60, false),
        (Self::AskAgain, 30, true),
        (Self::UseKeyOtherwise, 6, true),
        (Self::HangUp, 6, true),
        (Self::Sync, 60, false),
        (Self::SyncAll, 20, false),
        (Self::Read, 60, false),
        (Self::Meet, 60, false),
        (Self::Outage, 2, true),
        (Self::Wait, 40, false),
        (Self::WaitLong, 4, true),
        (Self::Recount, 3, true),
        (Self::Fill, 3, true),
        (Self::FailSync, 1, true),
        (Self::CutPower, 4, true),
        (Self::Stop, 1, true),
    ];
}

pub struct Habits {
    pub steps: usize,
    /// Somebody changes one session all day long, until its stream has snapshots.
    pub undecided: bool,
    /// Another shop's engine has the thread, so that all that is sent goes by mail, as between
    /// threads.
    pub neighbour: bool,
    pub shards: usize,
    /// How many of the products anybody wants.
    pub products: usize,
    pub reads_wait: bool,
    /// Sessions that the clients work on at a time.
    pub sessions: usize,
    /// One in so many requests has no key.
    pub keyless: usize,
    /// The longest fuse of a life, if lives end in the middle of things.
    pub fuse_max: Option<usize>,
    pub options: Options,
    weights: Vec<(Action, usize)>,
}

/// Longer than any day.
const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

impl Habits {
    pub fn draw(chance: &mut Chance) -> Self {
        let weighed = |(action, often, optional): (Action, usize, bool)| {
            let factor = if optional && chance.one_in(3) { 0 } else { chance.pick(&[1, 2, 2, 4]) };
            (action, often * factor)
        };
        let weights = Action::ALL.into_iter().map(weighed).collect();
        let undecided = chance.one_in(200);
        let mut options = options(chance);
        if undecided {
            (options.asks_max, options.session_lives) = (1_000, LONG);
        }
        Self {
            steps: if undecided { 20_000 } else { chance.pick(&[100, 200, 200, 400, 800]) },
            undecided,
            neighbour: chance.one_in(3),
            shards: chance.pick(&[1, 2, 4]),
            products: chance.pick(&[1, 2, 3, 3]),
            reads_wait: !chance.one_in(3),
            sessions: chance.pick(&[1, 2, 4, 8, 16]),
            keyless: chance.pick(&[2, 5, 20, 1000]),
            fuse_max: chance.pick(&[None, Some(100), Some(1000), Some(4000)]),
            options,
            weights,
        }
    }

    pub fn next(&self, chance: &mut Chance) -> Action {
        let sum = self.weights.iter().map(|(_, weight)| weight).sum();
        let mut drawn = chance.below(sum);
        for (action, weight) in &self.weights {
            if drawn < *weight {
                return *action;
            }
            drawn -= weight;
        }
        unreachable!("what is drawn is below the sum")
    }
}

fn options(chance: &mut Chance) -> Options {
    Options {
        workers: 1,
        asks_max: chance.pick(&[2, 8, 1000]),
        actors_live_max: chance.pick(&[1, 2, 4, 1000]),
        answers_cached_bytes_max: chance.pick(&[0, 1000, 1_000_000]),
        session_lives: Duration::from_secs(chance.pick(&[20, 300, 3600])),
        answers_kept: LONG,
        complete_deadline: Duration::from_millis(chance.pick(&[1, 200, 5_000, 60_000])),
        gateway_timeout: Duration::from_millis(chance.pick(&[50, 1_000, 30_000])),
        tokenized: tokenized::Options::default(),
        card: card::Options::default(),
    }
}
