//! Units of one product: held for a purchase, then sold or given back; never below zero.
//!
//! Why: the hot spot of a sale. Everybody who buys one product meets here, so commands are small
//! and the state stays small: what is settled is forgotten, save for the last
//! [`SETTLED_REMEMBERED_MAX`], whose late repeats must not hold again.
//! Promise: counted = available + held + sold, at each event.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::ids::AttemptId;

/// How many settled holds are remembered. A repeat that comes after this many others settled is
/// not known any more: a late sale is then refused as not held, and a late hold would be new. The
/// engine repeats a hold only before its attempt has ended, so no hold comes that late.
pub const SETTLED_REMEMBERED_MAX: usize = 4096;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Units that may be sold in all, as the feed counted them last.
    pub counted: u64,
    pub sold: u64,
    /// Units by the attempt that holds them.
    pub holds: BTreeMap<AttemptId, u64>,
    /// The sum of `holds`.
    pub held: u64,
    pub settled: Settled,
}

/// The attempts settled last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    oldest_first: VecDeque<AttemptId>,
    known: BTreeMap<AttemptId, Settlement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Settlement {
    Sold,
    Released,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sets units aside for an attempt. `counted` is the feed's count, so that a new feed takes
    /// effect with the next purchase.
    Hold { attempt: AttemptId, units: u64, counted: u64 },
    /// What is held becomes sold.
    Sell { attempt: AttemptId },
    /// What is held becomes available. Also says that the attempt must hold nothing later.
    Release { attempt: AttemptId },
    /// Learns the feed's count; changes nothing else.
    Count { counted: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Counted {
        counted: u64,
    },
    Held {
        attempt: AttemptId,
        units: u64,
    },
    Sold {
        attempt: AttemptId,
        units: u64,
    },
    /// `units` is zero if the release came before its hold.
    Released {
        attempt: AttemptId,
        units: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("{left} units are left")]
    Short { left: u64 },
    #[error("the attempt's hold was settled before")]
    Settled,
    #[error("the attempt holds nothing")]
    NotHeld,
}

/// Says what would happen, and changes nothing. A repeat of a step that was taken is no event
/// and no refusal.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(stock: &Stock, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Hold { attempt, .. } if stock.holds.contains_key(&attempt) => Ok(vec![]),
        Command::Hold { attempt, .. } if stock.settled.how(attempt).is_some() => {
            Err(Rejection::Settled)
        }
        Command::Hold { attempt, units, counted } => {
            let counted = stock.count(counted);
            let left = counted - stock.sold - stock.held;
            if left < units {
                return Err(Rejection::Short { left });
            }
            let mut events = stock.counting(counted);
            events.push(Event::Held { attempt, units });
            Ok(events)
        }
        Command::Sell { attempt } => {
            match (stock.holds.get(&attempt), stock.settled.how(attempt)) {
                (Some(&units), _) => Ok(vec![Event::Sold { attempt, units }]),
                (None, Some(Settlement::Sold)) => Ok(vec![]),
                (None, Some(Settlement::Released) | None) => Err(Rejection::NotHeld),
            }
        }
        Command::Release { attempt } => match stock.settled.how(attempt) {
            Some(Settlement::Sold | Settlement::Released) => Ok(vec![]),
            None => {
                let units = stock.holds.get(&attempt).copied().unwrap_or(0);
                Ok(vec![Event::Released { attempt, units }])
            }
        },
        Command::Count { counted } => Ok(stock.counting(stock.count(counted))),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(stock: &mut Stock, event: &Event) {
    match *event {
        Event::Counted { counted } => stock.counted = counted,
        Event::Held { attempt, units } => {
            stock.holds.insert(attempt, units);
            stock.held += units;
        }
        Event::Sold { attempt, units } => {
            assert_eq!(stock.holds.remove(&attempt), Some(units), "only what is held is sold");
            stock.held -= units;
            stock.sold += units;
            stock.settled.remember(attempt, Settlement::Sold);
        }
        Event::Released { attempt, units } => {
            let held = stock.holds.remove(&attempt).unwrap_or(0);
            assert_eq!(held, units, "what is given back was held");
            stock.held -= units;
            stock.settled.remember(attempt, Settlement::Released);
        }
    }
    stock.assert_conserved();
}

impl Stock {
    /// Units that can be held now.
    pub fn available(&self) -> u64 {
        self.counted - self.sold - self.held
    }

    /// What a feed's count comes to: what is sold or held cannot be counted away.
    fn count(&self, counted: u64) -> u64 {
        counted.max(self.sold + self.held)
    }

    fn counting(&self, counted: u64) -> Vec<Event> {
        if counted == self.counted { vec![] } else { vec![Event::Counted { counted }] }
    }

    /// The invariant of every event, live and on replay. The sum over all holds is checked by
    /// the tests: here it would make the hot spot hotter.
    fn assert_conserved(&self) {
        assert!(self.sold + self.held <= self.counted, "no unit is promised twice");
    }
}

impl Settled {
    fn how(&self, attempt: AttemptId) -> Option<Settlement> {
        self.known.get(&attempt).copied()
    }

    fn remember(&mut self, attempt: AttemptId, how: Settlement) {
        let before = self.known.insert(attempt, how);
        assert!(before.is_none(), "a hold is settled once");
        self.oldest_first.push_back(attempt);
        if self.oldest_first.len() > SETTLED_REMEMBERED_MAX {
            let oldest = self.oldest_first.pop_front().expect("it was just found too long");
            self.known.remove(&oldest);
        }
    }
}
