//! What is set aside, and how it ends: by a capture, by a cancellation, or by itself.

use serde::{Deserialize, Serialize};

use super::told::{RawResult, Subject};
use super::{Authorization, CardPayment, Event, Flow, LineKind, Moved, Rejection};
use crate::ids::{ReferenceNumber, RequestId};
use crate::money::Micros;
use crate::text::Text;
use crate::time::Timestamp;

/// Cancellations of one reservation: all but the first find nothing to do, and each is told of.
pub const VOIDS_MAX: usize = 100;

/// Whether money is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// Not yet, or never.
    None,
    Held {
        expires_at: Timestamp,
    },
    Capturing,
    Voiding,
    Captured,
    Voided,
    /// Its time was over, or the issuer took it back: [`CardPayment::is_revoked`] tells which.
    Lapsed,
}

/// The one capture of a payment, or the latest that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// What Google calls it by ever after.
    pub request: RequestId,
    pub amount: Micros,
    pub asked_at: Timestamp,
    pub outcome: Option<Result<(), CaptureRefusal>>,
    /// The acquirer reference number.
    pub reference: Option<ReferenceNumber>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum CaptureRefusal {
    #[error("the reservation has lapsed")]
    Lapsed,
    #[error("the issuer has revoked the authorization")]
    Revoked,
}

