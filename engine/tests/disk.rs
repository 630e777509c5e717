//! The engine on the log that is on disk: what one life leaves is what the next one finds.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::processor::Silent;
use common::*;
use paceline_domain::ids::SessionId;
use paceline_engine::gateway::Gateway;
use paceline_engine::{Engine, Kind, Options, PaymentOffered};
use paceline_storage::{DataDirError, EventLog, Millis, RocksLog, RocksOptions, ShardCount};

/// How long another life may take to begin, or to find out what is owed.
const SOON: Duration = Duration::from_secs(10);

/// Nobody else's data has these bytes.
const TOKEN: &str =
    r#"{"signature":"b4d1a1a5-5e1f-4ffb-9f0e-a0c0ffee0001","protocolVersion":"ECv2"}"#;

/// Opens the log of a directory, once whoever had it before has let go.
fn log(dir: &Path) -> Arc<RocksLog> {
    let stopped = |why: &str| panic!("the log has stopped: {why}");
    let deadline = Instant::now() + SOON;
    loop {
        let options = RocksOptions {
            cache_bytes: 8 << 20,
            memtable_bytes: 16 << 20,
            ..RocksOptions::new(ShardCount::new(2).unwrap(), Arc::new(stopped))
        };
        match RocksLog::open(dir, options) {
            Err(DataDirError::InUse { .. }) if Instant::now() < deadline => {
                std::thread::yield_now();
            }
            opened => return Arc::new(opened.unwrap()),
        }
    }
}

fn options() -> Options {
    Options { complete_deadline: Duration::from_millis(1), ..Shop::new().options }
}

/// One life on a directory: from opening to letting go.
fn life<F: Future<Output = ()>>(
    dir: &Path,
    processor: Arc<Silent>,
    key: [u8; 32],
    story: impl FnOnce(Engine, Arc<RocksLog>) -> F + 'static,
) {
    let stored = log(dir);
    run(async move {
        let engine = open_on(&options(), stored.clone(), processor as Arc<dyn Gateway>, key);
        story(engine.clone(), stored).await;
        engine.stop().await;
        for worker in engine.workers() {
            worker.stop();
        }
    });
    // Some worker lets go last. A process that ends while RocksDB is being closed aborts.
    drop(log(dir));
}

fn wallet() -> PaymentOffered {
    offered(TOKEN)
}

/// Opens a session and begins to pay for it; the processor does not answer.
async fn begin_to_pay(engine: &Engine, processor: &Silent) -> SessionId {
    let created = engine.create(caller(), wanted("shoes", 1), front(None)).await.unwrap();
    let id = session_of(&created);
    let reply = engine.complete(id, caller(), wallet(), front(Some("p"))).await.unwrap();
    assert!(words(&reply).contains("CompleteInProgress"), "{}", words(&reply));
    until(async || !processor.heard().is_empty()).await;
    id
}

async fn status(engine: &Engine, id: SessionId) -> String {
    words(&engine.get(id, caller(), front(None)).await.unwrap()).to_owned()
}

/// Looks until it is so.
async fn until(so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !so().await {
        assert!(Instant::now() < deadline, "it never is");
        tokio::task::yield_now().await;
    }
}

/// What wants to be looked at, and has a note beside it.
fn notes(log: &dyn EventLog) -> Vec<Kind> {
    let due = log.due(Millis(u64::MAX), None, 100).unwrap();
    let with_note = due.into_iter().filter_map(|due| {
        let stored = log.read(due.stream).unwrap();
        let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == due.stream.kind).unwrap();
        stored.due.filter(|due| !due.note.is_empty()).map(|_| kind)
    });
    let mut kinds: Vec<Kind> = with_note.collect();
    kinds.sort();
    kinds
}

/// Whether any file has any twelve bytes of these words in it.
fn holds(dir: &Path, words: &str) -> bool {
    loop {
        // A file that goes while it is looked for has become another: all are looked at again.
        if let Ok(found) = looked_for(dir, words) {
            return found;
        }
    }
}

