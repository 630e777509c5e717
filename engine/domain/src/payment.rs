//! A payment that Google asks for: money from a customer's account, back to it in parts, or to it
//! without a purchase.
//!
//! Why: the bank may be asked twice and answer late. A payment writes what it is about to ask
//! before it asks, and what it heard before it tells, each under a name that the bank knows again.
//! Promise: a payment is debited or credited at most once; its refunds never exceed what was
//! captured, also when they race, because each has its part set aside before the bank is asked;
//! what was once concluded never changes.
//! Left out: where the money is. That is the account's, in this ledger or in the bank's.

mod refund;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use refund::{AskRefund, REFUNDS_MAX, Refund};

use crate::asked::Asked;
use crate::challenge::Proof;
use crate::decline::Decline;
use crate::ids::{AccountId, AssociationId, IntegratorAccountId, PaymentId, RefundId, RequestId};
use crate::money::{CurrencyCode, Micros};
use crate::notice::Subject;
use crate::text::Text;
use crate::time::Timestamp;

/// What a stream of payment events folds into; `None` before the first.
pub type State = Option<Payment>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub terms: Terms,
    pub asked_at: Timestamp,
    pub course: Course,
    pub refunds: BTreeMap<RefundId, Refund>,
}

/// What is to be paid, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub flow: Flow,
    pub integrator: IntegratorAccountId,
    pub request: RequestId,
    pub account: AccountId,
    /// The link that was spent from, if it was one.
    pub association: Option<AssociationId>,
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub description: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flow {
    /// From the customer, answered when it is done.
    Capture,
    /// From the customer, acknowledged at once and told later.
    CaptureLater,
    /// To the customer.
    Disbursement,
}

/// How far a payment or a refund has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    pub progress: Progress,
    /// Google is to be told of the outcome, because its question was not answered with it.
    pub to_be_told: bool,
    /// Whom to answer under which key, until there is an answer.
    pub asked: Option<Asked>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// The bank is being asked, once the proof is used.
    Asking { proof: Option<Proof> },
    /// Known, and the bank and Google do not know yet that it is.
    Concluded(Result<(), Decline>),
    /// Nothing more is to be done.
    Settled(Result<(), Decline>),
}

/// A payment or one of its refunds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Part {
    Payment,
    Refund(RefundId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Pay(Box<Pay>),
    Refund(AskRefund),
    /// What the proof or the bank said.
    Concluded {
        part: Part,
        outcome: Result<(), Decline>,
        now: Timestamp,
    },
    /// Whoever asked was told to ask again.
    LeaveAsker {
        part: Part,
    },
    ConfirmSettled {
        part: Part,
    },
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pay {
    pub id: PaymentId,
    pub terms: Terms,
    pub proof: Option<Proof>,
    /// What is known to stand against it before anybody is asked.
    pub barred: Option<Decline>,
    pub now: Timestamp,
    pub asked: Option<Asked>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Asked { id: PaymentId, terms: Box<Terms>, course: Box<Course>, at: Timestamp },
    RefundAsked { refund: Box<Refund>, id: RefundId, at: Timestamp },
    AskerLeft { part: Part },
    Concluded { part: Part, outcome: Result<(), Decline>, at: Timestamp },
    Settled { part: Part },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("there is no such payment")]
    Unknown,
    #[error("the request's id names another payment, or one that is under way")]
    RequestTaken,
    #[error("nothing was captured that could be refunded")]
    NotCaptured,
    #[error("the refund is in another currency than its capture")]
    CurrencyDiffers,
    #[error("{} micros are left to be refunded", left.0)]
    RefundExceedsRemainder { left: Micros },
    #[error("a capture has at most {REFUNDS_MAX} refunds")]
    TooManyRefunds,
}

/// What a payment owes, safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Use the proof, then ask the bank.
    Conclude { of: Of, wanted: Box<Wanted>, proof: Option<Proof> },
    /// Tell whoever has to know: the bank, our books, Google.
    Settle { of: Of, concluded: Box<Told> },
}

/// Which part of which payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of {
    pub payment: PaymentId,
    pub part: Part,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Who has to know of an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub integrator: IntegratorAccountId,
    /// The bank, which remembers the movement until then, and our books.
    pub moved: Option<Moved>,
    /// Google, if its question was not answered with it.
    pub notice: Option<Subject>,
}

/// Money that has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub account: AccountId,
    pub direction: Direction,
    pub request: RequestId,
    pub amount: Micros,
}

/// A movement of money that the bank is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What Google calls it by.
    pub request: RequestId,
    pub account: AccountId,
    pub association: Option<AssociationId>,
    pub integrator: IntegratorAccountId,
    pub direction: Direction,
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub description: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Capture,
    Refund,
    Disbursement,
}

