//! Completing: from the caller's wish to the outcome of an attempt.

use std::sync::Arc;

use super::update;
use super::{Asked, Attempt, Event, InstrumentShown, Notice, Rejection, Session};
use crate::decline::DeclineReason;
use crate::ids::{InstrumentId, OrderId, ProductId};
use crate::market::Market;
use crate::text::Text;
use crate::time::Timestamp;

/// The caller wants the session paid for with this instrument.
pub struct Complete {
    pub caller: Text,
    /// Where the credential's money is.
    pub instrument: InstrumentId,
    /// The instrument as it may be shown afterwards.
    pub shown: InstrumentShown,
    /// The id of the order, should this attempt succeed.
    pub order: OrderId,
    pub asked: Option<Asked>,
    pub market: Arc<dyn Market>,
    pub now: Timestamp,
}

/// How an attempt ended, once stock and instrument have spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The money is reserved: the session is completed.
    Reserved,
    Declined(DeclineReason),
    /// These products have fewer units left than the session needs.
    OutOfStock(Vec<(ProductId, u64)>),
}

/// Looks at everything once more before any money moves. What has changed since the last write
/// is written; what the caller must know of it is told instead of charged.
pub(super) fn complete(session: &Session, asked: Complete) -> Result<Vec<Event>, Rejection> {
    if !asked.market.takes_handler(&asked.shown.handler_id) {
        return Err(Rejection::HandlerUnknown { handler: asked.shown.handler_id });
    }
    let mut events = vec![];
    let mut fresh = update::requote(session, &asked.market, asked.now)?;
    if !session.releases_owed.is_empty() {
        // What a declined attempt of this very session still holds looks sold to the market. It
        // is given back before the next attempt holds, and that hold has the last word.
        fresh.contents.mark_short(&[]);
    }
    if fresh.quote.total != session.quote.total {
        fresh
            .notices
            .push(Notice::TotalsChanged { was: session.quote.total, now: fresh.quote.total });
    }
    if fresh.contents != session.contents || fresh.quote != session.quote {
        let news = !fresh.notices.is_empty();
        let unanswered = session.notices.iter().filter(|notice| notice.problem().is_some());
        fresh.notices.splice(..0, unanswered.cloned());
        let event = fresh.into_event(asked.now);
        if news || session.after(&event).is_blocked() {
            return Ok(vec![event]);
        }
        events.push(event); // a new picture or title, more in stock: nothing to ask about
    } else if session.is_blocked() {
        return Err(Rejection::NotReady);
    }
    let attempt = Attempt {
        number: session.attempts + 1,
        instrument: asked.instrument,
        order: asked.order,
        accepted_at: asked.now,
        asked: asked.asked,
    };
    let shown = Box::new(asked.shown);
    events.push(Event::CompletionAccepted { attempt: Box::new(attempt), shown });
    Ok(events)
}

/// An outcome counts once, and only for the attempt in progress: a repeat changes nothing.
pub(super) fn end(
    session: &Session,
    number: u32,
    outcome: AttemptOutcome,
    now: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    match session.attempt_in_progress() {
        Some(attempt) if attempt.number == number => {}
        _ if number <= session.attempts => return Ok(vec![]), // ended before
        _ => return Err(Rejection::AttemptUnknown),
    }
    Ok(vec![match outcome {
        AttemptOutcome::Reserved => Event::Completed { attempt: number, at: now },
        AttemptOutcome::Declined(reason) => {
            Event::PaymentDeclined { attempt: number, reason, at: now }
        }
        AttemptOutcome::OutOfStock(left) => Event::StockRefused { attempt: number, left, at: now },
    }])
}
