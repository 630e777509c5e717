//! The `google` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    paceline_google::commands::main()
}
