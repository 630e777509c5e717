//! The checkout session: what is being bought, by whom, where to, and how far paying has come.
//!
//! Why: a session is a promise about one purchase. Its facts are kept, its status is derived from
//! them, and every change is an event that says who asked and what it cost then.
//! Promise: a session is charged by at most one attempt at a time and completes at most once;
//! once completed or cancelled it never changes again, save that what it owes is carried out.
//! Left out: the credential. It passes by in the shell's keeping and never enters this crate.

mod complete;
mod contents;
mod status;
mod update;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use complete::{AttemptOutcome, Complete};
pub use contents::{
    Buyer, CODES_MAX, Change, Changes, Consent, Contents, DESTINATIONS_MAX, Destination,
    DestinationWanted, Group, GroupWanted, INSTRUMENTS_MAX, InstrumentShown, LINES_MAX, Line,
    LineWanted, List, METHODS_MAX, Method, MethodKind, MethodWanted, PaymentShown, Quantity,
};
pub use status::{Problem, Status};

use crate::asked::Asked;
use crate::decline::DeclineReason;
use crate::ids::{AttemptId, InstrumentId, LineId, MethodId, OrderId, ProductId, SessionId};
use crate::market::Market;
use crate::money::{CurrencyCode, MinorUnits};
use crate::order::Placement;
use crate::pricing::{PricingError, Quote};
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of session events folds into; `None` before the first.
pub type State = Option<Session>;

/// A session that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    /// Whoever opened it, and nobody else, may see and change it.
    pub caller: Text,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub contents: Contents,
    pub quote: Quote,
    /// What the last write has to tell, besides what can be derived.
    pub notices: Vec<Notice>,
    /// Attempts at paying that were accepted so far.
    pub attempts: u32,
    pub phase: Phase,
    /// Holds of declined attempts that are still to be given back, oldest first.
    pub releases_owed: Vec<Release>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// `declined`: how the last attempt at these contents ended, if it did.
    Open {
        declined: Option<DeclineReason>,
    },
    Completing(Attempt),
    /// `settled` once money is captured, goods are sold and the order is placed.
    Completed {
        attempt: Attempt,
        at: Timestamp,
        settled: bool,
    },
    Cancelled {
        why: CancelReason,
        at: Timestamp,
    },
}

/// One accepted attempt at paying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub instrument: InstrumentId,
    pub order: OrderId,
    pub accepted_at: Timestamp,
    /// Whom to answer under which key, until somebody was answered.
    pub asked: Option<Asked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CancelReason {
    Asked,
    Expired,
}

/// Units of a declined attempt to be given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub attempt: AttemptId,
    pub products: Vec<ProductId>,
}

/// What a write did that the caller must hear of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// The asked option is not offered; what was chosen before stays.
    OptionUnknown { method: usize, group: usize, asked: Text },
    /// The asked destination does not exist; what was chosen before stays.
    DestinationUnknown { method: usize, asked: Text },
    /// The chosen option is not offered any more; the default was chosen.
    OptionReplaced { method: usize, group: usize, was: Text },
    /// What is to be paid has changed since the session was last written; nothing was charged.
    TotalsChanged { was: MinorUnits, now: MinorUnits },
}

pub enum Command {
    Create(Box<Create>),
    Update(Box<Update>),
    Complete(Box<Complete>),
    Cancel {
        caller: Text,
        now: Timestamp,
    },
    /// Reads: decides nothing, but only for the caller.
    Look {
        caller: Text,
    },
    Expire {
        now: Timestamp,
    },
    /// Stock and instrument have spoken on an attempt.
    AttemptEnded {
        attempt: u32,
        outcome: AttemptOutcome,
        now: Timestamp,
    },
    /// The deadline came before the outcome: the asker was told to look again.
    LeaveAsker {
        attempt: u32,
    },
    /// The holds of a declined attempt are given back.
    ConfirmReleased {
        attempt: AttemptId,
    },
    /// Captured, sold and placed: nothing is owed any more.
    ConfirmSettled,
}

pub struct Create {
    pub id: SessionId,
    pub caller: Text,
    pub changes: Changes,
    pub market: Arc<dyn Market>,
    pub now: Timestamp,
    /// How long the session lives if it is not completed.
    pub lives: Duration,
}

