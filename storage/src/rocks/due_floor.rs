//! The time before which nothing is due in a shard: where a search for what is due begins.
//!
//! Why: what was due and is done leaves deletions behind, all of them before the first entry
//! that is still there. A search from the very beginning steps over each until compaction takes
//! them away (a tenth of a second for a million), and it is repeated several times a second.
//!
//! Promise: no entry that was acknowledged is ever before the floor. It is kept in memory only
//! and begins at zero, so after a restart one search is a slow one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Millis;

pub(crate) struct DueFloor {
    /// Held during a search from the floor: two at once could raise it past each other's news.
    searching: Mutex<()>,
    floor: Mutex<Floor>,
}

struct Floor {
    at: Millis,
    /// The earliest entry acknowledged since the search that is running began. It may have been
    /// written too late for that search to see.
    news: Millis,
}

const NEVER: Millis = Millis(u64::MAX);

/// A search from the floor.
pub(crate) struct Search<'f> {
    floor: &'f DueFloor,
    _searching: MutexGuard<'f, ()>,
    pub from: Millis,
}

impl DueFloor {
    pub fn new() -> DueFloor {
        let floor = Floor { at: Millis(0), news: NEVER };
        DueFloor { searching: Mutex::new(()), floor: Mutex::new(floor) }
    }

    /// Notes an entry that has been written. Before it is acknowledged: a search that misses it
    /// until then has merely come first.
    pub fn lower(&self, at: Millis) {
        let mut floor = self.floor();
        floor.at = floor.at.min(at);
        floor.news = floor.news.min(at);
    }

    /// Begins a search. What it reads must be looked up after this.
    pub fn search(&self) -> Search<'_> {
        // Nothing is left half done under either lock, so a panic under it is not contagious.
        let searching = self.searching.lock().unwrap_or_else(PoisonError::into_inner);
        let mut floor = self.floor();
        floor.news = NEVER;
        Search { floor: self, _searching: searching, from: floor.at }
    }

    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Search<'_> {
    /// Raises the floor to the first entry that the search met, if there was any.
    pub fn found(self, first: Option<Millis>) {
        let mut floor = self.floor.floor();
        floor.at = first.unwrap_or(NEVER).min(floor.news);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(floor: &DueFloor) -> Millis {
        floor.search().from
    }

    #[test]
    fn a_search_begins_where_the_last_one_found_something() {
        let floor = DueFloor::new();
        assert_eq!(from(&floor), Millis(0));
        floor.search().found(Some(Millis(50)));
        assert_eq!(from(&floor), Millis(50));
        floor.search().found(None);
        assert_eq!(from(&floor), NEVER);
    }

    #[test]
    fn an_earlier_entry_lowers_the_floor() {
        let floor = DueFloor::new();
        floor.search().found(Some(Millis(50)));
        floor.lower(Millis(60));
        assert_eq!(from(&floor), Millis(50));
        floor.lower(Millis(40));
        assert_eq!(from(&floor), Millis(40));
    }

    #[test]
    fn an_entry_written_during_a_search_is_not_passed_over() {
        let floor = DueFloor::new();
        let search = floor.search();
        floor.lower(Millis(30));
        search.found(Some(Millis(50)));
        assert_eq!(from(&floor), Millis(30));
    }

    #[test]
    fn a_search_that_failed_leaves_the_floor_where_it_was() {
        let floor = DueFloor::new();
        floor.search().found(Some(Millis(50)));
        drop(floor.search());
        assert_eq!(from(&floor), Millis(50));
    }
}
