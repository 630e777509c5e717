//! What came of the requests of one stretch of time.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

pub enum Answered {
    /// The id of the session.
    Created(String),
    Completed,
    /// Accepted, and told to look again: the payment took longer than a caller waits.
    Late,
    /// 503, with a time to come back.
    Refused,
    /// Anything else, in words.
    Wrong(String),
}

pub struct Tally {
    ends: Instant,
    lasts: Duration,
    /// Answered well within the stretch.
    good: Cell<u64>,
    late: Cell<u64>,
    /// Arrivals for which the generator had no connection left.
    unsent: Cell<u64>,
    /// Microseconds since the request was due, of what was answered well.
    created_micros: RefCell<Histogram<u64>>,
    completed_micros: RefCell<Histogram<u64>>,
    refused_micros: RefCell<Histogram<u64>>,
    wrong: RefCell<Vec<String>>,
}

/// No more than one in so many requests is refused or late at a rate that is sustained.
const SUSTAINED_ONE_IN: u64 = 1_000;
/// Half of the answers come within this time at a rate that is sustained: where a queue grows they
/// do not, and a machine that others use too has slow moments at any rate.
const SUSTAINED_P50: Duration = Duration::from_millis(50);
const SIGNIFICANT_DIGITS: u8 = 3;

impl Tally {
    pub fn lasting(lasts: Duration) -> Rc<Self> {
        let micros =
            || RefCell::new(Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are allowed"));
        Rc::new(Self {
            ends: Instant::now() + lasts,
            lasts,
            good: Cell::new(0),
            late: Cell::new(0),
            unsent: Cell::new(0),
            created_micros: micros(),
            completed_micros: micros(),
            refused_micros: micros(),
            wrong: RefCell::default(),
        })
    }

    pub fn unsent(&self) {
        self.unsent.set(self.unsent.get() + 1);
    }

    pub fn answered(&self, due: Instant, how: &Answered) {
        let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        match how {
            Answered::Created(_) => self.good(&self.created_micros, micros),
            Answered::Completed => self.good(&self.completed_micros, micros),
            Answered::Late => self.late.set(self.late.get() + 1),
            Answered::Refused => *self.refused_micros.borrow_mut() += micros,
            Answered::Wrong(words) => self.wrong.borrow_mut().push(words.clone()),
        }
    }

    fn good(&self, of: &RefCell<Histogram<u64>>, micros: u64) {
        *of.borrow_mut() += micros;
        if Instant::now() <= self.ends {
            self.good.set(self.good.get() + 1);
        }
    }

    /// Good answers a second.
    pub fn goodput(&self) -> f64 {
        self.good.get() as f64 / self.lasts.as_secs_f64()
    }

    pub fn is_sustained(&self) -> bool {
        let few = self.not_done() * SUSTAINED_ONE_IN <= self.asked();
        few && self.done() > 0 && self.good_at(0.5) <= SUSTAINED_P50
    }

    pub fn asked(&self) -> u64 {
        self.done() + self.not_done()
    }

    /// Requests that were answered well, even if after the stretch.
    pub fn done(&self) -> u64 {
        self.created_micros.borrow().len() + self.completed_micros.borrow().len()
    }

    /// Requests that came to nothing good.
    pub fn not_done(&self) -> u64 {
        self.refused() + self.late.get() + self.unsent.get() + self.wrong.borrow().len() as u64
    }

    pub fn refused(&self) -> u64 {
        self.refused_micros.borrow().len()
    }

    pub fn has_unsent(&self) -> bool {
        self.unsent.get() > 0
    }

    pub fn wrong(&self) -> Vec<String> {
        self.wrong.borrow().clone()
    }

    /// Of all good answers. Nothing, if there are none: see [`Self::done`].
    pub fn good_at(&self, quantile: f64) -> Duration {
        let mut both = self.created_micros.borrow().clone();
        both.add(&*self.completed_micros.borrow()).expect("both grow as they must");
        at(&both, quantile)
    }

    /// Of creates that were answered well; as all of these.
    pub fn created_at(&self, quantile: f64) -> Duration {
        at(&self.created_micros.borrow(), quantile)
    }

    pub fn completed_at(&self, quantile: f64) -> Duration {
        at(&self.completed_micros.borrow(), quantile)
    }

    pub fn refused_at(&self, quantile: f64) -> Duration {
        at(&self.refused_micros.borrow(), quantile)
    }
}

fn at(micros: &Histogram<u64>, quantile: f64) -> Duration {
    Duration::from_micros(micros.value_at_quantile(quantile))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0}/s answered, p50 {:.1?}, p99 {:.1?}; refused {}",
            self.goodput(),
            self.good_at(0.5),
            self.good_at(0.99),
            self.refused(),
        )?;
        if self.refused() > 0 {
            let (half, nearly_all) = (self.refused_at(0.5), self.refused_at(0.99));
            write!(f, " with p50 {half:.1?}, p99 {nearly_all:.1?}")?;
        }
        for (count, what) in [
            (self.late.get(), "late"),
            (self.unsent.get(), "unsent"),
            (self.wrong.borrow().len() as u64, "wrong"),
        ] {
            if count > 0 {
                write!(f, ", {what} {count}")?;
            }
        }
        Ok(())
    }
}
