//! The metrics of this crate: names, labels, help texts, and handles resolved once.

pub mod card;
pub mod standard;

use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::session::{CancelReason, Event};

use self::card::CardMetrics;
use self::standard::StandardMetrics;
use crate::entity::Kind;
use crate::gateway::Answer;

/// Entities in memory, by [`LABEL_ENTITY`].
pub const ENTITIES_AWAKE: &str = "engine_entities_awake";
/// Entities brought into memory, by [`LABEL_ENTITY`].
pub const WAKES_TOTAL: &str = "engine_wakes_total";
/// Idle entities that left memory to make room, by [`LABEL_ENTITY`].
pub const SLEEPS_TOTAL: &str = "engine_sleeps_total";
/// Owners that lost their state to the log's word and read it again, by [`LABEL_ENTITY`].
pub const RELOADS_TOTAL: &str = "engine_reloads_total";
/// Messages sent and not yet taken up, by [`LABEL_ENTITY`].
pub const MAILBOX_DEPTH: &str = "engine_mailbox_depth";
/// Requests in the engine.
pub const ASKS_IN_FLIGHT: &str = "engine_asks_in_flight";
/// Requests refused before any work because too many were in flight.
pub const ASKS_REFUSED_TOTAL: &str = "engine_asks_refused_total";
/// Claims of idempotency keys, by [`LABEL_OUTCOME`]: unseen, running, answered, mismatched.
pub const CLAIMS_TOTAL: &str = "engine_idempotency_claims_total";
/// Questions to the processor, by [`LABEL_CALL`] and [`LABEL_RESULT`].
pub const GATEWAY_CALLS_TOTAL: &str = "engine_gateway_calls_total";
/// How long the processor took, by [`LABEL_CALL`].
pub const GATEWAY_SECONDS: &str = "engine_gateway_seconds";
/// Steps repeated because no answer came, by [`LABEL_EFFECT`].
pub const RETRIES_TOTAL: &str = "engine_retries_total";
/// Entities with something owed that is being carried out, by [`LABEL_ENTITY`].
pub const EFFECTS_OWED: &str = "engine_effects_owed";
/// Steps that have been repeated for long without an answer.
pub const EFFECTS_OVERDUE: &str = "engine_effects_overdue";
/// What happened to checkout sessions, by [`LABEL_EVENT`].
pub const SESSION_EVENTS_TOTAL: &str = "engine_session_events_total";
/// Attempts at paying that were declined, by [`LABEL_REASON`].
pub const DECLINES_TOTAL: &str = "engine_declines_total";
/// Captures that the processor refused after it had reserved the money: an operator's matter.
pub const CAPTURES_REFUSED_TOTAL: &str = "engine_captures_refused_total";
/// Units of products, by [`LABEL_MOVEMENT`]: held, sold, released.
pub const UNITS_TOTAL: &str = "engine_units_total";
/// Minor units of money, by [`LABEL_MOVEMENT`] (reserved, captured) and [`LABEL_CURRENCY`].
pub const MONEY_TOTAL: &str = "engine_money_minor_total";
/// Orders placed.
pub const ORDERS_PLACED_TOTAL: &str = "engine_orders_placed_total";

pub const LABEL_ENTITY: &str = "entity";
pub const LABEL_OUTCOME: &str = "outcome";
pub const LABEL_CALL: &str = "call";
pub const LABEL_RESULT: &str = "result";
pub const LABEL_EFFECT: &str = "effect";
pub const LABEL_EVENT: &str = "event";
pub const LABEL_REASON: &str = "reason";
pub const LABEL_MOVEMENT: &str = "movement";
pub const LABEL_CURRENCY: &str = "currency";

