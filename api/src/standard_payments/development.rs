//! What there is in development mode: messages that can be read, and customers to try things with.
//!
//! Why at first use: hashing their passwords takes half a second, and most starts are for
//! something else.

use std::sync::Arc;

use paceline_domain::account::{Closure, PostalAddress, Profile, Standing};
use paceline_domain::ids::AccountId;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::text::Text;
use paceline_engine::tokenized::{AccountError, NewAccount};
use paceline_engine::{Engine, Secret};
use tokio::sync::OnceCell;

use super::sms::DevelopmentSms;

#[derive(Default)]
pub struct Development {
    pub sms: Arc<DevelopmentSms>,
    samples: OnceCell<()>,
}

impl Development {
    /// Opens the sample accounts, unless they are there already. Whoever comes meanwhile waits.
    pub async fn open_samples(&self, engine: &Engine) {
        let opening = async || {
            for sample in &SAMPLES {
                open(engine, sample).await?;
            }
            Ok::<(), AccountError>(())
        };
        if let Err(error) = self.samples.get_or_try_init(opening).await {
            tracing::error!(%error, "the sample accounts are not all there: tried again next time");
        }
    }
}

/// What a sample customer starts with.
struct Sample {
    name: &'static str,
    phone: Option<&'static str>,
    /// US dollars.
    funds: i64,
    closed: bool,
}

const SAMPLES: [Sample; 3] = [
    Sample { name: "Sally", phone: Some("+15550100001"), funds: 500, closed: false },
    Sample { name: "Bob", phone: Some("+15550100002"), funds: 5, closed: false },
    Sample { name: "Carol", phone: Some("+15550100003"), funds: 0, closed: true },
];

/// All of them have it, on a machine on which everybody may see it.
const PASSWORD: &str = "paceline";

async fn open(engine: &Engine, sample: &Sample) -> Result<(), AccountError> {
    let text = |text: &str| Text::parse(text).expect("a short text");
    let lower = sample.name.to_lowercase();
    let id = AccountId::parse(&format!("acct-{lower}")).expect("a short id");
    let currency = CurrencyCode::parse("USD").expect("a currency");
    let there = engine.account(&id).await;
    if there.as_ref().is_some_and(|a| !a.moved.is_empty() || a.standing != Standing::Open) {
        return Ok(());
    }
    let address = PostalAddress {
        lines: vec![text("100 Castro Street")],
        locality: text("Mountain View"),
        administrative_area: text("CA"),
        postal_code: text("94041"),
        country: text("US"),
    };
    let profile = Profile {
        name: text(&format!("{} Sample", sample.name)),
        nickname: text(&format!("{}'s account", sample.name)),
        email: Some(text(&format!("{lower}@otheremail.com"))),
        phone: sample.phone.map(text),
        vpa: Some(text(&format!("{lower}@paceline"))),
        address: Some(address),
    };
    let password = Some(Secret::new(PASSWORD.as_bytes().to_vec()));
    // It may be there without its funds, if the start was interrupted.
    if there.is_none() {
        engine.open_account(NewAccount { id: id.clone(), currency, profile, password }).await?;
    }
    if sample.funds > 0 {
        let amount = Micros(sample.funds * 1_000_000);
        engine.fund_account(&id, "sample", amount, currency, text("sample funds")).await?;
    }
    if sample.closed {
        engine.close_account(&id, Closure::Asked).await?;
    }
    Ok(())
}
