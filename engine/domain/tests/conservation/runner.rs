//! What an engine does for its sessions: carries out what is pending, one message at a time, and
//! is cut off at any of them.

use paceline_domain::ids::{AttemptId, InstrumentId, ProductId, SessionId};
use paceline_domain::instrument::{self, Progress};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::order::{self, Placement};
use paceline_domain::session::{self, AttemptOutcome, Command, Effect, Release};
use paceline_domain::stock;

use super::world::World;

/// Longer than any effect takes.
const FOREVER: u32 = 1_000;

/// A message between entities. Each may arrive again at any time.
#[derive(Clone, Debug)]
pub enum Message {
    Hold {
        attempt: AttemptId,
        product: ProductId,
        units: u64,
    },
    Sell {
        attempt: AttemptId,
        product: ProductId,
    },
    Release {
        attempt: AttemptId,
        product: ProductId,
    },
    Reserve {
        attempt: AttemptId,
        from: InstrumentId,
        amount: MinorUnits,
        currency: CurrencyCode,
    },
    /// Asks the processor and tells the instrument.
    AskReserve {
        attempt: AttemptId,
        from: InstrumentId,
    },
    Capture {
        attempt: AttemptId,
        from: InstrumentId,
    },
    AskCapture {
        attempt: AttemptId,
        from: InstrumentId,
    },
    Place(Box<Placement>),
    AttemptEnded {
        attempt: AttemptId,
        outcome: AttemptOutcome,
    },
    ConfirmReleased {
        attempt: AttemptId,
    },
    ConfirmSettled {
        session: SessionId,
    },
}

/// The runner was cut off.
pub struct Cut;

impl World {
    /// Carries out what a session owes, for so many messages.
    pub fn carry_out(&mut self, id: SessionId, steps: &mut u32) -> Result<(), Cut> {
        let owed = self.sessions.get(&id).map(|session| session::pending(&session.state));
        for effect in owed.unwrap_or_default() {
            match effect {
                Effect::Release(Release { attempt, products }) => {
                    for product in products {
                        self.send(steps, Message::Release { attempt, product })?;
                    }
                    self.send(steps, Message::ConfirmReleased { attempt })?;
                }
                Effect::Attempt { attempt, units, instrument, amount, currency } => {
                    let outcome = match self.hold(steps, attempt, units)? {
                        short if !short.is_empty() => AttemptOutcome::OutOfStock(short),
                        _ => self.reserve(steps, attempt, instrument, amount, currency)?,
                    };
                    self.send(steps, Message::AttemptEnded { attempt, outcome })?;
                }
                Effect::Settle { attempt, instrument: from, order } => {
                    self.send(steps, Message::Capture { attempt, from })?;
                    self.send(steps, Message::AskCapture { attempt, from })?;
                    for line in &order.contents.lines {
                        let product = line.product.clone();
                        self.send(steps, Message::Sell { attempt, product })?;
                    }
                    self.send(steps, Message::Place(order))?;
                    self.send(steps, Message::ConfirmSettled { session: attempt.session })?;
                }
            }
        }
        Ok(())
    }

    /// Holds everything that can be held, and says what ran short.
    fn hold(
        &mut self,
        steps: &mut u32,
        attempt: AttemptId,
        wanted: Vec<(ProductId, u64)>,
    ) -> Result<Vec<(ProductId, u64)>, Cut> {
        let mut short = vec![];
        for (product, units) in wanted {
            self.send(steps, Message::Hold { attempt, product: product.clone(), units })?;
            let stock = &self.stocks[&product].state;
            if !stock.holds.contains_key(&attempt) {
                short.push((product, stock.available()));
            }
        }
        Ok(short)
    }

