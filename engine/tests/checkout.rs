//! A purchase through the whole engine, on a log in memory.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::*;
use futures_util::future::join_all;
use paceline_domain::ids::AttemptId;
use paceline_engine::gateway::simulated::{Movement, Simulated};
use paceline_engine::{Engine, EngineError, Reply};

/// A session that is ready to be paid for.
async fn ready(engine: &Engine, id: &str, units: u32) -> paceline_domain::ids::SessionId {
    let reply = engine.create(caller(), wanted(id, units), front(None)).await.unwrap();
    session_of(&reply)
}

async fn status(engine: &Engine, id: paceline_domain::ids::SessionId) -> Reply {
    engine.get(id, caller(), front(None)).await.unwrap()
}

/// Asks until the session is what it is to become.
async fn becomes(engine: &Engine, id: paceline_domain::ids::SessionId, word: &str) {
    while !words(&status(engine, id).await).contains(word) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_purchase_is_created_and_paid_for() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let reply = engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
        assert_eq!(words(&reply), format!("{id} Completed 11350 "));
        assert_eq!(status(&engine, id).await, reply);
    });
}

#[test]
fn the_money_of_a_completed_purchase_is_captured_once() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        engine.complete(id, caller(), offered("sim_duplicate"), front(None)).await.unwrap();
        let attempt = AttemptId { session: id, number: 1 };
        let book = loop {
            let book = Simulated::book_of(&*shop.book, attempt).unwrap();
            if book.len() == 2 {
                break book;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(
            book.iter().map(|e| e.movement).collect::<Vec<_>>(),
            [Movement::Reserved, Movement::Captured]
        );
        assert!(book.iter().all(|entry| entry.amount.0 == 11_350 && entry.outcome.is_ok()));
    });
}

#[test]
fn a_declined_session_can_be_paid_for_in_another_way() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let id = ready(&engine, "last", 100).await;
        let declined = offered("sim_decline_insufficient_funds");
        let reply = engine.complete(id, caller(), declined, front(None)).await.unwrap();
        assert!(words(&reply).contains("ReadyForComplete"), "{}", words(&reply));
        let reply = engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
        assert!(words(&reply).contains("Completed"), "{}", words(&reply));
    });
}

#[test]
fn a_processor_slower_than_the_deadline_leaves_the_payment_in_progress() {
    run(async {
        let mut shop = Shop::new();
        shop.options.complete_deadline = Duration::from_millis(20);
        shop.options.gateway_timeout = Duration::from_millis(100);
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let slow = offered("sim_timeout_then_approve");
        let reply = engine.complete(id, caller(), slow.clone(), front(Some("k"))).await.unwrap();
        assert!(words(&reply).contains("CompleteInProgress"), "{}", words(&reply));
        becomes(&engine, id, "Completed").await;
        let again = engine.complete(id, caller(), slow, front(Some("k"))).await.unwrap();
        assert_eq!(again, reply, "a retry gets the first answer");
    });
}

#[test]
fn a_thousand_buyers_of_a_hundred_units_buy_exactly_a_hundred() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let sessions = join_all((0..1000).map(|_| ready(&engine, "last", 1))).await;
        let buying = sessions.iter().map(|id| async {
            engine.complete(*id, caller(), offered("tok"), front(None)).await.unwrap()
        });
        let replies = join_all(buying).await;
        let sold = replies.iter().filter(|r| words(r).contains("Completed")).count();
        assert_eq!(sold, 100);
    });
}

#[test]
fn a_retry_gets_the_first_answer_after_a_restart_too() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let created = engine.create(caller(), wanted("shoes", 1), front(Some("c"))).await.unwrap();
        let id = session_of(&created);
        let declined = offered("sim_decline_expired_card");
        let first =
            engine.complete(id, caller(), declined.clone(), front(Some("p"))).await.unwrap();
        let restarted = shop.open();
        let again = restarted.create(caller(), wanted("shoes", 1), front(Some("c"))).await.unwrap();
        assert_eq!(again, created);
        // The session is open again: only the log can know that this was answered.
        let again = restarted.complete(id, caller(), declined, front(Some("p"))).await.unwrap();
        assert_eq!(again, first);
        assert_eq!(
            Simulated::book_of(&*shop.book, AttemptId { session: id, number: 2 }).unwrap(),
            vec![],
            "nothing was asked of the processor again"
        );
    });
}

