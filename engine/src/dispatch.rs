//! Carries out what is owed, as often as it takes.
//!
//! Why: between two entities, and between this process and the processor, an answer can be lost
//! and nothing may be. Every step here is safe to repeat, because its receiver knows the attempt;
//! so a step without an answer is taken again, after a crash too. A time-out is unknown, never
//! declined.
//! Promise: stock is held before money is reserved, money is reserved before the session is
//! completed, and what a completed session owes is repeated until it is done.

pub(crate) mod card_payments;
pub(crate) mod challenges;
pub(crate) mod links;
pub(crate) mod notices;
pub(crate) mod payments;
pub(crate) mod settlements;
pub(crate) mod statements;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::{AttemptId, InstrumentId, ProductId};
use paceline_domain::instrument::{self, Progress};
use paceline_domain::order::{self, Placement};
use paceline_domain::session::{AttemptOutcome, Command, Effect, Release};
use paceline_domain::stock;
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;
use tokio::sync::oneshot;

use crate::entity::{Entity, Instruments, Kind, Orders, Stocks};
use crate::gateway::{Answer, Asking, Charge};
use crate::limits::{RETRIES_BEFORE_OVERDUE, RETRY_FIRST, RETRY_LONGEST};
use crate::metrics::{CallMetrics, Metrics};
use crate::secret::Secret;
use crate::turn::Ask;
use crate::voice::INSIDE;
use crate::world::World;

/// Carries out what a session owes.
pub(crate) async fn carry_out(
    world: &Arc<World>,
    effect: Effect,
    secret: Option<Secret>,
) -> Command {
    match effect {
        Effect::Release(Release { attempt, products }) => {
            release(world, attempt, &products).await;
            Command::ConfirmReleased { attempt }
        }
        Effect::Attempt { attempt, units, instrument, amount, currency } => {
            let outcome = match hold(world, attempt, &units).await {
                Err(left) => AttemptOutcome::OutOfStock(left),
                Ok(()) => {
                    let reserve = instrument::Command::Reserve { attempt, amount, currency };
                    outcome(attempt, pay(world, instrument, reserve, secret).await).await
                }
            };
            Command::AttemptEnded { attempt: attempt.number, outcome, now: world.now() }
        }
        Effect::Settle { attempt, instrument, order } => {
            settle(world, attempt, instrument, order).await;
            Command::ConfirmSettled
        }
    }
}

/// Asks the processor until it answers.
pub(crate) async fn ask_gateway(
    world: &Arc<World>,
    effect: instrument::Effect,
    secret: Option<Secret>,
) -> instrument::Command {
    use instrument::Command::{CaptureAnswered, ReserveAnswered};
    let gateway = &world.gateway;
    match effect {
        instrument::Effect::Reserve { attempt, amount, currency } => {
            let Some(credential) = secret else { credential_lost(world, attempt).await };
            let charge = Charge { attempt, amount, currency };
            let ask = || gateway.reserve(charge, credential.clone());
            ReserveAnswered {
                attempt,
                answer: until_known(world, charge, &world.metrics.reserve, ask).await,
            }
        }
        instrument::Effect::Capture { attempt, amount, currency } => {
            let charge = Charge { attempt, amount, currency };
            let ask = || gateway.capture(charge);
            CaptureAnswered {
                attempt,
                answer: until_known(world, charge, &world.metrics.capture, ask).await,
            }
        }
    }
}

