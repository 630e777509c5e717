//! One connection, from its handshake to its end.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::heads::Heads;
use super::places::Place;
use super::{Server, request};
use crate::config;
use crate::limits::{HTTP1_BUFFER_BYTES_MIN, LINGER, STREAM_SEND_BYTES_MAX};

/// What a caller has shown of itself below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A certificate that is right, or nobody asks for one.
    Enough,
    /// None, and one is asked for: the pages that people see are all there is.
    Nothing,
}

/// Runs the tasks of HTTP/2 on the thread of their connection.
#[derive(Clone, Copy)]
pub struct Local;

impl<F: Future<Output: 'static> + 'static> Executor<F> for Local {
    fn execute(&self, task: F) {
        actix::spawn(task);
    }
}

/// Both protocols, bounded.
pub fn protocol(bounds: &config::Server) -> auto::Builder<Local> {
    let mut protocol = auto::Builder::new(Local);
    protocol
        .http1()
        .timer(TokioTimer::new())
        // `Heads` has a better one.
        .header_read_timeout(None)
        .max_headers(bounds.headers_max)
        .max_buf_size(bounds.headers_bytes_max.max(HTTP1_BUFFER_BYTES_MIN));
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(bounds.streams_max)
        .max_header_list_size(u32::try_from(bounds.headers_bytes_max).unwrap_or(u32::MAX))
        .max_send_buf_size(STREAM_SEND_BYTES_MAX);
    protocol
}

pub async fn serve(server: &Arc<Server>, socket: std::net::TcpStream, place: Place) {
    let Ok(socket) = TcpStream::from_std(socket) else { return };
    // Answers are whole: nothing is gained by waiting for more to send.
    let _ = socket.set_nodelay(true);
    let Some(tls) = &server.tls else {
        return speak(server, socket, place, Shown::Enough).await;
    };
    let shaken = tokio::select! {
        shaken = timeout(server.bounds.headers_timeout, tls.accept(socket)) => shaken,
        () = place.wanted() => return,
    };
    match shaken {
        Ok(Ok(stream)) => {
            let shown = match stream.get_ref().1.peer_certificates() {
                None if server.asks_for_certificates() => Shown::Nothing,
                _ => Shown::Enough,
            };
            speak(server, stream, place, shown).await;
        }
        Ok(Err(cause)) => {
            server.metrics.refused_tls.increment(1);
            tracing::debug!(%cause, "a TLS handshake failed");
        }
        Err(_) => server.metrics.refused_tls.increment(1),
    }
}

/// Speaks HTTP until the caller leaves, is idle for too long or in somebody's way, or the server
/// drains.
async fn speak<S>(server: &Arc<Server>, stream: S, place: Place, shown: Shown)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let activity = Rc::new(Activity::of(place));
    let service = service_fn(|incoming| {
        let (server, busy) = (Arc::clone(server), Busy::of(&activity));
        async move {
            let answer = request::answer(&server, incoming, shown).await;
            drop(busy);
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let stream = Heads::of(stream, Rc::clone(&activity), server.bounds.headers_timeout);
    let mut connection = pin!(server.protocol.serve_connection(TokioIo::new(stream), service));
    let mut may_end = ends(server, &activity);
    let end = tokio::select! {
        // A caller who is never silent must not keep the others from being heard.
        biased;
        end = may_end.next() => end,
        // How it ended is the caller's business; what was asked is in the log.
        _ = connection.as_mut() => return,
    };
    match end {
        Some(End::Idle) => {
            connection.as_mut().graceful_shutdown();
            // One may be asked until the caller has heard of it: it is answered.
            if timeout(LINGER, connection.as_mut()).await.is_ok() || !activity.is_busy() {
                return;
            }
        }
        // A request may have come in since: it is answered.
        Some(End::PlaceWanted) if !activity.is_busy() => return,
        Some(End::PlaceWanted | End::Draining) | None => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(server.bounds.drain_timeout, connection).await;
}

/// Why a connection ends that its caller has not ended.
enum End {
    Idle,
    PlaceWanted,
    Draining,
}

/// What may end a connection. Each is asked when something has happened to it, and not at every
/// step of every request.
fn ends<'a>(
    server: &'a Server,
    activity: &'a Activity,
) -> FuturesUnordered<LocalBoxFuture<'a, End>> {
    let mut draining = server.draining.subscribe();
    let idle = activity.idle(server.bounds.idle_timeout).map(|()| End::Idle);
    let wanted = activity.place.wanted().map(|()| End::PlaceWanted);
    let drained = async move {
        let _ = draining.wait_for(|draining| *draining).await; // the server is gone: as good
        End::Draining
    };
    [idle.boxed_local(), wanted.boxed_local(), drained.boxed_local()].into_iter().collect()
}

/// Since when nothing was asked.
pub(super) struct Activity {
    place: Place,
    /// Requests in progress.
    busy: Cell<usize>,
    since: Cell<Instant>,
    /// Something came that is no request yet.
    pub(super) head_begun: Cell<bool>,
}

impl Activity {
    pub(super) fn of(place: Place) -> Self {
        let (busy, since) = (Cell::new(0), Cell::new(Instant::now()));
        Self { place, busy, since, head_begun: Cell::new(false) }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy.get() > 0
    }

    /// Ends when there has been no request for so long.
    async fn idle(&self, longest: Duration) {
        loop {
            let busy = self.is_busy();
            let since = if busy { Instant::now() } else { self.since.get() };
            if !busy && since.elapsed() >= longest {
                return;
            }
            sleep_until(since + longest).await;
        }
    }
}

/// One request in progress.
struct Busy(Rc<Activity>);

impl Busy {
    fn of(activity: &Rc<Activity>) -> Self {
        activity.busy.set(activity.busy.get() + 1);
        activity.head_begun.set(false);
        activity.place.set_busy(true);
        Self(Rc::clone(activity))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let Self(activity) = self;
        activity.busy.set(activity.busy.get() - 1);
        activity.place.set_busy(activity.is_busy());
        activity.since.set(Instant::now());
    }
}
