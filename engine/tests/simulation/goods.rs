//! The books of money, units and orders: counted afresh from what has reached the disk, and held
//! against the processor's book and the sessions.

use paceline_domain::instrument::{self, Progress};
use paceline_domain::{order, stock};
use paceline_storage::StreamId;

use crate::simulation::books::{Facts, Fate};

impl Facts {
    pub(super) fn instrument_event(&mut self, event: &instrument::Event) {
        use instrument::Event as E;
        let (attempt, next) = match *event {
            E::ReservationStarted { attempt, amount, .. } => {
                let before = self.payments.insert(attempt, (amount, Progress::Reserving));
                return self.demand(before.is_none(), || format!("{attempt} is begun twice"));
            }
            E::Reserved { attempt } => (attempt, Progress::Reserved),
            E::Declined { attempt, reason } => (attempt, Progress::Declined(reason)),
            E::CaptureStarted { attempt } => (attempt, Progress::Capturing),
            E::Captured { attempt } => (attempt, Progress::Captured),
            E::CaptureRefused { attempt, reason } => (attempt, Progress::CaptureRefused(reason)),
        };
        let Some((_, progress)) = self.payments.get_mut(&attempt) else {
            return self.accuse(format!("{attempt} is {next:?} and was not begun"));
        };
        *progress = next;
        if let Progress::CaptureRefused(_) = next {
            self.count("captures refused");
        }
        let page = self.processor.page(attempt);
        let reserved = page.map(|page| page.reserved);
        let so = match next {
            Progress::Reserving => true,
            Progress::Reserved | Progress::Capturing => reserved == Some(Ok(())),
            Progress::Declined(reason) => reserved == Some(Err(reason)),
            Progress::Captured => page.and_then(|page| page.captured) == Some(Ok(())),
            Progress::CaptureRefused(why) => page.and_then(|p| p.captured) == Some(Err(why)),
        };
        self.demand(so, || format!("{attempt} is {next:?}, and the processor has {page:?}"));
    }

    pub(super) fn stock_event(&mut self, stream: StreamId, event: &stock::Event) {
        let shelf = self.shelves.entry(stream).or_default();
        let mut wrong = None;
        match *event {
            stock::Event::Counted { counted } => shelf.counted = counted,
            stock::Event::Held { attempt, units } => {
                let settled =
                    shelf.sold.contains_key(&attempt) || shelf.released.contains(&attempt);
                if shelf.held.insert(attempt, units).is_some() || settled {
                    wrong = Some(format!("{attempt} holds twice"));
                }
            }
            stock::Event::Sold { attempt, units } => {
                let held = shelf.held.remove(&attempt);
                if held != Some(units) || shelf.sold.insert(attempt, units).is_some() {
                    wrong = Some(format!("{attempt} buys {units} of {held:?} held"));
                }
            }
            stock::Event::Released { attempt, units } => {
                let held = shelf.held.remove(&attempt).unwrap_or(0);
                if held != units || !shelf.released.insert(attempt) {
                    wrong = Some(format!("{attempt} gives back {units} of {held} held"));
                }
            }
        }
        let promised: u64 = shelf.held.values().chain(shelf.sold.values()).sum();
        let counted = shelf.counted;
        self.demand(promised <= counted, || format!("{promised} are promised of {counted}"));
        wrong.into_iter().for_each(|wrong| self.accuse(wrong));
        let failed = |fate| matches!(fate, Some(Fate::Failed { .. }));
        let done = |fate| matches!(fate, Some(Fate::Completed { .. }));
        match *event {
            stock::Event::Counted { .. } => {}
            stock::Event::Held { attempt, .. } => {
                let fate = self.fate(attempt);
                self.demand(fate.is_some(), || format!("{attempt} holds and was not accepted"));
            }
            stock::Event::Sold { attempt, .. } => {
                let fate = self.fate(attempt);
                self.demand(done(fate), || format!("{attempt} is sold to and is {fate:?}"));
            }
            stock::Event::Released { attempt, .. } => {
                let fate = self.fate(attempt);
                self.demand(failed(fate), || format!("{attempt} gives back and is {fate:?}"));
            }
        }
    }

    pub(super) fn order_event(&mut self, event: &order::Event) {
        let order::Event::Placed(placed) = event;
        let completed = self.sessions.get(&placed.session).is_some_and(|told| {
            let sum = told.state.as_ref().map(|session| session.quote.total);
            let done = |fate: &Fate| matches!(fate, Fate::Completed { .. });
            told.attempts.values().any(done) && sum == Some(placed.quote.total)
        });
        self.demand(completed, || format!("{} is ordered and not completed", placed.session));
        let before = self.orders.insert(placed.id, order::Placement::clone(placed));
        self.demand(before.is_none(), || format!("{} is placed twice", placed.id));
    }
}
