//! What a person types.
//!
//! Promise: whatever stops the program is said on standard error, in words that tell what to do,
//! and the exit status is not zero.

mod ask;
mod books;
mod card;
mod cards;
mod check;
mod greeting;
mod inspect;
mod keys;
mod ready;
mod serve;
mod tokenized;

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Payments that Google calls: checkouts over the Universal Commerce Protocol (UCP) for a merchant,
/// and Standard Payments for a payment integrator
#[derive(Parser)]
#[command(name = "paceline", version, disable_help_subcommand = true)]
struct Paceline {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve: needs no configuration, and is stopped by SIGTERM or Ctrl-C
    ///
    /// SIGHUP reads the product feed and the keys again. Every value of the configuration can also
    /// be given in the environment, as PACELINE_<SECTION>__<KEY>.
    Serve(serve::Args),
    /// Look at a configuration file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at a product feed
    #[command(subcommand)]
    Catalogue(CatalogueCommand),
    /// Tell the story of one entity, event by event
    Inspect(inspect::Args),
    /// Make, exchange and change the keys of Standard Payments
    #[command(subcommand)]
    Keys(keys::Command),
    /// Customers' accounts in the embedded ledger
    #[command(subcommand)]
    Account(books::Account),
    /// Which tokens of Google's lead to customers' accounts
    #[command(subcommand)]
    Link(books::Link),
    /// What is owed to Google
    #[command(subcommand)]
    Notices(books::Notices),
    /// Google's statements, held against our own books
    #[command(subcommand)]
    Remittance(books::Remittance),
    /// Ask Google: whether it hears us, what it knows of a purchase
    #[command(subcommand)]
    Google(books::Google),
    /// What issuers contest of payments by card
    #[command(subcommand)]
    Dispute(cards::Dispute),
    /// Fraud with payments by card
    #[command(subcommand)]
    Fraud(cards::Fraud),
    /// What else is heard of payments by card
    #[command(subcommand)]
    Card(cards::Card),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say OK, or everything that is wrong with a file and with the files that it names
    Check { file: PathBuf },
    /// Print the sample configuration, which is the defaults
    Sample,
}

#[derive(Subcommand)]
enum CatalogueCommand {
    /// Count the products of a feed, or say every bad row with its line
    Check { file: PathBuf },
}

/// Why a command ends early: lines for standard error.
struct Failure(Vec<String>);

impl<T: ToString> From<T> for Failure {
    fn from(why: T) -> Self {
        Self(vec![why.to_string()])
    }
}

/// Writes to standard output. Whoever has stopped listening has heard enough.
fn say(words: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(words.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(cause.into()),
        _ => Ok(()),
    }
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let done = match Paceline::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Config(ConfigCommand::Check { file }) => check::config(&file),
        Command::Config(ConfigCommand::Sample) => say(crate::config::EMBEDDED),
        Command::Catalogue(CatalogueCommand::Check { file }) => check::catalogue(&file),
        Command::Inspect(args) => inspect::run(&args),
        Command::Keys(command) => keys::run(&command),
        Command::Account(command) => books::account(&command),
        Command::Link(command) => books::link(&command),
        Command::Notices(command) => books::notices(&command),
        Command::Remittance(command) => books::remittance(&command),
        Command::Google(command) => books::google(&command),
        Command::Dispute(command) => cards::dispute(&command),
        Command::Fraud(command) => cards::fraud(&command),
        Command::Card(command) => cards::card(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(lines)) => {
            let told = lines.join("\n") + "\n";
            // There is nobody to tell that nobody can be told.
            let _ = std::io::stderr().write_all(told.as_bytes());
            ExitCode::FAILURE
        }
    }
}
