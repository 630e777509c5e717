//! What is stored cannot be read: whoever needs it is told so, and nobody else notices.
//!
//! Left out: what a flipped bit on the disk comes to, which storage finds out
//! (`storage/tests/crash/damage.rs`).

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use bytes::Bytes;
use common::*;
use paceline_domain::ids::SessionId;
use paceline_engine::inspect::{InspectError, inspect};
use paceline_engine::{Engine, EngineError, Kind};
use paceline_storage::{
    AnswerWrite, Append, DueChange, EventLog, MemoryLog, Millis, StreamId, Version,
};
use tokio::sync::oneshot;

/// What no version of this program has written: another version, no events, half of an event.
const NONSENSE: [&[u8]; 4] = [b"", b"\x02\x01\x08", b"\x01\xff\xff\xff\xff\xff", b"\x01\x02\x08"];

/// Writes a record to a stream, whatever the stream says before it.
async fn write(log: &MemoryLog, stream: StreamId, record: &'static [u8]) {
    let turn = Append {
        stream,
        expected: log.read(stream).unwrap().version,
        record: Some(Bytes::from_static(record)),
        snapshot: None,
        answer: None,
        due: DueChange::Keep,
    };
    append(log, turn).await;
}

async fn append(log: &MemoryLog, turn: Append) {
    let (told, written) = oneshot::channel();
    log.append(turn, Box::new(|result| told.send(result).unwrap())).unwrap();
    written.await.unwrap().unwrap();
}

async fn opened(engine: &Engine) -> SessionId {
    session_of(&engine.create(caller(), wanted("shoes", 1), front(None)).await.unwrap())
}

/// Buys something, which takes a session, an instrument, a stock and an order.
async fn buys(engine: &Engine) {
    let id = opened(engine).await;
    let reply = engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
    assert_eq!(words(&reply), format!("{id} Completed 11350 "));
}

#[test]
fn a_session_that_cannot_be_read_is_answered_as_damaged_and_the_others_as_ever() {
    for nonsense in NONSENSE {
        run(async {
            let shop = Shop::new();
            let engine = shop.open();
            let id = opened(&engine).await;
            write(&shop.log, Kind::Session.stream(id.0), nonsense).await;

            let engine = shop.open();
            let (changes, keyed) = (wanted("shoes", 2), front(Some("k")));
            let damaged = Err(EngineError::Damaged);
            assert_eq!(engine.get(id, caller(), front(None)).await, damaged);
            assert_eq!(engine.update(id, caller(), changes, keyed.clone()).await, damaged);
            assert_eq!(engine.cancel(id, caller(), front(None)).await, damaged);
            let paying = engine.complete(id, caller(), offered("tok"), front(None));
            assert_eq!(paying.await, damaged);
            buys(&engine).await;
            // No answer was given under the key: it is free for the next.
            assert!(engine.create(caller(), wanted("shoes", 1), keyed).await.is_ok());

            let story = inspect(&*shop.log, &*shop.book, "session", &id.to_string());
            assert!(matches!(story, Err(InspectError::Damaged(_))), "{story:?}");
            assert_eq!(shop.log.read(Kind::Session.stream(id.0)).unwrap().version, Version(2));
        });
    }
}

#[test]
fn a_remembered_answer_that_cannot_be_read_is_not_replaced_by_another() {
    run(async {
        let shop = Shop::new();
        let key = front(Some("k")).keyed.unwrap().key;
        let stream = Kind::Session.stream(1);
        let body = Bytes::from_static(b"\x02nonsense");
        let expires_at = Millis(u64::MAX);
        let take = AnswerWrite::Take { key: key.into(), body, now: Millis(0), expires_at };
        let turn = Append {
            stream,
            expected: Version(0),
            record: None,
            snapshot: None,
            answer: Some(take),
            due: DueChange::Keep,
        };
        append(&shop.log, turn).await;
        let engine = shop.open();
        let creating = engine.create(caller(), wanted("shoes", 1), front(Some("k")));
        assert_eq!(creating.await, Err(EngineError::Damaged));
        buys(&engine).await;
    });
}

#[test]
fn an_attempt_whose_stock_cannot_be_read_stays_open_and_charges_nobody() {
    run(async {
        let mut shop = Shop::new();
        shop.options.complete_deadline = std::time::Duration::from_millis(20);
        let engine = shop.open();
        let id =
            session_of(&engine.create(caller(), wanted("last", 1), front(None)).await.unwrap());
        // The first half of `printf last | sha256sum`.
        let stock: u128 = 0x3547_cb11_2ac4_489a_f231_0c06_26cd_ba6f;
        write(&shop.log, Kind::Stock.stream(stock), b"\x02").await;

        let engine = shop.open();
        let reply = engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
        assert!(words(&reply).contains("CompleteInProgress"), "{}", words(&reply));
        buys(&engine).await;
        let attempt = paceline_domain::ids::AttemptId { session: id, number: 1 };
        let book = inspect(&*shop.log, &*shop.book, "processor", &attempt.to_string());
        assert!(matches!(book, Err(InspectError::Nothing { .. })), "{book:?}");
        // It is not sold out either: nobody knows.
        let again = engine.get(id, caller(), front(None)).await.unwrap();
        assert!(words(&again).contains("CompleteInProgress"), "{}", words(&again));
        let other = engine.create(caller(), wanted("last", 1), front(None)).await.unwrap();
        assert!(words(&other).contains("ReadyForComplete"), "{}", words(&other));
    });
}
