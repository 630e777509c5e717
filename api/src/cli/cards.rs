//! `paceline dispute`, `fraud`, `card`: what issuers and networks have told the operator, of a server
//! that runs.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::ask::ask_bytes;
use super::books::{Asking, escaped};
use super::{Failure, say};

#[derive(clap::Subcommand)]
pub enum Dispute {
    /// The issuer asks about a capture; no money moves
    Inquire(Case),
    /// The issuer has given the money back: a chargeback
    Open {
        #[command(flatten)]
        case: Case,
        /// first, or second: after a first one that was won
        #[arg(long, default_value = "first")]
        stage: String,
    },
    /// A chargeback was won: the money comes back
    Reverse {
        /// The request id of the capture
        capture: String,
        /// The chargeback's name
        #[arg(long)]
        case: String,
        #[command(flatten)]
        told: Told,
        #[command(flatten)]
        of: Of,
    },
    /// Show a capture with its refunds, inquiries, chargebacks and reports of fraud
    Show {
        /// The request id of the capture
        capture: String,
        #[command(flatten)]
        of: Of,
    },
    /// Write a document that Google handed over against a chargeback to a file
    Document {
        /// As `show` names it
        id: String,
        /// A PDF
        file: PathBuf,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(clap::Subcommand)]
pub enum Fraud {
    /// A capture was fraudulent; Google is told, and no money moves
    Report {
        /// The request id of the capture
        capture: String,
        /// Google's word for the kind of fraud
        #[arg(long, default_value = "FRAUDULENT_USE")]
        kind: String,
        #[command(flatten)]
        code: Code,
        #[command(flatten)]
        of: Of,
    },
}

#[derive(clap::Subcommand)]
pub enum Card {
    /// The acquirer reference number of what has moved
    #[command(subcommand)]
    Reference(Reference),
    /// The issuer has undone a refund that had succeeded
    RefundReversed {
        /// The request id of the refund
        refund: String,
        #[command(flatten)]
        code: Code,
        #[command(flatten)]
        of: Of,
    },
    /// Settle a day before its time, if it has begun: what moves later belongs to a later one
    Settle {
        /// Such as 2025-09-16, in UTC; today unless given
        #[arg(long)]
        day: Option<String>,
        #[arg(long, default_value = "USD")]
        currency: String,
        #[command(flatten)]
        of: Of,
    },
}

#[derive(clap::Subcommand)]
pub enum Reference {
    /// Of a capture
    Capture(Referenced),
    /// Of a refund
    Refund(Referenced),
}

#[derive(clap::Args)]
pub struct Referenced {
    /// The request id of the capture or refund
    request: String,
    /// 23 digits
    number: String,
    #[command(flatten)]
    of: Of,
}

#[derive(clap::Args)]
pub struct Case {
    /// The request id of the capture
    capture: String,
    /// What the issuer or the network calls it: a repeat under the same name is no second one
    #[arg(long)]
    case: String,
    /// Such as 12.50, in the payment's currency; all that is left unless given. A repeat need not
    /// give again what was given first, or by default
    #[arg(long)]
    amount: Option<String>,
    /// Such as fraud, not_delivered or duplicate_payment; unclear unless given
    #[arg(long)]
    reason: Option<String>,
    /// Until when Google may reply; 20 days after it was raised unless given
    #[arg(long, value_name = "MOMENT")]
    reply_by: Option<String>,
    #[command(flatten)]
    told: Told,
    #[command(flatten)]
    of: Of,
}

#[derive(clap::Args)]
pub struct Told {
    /// When it happened, such as 2025-09-16; today unless given
    #[arg(long, value_name = "MOMENT")]
    at: Option<String>,
    #[command(flatten)]
    code: Code,
}

/// What the issuer or the network calls it.
#[derive(clap::Args)]
pub struct Code {
    /// The issuer's or network's own code for it, passed on, such as 10.4
    #[arg(long)]
    code: String,
    /// Whose code it is; the card's network unless given
    #[arg(long)]
    scope: Option<String>,
}

#[derive(clap::Args)]
pub struct Of {
    /// The payment integrator account id
    #[arg(long, default_value = "InvisiCardUSA_USD")]
    account: String,
    #[command(flatten)]
    asking: Asking,
}

impl Of {
    fn path(&self, rest: &[&str]) -> String {
        let parts = std::iter::once(self.account.as_str()).chain(rest.iter().copied());
        parts.fold("/cards".to_owned(), |path, part| format!("{path}/{}", escaped(part)))
    }

