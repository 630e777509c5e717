//! Hardly any room in memory, and everybody asks at once: actors fall asleep while they are
//! written to, and nothing is lost or done twice.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use futures_util::future::join_all;
use paceline_domain::ids::SessionId;
use paceline_domain::session::{Buyer, Change, Changes};
use paceline_engine::{Engine, Kind};
use paceline_storage::{EventLog, MemoryLog};
use tokio::sync::oneshot;

const SESSIONS: usize = 20;
const ASKS_OF_EACH: u64 = 100;

/// A shop whose directory has room for one of each kind.
fn cramped() -> Shop {
    let mut shop = Shop::new();
    shop.options.actors_live_max = 1;
    shop
}

fn renamed(number: u64) -> Changes {
    let email = Some(text(&format!("{number}@example.com")));
    Changes { buyer: Change::Set(Buyer { email, ..Buyer::default() }), ..Changes::default() }
}

/// Does something on one of the engine's own threads.
async fn on_worker<T: Send + 'static>(
    engine: &Engine,
    number: usize,
    work: impl AsyncFnOnce(Engine) -> T + Send + 'static,
) -> T {
    let (done, told) = oneshot::channel();
    let (mine, workers) = (engine.clone(), engine.workers());
    workers[number % workers.len()].spawn_fn(move || {
        actix::spawn(async move { assert!(done.send(work(mine).await).is_ok()) });
    });
    told.await.unwrap()
}

fn records(log: &MemoryLog, id: SessionId) -> u64 {
    log.read(Kind::Session.stream(id.0)).unwrap().version.0
}

#[test]
fn every_change_is_made_once_however_often_its_session_falls_asleep() {
    run(async {
        let shop = cramped();
        let engine = shop.open();
        let mut ids = vec![];
        for _ in 0..SESSIONS {
            let reply = engine.create(caller(), wanted("shoes", 1), front(None)).await.unwrap();
            ids.push(session_of(&reply));
        }
        let changing = (0..ASKS_OF_EACH)
            .flat_map(|number| ids.iter().enumerate().map(move |(at, id)| (number, at, *id)));
        let changed = changing.map(|(number, at, id)| {
            on_worker(&engine, at + number as usize, async move |engine| {
                engine.update(id, caller(), renamed(number), front(None)).await
            })
        });
        for reply in join_all(changed).await {
            assert!(words(&reply.unwrap()).contains("ReadyForComplete"));
        }
        for id in ids {
            assert_eq!(records(&shop.log, id), 1 + ASKS_OF_EACH, "{id}");
        }
    });
}

#[test]
fn everybody_who_buys_is_served_though_everything_falls_asleep_at_once() {
    run(async {
        let shop = cramped();
        let engine = shop.open();
        let opening = (0..150).map(|number| {
            on_worker(&engine, number, async move |engine| {
                let created = engine.create(caller(), wanted("last", 1), front(None)).await;
                session_of(&created.unwrap())
            })
        });
        let ids = join_all(opening).await;
        let buying = ids.iter().enumerate().map(|(number, id)| {
            let (id, key) = (*id, number.to_string());
            on_worker(&engine, number, async move |engine| {
                let token = if number % 3 == 0 { "sim_decline_expired_card" } else { "tok" };
                let paying = engine.complete(id, caller(), offered(token), front(Some(&key)));
                let paid = paying.await.unwrap();
                // Whoever was declined tries another way, until there are none left.
                if words(&paid).contains("ReadyForComplete") {
                    engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
                }
            })
        });
        join_all(buying).await;
        let mut completed = 0;
        for id in ids {
            let reply = engine.get(id, caller(), front(None)).await.unwrap();
            completed += usize::from(words(&reply).contains("Completed"));
        }
        assert_eq!(completed, 100);
    });
}
