//! Money that goes back to the customer, in one part of several.

use serde::{Deserialize, Serialize};

use super::{Course, Event, Flow, Payment, Progress, Rejection};
use crate::asked::Asked;
use crate::decline::Decline;
use crate::ids::{RefundId, RequestId};
use crate::money::{CurrencyCode, Micros};
use crate::time::Timestamp;

/// Refunds of one capture, declined ones included: a purchase is given back in a few parts, and
/// its state has to fit a record.
pub const REFUNDS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub request: RequestId,
    /// Counted from 1 within the payment.
    pub number: u32,
    pub amount: Micros,
    pub asked_at: Timestamp,
    pub course: Course,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskRefund {
    pub id: RefundId,
    pub request: RequestId,
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub now: Timestamp,
    pub asked: Option<Asked>,
}

impl Refund {
    /// Whether its amount is taken off what may be refunded: it is given back or will be.
    pub fn counts(&self) -> bool {
        !matches!(self.course.progress.outcome(), Some(Err::<(), Decline>(_)))
    }
}

impl Payment {
    /// Sets the amount aside before anybody is asked: of two refunds that race, the second sees
    /// what the first has left.
    pub(super) fn decide_refund(&self, asked: AskRefund) -> Result<Vec<Event>, Rejection> {
        let AskRefund { id, request, amount, currency, now, asked } = asked;
        if let Some(known) = self.refunds.get(&id) {
            let again = known.course.is_for(asked.as_ref());
            return if again { Ok(vec![]) } else { Err(Rejection::RequestTaken) };
        }
        if self.terms.flow == Flow::Disbursement {
            return Err(Rejection::Unknown);
        }
        if self.course.progress.outcome() != Some(Ok(())) {
            return Err(Rejection::NotCaptured);
        }
        if currency != self.terms.currency {
            return Err(Rejection::CurrencyDiffers);
        }
        let left = self.remainder();
        if amount <= Micros::ZERO || amount > left {
            return Err(Rejection::RefundExceedsRemainder { left });
        }
        if self.refunds.len() >= REFUNDS_MAX {
            return Err(Rejection::TooManyRefunds);
        }
        let number = u32::try_from(self.refunds.len() + 1).expect("refunds are bounded");
        let course =
            Course { progress: Progress::Asking { proof: None }, to_be_told: false, asked };
        let refund = Box::new(Refund { request, number, amount, asked_at: now, course });
        Ok(vec![Event::RefundAsked { refund, id, at: now }])
    }
}
