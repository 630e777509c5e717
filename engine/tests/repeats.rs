//! Repeats that meet others on their way: each asker hears its own answer, however the log
//! decides.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::*;
use futures_util::future::join;
use paceline_domain::session::{Buyer, Change, Changes};
use paceline_engine::{Engine, EngineError};
use paceline_storage::MemoryLog;

/// Writes whatever is queued until the story has ended.
async fn synced<T>(log: &MemoryLog, story: impl Future<Output = T>) -> T {
    let syncing = async {
        loop {
            log.sync();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        told = story => told,
        () = syncing => unreachable!("it syncs for as long as it may"),
    }
}

fn renamed() -> Changes {
    let email = Some(text("jane@example.com"));
    Changes { buyer: Change::Set(Buyer { email, ..Buyer::default() }), ..Changes::default() }
}

#[test]
fn a_repeat_that_the_log_refuses_gives_its_answer_to_nobody_else() {
    run(async {
        let shop = Shop { log: Arc::new(MemoryLog::held()), ..Shop::new() };
        let engine = shop.open();
        let created = engine.create(caller(), wanted("shoes", 1), front(None));
        let id = session_of(&synced(&shop.log, created).await.unwrap());
        let update = engine.update(id, caller(), renamed(), front(Some("u")));
        let updated = synced(&shop.log, update).await.unwrap();

        // After a restart only the log knows the key.
        let shop = Shop { log: Arc::new(shop.log.crash()), ..shop };
        let engine = shop.open();
        synced(&shop.log, engine.get(id, caller(), front(None))).await.unwrap();
        let both = join(
            engine.update(id, caller(), renamed(), front(Some("u"))),
            engine.complete(id, caller(), offered("tok"), front(Some("c"))),
        );
        // The second is decided on what the first would have come to, before the log refuses it.
        let queued = async {
            while shop.log.queued() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::pin!(both);
        tokio::select! {
            biased;
            _ = &mut both => panic!("nothing is on disk"),
            () = queued => {}
        }
        let (again, completed) = synced(&shop.log, both).await;
        assert_eq!(again.unwrap(), updated);
        assert_eq!(words(&completed.unwrap()), format!("{id} Completed 11350 "));
    });
}

#[test]
fn a_create_is_answered_as_it_was_though_it_would_be_refused_today() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let create = |engine: Engine, content| async move {
            engine.create(caller(), wanted("last", 1), fingerprinted(Some("c"), content)).await
        };
        let created = create(engine, 1).await.unwrap();

        // After a restart only the log knows the key, and the product is not sold any more.
        let engine = shop.open();
        let mut withdrawn = tables();
        withdrawn.products.remove(&product("last"));
        engine.set_tables(Arc::new(withdrawn));
        assert_eq!(create(engine.clone(), 1).await, Ok(created));
        assert_eq!(create(engine, 2).await, Err(EngineError::KeyMismatched));
    });
}

#[test]
fn a_repeat_is_answered_while_somebody_misuses_its_key() {
    run(async {
        let shop = Shop { log: Arc::new(MemoryLog::held()), ..Shop::new() };
        let engine = shop.open();
        let create = |engine: Engine, content| async move {
            engine.create(caller(), wanted("shoes", 1), fingerprinted(Some("c"), content)).await
        };
        let created = synced(&shop.log, create(engine, 1)).await.unwrap();

        // After a restart only the log knows whose the key is, and the slip comes first.
        let shop = Shop { log: Arc::new(shop.log.crash()), ..shop };
        let engine = shop.open();
        let both = join(create(engine.clone(), 2), create(engine, 1));
        let (slip, repeat) = synced(&shop.log, both).await;
        assert_eq!(slip, Err(EngineError::KeyMismatched));
        assert_eq!(repeat, Ok(created));
    });
}
