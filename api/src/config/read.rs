//! The sections that turn the machine: listeners, bounds, times, storage, engine, processor.

use std::net::SocketAddr;
use std::time::Duration;

use paceline_storage::ShardCount;

use super::node::Node;
use super::section::Section;
use super::{Admin, Engine, Identity, Listening, Processor, Server, Storage};

/// No time in a configuration is meant to be longer.
const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

pub fn server(section: &mut Section<'_>) -> Server {
    let client_ca = section.optional("tls_client_ca_file", Node::path);
    let with_1_2 = section.optional("tls_1_2", Node::boolean).unwrap_or(false);
    let tls = identity(section).map(|identity| Listening {
        identity,
        client_ca: client_ca.clone(),
        with_1_2,
    });
    if tls.is_none() && client_ca.is_some() {
        section.complain("`tls_client_ca_file` is for a listener with `tls_cert_file`");
    }
    Server {
        listen: section.value("listen", address),
        tls,
        connections_max: section.value("connections_max", |node| count(node, 1, 1_000_000)),
        requests_max: section.value("requests_max", |node| count(node, 1, 1_000_000)),
        streams_max: section.value("streams_max", |node| count(node, 1, 10_000)),
        body_bytes_max: section.value("body_bytes_max", |node| count(node, 1_024, 16 << 20)),
        headers_max: section.value("headers_max", |node| count(node, 8, 1_000)),
        headers_bytes_max: section.value("headers_bytes_max", |node| count(node, 8_192, 1 << 20)),
        headers_timeout: section.value("headers_timeout", duration),
        body_timeout: section.value("body_timeout", duration),
        request_timeout: section.value("request_timeout", duration),
        idle_timeout: section.value("idle_timeout", duration),
        drain_timeout: section.value("drain_timeout", duration),
    }
}

/// As any section names it.
pub fn identity(section: &mut Section<'_>) -> Option<Identity> {
    let cert = section.optional("tls_cert_file", Node::path);
    let key = section.optional("tls_key_file", Node::path);
    match (cert, key) {
        (Some(cert), Some(key)) => Some(Identity { cert, key }),
        (None, None) => None,
        _ => {
            section.complain("`tls_cert_file` and `tls_key_file` are given together or not at all");
            None
        }
    }
}

pub fn admin(section: &mut Section<'_>) -> Admin {
    Admin { listen: section.value("listen", address) }
}

pub fn storage(section: &mut Section<'_>) -> Storage {
    Storage {
        data_dir: section.value("data_dir", Node::path),
        shards: section.value("shards", |node| {
            ShardCount::new(count(node, 0, i64::from(u16::MAX))?).map_err(|cause| cause.to_string())
        }),
        cache_bytes: section.value("cache_bytes", |node| count(node, 8 << 20, 1 << 40)),
        memtable_bytes: section.value("memtable_bytes", |node| count(node, 8 << 20, 1 << 40)),
    }
}

pub fn engine(section: &mut Section<'_>) -> Engine {
    let engine = Engine {
        workers: section.optional("workers", |node| count(node, 1, 1_024)),
        asks_max: section.value("asks_max", |node| count(node, 1, 1_000_000)),
        actors_live_max: section.value("actors_live_max", |node| count(node, 100, 100_000_000)),
        answers_cached_bytes_max: section
            .value("answers_cached_bytes_max", |node| count(node, 0, 1 << 40)),
        session_lives: section.value("session_lives", duration),
        answers_kept: section.value("answers_kept", duration),
        complete_deadline: section.value("complete_deadline", duration),
        gateway_timeout: section.value("gateway_timeout", duration),
    };
    if engine.answers_kept < Duration::from_secs(24 * 60 * 60) {
        section.complain("`answers_kept`: the protocol asks for 24h at least");
    }
    engine
}

pub fn processor(section: &mut Section<'_>) -> Processor {
    let processor = Processor {
        seed: section.value("seed", |node| count(node, 0, i64::MAX)),
        latency_median: section.value("latency_median", duration_or_none),
        latency_p99: section.value("latency_p99", duration_or_none),
    };
    if processor.latency_p99 < processor.latency_median {
        section.complain("`latency_p99` is at least `latency_median`");
    }
    processor
}

fn address(node: &Node) -> Result<SocketAddr, String> {
    let text = node.text()?;
    text.trim().parse().map_err(|_| format!("`{text}` is not an address such as 127.0.0.1:8080"))
}

/// A whole number within bounds, both included.
pub fn count<T: TryFrom<i64>>(node: &Node, min: i64, max: i64) -> Result<T, String> {
    let number = node.integer()?;
    let fits = Some(number).filter(|number| (min..=max).contains(number));
    let count = fits.and_then(|number| T::try_from(number).ok());
    count.ok_or_else(|| format!("{number} is not between {min} and {max}"))
}

/// Words such as `500ms`, `10s` or `6h`, more than nothing.
pub fn duration(node: &Node) -> Result<Duration, String> {
    match duration_or_none(node)? {
        Duration::ZERO => Err("a time longer than none is wanted".to_owned()),
        duration => Ok(duration),
    }
}

fn duration_or_none(node: &Node) -> Result<Duration, String> {
    let text = node.text()?;
    let duration = humantime::parse_duration(text.trim())
        .map_err(|_| format!("`{text}` is not a time such as 500ms, 10s or 6h"))?;
    if duration > DURATION_MAX {
        return Err(format!("`{text}` is longer than a year"));
    }
    Ok(duration)
}
