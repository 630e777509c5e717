//! A payment by card: what is set aside, taken, given back and contested.
//!
//! Why: an acquirer may be asked twice and answer late, and Google may ask for the capture, the
//! cancellation and the refunds of one payment at the same moment. All of it is decided here, in one
//! order. A payment writes what it is about to ask before it asks, what it heard before it tells,
//! and what it has to tell before anybody hears of it.
//! Promise: reserved == held + captured + voided; refunded + charged back <= captured; what was once
//! concluded never changes, and each thing that Google is owed is told in one value.
//! Left out: the card's number, which is sealed in `card`; fees, which are the engine's.

mod dispute;
mod messages;
mod refund;
mod reservation;
mod told;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use dispute::{
    CASES_MAX, Case, CaseKind, CaseState, DisputeReason, FRAUDS_MAX, Fraud, OpenCase, Stage,
};
pub use messages::{Authorize, Command, Effect, Event, Moved, Rejection};
pub use refund::{AskRefund, REFUNDS_MAX, Refund, RefundDecline, RefundProgress};
pub use reservation::{AskCapture, AskVoid, Capture, CaptureRefusal, Hold, VOIDS_MAX, Void};
pub use told::{CaseTold, Line, LineKind, RawResult, Subject, Telling};

use crate::asked::Asked;
use crate::authorization::{Approval, LastFour, Network, Verdict};
use crate::ids::{CardId, IntegratorAccountId, MovementId, PaymentId, RefundId, RequestId};
use crate::money::{CurrencyCode, Micros};
use crate::response_code::Failure;
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of these events folds into; `None` before the first.
pub type State = Option<CardPayment>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardPayment {
    pub id: PaymentId,
    pub terms: Terms,
    pub asked_at: Timestamp,
    pub authorization: Authorization,
    /// How often the acquirer was asked under a name of its own: from 1.
    pub attempt: u32,
    /// Whom to answer under which key, until there is an answer.
    pub asked: Option<Asked>,
    pub amounts: Amounts,
    pub hold: Hold,
    pub capture: Option<Capture>,
    pub voids: Vec<Void>,
    pub refunds: BTreeMap<RefundId, Refund>,
    pub cases: Vec<Case>,
    pub frauds: Vec<Fraud>,
    /// What Google and our books are still to be told, in this order.
    pub untold: Vec<Telling>,
    /// How many things there were to tell so far.
    tellings: u32,
}

/// What is to be paid, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub flow: Flow,
    pub integrator: IntegratorAccountId,
    pub request: RequestId,
    pub card: CardId,
    pub network: Option<Network>,
    pub last_four: LastFour,
    /// What is to be reserved or captured; of a verification what we chose to hold.
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub description: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Flow {
    /// Set aside, to be captured or voided by a later request.
    Reserve,
    /// Taken at once, in one message.
    Capture,
    /// The least is set aside, to see whether the card is good.
    Verify,
}

/// What the acquirer said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authorization {
    Asking,
    Approved(Box<Approval>),
    Declined(Box<Verdict>),
    /// Nobody said yes or no, and nothing is held: the request may come again.
    Failed(Failure),
}

