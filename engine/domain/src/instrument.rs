//! The payment instrument: where the money of a purchase is, and how far its payments have come.
//!
//! Why: a processor may be asked twice and answer late. The instrument writes what it is about to
//! ask before it asks, and what it heard before it tells, each under the attempt's id.
//! Promise: one attempt is reserved at most once and captured at most once; what is unknown is
//! asked again, never guessed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decline::DeclineReason;
use crate::ids::AttemptId;
use crate::money::{CurrencyCode, MinorUnits};

/// All payments that were tried with one instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    pub payments: BTreeMap<AttemptId, Payment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub amount: MinorUnits,
    pub currency: CurrencyCode,
    pub progress: Progress,
}

/// What is known of a payment. `Reserving` and `Capturing` are questions still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    Reserving,
    Declined(DeclineReason),
    Reserved,
    Capturing,
    Captured,
    /// The processor reserved the money and then refused to capture it: an operator's matter.
    CaptureRefused(DeclineReason),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Reserve {
        attempt: AttemptId,
        amount: MinorUnits,
        currency: CurrencyCode,
    },
    /// What the processor said to a reservation.
    ReserveAnswered {
        attempt: AttemptId,
        answer: Result<(), DeclineReason>,
    },
    Capture {
        attempt: AttemptId,
    },
    /// What the processor said to a capture.
    CaptureAnswered {
        attempt: AttemptId,
        answer: Result<(), DeclineReason>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    ReservationStarted { attempt: AttemptId, amount: MinorUnits, currency: CurrencyCode },
    Reserved { attempt: AttemptId },
    Declined { attempt: AttemptId, reason: DeclineReason },
    CaptureStarted { attempt: AttemptId },
    Captured { attempt: AttemptId },
    CaptureRefused { attempt: AttemptId, reason: DeclineReason },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the attempt is known for another amount")]
    AmountDiffers,
    #[error("the attempt has reserved nothing")]
    NotReserved,
    #[error("the attempt is not known")]
    AttemptUnknown,
}

/// A question for the processor, safe to repeat under its attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Reserve { attempt: AttemptId, amount: MinorUnits, currency: CurrencyCode },
    Capture { attempt: AttemptId, amount: MinorUnits, currency: CurrencyCode },
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal: whoever
/// asks reads the payment's progress.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(instrument: &Instrument, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Reserve { attempt, amount, currency } => match instrument.payments.get(&attempt) {
            None => Ok(vec![Event::ReservationStarted { attempt, amount, currency }]),
            Some(known) if (known.amount, known.currency) == (amount, currency) => Ok(vec![]),
            Some(_) => Err(Rejection::AmountDiffers),
        },
        Command::ReserveAnswered { attempt, answer } => match instrument.progress(attempt)? {
            Progress::Reserving => Ok(vec![match answer {
                Ok(()) => Event::Reserved { attempt },
                Err(reason) => Event::Declined { attempt, reason },
            }]),
            _ => Ok(vec![]), // heard before
        },
        Command::Capture { attempt } => match instrument.progress(attempt)? {
            Progress::Reserved => Ok(vec![Event::CaptureStarted { attempt }]),
            Progress::Capturing | Progress::Captured | Progress::CaptureRefused(_) => Ok(vec![]),
            Progress::Reserving | Progress::Declined(_) => Err(Rejection::NotReserved),
        },
        Command::CaptureAnswered { attempt, answer } => match instrument.progress(attempt)? {
            Progress::Capturing => Ok(vec![match answer {
                Ok(()) => Event::Captured { attempt },
                Err(reason) => Event::CaptureRefused { attempt, reason },
            }]),
            Progress::Captured | Progress::CaptureRefused(_) => Ok(vec![]),
            Progress::Reserving | Progress::Declined(_) | Progress::Reserved => {
                Err(Rejection::NotReserved)
            }
        },
    }
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(instrument: &mut Instrument, event: &Event) {
    match *event {
        Event::ReservationStarted { attempt, amount, currency } => {
            let payment = Payment { amount, currency, progress: Progress::Reserving };
            let before = instrument.payments.insert(attempt, payment);
            assert!(before.is_none(), "an attempt is reserved at most once");
        }
        Event::Reserved { attempt } => {
            instrument.advance(attempt, Progress::Reserving, Progress::Reserved);
        }
        Event::Declined { attempt, reason } => {
            instrument.advance(attempt, Progress::Reserving, Progress::Declined(reason));
        }
        Event::CaptureStarted { attempt } => {
            instrument.advance(attempt, Progress::Reserved, Progress::Capturing);
        }
        Event::Captured { attempt } => {
            instrument.advance(attempt, Progress::Capturing, Progress::Captured);
        }
        Event::CaptureRefused { attempt, reason } => {
            instrument.advance(attempt, Progress::Capturing, Progress::CaptureRefused(reason));
        }
    }
}

/// The questions the processor has not answered yet, oldest attempt first.
pub fn pending(instrument: &Instrument) -> Vec<Effect> {
    let question = |(attempt, payment): (&AttemptId, &Payment)| {
        let (attempt, amount, currency) = (*attempt, payment.amount, payment.currency);
        match payment.progress {
            Progress::Reserving => Some(Effect::Reserve { attempt, amount, currency }),
            Progress::Capturing => Some(Effect::Capture { attempt, amount, currency }),
            Progress::Declined(_)
            | Progress::Reserved
            | Progress::Captured
            | Progress::CaptureRefused(_) => None,
        }
    };
    instrument.payments.iter().filter_map(question).collect()
}

/// Whether [`pending`] has anything to say.
pub fn owes(instrument: &Instrument) -> bool {
    let open = |p: &Payment| matches!(p.progress, Progress::Reserving | Progress::Capturing);
    instrument.payments.values().any(open)
}

impl Instrument {
    /// # Errors
    /// [`Rejection::AttemptUnknown`].
    pub fn progress(&self, attempt: AttemptId) -> Result<Progress, Rejection> {
        self.payments.get(&attempt).map(|p| p.progress).ok_or(Rejection::AttemptUnknown)
    }

    fn advance(&mut self, attempt: AttemptId, from: Progress, to: Progress) {
        let payment = self.payments.get_mut(&attempt).expect("the attempt was started");
        assert_eq!(payment.progress, from, "a payment goes forward, one step at a time");
        payment.progress = to;
    }
}
