//! The sections of Standard Payments: contracts, keys, times; where Google is; where messages go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode, Uri};
use paceline_domain::challenge::TRIES_MAX;
use paceline_domain::decline::Decline;
use paceline_domain::ids::IntegratorAccountId;
use paceline_domain::telephone::Limit;
use paceline_engine::tokenized::{Options, Retry};
use paceline_envelope::Form;

use super::Reaching;
use super::node::Node;
use super::read::{count, duration, identity};
use super::section::Section;
use crate::standard_payments::results::{ACCEPTED, ACKNOWLEDGED, METHODS, Results, SUCCESS};
use crate::standard_payments::{Dialect, TotalDue};

/// Google may repeat a request for as long.
const ANSWERS_KEPT_MIN: Duration = DAY.saturating_mul(30);
/// A link lives for a year at least.
const TOKEN_DAYS_MIN: i64 = 365;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// All of them are in the memory of one entity.
const OTP_MESSAGES_MAX: i64 = 1_000;
const BASE_PATH_CHARS_MAX: usize = 200;
/// What Google takes for done, or for nothing at all.
const GOOD: [&str; 4] = [SUCCESS, ACKNOWLEDGED, ACCEPTED, "UNKNOWN_RESULT"];

#[derive(Clone, Debug)]
pub struct Tokenized {
    pub name: String,
    pub base_path: String,
    pub accounts: BTreeSet<IntegratorAccountId>,
    pub keys_dir: Option<PathBuf>,
    /// What is done where there are no keys.
    pub development: Development,
    pub form: Form,
    pub clock_tolerance: Duration,
    pub results: Results,
    pub callback_hosts: Vec<String>,
    pub dialect: Arc<Dialect>,
    pub options: Options,
}

/// Whether bodies may be bare JSON, that whoever can connect can make and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Development {
    /// Asked for: where it may not be, nothing starts.
    Asked,
    /// There is no file: somebody tries Paceline out.
    WherePossible,
    /// A file says nothing of it: it is an operator's, and has to ask.
    Unsaid,
    Refused,
}

/// How to reach Google.
#[derive(Clone, Debug)]
pub struct Google {
    /// `None`: what is owed to Google waits.
    pub base_url: Option<String>,
    pub tls: Reaching,
}

/// How to reach a telephone.
#[derive(Clone, Debug)]
pub struct Sms {
    pub url: Option<Uri>,
    pub authorization: Option<HeaderValue>,
}

pub fn tokenized(section: &mut Section<'_>) -> Tokenized {
    let tries_max = i64::try_from(TRIES_MAX).expect("a few tries");
    let options = Options {
        answers_kept: section.value("answers_kept", duration),
        deadline: section.value("deadline", duration),
        otp_digits: section.value("otp_digits", |node| count(node, 4, 10)),
        otp_tries_max: section.value("otp_tries_max", |node| count(node, 1, tries_max)),
        otp_lives: section.value("otp_lives", duration),
        otp_limit: Limit {
            messages: section.value("otp_messages_max", |node| count(node, 1, OTP_MESSAGES_MAX)),
            within: section.value("otp_messages_within", duration),
        },
        authentication_lives: section.value("authentication_lives", duration),
        statement_margin: section.value("statement_margin", duration),
        google_retry: Retry {
            first: section.value("google_retry_first", duration),
            longest: section.value("google_retry_longest", duration),
        },
        token_lives: DAY * section.value("token_days", |node| count(node, TOKEN_DAYS_MIN, 36_500)),
    };
    let Retry { first, longest } = options.google_retry;
    if first > longest {
        section.complain("`google_retry_first` is longer than `google_retry_longest`");
    }
    if options.answers_kept < ANSWERS_KEPT_MIN {
        section.complain("`answers_kept`: the protocol asks for 30 days at least");
    }
    Tokenized {
        name: section.value("name", name),
        base_path: section.value("base_path", base_path),
        accounts: section.value("accounts", accounts),
        keys_dir: section.optional("keys_dir", Node::path),
        development: match section.optional("development", Node::boolean) {
            Some(true) => Development::Asked,
            Some(false) => Development::Refused,
            None => Development::Unsaid,
        },
        form: section.value("form", form),
        clock_tolerance: section.value("clock_tolerance", duration),
        results: results(section),
        callback_hosts: section.value("callback_hosts", hosts),
        dialect: Arc::new(dialect(section)),
        options,
    }
}

pub fn google(section: &mut Section<'_>) -> Google {
    let ca = section.optional("ca_file", Node::path);
    let tls = Reaching { ca, identity: identity(section) };
    Google { base_url: section.optional("base_url", base_url), tls }
}

pub fn sms(section: &mut Section<'_>) -> Sms {
    let sms = Sms {
        url: section.optional("url", uri),
        authorization: section.optional("authorization", |node| {
            let header = HeaderValue::from_str(node.text()?);
            header.map_err(|_| "a header has visible ASCII characters only".to_owned())
        }),
    };
    if sms.url.is_none() && sms.authorization.is_some() {
        section.complain("`authorization` is for a `url`, and there is none");
    }
    sms
}

