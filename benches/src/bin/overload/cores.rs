//! The server has cores of its own, and so has whoever asks.
//!
//! Why: at three times the sustainable rate the generator works as hard as the server. On the same
//! cores it would take from the server what it measures, as no caller on another machine does.

use std::future::Future;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use paceline_benches::measure::Outcome;

const THIS_THREAD: Pid = Pid::from_raw(0);

/// Starts something on the first half of the cores, and leaves this thread with the others. With
/// one core there is nothing to divide.
pub async fn apart<T>(start: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let all = sched_getaffinity(THIS_THREAD)?;
    let allowed: Vec<usize> =
        (0..CpuSet::count()).filter(|core| all.is_set(*core).unwrap_or(false)).collect();
    let (theirs, ours) = allowed.split_at(allowed.len() / 2);
    if theirs.is_empty() {
        return start.await;
    }
    sched_setaffinity(THIS_THREAD, &set(theirs)?)?; // a process that it starts inherits it
    let started = start.await;
    sched_setaffinity(THIS_THREAD, &set(ours)?)?;
    started
}

fn set(cores: &[usize]) -> Outcome<CpuSet> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    Ok(set)
}