    fn post(&self, rest: &[&str], members: Members) -> Result<(), Failure> {
        self.asking.post(&self.path(rest), &Value::Object(members.0))
    }
}

/// What is told: members that are known.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    fn told(self, Told { at, code }: &Told) -> Self {
        self.moment("at", at.as_deref()).code(code)
    }

    fn moment(self, name: &str, moment: Option<&str>) -> Self {
        self.with(name, moment.map(whole).as_deref())
    }

    fn code(self, code: &Code) -> Self {
        self.with("code", Some(&code.code)).with("scope", code.scope.as_deref())
    }
}

pub fn dispute(command: &Dispute) -> Result<(), Failure> {
    match command {
        Dispute::Inquire(case) => opened(case, "inquiry", None),
        Dispute::Open { case, stage } => opened(case, "chargeback", Some(stage)),
        Dispute::Reverse { capture, case, told, of } => {
            let members = Members::default().with("case", Some(case)).told(told);
            of.post(&["captures", capture, "reversal"], members)
        }
        Dispute::Show { capture, of } => of.asking.get(&of.path(&["captures", capture])),
        Dispute::Document { id, file, asking } => {
            let path = format!("/cards/documents/{}", escaped(id));
            let content = ask_bytes(asking.admin(), &path, "application/pdf", None)?;
            std::fs::write(file, &content)
                .map_err(|cause| format!("{}: {cause}", file.display()))?;
            say(&format!("{} bytes are written to {}\n", content.len(), file.display()))
        }
    }
}

fn opened(case: &Case, what: &str, stage: Option<&str>) -> Result<(), Failure> {
    let Case { capture, case: name, amount, reason, reply_by, told, of } = case;
    let members = Members::default()
        .with("case", Some(name))
        .with("amount", amount.as_deref())
        .with("stage", stage)
        .with("reason", reason.as_deref())
        .moment("reply_by", reply_by.as_deref())
        .told(told);
    of.post(&["captures", capture, what], members)
}

pub fn fraud(command: &Fraud) -> Result<(), Failure> {
    let Fraud::Report { capture, kind, code, of } = command;
    let members = Members::default().with("kind", Some(kind)).code(code);
    of.post(&["captures", capture, "fraud"], members)
}

pub fn card(command: &Card) -> Result<(), Failure> {
    let referenced = |what: &str, referenced: &Referenced| {
        let Referenced { request, number, of } = referenced;
        let members = Members::default().with("number", Some(number));
        of.post(&[what, request, "reference"], members)
    };
    match command {
        Card::Reference(Reference::Capture(capture)) => referenced("captures", capture),
        Card::Reference(Reference::Refund(refund)) => referenced("refunds", refund),
        Card::RefundReversed { refund, code, of } => {
            of.post(&["refunds", refund, "reversal"], Members::default().code(code))
        }
        Card::Settle { day: chosen, currency, of } => {
            let chosen = chosen.clone().unwrap_or_else(|| day(SystemTime::now()));
            let members = Members::default().with("day", Some(&whole(&chosen)));
            of.post(&["settlement"], members.with("currency", Some(currency)))
        }
    }
}

/// The day of a moment, in UTC.
fn day(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()[..10].to_owned()
}

/// A day is its first moment.
fn whole(moment: &str) -> String {
    match moment.len() {
        10 => format!("{moment}T00:00:00Z"),
        _ => moment.to_owned(),
    }
}
