//! The floor: a bare hyper server that reads the same bodies and returns as many bytes.
//!
//! Why: "fast" means little without a number beside it. What this server spends on a request is
//! what HTTP costs on this machine; what Paceline spends beyond it is ours to answer for.
//! Promise: the threads, the hyper settings and the socket options of `api/src/server.rs`, so
//! that the difference between the two is what we do and not how we listen.
//! Left out: everything else. It parses nothing, keeps nothing, knows no session.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::str::FromStr;
use std::sync::Arc;
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
    /// A method, a path (in which `{id}` is anything), and the status and the bytes of the answer:
    /// `GET /checkout-sessions/{id} 200 312`.
    #[arg(long = "answer")]
    answers: Vec<Answer>,
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
    let answers = Arc::new(args.answers);
    let workers = thread::available_parallelism()?.get();
    let workers: Vec<_> = (0..workers).map(|_| start_worker(Arc::clone(&answers))).collect();
    for worker in workers.iter().cycle() {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        worker.blocking_send(socket).expect("a worker ends with the process only");
    }
    Ok(())
}

/// One thread with a runtime of its own; connections stay where they were handed to.
fn start_worker(answers: Arc<Vec<Answer>>) -> mpsc::Sender<TcpStream> {
    let (sender, mut sockets) = mpsc::channel(ACCEPTED_MAX);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("the machine gives a runtime its timer and its poll");
        LocalSet::new().block_on(&runtime, async move {
            while let Some(socket) = sockets.recv().await {
                tokio::task::spawn_local(serve(socket, Arc::clone(&answers)));
            }
        });
    });
    sender
}

async fn serve(socket: TcpStream, answers: Arc<Vec<Answer>>) {
    let Ok(socket) = tokio::net::TcpStream::from_std(socket) else { return };
    let service = service_fn(move |request| answer(request, Arc::clone(&answers)));
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
    answers: Arc<Vec<Answer>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, path) = (request.method(), request.uri().path());
    let known = answers.iter().find(|answer| answer.is_to(method, path));
    let (status, body) = match known {
        Some(answer) => (answer.status, answer.body.clone()),
        None => (StatusCode::NOT_FOUND, Bytes::new()),
    };
    let read = request.into_body().collect().await;
    let status = if read.is_ok() { status } else { StatusCode::BAD_REQUEST };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// What is answered to one method on one path.
#[derive(Clone)]
struct Answer {
    method: Method,
    before_id: String,
    /// What follows the id, if the path has one.
    after_id: Option<String>,
    status: StatusCode,
    body: Bytes,
}

impl Answer {
    fn is_to(&self, method: &Method, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.before_id).filter(|_| self.method == *method);
        match (rest, &self.after_id) {
            (None, _) => false,
            (Some(rest), None) => rest.is_empty(),
            (Some(rest), Some(end)) => {
                rest.strip_suffix(&**end).is_some_and(|id| !id.contains('/'))
            }
        }
    }
}

impl FromStr for Answer {
    type Err = Box<dyn Error + Send + Sync>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let [method, path, status, bytes] = *text.split(' ').collect::<Vec<_>>() else {
            return Err("a method, a path, a status and a count of bytes".into());
        };
        let (before_id, after_id) = match path.split_once("{id}") {
            Some((before, after)) => (before, Some(after.to_owned())),
            None => (path, None),
        };
        Ok(Self {
            method: method.parse()?,
            before_id: before_id.to_owned(),
            after_id,
            status: status.parse()?,
            body: Bytes::from(vec![b'x'; bytes.parse()?]),
        })
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
