//! What must be so once everything has come to rest.

use paceline_domain::ids::AttemptId;
use paceline_domain::session::{Phase, Session};

use crate::simulation::books::{Facts, Fate, units};
use crate::simulation::processor::Page;

impl Facts {
    /// Whether nobody owes anything, by what is on disk.
    pub fn is_at_rest(&self) -> bool {
        self.sessions.values().filter_map(|told| told.state.as_ref()).all(|session| !owes(session))
    }

    /// Every completed session is captured or refused, sold and ordered once; every failed
    /// attempt holds nothing; nothing else has moved money.
    pub fn assert_all_done(&mut self) {
        let mut attempts = vec![];
        for (id, told) in &self.sessions {
            let own = |(number, fate): (&u32, &Fate)| {
                (AttemptId { session: *id, number: *number }, *fate)
            };
            attempts.extend(told.attempts.iter().map(own));
        }
        for (attempt, fate) in &attempts {
            match fate {
                Fate::Completed { settled: true } => self.assert_settled(*attempt),
                Fate::Failed { released: true } => self.assert_moved_nothing(*attempt),
                other => self.accuse(format!("{attempt} is {other:?} at the end")),
            }
        }
        for (attempt, page) in self.processor.pages() {
            if !attempts.iter().any(|(known, _)| *known == attempt) {
                self.accuse(format!("{attempt} is in the processor's book alone: {page:?}"));
            }
        }
        let held: u64 = self.shelves.values().flat_map(|shelf| shelf.held.values()).sum();
        if held > 0 {
            self.accuse(format!("{held} units are still held at the end"));
        }
        self.assert_money_adds_up();
        self.assert_units_add_up();
    }

    fn assert_moved_nothing(&mut self, attempt: AttemptId) {
        let page = self.processor.page(attempt);
        if page.is_some_and(|page| page.reserved.is_ok() || page.captured.is_some()) {
            self.accuse(format!("{attempt} has failed and moved money: {page:?}"));
        }
        if self.shelves.values().any(|shelf| shelf.sold.contains_key(&attempt)) {
            self.accuse(format!("{attempt} has failed and was sold to"));
        }
    }

    /// What the processor has captured is what the completed sessions were told to cost.
    fn assert_money_adds_up(&mut self) {
        let pages = self.processor.pages();
        let reserved = |page: &&Page| page.reserved.is_ok();
        let moved: u64 = pages.values().filter(reserved).map(|page| page.amount.0).sum();
        let told: u64 = self.completed().map(|session| session.quote.total.0).sum();
        if moved != told {
            self.accuse(format!("{moved} were reserved and {told} were told"));
        }
    }

    fn assert_units_add_up(&mut self) {
        let sold: u64 = self.shelves.values().flat_map(|shelf| shelf.sold.values()).sum();
        let bought: u64 = self.completed().flat_map(units).map(|(_, units)| units).sum();
        if sold != bought {
            self.accuse(format!("{sold} units were sold and {bought} were bought"));
        }
    }

    fn completed(&self) -> impl Iterator<Item = &Session> {
        let sessions = self.sessions.values().filter_map(|told| told.state.as_ref());
        sessions.filter(|session| matches!(session.phase, Phase::Completed { .. }))
    }
}

fn owes(session: &Session) -> bool {
    match session.phase {
        Phase::Completing(_) | Phase::Completed { settled: false, .. } => true,
        Phase::Completed { settled: true, .. } | Phase::Open { .. } | Phase::Cancelled { .. } => {
            !session.releases_owed.is_empty()
        }
    }
}
