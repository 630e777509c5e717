//! Sessions that were opened before: decided by the core, worded by the wire, written through the
//! real log.
//!
//! Why: what grows with the number of sessions is what a real one leaves behind, its record and
//! the answer under its key; so each of them is the turn of a create as the engine takes it.
//! Left out: syncing, for nobody waits for these answers; mailboxes; and baskets that differ.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crossbeam_channel::bounded;
use paceline_api::ucp::{self, Dialect, Operation, Words};
use paceline_benches::engine;
use paceline_benches::measure::Outcome;
use paceline_benches::shop::{self, Shop};
use paceline_domain::ids::SessionId;
use paceline_domain::market::Market;
use paceline_domain::session::{self, Command, Create};
use paceline_engine::codec::{self, Remembered};
use paceline_engine::{IdempotencyKey, Kind, Surroundings, System, Voice};
use paceline_storage::rocks::Sync;
use paceline_storage::{AnswerWrite, Append, AppendError, DueChange, EventLog, Millis, Version};

/// Turns in the log's queues at once, at most.
const UNDER_WAY: usize = 4 * 1024;
/// Threads that make turns. The log has its own beside them.
const WRITERS: u64 = 2;
const LIVES: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
const TOLD_EVERY: u64 = 1_000_000;

/// The id of the session of this number: spread like ids that nobody can guess, and found again.
pub fn id(number: u64) -> SessionId {
    let high = u128::from(scattered(2 * number));
    SessionId(high << 64 | u128::from(scattered(2 * number + 1)))
}

/// Opens sessions with the first so many ids in a fresh data directory. Blocks.
pub fn write(data: &Path, sessions: u64) -> Outcome<()> {
    let log = engine::log(data, Sync::Never)?;
    let (words, market) = (shop::words(), Shop::open());
    let (taken, given_back) = bounded(UNDER_WAY);
    let began = Instant::now();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (log, words, market) = (&log, &words, &market);
            let (taken, given_back) = (taken.clone(), given_back.clone());
            scope.spawn(move || {
                for number in (writer..sessions).step_by(WRITERS as usize) {
                    let turn = create(number, words, market);
                    taken.send(()).expect("there is a receiver in this very thread");
                    let given_back = given_back.clone();
                    let done = move |written: Result<Version, AppendError>| {
                        written.expect("a fresh log takes a fresh session");
                        let _ = given_back.recv(); // what was sent above, or by another
                    };
                    log.append(turn, Box::new(done)).expect("fewer are under way than fit");
                    if number > 0 && number % TOLD_EVERY == 0 {
                        eprintln!("  {number} after {:.0} s", began.elapsed().as_secs_f64());
                    }
                }
            });
        }
    });
    Ok(()) // dropped, the log writes what is queued
}

/// The turn that a create takes.
fn create(number: u64, words: &Words, market: &Arc<dyn Market>) -> Append {
    let (id, caller, now) = (id(number), shop::caller(), System.now());
    let key = IdempotencyKey::new(&caller, Operation::Create.word(), &format!("{number:036x}"));
    let command = Command::Create(Box::new(Create {
        id,
        caller,
        changes: shop::basket(),
        market: Arc::clone(market),
        now,
        lives: LIVES,
    }));
    let mut state = None;
    let events = session::decide(&state, command).expect("a create breaks no rule");
    events.iter().for_each(|event| session::apply(&mut state, event));
    let opened = state.expect("a session was created");
    let reply = words.session(ucp::manner(Dialect::D0, Operation::Create), &opened, None);
    let body = Remembered { fingerprint: [7; 32], reply: Some(reply) }.to_bytes();
    let (now, expires_at) = (Millis(now.0), Millis(now.after(2 * LIVES).0));
    Append {
        stream: Kind::Session.stream(id.0),
        expected: Version(0),
        record: Some(codec::encode(&events)),
        snapshot: None,
        answer: Some(AnswerWrite::Take { key: key.into(), body, now, expires_at }),
        due: DueChange::Keep,
    }
}

/// A number's bits, mixed so that neighbours have nothing in common; no two come out alike.
///
/// # Source
/// The finalizer of `SplitMix64`.
fn scattered(number: u64) -> u64 {
    let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
