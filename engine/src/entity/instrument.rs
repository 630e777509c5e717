//! The payment instrument as an entity.

use std::sync::Arc;

use paceline_domain::ids::AttemptId;
use paceline_domain::instrument::{self, Command, Effect, Instrument, Progress, Rejection};

use super::{Carried, Entity, Kind};
use crate::dispatch;
use crate::secret::Secret;
use crate::voice::{Manner, Voices};
use crate::world::World;

pub struct Instruments;

/// What somebody who asked for a reservation or a capture waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentStep {
    Reserve(AttemptId),
    Capture(AttemptId),
}

impl PaymentStep {
    fn attempt(self) -> AttemptId {
        match self {
            Self::Reserve(attempt) | Self::Capture(attempt) => attempt,
        }
    }
}

impl Entity for Instruments {
    const KIND: Kind = Kind::Instrument;
    /// A session that has asked for a payment owes it, and keeps its credential meanwhile.
    const WOKEN_BY_LOG: bool = false;

    machine!(instrument, Instrument, instruments);

    type Effect = Effect;
    type Step = PaymentStep;
    /// How far the payment asked about has come.
    type Reply = Result<Progress, Rejection>;

    fn reply(
        _: &Voices,
        _: Manner,
        instrument: &Instrument,
        step: Option<PaymentStep>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        match (refused, step) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(step)) => instrument.progress(step.attempt()),
            (None, None) => Err(Rejection::AttemptUnknown),
        }
    }

    fn pending(instrument: &Instrument) -> Vec<Effect> {
        instrument::pending(instrument)
    }

    fn owes(instrument: &Instrument) -> bool {
        instrument::owes(instrument)
    }

    fn step(_: &Instrument, command: &Command) -> Option<PaymentStep> {
        match command {
            Command::Reserve { attempt, .. } => Some(PaymentStep::Reserve(*attempt)),
            Command::Capture { attempt } => Some(PaymentStep::Capture(*attempt)),
            Command::ReserveAnswered { .. } | Command::CaptureAnswered { .. } => None,
        }
    }

    fn is_over(instrument: &Instrument, step: PaymentStep) -> bool {
        !matches!(
            (step, instrument.progress(step.attempt())),
            (PaymentStep::Reserve(_), Ok(Progress::Reserving))
                | (PaymentStep::Capture(_), Ok(Progress::Capturing))
        )
    }

    fn needs_secret(instrument: &Instrument) -> bool {
        instrument.payments.values().any(|payment| payment.progress == Progress::Reserving)
    }

    async fn carry_out(
        world: Arc<World>,
        effect: Effect,
        secret: Option<Secret>,
    ) -> Carried<Command> {
        Carried::Done(dispatch::ask_gateway(&world, effect, secret).await)
    }
}