/// Where the money is. All of one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    pub reserved: Micros,
    pub held: Micros,
    pub captured: Micros,
    pub voided: Micros,
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal: its key brings
/// the first answer.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let Some(payment) = state else {
        return match command {
            Command::Authorize(authorize) => Ok(begin(*authorize)),
            Command::Authorized { .. } | Command::ConfirmTold { .. } => Ok(vec![]),
            _ => Err(Rejection::Unknown),
        };
    };
    match command {
        Command::Authorize(authorize) => payment.decide_authorize(*authorize),
        Command::Authorized { attempt, answer, now } => {
            Ok(payment.authorized(attempt, answer, now))
        }
        Command::Capture(ask) => payment.decide_capture(ask),
        Command::CaptureConcluded { outcome, raw, reference, now } => {
            Ok(payment.capture_concluded(outcome, raw, reference, now))
        }
        Command::Void(ask) => payment.decide_void(ask),
        Command::VoidConcluded { now } => {
            Ok(if payment.hold == Hold::Voiding { vec![Event::Voided { at: now }] } else { vec![] })
        }
        Command::Lapse { now } => Ok(match payment.hold {
            Hold::Held { expires_at } if expires_at <= now => vec![Event::Lapsed { at: now }],
            _ => vec![],
        }),
        Command::Refund(ask) => payment.decide_refund(ask),
        Command::RefundConcluded { refund, outcome, raw, reference, now } => {
            Ok(payment.refund_concluded(refund, outcome, raw, reference, now))
        }
        Command::ReverseRefund { refund, raw, now } => payment.decide_reversal(refund, raw, now),
        Command::OpenCase(case) => payment.decide_case(case),
        Command::ReverseChargeback { case, raw, reversed_on, now } => {
            payment.decide_chargeback_reversal(case, raw, reversed_on, now)
        }
        Command::Defend { document, now } => payment.decide_defence(document, now),
        Command::ReportFraud { kind, raw, now } => payment.decide_fraud(kind, raw, now),
        Command::Reference { of, number, now } => payment.decide_reference(of, number, now),
        Command::ConfirmTold { number } => {
            let waits = payment.untold.iter().any(|telling| telling.number == number);
            Ok(if waits { vec![Event::Told { number }] } else { vec![] })
        }
        Command::Look => Ok(vec![]),
    }
}

/// A payment that is barred is declined in the same breath.
fn begin(authorize: Authorize) -> Vec<Event> {
    let Authorize { id, terms, barred, now, asked } = authorize;
    let asked = asked.filter(|_| barred.is_none());
    let begun = Event::Asked { id, terms: Box::new(terms), asked, at: now };
    [begun].into_iter().chain(barred.map(|verdict| declined(verdict, now))).collect()
}

fn declined(verdict: Box<Verdict>, at: Timestamp) -> Event {
    Event::Authorized { answer: Authorization::Declined(verdict), at }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Asked { id, terms, asked, at } = event {
        assert!(state.is_none(), "a payment is asked for once");
        *state = Some(CardPayment::new(*id, Terms::clone(terms), asked.clone(), *at));
        return;
    }
    let payment = state.as_mut().expect("a payment begins with being asked for");
    match event {
        Event::Asked { .. } => {}
        Event::AskedAgain { asked, at } => {
            payment.authorization = Authorization::Asking;
            payment.attempt += 1;
            payment.asked.clone_from(asked);
            payment.asked_at = *at;
        }
        Event::Authorized { answer, at } => payment.apply_authorized(answer, *at),
        Event::CaptureAsked { capture, amount, at } => {
            payment.apply_capture_asked(capture, *amount, *at);
        }
        Event::CaptureConcluded { outcome, raw, at } => {
            payment.apply_capture_concluded(*outcome, raw, *at);
        }
        Event::VoidAsked { request, at } => payment.apply_void_asked(request, *at),
        Event::Voided { at } => payment.apply_voided(*at),
        Event::Lapsed { .. } => payment.apply_lapsed(),
        Event::RefundAsked { id, request, amount, at } => {
            payment.apply_refund_asked(*id, request, *amount, *at);
        }
        Event::RefundConcluded { refund, outcome, raw, at } => {
            payment.apply_refund_concluded(*refund, *outcome, raw, *at);
        }
        Event::RefundReversed { refund, raw, at } => {
            payment.apply_refund_reversed(*refund, raw, *at);
        }
        Event::CaseOpened { case } => payment.apply_case(case),
        Event::ChargebackReversed { case, raw, reversed_on, at } => {
            payment.apply_chargeback_reversed(case, raw, *reversed_on, *at);
        }
        Event::Defended { document, at } => payment.apply_defended(*document, *at),
        Event::FraudReported { kind, raw, at } => payment.apply_fraud(kind, raw, *at),
        Event::Referenced { of, number, at } => payment.apply_referenced(*of, number, *at),
        Event::Told { number } => payment.untold.retain(|telling| telling.number != *number),
    }
    payment.assert_conserved();
}

