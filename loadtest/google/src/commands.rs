//! What a person types: each command is one thing that Google does, and prints what was exchanged.

mod cards;
mod flows;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use paceline_envelope::{Directory, Envelope, Form, Keyring};

use crate::behaviours;
use crate::books::Books;
use crate::cards::Cards;
use crate::failure::Failure;
use crate::google::Google;
use crate::host::{Accounts, Host};
use crate::integrator::Integrator;
use crate::telling::Telling;

/// Google's side of Standard Payments, for a Paceline that runs
#[derive(Parser)]
#[command(name = "google", version, disable_help_subcommand = true)]
struct Command {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    action: Action,
}

/// Where everything is. The defaults are those of `paceline serve` in its development mode, started
/// with PACELINE_GOOGLE_BASE_URL=http://127.0.0.1:8090
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// What the integrator serves, up to `/v1`
    #[arg(
        long,
        value_name = "URL",
        global = true,
        default_value = "http://127.0.0.1:8080/tokenized"
    )]
    pub integrator: String,
    /// The integrator's page on which users sign in
    #[arg(
        long,
        value_name = "URL",
        global = true,
        default_value = "http://127.0.0.1:8080/tokenized/authenticate"
    )]
    pub page: String,
    /// Where messages are read: the integrator's admin listener in its development mode, or the
    /// address of `google serve`, if the integrator sends to /sms there
    #[arg(long, value_name = "URL", global = true, default_value = "http://127.0.0.1:9464")]
    pub messages: String,
    /// The integrator's account with Google
    #[arg(long, value_name = "ID", global = true, default_value = "InvisiCashUSA_USD")]
    pub account: String,
    /// What the integrator serves for cards, up to `/v1`
    #[arg(long, value_name = "URL", global = true, default_value = "http://127.0.0.1:8080/card")]
    pub card_integrator: String,
    /// The integrator's account with Google for cards
    #[arg(long, value_name = "ID", global = true, default_value = "InvisiCardUSA_USD")]
    pub card_account: String,
    /// Google's own keys and the integrator's public ones, as `paceline keys` makes them; without
    /// it everything is in the open
    #[arg(long, value_name = "DIR", global = true)]
    pub keys: Option<PathBuf>,
    /// Where Google's methods are served
    #[arg(long, value_name = "ADDR", global = true, default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// What Google knows, kept from one command to the next
    #[arg(long, value_name = "FILE", global = true, default_value = "google-books.json")]
    pub books: PathBuf,
}

#[derive(Subcommand)]
enum Action {
    /// Prove connection and keys, in the direction from Google
    Echo {
        #[arg(default_value = "is everything all right?")]
        message: String,
    },
    /// Link an account: in a browser, or with --phone by a one-time password
    ///
    /// Without a number it prints the address of the integrator's page, and waits until a browser
    /// comes back from it.
    Link {
        /// Whose account; in development Sally has +15550100001 and Bob +15550100002
        #[arg(long)]
        phone: Option<String>,
    },
    /// Buy with the account that was linked last
    Buy {
        /// Such as 12.50
        amount: String,
        #[arg(long, default_value = "USD")]
        currency: String,
        /// Have the result told later, and wait for it
        #[arg(long)]
        later: bool,
    },
    /// Give back a purchase, or a part of it
    Refund {
        /// Such as 2.50; everything if none is given
        amount: Option<String>,
        /// The purchase's requestId; the last one if none is given
        #[arg(long)]
        capture: Option<String>,
    },
    /// Pay a reward to the account that was linked last
    Disburse {
        /// Such as 3
        amount: String,
        #[arg(long, default_value = "USD")]
        currency: String,
    },
    /// Make a statement of everything since the last one, and wait until the integrator agrees
    Settle,
    /// Pay by card
    #[command(subcommand)]
    Card(cards::Action),
    /// Serve Google's methods, until Ctrl-C
    Serve,
    /// Try how the integrator behaves: every check, or those that are named
    Behaviours {
        names: Vec<String>,
        /// Only name them
        #[arg(long)]
        list: bool,
    },
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    let command = Command::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(&command)));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// True if all is as it should be.
async fn run(command: &Command) -> Result<bool, Failure> {
    let options = &command.options;
    let google = options.google(Telling::Everything)?;
    match &command.action {
        Action::Echo { message } => flows::echo(&google, message).await,
        Action::Link { phone: Some(phone) } => flows::link(&google, phone).await,
        Action::Link { phone: None } => flows::link_by_browser(&google, options).await,
        Action::Buy { amount, currency, later } => {
            flows::buy(&google, options, amount, currency, *later).await
        }
        Action::Refund { amount, capture } => {
            flows::refund(&google, amount.as_deref(), capture.as_deref()).await
        }
        Action::Disburse { amount, currency } => flows::disburse(&google, amount, currency).await,
        Action::Settle => flows::settle(&google, options).await,
        Action::Card(action) => cards::run(&google, options, action).await,
        Action::Serve => flows::serve(&google, options).await,
        Action::Behaviours { list: true, .. } => {
            for behaviour in behaviours::ALL {
                println!("{}", behaviour.name);
            }
            Ok(true)
        }
        Action::Behaviours { names, .. } => behaviours(options, names).await,
    }
}

