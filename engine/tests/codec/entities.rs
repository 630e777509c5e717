//! At least one of each event, state and line that is stored.

use paceline_domain::decline::DeclineReason;
use paceline_domain::instrument::{self, Instrument, Payment, Progress};
use paceline_domain::money::MinorUnits;
use paceline_domain::order;
use paceline_domain::pricing::Quote;
use paceline_domain::session::{CancelReason, Created, Event, Phase, Release, Session};
use paceline_domain::stock::{self, Stock};
use paceline_engine::gateway::simulated::{Entry, Movement};

use crate::parts::*;
use crate::variants::{Variants, all};

pub fn session_events() -> Vec<Event> {
    let mut events = vec![
        Event::Created(Box::new(Created {
            id: SESSION,
            caller: text("https://platform.example/profile"),
            contents: contents(),
            quote: quote(),
            notices: notices(),
            at: AT,
            expires_at: LATER,
        })),
        Event::Updated {
            contents: Box::new(contents_bare()),
            quote: Box::new(Quote::default()),
            notices: vec![],
            at: LATER,
        },
        Event::AskerLeft { attempt: 1 },
        Event::StockRefused { attempt: 2, left: vec![(product("last"), 3)], at: LATER },
        Event::Completed { attempt: u32::MAX, at: LATER },
        Event::Released { attempt: attempt_id(2) },
        Event::Settled,
    ];
    events.extend([None, Some(asked())].map(|asked| Event::CompletionAccepted {
        attempt: Box::new(attempt(1, asked)),
        shown: Box::new(instrument_shown()),
    }));
    let declined = |reason| Event::PaymentDeclined { attempt: 1, reason, at: LATER };
    events.extend(decline_reasons().into_iter().map(declined));
    let cancelled = |why| Event::Cancelled { why, at: LATER };
    events.extend(cancel_reasons().into_iter().map(cancelled));
    events
}

pub fn session_phases() -> Vec<Phase> {
    vec![
        Phase::Open { declined: Some(DeclineReason::AuthenticationRequired) },
        Phase::Completing(attempt(2, Some(asked()))),
        Phase::Completed { attempt: attempt(3, None), at: LATER, settled: true },
        Phase::Cancelled { why: CancelReason::Expired, at: LATER },
    ]
}

pub fn session(phase: Phase) -> Session {
    Session {
        id: SESSION,
        caller: text("https://platform.example/profile"),
        opened_at: AT,
        expires_at: LATER,
        contents: contents(),
        quote: quote(),
        notices: notices(),
        attempts: 3,
        phase,
        releases_owed: vec![Release { attempt: attempt_id(1), products: vec![product("last")] }],
    }
}

pub fn instrument_events() -> Vec<instrument::Event> {
    use instrument::Event;
    let attempt = attempt_id(1);
    let started = |(number, code, amount)| Event::ReservationStarted {
        attempt: attempt_id(number),
        amount: MinorUnits(amount),
        currency: currency(code),
    };
    let mut events: Vec<_> =
        [(1, "USD", 11_350), (2, "JPY", 1), (u32::MAX, "KWD", 1_500)].map(started).into();
    events.extend([
        Event::Reserved { attempt },
        Event::CaptureStarted { attempt },
        Event::Captured { attempt },
    ]);
    events.extend(decline_reasons().into_iter().map(|reason| Event::Declined { attempt, reason }));
    events.extend(
        decline_reasons().into_iter().map(|reason| Event::CaptureRefused { attempt, reason }),
    );
    events
}

/// With a payment as far as each can come.
pub fn instrument() -> Instrument {
    let progress = all(vec![
        Progress::Reserving,
        Progress::Declined(DeclineReason::ExpiredCard),
        Progress::Reserved,
        Progress::Capturing,
        Progress::Captured,
        Progress::CaptureRefused(DeclineReason::DoNotHonor),
    ]);
    let payment = |(progress, number)| {
        let (amount, currency) = (MinorUnits(11_350), currency("USD"));
        (attempt_id(number), Payment { amount, currency, progress })
    };
    Instrument { payments: progress.into_iter().zip(1..).map(payment).collect() }
}

pub fn stock_events() -> Vec<stock::Event> {
    use stock::Event;
    vec![
        Event::Counted { counted: 1_000_000 },
        Event::Held { attempt: attempt_id(1), units: 2 },
        Event::Held { attempt: attempt_id(2), units: 3 },
        Event::Held { attempt: attempt_id(3), units: u64::from(u32::MAX) },
        Event::Sold { attempt: attempt_id(1), units: 2 },
        Event::Released { attempt: attempt_id(2), units: 3 },
    ]
}

/// With a hold, one that was sold and one that was given back. Two of its members are private:
/// it can only be had from its events.
pub fn stock() -> Stock {
    let mut stock = Stock::default();
    let counted = stock::Event::Counted { counted: 5_000_000_000 };
    stock::apply(&mut stock, &counted);
    stock_events()[1..].iter().for_each(|event| stock::apply(&mut stock, event));
    stock
}

pub fn order_events() -> Vec<order::Event> {
    vec![order::Event::Placed(Box::new(placement()))]
}

pub fn book_entries() -> Vec<Entry> {
    let entry = |(movement, outcome)| Entry {
        movement,
        attempt: attempt_id(1),
        amount: MinorUnits(11_350),
        currency: currency("USD"),
        outcome,
    };
    let refused = Err(DeclineReason::InsufficientFunds);
    [
        (Movement::Reserved, Ok(())),
        (Movement::Reserved, refused),
        (Movement::Captured, Ok(())),
        (Movement::Captured, refused),
    ]
    .map(entry)
    .into()
}

pub fn book_name(entry: &Entry) -> String {
    format!("{}-{}", Entry::WORD, entry.variant())
}
