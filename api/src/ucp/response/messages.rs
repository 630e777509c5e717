//! What a checkout has to say: what is missing, what has changed, what went wrong.
//!
//! Promise: every problem and notice of a session has words here, with the place in the answer
//! that it is about. A new one does not compile until it has.

use std::borrow::Cow;

use paceline_domain::decline::DeclineReason;
use paceline_domain::pricing::{CodeRefusal, CodeRefused};
use paceline_domain::session::{CancelReason, Notice, Phase, Problem, Session};

use super::totals::readable;
use crate::ucp::error::Severity;
use crate::write::Object;

/// One entry of `messages`.
///
/// # Source
/// Protocol reference, section 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    kind: Kind,
    code: &'static str,
    /// JSONPath into the answer.
    path: Option<String>,
    content: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Error(Severity),
    Warning,
    Info,
}

impl Message {
    pub fn recoverable(
        code: &'static str,
        path: Option<String>,
        content: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { kind: Kind::Error(Severity::Recoverable), code, path, content: content.into() }
    }

    fn warning(code: &'static str, path: String, content: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::Warning, code, path: Some(path), content: content.into() }
    }

    fn write(&self, object: &mut Object<'_>) {
        let (kind, severity) = match self.kind {
            Kind::Error(severity) => ("error", Some(severity.word())),
            Kind::Warning => ("warning", None),
            Kind::Info => ("info", None),
        };
        object.word("type", kind);
        object.word("code", self.code);
        object.text_known("path", self.path.as_deref());
        object.text_known("severity", severity);
        object.text("content", &self.content);
    }
}

/// Left out if there is nothing to say.
pub fn write(checkout: &mut Object<'_>, messages: &[Message]) {
    if messages.is_empty() {
        return;
    }
    checkout.array("messages", |array| {
        for message in messages {
            array.object(|object| message.write(object));
        }
    });
}

/// Problems first, for they must be solved; then what has changed.
///
/// - `total`: where in the answer's `totals` the total is.
pub fn messages(session: &Session, total: usize) -> Vec<Message> {
    match &session.phase {
        Phase::Open { .. } => {
            let mut messages: Vec<Message> =
                session.problems().iter().map(|problem| of_problem(problem, session)).collect();
            messages.extend(session.notices.iter().filter_map(|n| of_notice(n, session, total)));
            let refused = &session.quote.codes_refused;
            messages.extend(refused.iter().map(|refused| of_code(*refused, session)));
            messages
        }
        Phase::Cancelled { why: CancelReason::Expired, .. } => vec![Message {
            kind: Kind::Info,
            code: "expired",
            path: None,
            content: "This checkout has expired.".into(),
        }],
        Phase::Completing(_)
        | Phase::Completed { .. }
        | Phase::Cancelled { why: CancelReason::Asked, .. } => vec![],
    }
}

fn of_problem(problem: &Problem, session: &Session) -> Message {
    let missing =
        |path: String, content: &'static str| Message::recoverable("missing", Some(path), content);
    let invalid =
        |path: String, content: &'static str| Message::recoverable("invalid", Some(path), content);
    match *problem {
        Problem::OutOfStock { line, left } => {
            let title = &session.contents.lines[line].title;
            let content = match left {
                0 => format!("{title} is out of stock."),
                _ => format!("Only {left} of {title} are left."),
            };
            Message::recoverable("out_of_stock", Some(format!("$.line_items[{line}]")), content)
        }
        Problem::EmailMissing => missing("$.buyer.email".into(), "An email address is needed."),
        Problem::FulfillmentMissing => {
            missing("$.fulfillment.methods".into(), "A delivery address is needed.")
        }
        Problem::DestinationMissing { method } => missing(
            format!("{}.selected_destination_id", method_path(method)),
            "It must be chosen where the goods go.",
        ),
        Problem::CountryMissing { method, destination } => missing(
            format!("{}.address_country", destination_path(method, destination)),
            "The country of the address is needed.",
        ),
        Problem::AreaMissing { method, destination } => missing(
            format!("{}.postal_code", destination_path(method, destination)),
            "The postal code or the region of the address is needed.",
        ),
        Problem::NotServed { method, destination } => Message::recoverable(
            "address_undeliverable",
            Some(destination_path(method, destination)),
            "We do not deliver to this address.",
        ),
        Problem::OptionMissing { method } => {
            missing(option_path(method, 0), "It must be chosen how the goods are delivered.")
        }
        Problem::OptionUnknown { method, group } => {
            invalid(option_path(method, group), "This way of delivery is not offered.")
        }
        Problem::DestinationUnknown { method } => invalid(
            format!("{}.selected_destination_id", method_path(method)),
            "No destination of this delivery has this id.",
        ),
        Problem::Declined(reason) => of_decline(reason),
    }
}

