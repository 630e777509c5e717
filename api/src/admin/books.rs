//! `/accounts`, `/links`, `/notices`, `/remittance`, `/google`: the integrator's books, looked at and changed by
//! people, and what people ask Google.
//!
//! Promise: what changes something wants JSON, so that no page in a browser on this machine can
//! send it without asking first.

use http::{HeaderMap, Method, StatusCode, header};
use paceline_domain::account::{Account, Closure, Profile};
use paceline_domain::ids::{AccountId, AssociationId, IntegratorAccountId, NoticeId, RequestId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::text::Text;
use paceline_engine::tokenized::{AccountError, NewAccount};
use paceline_engine::{Engine, Secret, report};
use paceline_storage::EventLog;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::answer::{Answer, plain, text};
use super::{Admin, cards, google};
use crate::books::{self, Report, Shape};

/// Whether the path is one of these.
pub fn is_at(path: &str) -> bool {
    matches!(
        first(path),
        "accounts" | "links" | "notices" | "remittance" | "google" | "cards" | "card-keys"
    )
}

fn first(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// Asks for what the admin listener has not told in words yet.
pub type Told = Result<Report, (StatusCode, String)>;

/// - `body`: of a request that changes something.
pub async fn answer(
    admin: &Admin,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer {
    let (Some(engine), Some(logs)) = (admin.engine(), admin.logs()) else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "starting");
    };
    if let Some(development) = admin.development() {
        development.open_samples(engine).await;
    }
    let parts: Vec<String> = path
        .trim_start_matches('/')
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    if let (&Method::GET, ["cards", "documents", id]) = (method, &parts[..]) {
        return cards::document(engine, id).await;
    }
    let told = match *method {
        Method::GET => match parts[..] {
            ["cards", ref named @ ..] => cards::shown(engine, named).await,
            ["card-keys"] => cards::keys(admin),
            ["accounts"] => {
                read(logs.log, |log| report::ledger(log).map(|l| books::ledger(&l))).await
            }
            ["accounts", id] => shown(engine, id).await,
            ["links"] => {
                read(logs.log, |log| report::links(log).map(|links| books::links(&links))).await
            }
            ["notices"] => {
                read(logs.log, |log| report::notices_open(log).map(|n| books::notices(&n))).await
            }
            ["remittance"] => {
                read(logs.log, |log| report::remittances(log).map(|s| books::statements(&s))).await
            }
            ["remittance", account, statement] => remittance(logs.log, account, statement).await,
            _ => Err(nothing()),
        },
        Method::POST if !is_json(headers) => {
            Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json is wanted".to_owned()))
        }
        Method::POST => match parts[..] {
            ["cards", ref named @ ..] => cards::raised(engine, named, body).await,
            ["card-keys", change] => cards::keys_changed(admin, engine, change, body).await,
            ["accounts"] => opened(engine, body).await,
            ["accounts", id, change] => changed(engine, id, change, body).await,
            ["links", association, "revoke"] => revoked(engine, association).await,
            ["notices", id, "send"] => sent_again(engine, id).await,
            ["remittance", account, statement, "read"] => {
                read_again(engine, account, statement).await
            }
            ["google", what] => google::asked(admin, what, body).await,
            _ => Err(nothing()),
        },
        _ => Err((StatusCode::METHOD_NOT_ALLOWED, "GET or POST only".to_owned())),
    };
    match told {
        Ok(report) => {
            let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
            let shape = Shape::accepted(accept.unwrap_or_default());
            text(StatusCode::OK, shape.content_type(), report.shaped(shape))
        }
        Err((status, what)) => plain(status, &what),
    }
}

pub fn nothing() -> (StatusCode, String) {
    let what = "there is GET /accounts[/<id>], POST /accounts, POST /accounts/<id>/fund, hold, \
                release and close, GET /links, POST /links/<association>/revoke, GET /notices, POST /notices/<id>/send, GET /remittance, \
                GET /remittance/<account>/<statement>, POST /remittance/<account>/<statement>/read, \
                POST /google/echo and /google/dispute";
    (StatusCode::NOT_FOUND, what.to_owned())
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json")
}

pub fn bad(why: impl ToString) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, why.to_string())
}

fn refused(why: AccountError) -> (StatusCode, String) {
    let status = match why {
        AccountError::Engine(_) => StatusCode::SERVICE_UNAVAILABLE,
        AccountError::Rejected(_) | AccountError::NameTaken(_) => StatusCode::CONFLICT,
    };
    (status, why.to_string())
}

/// Reading waits for the disk, and others ask here, too.
async fn read<T: Send + 'static>(
    log: std::sync::Arc<dyn EventLog>,
    report: impl FnOnce(&dyn EventLog) -> Result<T, report::ReportError> + Send + 'static,
) -> Result<T, (StatusCode, String)> {
    let read = tokio::task::spawn_blocking(move || report(&*log)).await;
    let read = read.expect("reading the books does not panic");
    read.map_err(|why| (StatusCode::INTERNAL_SERVER_ERROR, why.to_string()))
}

