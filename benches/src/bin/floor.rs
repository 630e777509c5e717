//! The floor: a bare hyper server that reads the same bodies and returns as many bytes.
//!
//! Why: "fast" means little without a number beside it. What this server spends on a request is
//! what HTTP costs on this machine; what Paceline spends beyond it is ours to answer for.
//! Promise: the threads, the hyper settings and the socket options of `api/src/server.rs`, so
//! that the difference between the two is what we do and not how we listen.
//! Left out: everything else. It parses nothing, keeps nothing, knows no session.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// Answers every request with as many bytes as it was told to.
#[derive(Parser)]
struct Args {
    #[arg(long)]
    listen: SocketAddr,
    /// Bytes of the answer to `POST /checkout-sessions`.
    #[arg(long)]
    create: usize,
    /// Bytes of the answer to `GET /checkout-sessions/{id}`.
    #[arg(long)]
    get: usize,
    /// Bytes of the answer to `PUT /checkout-sessions/{id}`.
    #[arg(long)]
    update: usize,
    /// Bytes of the answer to `POST /checkout-sessions/{id}/complete`.
    #[arg(long)]
    complete: usize,
    /// Bytes of the answer to `POST /checkout-sessions/{id}/cancel`.
    #[arg(long)]
    cancel: usize,
    /// Bytes of the answer to `POST /tokenized/v1/capture`.
    #[arg(long)]
    capture: usize,
}

/// What Paceline is configured with by default.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(10);
const HEADERS_MAX: usize = 64;
const HEADERS_BYTES_MAX: usize = 16 * 1024;
/// Sockets handed to a worker and not taken up yet.
const ACCEPTED_MAX: usize = 1024;

fn main() -> io::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(args.listen)?;
    let answers = Answers::of(&args);
    let workers = thread::available_parallelism()?.get();
    let workers: Vec<_> = (0..workers).map(|_| start_worker(answers.clone())).collect();
    for worker in workers.iter().cycle() {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        worker.blocking_send(socket).expect("a worker ends with the process only");
    }
    Ok(())
}

/// One thread with a runtime of its own; connections stay where they were handed to.
fn start_worker(answers: Answers) -> mpsc::Sender<TcpStream> {
    let (sender, mut sockets) = mpsc::channel(ACCEPTED_MAX);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the machine gives a runtime its timer and its poll");
        LocalSet::new().block_on(&runtime, async move {
            let answers = Rc::new(answers);
            while let Some(socket) = sockets.recv().await {
                tokio::task::spawn_local(serve(socket, Rc::clone(&answers)));
            }
        });
    });
    sender
}

async fn serve(socket: TcpStream, answers: Rc<Answers>) {
    let Ok(socket) = tokio::net::TcpStream::from_std(socket) else { return };
    let service = service_fn(move |request| answer(request, Rc::clone(&answers)));
    let mut http = auto::Builder::new(LocalExecutor);
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADERS_BYTES_MAX);
    // A caller that hangs up is no news.
    let _ = http.serve_connection(TokioIo::new(socket), service).await;
}

async fn answer(
    request: Request<Incoming>,
    answers: Rc<Answers>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = answers.to(request.method(), request.uri().path());
    let read = request.into_body().collect().await;
    let status = if read.is_ok() { status } else { StatusCode::BAD_REQUEST };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A body of the right size for each operation.
#[derive(Clone)]
struct Answers {
    create: Bytes,
    get: Bytes,
    update: Bytes,
    complete: Bytes,
    cancel: Bytes,
    capture: Bytes,
}

impl Answers {
    fn of(args: &Args) -> Self {
        let filler = |bytes: usize| Bytes::from(vec![b'x'; bytes]);
        Self {
            create: filler(args.create),
            get: filler(args.get),
            update: filler(args.update),
            complete: filler(args.complete),
            cancel: filler(args.cancel),
            capture: filler(args.capture),
        }
    }

    fn to(&self, method: &Method, path: &str) -> (StatusCode, Bytes) {
        if method == Method::GET {
            (StatusCode::OK, self.get.clone())
        } else if method == Method::PUT {
            (StatusCode::OK, self.update.clone())
        } else if path.ends_with("/complete") {
            (StatusCode::OK, self.complete.clone())
        } else if path.ends_with("/cancel") {
            (StatusCode::OK, self.cancel.clone())
        } else if path.ends_with("/capture") {
            (StatusCode::OK, self.capture.clone())
        } else {
            (StatusCode::CREATED, self.create.clone())
        }
    }
}

/// Runs what HTTP/2 spawns on the worker's own thread.
#[derive(Clone)]
struct LocalExecutor;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}
