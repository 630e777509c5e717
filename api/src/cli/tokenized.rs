//! How Standard Payments is put together: under keys, in development mode, or not at all.
//!
//! Why: the development mode trusts whoever can connect. It exists on a loopback address, as long
//! as nobody has configured a key; from then on it is gone.

use std::sync::Arc;
use std::time::SystemTime;

use paceline_engine::google::Google;
use paceline_engine::messenger::Messenger;
use paceline_engine::tokenized::{Options, Voice};
use paceline_envelope::{Directory, Envelope, Keyring};

use crate::client::Client;
use crate::config::{Config, Reaching};
use crate::limits::DEVELOPMENT_OTP_TIMES;
use crate::metrics;
use crate::routes;
use crate::standard_payments::development::Development;
use crate::standard_payments::outbound::Outbound;
use crate::standard_payments::sms::HttpSms;
use crate::standard_payments::{Door, Line, Page, Settings, Wire, Words};
use crate::tls;

/// What there is of the wire.
pub struct Tokenized {
    pub settings: Arc<Settings>,
    /// The line to Google, if it is known where he is.
    pub line: Option<Arc<Line>>,
    pub messenger: Option<Arc<dyn Messenger>>,
    pub development: Option<Arc<Development>>,
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
            door: Door {
                base_path: wanted.base_path.clone(),
                accounts: wanted.accounts.clone(),
                envelope: Arc::new(envelope),
                clock_tolerance: wanted.clock_tolerance,
            },
            results: wanted.results.clone(),
            callback_hosts: wanted.callback_hosts.clone(),
        });
        let client =
            |tls: &Reaching| tls::connecting(tls).map(Client::new).map_err(|e| e.to_string());
        let google = client(&config.google.tls)?;
        let line = config.google.base_url.clone();
        let line =
            line.map(|url| Arc::new(Line::new(google, url, Arc::clone(&settings.door.envelope))));
        let development = development.then(|| Arc::new(Development::default()));
        let messenger = match (&config.sms.url, &development) {
            (Some(url), _) => {
                let authorization = config.sms.authorization.clone();
                let client = client(&Reaching::default())?;
                Some(Arc::new(HttpSms::new(client, url.clone(), authorization)) as _)
            }
            (None, Some(development)) => Some(Arc::clone(&development.sms) as _),
            (None, None) => None,
        };
        Ok(Some(Self { settings, line, messenger, development }))
    }

    pub fn google(&self, config: &Config) -> Option<Arc<dyn Google>> {
        let (line, settings) = (self.line.clone()?, Arc::clone(&self.settings));
        Some(Arc::new(Outbound::new(line, settings, config.card.telling.clone())))
    }

    /// What the engine is told of it.
    pub fn options(&self, wanted: &Options) -> Options {
        let mut options = wanted.clone();
        if self.development.is_some() {
            options.otp_limit.messages *= DEVELOPMENT_OTP_TIMES;
        }
        options
    }

    pub fn words(&self) -> Arc<dyn Voice> {
        Arc::new(Words::new(self.settings.results.clone()))
    }

    pub fn spoken(&self) -> routes::Tokenized {
        let settings = || Arc::clone(&self.settings);
        routes::Tokenized {
            wire: Wire::new(self.settings.door.clone()),
            page: Page::new(settings()),
            development: self.development.clone(),
        }
    }

    /// Tells how long the keys last, so that somebody is told in time.
    pub fn tell_keys(&self) {
        metrics::keys_end(match &*self.settings.door.envelope {
            Envelope::OpenPgp { keyring, .. } => keyring.keys().until(SystemTime::now()),
            Envelope::Plaintext => None,
        });
    }

    /// Keys come and go without a restart.
    pub fn reload_keys(&self) {
        let Envelope::OpenPgp { keyring, .. } = &*self.settings.door.envelope else { return };
        match keyring.reload() {
            Ok(keys) => {
                self.tell_keys();
                let (own, peers) = (keys.own().len(), keys.peers().len());
                tracing::info!(own, peers, "the keys were read again");
            }
            Err(error) => tracing::error!(%error, "the keys are refused, the old ones stay"),
        }
    }
}
