//! `paceline account`, `link`, `notices`, `remittance`, `google`: the integrator's books, and its questions to
//! Google, of a server that runs.

use std::time::SystemTime;

use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::ask::ask;
use super::{Failure, say};
use crate::books::Shape;

#[derive(clap::Subcommand)]
pub enum Account {
    /// Open an account for a customer
    Open {
        /// Yours, for good: the customer will recognise it
        id: String,
        #[arg(long, default_value = "USD")]
        currency: String,
        #[arg(long)]
        name: String,
        /// What the customer is shown at Google; the name unless given
        #[arg(long)]
        nickname: Option<String>,
        #[arg(long)]
        email: Option<String>,
        /// Such as +15550100001
        #[arg(long)]
        phone: Option<String>,
        /// UPI address
        #[arg(long)]
        vpa: Option<String>,
        /// What the customer signs in with; read from this variable of the environment
        #[arg(long, value_name = "VARIABLE")]
        password_from: Option<String>,
        #[command(flatten)]
        asking: Asking,
    },
    /// Put money on an account
    Fund {
        id: String,
        /// Such as 12.50, in the account's currency
        amount: String,
        /// Your name for it: the same one moves money once. A new one unless given
        #[arg(long)]
        movement: Option<String>,
        /// Where the money comes from
        #[arg(long, default_value = "cash")]
        source: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Let nothing move on an account until it is released
    Hold {
        id: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// End a hold
    Release {
        id: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Close an account for good
    Close {
        id: String,
        /// asked, taken_over or fraud
        #[arg(long, default_value = "asked")]
        why: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Show one account, or all of them with what the ledger comes to
    Show {
        id: Option<String>,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(clap::Subcommand)]
pub enum Link {
    /// Every link of a Google payment token to an account
    List {
        #[command(flatten)]
        asking: Asking,
    },
    /// End a link for good, because its customer asks for it: nothing is taken by its token any more
    Revoke {
        /// As Google calls the link: its associationId
        association: String,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(clap::Subcommand)]
pub enum Notices {
    /// What Google has not heard yet, or has refused to hear
    List {
        #[command(flatten)]
        asking: Asking,
    },
    /// Tell Google once more
    Send {
        id: String,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(clap::Subcommand)]
pub enum Remittance {
    /// Every statement, the latest first
    List {
        #[command(flatten)]
        asking: Asking,
    },
    /// A statement line by line: matched, missing on either side, different, repeated
    Show {
        /// The id under which Google notified it
        statement: String,
        /// The payment integrator account id
        #[arg(long, default_value = "InvisiCashUSA_USD")]
        account: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// Read a statement once more that stopped, or the answer to which Google refused
    Read {
        /// The id under which Google notified it
        statement: String,
        /// The payment integrator account id
        #[arg(long, default_value = "InvisiCashUSA_USD")]
        account: String,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(clap::Subcommand)]
pub enum Google {
    /// Prove network, keys and clocks, in the direction to Google
    Echo {
        #[arg(default_value = "is everything all right?")]
        message: String,
        /// The payment integrator account id
        #[arg(long, default_value = "InvisiCashUSA_USD")]
        account: String,
        #[command(flatten)]
        asking: Asking,
    },
    /// What was bought, for support who talk with a customer that contests it
    Dispute {
        /// The requestId of the capture
        capture: String,
        /// The payment integrator account id
        #[arg(long, default_value = "InvisiCashUSA_USD")]
        account: String,
        #[command(flatten)]
        asking: Asking,
    },
}

#[derive(clap::Args)]
pub struct Asking {
    /// The admin listener of the server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9464")]
    admin: Uri,
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    format: Shape,
}

impl Asking {
    pub fn admin(&self) -> &Uri {
        &self.admin
    }

    pub fn get(&self, path: &str) -> Result<(), Failure> {
        say(&ask(&self.admin, path, self.format.content_type(), None)?)
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<(), Failure> {
        say(&ask(&self.admin, path, self.format.content_type(), Some(&body.to_string()))?)
    }
}

pub fn escaped(part: &str) -> String {
    utf8_percent_encode(part, NON_ALPHANUMERIC).to_string()
}

pub fn account(command: &Account) -> Result<(), Failure> {
    let of = |id: &str, change: &str| format!("/accounts/{}/{change}", escaped(id));
    match command {
        Account::Open {
            id,
            currency,
            name,
            nickname,
            email,
            phone,
            vpa,
            password_from,
            asking,
        } => {
            let password = match password_from {
                Some(variable) => Some(
                    std::env::var(variable)
                        .map_err(|_| format!("there is no variable {variable} to read"))?,
                ),
                None => None,
            };
            asking.post(
                "/accounts",
                &json!({
                    "id": id, "currency": currency, "name": name, "nickname": nickname,
                    "email": email, "phone": phone, "vpa": vpa, "password": password,
                }),
            )
        }
        Account::Fund { id, amount, movement, source, asking } => {
            let movement = movement.clone().unwrap_or_else(|| {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                format!("{}", now.unwrap_or_default().as_nanos())
            });
            let body = json!({"amount": amount, "movement": movement, "source": source});
            asking.post(&of(id, "fund"), &body)
        }
        Account::Hold { id, asking } => asking.post(&of(id, "hold"), &json!({})),
        Account::Release { id, asking } => asking.post(&of(id, "release"), &json!({})),
        Account::Close { id, why, asking } => asking.post(&of(id, "close"), &json!({"why": why})),
        Account::Show { id: Some(id), asking } => asking.get(&format!("/accounts/{}", escaped(id))),
        Account::Show { id: None, asking } => asking.get("/accounts"),
    }
}

pub fn link(command: &Link) -> Result<(), Failure> {
    match command {
        Link::List { asking } => asking.get("/links"),
        Link::Revoke { association, asking } => {
            asking.post(&format!("/links/{}/revoke", escaped(association)), &json!({}))
        }
    }
}

pub fn notices(command: &Notices) -> Result<(), Failure> {
    match command {
        Notices::List { asking } => asking.get("/notices"),
        Notices::Send { id, asking } => {
            asking.post(&format!("/notices/{}/send", escaped(id)), &json!({}))
        }
    }
}

pub fn remittance(command: &Remittance) -> Result<(), Failure> {
    match command {
        Remittance::List { asking } => asking.get("/remittance"),
        Remittance::Show { statement, account, asking } => {
            asking.get(&format!("/remittance/{}/{}", escaped(account), escaped(statement)))
        }
        Remittance::Read { statement, account, asking } => {
            let path = format!("/remittance/{}/{}/read", escaped(account), escaped(statement));
            asking.post(&path, &json!({}))
        }
    }
}

pub fn google(command: &Google) -> Result<(), Failure> {
    match command {
        Google::Echo { message, account, asking } => {
            asking.post("/google/echo", &json!({"account": account, "message": message}))
        }
        Google::Dispute { capture, account, asking } => {
            asking.post("/google/dispute", &json!({"account": account, "capture": capture}))
        }
    }
}