/// The buyer learns what helps them; a suspicion or a report of theft is not for their eyes.
fn of_decline(reason: DeclineReason) -> Message {
    let content = match reason {
        DeclineReason::AuthenticationRequired => {
            return Message {
                kind: Kind::Error(Severity::RequiresBuyerInput),
                code: "requires_3ds",
                path: None,
                content: "Your bank asks for confirmation.".into(),
            };
        }
        DeclineReason::InsufficientFunds => "There are not enough funds for this payment.",
        DeclineReason::ExpiredCard => "The card has expired.",
        DeclineReason::IncorrectCvc => "The security code of the card is wrong.",
        DeclineReason::LimitExceeded => "The payment exceeds a limit of the card.",
        DeclineReason::InvalidCredential => "The payment method could not be used.",
        DeclineReason::DoNotHonor | DeclineReason::LostOrStolen | DeclineReason::SuspectedFraud => {
            "The payment was declined."
        }
    };
    Message::recoverable("payment_declined", None, content)
}

/// `None` for a notice that is a problem as well and has its words there.
fn of_notice(notice: &Notice, session: &Session, total: usize) -> Option<Message> {
    match *notice {
        Notice::OptionUnknown { .. } | Notice::DestinationUnknown { .. } => None,
        Notice::OptionReplaced { method, group, .. } => Some(Message::warning(
            "fulfillment_option_changed",
            option_path(method, group),
            "The chosen way of delivery is no longer offered. Another one was chosen.",
        )),
        Notice::TotalsChanged { was, now } => {
            let readable = |amount| readable(amount, session.contents.currency);
            let content =
                format!("The total has changed from {} to {}.", readable(was), readable(now));
            Some(Message::warning("totals_changed", format!("$.totals[{total}]"), content))
        }
    }
}

/// A refused code stands in nobody's way: a warning, and the code stays where it was.
///
/// # Source
/// Protocol reference, section 16.
fn of_code(CodeRefused { index, why }: CodeRefused, session: &Session) -> Message {
    let code = &session.contents.codes[index];
    let (word, content) = match why {
        CodeRefusal::Invalid => ("discount_code_invalid", format!("{code} is not a valid code.")),
        CodeRefusal::Expired => ("discount_code_expired", format!("{code} has expired.")),
        CodeRefusal::AlreadyApplied => {
            ("discount_code_already_applied", format!("{code} is applied already."))
        }
        CodeRefusal::CombinationDisallowed => (
            "discount_code_combination_disallowed",
            format!("{code} cannot be combined with the other discounts."),
        ),
        CodeRefusal::Ineligible => {
            ("discount_code_user_ineligible", format!("{code} does not apply to this order."))
        }
    };
    Message::warning(word, format!("$.discounts.codes[{index}]"), content)
}

fn method_path(method: usize) -> String {
    format!("$.fulfillment.methods[{method}]")
}

fn destination_path(method: usize, destination: usize) -> String {
    format!("{}.destinations[{destination}]", method_path(method))
}

fn option_path(method: usize, group: usize) -> String {
    format!("{}.groups[{group}].selected_option_id", method_path(method))
}
