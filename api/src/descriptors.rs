//! File descriptors: how many this process may have open, and what they are for.
//!
//! Why: each connection is one, and so is each file of the log. Shells commonly allow 1,024, of
//! which a log that runs out of them could not even be closed properly. So the limit is raised as
//! far as the system lets us, and connections get what the log leaves.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use paceline_storage::limits::OPEN_FILES_MAX;

use crate::limits::{ADMIN_CONNECTIONS_MAX, DESCRIPTORS_SPARE};

/// Raises the limit, and says how many connections fit beside a log of so many shards.
///
/// # Errors
/// Words for whoever started the program, if there is no room for the log itself.
pub fn connections_that_fit(connections_max: usize, shards: u16) -> Result<usize, String> {
    let allowed = raise().map_err(|cause| format!("file descriptors: {cause}"))?;
    // The simulated processor's book is one shard more.
    let files = (usize::from(shards) + 1) * usize::try_from(OPEN_FILES_MAX).unwrap_or(0);
    let taken = files + ADMIN_CONNECTIONS_MAX + DESCRIPTORS_SPARE;
    let fit = usize::try_from(allowed).unwrap_or(usize::MAX).saturating_sub(taken);
    match fit.min(connections_max) {
        0 => Err(format!(
            "this process may open {allowed} files, and {taken} are needed before the first \
             connection: raise the limit (ulimit -n), or use fewer shards"
        )),
        fit => Ok(fit),
    }
}

/// As far as the system allows; that is what it is then.
fn raise() -> nix::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    }
    Ok(hard)
}
