//! How many instructions each stage of a request takes: a figure that a busy machine does not
//! change.
//!
//! Why: on shared machines time varies by more than a regression does. Callgrind counts what is
//! executed, and the same program on the same input executes the same.
//! `benches/tests/instructions.rs` runs it with every other test.
//! Promise: a stage that takes over [`TOLERANCE_PERCENT`] more than is recorded fails; so does one
//! that is not recorded, with whatever compiler. What makes counts differ from machine to machine is held fast: the
//! allocator is our own, glibc is told which of its variants to use, and Valgrind shows every
//! program the same processor up to AVX2, which the recording machine had.
//! Left out: the kernel, caches, and everything that waits. A figure belongs to its compiler: one
//! that was recorded with another is compared, and told, and fails nobody.

mod recorded;
mod stages;

use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use clap::Parser;

use recorded::Recorded;
use stages::{REPEATS, STAGES, Stage};

/// As in production, and the same on every machine.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a change may cost before somebody must say that it is worth it.
const TOLERANCE_PERCENT: i64 = 10;

/// Variants of memcpy and its like differ in instructions, and are chosen by the processor.
const GLIBC: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-ERMS,-FSRM");

/// Count the instructions of each stage, and compare them with benches/instructions.txt
#[derive(Parser)]
struct Args {
    /// Write them down instead
    #[arg(long)]
    record: bool,
    /// What runs under Valgrind
    #[arg(long, hide = true)]
    stage: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(name) = args.stage {
        let stage = STAGES.iter().find(|stage| stage.name == name).expect("a stage of ours");
        // The first time finds out what is kept from one request to the next.
        (stage.prepare)()();
        counted_from_here((stage.prepare)());
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: there is no valgrind here, and without it nothing is counted");
        return ExitCode::SUCCESS;
    }
    let counted = count_all();
    match args.record {
        true => {
            Recorded::now(counted).write();
            ExitCode::SUCCESS
        }
        false => compare(&counted),
    }
}

/// Callgrind counts from where this is entered to where it is left, by its name.
#[inline(never)]
fn counted_from_here(run: Box<dyn FnOnce()>) {
    run();
    std::hint::black_box(());
}

/// Every stage in a process of its own, as many at once as there are cores.
fn count_all() -> Vec<(&'static str, u64)> {
    let counted = Mutex::new(vec![None; STAGES.len()]);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some(stage) = STAGES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let at = STAGES.iter().position(|other| other.name == stage.name);
                    let count = Some((stage.name, count(stage)));
                    counted.lock().expect("nobody panics")[at.expect("it is one of them")] = count;
                }
            });
        }
    });
    let counted = counted.into_inner().expect("nobody panics");
    counted.into_iter().map(|count| count.expect("every stage was counted")).collect()
}

/// Instructions for one operation of a stage.
fn count(stage: &Stage) -> u64 {
    let myself = std::env::current_exe().expect("a program knows where it is");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*counted_from_here*"])
        .arg(myself)
        .args(["--stage", stage.name])
        .env(GLIBC.0, GLIBC.1)
        .output()
        .expect("valgrind was there a moment ago");
    let told = String::from_utf8_lossy(&run.stderr);
    let collected = told.lines().find_map(|line| line.split_once("Collected :"));
    let count = collected.and_then(|(_, count)| count.trim().parse::<u64>().ok());
    match count.filter(|count| run.status.success() && *count > 0) {
        Some(count) => count / REPEATS as u64,
        None => panic!("{} was not counted: {told}", stage.name),
    }
}

fn compare(counted: &[(&'static str, u64)]) -> ExitCode {
    let recorded = Recorded::read();
    let comparable = recorded.made_by == recorded::toolchain();
    let (mut unknown, mut worse, mut better) = (false, false, false);
    println!("{:<24} {:>10} {:>10} {:>9}", "instructions", "recorded", "now", "change");
    for (name, now) in counted {
        let Some(was) = recorded.of(name) else {
            println!("{name:<24} {:>10} {now:>10}", "none");
            unknown = true;
            continue;
        };
        let change = (*now as i64 - was as i64) * 1_000 / was as i64;
        println!("{name:<24} {was:>10} {now:>10} {:>+8.1}%", change as f64 / 10.0);
        worse |= change > TOLERANCE_PERCENT * 10;
        better |= change < -TOLERANCE_PERCENT * 10;
    }
    if !comparable {
        println!("recorded with {}, this is {}", recorded.made_by, recorded::toolchain());
    }
    if unknown || better || worse {
        println!("over {TOLERANCE_PERCENT} %: `make instructions RECORD=1` records what is now");
    }
    if unknown || (worse && comparable) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
