//! A payment as an entity.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::asked::Asked;
use paceline_domain::ids::{IntegratorAccountId, PaymentId, RefundId, RequestId};
use paceline_domain::payment::{
    self, Command, Course, Effect, Event, Flow, Part, Payment, Rejection, State,
};
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::asking::Said;
use crate::dispatch::payments;
use crate::engine::Options;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::tokenized::{Outcome, Refusal};
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

pub struct Payments;

impl Payments {
    /// A capture, of either kind: refunds name it by its request.
    pub fn capture(integrator: &IntegratorAccountId, request: &RequestId) -> PaymentId {
        PaymentId(hashed(&["tokenized", integrator.as_str(), request.as_str()]))
    }

    pub fn disbursement(integrator: &IntegratorAccountId, request: &RequestId) -> PaymentId {
        PaymentId(hashed(&["disbursement", integrator.as_str(), request.as_str()]))
    }

    pub fn refund(integrator: &IntegratorAccountId, request: &RequestId) -> RefundId {
        RefundId(hashed(&["refund", integrator.as_str(), request.as_str()]))
    }

    pub fn stream(id: PaymentId) -> StreamId {
        Kind::Payment.stream(id.0)
    }
}

impl Entity for Payments {
    const KIND: Kind = Kind::Payment;

    machine!(payment, State, payments);

    type Effect = Effect;
    type Step = Part;
    /// All that is known of it, to whoever asks from inside.
    type Reply = Said<Result<Box<Payment>, Rejection>>;

    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &State,
        step: Option<Part>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        Said::by(voices, manner, || facts(state, refused), || words(state, step, refused))
    }

    fn is_passing(_: &Rejection) -> bool {
        true
    }

    fn to_remember(said: &Self::Reply) -> Option<&Reply> {
        said.to_remember()
    }

    fn answers_kept(options: &Options) -> Duration {
        options.tokenized.answers_kept
    }

    fn pending(state: &State) -> Vec<Effect> {
        payment::pending(state)
    }

    fn owes(state: &State) -> bool {
        payment::owes(state)
    }

    fn step(_: &State, command: &Command) -> Option<Part> {
        match command {
            Command::Pay(pay) => (pay.terms.flow != Flow::CaptureLater).then_some(Part::Payment),
            Command::Refund(refund) => Some(Part::Refund(refund.id)),
            Command::Concluded { .. }
            | Command::LeaveAsker { .. }
            | Command::ConfirmSettled { .. }
            | Command::Look => None,
        }
    }

    fn is_over(state: &State, part: Part) -> bool {
        let course = state.as_ref().and_then(|payment| payment.course(part));
        course.is_none_or(|course| course.progress.outcome().is_some())
    }

    fn joins(state: &State, command: &Command) -> Option<Part> {
        let (part, again) = match command {
            Command::Pay(pay) => (Part::Payment, pay.asked.as_ref()?),
            Command::Refund(refund) => (Part::Refund(refund.id), refund.asked.as_ref()?),
            _ => return None,
        };
        let first = state.as_ref()?.course(part)?.asked.as_ref()?;
        (first == again).then_some(part)
    }

    fn asked(state: &State) -> impl Iterator<Item = (Part, &Asked)> {
        state.iter().flat_map(|payment| payment.asked())
    }

    fn leave(part: Part) -> Option<Command> {
        Some(Command::LeaveAsker { part })
    }

    async fn carry_out(world: Arc<World>, effect: Effect, _: Option<Secret>) -> Carried<Command> {
        payments::carry_out(&world, effect).await
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.standard.payment_event(event);
    }
}

fn facts(state: &State, refused: Option<&Rejection>) -> Result<Box<Payment>, Rejection> {
    match (refused, state) {
        (Some(refused), _) => Err(refused.clone()),
        (None, Some(payment)) => Ok(Box::new(payment.clone())),
        (None, None) => Err(Rejection::Unknown),
    }
}

fn words(state: &State, step: Option<Part>, refused: Option<&Rejection>) -> Outcome<'static> {
    if let Some(refused) = refused {
        return Outcome::Refused(refusal(refused));
    }
    let Some(payment) = state else { return Outcome::Refused(Refusal::CaptureUnknown) };
    let part = step.unwrap_or(Part::Payment);
    let Some(course) = payment.course(part) else {
        return Outcome::Refused(Refusal::CaptureUnknown);
    };
    match (part, payment.terms.flow) {
        (Part::Payment, Flow::CaptureLater) => acknowledged(payment.id, course),
        (Part::Refund(refund), _) => {
            concluded(course, |result| Outcome::Refunded { refund, result })
        }
        (Part::Payment, Flow::Capture) => {
            concluded(course, |result| Outcome::Captured { payment: payment.id, result })
        }
        (Part::Payment, Flow::Disbursement) => {
            concluded(course, |result| Outcome::Disbursed { payment: payment.id, result })
        }
    }
}

/// A refusal that no notice will tell was there before the acknowledgement.
fn acknowledged(payment: PaymentId, course: &Course) -> Outcome<'static> {
    let result = course.progress.outcome().filter(|_| !course.to_be_told).unwrap_or(Ok(()));
    Outcome::Acknowledged { payment, result }
}

fn concluded(
    course: &Course,
    words: impl FnOnce(Result<(), paceline_domain::decline::Decline>) -> Outcome<'static>,
) -> Outcome<'static> {
    course.progress.outcome().map_or(Outcome::Unfinished, words)
}

fn refusal(rejection: &Rejection) -> Refusal {
    match rejection {
        Rejection::Unknown => Refusal::CaptureUnknown,
        Rejection::RequestTaken => Refusal::RequestTaken,
        Rejection::NotCaptured => Refusal::NotCaptured,
        Rejection::CurrencyDiffers => Refusal::CurrencyDiffers,
        Rejection::RefundExceedsRemainder { left } => {
            Refusal::RefundExceedsRemainder { left: *left }
        }
        Rejection::TooManyRefunds => Refusal::TooManyRefunds,
    }
}
