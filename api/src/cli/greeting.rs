//! What a person reads first. It goes to standard output; the log does not.
//!
//! Promise: the command in it makes a checkout when it is pasted where the program runs. Only a
//! key of the caller's must be put in, for keys are shown nowhere.

use std::net::{Ipv4Addr, SocketAddr};

use paceline_domain::ids::ProductId;
use paceline_domain::market::Offer;
use paceline_domain::tables::Tables;
use serde_json::json;

use crate::config::Config;

/// What the README buys, where the sample's feed is served.
const PRODUCT_OF_THE_GUIDE: &str = "product_12345";

pub fn greeting(config: &Config, tables: &Tables, public: SocketAddr, admin: SocketAddr) -> String {
    let origin = origin(config, public);
    let url = format!("{origin}{}", config.merchant.base_path);
    let (note, certificate) = match &config.server.tls {
        Some(files) => {
            let cert = files.identity.cert.display();
            (format!(" (-k trusts any certificate; yours is checked with --cacert {cert})"), " -k")
        }
        None => (String::new(), ""),
    };
    let key = match config.platform.api_keys[..] {
        [] => "",
        _ => " -H 'X-API-Key: ONE-OF-YOUR-KEYS'",
    };
    let admin = reachable(admin);
    let mut told = format!(
        "paceline is ready.\n\
        \x20 public  {url}\n\
        \x20 admin   http://{admin}  (/metrics /healthz /readyz)\n"
    );
    if let Some((id, offer)) = product(config, tables) {
        let body = first_checkout(id, offer);
        told += &format!(
            "A first checkout{note}:\n\
            \x20 curl -s{certificate} {url}/checkout-sessions \
             -H 'Content-Type: application/json'{key} -d {body}\n"
        );
    }
    told
}

/// Where the public listener is reached from this machine.
pub fn origin(config: &Config, public: SocketAddr) -> String {
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", reachable(public))
}

/// "Every address" is none that can be called.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    address
}

fn product<'a>(config: &Config, tables: &'a Tables) -> Option<(&'a ProductId, &'a Offer)> {
    let of_the_guide = |id: &ProductId| id.as_str() == PRODUCT_OF_THE_GUIDE;
    let mut products = tables.products.iter();
    match config.feed {
        None => products.find(|(id, _)| of_the_guide(id)),
        Some(_) => {
            products.find(|(_, offer)| offer.units > 0).or(tables.products.first_key_value())
        }
    }
}

/// As the shell takes it, whatever the merchant's ids are made of.
fn first_checkout(id: &ProductId, offer: &Offer) -> String {
    let id = json!(id.as_str()).to_string().replace('\'', r"'\''");
    let currency = offer.currency;
    format!(r#"'{{"line_items":[{{"item":{{"id":{id}}},"quantity":1}}],"currency":"{currency}"}}'"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_at(address: &str) -> String {
        origin(&Config::load(None, []).unwrap(), address.parse().unwrap())
    }

    #[test]
    fn every_address_is_called_by_that_of_this_machine() {
        assert_eq!(origin_at("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(origin_at("[::]:80"), "http://127.0.0.1:80");
        assert_eq!(origin_at("192.0.2.7:80"), "http://192.0.2.7:80");
    }

    #[test]
    fn with_tls_the_command_works_and_says_how_the_certificate_is_checked() {
        let text = "[server]\ntls_cert_file = \"/c.pem\"\ntls_key_file = \"/k.pem\"\n";
        let config = Config::parse(text, std::path::Path::new("p.toml"), []).unwrap();
        let tables = super::super::ready::tables(&config).unwrap();
        let [public, admin] = ["127.0.0.1:80", "127.0.0.1:81"].map(|text| text.parse().unwrap());
        let told = greeting(&config, &tables, public, admin);
        assert!(told.contains("curl -s -k https://127.0.0.1:80/checkout-sessions "), "{told}");
        assert!(told.contains("checked with --cacert /c.pem"), "{told}");
    }
}
