//! The sections that say who the merchant is, and whom it deals with.

use std::time::Duration;

use paceline_domain::text::Text;
use paceline_engine::Secret;
use serde_json::{Value, json};

use super::node::Node;
use super::read::duration;
use super::section::Section;
use crate::ucp::{ApiKey, IdForm, Link, Settings, Template};

/// Shorter keys can be guessed.
const API_KEY_BYTES_MIN: usize = 16;
const API_KEY_BYTES_MAX: usize = 256;

/// What the merchant shows of itself.
#[derive(Clone, Debug)]
pub struct Merchant {
    pub host: String,
    pub ids: IdForm,
    /// Where callers reach this server, without a slash at the end; `None`: where it listens.
    pub endpoint: Option<String>,
    pub base_path: String,
    pub order_permalink: Template,
    pub continue_url: Template,
    pub links: Vec<Link>,
    /// Whole, as the protocol has them.
    pub handlers: Vec<Value>,
    pub profile_max_age: Duration,
}

/// Who may call.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Who a caller is that names no profile and has no key.
    pub default: Text,
    /// None: no key is asked for.
    pub api_keys: Vec<ApiKey>,
}

impl Merchant {
    /// Settings of the wire of a server that is reached at `origin`, unless it is told where.
    pub fn settings(&self, platform: &Platform, origin: &str) -> Settings {
        let here = || format!("{origin}{}", self.base_path);
        Settings {
            host: self.host.clone(),
            ids: self.ids,
            endpoint: self.endpoint.clone().unwrap_or_else(here),
            base_path: self.base_path.clone(),
            handlers: self.handlers.clone(),
            links: self.links.clone(),
            order_permalink: self.order_permalink.clone(),
            continue_url: self.continue_url.clone(),
            api_keys: platform.api_keys.clone(),
            platform_default: platform.default.clone(),
            profile_max_age: u32::try_from(self.profile_max_age.as_secs()).unwrap_or(u32::MAX),
        }
    }

    pub fn handler_ids(&self) -> impl Iterator<Item = Text> {
        let id = |handler: &Value| Text::parse(handler["id"].as_str()?).ok();
        self.handlers.iter().filter_map(id)
    }
}

pub fn merchant(section: &mut Section<'_>) -> Merchant {
    Merchant {
        host: section.value("host", host),
        ids: section.value("ids", |node| match node.text()? {
            "gid" => Ok(IdForm::Gid),
            "plain" => Ok(IdForm::Plain),
            other => Err(format!("`{other}` is neither \"gid\" nor \"plain\"")),
        }),
        endpoint: section.optional("endpoint", |node| Ok(url(node)?.trim_end_matches('/').into())),
        base_path: section.value("base_path", base_path),
        order_permalink: section.value("order_permalink", template),
        continue_url: section.value("continue_url", template),
        links: section.rows("links", link),
        handlers: handlers(section),
        profile_max_age: section.value("profile_max_age", duration),
    }
}

pub fn platform(section: &mut Section<'_>) -> Platform {
    Platform { default: section.value("default", word), api_keys: api_keys(section) }
}

/// One key cannot tell two callers apart.
fn api_keys(section: &mut Section<'_>) -> Vec<ApiKey> {
    let keys = section.rows("api_keys", api_key);
    for (index, ApiKey { name, key }) in keys.iter().enumerate() {
        if let Some(earlier) = keys[..index].iter().find(|e| e.key.expose() == key.expose()) {
            let earlier = &earlier.name;
            section.complain(&format!("`{earlier}` and `{name}` of `api_keys` have the same key"));
        }
    }
    keys
}

fn link(row: &mut Section<'_>) -> Option<Link> {
    let kind = row.required("type", some_text);
    let url = row.required("url", url);
    let title = row.optional("title", some_text);
    Some(Link { kind: kind?, url: url?, title })
}

fn handlers(section: &mut Section<'_>) -> Vec<Value> {
    let handlers = section.rows("handlers", |row| {
        let id = row.required("id", word);
        let name = row.required("name", some_text);
        let version = row.required("version", some_text);
        let spec = row.required("spec", url);
        let config_schema = row.required("config_schema", url);
        let instrument_schemas = row.required("instrument_schemas", |node| {
            node.list()?.iter().map(url).collect::<Result<Vec<_>, _>>()
        });
        let config = row.required("config", |node| node.table().and_then(|_| node.json()));
        Some(json!({
            "id": id?.as_str(),
            "name": name?,
            "version": version?,
            "spec": spec?,
            "config_schema": config_schema?,
            "instrument_schemas": instrument_schemas?,
            "config": config?,
        }))
    });
    for (index, handler) in handlers.iter().enumerate() {
        if handlers[..index].iter().any(|earlier| earlier["id"] == handler["id"]) {
            section.complain(&format!("two of `handlers` have the id {}", handler["id"]));
        }
    }
    handlers
}

/// The key is never part of a message, not even a wrong one.
fn api_key(row: &mut Section<'_>) -> Option<ApiKey> {
    let name = row.required("caller", word);
    let key = row.required("key", |node| {
        let key = node.text()?;
        let graphic = key.bytes().all(|byte| byte.is_ascii_graphic());
        let sized = (API_KEY_BYTES_MIN..=API_KEY_BYTES_MAX).contains(&key.len());
        if graphic && sized {
            Ok(Secret::new(key.as_bytes().to_vec()))
        } else {
            Err(format!(
                "a key has {API_KEY_BYTES_MIN} to {API_KEY_BYTES_MAX} letters, digits or signs of \
                 ASCII, without blanks"
            ))
        }
    });
    Some(ApiKey { name: name?, key: key? })
}

/// Words of the domain that are not empty.
pub fn word(node: &Node) -> Result<Text, String> {
    Text::parse(&some_text(node)?).map_err(|cause| cause.to_string())
}

fn some_text(node: &Node) -> Result<String, String> {
    match node.text()? {
        "" => Err("it is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn host(node: &Node) -> Result<String, String> {
    let text = node.text()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if !text.is_empty() && text.len() <= 253 && text.chars().all(fits) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("`{text}` is not a host such as merchant.example.com"))
    }
}

/// An absolute address of the web. Anything beyond its first characters is the merchant's word.
fn url(node: &Node) -> Result<String, String> {
    let text = node.text()?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = text.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`|{}".contains(c));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && plain => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is not an address that starts with https:// or http://")),
    }
}

fn template(node: &Node) -> Result<Template, String> {
    Template::parse(node.text()?).map_err(|cause| cause.to_string())
}

fn base_path(node: &Node) -> Result<String, String> {
    let text = node.text()?;
    let part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
    };
    let parts = text.strip_prefix('/').map(|path| path.split('/').all(part));
    if text.is_empty() || parts == Some(true) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is neither empty nor a path such as /ucp/v1"))
    }
}