/// Says what would happen, and changes nothing. A repeat is no event and no refusal: its key
/// brings the first answer.
///
/// # Errors
/// The [`Rejection`] that stood in the way.
pub fn decide(state: &State, command: Command) -> Result<Vec<Event>, Rejection> {
    let Some(payment) = state else {
        return match command {
            Command::Pay(pay) => Ok(begin(*pay)),
            Command::Refund(_) | Command::Look => Err(Rejection::Unknown),
            Command::Concluded { .. }
            | Command::LeaveAsker { .. }
            | Command::ConfirmSettled { .. } => Ok(vec![]),
        };
    };
    match command {
        Command::Pay(pay) if payment.is_asked_again(&pay) => Ok(vec![]),
        Command::Pay(_) => Err(Rejection::RequestTaken),
        Command::Refund(refund) => payment.decide_refund(refund),
        Command::Concluded { part, outcome, now } => {
            Ok(match payment.course(part).map(|course| &course.progress) {
                Some(Progress::Asking { .. }) => vec![Event::Concluded { part, outcome, at: now }],
                Some(Progress::Concluded(_) | Progress::Settled(_)) | None => vec![],
            })
        }
        Command::LeaveAsker { part } => Ok(match payment.course(part) {
            Some(Course { progress: Progress::Asking { .. }, to_be_told: false, .. }) => {
                vec![Event::AskerLeft { part }]
            }
            _ => vec![],
        }),
        Command::ConfirmSettled { part } => {
            Ok(match payment.course(part).map(|course| &course.progress) {
                Some(Progress::Concluded(_)) => vec![Event::Settled { part }],
                Some(Progress::Asking { .. } | Progress::Settled(_)) | None => vec![],
            })
        }
        Command::Look => Ok(vec![]),
    }
}

/// A payment that is barred is declined in the same breath; one that is acknowledged leaves
/// nobody to be answered.
fn begin(pay: Pay) -> Vec<Event> {
    let Pay { id, terms, proof, barred, now, asked } = pay;
    let later = terms.flow == Flow::CaptureLater;
    let course = Course {
        progress: Progress::Asking { proof },
        to_be_told: later && barred.is_none(),
        asked: asked.filter(|_| !later && barred.is_none()),
    };
    let asked = Event::Asked { id, terms: Box::new(terms), course: Box::new(course), at: now };
    let part = Part::Payment;
    let declined = |why| Event::Concluded { part, outcome: Err(why), at: now };
    [asked].into_iter().chain(barred.map(declined)).collect()
}

/// Makes it so, and cannot fail: `decide` has already asked every question.
pub fn apply(state: &mut State, event: &Event) {
    if let Event::Asked { id, terms, course, at } = event {
        assert!(state.is_none(), "a payment is asked for once");
        let (terms, course) = (Terms::clone(terms), Course::clone(course));
        let refunds = BTreeMap::new();
        *state = Some(Payment { id: *id, terms, asked_at: *at, course, refunds });
        return;
    }
    let payment = state.as_mut().expect("a payment begins with being asked for");
    match event {
        Event::Asked { .. } => {}
        Event::RefundAsked { refund, id, .. } => {
            let before = payment.refunds.insert(*id, Refund::clone(refund));
            assert!(before.is_none(), "a refund is asked for once");
        }
        Event::AskerLeft { part } => payment.course_mut(*part).to_be_told = true,
        Event::Concluded { part, outcome, .. } => {
            let course = payment.course_mut(*part);
            course.asked = None;
            assert!(
                matches!(course.progress, Progress::Asking { .. }),
                "what is concluded never changes"
            );
            course.progress = match (outcome, course.to_be_told) {
                // Nothing moved and nobody is to be told.
                (Err(_), false) => Progress::Settled(*outcome),
                _ => Progress::Concluded(*outcome),
            };
        }
        Event::Settled { part } => {
            let course = payment.course_mut(*part);
            if let Progress::Concluded(outcome) = course.progress {
                course.progress = Progress::Settled(outcome);
            }
        }
    }
    payment.assert_conserved();
}

/// What is still to be asked or told: first what somebody waits for, in the order in which it was
/// asked.
pub fn pending(state: &State) -> Vec<Effect> {
    let Some(payment) = state else { return vec![] };
    let parts = payment.parts();
    let asking = parts.iter().filter_map(|(part, course)| match &course.progress {
        Progress::Asking { proof } => Some(Effect::Conclude {
            of: payment.of(*part),
            wanted: Box::new(payment.wanted(*part)),
            proof: proof.clone(),
        }),
        Progress::Concluded(_) | Progress::Settled(_) => None,
    });
    let settling = parts.iter().filter_map(|(part, course)| match &course.progress {
        Progress::Concluded(outcome) => Some(payment.settle(*part, course, *outcome)),
        Progress::Asking { .. } | Progress::Settled(_) => None,
    });
    asking.chain(settling).collect()
}

/// Whether [`pending`] has anything to say.
pub fn owes(state: &State) -> bool {
    let open = |course: &Course| !matches!(course.progress, Progress::Settled(_));
    state.as_ref().is_some_and(|payment| {
        open(&payment.course) || payment.refunds.values().any(|refund| open(&refund.course))
    })
}

