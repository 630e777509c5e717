//! How Standard Payments is put together: under keys, in development mode, or not at all.
//!
//! Why: the development mode trusts whoever can connect. It exists on a loopback address, as long
//! as nobody has configured a key; from then on it is gone.

use std::sync::Arc;

use paceline_domain::account::{Closure, PostalAddress, Profile, Standing};
use paceline_domain::ids::AccountId;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::text::Text;
use paceline_engine::google::Google;
use paceline_engine::messenger::Messenger;
use paceline_engine::tokenized::{AccountError, NewAccount, Voice};
use paceline_engine::{Engine, Secret};
use paceline_envelope::{Directory, Envelope, Keyring};

use crate::client::Client;
use crate::config::Config;
use crate::routes;
use crate::standard_payments::outbound::Outbound;
use crate::standard_payments::sms::{DevelopmentSms, HttpSms};
use crate::standard_payments::{Page, Settings, Wire, Words};

/// What there is of the wire.
pub struct Tokenized {
    pub settings: Arc<Settings>,
    pub google: Option<Arc<dyn Google>>,
    pub messenger: Option<Arc<dyn Messenger>>,
    /// Of the development mode only.
    pub sms: Option<Arc<DevelopmentSms>>,
}

impl Tokenized {
    /// `None` where there are no keys, and whoever reaches us is not only this machine.
    ///
    /// # Errors
    /// Words, for a key that is none.
    pub fn of(config: &Config) -> Result<Option<Self>, String> {
        let wanted = &config.tokenized;
        let development = match &wanted.keys_dir {
            Some(_) => false,
            None if config.server.listen.ip().is_loopback() => true,
            None => return Ok(None),
        };
        let envelope = match &wanted.keys_dir {
            Some(dir) => {
                let keyring = Keyring::open(Directory::new(dir)).map_err(|e| e.to_string())?;
                Envelope::OpenPgp { keyring, form: wanted.form }
            }
            None => Envelope::Plaintext,
        };
        let settings = Arc::new(Settings {
            name: wanted.name.clone(),
            base_path: wanted.base_path.clone(),
            accounts: wanted.accounts.clone(),
            envelope,
            clock_tolerance: wanted.clock_tolerance,
            results: wanted.results.clone(),
            callback_hosts: wanted.callback_hosts.clone(),
        });
        let client = Client::new().map_err(|cause| format!("no certificates to trust: {cause}"))?;
        let google = config.google.base_url.clone().map(|base_url| {
            let outbound = Outbound::new(client.clone(), base_url, Arc::clone(&settings));
            Arc::new(outbound) as Arc<dyn Google>
        });
        let sms = (development && config.sms.url.is_none()).then(DevelopmentSms::new);
        let messenger = match (&config.sms.url, &sms) {
            (Some(url), _) => {
                let authorization = config.sms.authorization.clone();
                Some(Arc::new(HttpSms::new(client, url.clone(), authorization)) as _)
            }
            (None, Some(sms)) => Some(Arc::clone(sms) as _),
            (None, None) => None,
        };
        Ok(Some(Self { settings, google, messenger, sms }))
    }

    pub fn is_development(&self) -> bool {
        matches!(self.settings.envelope, Envelope::Plaintext)
    }

    pub fn words(&self) -> Arc<dyn Voice> {
        Arc::new(Words::new(self.settings.results.clone()))
    }

    pub fn spoken(&self) -> routes::Tokenized {
        let settings = || Arc::clone(&self.settings);
        routes::Tokenized { wire: Wire::new(settings()), page: Page::new(settings()) }
    }

    /// Keys come and go without a restart.
    pub fn reload_keys(&self) {
        let Envelope::OpenPgp { keyring, .. } = &self.settings.envelope else { return };
        match keyring.reload() {
            Ok(keys) => {
                let (own, peers) = (keys.own().len(), keys.peers().len());
                tracing::info!(own, peers, "the keys were read again");
            }
            Err(error) => tracing::error!(%error, "the keys are refused, the old ones stay"),
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
pub const SAMPLE_PASSWORD: &str = "paceline";

/// Opens the accounts of the development mode, unless they are there from an earlier start.
///
/// # Errors
/// Words.
pub async fn open_samples(engine: &Engine) -> Result<(), String> {
    for sample in &SAMPLES {
        open(engine, sample).await.map_err(|error| format!("{}: {error}", sample.name))?;
    }
    Ok(())
}

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
    let password = Some(Secret::new(SAMPLE_PASSWORD.as_bytes().to_vec()));
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