#[test]
fn a_key_used_for_another_request_is_refused_before_and_after_a_restart() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        engine.create(caller(), wanted("shoes", 1), fingerprinted(Some("c"), 1)).await.unwrap();
        for engine in [engine, shop.open()] {
            let other = fingerprinted(Some("c"), 2);
            let refused = engine.create(caller(), wanted("shoes", 2), other).await;
            assert_eq!(refused, Err(EngineError::KeyMismatched));
        }
    });
}

#[test]
fn one_key_names_one_session_whatever_the_request_says() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let (one, two) = (ready(&engine, "shoes", 1).await, ready(&engine, "shoes", 1).await);
        let pay = |engine: Engine, id, content| async move {
            let front = fingerprinted(Some("p"), content);
            engine.complete(id, caller(), offered("tok"), front).await
        };
        assert!(pay(engine.clone(), one, 1).await.is_ok());
        let restarted = shop.open();
        assert_eq!(pay(restarted.clone(), two, 2).await, Err(EngineError::KeyMismatched));
        assert!(words(&status(&restarted, two).await).contains("ReadyForComplete"));
    });
}

#[test]
fn of_many_alike_at_once_one_does_the_work() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let creating =
            (0..50).map(|_| engine.create(caller(), wanted("shoes", 1), front(Some("c"))));
        let replies = join_all(creating).await;
        let first = replies[0].clone().unwrap();
        assert!(replies.into_iter().all(|reply| reply.unwrap() == first));
    });
}

#[test]
fn a_crash_between_intent_and_outcome_is_gone_on_with() {
    run(async {
        let mut shop = Shop::new();
        shop.options.complete_deadline = Duration::from_millis(5);
        let engine = shop.open();
        let id = ready(&engine, "last", 3).await;
        // Carried out by the processor and never told: the engine dies not knowing.
        let silent = offered("sim_timeout_then_approve");
        let reply = engine.complete(id, caller(), silent, front(Some("p"))).await.unwrap();
        assert!(words(&reply).contains("CompleteInProgress"));
        let restarted = shop.open();
        becomes(&restarted, id, "Completed").await;
        let book = Simulated::book_of(&*shop.book, AttemptId { session: id, number: 1 }).unwrap();
        assert_eq!(book.iter().filter(|e| e.movement == Movement::Reserved).count(), 1);
    });
}

#[test]
fn another_callers_session_does_not_exist() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let other = text("https://other.example/profile");
        let reply = engine.get(id, other, front(None)).await.unwrap();
        assert_eq!(reply.status, 404);
    });
}

