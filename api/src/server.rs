//! The public listener: accept, bound, answer, drain.
//!
//! Why: in the hour when everybody buys at once, what there is no room for must cost nothing and
//! be told at once. So every connection, header, body and wait has its bound, and each bound its
//! own answer.
//! Promise: a connection is served on one of the engine's threads from its first byte to its
//! last; one log line and one count a request; what is refused here has changed nothing.
//! Left out: an upper bound for one caller. Callers share what there is.

mod body;
mod connection;
mod request;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::ArbiterHandle;
use hyper_util::server::conn::auto;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::config;
use crate::limits::ACCEPT_PAUSE;
use crate::metrics::ServerMetrics;
use crate::routes::Site;

use connection::Local;

/// What every connection needs.
pub struct Server {
    site: Site,
    bounds: config::Server,
    tls: Option<TlsAcceptor>,
    metrics: ServerMetrics,
    protocol: auto::Builder<Local>,
    /// One permit for each connection.
    connections: Arc<Semaphore>,
    /// One permit for each request in progress.
    requests: Semaphore,
    draining: watch::Sender<bool>,
}

impl Server {
    pub fn new(site: Site, bounds: config::Server, tls: Option<TlsAcceptor>) -> Arc<Self> {
        Arc::new(Self {
            site,
            tls,
            metrics: ServerMetrics::new(),
            protocol: connection::protocol(&bounds),
            connections: Arc::new(Semaphore::new(bounds.connections_max)),
            requests: Semaphore::new(bounds.requests_max),
            draining: watch::Sender::new(false),
            bounds,
        })
    }

    /// Accepts until the server drains, and hands connections to the workers in turn.
    pub async fn accept(self: Arc<Self>, listener: TcpListener, workers: Vec<ArbiterHandle>) {
        let mut draining = self.draining.subscribe();
        let turn = AtomicUsize::new(0);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = draining.wait_for(|draining| *draining) => return,
            };
            match accepted {
                Ok((socket, _)) => match Arc::clone(&self.connections).try_acquire_owned() {
                    Ok(permit) => {
                        let turn = turn.fetch_add(1, Ordering::Relaxed) % workers.len();
                        self.hand_over(socket, permit, &workers[turn]);
                    }
                    Err(_) => self.turn_away(socket).await,
                },
                Err(cause) => {
                    // Most often no file descriptor is free. Spinning would not free one.
                    tracing::error!(%cause, "no connection could be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Lets no new connection in, and waits for requests in progress. Idle connections are closed
    /// at once.
    ///
    /// Returns the connections that were still there in the end.
    pub async fn drain(&self) -> usize {
        self.draining.send_replace(true);
        let all = u32::try_from(self.bounds.connections_max).unwrap_or(u32::MAX);
        let gone = self.connections.acquire_many(all);
        let _ = tokio::time::timeout(self.bounds.drain_timeout, gone).await;
        self.bounds.connections_max - self.connections.available_permits()
    }

    /// A socket belongs to the thread that polls it, so it changes threads as a bare one.
    fn hand_over(
        self: &Arc<Self>,
        socket: TcpStream,
        permit: OwnedSemaphorePermit,
        worker: &ArbiterHandle,
    ) {
        let Ok(socket) = socket.into_std() else { return };
        let server = Arc::clone(self);
        worker.spawn_fn(move || {
            actix::spawn(async move {
                server.metrics.connections_total.increment(1);
                server.metrics.connections.increment(1.0);
                connection::serve(&server, socket).await;
                server.metrics.connections.decrement(1.0);
                drop(permit);
            });
        });
    }

    /// Answers what may be a request, without waiting to see whether it is one.
    async fn turn_away(&self, mut socket: TcpStream) {
        self.metrics.refused_connections.increment(1);
        if self.tls.is_none() {
            const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
                content-length: 0\r\nconnection: close\r\n\r\n";
            // It fits the empty buffer of a new socket, so this waits for nobody.
            let answer = async { socket.write_all(ANSWER).await };
            let _ = tokio::time::timeout(Duration::from_millis(1), answer).await;
        }
    }
}

/// Takes the address, before anything else is done that would have to be undone.
///
/// # Errors
/// Words for whoever started the program.
pub fn bind(address: SocketAddr, key: &str) -> Result<std::net::TcpListener, String> {
    let bound = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "{address} is in use: stop who listens there, or choose another address with {key}"
        ),
        _ => format!("{address} cannot be listened on: {cause}; choose another one with {key}"),
    })
}
