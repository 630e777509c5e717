//! The key that seals credentials is gone, and found again.
//!
//! Why: whether the processor was asked is unknown then. So nothing may be concluded, and nothing
//! may get stuck for good.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::processor::Silent;
use common::*;
use paceline_domain::ids::SessionId;
use paceline_domain::session::Event;
use paceline_engine::codec::decode;
use paceline_engine::{Engine, Kind};
use paceline_storage::{EventLog, MemoryLog, Millis, Version};

const SOON: Duration = Duration::from_secs(10);

/// Syncs one turn after the other until it is so.
async fn until(log: &MemoryLog, so: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !so() {
        assert!(Instant::now() < deadline, "it never is");
        log.sync_next(1);
        tokio::task::yield_now().await;
    }
}

fn opened(log: &Arc<MemoryLog>, processor: &Arc<Silent>, key: [u8; 32]) -> Engine {
    open_on(&Shop::new().options, log.clone(), processor.clone(), key)
}

/// Whether the instrument that the session is paid with has heard of it.
fn is_begun(log: &MemoryLog, session: SessionId) -> bool {
    let records = log.history(Kind::Session.stream(session.0)).unwrap();
    let events = records.iter().flat_map(|record| decode::<Vec<Event>>(record).unwrap());
    let instrument = events.into_iter().find_map(|event| match event {
        Event::CompletionAccepted { attempt, .. } => Some(attempt.instrument),
        _ => None,
    });
    log.read(Kind::Instrument.stream(instrument.unwrap().0)).unwrap().version > Version(0)
}

/// A session that was accepted for payment, and the power cut before its instrument heard of it.
async fn accepted(log: &Arc<MemoryLog>, processor: &Arc<Silent>) -> SessionId {
    let engine = opened(log, processor, KEY);
    let creating = engine.create(caller(), wanted("shoes", 1), front(None));
    let created = tokio::select! {
        created = creating => created.unwrap(),
        () = until(log, || false) => unreachable!("it panics"),
    };
    let id = session_of(&created);
    let stream = Kind::Session.stream(id.0);
    tokio::select! {
        _ = engine.complete(id, caller(), offered("tok"), front(None)) => panic!("too soon"),
        () = until(log, || log.read(stream).unwrap().version.0 == 2) => {}
    }
    assert!(!is_begun(log, id));
    id
}

#[test]
fn a_payment_that_was_begun_without_the_key_is_gone_on_with_when_it_is_found() {
    run(async {
        let processor = Silent::new();
        processor.speak();
        let log = Arc::new(MemoryLog::held());
        let id = accepted(&log, &processor).await;

        let log = Arc::new(log.crash());
        let _engine = opened(&log, &processor, [8; 32]);
        until(&log, || is_begun(&log, id)).await;
        assert_eq!(processor.heard(), [], "there is nothing to ask with");

        let log = Arc::new(log.crash());
        let _engine = opened(&log, &processor, KEY);
        let order_placed = || log.due(Millis(u64::MAX), None, 100).unwrap().is_empty();
        until(&log, order_placed).await;
        let (charge, _) = processor.heard().remove(0);
        assert_eq!(charge.attempt.session, id);
    });
}
