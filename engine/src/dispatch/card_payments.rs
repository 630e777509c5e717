//! Asks the acquirer for what a payment by card owes, and tells whoever has to know how it went.
//!
//! Promise: a payment is listed with its card, and its number sealed there, before the acquirer hears
//! of it; a verification code goes there with its own request or not at all; an acquirer that does
//! not answer is asked again under the same name, from sleep if it takes long.

use std::sync::Arc;

use paceline_domain::authorization::Verdict;
use paceline_domain::card::{self, Use};
use paceline_domain::card_payment::{
    Authorization, Command, Effect, RawResult, Subject, Telling, Terms,
};
use paceline_domain::ids::{
    IntegratorAccountId, MovementId, NoticeId, PaymentId, ReferenceNumber, RequestId,
};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::name::{self, Holder};
use paceline_domain::notice::{self, Owe};
use paceline_domain::response_code::{Failure, Meaning};
use paceline_domain::time::Timestamp;

use super::settlements::enter;
use super::{Known, Repeats, ask, later};
use crate::acquirer::{Authorize, Authorized, Follow, Followed, Found, Voided};
use crate::bank::Asking;
use crate::card::kept::{keep, look, open};
use crate::card::{Acquiring, CardOnFile, InFlight};
use crate::entity::{CardMoved, Cards, Carried, Names, Notices};
use crate::limits::{OWED_FIRST, OWED_LONGEST, RETRIES_BEFORE_OVERDUE};
use crate::metrics::card::CardCall;
use crate::secret::Secret;
use crate::world::World;

pub(crate) async fn carry_out(
    world: &Arc<World>,
    effect: Effect,
    secret: Option<Secret>,
) -> Carried<Command> {
    let Some(acquiring) = &world.acquirer else {
        tracing::error!("something is owed to an acquirer, and none is configured");
        return Carried::Later(world.now().after(OWED_LONGEST));
    };
    match effect {
        Effect::Authorize { attempt, movement, payment, terms, at } => {
            let answer = match secret.as_ref().and_then(InFlight::from_secret) {
                Some(asked) => {
                    list(world, acquiring, payment, &terms, &asked.card).await;
                    let ask = authorize(world, movement, &terms, asked);
                    let answer = until_known(world, CardCall::Authorize, || {
                        acquiring.acquirer.authorize(ask.clone())
                    });
                    let answer = answer.await.map(concluded);
                    if let Some(Authorization::Approved(_)) = &answer {
                        // It says that the card is as this payment had it.
                        keep(world, acquiring, terms.card, |_| Some(ask.card.kept())).await;
                    }
                    answer
                }
                None => found(world, acquiring, movement).await,
            };
            or_later(world, at, answer, |answer, now| Command::Authorized { attempt, answer, now })
        }
        Effect::Capture { movement, of, payment, request, terms, amount, at } => {
            take_name(world, CardMoved::Capture, &terms.integrator, &request, payment).await;
            let Some(ask) = follow(world, acquiring, movement, of, &terms, amount).await else {
                return Carried::Later(later(world, at, OWED_FIRST, OWED_LONGEST));
            };
            let answer =
                until_known(world, CardCall::Capture, || acquiring.acquirer.capture(ask.clone()));
            let answer = answer.await.and_then(followed);
            or_later(world, at, answer, |(outcome, raw, reference), now| {
                Command::CaptureConcluded { outcome, raw, reference, now }
            })
        }
        Effect::Void { movement, of, terms, at } => {
            let amount = terms.amount;
            let Some(ask) = follow(world, acquiring, movement, of, &terms, amount).await else {
                return Carried::Later(later(world, at, OWED_FIRST, OWED_LONGEST));
            };
            let answer =
                until_known(world, CardCall::Void, || acquiring.acquirer.void(ask.clone())).await;
            or_later(world, at, answer, |_, now| Command::VoidConcluded { now })
        }
        Effect::Refund { movement, of, payment, refund, request, terms, amount, at } => {
            take_name(world, CardMoved::Refund, &terms.integrator, &request, payment).await;
            let Some(ask) = follow(world, acquiring, movement, of, &terms, amount).await else {
                return Carried::Later(later(world, at, OWED_FIRST, OWED_LONGEST));
            };
            let answer =
                until_known(world, CardCall::Refund, || acquiring.acquirer.refund(ask.clone()));
            let answer = answer.await.and_then(followed);
            or_later(world, at, answer, |(outcome, raw, reference), now| Command::RefundConcluded {
                refund,
                outcome,
                raw,
                reference,
                now,
            })
        }
        Effect::Tell { payment, integrator, currency, telling } => {
            let number = telling.number;
            let told = tell(world, payment, integrator, currency, *telling).await;
            or_later(world, world.now(), told, |(), _| Command::ConfirmTold { number })
        }
        Effect::Lapse { expires_at } => {
            let now = world.now();
            // Asked too early, it would decide nothing, and be owed again at once.
            if expires_at > now {
                return Carried::Later(expires_at);
            }
            Carried::Done(Command::Lapse { now })
        }
    }
}

