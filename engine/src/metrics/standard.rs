//! What is counted of Standard Payments: links, proofs, payments, and what Google is owed.

use std::time::Duration;

use metrics::{Counter, Gauge, Unit, counter, gauge, histogram};
use paceline_domain::account::Purpose;
use paceline_domain::money::Micros;
use paceline_domain::payment::{Direction, Part};
use paceline_domain::{challenge, link, notice, payment, statement};

use super::{LABEL_CALL, LABEL_ENTITY, LABEL_EVENT, LABEL_MOVEMENT, LABEL_REASON, LABEL_RESULT};
use crate::bank::Answer;
use crate::entity::Kind;
use crate::google::{Delivery, Trouble};
use crate::messenger::Sent;

/// What happened to links of tokens, by [`LABEL_EVENT`].
pub const LINK_EVENTS_TOTAL: &str = "engine_link_events_total";
/// What happened to one-time passwords and redirects, by [`LABEL_EVENT`].
pub const CHALLENGE_EVENTS_TOTAL: &str = "engine_challenge_events_total";
/// What happened to payments and refunds, by [`LABEL_EVENT`].
pub const PAYMENT_EVENTS_TOTAL: &str = "engine_payment_events_total";
/// Payments and refunds that were declined, by [`LABEL_REASON`].
pub const PAYMENT_DECLINES_TOTAL: &str = "engine_payment_declines_total";
/// Movements in the embedded ledger, by [`LABEL_MOVEMENT`].
pub const MOVEMENTS_TOTAL: &str = "engine_ledger_movements_total";
/// Questions to the bank, by [`LABEL_CALL`] and [`LABEL_RESULT`].
pub const BANK_CALLS_TOTAL: &str = "engine_bank_calls_total";
/// How long the bank took, by [`LABEL_CALL`].
pub const BANK_SECONDS: &str = "engine_bank_seconds";
/// Messages to telephones, by [`LABEL_RESULT`].
pub const MESSAGES_TOTAL: &str = "engine_messages_total";
/// Calls to Google, by [`LABEL_CALL`] and [`LABEL_RESULT`].
pub const GOOGLE_CALLS_TOTAL: &str = "engine_google_calls_total";
/// How long Google took, by [`LABEL_CALL`].
pub const GOOGLE_SECONDS: &str = "engine_google_seconds";
/// What happened to notices to Google, by [`LABEL_EVENT`]: owed, heard, refused, owed_again.
pub const NOTICE_EVENTS_TOTAL: &str = "engine_notice_events_total";
/// Notices that Google has not heard and statements that are not answered, as they were counted
/// last, by [`LABEL_ENTITY`].
pub const NOTICES_OWED: &str = "engine_notices_owed";
/// Tries at what was late already and was not heard, by [`LABEL_ENTITY`].
pub const NOTICES_LATE_TOTAL: &str = "engine_notices_late_total";
/// What happened to remittance statements, by [`LABEL_EVENT`].
pub const STATEMENT_EVENTS_TOTAL: &str = "engine_statement_events_total";

pub(super) fn describe() {
    use metrics::describe_counter as counter;
    counter!(LINK_EVENTS_TOTAL, Unit::Count, "What happened to links of tokens");
    counter!(CHALLENGE_EVENTS_TOTAL, Unit::Count, "What happened to passwords and redirects");
    counter!(PAYMENT_EVENTS_TOTAL, Unit::Count, "What happened to payments and refunds");
    counter!(PAYMENT_DECLINES_TOTAL, Unit::Count, "Payments and refunds that were declined");
    counter!(MOVEMENTS_TOTAL, Unit::Count, "Movements in the embedded ledger");
    counter!(BANK_CALLS_TOTAL, Unit::Count, "Questions to the bank, by result");
    metrics::describe_histogram!(BANK_SECONDS, Unit::Seconds, "How long the bank took");
    counter!(MESSAGES_TOTAL, Unit::Count, "Messages to telephones, by result");
    counter!(GOOGLE_CALLS_TOTAL, Unit::Count, "Calls to Google, by result");
    metrics::describe_histogram!(GOOGLE_SECONDS, Unit::Seconds, "How long Google took");
    counter!(NOTICE_EVENTS_TOTAL, Unit::Count, "What happened to notices to Google");
    metrics::describe_gauge!(NOTICES_OWED, Unit::Count, "What Google is owed and has not heard");
    counter!(NOTICES_LATE_TOTAL, Unit::Count, "Tries at what is late and was not heard");
    counter!(STATEMENT_EVENTS_TOTAL, Unit::Count, "What happened to remittance statements");
}

/// The handles of one engine. What wakes somebody the first time it happens is among them, for
/// a series that begins with one has not increased.
pub(crate) struct StandardMetrics {
    pub notices_late: Counter,
    pub statements_late: Counter,
    pub notices_owed: Gauge,
    pub statements_owed: Gauge,
    owed: Counter,
    heard: Counter,
    refused: Counter,
    owed_again: Counter,
    answer_refused: Counter,
    stopped: Counter,
}

impl Default for StandardMetrics {
    fn default() -> Self {
        for direction in [Direction::Capture, Direction::Refund, Direction::Disbursement] {
            bank_calls(direction, Answer::Unknown).increment(0);
        }
        let notice = |event: &'static str| counter!(NOTICE_EVENTS_TOTAL, LABEL_EVENT => event);
        Self {
            notices_late: counter!(NOTICES_LATE_TOTAL, LABEL_ENTITY => Kind::Notice.word()),
            statements_late: counter!(NOTICES_LATE_TOTAL, LABEL_ENTITY => Kind::Statement.word()),
            notices_owed: gauge!(NOTICES_OWED, LABEL_ENTITY => Kind::Notice.word()),
            statements_owed: gauge!(NOTICES_OWED, LABEL_ENTITY => Kind::Statement.word()),
            owed: notice("owed"),
            heard: notice("heard"),
            refused: notice("refused"),
            owed_again: notice("owed_again"),
            answer_refused: statement("answer_refused"),
            stopped: statement("stopped"),
        }
    }
}