/// Gives the recorder the help texts. Call once, after the recorder is installed and before the
/// engine starts: its handles are those of the recorder it was started under.
pub fn describe() {
    use metrics::{describe_counter as counter, describe_gauge as gauge};
    gauge!(ENTITIES_AWAKE, Unit::Count, "Entities in memory");
    counter!(WAKES_TOTAL, Unit::Count, "Entities brought into memory");
    counter!(SLEEPS_TOTAL, Unit::Count, "Idle entities that left memory to make room");
    counter!(RELOADS_TOTAL, Unit::Count, "Owners that read their state again");
    gauge!(MAILBOX_DEPTH, Unit::Count, "Messages sent and not yet taken up");
    gauge!(ASKS_IN_FLIGHT, Unit::Count, "Requests in the engine");
    counter!(ASKS_REFUSED_TOTAL, Unit::Count, "Requests refused because too many were in flight");
    counter!(CLAIMS_TOTAL, Unit::Count, "Claims of idempotency keys, by outcome");
    counter!(GATEWAY_CALLS_TOTAL, Unit::Count, "Questions to the processor, by result");
    metrics::describe_histogram!(GATEWAY_SECONDS, Unit::Seconds, "How long the processor took");
    counter!(RETRIES_TOTAL, Unit::Count, "Steps repeated because no answer came");
    gauge!(EFFECTS_OWED, Unit::Count, "Entities carrying out what they owe");
    gauge!(EFFECTS_OVERDUE, Unit::Count, "Steps repeated for long without an answer");
    counter!(SESSION_EVENTS_TOTAL, Unit::Count, "What happened to checkout sessions");
    counter!(DECLINES_TOTAL, Unit::Count, "Attempts at paying that were declined");
    counter!(CAPTURES_REFUSED_TOTAL, Unit::Count, "Captures refused after a reservation");
    counter!(UNITS_TOTAL, Unit::Count, "Units held, sold and released");
    counter!(MONEY_TOTAL, Unit::Count, "Minor units reserved and captured");
    counter!(ORDERS_PLACED_TOTAL, Unit::Count, "Orders placed");
    standard::describe();
    card::describe();
}

/// The handles of one engine.
pub struct Metrics {
    kinds: [KindMetrics; Kind::ALL.len()],
    pub(crate) asks_in_flight: Gauge,
    pub(crate) asks_refused: Counter,
    pub(crate) claims_unseen: Counter,
    pub(crate) claims_running: Counter,
    pub(crate) claims_answered: Counter,
    pub(crate) claims_mismatched: Counter,
    pub(crate) effects_overdue: Gauge,
    pub(crate) captures_refused: Counter,
    pub(crate) units_held: Counter,
    pub(crate) units_sold: Counter,
    pub(crate) units_released: Counter,
    pub(crate) orders_placed: Counter,
    pub(crate) reserve: CallMetrics,
    pub(crate) capture: CallMetrics,
    pub(crate) standard: StandardMetrics,
    pub(crate) card: CardMetrics,
    created: Counter,
    updated: Counter,
    accepted: Counter,
    in_progress_answered: Counter,
    completed: Counter,
    settled: Counter,
    declined: Counter,
    out_of_stock: Counter,
    released: Counter,
    cancelled: Counter,
    expired: Counter,
}

/// The handles of one kind of entity.
pub(crate) struct KindMetrics {
    pub awake: Gauge,
    pub wakes: Counter,
    pub sleeps: Counter,
    pub reloads: Counter,
    pub mailbox_depth: Gauge,
    pub effects_owed: Gauge,
}

