//! The `paceline` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    paceline_api::cli::main()
}