fn looked_for(dir: &Path, words: &str) -> io::Result<bool> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let found = match path.is_dir() {
            true => looked_for(&path, words)?,
            false => {
                let bytes = fs::read(&path)?;
                let seen = |part: &[u8]| bytes.windows(12).any(|found| found == part);
                words.as_bytes().windows(12).any(seen)
            }
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn a_purchase_is_there_after_a_restart_and_is_repeated_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let processor = Silent::new();
    processor.speak();
    let (told, heard) = std::sync::mpsc::channel();
    life(dir.path(), processor.clone(), KEY, move |engine, _| async move {
        let created = engine.create(caller(), wanted("last", 3), front(Some("c"))).await.unwrap();
        let id = session_of(&created);
        engine.complete(id, caller(), wallet(), front(None)).await.unwrap();
        until(async || status(&engine, id).await.contains("Completed")).await;
        told.send((created, id, status(&engine, id).await)).unwrap();
    });
    let (created, id, last) = heard.recv().unwrap();
    life(dir.path(), processor, KEY, move |engine, _| async move {
        assert_eq!(status(&engine, id).await, last);
        let again = engine.create(caller(), wanted("last", 3), front(Some("c"))).await.unwrap();
        assert_eq!(again, created);
        // 97 are left.
        let too_many = engine.create(caller(), wanted("last", 98), front(None)).await.unwrap();
        assert!(words(&too_many).contains("Incomplete"), "{}", words(&too_many));
        let all = engine.create(caller(), wanted("last", 97), front(None)).await.unwrap();
        assert!(words(&all).contains("ReadyForComplete"), "{}", words(&all));
    });
}

#[test]
fn a_credential_is_on_disk_only_sealed_and_only_as_long_as_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let silent = Silent::new();
    let at = dir.path().to_owned();
    let processor = silent.clone();
    let (told, heard) = std::sync::mpsc::channel();
    life(dir.path(), silent, KEY, move |engine, log| async move {
        told.send(begin_to_pay(&engine, &processor).await).unwrap();
        assert_eq!(notes(&*log), [Kind::Session]);
        assert!(holds(&at, &caller()), "what is no secret is there to be seen");
        assert!(!holds(&at, TOKEN));
    });
    let id = heard.recv().unwrap();
    // What was in the write-ahead log is moved to tables now.
    let processor = Silent::new();
    let at = dir.path().to_owned();
    life(dir.path(), processor.clone(), KEY, move |engine, log| async move {
        until(async || !processor.heard().is_empty()).await;
        let (charge, credential) = processor.heard().remove(0);
        assert_eq!((charge.attempt.session, charge.amount.0), (id, 11_350));
        assert_eq!(credential.expose(), TOKEN.as_bytes(), "character for character");
        assert!(!holds(&at, TOKEN));
        processor.speak();
        until(async || status(&engine, id).await.contains("Completed")).await;
        until(async || log.due(Millis(u64::MAX), None, 100).unwrap().is_empty()).await;
        assert_eq!(notes(&*log), []);
        assert!(!holds(&at, TOKEN));
    });
}

#[test]
fn without_the_key_an_attempt_stays_open_and_with_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let silent = Silent::new();
    let processor = silent.clone();
    let (told, heard) = std::sync::mpsc::channel();
    life(dir.path(), silent, KEY, move |engine, _| async move {
        told.send(begin_to_pay(&engine, &processor).await).unwrap();
    });
    let id = heard.recv().unwrap();

    let speaks = Silent::new();
    speaks.speak();
    let processor = speaks.clone();
    life(dir.path(), speaks, [8; 32], move |engine, log| async move {
        // Other purchases are no worse off, and end after this one was looked at.
        let other = engine.create(caller(), wanted("shoes", 1), front(None)).await.unwrap();
        let other = session_of(&other);
        assert!(status(&engine, id).await.contains("CompleteInProgress"));
        engine.complete(other, caller(), wallet(), front(None)).await.unwrap();
        until(async || status(&engine, other).await.contains("Completed")).await;
        assert!(processor.heard().iter().all(|(charge, _)| charge.attempt.session == other));
        assert!(status(&engine, id).await.contains("CompleteInProgress"));
        assert_eq!(notes(&*log), [Kind::Session], "it waits for the key");
    });

    let speaks = Silent::new();
    speaks.speak();
    let processor = speaks.clone();
    life(dir.path(), speaks, KEY, move |engine, _| async move {
        until(async || status(&engine, id).await.contains("Completed")).await;
        assert_eq!(processor.heard().len(), 1);
    });
}
