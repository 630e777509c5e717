//! A payment by card as an entity.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::asked::Asked;
use paceline_domain::card_payment::{
    self, Authorization, CardPayment, Command, Effect, Event, Rejection, State,
};
use paceline_domain::ids::{
    CaptureId, DocumentId, IntegratorAccountId, PaymentId, RefundId, RequestId,
};
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::asking::Said;
use crate::card::{Outcome, Refusal};
use crate::dispatch::card_payments;
use crate::engine::Options;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

pub struct CardPayments;

/// What a request asked of a payment; only the first of them is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Authorize,
    Capture,
    Void,
    Refund(RefundId),
    Defend(DocumentId),
}

impl CardPayments {
    /// A reservation, a capture in one message or a verification, by its request.
    pub fn id(integrator: &IntegratorAccountId, request: &RequestId) -> PaymentId {
        PaymentId(hashed(&["card", integrator.as_str(), request.as_str()]))
    }

    /// By its own request, whether it follows a reservation or takes the money in one message.
    pub fn capture(integrator: &IntegratorAccountId, request: &RequestId) -> CaptureId {
        CaptureId(hashed(&["card capture", integrator.as_str(), request.as_str()]))
    }

    pub fn refund(integrator: &IntegratorAccountId, request: &RequestId) -> RefundId {
        RefundId(hashed(&["card refund", integrator.as_str(), request.as_str()]))
    }

    pub fn stream(id: PaymentId) -> StreamId {
        Kind::CardPayment.stream(id.0)
    }
}

impl Entity for CardPayments {
    const KIND: Kind = Kind::CardPayment;
    /// A verification code never reaches the disk: whoever goes on after a crash asks the acquirer
    /// what it has heard.
    const SECRET_OUTLIVES: bool = false;

    machine!(card_payment, State, card_payments);

    type Effect = Effect;
    type Step = Step;
    /// All that is known of it, to whoever asks from inside.
    type Reply = Said<Result<Box<CardPayment>, Rejection>>;

    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &State,
        step: Option<Step>,
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
        card_payment::pending(state)
    }

    fn owes(state: &State) -> bool {
        card_payment::owes(state)
    }

    fn sleeps_until(state: &State) -> Option<Timestamp> {
        card_payment::sleeps_until(state)
    }

    fn tick(state: &State, now: Timestamp) -> Option<Command> {
        card_payment::has_lapsed(state, now).then_some(Command::Lapse { now })
    }

    fn step(_: &State, command: &Command) -> Option<Step> {
        match command {
            Command::Authorize(_) => Some(Step::Authorize),
            Command::Capture(_) => Some(Step::Capture),
            Command::Void(_) => Some(Step::Void),
            Command::Refund(refund) => Some(Step::Refund(refund.id)),
            Command::Defend { document, .. } => Some(Step::Defend(*document)),
            _ => None,
        }
    }

    fn is_over(state: &State, step: Step) -> bool {
        let asking = |payment: &CardPayment| payment.authorization == Authorization::Asking;
        step != Step::Authorize || !state.as_ref().is_some_and(asking)
    }

    fn joins(state: &State, command: &Command) -> Option<Step> {
        let Command::Authorize(again) = command else { return None };
        let first = state.as_ref()?.open_question()?;
        (again.asked.as_ref() == Some(first)).then_some(Step::Authorize)
    }

    fn asked(state: &State) -> impl Iterator<Item = (Step, &Asked)> {
        let open = state.as_ref().and_then(|payment| payment.open_question());
        open.map(|asked| (Step::Authorize, asked)).into_iter()
    }

    /// The answer is kept for whoever asks again.
    fn leave(_: Step) -> Option<Command> {
        Some(Command::Look)
    }

    fn needs_secret(state: &State) -> bool {
        !Self::is_over(state, Step::Authorize)
    }

    async fn carry_out(
        world: Arc<World>,
        effect: Effect,
        secret: Option<Secret>,
    ) -> Carried<Command> {
        card_payments::carry_out(&world, effect, secret).await
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.card.event(event);
    }
}

fn facts(state: &State, refused: Option<&Rejection>) -> Result<Box<CardPayment>, Rejection> {
    match (refused, state) {
        (Some(refused), _) => Err(refused.clone()),
        (None, Some(payment)) => Ok(Box::new(payment.clone())),
        (None, None) => Err(Rejection::Unknown),
    }
}

