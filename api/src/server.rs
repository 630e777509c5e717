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
mod door;
mod heads;
mod pace;
mod places;
mod request;

use std::net::SocketAddr;
use std::sync::Arc;

use actix::ArbiterHandle;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncReadExt, AsyncWriteExt, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, MissedTickBehavior, sleep_until};
use tokio_rustls::TlsAcceptor;

use crate::config;
use crate::limits::{
    ACCEPT_PAUSE, BODY_DISCARDED_BYTES_MAX, LINGER, PACE_PERIOD, THREAD_TRIED_AT_REST,
    THREAD_TRIED_EVERY, TURNED_AWAY_MAX,
};
use crate::metrics::ServerMetrics;
use crate::routes::Site;

pub use body::Size;
use connection::Local;
use door::Door;
use pace::Pace;
use places::{Place, Places};

/// What every connection needs.
pub struct Server {
    site: Site,
    bounds: config::Server,
    tls: Option<TlsAcceptor>,
    metrics: ServerMetrics,
    protocol: auto::Builder<Local>,
    places: Arc<Places>,
    /// Room for requests whose body is there.
    pace: Pace,
    /// One permit for each connection that is being told that there is no place for it.
    turned_away: Arc<Semaphore>,
    /// Bodies that may be arriving on one thread.
    bodies_max: usize,
    draining: watch::Sender<bool>,
}

impl Server {
    /// - `threads`: how many serve.
    pub fn new(
        site: Site,
        bounds: config::Server,
        tls: Option<TlsAcceptor>,
        threads: usize,
    ) -> Arc<Self> {
        Arc::new(Self {
            site,
            tls,
            metrics: ServerMetrics::new(),
            protocol: connection::protocol(&bounds),
            places: Places::new(bounds.connections_max),
            pace: Pace::new(bounds.requests_max, threads),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY_MAX)),
            bodies_max: bounds.requests_max.div_ceil(threads),
            draining: watch::Sender::new(false),
            bounds,
        })
    }

    /// Of whoever calls the wires.
    fn asks_for_certificates(&self) -> bool {
        self.bounds.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some())
    }

    /// Accepts until the server drains, and hands connections to the workers in turn.
    pub async fn accept(self: Arc<Self>, listener: TcpListener, workers: Vec<ArbiterHandle>) {
        let mut draining = self.draining.subscribe();
        let mut looks = tokio::time::interval(PACE_PERIOD);
        // Two looks at once would find in the second that nothing has had its turn.
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut door = Door::new(workers.len());
        for (thread, worker) in workers.iter().enumerate() {
            let server = Arc::clone(&self);
            worker.spawn_fn(move || {
                actix::spawn(async move { server.try_thread(thread).await });
            });
        }
        loop {
            let accept = async {
                door.opened().await;
                listener.accept().await
            };
            let accepted = tokio::select! {
                accepted = accept => accepted,
                _ = looks.tick() => {
                    self.pace.look();
                    continue;
                }
                _ = draining.wait_for(|draining| *draining) => return,
            };
            match accepted {
                Ok((socket, _)) => match self.places.take() {
                    Some((place, made_room)) => {
                        self.metrics.refused_idle.increment(u64::from(made_room));
                        self.hand_over(socket, place, &workers[door.enter()]);
                    }
                    None => self.turn_away(socket),
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
        let _ = tokio::time::timeout(self.bounds.drain_timeout, self.places.emptied()).await;
        self.places.count()
    }

    /// Finds out, again and again, how long whoever is ready waits for this thread.
    async fn try_thread(&self, thread: usize) {
        loop {
            let rests = self.pace.is_idle();
            let due =
                Instant::now() + if rests { THREAD_TRIED_AT_REST } else { THREAD_TRIED_EVERY };
            sleep_until(due).await;
            self.pace.waited(thread, due.elapsed());
        }
    }

    /// A socket belongs to the thread that polls it, so it changes threads as a bare one.
    fn hand_over(self: &Arc<Self>, socket: TcpStream, place: Place, worker: &ArbiterHandle) {
        let Ok(socket) = socket.into_std() else { return };
        let server = Arc::clone(self);
        worker.spawn_fn(move || {
            actix::spawn(async move {
                server.metrics.connections_total.increment(1);
                server.metrics.connections.increment(1.0);
                connection::serve(&server, socket, place).await;
                server.metrics.connections.decrement(1.0);
            });
        });
    }

    /// Answers what may be a request, without waiting to see whether it is one.
    fn turn_away(&self, mut socket: TcpStream) {
        const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
            content-length: 0\r\nconnection: close\r\n\r\n";
        self.metrics.refused_connections.increment(1);
        let Ok(permit) = Arc::clone(&self.turned_away).try_acquire_owned() else { return };
        if self.tls.is_some() {
            return;
        }
        actix::spawn(async move {
            let told = async {
                socket.write_all(ANSWER).await?;
                socket.shutdown().await?;
                // A socket that is closed with something unread takes back what it has said.
                tokio::io::copy(&mut socket.take(BODY_DISCARDED_BYTES_MAX as u64), &mut sink())
                    .await
            };
            let _ = tokio::time::timeout(LINGER, told).await; // it may have left
            drop(permit);
        });
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