pub struct Update {
    pub caller: Text,
    pub changes: Changes,
    pub market: Arc<dyn Market>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Created(Box<Created>),
    Updated {
        contents: Box<Contents>,
        quote: Box<Quote>,
        notices: Vec<Notice>,
        at: Timestamp,
    },
    CompletionAccepted {
        attempt: Box<Attempt>,
        shown: Box<InstrumentShown>,
    },
    AskerLeft {
        attempt: u32,
    },
    /// Some products ran short; what was held is owed back.
    StockRefused {
        attempt: u32,
        left: Vec<(ProductId, u64)>,
        at: Timestamp,
    },
    PaymentDeclined {
        attempt: u32,
        reason: DeclineReason,
        at: Timestamp,
    },
    Completed {
        attempt: u32,
        at: Timestamp,
    },
    Released {
        attempt: AttemptId,
    },
    Settled,
    Cancelled {
        why: CancelReason,
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    pub id: SessionId,
    pub caller: Text,
    pub contents: Contents,
    pub quote: Quote,
    pub notices: Vec<Notice>,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// The fact that stood in the way. `index` counts from 0 in what the caller sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such checkout session")]
    NotFound,
    #[error("the checkout session already exists")]
    AlreadyExists,
    #[error("the checkout session was completed already")]
    AlreadyCompleted,
    #[error("the checkout session was canceled")]
    AlreadyCancelled,
    #[error("the checkout session has expired")]
    Expired,
    #[error("a payment is in progress; read the checkout session to learn how it ends")]
    InProgress,
    #[error("the checkout session is not ready to complete")]
    NotReady,
    #[error("at least one line item is needed")]
    NoLines,
    #[error("item `{product}` is not sold here")]
    ItemUnknown { index: usize, product: ProductId },
    #[error("item `{product}` is on more than one line; raise the quantity instead")]
    LineDuplicate { index: usize, product: ProductId },
    #[error("line item `{line}` is not part of this checkout session")]
    LineUnknown { index: usize, line: LineId },
    #[error("line item `{line}` is named twice")]
    LineNamedTwice { index: usize, line: LineId },
    #[error("item `{product}` is sold in {sold_in}, not in {asked}")]
    CurrencyDiffers { index: usize, product: ProductId, sold_in: CurrencyCode, asked: CurrencyCode },
    #[error("the checkout session is in {kept}; its currency cannot change to {asked}")]
    CurrencyFixed { kept: CurrencyCode, asked: CurrencyCode },
    #[error("none of the items is in stock")]
    NothingInStock,
    #[error("fulfillment method `{id}` is not part of this checkout session")]
    MethodUnknown { index: usize, id: MethodId },
    #[error("a fulfillment group of this id is not part of the method")]
    GroupUnknown { method: usize, index: usize },
    #[error("line item `{line}` of a fulfillment method is not part of this checkout session")]
    MethodLineUnknown { method: usize, line: LineId },
    #[error("a fulfillment method is `shipping` or `pickup`")]
    MethodKindMissing { index: usize },
    #[error("a destination of this id is named twice")]
    DestinationNamedTwice { method: usize, index: usize },
    #[error("at most {max} {list} can be given")]
    TooMany { list: List, max: usize },
    #[error("the checkout session was changed too often; open a new one")]
    IdsExhausted,
    #[error("the amounts are too large")]
    AmountTooLarge,
    #[error("payment handler `{handler}` is not offered")]
    HandlerUnknown { handler: Text },
    #[error("the attempt is not the one in progress")]
    AttemptUnknown,
}

impl From<PricingError> for Rejection {
    fn from(PricingError: PricingError) -> Self {
        Self::AmountTooLarge
    }
}

/// What a session still owes to the world, to be carried out in this order. Each is safe to
/// repeat: its receivers know the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Give back what a declined attempt held.
    Release(Release),
    /// Hold the units, then reserve the money; answer with [`Command::AttemptEnded`].
    Attempt {
        attempt: AttemptId,
        units: Vec<(ProductId, u64)>,
        instrument: InstrumentId,
        amount: MinorUnits,
        currency: CurrencyCode,
    },
    /// Capture the money, sell the units and place the order; answer with
    /// [`Command::ConfirmSettled`].
    Settle { attempt: AttemptId, instrument: InstrumentId, order: Box<Placement> },
}

