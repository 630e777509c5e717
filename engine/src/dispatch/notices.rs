//! Tells Google what it is owed, one try at a time.

use std::sync::Arc;

use metrics::Counter;
use paceline_domain::ids::RequestId;
use paceline_domain::notice::{Command, Notice};
use paceline_domain::time::Timestamp;

use super::later;
use crate::entity::Carried;
use crate::google::{Call, Delivery, Trouble, What};
use crate::limits::{GOOGLE_PATIENCE, MENDING_FIRST, MENDING_LONGEST, NOTICE_LATE};
use crate::tokenized::Retry;
use crate::world::World;

/// One try; the next one later. The notice's id is the request's, in every try.
pub(crate) async fn tell(world: &Arc<World>, notice: Notice) -> Carried<Command> {
    let Notice { id, integrator, subject, owed_since, .. } = notice;
    let request = RequestId::parse(&id.to_string()).expect("an id of ours is a request id");
    let call = Call { request, integrator, what: What::Result(subject) };
    let delivery = deliver(world, call).await;
    let (now, longest) = (world.now(), later_of(world, owed_since, &delivery));
    match delivery {
        Delivery::Heard | Delivery::Page(_) | Delivery::Unreadable => {
            Carried::Done(Command::Heard { now })
        }
        Delivery::Refused(why) => {
            tracing::error!(notice = %id, %why, "Google refuses to hear of an outcome");
            Carried::Done(Command::Refused { why, now })
        }
        Delivery::NotYet(_) => {
            count_late(world, owed_since, &world.metrics.standard.notices_late);
            Carried::Later(longest)
        }
    }
}

/// Of what was not heard, and may have been owed for too long.
pub(super) fn count_late(world: &World, since: Timestamp, late: &Counter) {
    if since.after(NOTICE_LATE) <= world.now() {
        late.increment(1);
    }
}

/// One call, answered or not.
pub(super) async fn deliver(world: &World, call: Call) -> Delivery {
    let Some(google) = &world.google else { return Delivery::NotYet(Trouble::NeedsMending) };
    let Ok(_room) = world.google_calls.try_acquire() else {
        return Delivery::NotYet(Trouble::Passing);
    };
    let (began, what, request) =
        (tokio::time::Instant::now(), call.what.word(), call.request.clone());
    let delivery = tokio::time::timeout(GOOGLE_PATIENCE, google.deliver(call)).await;
    let delivery = delivery.unwrap_or(Delivery::NotYet(Trouble::Passing));
    world.metrics.standard.google_answered(what, &delivery, began.elapsed());
    if delivery == Delivery::NotYet(Trouble::NeedsMending) {
        tracing::error!(what, %request, "Google does not take a call; it is tried again slowly");
    }
    delivery
}

/// When to try again what was not heard.
pub(super) fn later_of(world: &World, since: Timestamp, delivery: &Delivery) -> Timestamp {
    match delivery {
        Delivery::NotYet(Trouble::Passing) => {
            let Retry { first, longest } = world.options.tokenized.google_retry;
            later(world, since, first, longest)
        }
        _ => later(world, since, MENDING_FIRST, MENDING_LONGEST),
    }
}