/// What is still to be asked or told: first what somebody waits for, then what is told, which never
/// takes long, then what the acquirer is asked. What ends by itself comes last.
pub fn pending(state: &State) -> Vec<Effect> {
    let Some(payment) = state else { return vec![] };
    let terms = || Box::new(payment.terms.clone());
    let of = payment.authorized_by();
    let mut owed = vec![];
    if payment.authorization == Authorization::Asking {
        let attempt = payment.attempt;
        let (payment, at) = (payment.id, payment.asked_at);
        owed.push(Effect::Authorize { attempt, movement: of, payment, terms: terms(), at });
    }
    owed.extend(payment.untold.iter().map(|telling| Effect::Tell {
        payment: payment.id,
        integrator: payment.terms.integrator.clone(),
        currency: payment.terms.currency,
        telling: Box::new(telling.clone()),
    }));
    if payment.hold == Hold::Voiding {
        let at = payment.voids.last().map_or(payment.asked_at, |void| void.asked_at);
        owed.push(Effect::Void { movement: payment.named(VOID), of, terms: terms(), at });
    }
    if let Some(capture) = payment.capture.as_ref().filter(|capture| capture.outcome.is_none()) {
        let (amount, at, request) = (capture.amount, capture.asked_at, capture.request.clone());
        let (movement, payment) = (payment.taken_by(), payment.id);
        owed.push(Effect::Capture { movement, of, payment, request, terms: terms(), amount, at });
    }
    owed.extend(payment.refunds_owed());
    if let Hold::Held { expires_at } = payment.hold {
        owed.push(Effect::Lapse { expires_at });
    }
    owed
}

/// Whether [`pending`] has anything to say.
pub fn owes(state: &State) -> bool {
    state.as_ref().is_some_and(|payment| {
        payment.authorization == Authorization::Asking
            || matches!(payment.hold, Hold::Held { .. } | Hold::Voiding)
            || payment.capture.as_ref().is_some_and(|capture| capture.outcome.is_none())
            || payment.refunds.values().any(Refund::is_open)
            || !payment.untold.is_empty()
    })
}

/// When a reservation lapses, if nothing else is owed before.
pub fn sleeps_until(state: &State) -> Option<Timestamp> {
    match pending(state).as_slice() {
        [Effect::Lapse { expires_at }] => Some(*expires_at),
        _ => None,
    }
}

/// Whether a reservation's time has come, unnoticed so far.
pub fn has_lapsed(state: &State, now: Timestamp) -> bool {
    let hold = state.as_ref().map(|payment| payment.hold);
    matches!(hold, Some(Hold::Held { expires_at }) if expires_at <= now)
}

impl CardPayment {
    fn new(id: PaymentId, terms: Terms, asked: Option<Asked>, at: Timestamp) -> Self {
        Self {
            id,
            terms,
            asked_at: at,
            authorization: Authorization::Asking,
            attempt: 1,
            asked,
            amounts: Amounts::default(),
            hold: Hold::None,
            capture: None,
            voids: vec![],
            refunds: BTreeMap::new(),
            cases: vec![],
            frauds: vec![],
            untold: vec![],
            tellings: 0,
        }
    }

    /// While it is open, only the question that began it may wait for its outcome. Whether another
    /// is a repeat of that only its key tells.
    fn decide_authorize(&self, again: Authorize) -> Result<Vec<Event>, Rejection> {
        let Authorize { terms, barred, now, asked, .. } = again;
        if terms != self.terms {
            return Err(Rejection::RequestTaken);
        }
        match self.authorization {
            Authorization::Failed(_) => {
                let asked =
                    Event::AskedAgain { asked: asked.filter(|_| barred.is_none()), at: now };
                Ok([asked]
                    .into_iter()
                    .chain(barred.map(|verdict| declined(verdict, now)))
                    .collect())
            }
            Authorization::Asking if self.asked != asked => Err(Rejection::RequestTaken),
            Authorization::Asking | Authorization::Approved(_) | Authorization::Declined(_) => {
                Ok(vec![])
            }
        }
    }

