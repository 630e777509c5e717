//! Asks the bank for a payment or a refund, and tells whoever has to know how it went.
//!
//! Promise: a proof is used before the bank is asked; a bank that does not answer is asked again
//! under the same name, from sleep if it takes long. A refund is found by its own request before
//! anybody hears of it: a statement may name it from then on.

use std::sync::Arc;

use futures_util::future::join;
use paceline_domain::challenge::{Proof, Use};
use paceline_domain::decline::Decline;
use paceline_domain::ids::{IntegratorAccountId, MovementId, NoticeId, UseId};
use paceline_domain::journal::{self, Entry};
use paceline_domain::name::{self, Holder};
use paceline_domain::notice::{self, Owe, Subject};
use paceline_domain::payment::{Command, Direction, Effect, Moved, Of, Part, Told, Wanted};
use paceline_domain::statement::LineKind;

use super::links::use_proof;
use super::{Known, Repeats, ask, later};
use crate::bank::{Answer, Transfer, Unavailable};
use crate::entity::{Carried, Journals, Names, Notices, hashed};
use crate::limits::{OWED_FIRST, OWED_LONGEST, RETRIES_BEFORE_OVERDUE};
use crate::world::World;

pub(crate) async fn carry_out(world: &Arc<World>, effect: Effect) -> Carried<Command> {
    match effect {
        Effect::Conclude { of, wanted, proof } => conclude(world, of, *wanted, proof).await,
        Effect::Settle { of, concluded } => match settle(world, of, *concluded).await {
            Ok(()) => Carried::Done(Command::ConfirmSettled { part: of.part }),
            Err(Unavailable) => Carried::Later(later(world, of.at, OWED_FIRST, OWED_LONGEST)),
        },
    }
}

async fn conclude(
    world: &Arc<World>,
    of: Of,
    wanted: Wanted,
    proof: Option<Proof>,
) -> Carried<Command> {
    let proven = match proof {
        None => Ok(()),
        Some(proof) => {
            let (account, association) = (Some(wanted.account.clone()), wanted.association.clone());
            let by = UseId(of.payment.0);
            // As it was when it was asked for: what comes between is ours.
            let tries_max = world.options.tokenized.otp_tries_max;
            let using = Use { by, proof, account, association, tries_max, now: of.at };
            use_proof(world, using).await.map(drop)
        }
    };
    let outcome = match proven {
        Err(why) => Some(Err(why)),
        Ok(()) => {
            let named = name_refund(world, of, &wanted);
            let ((), answer) = join(named, ask_bank(world, transfer(of, wanted.clone()))).await;
            answer
        }
    };
    match outcome {
        Some(outcome) => {
            Carried::Done(Command::Concluded { part: of.part, outcome, now: world.now() })
        }
        None => Carried::Later(later(world, of.at, OWED_FIRST, OWED_LONGEST)),
    }
}

/// The bank knows a payment's movement by the payment's id, and a refund's by the refund's.
fn movement(of: Of) -> MovementId {
    match of.part {
        Part::Payment => MovementId(of.payment.0),
        Part::Refund(refund) => MovementId(refund.0),
    }
}

fn transfer(of: Of, wanted: Wanted) -> Transfer {
    let Wanted {
        request: _,
        account,
        association,
        integrator,
        direction,
        amount,
        currency,
        description,
    } = wanted;
    let id = movement(of);
    Transfer { id, account, association, integrator, direction, amount, currency, description }
}

/// A few times, one soon after the other. `None` if it is still unknown.
async fn ask_bank(world: &World, transfer: Transfer) -> Option<Result<(), Decline>> {
    let mut repeats = Repeats::new(&world.metrics);
    for _ in 1..RETRIES_BEFORE_OVERDUE {
        let began = tokio::time::Instant::now();
        let asked = match transfer.direction {
            Direction::Capture => world.bank.debit(transfer.clone()),
            Direction::Refund | Direction::Disbursement => world.bank.credit(transfer.clone()),
        };
        let answer = tokio::time::timeout(world.options.gateway_timeout, asked).await;
        let answer = answer.unwrap_or(Answer::Unknown);
        world.metrics.standard.bank_answered(transfer.direction, answer, began.elapsed());
        match answer {
            Answer::Approved => return Some(Ok(())),
            Answer::Declined(why) => return Some(Err(why)),
            Answer::Unknown => {
                repeats.wait(|| format!("the bank's word on {}", transfer.id)).await;
            }
        }
    }
    None
}

/// Our books first, then Google, and the bank last: it must know the movement for as long as
/// anybody might ask for it again. What was done is not done twice when all of it is repeated.
async fn settle(world: &Arc<World>, of: Of, told: Told) -> Result<(), Unavailable> {
    let Told { integrator, moved, notice } = told;
    if let Some(moved) = &moved {
        enter(world, of, &integrator, moved).await;
    }
    if let Some(subject) = notice {
        owe(world, of, integrator, subject).await;
    }
    if let Some(moved) = moved {
        let told = world.bank.forget(&moved.account, movement(of));
        let told = tokio::time::timeout(world.options.gateway_timeout, told).await;
        told.map_err(|_| Unavailable)?;
    }
    Ok(())
}

/// Of a refund: its request leads to the payment that it is taken from.
async fn name_refund(world: &Arc<World>, of: Of, wanted: &Wanted) {
    let Part::Refund(_) = of.part else { return };
    let stream = Names::refund(&wanted.integrator, &wanted.request);
    let take = name::Command::Take(Holder::Payment(of.payment));
    let taken = ask::<Names>(world, stream, take, None, Known::HardlyYet).await;
    if let Err(error) = taken {
        tracing::error!(payment = %of.payment, %error, "a refund is known by no name");
    }
}

/// Makes it known for the statements to come.
async fn enter(world: &Arc<World>, of: Of, integrator: &IntegratorAccountId, moved: &Moved) {
    let kind = match moved.direction {
        Direction::Capture => LineKind::Capture,
        Direction::Refund => LineKind::Refund,
        Direction::Disbursement => return, // no line of any statement
    };
    let Moved { request, amount, .. } = moved.clone();
    let entry = Entry { kind, request, amount, at: of.at };
    let stream = Journals::stream(integrator, Journals::day(of.at));
    let enter = journal::Command::Enter(entry);
    ask::<Journals>(world, stream, enter, None, Known::Perhaps).await;
}

/// The notice keeps itself until Google has heard it.
async fn owe(world: &Arc<World>, of: Of, integrator: IntegratorAccountId, subject: Subject) {
    let id = NoticeId(hashed(&["notice", &movement(of).to_string()]));
    let owe = Owe { id, integrator, subject, at: world.now() };
    let owe = notice::Command::Owe(Box::new(owe));
    let owed = ask::<Notices>(world, Notices::stream(id), owe, None, Known::HardlyYet).await;
    if let Err(error) = owed {
        tracing::error!(notice = %id, %error, "Google cannot be told of an outcome");
    }
}
