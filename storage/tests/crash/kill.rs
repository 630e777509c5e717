use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use paceline_storage::Version;

use super::power::{whole_turn, whole_version};
use crate::support::*;

const DIR: &str = "PACELINE_TEST_KILL_DIR";
const STREAMS: u64 = 8;

/// Not a test of its own: the process that the test below kills. It writes and says what was
/// acknowledged until it is killed.
#[test]
fn child() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let log = open(dir.as_ref(), 2).unwrap();
    let mut versions = [0; STREAMS as usize].map(|_: u64| 0);
    for number in 0..STREAMS {
        versions[number as usize] = whole_version(&log, stream(number));
    }
    loop {
        let queued: Vec<_> = (0..STREAMS)
            .map(|number| {
                versions[number as usize] += 1;
                log.queue(whole_turn(stream(number), versions[number as usize]))
            })
            .collect();
        for (number, outcome) in queued.into_iter().enumerate() {
            let Version(version) = outcome.recv().unwrap().unwrap();
            println!("acknowledged {number} {version}");
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_instant() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = [0; STREAMS as usize];
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::kill::child", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        for line in said.map(Result::unwrap) {
            let Some((_, words)) = line.split_once("acknowledged ") else { continue };
            let (number, version) = words.split_once(' ').unwrap();
            acknowledged[number.parse::<usize>().unwrap()] = version.parse().unwrap();
            heard += 1;
            // Each round somewhere else in a batch. What it says between the signal and its
            // end is heard too.
            if heard == 20 + round * 13 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= 20, "the child has written");
        let restarted = open(dir.path(), 2).unwrap();
        for number in 0..STREAMS {
            let found = whole_version(&restarted, stream(number));
            assert!(found >= acknowledged[number as usize], "stream {number}: {found}");
        }
    }
}
