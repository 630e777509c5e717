//! Each event of Standard Payments in a sentence. No `_` arm, as in `words`.

use paceline_domain::account;
use paceline_domain::challenge;
use paceline_domain::decline::Decline;
use paceline_domain::journal;
use paceline_domain::link;
use paceline_domain::money::Micros;
use paceline_domain::name::{self, Holder};
use paceline_domain::notice::{self, Subject};
use paceline_domain::payment::{self, Flow, Part};
use paceline_domain::statement::{self, LineKind};
use paceline_domain::telephone;

use super::{card, moment};

pub(super) fn account(event: &account::Event) -> String {
    use account::{Closure, Event, Purpose};
    match event {
        Event::Opened(opening) => format!(
            "{} account opened for {}, in {}",
            moment(opening.at),
            opening.profile.name,
            opening.currency
        ),
        Event::Moved { movement, purpose, amount, at } => {
            let why = match purpose {
                Purpose::Capture(id) => format!("captured for {id}"),
                Purpose::Refund(id) => format!("refunded by {id}"),
                Purpose::Disbursement(id) => format!("disbursed by {id}"),
                Purpose::Funding(source) => format!("funded from {source}"),
            };
            format!("{} {} {why}, as {movement}", moment(*at), micros(*amount))
        }
        Event::Forgotten { movement } => format!("the outcome of {movement} is known"),
        Event::Held { at } => format!("{} put on hold", moment(*at)),
        Event::Released { at } => format!("{} released", moment(*at)),
        Event::Closed { why, at } => {
            let why = match why {
                Closure::Asked => "",
                Closure::TakenOver => ", because it had been taken over",
                Closure::Fraud => ", for fraud",
            };
            format!("{} closed{why}", moment(*at))
        }
    }
}

pub(super) fn name(event: &name::Event) -> String {
    match event {
        name::Event::Taken(Holder::Link(link)) => format!("leads to {link}"),
        name::Event::Taken(Holder::Account(account)) => format!("leads to account {account}"),
        name::Event::Taken(Holder::Payment(payment) | Holder::CardPayment(payment)) => {
            format!("leads to {payment}")
        }
        name::Event::Taken(Holder::Line(line)) => {
            format!("counted by line {} of statement {}", line.number, line.statement)
        }
        name::Event::GivenBack => "leads nowhere".to_owned(),
    }
}

pub(super) fn link(event: &link::Event) -> String {
    use link::Event;
    match event {
        Event::AssociationStarted { associating, at, .. } => {
            format!("{} to be linked as {}", moment(*at), associating.association)
        }
        Event::Associated { associated, at, .. } => format!(
            "{} linked with account {}, until {}",
            moment(*at),
            associated.account,
            moment(associated.expires_at)
        ),
        Event::AssociationDeclined { why, at, .. } => {
            format!("{} not linked: {why}", moment(*at))
        }
        Event::AssociationDropped { .. } => "not linked: the association is another's".to_owned(),
        Event::RefreshStarted { at, .. } => format!("{} to be refreshed", moment(*at)),
        Event::Refreshed { expires_at, at, .. } => {
            format!("{} refreshed, until {}", moment(*at), moment(*expires_at))
        }
        Event::RefreshDeclined { why, at, .. } => format!("{} not refreshed: {why}", moment(*at)),
        Event::Invalidated { at } => format!("{} revoked by the customer", moment(*at)),
    }
}

pub(super) fn challenge(event: &challenge::Event) -> String {
    use challenge::Event;
    match event {
        Event::SendingStarted { sending, at } => format!(
            "{} a password is to be sent to the telephone of account {}",
            moment(*at),
            sending.proving.account
        ),
        Event::Sent => "the password was sent".to_owned(),
        Event::Unsent { why } => format!("no password was sent: {why}"),
        Event::Approved { proving, at } => format!(
            "{} approved by account {}, until {}",
            moment(*at),
            proving.account,
            moment(proving.expires_at)
        ),
        Event::GivenUp => "the user turned back".to_owned(),
        Event::Tried { by, at } => format!("{} tried in vain by {by}", moment(*at)),
        Event::Used { by, at } => format!("{} used by {by}", moment(*at)),
    }
}

