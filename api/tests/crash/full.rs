//! The disk takes no more: the program says so and ends, and nothing that was acknowledged is
//! lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::audit;
use super::buyer::{Buyer, Compared, each};
use super::killed::CONFIG;
use super::purchase::Purchase;
use crate::common::Serving;

/// So much fits into one file, in blocks of 512 bytes: that of the events is full first.
const BLOCKS: u32 = 1_024;

/// What Linux takes into a pipe that nobody reads.
const PIPE_BYTES: usize = 64 * 1024;

#[test]
fn a_full_disk_ends_the_program_and_loses_nothing_that_was_acknowledged() {
    let mut serving = Serving::with(CONFIG);
    serving.kill();
    let (mut child, server) = start_with_little_room(&serving, Stdio::piped());
    let mut stderr = child.stderr.take().unwrap();
    let log = thread::spawn(move || {
        let mut told = String::new();
        stderr.read_to_string(&mut told).map(|_| told)
    });
    let mut buyers = some_buyers();
    each(&mut buyers, |buyer| buyer.buy(server, || ()));
    assert!(!child.wait().unwrap().success());
    let told = log.join().unwrap().unwrap();
    let last = told.lines().last().unwrap();
    assert!(last.contains("has stopped"), "{last}");
    assert!(last.contains("shard-00") && last.contains(".log"), "it names the file: {last}");
    assert!(last.contains("File too large"), "{last}");
    assert!(last.contains("Make room on it"), "it says what to do: {last}");

    let serving = serving.again();
    let compared = Compared::of_all(each(&mut buyers, |buyer| buyer.compare_all(serving.public)));
    assert!(compared.lost.is_empty(), "{:#?}", compared.lost);
    each(&mut buyers, |buyer| buyer.finish(serving.public));
    let purchases: Vec<&Purchase> = buyers.iter().flat_map(|buyer| &buyer.purchases).collect();
    assert!(purchases.len() > 20, "it was full before anything was bought");
    audit::audit(&serving, &purchases);
}

#[test]
fn a_full_disk_ends_the_program_though_nobody_reads_its_log() {
    let mut serving = Serving::with(CONFIG);
    serving.kill();
    let (_unread, mut full) = std::io::pipe().unwrap();
    full.write_all(&[b'\n'; PIPE_BYTES]).unwrap();
    let (mut child, server) = start_with_little_room(&serving, full.into());
    each(&mut some_buyers(), |buyer| buyer.buy(server, || ()));
    assert!(!child.wait().unwrap().success());
}

fn some_buyers() -> Vec<Buyer> {
    (0..4).map(|number| Buyer::of(number, 4 + number)).collect()
}

/// Starts on the same data, with a bound on every file. That the bound is met is an error to the
/// program, as a full disk is, and not a signal.
fn start_with_little_room(serving: &Serving, stderr: Stdio) -> (Child, SocketAddr) {
    let limited = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_paceline"), "serve"])
        .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
        .args(["--config", "paceline.toml"])
        .current_dir(serving.home())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .unwrap();
    let mut greeting = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let public = greeting.find_map(|line| {
        let (_, address) = line.split_once("public  http://")?;
        address.parse().ok()
    });
    (child, public.expect("it greets"))
}
