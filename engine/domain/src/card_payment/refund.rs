//! Money that goes back to the holder, in one part of several.

use serde::{Deserialize, Serialize};

use super::told::{LineKind, RawResult, Subject};
use super::{CardPayment, Effect, Event, Moved, Rejection};
use crate::ids::{MovementId, ReferenceNumber, RefundId, RequestId};
use crate::money::Micros;
use crate::time::Timestamp;

/// Refunds of one capture, failed ones included: its state has to fit a record.
pub const REFUNDS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub request: RequestId,
    /// Counted from 1 within the payment.
    pub number: u32,
    pub amount: Micros,
    pub asked_at: Timestamp,
    pub progress: RefundProgress,
    /// The acquirer reference number.
    pub reference: Option<ReferenceNumber>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundProgress {
    Asking,
    Refunded,
    Failed(RefundDecline),
    /// It had succeeded, and the issuer undid it.
    Reversed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum RefundDecline {
    #[error("the issuer declined")]
    IssuerDeclined,
    #[error("the card was reported lost or stolen")]
    LostOrStolen,
    #[error("the card is cancelled")]
    CardCancelled,
    #[error("the network does not support it")]
    UnsupportedByNetwork,
    #[error("the money is already going back by a chargeback")]
    ChargebackInPlace,
    #[error("it is too late for a refund")]
    WindowExceeded,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskRefund {
    pub id: RefundId,
    pub request: RequestId,
    pub amount: Micros,
    pub now: Timestamp,
}

impl Refund {
    pub fn is_open(&self) -> bool {
        self.progress == RefundProgress::Asking
    }

    pub fn succeeded(&self) -> bool {
        matches!(self.progress, RefundProgress::Refunded | RefundProgress::Reversed)
    }

    /// Whether its amount is taken off what may be refunded: it is given back or will be.
    fn counts(&self) -> bool {
        matches!(self.progress, RefundProgress::Asking | RefundProgress::Refunded)
    }
}

impl CardPayment {
    /// Sets the amount aside before anybody is asked: of two refunds that race, the second sees
    /// what the first has left. What a chargeback is already giving back is acknowledged and told
    /// to have failed.
    pub(super) fn decide_refund(&self, ask: AskRefund) -> Result<Vec<Event>, Rejection> {
        let AskRefund { id, request, amount, now } = ask;
        if let Some(known) = self.refunds.get(&id) {
            let again = known.amount == amount;
            return if again { Ok(vec![]) } else { Err(Rejection::RequestTaken) };
        }
        if !self.is_captured() {
            return Err(Rejection::NotCaptured);
        }
        self.checked(amount).map_err(|why| match why {
            Rejection::Fractional(currency) => Rejection::FractionalRefund(currency),
            other => other,
        })?;
        let left = self.unrefunded();
        if amount > left {
            return Err(Rejection::RefundExceedsRemainder { left });
        }
        if self.refunds.len() >= REFUNDS_MAX {
            return Err(Rejection::TooMany);
        }
        let contested = amount > self.remainder();
        let asked = Event::RefundAsked { id, request, amount, at: now };
        let failed = contested.then(|| Event::RefundConcluded {
            refund: id,
            outcome: Err(RefundDecline::ChargebackInPlace),
            raw: self.raw("40"),
            at: now,
        });
        Ok([asked].into_iter().chain(failed).collect())
    }

    pub(super) fn refund_concluded(
        &self,
        refund: RefundId,
        outcome: Result<(), RefundDecline>,
        raw: RawResult,
        reference: Option<ReferenceNumber>,
        now: Timestamp,
    ) -> Vec<Event> {
        if !self.refunds.get(&refund).is_some_and(Refund::is_open) {
            return vec![];
        }
        let referenced = reference.filter(|_| outcome.is_ok()).map(|number| Event::Referenced {
            of: Moved::Refund(refund),
            number,
            at: now,
        });
        let concluded = Event::RefundConcluded { refund, outcome, raw, at: now };
        [concluded].into_iter().chain(referenced).collect()
    }

    /// Whoever hears no answer says it again: a refund is undone once.
    pub(super) fn decide_reversal(
        &self,
        refund: RefundId,
        raw: RawResult,
        now: Timestamp,
    ) -> Result<Vec<Event>, Rejection> {
        raw.checked()?;
        match self.refunds.get(&refund).map(|refund| refund.progress) {
            Some(RefundProgress::Refunded) => {
                Ok(vec![Event::RefundReversed { refund, raw, at: now }])
            }
            Some(RefundProgress::Reversed) => Ok(vec![]),
            Some(RefundProgress::Asking | RefundProgress::Failed(_)) | None => {
                Err(Rejection::NotRefunded)
            }
        }
    }

    pub(super) fn apply_refund_asked(
        &mut self,
        id: RefundId,
        request: &RequestId,
        amount: Micros,
        at: Timestamp,
    ) {
        let number = u32::try_from(self.refunds.len() + 1).expect("refunds are bounded");
        let (request, progress) = (request.clone(), RefundProgress::Asking);
        let refund = Refund { request, number, amount, asked_at: at, progress, reference: None };
        let before = self.refunds.insert(id, refund);
        assert!(before.is_none(), "a refund is asked for once");
    }

    pub(super) fn apply_refund_concluded(
        &mut self,
        id: RefundId,
        outcome: Result<(), RefundDecline>,
        raw: &RawResult,
        at: Timestamp,
    ) {
        let refund = self.refunds.get_mut(&id).expect("a refund is asked for first");
        assert!(refund.is_open(), "what is concluded never changes");
        refund.progress = match outcome {
            Ok(()) => RefundProgress::Refunded,
            Err(why) => RefundProgress::Failed(why),
        };
        let (request, amount) = (refund.request.clone(), refund.amount);
        let line = outcome.is_ok().then_some(LineKind::Refund);
        let line = line.map(|kind| self.line(kind, request.clone(), amount, at));
        let subject = Subject::Refunded { request, refund: id, outcome, raw: raw.clone() };
        self.tell(Some(subject), line);
    }

    pub(super) fn apply_refund_reversed(&mut self, id: RefundId, raw: &RawResult, at: Timestamp) {
        let refund = self.refunds.get_mut(&id).expect("a refund is asked for first");
        refund.progress = RefundProgress::Reversed;
        let (request, amount) = (refund.request.clone(), refund.amount);
        let line = self.line(LineKind::RefundReversal, request.clone(), amount, at);
        let subject = Subject::RefundReversed { request, amount, raw: raw.clone() };
        self.tell(Some(subject), Some(line));
    }

    /// What the acquirer is still to be asked, in the order in which it was asked for.
    pub(super) fn refunds_owed(&self) -> Vec<Effect> {
        let mut open: Vec<_> = self.refunds.iter().filter(|(_, refund)| refund.is_open()).collect();
        open.sort_by_key(|(_, refund)| refund.number);
        let owed = open.into_iter().map(|(id, refund)| Effect::Refund {
            movement: MovementId(id.0),
            of: self.taken_by(),
            payment: self.id,
            refund: *id,
            request: refund.request.clone(),
            terms: Box::new(self.terms.clone()),
            amount: refund.amount,
            at: refund.asked_at,
        });
        owed.collect()
    }

    pub(super) fn is_captured(&self) -> bool {
        self.capture.as_ref().is_some_and(|capture| capture.outcome == Some(Ok(())))
    }

    /// What was captured and not given back by us.
    pub(super) fn unrefunded(&self) -> Micros {
        let taken = self.refunds.values().filter(|refund| refund.counts());
        taken.fold(self.amounts.captured, |left, refund| left - refund.amount)
    }

    pub(super) fn refunds_under_way(&self) -> Micros {
        let open = self.refunds.values().filter(|refund| refund.is_open());
        open.fold(Micros::ZERO, |sum, refund| sum + refund.amount)
    }
}
