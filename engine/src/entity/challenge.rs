//! A challenge as an entity: asked by the wire to send and to check, from inside to be used.

use std::sync::Arc;
use std::time::Duration;

use paceline_domain::asked::Asked;
use paceline_domain::challenge::{
    self, Challenge, Command, Effect, Event, Phase, Rejection, State,
};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{ChallengeId, RequestId, UseId};
use paceline_storage::StreamId;

use super::{Carried, Entity, Kind, hashed};
use crate::asking::Said;
use crate::dispatch::challenges;
use crate::engine::Options;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::tokenized::{Outcome, Refusal};
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

pub struct Challenges;

impl Challenges {
    /// A one-time password, by the request that had it sent.
    pub fn otp(sent_by: &RequestId) -> ChallengeId {
        ChallengeId(hashed(&["otp", sent_by.as_str()]))
    }

    /// An authentication on our page.
    pub fn redirect(authentication: &RequestId) -> ChallengeId {
        ChallengeId(hashed(&["redirect", authentication.as_str()]))
    }

    pub fn stream(id: ChallengeId) -> StreamId {
        Kind::Challenge.stream(id.0)
    }
}

/// What somebody who asked waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeStep {
    /// Until the message is sent.
    Send(ChallengeId),
    Use(ChallengeId, UseId),
}

impl Entity for Challenges {
    const KIND: Kind = Kind::Challenge;
    /// A password is nowhere on disk but as its hash: one that was not sent before a crash never
    /// is, and whoever asks again hears so.
    const SECRET_OUTLIVES: bool = false;

    machine!(challenge, State, challenges);

    type Effect = Effect;
    type Step = ChallengeStep;
    /// The challenge, and so what it proves, to whoever asks from inside.
    type Reply = Said<Result<Box<Challenge>, Rejection>>;

    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &State,
        step: Option<ChallengeStep>,
        refused: Option<&Rejection>,
    ) -> Self::Reply {
        Said::by(voices, manner, || facts(state, step, refused), || words(state, step, refused))
    }

    fn is_passing(refused: &Rejection) -> bool {
        *refused == Rejection::Unknown
    }

    fn to_remember(said: &Self::Reply) -> Option<&Reply> {
        said.to_remember()
    }

    fn answers_kept(options: &Options) -> Duration {
        options.tokenized.answers_kept
    }

    fn pending(state: &State) -> Vec<Effect> {
        challenge::pending(state).into_iter().collect()
    }

    fn owes(state: &State) -> bool {
        challenge::pending(state).is_some()
    }

    fn step(_: &State, command: &Command) -> Option<ChallengeStep> {
        match command {
            Command::Send(send) => Some(ChallengeStep::Send(send.id)),
            Command::Use(using) => Some(ChallengeStep::Use(using.proof.challenge(), using.by)),
            Command::SendAnswered(_)
            | Command::Approve { .. }
            | Command::GiveUp
            | Command::Look => None,
        }
    }

    fn is_over(state: &State, step: ChallengeStep) -> bool {
        let sending = state.as_ref().and_then(challenge::sending);
        !(matches!(step, ChallengeStep::Send(_)) && sending.is_some())
    }

    fn joins(state: &State, command: &Command) -> Option<ChallengeStep> {
        let Command::Send(again) = command else { return None };
        let first = state.as_ref().and_then(challenge::sending)?.asked.as_ref()?;
        let again_asked = again.to.as_ref().ok()?.asked.as_ref()?;
        (first == again_asked).then_some(ChallengeStep::Send(again.id))
    }

    fn asked(state: &State) -> impl Iterator<Item = (ChallengeStep, &Asked)> {
        let sending = state.as_ref().and_then(challenge::sending);
        let open = sending.and_then(|s| Some((ChallengeStep::Send(s.id), s.asked.as_ref()?)));
        open.into_iter()
    }

    fn leave(_: ChallengeStep) -> Option<Command> {
        Some(Command::Look)
    }

    fn needs_secret(state: &State) -> bool {
        state.as_ref().and_then(challenge::sending).is_some()
    }

    async fn carry_out(
        world: Arc<World>,
        effect: Effect,
        secret: Option<Secret>,
    ) -> Carried<Command> {
        challenges::send(&world, effect, secret).await
    }

    fn count(event: &Event, metrics: &Metrics) {
        metrics.standard.challenge_event(event);
    }
}

fn facts(
    state: &State,
    step: Option<ChallengeStep>,
    refused: Option<&Rejection>,
) -> Result<Box<Challenge>, Rejection> {
    let challenge = match (refused, state) {
        (Some(refused), _) => return Err(refused.clone()),
        (None, None) => return Err(Rejection::Unknown),
        (None, Some(challenge)) => challenge,
    };
    if let Some(ChallengeStep::Use(_, by)) = step {
        challenge.outcome(by)?;
    }
    Ok(Box::new(challenge.clone()))
}

fn words(
    state: &State,
    step: Option<ChallengeStep>,
    refused: Option<&Rejection>,
) -> Outcome<'static> {
    let phase = state.as_ref().map(|challenge| &challenge.phase);
    match step {
        Some(ChallengeStep::Use(challenge, _)) => match facts(state, step, refused) {
            Ok(_) => Outcome::OtpVerified { challenge, result: Ok(()) },
            Err(Rejection::Unknown) => Outcome::Refused(Refusal::OtpUnknown),
            Err(rejection) => Outcome::OtpVerified { challenge, result: Err(decline(&rejection)) },
        },
        Some(ChallengeStep::Send(challenge)) => match phase {
            Some(Phase::Sending(_)) => Outcome::Unfinished,
            Some(Phase::Unsent(why)) => Outcome::OtpSent { challenge, result: Err(*why) },
            _ => Outcome::OtpSent { challenge, result: Ok(()) },
        },
        None => Outcome::Refused(Refusal::OtpUnknown),
    }
}

/// What a refused use comes to for the request that wanted it.
pub(crate) fn decline(rejection: &Rejection) -> Decline {
    match rejection {
        Rejection::AlreadyUsed => Decline::ProofAlreadyUsed,
        Rejection::Expired => Decline::ProofExpired,
        Rejection::Unknown
        | Rejection::TakenByAnother
        | Rejection::GivenUp
        | Rejection::OtherAccount
        | Rejection::NotMatched => Decline::ProofNotMatched,
    }
}
