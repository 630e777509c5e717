//! From a session to what a caller reads: the only way out.
//!
//! Promise: one body carries the members of D0 and of D1; totals are those of the quote and add
//! up; a credential cannot be in it, for it is not in the session. The order is there once the
//! session is completed, and not before.

mod contents;
mod fulfillment;
mod messages;
mod refused;
mod totals;

use std::fmt::Display;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use paceline_domain::session::{Attempt, Phase, Rejection, Session, Status};
use paceline_domain::time::Timestamp;
use paceline_engine::{Manner, Reply, Voice};

use self::messages::Message;
use super::error::Refusal;
use super::ids::IdForm;
use super::is_create;
use super::profile;
use super::settings::{Link, Settings, Template};
use crate::write::{self, Object};

/// How this wire words a session. What is the same in every answer is written once.
pub struct Words {
    envelope: Vec<u8>,
    handlers: Vec<u8>,
    links: Vec<u8>,
    /// What comes before the id of a checkout, of an order.
    checkout_prefix: String,
    order_prefix: String,
    order_permalink: Template,
    continue_url: Template,
}

impl Words {
    pub fn new(settings: &Settings) -> Self {
        let prefix = |kind: &str| match settings.ids {
            IdForm::Gid => format!("gid://{}/{kind}/", settings.host),
            IdForm::Plain => String::new(),
        };
        Self {
            envelope: profile::envelope(),
            handlers: profile::handlers(settings),
            links: links(&settings.links),
            checkout_prefix: prefix("Checkout"),
            order_prefix: prefix("Order"),
            order_permalink: settings.order_permalink.clone(),
            continue_url: settings.continue_url.clone(),
        }
    }

    /// The whole checkout, with what is to be said beside what follows from the session itself.
    fn checkout(&self, session: &Session, beside: Option<Message>) -> Bytes {
        let contents = &session.contents;
        let totals = totals::totals(session);
        let status = session.status();
        let mut messages = messages::messages(session, totals.len() - 1);
        messages.extend(beside);
        write::object(|checkout| {
            checkout.raw("ucp", &self.envelope);
            checkout.shown("id", format_args!("{}{}", self.checkout_prefix, session.id));
            checkout.word("status", status_word(status));
            messages::write(checkout, &messages);
            checkout.shown("currency", contents.currency);
            totals::write_lines(checkout, session);
            totals::write(checkout, &totals);
            contents::write_buyer(checkout, contents.buyer.as_ref());
            fulfillment::write(checkout, &contents.methods);
            contents::write_discounts(checkout, session);
            contents::write_payment(checkout, &contents.payment, &self.handlers);
            self.write_order(checkout, session);
            checkout.raw("links", &self.links);
            self.write_hand_off(checkout, session, status);
        })
    }

    fn write_order(&self, checkout: &mut Object<'_>, session: &Session) {
        let Phase::Completed { attempt: Attempt { order, .. }, .. } = &session.phase else {
            return;
        };
        let id = format_args!("{}{order}", self.order_prefix);
        let permalink = self.order_permalink.with(order);
        checkout.shown("order_id", id);
        checkout.shown("order_permalink_url", &permalink);
        checkout.object("order", |order| {
            order.shown("id", id);
            order.shown("permalink_url", &permalink);
        });
    }

    /// Where the buyer can carry on, and until when, while there is something to carry on with.
    fn write_hand_off(&self, checkout: &mut Object<'_>, session: &Session, status: Status) {
        match status {
            Status::Incomplete | Status::RequiresEscalation | Status::ReadyForComplete => {
                checkout.shown("expires_at", rfc3339(session.expires_at));
                checkout.shown("continue_url", self.continue_url.with(session.id));
            }
            Status::CompleteInProgress | Status::Completed | Status::Canceled => {}
        }
    }
}

impl Voice for Words {
    fn session(&self, manner: Manner, session: &Session, refused: Option<&Rejection>) -> Reply {
        let Some(rejection) = refused else {
            let status = if is_create(manner) { 201 } else { 200 };
            return Reply { status, body: self.checkout(session, None) };
        };
        match refused::answer(rejection) {
            refused::Answer::Checkout { status, message } => {
                Reply { status, body: self.checkout(session, message) }
            }
            refused::Answer::Refusal(refusal) => reply(&refusal),
        }
    }

    fn again(&self, _: Manner, shown: Bytes) -> Reply {
        Reply { status: 200, body: shown }
    }

    fn refusal(&self, _: Manner, refused: &Rejection) -> Reply {
        match refused::answer(refused) {
            refused::Answer::Checkout { .. } => reply(&Refusal::no_session()),
            refused::Answer::Refusal(refusal) => reply(&refusal),
        }
    }
}

fn reply(refusal: &Refusal) -> Reply {
    Reply { status: refusal.status.as_u16(), body: refusal.body().into() }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Incomplete => "incomplete",
        Status::RequiresEscalation => "requires_escalation",
        Status::ReadyForComplete => "ready_for_complete",
        Status::CompleteInProgress => "complete_in_progress",
        Status::Completed => "completed",
        Status::Canceled => "canceled",
    }
}

fn links(links: &[Link]) -> Vec<u8> {
    let mut out = vec![];
    Object::write(&mut out, |wrapped| {
        wrapped.array("links", |array| {
            for Link { kind, url, title } in links {
                array.object(|link| {
                    link.text("type", kind);
                    link.text("url", url);
                    link.text_known("title", title.as_deref());
                });
            }
        });
    });
    out[br#"{"links":"#.len()..out.len() - 1].to_vec()
}

/// To the second: nobody is sent away early by what is cut off.
fn rfc3339(Timestamp(millis): Timestamp) -> impl Display {
    let moment: SystemTime = UNIX_EPOCH + Duration::from_millis(millis);
    humantime::format_rfc3339_seconds(moment)
}

#[cfg(test)]
mod tests;