impl StandardMetrics {
    pub fn moved(&self, purpose: &Purpose, _: Micros) {
        let movement = match purpose {
            Purpose::Capture(_) => "capture",
            Purpose::Refund(_) => "refund",
            Purpose::Disbursement(_) => "disbursement",
            Purpose::Funding(_) => "funding",
        };
        counter!(MOVEMENTS_TOTAL, LABEL_MOVEMENT => movement).increment(1);
    }

    pub fn link_event(&self, event: &link::Event) {
        use link::Event;
        let word = match event {
            Event::AssociationStarted { .. } => "association_started",
            Event::Associated { .. } => "associated",
            Event::AssociationDeclined { .. } => "association_declined",
            Event::AssociationDropped { .. } => "association_dropped",
            Event::RefreshStarted { .. } => "refresh_started",
            Event::Refreshed { .. } => "refreshed",
            Event::RefreshDeclined { .. } => "refresh_declined",
            Event::Invalidated { .. } => "invalidated",
        };
        counter!(LINK_EVENTS_TOTAL, LABEL_EVENT => word).increment(1);
    }

    pub fn challenge_event(&self, event: &challenge::Event) {
        use challenge::Event;
        let word = match event {
            Event::SendingStarted { .. } => "sending_started",
            Event::Sent => "sent",
            Event::Unsent { .. } => "unsent",
            Event::Approved { .. } => "approved",
            Event::GivenUp => "given_up",
            Event::Tried { .. } => "tried_in_vain",
            Event::Used { .. } => "used",
        };
        counter!(CHALLENGE_EVENTS_TOTAL, LABEL_EVENT => word).increment(1);
    }

    pub fn payment_event(&self, event: &payment::Event) {
        use payment::Event;
        let word = match event {
            Event::Asked { .. } => "asked",
            Event::RefundAsked { .. } => "refund_asked",
            Event::AskerLeft { .. } => "asker_left",
            Event::Concluded { part: Part::Payment, outcome: Ok(()), .. } => "approved",
            Event::Concluded { part: Part::Refund(_), outcome: Ok(()), .. } => "refunded",
            Event::Concluded { part, outcome: Err(why), .. } => {
                counter!(PAYMENT_DECLINES_TOTAL, LABEL_REASON => why.word()).increment(1);
                if *part == Part::Payment { "declined" } else { "refund_declined" }
            }
            Event::Settled { .. } => "settled",
        };
        counter!(PAYMENT_EVENTS_TOTAL, LABEL_EVENT => word).increment(1);
    }

    pub fn notice_event(&self, event: &notice::Event) {
        use notice::Event;
        let counter = match event {
            Event::Owed(_) => &self.owed,
            Event::Heard { .. } => &self.heard,
            Event::Refused { .. } => &self.refused,
            Event::OwedAgain { .. } => &self.owed_again,
        };
        counter.increment(1);
    }

    pub fn statement_event(&self, event: &statement::Event) {
        use statement::Event;
        let counter = match event {
            Event::Notified(_) => &statement("notified"),
            Event::PageRead { .. } => &statement("page_read"),
            Event::Compared { .. } => &statement("compared"),
            Event::Answered { .. } => &statement("answered"),
            Event::Stopped { .. } => &self.stopped,
            Event::Unlisted(_) => &statement("unlisted"),
            Event::ReadAgain { .. } => &statement("read_again"),
            Event::AnswerRefused { .. } => &self.answer_refused,
        };
        counter.increment(1);
    }

    pub fn bank_answered(&self, direction: Direction, answer: Answer, took: Duration) {
        bank_calls(direction, answer).increment(1);
        histogram!(BANK_SECONDS, LABEL_CALL => bank_call(direction)).record(took);
    }

    pub fn message(&self, sent: Sent) {
        let result = match sent {
            Sent::Sent => "sent",
            Sent::Failed => "failed",
            Sent::Unknown => "unknown",
        };
        counter!(MESSAGES_TOTAL, LABEL_RESULT => result).increment(1);
    }

    pub fn google_answered(&self, call: &'static str, delivery: &Delivery, took: Duration) {
        let result = match delivery {
            Delivery::Heard | Delivery::Page(_) => "heard",
            Delivery::Refused(_) => "refused",
            Delivery::Unreadable => "unreadable",
            Delivery::NotYet(Trouble::Passing) => "not_yet",
            Delivery::NotYet(Trouble::NeedsMending) => "needs_mending",
        };
        counter!(GOOGLE_CALLS_TOTAL, LABEL_CALL => call, LABEL_RESULT => result).increment(1);
        histogram!(GOOGLE_SECONDS, LABEL_CALL => call).record(took);
    }
}

fn statement(event: &'static str) -> Counter {
    counter!(STATEMENT_EVENTS_TOTAL, LABEL_EVENT => event)
}

fn bank_calls(direction: Direction, answer: Answer) -> Counter {
    let result = match answer {
        Answer::Approved => "approved",
        Answer::Declined(_) => "declined",
        Answer::Unknown => "unknown",
    };
    counter!(BANK_CALLS_TOTAL, LABEL_CALL => bank_call(direction), LABEL_RESULT => result)
}

fn bank_call(direction: Direction) -> &'static str {
    match direction {
        Direction::Capture => "capture",
        Direction::Refund => "refund",
        Direction::Disbursement => "disbursement",
    }
}