fn results(section: &mut Section<'_>) -> Results {
    let rows = section.rows("results", |row| {
        let method = row.required("method", |node| one_of(node, &METHODS));
        let outcome =
            row.required("outcome", |node| one_of(node, &Decline::ALL.map(Decline::word)));
        let result = row.required("result", |node| match enum_word(node)? {
            good if GOOD.contains(&&*good) => Err(format!("`{good}` is no word for a refusal")),
            word => Ok(word),
        });
        Some(((method?, outcome?), result?))
    });
    let mut results = BTreeMap::new();
    for (key, word) in rows {
        if results.insert(key.clone(), word).is_some() {
            let (method, outcome) = key;
            section.complain(&format!("`results` has two words for {outcome} of {method}"));
        }
    }
    Results(results)
}

fn dialect(section: &mut Section<'_>) -> Dialect {
    Dialect {
        unknown_capture: section.value("unknown_capture_status", |node| match node.integer()? {
            400 => Ok(StatusCode::BAD_REQUEST),
            404 => Ok(StatusCode::NOT_FOUND),
            other => Err(format!("`{other}` is neither 400 nor 404")),
        }),
        total_due: section.value("total_due_above_zero", |node| match node.text()? {
            "integrator owes" => Ok(TotalDue::IntegratorOwes),
            "google owes" => Ok(TotalDue::GoogleOwes),
            other => Err(format!("`{other}` is neither \"integrator owes\" nor \"google owes\"")),
        }),
        event_amount: section.value("event_amount_member", member),
        event_fee: section.value("event_fee_member", member),
        modified_total: section.value("modified_total_member", member),
        disburse_request: section.value("disburse_request_member", member),
        disburse_result: section.value("disburse_result_member", member),
    }
}

fn member(node: &Node) -> Result<String, String> {
    let name = node.text()?;
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    match begins && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        true => Ok(name.to_owned()),
        false => Err(format!("`{name}` is no member such as eventAmount")),
    }
}

pub fn one_of(node: &Node, all: &[&str]) -> Result<String, String> {
    let word = node.text()?;
    match all.contains(&word) {
        true => Ok(word.to_owned()),
        false => Err(format!("`{word}` is none of {}", all.join(", "))),
    }
}

pub fn enum_word(node: &Node) -> Result<String, String> {
    let word = node.text()?;
    let is_enum = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    match !word.is_empty() && word.chars().all(is_enum) {
        true => Ok(word.to_owned()),
        false => Err(format!("`{word}` is no word such as ACCOUNT_CLOSED")),
    }
}

pub fn accounts(node: &Node) -> Result<BTreeSet<IntegratorAccountId>, String> {
    let account =
        |node: &Node| IntegratorAccountId::parse(node.text()?).map_err(|cause| cause.to_string());
    let accounts: BTreeSet<_> = node.list()?.iter().map(account).collect::<Result<_, _>>()?;
    if accounts.is_empty() {
        Err("at least one account is wanted".to_owned())
    } else {
        Ok(accounts)
    }
}

pub fn base_path(node: &Node) -> Result<String, String> {
    let path = node.text()?;
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    let framed = path.starts_with('/') && !path.ends_with('/') && !path.contains("//");
    match plain && framed && path.len() <= BASE_PATH_CHARS_MAX {
        true => Ok(path.to_owned()),
        false => Err(format!("`{path}` is no path such as /tokenized")),
    }
}

fn name(node: &Node) -> Result<String, String> {
    let text = node.text()?;
    match text.trim().is_empty() || text.chars().any(char::is_control) {
        true => Err("a name that people can read is wanted".to_owned()),
        false => Ok(text.to_owned()),
    }
}

fn hosts(node: &Node) -> Result<Vec<String>, String> {
    let host = |node: &Node| {
        let text = node.text()?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        match !text.is_empty() && text.chars().all(plain) && !text.starts_with('.') {
            true => Ok(text.to_owned()),
            false => Err(format!("`{text}` is no host such as google.com")),
        }
    };
    node.list()?.iter().map(host).collect()
}

fn form(node: &Node) -> Result<Form, String> {
    match node.text()? {
        "armored" => Ok(Form::Armored),
        "binary" => Ok(Form::Binary),
        other => Err(format!("`{other}` is neither \"binary\" nor \"armored\"")),
    }
}

/// Without a slash at its end.
fn base_url(node: &Node) -> Result<String, String> {
    let url = uri(node)?;
    match url.query() {
        Some(_) => Err("a URL without a query is wanted".to_owned()),
        None => Ok(url.to_string().trim_end_matches('/').to_owned()),
    }
}

fn uri(node: &Node) -> Result<Uri, String> {
    let text = node.text()?;
    let url: Option<Uri> = text.parse().ok();
    let whole =
        |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
    url.filter(whole).ok_or_else(|| format!("`{text}` is no URL such as https://example.com/path"))
}
