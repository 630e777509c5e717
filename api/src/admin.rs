//! The other listener: metrics, health, readiness, drain, inspect. For the operator's own machines.
//!
//! Why apart: what it shows and does is nobody else's business. It listens on loopback unless told
//! otherwise, and shares no path, no port and no connection bound with the public one, so that it
//! can be asked how things are when the public one is full.
//! Left out: TLS and passwords; a network that is not trusted must not reach it.

mod answer;
mod books;
mod cards;
mod google;
mod state;
mod story;

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::limits::{ADMIN_CONNECTIONS_MAX, ADMIN_TIMEOUT};
pub use books::answer as book;
pub use state::{Admin, Logs, Stage};
pub use story::{story_json, story_text};

/// Serves until the program ends, on the thread of whoever calls.
pub async fn serve(admin: Arc<Admin>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(ADMIN_CONNECTIONS_MAX));
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            tokio::time::sleep(crate::limits::ACCEPT_PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let admin = Arc::clone(&admin);
        actix::spawn(async move {
            let service = service_fn(|request| answer::answer(&admin, request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(ADMIN_TIMEOUT)
                .keep_alive(false)
                .serve_connection(TokioIo::new(socket), service);
            let _ = timeout(ADMIN_TIMEOUT, connection).await;
            drop(permit);
        });
    }
}
