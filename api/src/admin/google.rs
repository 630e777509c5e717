//! `/google/echo`, `/google/dispute`: what a person asks Google through us.

use http::StatusCode;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::text::Text;
use serde::Deserialize;

use super::Admin;
use super::books::{Told, bad, nothing};
use crate::books;
use crate::standard_payments::question::{self, Question};

/// - `account`: with which of our contractual accounts Google is asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    account: String,
    /// Of an echo.
    message: Option<String>,
    /// The request of the capture that is contested.
    capture: Option<String>,
}

/// Asks Google, once.
///
/// - `what`: the last part of the path.
pub async fn asked(admin: &Admin, what: &str, body: &[u8]) -> Told {
    let asked: Asked = serde_json::from_slice(body).map_err(bad)?;
    let account = IntegratorAccountId::parse(&asked.account).map_err(bad)?;
    let wanted = |member: Option<String>, name: &str| {
        member.ok_or_else(|| bad(format!("`{name}` is missing")))
    };
    let question = match what {
        "echo" => {
            let message = wanted(asked.message, "message")?;
            Question::Echo { message: Text::parse(&message).map_err(bad)? }
        }
        "dispute" => {
            let capture = wanted(asked.capture, "capture")?;
            Question::Dispute { capture: RequestId::parse(&capture).map_err(bad)? }
        }
        _ => return Err(nothing()),
    };
    let nowhere =
        (StatusCode::CONFLICT, "where Google is is not known: `google.base_url`".to_owned());
    let line = admin.line().ok_or(nowhere)?;
    match question::ask(line, &account, question).await {
        Ok(told) => Ok(books::members(&told)),
        Err(why) => Err((StatusCode::BAD_GATEWAY, why.to_string())),
    }
}
