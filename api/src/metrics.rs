//! The metrics of this crate: names, labels, help texts, and handles resolved once.
//!
//! Why: dashboards and alerts are written against these constants, and a server that looked its
//! metrics up by name would do so several times a request.

use std::iter;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use metrics::{Counter, Gauge, Histogram, Unit};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use paceline_domain::ids::SessionId;

use crate::operation::Operation;
use crate::ucp::{self, Dialect};

/// Answered requests, by [`LABEL_OPERATION`], [`LABEL_OUTCOME`] and [`LABEL_DIALECT`].
pub const REQUESTS_TOTAL: &str = "api_requests_total";
/// From the last byte of the headers until the answer is handed to the connection, by
/// [`LABEL_OPERATION`].
pub const REQUEST_SECONDS: &str = "api_request_seconds";
/// Requests that were read and not yet answered.
pub const REQUESTS_IN_FLIGHT: &str = "api_requests_in_flight";
/// Open connections.
pub const CONNECTIONS: &str = "api_connections";
/// Connections that were accepted.
pub const CONNECTIONS_TOTAL: &str = "api_connections_total";
/// What was turned away at a bound before any work, by [`LABEL_REASON`].
pub const REFUSED_TOTAL: &str = "api_refused_total";
/// Products on offer.
pub const CATALOGUE_PRODUCTS: &str = "api_catalogue_products";
/// When bodies of Standard Payments can no longer be exchanged, because one side's last key ends, in
/// Unix time; infinite if no key ends or there are none.
pub const KEYS_END_SECONDS: &str = "api_keys_end_seconds";
/// Readings of the product feed, by [`LABEL_OUTCOME`]: `taken` or `refused`.
pub const CATALOGUE_RELOADS_TOTAL: &str = "api_catalogue_reloads_total";

/// The word of an [`Operation`], or `other`.
pub const LABEL_OPERATION: &str = "operation";
/// The class of the status code: `2xx`, `4xx` or `5xx`; of a feed: `taken` or `refused`.
pub const LABEL_OUTCOME: &str = "outcome";
/// The word of a [`Dialect`], or `none`.
pub const LABEL_DIALECT: &str = "dialect";
/// One of the `REASON_` constants.
pub const LABEL_REASON: &str = "reason";

/// No connection was free.
pub const REASON_CONNECTIONS: &str = "connections";
/// An idle connection made room for a new one.
pub const REASON_IDLE: &str = "idle";
/// Too many requests in progress.
pub const REASON_REQUESTS: &str = "requests";
/// The body is over its bound.
pub const REASON_BODY_TOO_LARGE: &str = "body_too_large";
/// The body took too long.
pub const REASON_BODY_TOO_SLOW: &str = "body_too_slow";
/// The answer took too long.
pub const REASON_DEADLINE: &str = "deadline";
/// The TLS handshake failed or took too long.
pub const REASON_TLS: &str = "tls";

/// Bounds of every histogram of seconds: fine around the 10 ms that we aim at, and reaching to
/// the seconds that Google's objectives speak of.
const SECONDS_BUCKETS: [f64; 20] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
    2.5, 3.0, 4.0, 5.0, 7.0, 10.0,
];
/// Bounds of the turns in a batch.
const TURNS_BUCKETS: [f64; 11] =
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// Bounds of the bytes in a batch.
const BYTES_BUCKETS: [f64; 8] =
    [1024.0, 4096.0, 16384.0, 65536.0, 262_144.0, 1_048_576.0, 2_097_152.0, 4_194_304.0];

/// What a wire tells of a request that it answered, for the log line and the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// `None` if it was no path or method of ours.
    pub operation: Option<Operation>,
    pub dialect: Option<Dialect>,
    /// The session that the request was about, if it was about one.
    pub session: Option<SessionId>,
}

/// Starts the recorder of this process, with the help texts of all crates. Call once, before
/// anything is counted: handles belong to the recorder that they were made under.
///
/// # Errors
/// If there is a recorder already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let buckets = |name: &str| Matcher::Full(name.to_owned());
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(buckets(paceline_storage::metrics::BATCH_TURNS), &TURNS_BUCKETS)?
        .set_buckets_for_metric(buckets(paceline_storage::metrics::BATCH_BYTES), &BYTES_BUCKETS)?
        .install_recorder()?;
    paceline_storage::metrics::describe();
    paceline_engine::metrics::describe();
    describe();
    reloaded_counter(OUTCOME_TAKEN).absolute(0);
    reloaded_counter(OUTCOME_REFUSED).absolute(0);
    Ok(handle)
}

/// So many products are on offer.
pub fn products(count: usize) {
    metrics::gauge!(CATALOGUE_PRODUCTS).set(u32::try_from(count).map_or(f64::MAX, f64::from));
}

/// The keys of both sides last until then, if they end.
pub fn keys_end(until: Option<SystemTime>) {
    let since = until.map(|until| until.duration_since(UNIX_EPOCH).unwrap_or_default());
    let seconds = since.map_or(f64::INFINITY, |since| since.as_secs_f64());
    metrics::gauge!(KEYS_END_SECONDS).set(seconds);
}

