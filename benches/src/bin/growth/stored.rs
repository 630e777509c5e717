//! Sessions that were opened before: decided by the core, worded by the wire, written through the
//! real log.
//!
//! Why: what grows with the number of sessions is what a real one leaves behind, its record and
//! the answer under its key; so each of them is the turn of a create as the engine takes it. Where it
//! lies in the log follows from its id, so ids begin with their time, as the engine's do: the sessions
//! were opened one after the other, over the hours before now.
//! Left out: syncing, for nobody waits for these answers; mailboxes; and baskets that differ.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use paceline_api::ucp::{self, Dialect, Operation, Words};
use paceline_benches::engine;
use paceline_benches::measure::Outcome;
use paceline_benches::shop::{self, Shop};
use paceline_domain::ids::SessionId;
use paceline_domain::market::Market;
use paceline_domain::session::{self, Command, Create};
use paceline_domain::time::Timestamp;
use paceline_engine::codec::{self, Remembered};
use paceline_engine::{IdempotencyKey, Kind, Surroundings, System, Voice};
use paceline_storage::rocks::Sync;
use paceline_storage::{AnswerWrite, Append, AppendError, DueChange, EventLog, Millis, Version};

/// Turns in the log's queues at once, at most.
const UNDER_WAY: usize = 4 * 1024;
/// Threads that make turns. The log has its own beside them.
const WRITERS: u64 = 2;
/// What was opened first lives until long after it was measured.
const LIVES: Duration = Duration::from_secs(24 * 3600);
const OPENED_WITHIN: Duration = Duration::from_secs(6 * 3600);
/// Of an id; before them stand its milliseconds.
///
/// # Source
/// `World::fresh_id` in `engine/src/world.rs`.
const UNGUESSABLE_BITS: u32 = 80;
const TOLD_EVERY: u64 = 1_000_000;

/// Sessions that were opened before now, each with its number.
#[derive(Clone, Copy)]
pub struct Stored {
    pub sessions: u64,
    until: Timestamp,
}

impl Stored {
    /// As many, the last of them opened now.
    pub fn until_now(sessions: u64) -> Self {
        Self { sessions, until: System.now() }
    }

    /// The id of the session of this number, from 0 on: found again, though nobody could guess it.
    pub fn id(self, number: u64) -> SessionId {
        let unguessable =
            u128::from(scattered(2 * number)) << 64 | u128::from(scattered(2 * number + 1));
        let millis = u128::from(self.opened_at(number).0);
        SessionId(millis << UNGUESSABLE_BITS | unguessable >> (u128::BITS - UNGUESSABLE_BITS))
    }

    fn opened_at(self, number: u64) -> Timestamp {
        let within = OPENED_WITHIN.as_millis() * u128::from(number) / u128::from(self.sessions);
        let since = u64::try_from(within).expect("no more than the whole");
        Timestamp(self.until.before(OPENED_WITHIN).0 + since)
    }
}

/// Opens them in a fresh data directory. Blocks.
pub fn write(data: &Path, stored: Stored) -> Outcome<()> {
    let log = engine::log(data, Sync::Never)?;
    let (words, market) = (shop::words(), Shop::open());
    let (taken, given_back) = bounded(UNDER_WAY);
    let began = Instant::now();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (log, words, market) = (&log, &words, &market);
            let (taken, given_back) = (taken.clone(), given_back.clone());
            scope.spawn(move || {
                for number in (writer..stored.sessions).step_by(WRITERS as usize) {
                    let turn = create(stored, number, words, market);
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
fn create(stored: Stored, number: u64, words: &Words, market: &Arc<dyn Market>) -> Append {
    let (id, caller, now) = (stored.id(number), shop::caller(), stored.opened_at(number));
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

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: u64 = 10_000;

    #[test]
    fn ids_lie_in_the_order_in_which_their_sessions_were_opened() {
        let stored = Stored::until_now(SESSIONS);
        let millis = |number: u64| (stored.id(number).0 >> UNGUESSABLE_BITS) as u64;
        for number in 1..SESSIONS {
            assert!(stored.id(number - 1) < stored.id(number), "{number}");
            assert_eq!(millis(number), stored.opened_at(number).0);
        }
        assert_eq!(millis(0), stored.until.before(OPENED_WITHIN).0);
        assert!(millis(SESSIONS - 1) <= stored.until.0);
    }

    #[test]
    fn what_stands_behind_the_time_tells_nothing_of_its_neighbour() {
        let stored = Stored::until_now(SESSIONS);
        let bits = |number: u64| stored.id(number).0 & ((1 << UNGUESSABLE_BITS) - 1);
        let differ: u32 = (1..1_000).map(|n| (bits(n) ^ bits(n - 1)).count_ones()).sum();
        let mean = f64::from(differ) / 999.0;
        assert!((38.0..42.0).contains(&mean), "{mean} of 80 bits differ");
    }

    #[test]
    fn an_id_is_shaped_like_one_that_the_engine_makes() {
        let stored = Stored::until_now(1);
        let log: Arc<dyn EventLog> = Arc::new(paceline_storage::MemoryLog::new());
        let made = actix::System::new().block_on(async {
            let engine = engine::start(log, Arc::new(System), shop::tables());
            let made = engine::create(&engine, paceline_benches::bodies::PRODUCT).await;
            engine.stop().await;
            made
        });
        let millis = |id: SessionId| (id.0 >> UNGUESSABLE_BITS) as u64;
        let between =
            millis(made).abs_diff(millis(stored.id(0)) + OPENED_WITHIN.as_millis() as u64);
        assert!(between < 60_000, "{made} and {} begin with another time", stored.id(0));
    }
}