fn words<'a>(state: &'a State, step: Option<Step>, refused: Option<&Rejection>) -> Outcome<'a> {
    let step = step.expect("whoever asks over the wire asks for something");
    let payment = match (refused, state) {
        (Some(refused), _) => return Outcome::Refused(refusal(refused, Some(step))),
        (None, None) => return Outcome::Refused(refusal(&Rejection::Unknown, Some(step))),
        (None, Some(payment)) => payment,
    };
    match step {
        Step::Capture => {
            let capture = payment.capture.as_ref().expect("what is acknowledged was asked for");
            let capture = CardPayments::capture(&payment.terms.integrator, &capture.request);
            Outcome::CaptureAcknowledged { capture }
        }
        Step::Void => Outcome::VoidAcknowledged,
        Step::Refund(refund) => Outcome::RefundAcknowledged { refund },
        Step::Defend(document) => Outcome::Defended { document },
        Step::Authorize => {
            let result = match &payment.authorization {
                Authorization::Asking => return Outcome::Unfinished,
                Authorization::Failed(failure) => return Outcome::Failed(*failure),
                Authorization::Approved(approval) => Ok(&**approval),
                Authorization::Declined(verdict) => Err(&**verdict),
            };
            Outcome::Authorized { flow: payment.terms.flow, payment: payment.id, result }
        }
    }
}

/// What stood in the way, in the facade's terms.
///
/// - `step`: what was asked, if a request of the wire's asked.
pub(crate) fn refusal(rejection: &Rejection, step: Option<Step>) -> Refusal {
    match rejection {
        Rejection::Unknown => match step {
            Some(Step::Capture | Step::Void) => Refusal::ReservationUnknown,
            Some(Step::Authorize | Step::Refund(_) | Step::Defend(_)) | None => {
                Refusal::CaptureUnknown
            }
        },
        Rejection::RequestTaken => Refusal::RequestTaken,
        Rejection::UnderWay => Refusal::UnderWay,
        Rejection::NotReserved => Refusal::NotReserved,
        Rejection::CapturedAlready => Refusal::CapturedAlready,
        Rejection::Voided => Refusal::Voided,
        Rejection::OnlyVerified => Refusal::OnlyVerified,
        Rejection::CaptureExceedsHold { held } => Refusal::CaptureExceedsHold { held: *held },
        Rejection::NothingAsked => Refusal::NothingAsked,
        Rejection::Fractional(currency) => Refusal::Fractional(*currency),
        Rejection::FractionalRefund(currency) => Refusal::FractionalRefund(*currency),
        Rejection::NotCaptured => Refusal::NotCaptured,
        Rejection::RefundExceedsRemainder { left } => {
            Refusal::RefundExceedsRemainder { left: *left }
        }
        Rejection::ChargebackExceedsRemainder { left } => {
            Refusal::ChargebackExceedsRemainder { left: *left }
        }
        Rejection::TooMany => Refusal::TooMany,
        Rejection::NotRefunded => Refusal::NotRefunded,
        Rejection::CaseUnknown => Refusal::CaseUnknown,
        Rejection::NoneReversed => Refusal::NoneReversed,
        Rejection::CaseTaken => Refusal::CaseTaken,
        Rejection::CaseClosed => Refusal::CaseClosed,
        Rejection::TooLateToReply => Refusal::TooLateToReply,
        Rejection::ReferenceDiffers => Refusal::ReferenceDiffers,
        Rejection::CaseUnnamed => Refusal::CaseUnnamed,
        Rejection::RaisedLater => Refusal::RaisedLater,
        Rejection::RaisedBeforePaid => Refusal::RaisedBeforePaid,
        Rejection::ReplyBeforeRaised => Refusal::ReplyBeforeRaised,
        Rejection::ReversedLater => Refusal::ReversedLater,
        Rejection::ReversedBeforeRaised => Refusal::ReversedBeforeRaised,
        Rejection::CodeEmpty => Refusal::CodeEmpty,
        Rejection::FraudKindMalformed => Refusal::FraudKindMalformed,
    }
}