/// Holds the units of every product. If some run short, says how many are left of those; what
/// was held is given back by what the session owes then.
async fn hold(
    world: &Arc<World>,
    attempt: AttemptId,
    units: &[(ProductId, u64)],
) -> Result<(), Vec<(ProductId, u64)>> {
    let tables = world.tables();
    let holding = units.iter().map(|(product, units)| {
        let counted = tables.offer(product).map_or(0, |offer| offer.units);
        let hold = stock::Command::Hold { attempt, units: *units, counted };
        ask::<Stocks>(world, Stocks::stream(product), hold, None, Known::Perhaps)
    });
    let mut short = vec![];
    for ((product, _), held) in units.iter().zip(join_all(holding).await) {
        match held {
            Ok(_) => {}
            Err(stock::Rejection::Short { left }) => short.push((product.clone(), left)),
            // Given back before: nothing is held for this attempt any more.
            Err(stock::Rejection::Settled | stock::Rejection::NotHeld) => {
                short.push((product.clone(), 0));
            }
        }
    }
    if short.is_empty() { Ok(()) } else { Err(short) }
}

async fn release(world: &Arc<World>, attempt: AttemptId, products: &[ProductId]) {
    let releasing = products.iter().map(|product| {
        let release = stock::Command::Release { attempt };
        ask::<Stocks>(world, Stocks::stream(product), release, None, Known::Perhaps)
    });
    join_all(releasing).await;
}

/// Asks the instrument for a step and waits for the processor's word on it, however long.
async fn pay(
    world: &Arc<World>,
    instrument: InstrumentId,
    command: instrument::Command,
    secret: Option<Secret>,
) -> Result<Progress, instrument::Rejection> {
    let known = match command {
        instrument::Command::Reserve { .. } => Known::HardlyYet,
        _ => Known::Perhaps,
    };
    let stream = Kind::Instrument.stream(instrument.0);
    ask::<Instruments>(world, stream, command, secret, known).await
}

/// What the instrument's word on a reservation means to the session. A word that makes no sense
/// concludes nothing: the attempt stays open, for an operator to look at.
async fn outcome(
    attempt: AttemptId,
    reserved: Result<Progress, instrument::Rejection>,
) -> AttemptOutcome {
    match reserved {
        Ok(Progress::Declined(reason)) => AttemptOutcome::Declined(reason),
        Ok(
            Progress::Reserved
            | Progress::Capturing
            | Progress::Captured
            | Progress::CaptureRefused(_),
        ) => AttemptOutcome::Reserved,
        Ok(Progress::Reserving) | Err(_) => {
            tracing::error!(%attempt, ?reserved, "an instrument's word makes no sense");
            std::future::pending().await
        }
    }
}

/// Captures the money, sells the units, places the order.
async fn settle(
    world: &Arc<World>,
    attempt: AttemptId,
    instrument: InstrumentId,
    order: Box<Placement>,
) {
    let captured = pay(world, instrument, instrument::Command::Capture { attempt }, None);
    let selling = order.contents.lines.iter().map(|line| {
        let sell = stock::Command::Sell { attempt };
        ask::<Stocks>(world, Stocks::stream(&line.product), sell, None, Known::Perhaps)
    });
    let stream = Kind::Order.stream(order.id.0);
    let place = order::Command::Place(order.clone());
    let placed = ask::<Orders>(world, stream, place, None, Known::HardlyYet);
    let (captured, sold, placed) = tokio::join!(captured, join_all(selling), placed);
    match captured {
        Ok(Progress::Captured) => {}
        Ok(Progress::CaptureRefused(reason)) => {
            world.metrics.captures_refused.increment(1);
            tracing::error!(%attempt, %reason, "a capture was refused after it was reserved");
        }
        other => tracing::error!(%attempt, ?other, "a capture came to nothing"),
    }
    for error in sold.into_iter().filter_map(Result::err) {
        tracing::error!(%attempt, %error, "a hold is gone before it could be sold");
    }
    if let Err(error) = placed {
        tracing::error!(%attempt, %error, "an order was not placed");
    }
}