#[test]
fn more_requests_than_there_is_room_for_are_refused_at_once() {
    run(async {
        let mut shop = Shop::new();
        shop.options.asks_max = 1;
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let waits = offered("sim_timeout_then_approve");
        let paying = engine.complete(id, caller(), waits, front(None));
        let reading = async {
            loop {
                match engine.get(id, caller(), front(None)).await {
                    Err(EngineError::Overloaded) => return,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::select! {
            biased; // the payment takes the only room first
            _ = paying => panic!("the processor never answers in time"),
            () = reading => {}
        }
    });
}

#[test]
fn idle_sessions_leave_memory_and_come_back_unchanged() {
    run(async {
        let mut shop = Shop::new();
        shop.options.actors_live_max = 8;
        let engine = shop.open();
        let mut replies = vec![];
        for _ in 0..200 {
            replies.push(engine.create(caller(), wanted("shoes", 1), front(None)).await.unwrap());
        }
        for reply in replies {
            assert_eq!(status(&engine, session_of(&reply)).await, reply);
        }
    });
}

#[test]
fn a_session_past_its_time_costs_nothing_until_somebody_looks_and_is_cancelled_then() {
    run(async {
        let mut shop = Shop::new();
        shop.options.session_lives = Duration::from_millis(1);
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let stream = paceline_engine::Kind::Session.stream(id.0);
        use paceline_storage::{EventLog, Millis};
        let due = shop.log.due(Millis(u64::MAX), None, 10).unwrap();
        assert!(due.iter().all(|due| due.stream != stream), "nothing is owed");
        while !words(&status(&engine, id).await).contains("Canceled") {
            tokio::task::yield_now().await;
        }
        assert_eq!(shop.log.read(stream).unwrap().version.0, 2, "it is in the log as well");
    });
}

#[test]
fn a_product_that_is_sold_out_sells_again_when_the_feed_counts_more() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let id = ready(&engine, "last", 100).await;
        engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
        let refused = engine.create(caller(), wanted("last", 1), front(None)).await.unwrap();
        assert_eq!(words(&refused), "none of the items is in stock");

        let mut restocked = tables();
        restocked.products.get_mut(&product("last")).unwrap().units = 102;
        engine.set_tables(std::sync::Arc::new(restocked));
        loop {
            let reply = engine.create(caller(), wanted("last", 2), front(None)).await.unwrap();
            if words(&reply).contains("ReadyForComplete") {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn a_refusal_that_says_only_that_a_payment_is_under_way_is_not_remembered() {
    run(async {
        let mut shop = Shop::new();
        shop.options.complete_deadline = Duration::from_millis(20);
        shop.options.gateway_timeout = Duration::from_millis(100);
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let slow = offered("sim_timeout_then_decline");
        engine.complete(id, caller(), slow, front(Some("first"))).await.unwrap();
        let pay = || engine.complete(id, caller(), offered("tok"), front(Some("second")));
        let meanwhile = pay().await.unwrap();
        assert!(words(&meanwhile).contains("in progress"), "{}", words(&meanwhile));
        becomes(&engine, id, "ReadyForComplete").await;
        let afterwards = pay().await.unwrap();
        assert!(words(&afterwards).contains("Completed"), "{}", words(&afterwards));
    });
}

#[test]
fn a_session_outlives_the_withdrawal_of_one_of_its_products() {
    run(async {
        let shop = Shop::new();
        let engine = shop.open();
        let mut both = wanted("shoes", 1);
        both.lines.as_mut().unwrap().extend(wanted("last", 1).lines.unwrap());
        let id = session_of(&engine.create(caller(), both, front(None)).await.unwrap());
        let mut withdrawn = tables();
        withdrawn.products.remove(&product("last"));
        engine.set_tables(std::sync::Arc::new(withdrawn));

        let reply = engine.complete(id, caller(), offered("tok"), front(None)).await.unwrap();
        assert!(words(&reply).contains("Incomplete"), "{}", words(&reply));
        let without = engine.update(id, caller(), wanted("shoes", 1), front(None)).await.unwrap();
        assert!(words(&without).contains("ReadyForComplete"), "{}", words(&without));
    });
}

#[test]
fn a_payment_in_progress_is_told_alike_to_its_own_key_after_a_restart() {
    run(async {
        let mut shop = Shop::new();
        shop.options.complete_deadline = Duration::from_millis(5);
        let engine = shop.open();
        let id = ready(&engine, "shoes", 1).await;
        let outage = || offered("sim_timeout_then_approve");
        let first = engine.complete(id, caller(), outage(), front(Some("p"))).await.unwrap();
        assert!(words(&first).contains("CompleteInProgress"), "{}", words(&first));
        // The processor is asked again at once, and answers only after the retry is in.
        let restarted = shop.open();
        let again = restarted.complete(id, caller(), outage(), front(Some("p"))).await.unwrap();
        assert_eq!(again, first);
    });
}