/// A feed was read again, and taken or refused.
pub fn reloaded(taken: bool) {
    reloaded_counter(if taken { OUTCOME_TAKEN } else { OUTCOME_REFUSED }).increment(1);
}

fn reloaded_counter(outcome: &'static str) -> Counter {
    metrics::counter!(CATALOGUE_RELOADS_TOTAL, LABEL_OUTCOME => outcome)
}

const OUTCOME_TAKEN: &str = "taken";
const OUTCOME_REFUSED: &str = "refused";

fn describe() {
    metrics::describe_counter!(REQUESTS_TOTAL, Unit::Count, "Answered requests");
    metrics::describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "From the headers of a request until its answer"
    );
    metrics::describe_gauge!(REQUESTS_IN_FLIGHT, Unit::Count, "Requests not yet answered");
    metrics::describe_gauge!(CONNECTIONS, Unit::Count, "Open connections");
    metrics::describe_counter!(CONNECTIONS_TOTAL, Unit::Count, "Accepted connections");
    metrics::describe_counter!(REFUSED_TOTAL, Unit::Count, "Turned away before any work");
    metrics::describe_gauge!(CATALOGUE_PRODUCTS, Unit::Count, "Products on offer");
    metrics::describe_gauge!(KEYS_END_SECONDS, Unit::Seconds, "When one side's last key ends");
    metrics::describe_counter!(CATALOGUE_RELOADS_TOTAL, Unit::Count, "Readings of the feed");
}

/// The server's handles.
pub struct ServerMetrics {
    /// By operation, class of the status, and dialect.
    requests: Vec<Counter>,
    seconds: Vec<Histogram>,
    pub in_flight: Gauge,
    pub connections: Gauge,
    pub connections_total: Counter,
    pub refused_connections: Counter,
    pub refused_idle: Counter,
    pub refused_requests: Counter,
    pub refused_body_too_large: Counter,
    pub refused_body_too_slow: Counter,
    pub refused_deadline: Counter,
    pub refused_tls: Counter,
}

/// In the order of their declaration, after the case that there is none.
const DIALECTS: [Option<Dialect>; 3] = [None, Some(Dialect::D0), Some(Dialect::D1)];
const OUTCOMES: [&str; 3] = ["2xx", "4xx", "5xx"];

impl Told {
    pub fn of(operation: ucp::Operation) -> Self {
        Self { operation: Some(Operation::Checkout(operation)), ..Self::default() }
    }

    pub fn operation_word(&self) -> &'static str {
        self.operation.map_or("other", Operation::word)
    }

    pub fn dialect_word(&self) -> &'static str {
        self.dialect.map_or("none", Dialect::word)
    }
}

impl ServerMetrics {
    pub fn new() -> Self {
        let mut requests = vec![];
        let mut seconds = vec![];
        for operation in iter::once(None).chain(Operation::all().map(Some)) {
            let word = Told { operation, ..Told::default() }.operation_word();
            seconds.push(metrics::histogram!(REQUEST_SECONDS, LABEL_OPERATION => word));
            for outcome in OUTCOMES {
                requests.extend(DIALECTS.map(|dialect| {
                    metrics::counter!(
                        REQUESTS_TOTAL,
                        LABEL_OPERATION => word,
                        LABEL_OUTCOME => outcome,
                        LABEL_DIALECT => Told { dialect, ..Told::default() }.dialect_word(),
                    )
                }));
            }
        }
        let refused =
            |reason: &'static str| metrics::counter!(REFUSED_TOTAL, LABEL_REASON => reason);
        Self {
            requests,
            seconds,
            in_flight: metrics::gauge!(REQUESTS_IN_FLIGHT),
            connections: metrics::gauge!(CONNECTIONS),
            connections_total: metrics::counter!(CONNECTIONS_TOTAL),
            refused_connections: refused(REASON_CONNECTIONS),
            refused_idle: refused(REASON_IDLE),
            refused_requests: refused(REASON_REQUESTS),
            refused_body_too_large: refused(REASON_BODY_TOO_LARGE),
            refused_body_too_slow: refused(REASON_BODY_TOO_SLOW),
            refused_deadline: refused(REASON_DEADLINE),
            refused_tls: refused(REASON_TLS),
        }
    }

    pub fn answered(&self, told: &Told, status: StatusCode, took: Duration) {
        let operation = told.operation.map_or(0, |operation| 1 + operation.index());
        let dialect = told.dialect.map_or(0, |dialect| 1 + dialect as usize);
        let outcome = match status.as_u16() {
            500.. => 2,
            400.. => 1,
            _ => 0,
        };
        let row = operation * OUTCOMES.len() + outcome;
        self.requests[row * DIALECTS.len() + dialect].increment(1);
        self.seconds[operation].record(took);
    }
}

impl Default for ServerMetrics {
    fn default() -> Self {
        Self::new()
    }
}