/// Asks the processor under one name until it knows.
async fn until_known<'a>(
    world: &World,
    charge: Charge,
    calls: &CallMetrics,
    ask: impl Fn() -> Asking<'a>,
) -> Result<(), DeclineReason> {
    let mut repeats = Repeats::new(&world.metrics);
    loop {
        let began = tokio::time::Instant::now();
        let answer = tokio::time::timeout(world.options.gateway_timeout, ask()).await;
        let answer = answer.unwrap_or(Answer::Unknown);
        calls.seconds.record(began.elapsed());
        calls.answered(answer, charge.amount, charge.currency);
        match answer {
            Answer::Approved => return Ok(()),
            Answer::Declined(reason) => return Err(reason),
            Answer::Unknown => {
                calls.retries.increment(1);
                repeats.wait(|| format!("the processor's word on {}", charge.attempt)).await;
            }
        }
    }
}

/// The key that sealed the credential is not here. Whether the processor was asked is unknown,
/// so nothing may be concluded: the attempt stays open until the key is back.
async fn credential_lost(world: &World, attempt: AttemptId) -> ! {
    let mut repeats = Repeats::new(&world.metrics);
    loop {
        repeats.wait(|| format!("the key that sealed the credential of {attempt}")).await;
    }
}

/// Whether a stream may have been written to before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Perhaps,
    /// Its id was made up for this very command, which writes if there is nothing yet: reading
    /// first would be in vain, save after a crash, and then the log says so.
    HardlyYet,
}

/// Asks another entity until it answers.
pub(crate) async fn ask<E: Entity>(
    world: &Arc<World>,
    stream: StreamId,
    command: E::Command,
    secret: Option<Secret>,
    known: Known,
) -> E::Reply
where
    E::Command: Clone,
{
    let mut repeats = Repeats::new(&world.metrics);
    let mut fresh = known == Known::HardlyYet;
    loop {
        let (reply, answer) = oneshot::channel();
        let ask = Ask {
            command: command.clone(),
            manner: INSIDE,
            keyed: None,
            secret: secret.clone(),
            reply,
            permit: None,
            patience: None,
        };
        E::directory(world).send(world, stream, ask, fresh);
        if let Ok(Ok(answered)) = answer.await {
            return answered.reply;
        }
        fresh = false;
        world.metrics.retry(E::KIND.word());
        repeats.wait(|| format!("{} {stream:?}", E::KIND.word())).await;
    }
}

/// When something is tried again that the world has not been ready for: the later the longer it
/// is owed, at random within half of that, so that not everybody comes back at once.
///
/// - `since`: when it became owed.
pub(crate) fn later(
    world: &World,
    since: Timestamp,
    first: Duration,
    longest: Duration,
) -> Timestamp {
    let now = world.now();
    let owed = Duration::from_millis(now.0.saturating_sub(since.0) / 2);
    let wait = owed.max(first).min(longest).as_millis();
    let wait = wait / 2 + world.surroundings.unguessable() % (wait / 2 + 1);
    now.after(Duration::from_millis(u64::try_from(wait).expect("a wait is shorter than an era")))
}

/// The waits between the repeats of one step: each twice as long as the one before, up to a
/// bound; and a word to the operator when there have been many.
struct Repeats<'a> {
    metrics: &'a Metrics,
    count: u32,
    wait: Duration,
}

impl<'a> Repeats<'a> {
    fn new(metrics: &'a Metrics) -> Self {
        Self { metrics, count: 0, wait: RETRY_FIRST }
    }

    async fn wait(&mut self, what: impl Fn() -> String) {
        self.count += 1;
        if self.count == RETRIES_BEFORE_OVERDUE {
            self.metrics.effects_overdue.increment(1.0);
            tracing::error!(waiting_for = what(), "no answer after many repeats; still asking");
        }
        tokio::time::sleep(self.wait).await;
        self.wait = (self.wait * 2).min(RETRY_LONGEST);
    }
}

impl Drop for Repeats<'_> {
    fn drop(&mut self) {
        if self.count >= RETRIES_BEFORE_OVERDUE {
            self.metrics.effects_overdue.decrement(1.0);
        }
    }
}