/// Says what would happen, and changes nothing.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    match (command, state) {
        (Command::Create(create), None) => update::create(*create),
        (Command::Create(_), Some(_)) => Err(Rejection::AlreadyExists),
        (_, None) => Err(Rejection::NotFound),
        (Command::Update(update), Some(session)) => {
            session.check_caller(&update.caller)?;
            session.check_open(update.now)?;
            update::update(session, *update)
        }
        (Command::Complete(asked), Some(session)) => {
            session.check_caller(&asked.caller)?;
            session.check_open(asked.now)?;
            complete::complete(session, *asked)
        }
        (Command::Cancel { caller, now }, Some(session)) => {
            session.check_caller(&caller)?;
            session.check_open(now)?;
            Ok(vec![Event::Cancelled { why: CancelReason::Asked, at: now }])
        }
        (Command::Look { caller }, Some(session)) => {
            session.check_caller(&caller)?;
            Ok(vec![])
        }
        (Command::Expire { now }, Some(session)) => Ok(session.expire(now)),
        (Command::AttemptEnded { attempt, outcome, now }, Some(session)) => {
            complete::end(session, attempt, outcome, now)
        }
        (Command::LeaveAsker { attempt }, Some(session)) => Ok(session.leave_asker(attempt)),
        (Command::ConfirmReleased { attempt }, Some(session)) => Ok(session.released(attempt)),
        (Command::ConfirmSettled, Some(session)) => Ok(session.settled()),
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Created(created) = event {
        assert!(state.is_none(), "a session is created once");
        created.quote.assert_adds_up();
        *state = Some(Session::of(created));
        return;
    }
    let session = state.as_mut().expect("a session is created before anything happens to it");
    match event {
        Event::Created(_) => unreachable!("handled above"),
        Event::Updated { contents, quote, notices, .. } => {
            session.contents = Contents::clone(contents);
            session.quote = Quote::clone(quote);
            session.notices.clone_from(notices);
            session.phase = Phase::Open { declined: None };
        }
        Event::CompletionAccepted { attempt, shown } => {
            session.attempts = attempt.number;
            session.notices.clear();
            session.contents.payment.show(InstrumentShown::clone(shown));
            session.phase = Phase::Completing(Attempt::clone(attempt));
        }
        Event::AskerLeft { attempt } => session.completing(*attempt).asked = None,
        Event::StockRefused { attempt, left, .. } => {
            session.owe_release(*attempt);
            session.contents.mark_short(left);
            session.phase = Phase::Open { declined: None };
        }
        Event::PaymentDeclined { attempt, reason, .. } => {
            session.owe_release(*attempt);
            session.phase = Phase::Open { declined: Some(*reason) };
        }
        Event::Completed { attempt, at } => {
            let attempt = Attempt { asked: None, ..session.completing(*attempt).clone() };
            session.phase = Phase::Completed { attempt, at: *at, settled: false };
        }
        Event::Released { attempt } => session.releases_owed.retain(|r| r.attempt != *attempt),
        Event::Settled => match &mut session.phase {
            Phase::Completed { settled, .. } => *settled = true,
            _ => unreachable!("only a completed session is settled"),
        },
        Event::Cancelled { why, at } => {
            session.phase = Phase::Cancelled { why: *why, at: *at };
        }
    }
    session.quote.assert_adds_up();
}

/// What the session still owes. A restart asks again and gets the same answer, so work in flight
/// needs no second record.
pub fn pending(state: &State) -> Vec<Effect> {
    let Some(session) = state else { return vec![] };
    let mut owed: Vec<Effect> =
        session.releases_owed.iter().cloned().map(Effect::Release).collect();
    match &session.phase {
        Phase::Completing(attempt) => owed.push(Effect::Attempt {
            attempt: session.attempt_id(attempt.number),
            units: session.contents.units(),
            instrument: attempt.instrument,
            amount: session.quote.total,
            currency: session.contents.currency,
        }),
        Phase::Completed { attempt, at, settled: false } => {
            owed.push(session.settlement(attempt, *at));
        }
        Phase::Completed { settled: true, .. } | Phase::Open { .. } | Phase::Cancelled { .. } => {}
    }
    owed
}

/// Whether [`pending`] has anything to say, at no cost.
pub fn owes(state: &State) -> bool {
    let Some(session) = state else { return false };
    let phase = match session.phase {
        Phase::Completing(_) | Phase::Completed { settled: false, .. } => true,
        Phase::Completed { settled: true, .. } | Phase::Open { .. } | Phase::Cancelled { .. } => {
            false
        }
    };
    phase || !session.releases_owed.is_empty()
}

