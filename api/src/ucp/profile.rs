//! `GET /.well-known/ucp`: what this merchant speaks, and where.
//!
//! Promise: the same bytes for everybody for as long as the program runs; nothing of any checkout
//! is in it. Left out: signing keys, until something is signed.

use bytes::Bytes;

use super::VERSION;
use super::settings::Settings;
use crate::write::Object;

pub const PATH: &str = "/.well-known/ucp";

/// Checkout and what extends it: name, page of the specification, schema.
const CAPABILITIES: [(&str, &str, &str); 4] = [
    ("dev.ucp.shopping.checkout", "checkout", "checkout"),
    ("dev.ucp.shopping.fulfillment", "fulfillment", "fulfillment"),
    ("dev.ucp.shopping.discount", "discount", "discount"),
    ("dev.ucp.shopping.buyer_consent", "buyer-consent", "buyer_consent"),
];

/// The profile, rendered once.
pub struct Profile {
    pub body: Bytes,
    /// The `Cache-Control` header.
    pub cache_control: String,
}

impl Profile {
    pub fn new(settings: &Settings) -> Self {
        let mut out = vec![];
        Object::write(&mut out, |profile| {
            profile.object("ucp", |ucp| {
                ucp.word("version", VERSION);
                ucp.object("services", |services| {
                    services.object("dev.ucp.shopping", |service| write_service(service, settings));
                });
                write_capabilities(ucp);
            });
            profile.object("payment", |payment| payment.raw("handlers", &handlers(settings)));
        });
        let cache_control = format!("public, max-age={}", settings.profile_max_age);
        Self { body: out.into(), cache_control }
    }
}

fn write_service(service: &mut Object<'_>, settings: &Settings) {
    service.word("version", VERSION);
    service.word("spec", "https://ucp.dev/specification/overview");
    service.object("rest", |rest| {
        rest.word("schema", "https://ucp.dev/services/shopping/rest.openapi.json");
        rest.text("endpoint", &settings.endpoint);
    });
}

fn write_capabilities(ucp: &mut Object<'_>) {
    ucp.array("capabilities", |capabilities| {
        for (name, page, schema) in CAPABILITIES {
            capabilities.object(|capability| {
                capability.word("name", name);
                capability.word("version", VERSION);
                capability.shown("spec", format_args!("https://ucp.dev/specification/{page}"));
                let schema = format_args!("https://ucp.dev/schemas/shopping/{schema}.json");
                capability.shown("schema", schema);
                if name != CAPABILITIES[0].0 {
                    capability.word("extends", CAPABILITIES[0].0);
                }
            });
        }
    });
}

/// What a checkout says of version and capabilities: these and never `order`.
pub fn envelope() -> Vec<u8> {
    let mut out = vec![];
    Object::write(&mut out, |ucp| {
        ucp.word("version", VERSION);
        ucp.array("capabilities", |capabilities| {
            for (name, _, _) in CAPABILITIES {
                capabilities.object(|capability| {
                    capability.word("name", name);
                    capability.word("version", VERSION);
                });
            }
        });
    });
    out
}

/// The payment handlers, as they are configured.
pub fn handlers(settings: &Settings) -> Vec<u8> {
    serde_json::to_vec(&settings.handlers).expect("a JSON value can be written")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ucp::IdForm;
    use crate::ucp::testing::settings;

    #[test]
    fn the_profile_says_where_what_and_how_to_pay_and_nothing_of_orders() {
        let settings = settings(IdForm::Gid);
        let Profile { body, cache_control } = Profile::new(&settings);
        let profile: Value = serde_json::from_slice(&body).unwrap();
        let rest = json!({
            "schema": "https://ucp.dev/services/shopping/rest.openapi.json",
            "endpoint": "https://merchant.example.com"
        });
        assert_eq!(profile["ucp"]["services"]["dev.ucp.shopping"]["rest"], rest);
        assert_eq!(profile["payment"]["handlers"], json!(settings.handlers));
        assert_eq!(cache_control, "public, max-age=3600");
        let capabilities = profile["ucp"]["capabilities"].as_array().unwrap();
        assert_eq!(capabilities.len(), 4);
        for capability in capabilities {
            let name = capability["name"].as_str().unwrap();
            let page = capability["spec"].as_str().unwrap();
            assert!(name != "dev.ucp.shopping.order" && page.starts_with("https://ucp.dev/"));
            let extends = name != "dev.ucp.shopping.checkout";
            assert_eq!(capability.get("extends").is_some(), extends, "{name}");
        }
    }
}
