//! The `paceline` program.

use std::process::ExitCode;

/// Requests are many small pieces of memory that live for milliseconds: this one is made for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    paceline_api::cli::main()
}
