//! What a person asks Google, and nobody owes: whether it hears us, and what it knows of a purchase.
//!
//! Why: `echo` shows that network, keys and clocks are right, after each change of them. And the
//! report tells support what was bought, while they talk with the customer who contests it.
//! Promise: one try, heard by whoever asks; nothing is stored, and no money moves.

use http::StatusCode;
use paceline_domain::ids::{IntegratorAccountId, RequestId};
use paceline_domain::text::Text;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value, json};

use super::line::{Heading, Heard, Line, Unheard};

#[derive(Clone, Debug)]
pub enum Question {
    /// `echo`.
    Echo { message: Text },
    /// `getDisputeInquiryReport`.
    Dispute { capture: RequestId },
}

/// Why Google has told nothing.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    #[error("Google was not reached: {0}")]
    Unheard(#[from] Unheard),
    #[error("Google's answer does not open: which keys are right?")]
    Unopened,
    #[error("Google refuses: {status} {code}: {said}")]
    Refused { status: u16, code: String, said: String },
}

/// # Errors
/// [`Untold`].
pub async fn ask(
    line: &Line,
    account: &IntegratorAccountId,
    question: Question,
) -> Result<Map<String, Value>, Untold> {
    let (path, members) = match question {
        Question::Echo { message } => ("/v1/echo", json!({"clientMessage": message.as_str()})),
        // The shape of the criterion is inferred: `captureRequestCriteria` is what is published.
        Question::Dispute { capture } => (
            "/v1/getDisputeInquiryReport",
            json!({"captureRequestCriteria": {"captureRequestId": capture.as_str()}}),
        ),
    };
    let Heard { status, answer } =
        line.ask(path, account, &fresh(), Heading::Usual, members).await?;
    match (status, answer) {
        (StatusCode::OK, Some(mut answer)) => {
            answer.remove("responseHeader");
            Ok(answer)
        }
        (StatusCode::OK, None) => Err(Untold::Unopened),
        (status, answer) => {
            let text = |member: &str| {
                let said = answer.as_ref().and_then(|answer| answer.get(member)?.as_str());
                said.unwrap_or("no reason is given").to_owned()
            };
            let (code, said) = (text("errorResponseCode"), text("errorDescription"));
            Err(Untold::Refused { status: status.as_u16(), code, said })
        }
    }
}

/// Nobody asks it twice.
fn fresh() -> RequestId {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    let name = format!("ask:{:032x}", u128::from_be_bytes(bytes));
    RequestId::parse(&name).expect("hexadecimal digits are an id")
}
