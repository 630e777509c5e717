//! How Standard Payments is put together: under keys, in development mode, or not at all.
//!
//! Why: the development mode trusts whoever can connect, and tells whoever listens. It exists on
//! one machine, for whoever has no configuration file or asks for it in there, as long as nobody has
//! configured a key; from then on it is gone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use http::Uri;
use paceline_engine::google::Google;
use paceline_engine::messenger::Messenger;
use paceline_engine::tokenized::{Options, Voice};
use paceline_envelope::{Directory, Envelope, Keyring};

use crate::client::Client;
use crate::config::{Config, Development as Wanted, Reaching};
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
    /// `None` where there are no keys, and no development mode.
    ///
    /// # Errors
    /// Words, for a key that is none, and for a development mode where it may not be.
    pub fn of(config: &Config) -> Result<Option<Self>, String> {
        let wanted = &config.tokenized;
        let development = is_development(config)?;
        if wanted.keys_dir.is_none() && !development {
            return Ok(None);
        }
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
                dialect: Arc::clone(&wanted.dialect),
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
        Arc::new(Words::new(
            self.settings.results.clone(),
            self.settings.door.dialect.unknown_capture,
        ))
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

/// Whether bodies are bare JSON.
///
/// # Errors
/// Words, if that was asked for where others than this machine could make or read them.
pub fn is_development(config: &Config) -> Result<bool, String> {
    if config.tokenized.keys_dir.is_some() {
        return Ok(false);
    }
    match (config.tokenized.development, exposed(config)) {
        (Wanted::Refused | Wanted::Unsaid, _) | (Wanted::WherePossible, Some(_)) => Ok(false),
        (Wanted::Asked | Wanted::WherePossible, None) => Ok(true),
        (Wanted::Asked, Some(how)) => Err(format!(
            "`tokenized.development`: bodies are bare JSON, which is for this machine alone, and \
             {how} is not on it; make keys (`paceline keys generate`) and name `tokenized.keys_dir`"
        )),
    }
}

/// What is reached from elsewhere, or is elsewhere.
fn exposed(config: &Config) -> Option<String> {
    let open =
        |name: &str, at: SocketAddr| (!at.ip().is_loopback()).then(|| format!("`{name}`, {at},"));
    let google = || {
        let url = config.google.base_url.as_ref()?;
        (!is_here(url)).then(|| format!("`google.base_url`, {url},"))
    };
    open("server.listen", config.server.listen)
        .or_else(|| open("admin.listen", config.admin.listen))
        .or_else(google)
}

fn is_here(url: &str) -> bool {
    let url: Option<Uri> = url.parse().ok();
    let host = url.as_ref().and_then(Uri::host).unwrap_or_default();
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const ASKED: &str = "[tokenized]\ndevelopment = true\n";

    fn file(text: &str) -> Result<bool, String> {
        is_development(&Config::parse(text, Path::new("paceline.toml"), []).unwrap())
    }

    fn no_file(variables: &[(&str, &str)]) -> Result<bool, String> {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        is_development(&Config::load(None, variables).unwrap())
    }

    #[test]
    fn whoever_has_no_file_is_in_development_mode_on_this_machine_alone() {
        assert_eq!(no_file(&[]), Ok(true));
        for (variable, value, expected) in [
            ("PACELINE_GOOGLE_BASE_URL", "http://127.0.0.1:8090", true),
            ("PACELINE_GOOGLE_BASE_URL", "https://localhost:8090/gsp", true),
            ("PACELINE_GOOGLE_BASE_URL", "http://[::1]:8090", true),
            ("PACELINE_GOOGLE_BASE_URL", "https://vgw.sandbox.google.com/gsp", false),
            ("PACELINE_GOOGLE_BASE_URL", "http://127.0.0.1.example.com", false),
            ("PACELINE_SERVER__LISTEN", "0.0.0.0:8080", false),
            ("PACELINE_ADMIN__LISTEN", "10.0.0.1:9464", false),
            ("PACELINE_TOKENIZED__KEYS_DIR", "keys", false),
            ("PACELINE_TOKENIZED__DEVELOPMENT", "false", false),
        ] {
            assert_eq!(no_file(&[(variable, value)]), Ok(expected), "{variable}={value}");
        }
    }

    #[test]
    fn a_file_has_to_ask_for_it_and_a_key_ends_it() {
        assert_eq!(file(""), Ok(false));
        assert_eq!(file(ASKED), Ok(true));
        assert_eq!(file(&format!("{ASKED}keys_dir = \"keys\"\n")), Ok(false));
    }

    #[test]
    fn where_it_was_asked_for_and_may_not_be_nothing_starts() {
        for (open, named) in [
            ("[server]\nlisten = \"0.0.0.0:8080\"\n", "server.listen"),
            ("[admin]\nlisten = \"10.0.0.1:9464\"\n", "admin.listen"),
            ("[google]\nbase_url = \"https://vgw.google.com\"\n", "google.base_url"),
        ] {
            let why = file(&format!("{ASKED}{open}")).unwrap_err();
            assert!(why.contains("tokenized.development") && why.contains(named), "{why}");
        }
    }
}