/// When the session expires, if it is still open then. Nothing is owed then and nobody has to be
/// told: whoever looks at it first makes it so.
pub fn expires(state: &State) -> Option<Timestamp> {
    let session = state.as_ref()?;
    matches!(session.phase, Phase::Open { .. }).then_some(session.expires_at)
}

impl Session {
    fn of(created: &Created) -> Self {
        Self {
            id: created.id,
            caller: created.caller.clone(),
            opened_at: created.at,
            expires_at: created.expires_at,
            contents: created.contents.clone(),
            quote: created.quote.clone(),
            notices: created.notices.clone(),
            attempts: 0,
            phase: Phase::Open { declined: None },
            releases_owed: vec![],
        }
    }

    /// The attempt in progress, if one is.
    pub fn attempt_in_progress(&self) -> Option<&Attempt> {
        match &self.phase {
            Phase::Completing(attempt) => Some(attempt),
            Phase::Open { .. } | Phase::Completed { .. } | Phase::Cancelled { .. } => None,
        }
    }

    pub fn attempt_id(&self, number: u32) -> AttemptId {
        AttemptId { session: self.id, number }
    }

    /// The session as it would be.
    fn after(&self, event: &Event) -> Self {
        let mut state = Some(self.clone());
        apply(&mut state, event);
        state.expect("no event ends a session's existence")
    }

    /// Another caller's session does not exist for this one.
    fn check_caller(&self, caller: &Text) -> Result<(), Rejection> {
        if self.caller == *caller { Ok(()) } else { Err(Rejection::NotFound) }
    }

    /// Nothing is written once the time is over, whether or not anybody has noticed yet.
    fn check_open(&self, now: Timestamp) -> Result<(), Rejection> {
        match &self.phase {
            Phase::Open { .. } if now >= self.expires_at => Err(Rejection::Expired),
            Phase::Open { .. } => Ok(()),
            Phase::Completing(_) => Err(Rejection::InProgress),
            Phase::Completed { .. } => Err(Rejection::AlreadyCompleted),
            Phase::Cancelled { why: CancelReason::Asked, .. } => Err(Rejection::AlreadyCancelled),
            Phase::Cancelled { why: CancelReason::Expired, .. } => Err(Rejection::Expired),
        }
    }

    /// A session being paid for does not expire: the processor's word decides.
    fn expire(&self, now: Timestamp) -> Vec<Event> {
        match &self.phase {
            Phase::Open { .. } if now >= self.expires_at => {
                vec![Event::Cancelled { why: CancelReason::Expired, at: now }]
            }
            _ => vec![],
        }
    }

    fn leave_asker(&self, attempt: u32) -> Vec<Event> {
        match self.attempt_in_progress() {
            Some(current) if current.number == attempt && current.asked.is_some() => {
                vec![Event::AskerLeft { attempt }]
            }
            _ => vec![],
        }
    }

    fn released(&self, attempt: AttemptId) -> Vec<Event> {
        let owed = self.releases_owed.iter().any(|release| release.attempt == attempt);
        if owed { vec![Event::Released { attempt }] } else { vec![] }
    }

    fn settled(&self) -> Vec<Event> {
        match self.phase {
            Phase::Completed { settled: false, .. } => vec![Event::Settled],
            _ => vec![],
        }
    }

    fn settlement(&self, attempt: &Attempt, at: Timestamp) -> Effect {
        Effect::Settle {
            attempt: self.attempt_id(attempt.number),
            instrument: attempt.instrument,
            order: Box::new(Placement {
                id: attempt.order,
                session: self.id,
                contents: self.contents.clone(),
                quote: self.quote.clone(),
                at,
            }),
        }
    }

    fn completing(&mut self, number: u32) -> &mut Attempt {
        match &mut self.phase {
            Phase::Completing(attempt) if attempt.number == number => attempt,
            _ => unreachable!("only the attempt in progress ends"),
        }
    }

    fn owe_release(&mut self, number: u32) {
        let products = self.contents.units().into_iter().map(|(product, _)| product).collect();
        self.releases_owed.push(Release { attempt: self.attempt_id(number), products });
    }
}