    /// The question that is still to be answered.
    pub fn open_question(&self) -> Option<&Asked> {
        self.asked.as_ref().filter(|_| self.authorization == Authorization::Asking)
    }

    fn authorized(&self, attempt: u32, answer: Authorization, now: Timestamp) -> Vec<Event> {
        let awaited = self.authorization == Authorization::Asking && self.attempt == attempt;
        let told = answer != Authorization::Asking;
        if awaited && told { vec![Event::Authorized { answer, at: now }] } else { vec![] }
    }

    fn apply_authorized(&mut self, answer: &Authorization, at: Timestamp) {
        assert_eq!(self.authorization, Authorization::Asking, "what is concluded never changes");
        self.authorization = answer.clone();
        self.asked = None;
        let Authorization::Approved(approval) = answer else { return };
        let amount = self.terms.amount;
        self.amounts.reserved = amount;
        match self.terms.flow {
            Flow::Reserve | Flow::Verify => {
                self.amounts.held = amount;
                self.hold = Hold::Held { expires_at: approval.expires_at };
            }
            Flow::Capture => {
                self.amounts.captured = amount;
                let capture = self.terms.request.clone();
                self.capture = Some(Capture::at_once(capture, amount, at));
                self.tell_books(LineKind::Capture, self.terms.request.clone(), amount, at);
            }
        }
    }

    /// The name under which the acquirer knows what holds the money, or has taken it at once.
    pub fn authorized_by(&self) -> MovementId {
        self.named(ATTEMPTS_FROM + u128::from(self.attempt))
    }

    /// The name of the movement that took the money.
    fn taken_by(&self) -> MovementId {
        match self.terms.flow {
            Flow::Capture => self.authorized_by(),
            Flow::Reserve | Flow::Verify => self.named(CAPTURE),
        }
    }

    /// A name that belongs to this payment alone: its own is a hash, so that a step away from it is
    /// nobody else's.
    fn named(&self, number: u128) -> MovementId {
        MovementId(self.id.0.wrapping_add(STEP.wrapping_mul(number)))
    }

    /// The whole of what the customer has paid and not been given back, by us or by the issuer.
    pub fn remainder(&self) -> Micros {
        self.unrefunded() - self.charged_back()
    }

    /// Above zero, and a whole number of minor units of the payment's currency, which no request
    /// about it repeats.
    fn checked(&self, amount: Micros) -> Result<(), Rejection> {
        if amount <= Micros::ZERO {
            return Err(Rejection::NothingAsked);
        }
        let currency = self.terms.currency;
        amount.to_minor(currency).map(drop).map_err(|_| Rejection::Fractional(currency))
    }

    /// The invariant of every event, live and on replay.
    fn assert_conserved(&self) {
        let Amounts { reserved, held, captured, voided } = self.amounts;
        assert!(reserved == held + captured + voided, "held, captured and voided are all there is");
        assert!(held >= Micros::ZERO && voided >= Micros::ZERO, "nothing is below zero");
        assert!(self.unrefunded() >= Micros::ZERO, "no more is refunded than was captured");
        // A refund of what is being charged back fails in the event after the one that asks for it.
        let left = self.unrefunded() + self.refunds_under_way() - self.charged_back();
        assert!(left >= Micros::ZERO, "no more is given back than was captured");
    }
}

/// What is named beside the payment: its capture, the end of its hold, and each attempt.
const CAPTURE: u128 = 1;
const VOID: u128 = 2;
const ATTEMPTS_FROM: u128 = 15;

/// Odd, and without a pattern: the golden ratio's fraction.
const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
