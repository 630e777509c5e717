//! Each event in a sentence. No `_` arm: a new event does not compile until it has words.

use paceline_domain::instrument;
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::order;
use paceline_domain::pricing::Quote;
use paceline_domain::session::{CancelReason, Contents, Event};
use paceline_domain::stock;

use super::moment;
use crate::gateway::simulated::{Entry, Movement};

pub(super) fn session(event: &Event) -> String {
    match event {
        Event::Created(created) => format!(
            "{} created by {}: {}; expires {}",
            moment(created.at),
            created.caller,
            purchase(&created.contents, &created.quote),
            moment(created.expires_at),
        ),
        Event::Updated { contents, quote, at, .. } => {
            format!("{} updated: {}", moment(*at), purchase(contents, quote))
        }
        Event::CompletionAccepted { attempt, .. } => format!(
            "{} attempt {} accepted, to pay with instrument {}; the order will be {}",
            moment(attempt.accepted_at),
            attempt.number,
            attempt.instrument,
            attempt.order,
        ),
        Event::AskerLeft { attempt } => {
            format!("the caller was told that attempt {attempt} is in progress")
        }
        Event::StockRefused { attempt, left, at } => {
            let short: Vec<_> =
                left.iter().map(|(product, units)| format!("{product} ({units} left)")).collect();
            let short = short.join(", ");
            format!("{} attempt {attempt} ended: out of stock: {short}", moment(*at))
        }
        Event::PaymentDeclined { attempt, reason, at } => {
            format!("{} attempt {attempt} declined: {reason}", moment(*at))
        }
        Event::Completed { attempt, at } => {
            format!("{} completed by attempt {attempt}", moment(*at))
        }
        Event::Released { attempt } => format!("what {attempt} held was given back"),
        Event::Settled => "money captured, units sold, order placed".to_owned(),
        Event::Cancelled { why: CancelReason::Asked, at } => format!("{} canceled", moment(*at)),
        Event::Cancelled { why: CancelReason::Expired, at } => format!("{} expired", moment(*at)),
    }
}

pub(super) fn instrument(event: &instrument::Event) -> String {
    use instrument::Event;
    match event {
        Event::ReservationStarted { attempt, amount, currency } => {
            format!("about to reserve {} for {attempt}", money(*amount, *currency))
        }
        Event::Reserved { attempt } => format!("{attempt} reserved"),
        Event::Declined { attempt, reason } => format!("{attempt} declined: {reason}"),
        Event::CaptureStarted { attempt } => format!("about to capture {attempt}"),
        Event::Captured { attempt } => format!("{attempt} captured"),
        Event::CaptureRefused { attempt, reason } => {
            format!("the capture of {attempt} was refused: {reason}")
        }
    }
}

pub(super) fn stock(event: &stock::Event) -> String {
    use stock::Event;
    match event {
        Event::Counted { counted } => format!("the feed counts {counted} units to sell in all"),
        Event::Held { attempt, units } => format!("{units} held for {attempt}"),
        Event::Sold { attempt, units } => format!("{units} sold to {attempt}"),
        Event::Released { attempt, units } => format!("{units} given back by {attempt}"),
    }
}

pub(super) fn order(event: &order::Event) -> String {
    let order::Event::Placed(placed) = event;
    format!(
        "{} placed by {}: {}",
        moment(placed.at),
        placed.session,
        purchase(&placed.contents, &placed.quote)
    )
}

pub(super) fn entry(entry: &Entry) -> String {
    let verb = match entry.movement {
        Movement::Reserved => "reserve",
        Movement::Captured => "capture",
    };
    let outcome = match entry.outcome {
        Ok(()) => "approved".to_owned(),
        Err(reason) => format!("declined: {reason}"),
    };
    format!("{verb} {}: {outcome}", money(entry.amount, entry.currency))
}

fn purchase(contents: &Contents, quote: &Quote) -> String {
    let lines: Vec<_> = contents
        .lines
        .iter()
        .map(|line| format!("{} × {} ({})", line.quantity.units(), line.title, line.product))
        .collect();
    format!("{}, total {}", lines.join(", "), money(quote.total, contents.currency))
}

/// `113.50 USD`, `500 JPY`, `1.250 KWD`.
fn money(amount: MinorUnits, currency: CurrencyCode) -> String {
    match currency.exponent() as usize {
        0 => format!("{} {currency}", amount.0),
        decimals => {
            let unit = 10u64.pow(currency.exponent());
            format!("{}.{:0decimals$} {currency}", amount.0 / unit, amount.0 % unit)
        }
    }
}
