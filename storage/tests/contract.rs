//! What every log promises, asked of every log there is.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod support;

use std::ops::Deref;
use std::sync::Arc;

use paceline_storage::{EventLog, MemoryLog, RocksLog};
use support::*;

mod contract {
    pub mod answers;
    pub mod bounds;
    pub mod due;
    pub mod streams;
}

/// A log under test, and the directory it may be in.
pub struct Log {
    log: Arc<dyn EventLog>,
    _dir: Option<tempfile::TempDir>,
}

impl Log {
    pub fn shared(&self) -> Arc<dyn EventLog> {
        self.log.clone()
    }
}

impl Deref for Log {
    type Target = dyn EventLog;

    fn deref(&self) -> &Self::Target {
        &*self.log
    }
}

fn in_memory() -> Log {
    Log { log: Arc::new(MemoryLog::new()), _dir: None }
}

/// With shards enough that streams meet other streams' shards.
fn on_rocksdb() -> Log {
    let dir = tempfile::tempdir().unwrap();
    let log: RocksLog = open(dir.path(), 4).unwrap();
    Log { log: Arc::new(log), _dir: Some(dir) }
}

macro_rules! promise {
    ($($module:ident: $($promise:ident)*;)*) => {
        mod memory {
            $(mod $module { $(#[test] fn $promise() {
                crate::contract::$module::$promise(&crate::in_memory());
            })* })*
        }
        mod rocksdb {
            $(mod $module { $(#[test] fn $promise() {
                crate::contract::$module::$promise(&crate::on_rocksdb());
            })* })*
        }
    };
}

promise! {
    streams:
        a_stream_never_written_is_empty
        records_are_read_in_the_order_in_which_they_were_appended
        each_append_names_the_version_it_was_decided_on
        turns_queued_behind_a_refused_one_are_refused_too
        a_barrier_adds_no_version_and_is_told_after_what_was_queued_before_it
        a_snapshot_takes_the_place_of_the_records_before_it
        a_snapshot_may_come_without_a_record
        history_tells_every_record_whatever_was_snapshot
        callers_of_one_stream_hear_in_the_order_in_which_they_queued
        a_caller_that_appends_when_it_hears_is_heard
        a_stream_of_another_kind_is_another_stream
        streams_of_a_kind_are_paged_in_order_across_all_shards;
    answers:
        an_answer_is_remembered_with_its_turn
        a_key_is_taken_once_whatever_stream_asks
        a_refused_take_writes_nothing_of_its_turn
        a_stale_version_is_told_before_a_taken_key
        a_turn_that_is_refused_for_its_version_takes_no_key
        an_answer_is_absent_from_its_expiry_on_and_its_key_can_be_taken
        a_stream_replaces_its_own_answer
        a_take_and_its_replacement_may_be_queued_at_once
        a_key_of_another_stream_is_not_replaced
        a_key_that_nobody_has_is_taken_by_a_replacement
        a_key_that_expired_and_was_taken_by_another_stream_is_not_replaced
        of_many_that_take_a_key_at_once_one_wins_and_the_others_are_told_its_answer
        a_stream_whose_take_waits_keeps_its_order
        many_streams_that_take_each_others_keys_all_hear;
    due:
        a_stream_is_due_at_its_time_with_its_note
        a_stream_is_due_once_at_the_time_set_last
        what_is_due_is_gone_once_cleared
        a_turn_that_says_nothing_of_it_keeps_what_is_due
        a_refused_turn_changes_nothing_that_is_due
        due_streams_are_paged_in_order_across_all_shards
        a_page_goes_on_after_an_entry_that_is_gone
        due_may_be_set_before_there_is_a_record;
    bounds:
        parts_of_full_size_are_written
        a_part_over_its_bound_is_refused_by_name_and_writes_nothing
        a_full_queue_refuses_at_once_and_takes_turns_again_later;
}