/// The handles of one kind of question to the processor.
pub(crate) struct CallMetrics {
    pub seconds: Histogram,
    pub retries: Counter,
    approved: Counter,
    declined: Counter,
    unknown: Counter,
    movement: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let claims = |outcome: &'static str| counter!(CLAIMS_TOTAL, LABEL_OUTCOME => outcome);
        let event = |event: &'static str| counter!(SESSION_EVENTS_TOTAL, LABEL_EVENT => event);
        let units = |movement: &'static str| counter!(UNITS_TOTAL, LABEL_MOVEMENT => movement);
        Self {
            kinds: Kind::ALL.map(KindMetrics::of),
            asks_in_flight: gauge!(ASKS_IN_FLIGHT),
            asks_refused: counter!(ASKS_REFUSED_TOTAL),
            claims_unseen: claims("unseen"),
            claims_running: claims("running"),
            claims_answered: claims("answered"),
            claims_mismatched: claims("mismatched"),
            effects_overdue: gauge!(EFFECTS_OVERDUE),
            captures_refused: counter!(CAPTURES_REFUSED_TOTAL),
            units_held: units("held"),
            units_sold: units("sold"),
            units_released: units("released"),
            orders_placed: counter!(ORDERS_PLACED_TOTAL),
            reserve: CallMetrics::of("reserve", "reserved"),
            capture: CallMetrics::of("capture", "captured"),
            standard: StandardMetrics::default(),
            card: CardMetrics::default(),
            created: event("created"),
            updated: event("updated"),
            accepted: event("completion_accepted"),
            in_progress_answered: event("in_progress_answered"),
            completed: event("completed"),
            settled: event("settled"),
            declined: event("declined"),
            out_of_stock: event("out_of_stock"),
            released: event("released"),
            cancelled: event("canceled"),
            expired: event("expired"),
        }
    }
}

impl Metrics {
    pub(crate) fn of(&self, kind: Kind) -> &KindMetrics {
        &self.kinds[kind as usize - 1]
    }

    pub(crate) fn session_event(&self, event: &Event) {
        let counter = match event {
            Event::Created(_) => &self.created,
            Event::Updated { .. } => &self.updated,
            Event::CompletionAccepted { .. } => &self.accepted,
            Event::AskerLeft { .. } => &self.in_progress_answered,
            Event::StockRefused { .. } => &self.out_of_stock,
            Event::PaymentDeclined { reason, .. } => {
                counter!(DECLINES_TOTAL, LABEL_REASON => reason.word()).increment(1);
                &self.declined
            }
            Event::Completed { .. } => &self.completed,
            Event::Released { .. } => &self.released,
            Event::Settled => &self.settled,
            Event::Cancelled { why: CancelReason::Asked, .. } => &self.cancelled,
            Event::Cancelled { why: CancelReason::Expired, .. } => &self.expired,
        };
        counter.increment(1);
    }

    /// A step inside the process is repeated.
    pub(crate) fn retry(&self, effect: &'static str) {
        counter!(RETRIES_TOTAL, LABEL_EFFECT => effect).increment(1);
    }
}

impl KindMetrics {
    fn of(kind: Kind) -> Self {
        Self {
            awake: gauge!(ENTITIES_AWAKE, LABEL_ENTITY => kind.word()),
            wakes: counter!(WAKES_TOTAL, LABEL_ENTITY => kind.word()),
            sleeps: counter!(SLEEPS_TOTAL, LABEL_ENTITY => kind.word()),
            reloads: counter!(RELOADS_TOTAL, LABEL_ENTITY => kind.word()),
            mailbox_depth: gauge!(MAILBOX_DEPTH, LABEL_ENTITY => kind.word()),
            effects_owed: gauge!(EFFECTS_OWED, LABEL_ENTITY => kind.word()),
        }
    }
}

impl CallMetrics {
    fn of(call: &'static str, movement: &'static str) -> Self {
        let result = |result: &'static str| counter!(GATEWAY_CALLS_TOTAL, LABEL_CALL => call, LABEL_RESULT => result);
        Self {
            seconds: histogram!(GATEWAY_SECONDS, LABEL_CALL => call),
            retries: counter!(RETRIES_TOTAL, LABEL_EFFECT => call),
            approved: result("approved"),
            declined: result("declined"),
            unknown: result("unknown"),
            movement,
        }
    }

    pub(crate) fn answered(&self, answer: Answer, amount: MinorUnits, currency: CurrencyCode) {
        match answer {
            Answer::Approved => {
                self.approved.increment(1);
                let currency = currency.as_str().to_owned();
                let labels =
                    [(LABEL_MOVEMENT, self.movement.to_owned()), (LABEL_CURRENCY, currency)];
                counter!(MONEY_TOTAL, &labels).increment(amount.0);
            }
            Answer::Declined(_) => self.declined.increment(1),
            Answer::Unknown => self.unknown.increment(1),
        }
    }
}
