//! What a configuration needs around it: the files that it names, and addresses that do not meet.
//!
//! Why: `config check` says OK only where `serve` would not refuse, so both look here.
//! Promise: everything that is wrong is told, not only the first.
//! Left out: whether an address is free and the data directory ours. That is known when it is
//! taken, and may be otherwise a moment later.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use paceline_domain::tables::Tables;
use tokio_rustls::TlsAcceptor;

use super::tokenized::is_development;
use crate::catalogue::{self, Feed};
use crate::config::Config;
use crate::tls;

/// What was read.
pub struct Ready {
    pub acceptor: Option<TlsAcceptor>,
    pub tables: Arc<Tables>,
}

/// # Errors
/// Everything that is wrong.
pub fn ready(config: &Config) -> Result<Ready, Vec<String>> {
    let mut problems = vec![];
    let (public, private) = (config.server.listen, config.admin.listen);
    if meet(public, private) {
        problems.push(format!(
            "`server.listen` is {public} and `admin.listen` is {private}: choose another port for \
             one of them"
        ));
    }
    let acceptor = config.server.tls.as_ref().map(tls::acceptor).transpose();
    let acceptor = acceptor.map_err(|cause| problems.push(cause.to_string()));
    let tables = tables(config).map_err(|bad| problems.extend(bad));
    problems.extend(is_development(config).err());
    match (acceptor, tables) {
        (Ok(acceptor), Ok(tables)) if problems.is_empty() => Ok(Ready { acceptor, tables }),
        _ => Err(problems),
    }
}

/// Everything but the products is in the configuration; the products are in the feed.
///
/// # Errors
/// Every bad row.
pub fn tables(config: &Config) -> Result<Arc<Tables>, Vec<String>> {
    let (feed, name) = match &config.feed {
        Some(file) => (Feed::read(file), file.display().to_string()),
        None => (Feed::parse(catalogue::EMBEDDED.as_bytes()), "the embedded feed".to_owned()),
    };
    let products = feed.checked().map_err(|problems| {
        problems.iter().map(|bad| format!("{name}: {bad}")).collect::<Vec<_>>()
    })?;
    Ok(Arc::new(Tables { products, ..config.tables.clone() }))
}

/// Whether nobody can listen on both. Port 0 is a port of the system's choice.
fn meet(one: SocketAddr, other: SocketAddr) -> bool {
    let within = |all: IpAddr, ip: IpAddr| all.is_unspecified() && (all.is_ipv6() || ip.is_ipv4());
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port() && one.port() != 0 && (a == b || within(a, b) || within(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_addresses_meet_if_a_caller_of_one_could_mean_the_other() {
        for (one, other, expected) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("0.0.0.0:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "[::]:80", true),
            ("[::1]:80", "[::]:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "127.0.0.2:80", false),
            ("0.0.0.0:80", "[::1]:80", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            let [one, other] = [one, other].map(|text| text.parse().unwrap());
            assert_eq!(meet(one, other), expected, "{one} {other}");
            assert_eq!(meet(other, one), expected, "{other} {one}");
        }
    }
}
