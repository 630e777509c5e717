//! libFuzzer around one target: `FUZZ_TARGET` names it, the arguments are libFuzzer's own. Without
//! it, every target is told with the longest input that is worth trying. `fuzz/run.sh` builds this
//! with coverage and calls it.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use paceline_fuzz::{TARGETS, Target, named};

static TARGET: OnceLock<&'static Target> = OnceLock::new();

fuzz_target!(
    init: {
        let Ok(name) = std::env::var("FUZZ_TARGET") else {
            TARGETS.iter().for_each(|target| println!("{} {}", target.name, target.bytes_max));
            std::process::exit(0);
        };
        let Some(target) = named(&name) else {
            let names = TARGETS.map(|target| target.name).join(" ");
            eprintln!("FUZZ_TARGET is one of: {names}");
            std::process::exit(2);
        };
        TARGET.get_or_init(|| target);
    },
    |bytes: &[u8]| {
        let target = TARGET.get().expect("libFuzzer initializes before it runs");
        if bytes.len() <= target.bytes_max {
            (target.run)(bytes);
        }
    }
);