async fn remittance(log: std::sync::Arc<dyn EventLog>, account: &str, statement: &str) -> Told {
    let account = IntegratorAccountId::parse(account).map_err(bad)?;
    let request = RequestId::parse(statement).map_err(bad)?;
    match read(log, move |log| report::remittance(log, &account, &request)).await? {
        Some(found) => Ok(books::remittance(&found)),
        None => Err((StatusCode::NOT_FOUND, "there is no such statement".to_owned())),
    }
}

async fn read_again(engine: &Engine, account: &str, statement: &str) -> Told {
    let account = IntegratorAccountId::parse(account).map_err(bad)?;
    let request = RequestId::parse(statement).map_err(bad)?;
    match engine.read_statement_again(&account, &request).await {
        Some(statement) => Ok(books::statements(&[*statement])),
        None => Err((StatusCode::NOT_FOUND, "there is no such statement".to_owned())),
    }
}

async fn shown(engine: &Engine, id: &str) -> Told {
    let id = AccountId::parse(id).map_err(bad)?;
    match engine.account(&id).await {
        Some(account) => Ok(books::account(&account)),
        None => Err((StatusCode::NOT_FOUND, format!("there is no account {id}"))),
    }
}

/// An account to be opened. What the customer is known by is optional.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    id: String,
    currency: String,
    name: String,
    nickname: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    vpa: Option<String>,
    password: Option<String>,
}

async fn opened(engine: &Engine, body: &[u8]) -> Told {
    let opening: Opening = serde_json::from_slice(body).map_err(bad)?;
    let text = |text: &str| Text::parse(text).map_err(bad);
    let known = |given: &Option<String>| given.as_deref().map(text).transpose();
    let nickname = opening.nickname.as_deref().unwrap_or(&opening.name);
    let profile = Profile {
        name: text(&opening.name)?,
        nickname: text(nickname)?,
        email: known(&opening.email.map(|email| email.to_lowercase()))?,
        phone: known(&opening.phone)?,
        vpa: known(&opening.vpa)?,
        address: None,
    };
    let id = AccountId::parse(&opening.id).map_err(bad)?;
    let currency = CurrencyCode::parse(&opening.currency).map_err(bad)?;
    let password = opening.password.map(|password| Secret::new(password.into_bytes()));
    let wanted = NewAccount { id, currency, profile, password };
    engine.open_account(wanted).await.map(|a| books::account(&a)).map_err(refused)
}

/// Money to be put on an account, or why one is closed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// The operator's name for the movement: the same one moves money once.
    movement: Option<String>,
    /// In major units, such as `12.50`, of the account's currency.
    amount: Option<String>,
    source: Option<String>,
    /// `asked`, `taken_over` or `fraud`.
    why: Option<String>,
}

async fn changed(engine: &Engine, id: &str, change: &str, body: &[u8]) -> Told {
    let id = AccountId::parse(id).map_err(bad)?;
    let given: Change = serde_json::from_slice(body).map_err(bad)?;
    let account: Result<Account, AccountError> = match change {
        "hold" => engine.hold_account(&id).await,
        "release" => engine.release_account(&id).await,
        "close" => engine.close_account(&id, closure(given.why.as_deref())?).await,
        "fund" => {
            let account = engine.account(&id).await;
            let account = account
                .ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no account {id}")))?;
            let currency = account.currency;
            let amount = given.amount.ok_or_else(|| bad("`amount` is missing"))?;
            let amount = currency.parse_amount(&amount).map_err(bad)?;
            let amount = Micros::from_minor(amount, currency);
            let amount = amount.ok_or_else(|| bad("the amount is too large"))?;
            let movement = given.movement.ok_or_else(|| bad("`movement` is missing"))?;
            let source = Text::parse(given.source.as_deref().unwrap_or("cash")).map_err(bad)?;
            engine.fund_account(&id, &movement, amount, currency, source).await
        }
        _ => return Err(nothing()),
    };
    account.map(|account| books::account(&account)).map_err(refused)
}

fn closure(why: Option<&str>) -> Result<Closure, (StatusCode, String)> {
    match why.unwrap_or("asked") {
        "asked" => Ok(Closure::Asked),
        "taken_over" => Ok(Closure::TakenOver),
        "fraud" => Ok(Closure::Fraud),
        other => Err(bad(format!("`{other}` is neither asked, taken_over nor fraud"))),
    }
}

async fn revoked(engine: &Engine, association: &str) -> Told {
    let association = AssociationId::parse(association).map_err(bad)?;
    let linked = engine.invalidate_link(&association).await;
    let linked = linked.map_err(|_| {
        (StatusCode::NOT_FOUND, format!("there is no link with the association {association}"))
    })?;
    Ok(books::links(&[linked]))
}

async fn sent_again(engine: &Engine, id: &str) -> Told {
    let id = NoticeId::parse(id).map_err(bad)?;
    match engine.send_again(id).await {
        Some(notice) => Ok(books::notices(&[notice])),
        None => Err((StatusCode::NOT_FOUND, format!("there is no notice {id}"))),
    }
}