impl Course {
    /// Whether this question may wait for its outcome, or have it: while it is open only the one
    /// that began it may. Whether another is a repeat of that only its key tells.
    fn is_for(&self, asked: Option<&Asked>) -> bool {
        self.progress.outcome().is_some() || self.asked.as_ref() == asked
    }
}

impl Progress {
    /// What it came to, if that is known.
    pub fn outcome(&self) -> Option<Result<(), Decline>> {
        match self {
            Self::Asking { .. } => None,
            Self::Concluded(outcome) | Self::Settled(outcome) => Some(*outcome),
        }
    }
}

impl Payment {
    fn is_asked_again(&self, pay: &Pay) -> bool {
        pay.terms == self.terms && self.course.is_for(pay.asked.as_ref())
    }

    /// What came of a part, if there is such a part.
    pub fn course(&self, part: Part) -> Option<&Course> {
        match part {
            Part::Payment => Some(&self.course),
            Part::Refund(id) => self.refunds.get(&id).map(|refund| &refund.course),
        }
    }

    /// The questions that are still to be answered.
    pub fn asked(&self) -> impl Iterator<Item = (Part, &Asked)> {
        let refunds = self.refunds.iter().map(|(id, refund)| (Part::Refund(*id), &refund.course));
        let parts = [(Part::Payment, &self.course)].into_iter().chain(refunds);
        parts.filter_map(|(part, course)| Some((part, course.asked.as_ref()?)))
    }

    /// Of which this may still be refunded.
    pub fn remainder(&self) -> Micros {
        let taken = self.refunds.values().filter(|refund| refund.counts());
        taken.fold(self.captured(), |left, refund| left - refund.amount)
    }

    /// What the customer has paid.
    pub fn captured(&self) -> Micros {
        match (self.terms.flow, self.course.progress.outcome()) {
            (Flow::Capture | Flow::CaptureLater, Some(Ok(()))) => self.terms.amount,
            _ => Micros::ZERO,
        }
    }

    /// The payment, then its refunds in the order in which they were asked for.
    fn parts(&self) -> Vec<(Part, &Course)> {
        let mut refunds: Vec<_> = self.refunds.iter().collect();
        refunds.sort_by_key(|(_, refund)| refund.number);
        let refunds = refunds.into_iter().map(|(id, refund)| (Part::Refund(*id), &refund.course));
        [(Part::Payment, &self.course)].into_iter().chain(refunds).collect()
    }

    fn course_mut(&mut self, part: Part) -> &mut Course {
        match part {
            Part::Payment => &mut self.course,
            Part::Refund(id) => {
                &mut self.refunds.get_mut(&id).expect("a refund is asked for first").course
            }
        }
    }

    fn wanted(&self, part: Part) -> Wanted {
        let Terms { account, association, integrator, currency, .. } = self.terms.clone();
        let (direction, amount) = match (part, self.terms.flow) {
            (Part::Refund(id), _) => (Direction::Refund, self.refunds[&id].amount),
            (Part::Payment, Flow::Disbursement) => (Direction::Disbursement, self.terms.amount),
            (Part::Payment, _) => (Direction::Capture, self.terms.amount),
        };
        let (request, description) = (self.request(part), self.terms.description.clone());
        Wanted {
            request,
            account,
            association,
            integrator,
            direction,
            amount,
            currency,
            description,
        }
    }

    fn request(&self, part: Part) -> RequestId {
        match part {
            Part::Payment => self.terms.request.clone(),
            Part::Refund(id) => self.refunds[&id].request.clone(),
        }
    }

    fn of(&self, part: Part) -> Of {
        let at = match part {
            Part::Payment => self.asked_at,
            Part::Refund(id) => self.refunds[&id].asked_at,
        };
        Of { payment: self.id, part, at }
    }

    fn settle(&self, part: Part, course: &Course, outcome: Result<(), Decline>) -> Effect {
        let notice = course.to_be_told.then(|| self.subject(part, outcome));
        let moved = outcome.is_ok().then(|| {
            let Wanted { request, account, direction, amount, .. } = self.wanted(part);
            Moved { account, direction, request, amount }
        });
        let integrator = self.terms.integrator.clone();
        Effect::Settle {
            of: self.of(part),
            concluded: Box::new(Told { integrator, moved, notice }),
        }
    }

    /// What Google is told of a part.
    fn subject(&self, part: Part, outcome: Result<(), Decline>) -> Subject {
        let request = self.terms.request.clone();
        match (part, self.terms.flow) {
            (Part::Refund(refund), _) => {
                let request = self.refunds[&refund].request.clone();
                Subject::Refund { request, refund, outcome }
            }
            (Part::Payment, Flow::Disbursement) => {
                Subject::Disbursement { request, payment: self.id, outcome }
            }
            (Part::Payment, _) => Subject::Capture { request, payment: self.id, outcome },
        }
    }

    /// The invariant of every event, live and on replay.
    fn assert_conserved(&self) {
        assert!(self.remainder() >= Micros::ZERO, "refunds never exceed what was captured");
    }
}