fn or_later<T>(
    world: &World,
    since: Timestamp,
    answer: Option<T>,
    command: impl FnOnce(T, Timestamp) -> Command,
) -> Carried<Command> {
    match answer {
        Some(answer) => Carried::Done(command(answer, world.now())),
        None => Carried::Later(later(world, since, OWED_FIRST, OWED_LONGEST)),
    }
}

/// With the number, sealed. What is kept of a card that is known stays as it is until this payment is
/// approved: a slip in its expiry must not be what an earlier payment is captured with.
pub(crate) async fn list(
    world: &Arc<World>,
    acquiring: &Acquiring,
    payment: PaymentId,
    terms: &Terms,
    card: &CardOnFile,
) {
    let Terms { card: id, integrator, network, last_four, .. } = terms.clone();
    let (sealed, now) = (acquiring.keyring().seal(id, &card.kept()), world.now());
    let using = Use { id, integrator, network, last_four, sealed, payment, now };
    let using = card::Command::Use(Box::new(using));
    let listed = ask::<Cards>(world, Cards::stream(id), using, None, Known::Perhaps).await;
    match listed {
        // A card that is used is under the newest key.
        Ok(listed) if listed.sealed.key == *acquiring.keyring().current() => {}
        Ok(_) => {
            let as_it_is =
                |kept: Option<&CardOnFile>| Some(kept.cloned().unwrap_or_else(|| card.kept()));
            keep(world, acquiring, id, as_it_is).await;
        }
        Err(error) => {
            tracing::error!(card = %id, %error, "a payment is not listed with its card");
        }
    }
}

fn authorize(world: &World, id: MovementId, terms: &Terms, asked: InFlight) -> Authorize {
    let InFlight { card, cvn, category, address, processing } = asked;
    Authorize {
        id,
        flow: terms.flow,
        card,
        cvn,
        amount: terms.amount,
        currency: terms.currency,
        description: terms.description.clone(),
        category,
        address,
        processing,
        now: world.now(),
    }
}

/// What the acquirer says of a question whose asker died, and its verification code with it.
async fn found(
    world: &World,
    acquiring: &Acquiring,
    movement: MovementId,
) -> Option<Authorization> {
    let found = until_known(world, CardCall::Find, || acquiring.acquirer.find(movement)).await?;
    match found {
        Found::Answered(Authorized::Unknown) | Found::Unknown => None,
        Found::Answered(answer) => Some(concluded(answer)),
        Found::Barred => Some(Authorization::Failed(Failure::Unavailable)),
    }
}

/// Some of the codes that refuse say only that nobody has decided.
fn concluded(answer: Authorized) -> Authorization {
    let declined = |verdict: Verdict| match verdict.code.meaning() {
        Meaning::Declined(_) => Authorization::Declined(Box::new(verdict)),
        Meaning::Failed(failure) => Authorization::Failed(failure),
        Meaning::Approved => {
            tracing::error!(code = %verdict.code, "an acquirer declined with a code that approves");
            Authorization::Failed(Failure::Broken)
        }
    };
    match answer {
        Authorized::Approved(approval) => Authorization::Approved(Box::new(approval)),
        Authorized::Declined(verdict) => declined(verdict),
        Authorized::Unknown => unreachable!("what is unknown is asked again"),
    }
}

/// The question that follows an authorization, with the card's number out of its seal. `None` if
/// that cannot be had now.
async fn follow(
    world: &Arc<World>,
    acquiring: &Acquiring,
    id: MovementId,
    of: MovementId,
    terms: &Terms,
    amount: Micros,
) -> Option<Follow> {
    let Some(card) = look(world, terms.card).await else {
        tracing::error!(card = %terms.card, "a payment's card is not known");
        return None;
    };
    let card = open(world, &acquiring.keyring(), terms.card, &card.sealed)?;
    let (currency, now) = (terms.currency, world.now());
    Some(Follow { id, of, card, amount, currency, now })
}