pub(super) fn payment(event: &payment::Event) -> String {
    use payment::Event;
    match event {
        Event::Asked { terms, at, .. } => {
            let what = match terms.flow {
                Flow::Capture => "capture",
                Flow::CaptureLater => "capture, to be told later,",
                Flow::Disbursement => "disbursement",
            };
            format!(
                "{} {what} of {} {} asked for by {} of {}, account {}",
                moment(*at),
                micros(terms.amount),
                terms.currency,
                terms.request,
                terms.integrator,
                terms.account
            )
        }
        Event::RefundAsked { refund, id, at } => format!(
            "{} {id}: refund of {} asked for by {}",
            moment(*at),
            micros(refund.amount),
            refund.request
        ),
        Event::AskerLeft { part } => format!("{}: the caller was told to ask again", of(*part)),
        Event::Concluded { part, outcome, at } => {
            format!("{} {} {}", moment(*at), of(*part), concluded(*outcome))
        }
        Event::Settled { part } => format!("{}: everybody knows", of(*part)),
    }
}

pub(super) fn notice(event: &notice::Event) -> String {
    use notice::Event;
    match event {
        Event::Owed(owe) => {
            let what = match &owe.subject {
                Subject::Capture { request, outcome, .. }
                | Subject::Refund { request, outcome, .. }
                | Subject::Disbursement { request, outcome, .. } => {
                    format!("{request} {}", concluded(*outcome))
                }
                Subject::Card(subject) => card::owed(subject),
                Subject::Settlement(part) => {
                    format!("part {} of {} of {}", part.number + 1, part.parts, part.of.id)
                }
            };
            format!("{} Google is to be told: {what}", moment(owe.at))
        }
        Event::Heard { at } => format!("{} Google has heard it", moment(*at)),
        Event::Refused { why, at } => format!("{} Google refuses to hear it: {why}", moment(*at)),
        Event::OwedAgain { at } => format!("{} to be told once more", moment(*at)),
    }
}

pub(super) fn statement(event: &statement::Event) -> String {
    use statement::Event;
    match event {
        Event::Notified(notify) => format!(
            "{} statement {} of {}: {} {} due",
            moment(notify.at),
            notify.request,
            notify.integrator,
            micros(notify.summary.total_due),
            notify.summary.currency
        ),
        Event::PageRead { lines, next: Some(next) } => {
            format!("{} lines read, the next from {next} on", lines.len())
        }
        Event::PageRead { lines, next: None } => format!("the last {} lines read", lines.len()),
        Event::Compared { missing_there } => {
            format!("compared: {} of our lines are missing in it", missing_there.len())
        }
        Event::Answered { at } => format!("{} answered", moment(*at)),
        Event::AnswerRefused { at } => format!("{} Google refuses the answer", moment(*at)),
        Event::Stopped { why, at } => format!("{} stopped: {why}", moment(*at)),
        Event::Unlisted(rest) => format!("{} more of our lines are missing", rest.lines),
        Event::ReadAgain { at } => format!("{} to be read once more", moment(*at)),
    }
}

pub(super) fn telephone(event: &telephone::Event) -> String {
    let telephone::Event::Granted { challenge, at, counted_since: _ } = event;
    format!("{} may get the message of {challenge}", moment(*at))
}

pub(super) fn journal(event: &journal::Event) -> String {
    let journal::Event::Entered(entry) = event;
    let kind = match entry.kind {
        LineKind::Capture => "capture",
        LineKind::Refund => "refund",
    };
    format!("{} {kind} {} of {}", moment(entry.at), entry.request, micros(entry.amount))
}

fn of(part: Part) -> String {
    match part {
        Part::Payment => "the payment".to_owned(),
        Part::Refund(id) => id.to_string(),
    }
}

fn concluded(outcome: Result<(), Decline>) -> String {
    outcome.map_or_else(|why| format!("was declined: {why}"), |()| "was done".to_owned())
}

/// In major units, with as many of six decimals as it takes.
pub(super) fn micros(Micros(micros): Micros) -> String {
    let (sign, magnitude) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (major, fraction) = (magnitude / 1_000_000, format!("{:06}", magnitude % 1_000_000));
    let fraction = fraction.trim_end_matches('0');
    format!("{sign}{major}.{fraction:0<2}")
}