/// A request to let go of what is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    pub request: RequestId,
    pub asked_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskCapture {
    pub request: RequestId,
    pub amount: Micros,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskVoid {
    pub request: RequestId,
    pub now: Timestamp,
}

impl Capture {
    /// In one message with the authorization.
    pub(super) fn at_once(request: RequestId, amount: Micros, at: Timestamp) -> Self {
        Self { request, amount, asked_at: at, outcome: Some(Ok(())), reference: None }
    }

    /// Nothing was taken, and nothing is being.
    fn was_refused(&self) -> bool {
        matches!(self.outcome, Some(Err(_)))
    }
}

impl CardPayment {
    /// Once, and at most what is held. What has lapsed or was revoked is acknowledged, as often as it is
    /// asked for, and Google is told each time which it was.
    pub(super) fn decide_capture(&self, ask: AskCapture) -> Result<Vec<Event>, Rejection> {
        let AskCapture { request, amount, now } = ask;
        self.is_reservation()?;
        match &self.capture {
            Some(first) if first.request == request && first.amount == amount => {
                return Ok(vec![]);
            }
            Some(first) if first.request == request => return Err(Rejection::RequestTaken),
            Some(first) if !first.was_refused() => return Err(Rejection::CapturedAlready),
            Some(_) | None => {}
        }
        if self.terms.flow == Flow::Verify {
            return Err(Rejection::OnlyVerified);
        }
        self.checked(amount)?;
        let asked = Event::CaptureAsked { capture: request, amount, at: now };
        let held = self.amounts.reserved;
        match self.hold {
            Hold::Held { .. } | Hold::Lapsed if amount > held => {
                Err(Rejection::CaptureExceedsHold { held })
            }
            Hold::Held { expires_at } if expires_at > now => Ok(vec![asked]),
            Hold::Held { .. } => {
                Ok([Event::Lapsed { at: now }].into_iter().chain(self.gone(asked, now)).collect())
            }
            Hold::Lapsed => Ok(self.gone(asked, now)),
            Hold::Voiding | Hold::Voided => Err(Rejection::Voided),
            Hold::Capturing | Hold::Captured => Err(Rejection::CapturedAlready),
            Hold::None => Err(self.unheld()),
        }
    }

    /// What takes the money in one message is none, whatever became of it: nobody reserved by its name.
    fn is_reservation(&self) -> Result<(), Rejection> {
        match self.terms.flow {
            Flow::Reserve | Flow::Verify => Ok(()),
            Flow::Capture => Err(Rejection::Unknown),
        }
    }

    /// Why nothing is held.
    fn unheld(&self) -> Rejection {
        match self.authorization {
            Authorization::Asking => Rejection::UnderWay,
            _ => Rejection::NotReserved,
        }
    }

    /// Whether the issuer took back what it had approved. A capture found it out, and those after it
    /// are told the same.
    pub fn is_revoked(&self) -> bool {
        let outcome = self.capture.as_ref().and_then(|capture| capture.outcome);
        self.hold == Hold::Lapsed && outcome == Some(Err(CaptureRefusal::Revoked))
    }

    /// With the code that the network would have given.
    fn gone(&self, asked: Event, now: Timestamp) -> Vec<Event> {
        let (why, code) = match self.is_revoked() {
            true => (CaptureRefusal::Revoked, "05"),
            false => (CaptureRefusal::Lapsed, "54"),
        };
        let concluded = Event::CaptureConcluded { outcome: Err(why), raw: self.raw(code), at: now };
        vec![asked, concluded]
    }

    pub(super) fn capture_concluded(
        &self,
        outcome: Result<(), CaptureRefusal>,
        raw: RawResult,
        reference: Option<ReferenceNumber>,
        now: Timestamp,
    ) -> Vec<Event> {
        if self.capture.as_ref().is_none_or(|capture| capture.outcome.is_some()) {
            return vec![];
        }
        let referenced = reference.filter(|_| outcome.is_ok()).map(|number| Event::Referenced {
            of: Moved::Capture,
            number,
            at: now,
        });
        let concluded = Event::CaptureConcluded { outcome, raw, at: now };
        [concluded].into_iter().chain(referenced).collect()
    }

    /// As often as Google asks: what is not held any more is let go of already.
    pub(super) fn decide_void(&self, ask: AskVoid) -> Result<Vec<Event>, Rejection> {
        let AskVoid { request, now } = ask;
        self.is_reservation()?;
        if self.voids.iter().any(|void| void.request == request) {
            return Ok(vec![]);
        }
        match self.hold {
            Hold::None => Err(self.unheld()),
            Hold::Capturing | Hold::Captured => Err(Rejection::CapturedAlready),
            _ if self.voids.len() >= VOIDS_MAX => Err(Rejection::TooMany),
            Hold::Held { expires_at } if expires_at <= now => {
                Ok(vec![Event::Lapsed { at: now }, Event::VoidAsked { request, at: now }])
            }
            Hold::Held { .. } | Hold::Voiding | Hold::Voided | Hold::Lapsed => {
                Ok(vec![Event::VoidAsked { request, at: now }])
            }
        }
    }

    pub(super) fn apply_capture_asked(
        &mut self,
        capture: &RequestId,
        amount: Micros,
        at: Timestamp,
    ) {
        let taken = self.capture.as_ref().is_some_and(|capture| !capture.was_refused());
        assert!(!taken, "a payment is captured once");
        if let Hold::Held { .. } = self.hold {
            self.hold = Hold::Capturing;
        }
        let (request, outcome) = (capture.clone(), None);
        self.capture = Some(Capture { request, amount, asked_at: at, outcome, reference: None });
    }

    /// What is not taken is let go of.
    pub(super) fn apply_capture_concluded(
        &mut self,
        outcome: Result<(), CaptureRefusal>,
        raw: &RawResult,
        at: Timestamp,
    ) {
        let capture = self.capture.as_mut().expect("a capture is asked for first");
        assert!(capture.outcome.is_none(), "what is concluded never changes");
        capture.outcome = Some(outcome);
        let (request, amount) = (capture.request.clone(), capture.amount);
        if self.hold == Hold::Capturing {
            let taken = if outcome.is_ok() { amount } else { Micros::ZERO };
            self.amounts.captured = taken;
            self.amounts.voided = self.amounts.held - taken;
            self.amounts.held = Micros::ZERO;
            self.hold = if outcome.is_ok() { Hold::Captured } else { Hold::Lapsed };
        }
        let raw = raw.clone();
        let line = outcome.is_ok().then_some(LineKind::Capture);
        let subject = Subject::Captured { request: request.clone(), outcome, raw };
        self.tell(Some(subject), line.map(|kind| self.line(kind, request, amount, at)));
    }

    pub(super) fn apply_void_asked(&mut self, request: &RequestId, at: Timestamp) {
        self.voids.push(Void { request: request.clone(), asked_at: at });
        match self.hold {
            Hold::Held { .. } | Hold::Voiding => self.hold = Hold::Voiding,
            Hold::None | Hold::Capturing | Hold::Captured | Hold::Voided | Hold::Lapsed => {
                self.tell(Some(Subject::Voided { request: request.clone() }), None);
            }
        }
    }

    pub(super) fn apply_voided(&mut self, _: Timestamp) {
        self.release(Hold::Voided);
        for request in self.voids.iter().map(|void| void.request.clone()).collect::<Vec<_>>() {
            self.tell(Some(Subject::Voided { request }), None);
        }
    }

    pub(super) fn apply_lapsed(&mut self) {
        self.release(Hold::Lapsed);
    }

    fn release(&mut self, hold: Hold) {
        self.hold = hold;
        self.amounts.voided = self.amounts.voided + self.amounts.held;
        self.amounts.held = Micros::ZERO;
    }

    /// A number is known once and never changes.
    pub(super) fn decide_reference(
        &self,
        of: Moved,
        number: ReferenceNumber,
        now: Timestamp,
    ) -> Result<Vec<Event>, Rejection> {
        let known = match of {
            Moved::Capture => {
                let capture = self.capture.as_ref().ok_or(Rejection::NotCaptured)?;
                if capture.outcome != Some(Ok(())) {
                    return Err(Rejection::NotCaptured);
                }
                &capture.reference
            }
            Moved::Refund(id) => {
                let refund = self.refunds.get(&id).filter(|refund| refund.succeeded());
                &refund.ok_or(Rejection::NotRefunded)?.reference
            }
        };
        match known {
            Some(known) if *known == number => Ok(vec![]),
            Some(_) => Err(Rejection::ReferenceDiffers),
            None => Ok(vec![Event::Referenced { of, number, at: now }]),
        }
    }

    pub(super) fn apply_referenced(&mut self, of: Moved, number: &ReferenceNumber, _: Timestamp) {
        let subject = match of {
            Moved::Capture => {
                let capture = self.capture.as_mut().expect("what is referenced was captured");
                capture.reference = Some(number.clone());
                Subject::CaptureReferenced {
                    capture: capture.request.clone(),
                    number: number.clone(),
                }
            }
            Moved::Refund(id) => {
                let refund = self.refunds.get_mut(&id).expect("what is referenced was refunded");
                refund.reference = Some(number.clone());
                Subject::RefundReferenced { refund: refund.request.clone(), number: number.clone() }
            }
        };
        self.tell(Some(subject), None);
    }

    /// A code of the network that the card is of.
    pub(super) fn raw(&self, code: &str) -> RawResult {
        let used = match &self.authorization {
            Authorization::Approved(approval) => approval.verdict.card.network,
            _ => None,
        };
        let scope = used.or(self.terms.network);
        RawResult {
            scope: scope.and_then(|network| Text::parse(network.word()).ok()),
            code: Text::parse(code).expect("a code is short"),
        }
    }
}
