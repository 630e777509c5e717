//! Books that nobody can forge: what the processor was asked, and what must be true of it all.

use std::collections::BTreeMap;

use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::{AttemptId, InstrumentId, ProductId};
use paceline_domain::instrument;
use paceline_domain::money::MinorUnits;
use paceline_domain::session::{self, Event, Phase, Status};

use super::world::World;

/// The processor's own book: its first answer to an attempt is its answer.
#[derive(Default)]
pub struct Processor {
    pub reserved: BTreeMap<AttemptId, Result<(), DeclineReason>>,
    pub captured: BTreeMap<AttemptId, MinorUnits>,
}

impl Processor {
    /// The first instrument always pays, the second every other attempt, the third never.
    pub fn reserve(&mut self, attempt: AttemptId, from: InstrumentId) -> Result<(), DeclineReason> {
        let pays = from.0 == 0 || (from.0 == 1 && attempt.number.is_multiple_of(2));
        let answer = if pays { Ok(()) } else { Err(DeclineReason::InsufficientFunds) };
        *self.reserved.entry(attempt).or_insert(answer)
    }

    pub fn capture(&mut self, attempt: AttemptId, amount: MinorUnits) {
        assert_eq!(self.reserved.get(&attempt), Some(&Ok(())), "only what is reserved is captured");
        let before = self.captured.insert(attempt, amount);
        assert!(before.is_none_or(|before| before == amount), "a repeat asks for the same");
    }
}

impl World {
    /// What is true at every moment.
    pub fn assert_conserved(&self) {
        for stock in self.stocks.values().map(|stock| &stock.state) {
            assert_eq!(stock.held, stock.holds.values().sum::<u64>());
            assert_eq!(stock.counted, stock.available() + stock.held + stock.sold);
        }
        for (id, session) in &self.sessions {
            let owed = !session::pending(&session.state).is_empty();
            assert_eq!(session::owes(&session.state), owed, "{id}");
            let completions =
                session.events.iter().filter(|e| matches!(e, Event::Completed { .. }));
            let completions = completions.count();
            assert!(completions <= 1, "{id} was completed {completions} times");
        }
        for (attempt, amount) in &self.processor.captured {
            let session = self.sessions[&attempt.session].state.as_ref().expect("it was opened");
            assert_eq!(session.status(), Status::Completed, "only a completed session is charged");
            assert_eq!(session.attempts, attempt.number, "and by its last attempt only");
            assert_eq!(session.quote.total, *amount);
        }
    }

    /// What is true once nothing is owed.
    pub fn assert_settled(&mut self) {
        self.forget_all_but_the_events();
        let mut sold: BTreeMap<ProductId, u64> = BTreeMap::new();
        let mut completed = 0;
        for session in self.sessions.values().filter_map(|session| session.state.as_ref()) {
            let Phase::Completed { attempt, settled, .. } = &session.phase else { continue };
            assert!(settled);
            completed += 1;
            for line in &session.contents.lines {
                *sold.entry(line.product.clone()).or_default() += line.quantity.units();
            }
            let paid = self.processor.captured.get(&session.attempt_id(attempt.number));
            assert_eq!(paid, Some(&session.quote.total), "what is completed is paid for");
            let order = self.orders[&attempt.order].state.as_ref().expect("it was placed");
            assert_eq!((order.session, &order.contents), (session.id, &session.contents));
        }
        assert_eq!(self.orders.len(), completed);
        assert_eq!(self.processor.captured.len(), completed);
        let approved = self.processor.reserved.values().filter(|answer| answer.is_ok()).count();
        assert_eq!(approved, completed, "no money is set aside and forgotten");
        for (product, stock) in &self.stocks {
            let expected = sold.get(product).copied().unwrap_or(0);
            assert_eq!((stock.state.sold, stock.state.held), (expected, 0), "{product}");
        }
        for instrument in self.instruments.values() {
            assert_eq!(instrument::pending(&instrument.state), []);
        }
    }

    pub fn completed(&self) -> usize {
        let sessions = self.sessions.values().filter_map(|session| session.state.as_ref());
        sessions.filter(|session| session.status() == Status::Completed).count()
    }
}