type Concluded<R> = (Result<(), R>, RawResult, Option<ReferenceNumber>);

fn followed<R>(answer: Followed<R>) -> Option<Concluded<R>> {
    match answer {
        Followed::Done { raw, reference } => Some((Ok(()), raw, reference)),
        Followed::Refused { why, raw } => Some((Err(why), raw, None)),
        Followed::Unknown => None,
    }
}

/// Whether an answer is one.
trait Answer {
    const UNKNOWN: Self;
    fn word(&self) -> Option<&'static str>;
}

/// A few times, one soon after the other. `None` if it is still unknown.
async fn until_known<'a, A: Answer>(
    world: &World,
    call: CardCall,
    ask: impl Fn() -> Asking<'a, A>,
) -> Option<A> {
    let mut repeats = Repeats::new(&world.metrics);
    for _ in 1..RETRIES_BEFORE_OVERDUE {
        let began = tokio::time::Instant::now();
        let answer = tokio::time::timeout(world.options.gateway_timeout, ask()).await;
        let answer = answer.unwrap_or(A::UNKNOWN);
        world.metrics.card.acquirer_answered(call, answer.word(), began.elapsed());
        if answer.word().is_some() {
            return Some(answer);
        }
        repeats.wait(|| format!("the acquirer's word on a {}", call.word())).await;
    }
    None
}

impl Answer for Authorized {
    const UNKNOWN: Self = Self::Unknown;
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Approved(_) => Some("approved"),
            Self::Declined(_) => Some("declined"),
            Self::Unknown => None,
        }
    }
}

impl Answer for Found {
    const UNKNOWN: Self = Self::Unknown;
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Answered(answer) => answer.word(),
            Self::Barred => Some("barred"),
            Self::Unknown => None,
        }
    }
}

impl<R> Answer for Followed<R> {
    const UNKNOWN: Self = Self::Unknown;
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Done { .. } => Some("approved"),
            Self::Refused { .. } => Some("declined"),
            Self::Unknown => None,
        }
    }
}

impl Answer for Voided {
    const UNKNOWN: Self = Self::Unknown;
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Done => Some("approved"),
            Self::Unknown => None,
        }
    }
}

/// So that whoever names the request later finds the payment.
pub(crate) async fn take_name(
    world: &Arc<World>,
    moved: CardMoved,
    integrator: &IntegratorAccountId,
    request: &RequestId,
    payment: PaymentId,
) {
    let stream = Names::card(moved, integrator, request);
    let take = name::Command::Take(Holder::CardPayment(payment));
    if let Err(error) = ask::<Names>(world, stream, take, None, Known::Perhaps).await {
        tracing::error!(%payment, %request, %error, "what was moved is known by no name");
    }
}

/// Google first: it waits for no day that cannot be read.
async fn tell(
    world: &Arc<World>,
    payment: PaymentId,
    integrator: IntegratorAccountId,
    currency: CurrencyCode,
    telling: Telling,
) -> Option<()> {
    let Telling { notice: id, subject, line, .. } = telling;
    if let Some(subject) = subject {
        // What has lapsed is captured without asking anybody.
        if let Subject::Captured { request, .. } = &subject {
            take_name(world, CardMoved::Capture, &integrator, request, payment).await;
        }
        let subject = notice::Subject::Card(Box::new(subject));
        owe(world, id, integrator.clone(), subject, payment).await;
    }
    match line {
        Some(line) => enter(world, &integrator, currency, line).await,
        None => Some(()),
    }
}

async fn owe(
    world: &Arc<World>,
    id: NoticeId,
    integrator: IntegratorAccountId,
    subject: notice::Subject,
    payment: PaymentId,
) {
    let owe = Owe { id, integrator, subject, at: world.now() };
    let owe = notice::Command::Owe(Box::new(owe));
    let owed = ask::<Notices>(world, Notices::stream(id), owe, None, Known::HardlyYet).await;
    if let Err(error) = owed {
        tracing::error!(notice = %id, %payment, %error, "Google cannot be told of a payment");
    }
}