impl Options {
    /// # Errors
    /// If the keys cannot be read.
    pub fn google(&self, telling: Telling) -> Result<Google, Failure> {
        let envelope = Arc::new(self.envelope()?);
        Ok(Google {
            integrator: Integrator::new(&self.integrator, envelope, telling),
            account: self.account.clone(),
            books: Books::new(&self.books),
            messages: self.messages.clone(),
        })
    }

    /// Google, as it pays by card, with the same books.
    pub fn cards(&self, google: &Google) -> Cards {
        let Integrator { envelope, telling, .. } = &google.integrator;
        Cards {
            integrator: Integrator::new(&self.card_integrator, Arc::clone(envelope), *telling),
            account: self.card_account.clone(),
            books: google.books.clone(),
        }
    }

    fn envelope(&self) -> Result<Envelope, Failure> {
        let Some(keys) = &self.keys else { return Ok(Envelope::Plaintext) };
        let keyring = Keyring::open(Directory::new(keys))?;
        Ok(Envelope::OpenPgp { keyring, form: Form::Armored })
    }

    /// Google's methods, served for as long as the host lives. `None` if somebody serves here
    /// already: `google serve`, with the same books.
    ///
    /// # Errors
    /// If the address is none of this machine's.
    pub async fn host(&self, google: &Google) -> Result<Option<Host>, Failure> {
        let integrator = &google.integrator;
        let envelope = Arc::clone(&integrator.envelope);
        let books = google.books.clone();
        let accounts =
            Accounts { tokenized: self.account.clone(), card: self.card_account.clone() };
        let started = Host::start(self.listen, accounts, envelope, books, integrator.telling).await;
        match started {
            Ok(host) => Ok(Some(host)),
            Err(_) if tokio::net::TcpStream::connect(self.listen).await.is_ok() => Ok(None),
            Err(why) => Err(why),
        }
    }
}

async fn behaviours(options: &Options, names: &[String]) -> Result<bool, Failure> {
    let google = options.google(Telling::Nothing)?;
    let host = options.host(&google).await?;
    let host = host.ok_or("`google serve` has the address: the checks must listen themselves")?;
    let cards = options.cards(&google);
    let stage = behaviours::Stage { google, cards, host };
    let mut broken = 0;
    for name in names {
        if !behaviours::ALL.iter().any(|behaviour| behaviour.name == name) {
            return Err(Failure(format!("{name} is no behaviour; --list names them")));
        }
    }
    for behaviour in behaviours::ALL {
        if !names.is_empty() && !names.iter().any(|name| name == behaviour.name) {
            continue;
        }
        let words = match (behaviour.run)(&stage).await {
            Ok(behaviours::Verdict::Held) => "held".to_owned(),
            Ok(behaviours::Verdict::Skipped(why)) => format!("skipped: {why}"),
            Err(why) => {
                broken += 1;
                format!("BROKEN: {why}")
            }
        };
        println!("{:<64} {words}", behaviour.name);
    }
    Ok(broken == 0)
}