    fn reserve(
        &mut self,
        steps: &mut u32,
        attempt: AttemptId,
        from: InstrumentId,
        amount: MinorUnits,
        currency: CurrencyCode,
    ) -> Result<AttemptOutcome, Cut> {
        self.send(steps, Message::Reserve { attempt, from, amount, currency })?;
        self.send(steps, Message::AskReserve { attempt, from })?;
        Ok(match self.instruments[&from].state.progress(attempt) {
            Ok(Progress::Reserved) => AttemptOutcome::Reserved,
            Ok(Progress::Declined(reason)) => AttemptOutcome::Declined(reason),
            other => panic!("an attempt that was answered is not {other:?}"),
        })
    }

    /// Delivers a message, or leaves it on its way when the runner is cut off. An outcome on its
    /// way is lost with its runner: the next one finds out anew.
    fn send(&mut self, steps: &mut u32, message: Message) -> Result<(), Cut> {
        let arrives = *steps > 1;
        if arrives || !matches!(message, Message::AttemptEnded { .. }) {
            self.sent.push(message.clone());
        }
        *steps -= 1;
        if !arrives {
            return Err(Cut);
        }
        self.deliver(message);
        Ok(())
    }

    /// Whatever was sent may arrive at any time. Refusals are the receiver's way to say that it
    /// is too early or too late.
    pub fn deliver(&mut self, message: Message) {
        match message {
            Message::Hold { attempt, product, units } => {
                let counted = self.shop.offers[&product].units;
                let _ = self.stock(&product).ask(stock::Command::Hold { attempt, units, counted });
            }
            Message::Sell { attempt, product } => {
                let sold = self.stock(&product).ask(stock::Command::Sell { attempt });
                sold.expect("only what is held is sold");
            }
            Message::Release { attempt, product } => {
                let released = self.stock(&product).ask(stock::Command::Release { attempt });
                released.expect("giving back is never refused");
            }
            Message::Reserve { attempt, from, amount, currency } => {
                let reserve = instrument::Command::Reserve { attempt, amount, currency };
                self.instrument(from).ask(reserve).expect("an attempt keeps its amount");
            }
            Message::AskReserve { attempt, from } => {
                let answer = self.processor.reserve(attempt, from);
                let heard = instrument::Command::ReserveAnswered { attempt, answer };
                self.instrument(from).ask(heard).expect("the reservation was asked for");
            }
            Message::Capture { attempt, from } => {
                let captured = self.instrument(from).ask(instrument::Command::Capture { attempt });
                captured.expect("only what is reserved is captured");
            }
            Message::AskCapture { attempt, from } => {
                let Some(payment) = self.instrument(from).state.payments.get(&attempt) else {
                    return;
                };
                if matches!(payment.progress, Progress::Capturing | Progress::Captured) {
                    let amount = payment.amount;
                    self.processor.capture(attempt, amount);
                    let heard = instrument::Command::CaptureAnswered { attempt, answer: Ok(()) };
                    self.instrument(from).ask(heard).expect("the capture was asked for");
                }
            }
            Message::Place(placement) => {
                let placed = self.orders.entry(placement.id).or_default();
                placed.ask(order::Command::Place(placement)).expect("an order has one session");
            }
            Message::AttemptEnded { attempt, outcome } => {
                let (number, now) = (attempt.number, self.now);
                let ended = Command::AttemptEnded { attempt: number, outcome, now };
                self.session(attempt.session).ask(ended).expect("the attempt was made");
            }
            Message::ConfirmReleased { attempt } => {
                let confirm = Command::ConfirmReleased { attempt };
                self.session(attempt.session).ask(confirm).expect("a repeat is no refusal");
            }
            Message::ConfirmSettled { session } => {
                let confirm = Command::ConfirmSettled;
                self.session(session).ask(confirm).expect("a repeat is no refusal");
            }
        }
    }

    /// Everything that is owed is carried out, until nobody owes anything.
    pub fn finish(&mut self) {
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            while session::owes(&self.session(id).state) {
                assert!(self.carry_out(id, &mut FOREVER.clone()).is_ok(), "nothing takes forever");
            }
        }
    }
}
