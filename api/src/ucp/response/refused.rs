//! The one place where a rejection becomes this wire's words.
//!
//! Promise: no `_` arm. A new rejection does not compile until it has a status, a code and a
//! place here.

use http::StatusCode;
use paceline_domain::session::{List, Rejection};

use super::messages::Message;
use crate::ucp::error::{Refusal, Severity, sentence};

/// How a refused request is answered.
pub enum Answer {
    /// With the checkout as it is, and perhaps one message more.
    Checkout { status: u16, message: Option<Message> },
    /// With an error that shows no checkout.
    Refusal(Refusal),
}

/// # Source
/// Protocol reference, sections 7 and 9: what is over is a conflict; what the rules of business
/// refuse is answered with the checkout; what cannot be meant is a bad request.
pub fn answer(rejection: &Rejection) -> Answer {
    match rejection {
        Rejection::NotReady => Answer::Checkout { status: 200, message: None },
        Rejection::HandlerUnknown { .. } => Answer::Checkout {
            status: 200,
            message: Some(Message::recoverable(
                "invalid",
                Some("$.payment.instruments[0]".into()),
                "This way of paying is not offered.",
            )),
        },
        Rejection::InProgress => Answer::Checkout {
            status: StatusCode::CONFLICT.as_u16(),
            message: Some(Message::recoverable(
                "complete_in_progress",
                Some("$.status".into()),
                "A payment is in progress.",
            )),
        },
        Rejection::NotFound => Answer::Refusal(Refusal::no_session()),
        Rejection::AlreadyExists => conflict("already_exists", rejection),
        Rejection::AlreadyCompleted => conflict("already_completed", rejection),
        Rejection::AlreadyCancelled => conflict("already_canceled", rejection),
        Rejection::Expired => conflict("expired", rejection),
        Rejection::AttemptUnknown => conflict("attempt_unknown", rejection),
        Rejection::NoLines => bad("missing", "$.line_items", rejection),
        Rejection::ItemUnknown { index, .. } => {
            bad("item_unavailable", format!("$.line_items[{index}].item.id"), rejection)
        }
        Rejection::LineDuplicate { index, .. } => {
            bad("invalid", format!("$.line_items[{index}].item.id"), rejection)
        }
        Rejection::LineUnknown { index, .. } | Rejection::LineNamedTwice { index, .. } => {
            bad("invalid", format!("$.line_items[{index}].id"), rejection)
        }
        Rejection::CurrencyDiffers { .. } | Rejection::CurrencyFixed { .. } => {
            bad("invalid", "$.currency", rejection)
        }
        Rejection::NothingInStock => bad("out_of_stock", "$.line_items", rejection),
        Rejection::MethodUnknown { index, .. } => {
            bad("invalid", format!("$.fulfillment.methods[{index}].id"), rejection)
        }
        Rejection::GroupUnknown { method, index } => {
            let path = format!("$.fulfillment.methods[{method}].groups[{index}].id");
            bad("invalid", path, rejection)
        }
        Rejection::MethodLineUnknown { method, .. } => {
            bad("invalid", format!("$.fulfillment.methods[{method}].line_item_ids"), rejection)
        }
        Rejection::MethodKindMissing { index } => {
            bad("missing", format!("$.fulfillment.methods[{index}].type"), rejection)
        }
        Rejection::DestinationNamedTwice { method, index } => {
            let path = format!("$.fulfillment.methods[{method}].destinations[{index}].id");
            bad("invalid", path, rejection)
        }
        Rejection::TooMany { list, .. } => bad("invalid", list_path(*list), rejection),
        Rejection::IdsExhausted => conflict("ids_exhausted", rejection),
        Rejection::AmountTooLarge => {
            bad("quantity_invalid_limit_exceeded", "$.line_items", rejection)
        }
    }
}

fn list_path(list: List) -> String {
    match list {
        List::Lines => "$.line_items".into(),
        List::Methods => "$.fulfillment.methods".into(),
        List::Destinations { method } => format!("$.fulfillment.methods[{method}].destinations"),
        List::Codes => "$.discounts.codes".into(),
        List::Instruments => "$.payment.instruments".into(),
    }
}

fn conflict(code: &'static str, rejection: &Rejection) -> Answer {
    let words = sentence(&rejection.to_string());
    let severity = Severity::RequiresBuyerInput;
    Answer::Refusal(Refusal::new(StatusCode::CONFLICT, code, severity, words))
}

fn bad(code: &'static str, path: impl Into<String>, rejection: &Rejection) -> Answer {
    let words = sentence(&rejection.to_string());
    let refusal = Refusal::new(StatusCode::BAD_REQUEST, code, Severity::Recoverable, words);
    Answer::Refusal(Refusal { path: Some(path.into()), ..refusal })
}
