//! Clients that mean no good, as many as there may be connections and more.
//!
//! Promise: they are there: how many the server has is asked from it, and what goes wrong with them
//! is told.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use paceline_api::config;
use paceline_api::metrics::CONNECTIONS;
use paceline_benches::measure::Outcome;
use paceline_benches::measure::http::Connection;
use paceline_benches::measure::server::Server;
use socket2::{Domain, Protocol, Socket, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// They connect and say nothing.
    Idle,
    /// Their headers come a byte at a time.
    SlowHeaders,
    /// Their bodies never end.
    HalfBodies,
    /// They ask until nothing more goes, and do not read what they are told.
    NeverRead,
    /// They send more headers than anybody reads.
    HeaderFlood,
}

/// A thread's worth of hostile clients, until they are stopped.
pub struct Hostile {
    behaviour: Behaviour,
    stop: Arc<AtomicBool>,
    clients: JoinHandle<usize>,
}

/// One of them.
struct Client {
    socket: TcpStream,
    /// Of what it says over and over, so many bytes were taken since it began the last time.
    said: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The server has put it out.
    Gone,
    Open,
    /// The server takes nothing more from it.
    Stuck,
}

/// More than a server as shipped has connections.
const CLIENTS: usize = 10_500;
/// What is broken by the server is begun again this often.
const ROUND: Duration = Duration::from_millis(500);
/// Floods in a round; each is a connection, 64 KiB, and an answer.
const FLOODS: usize = 100;
const PATIENCE: Duration = Duration::from_millis(100);
/// How long they may take to get together, and when they have.
const GATHER_WAIT_MAX: Duration = Duration::from_secs(30);
const GATHERED: f64 = 0.9;
/// As long as the server goes on reading, at most: the others have their turn, too.
const WRITES_MAX: usize = 1_000;
/// The segments of a network with small packets. On loopback they have 64 KiB, and what the kernel
/// keeps of ten thousand answers that nobody reads is as much more than over a network.
const SEGMENT_BYTES: u32 = 536;
/// What the kernel keeps of each on its side, either way.
const BUFFER_BYTES: usize = 4 * 1024;

const GET: &str = "GET /.well-known/ucp HTTP/1.1\r\nhost: x\r\n";

impl Behaviour {
    pub const ALL: [Self; 5] =
        [Self::Idle, Self::SlowHeaders, Self::HalfBodies, Self::NeverRead, Self::HeaderFlood];

    pub fn words(self) -> &'static str {
        match self {
            Self::Idle => "beside idle connections",
            Self::SlowHeaders => "beside slow headers",
            Self::HalfBodies => "beside half-sent bodies",
            Self::NeverRead => "beside those who never read",
            Self::HeaderFlood => "beside floods of headers",
        }
    }

    /// What is counted of them.
    pub fn whose(self) -> &'static str {
        match self {
            Self::Idle => "idle connections",
            Self::SlowHeaders => "connections with slow headers",
            Self::HalfBodies => "connections with half a body",
            Self::NeverRead => "connections, none read from",
            Self::HeaderFlood => "floods of headers",
        }
    }

    /// How many of them there are in so long, if everybody gets in that the server has room for.
    pub fn meant(self, server: &config::Server, lasts: Duration) -> usize {
        match self {
            Self::Idle | Self::SlowHeaders | Self::NeverRead => CLIENTS.min(server.connections_max),
            // The server has room for as many bodies that arrive as for requests.
            Self::HalfBodies => CLIENTS.min(server.requests_max),
            Self::HeaderFlood => FLOODS * lasts.div_duration_f64(ROUND) as usize,
        }
    }

    /// What is said at first.
    fn greeting(self) -> Vec<u8> {
        match self {
            Self::Idle | Self::NeverRead => vec![],
            Self::SlowHeaders => format!("{GET}x-slow: ").into_bytes(),
            Self::HalfBodies => b"POST /checkout-sessions HTTP/1.1\r\nhost: x\r\n\
                content-type: application/json\r\ncontent-length: 100000\r\n\r\n{\"line_items\":"
                .to_vec(),
            Self::HeaderFlood => format!("{GET}{}", "x: y\r\n".repeat(10_000)).into_bytes(),
        }
    }

    /// What is said from then on, as often as it is looked at.
    fn refrain(self) -> Vec<u8> {
        match self {
            Self::NeverRead => format!("{GET}\r\n").repeat(64).into_bytes(),
            Self::SlowHeaders => b"x".to_vec(),
            Self::Idle | Self::HalfBodies | Self::HeaderFlood => vec![],
        }
    }
}

impl Hostile {
    pub fn start(server: SocketAddr, behaviour: Behaviour) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let clients = std::thread::spawn(move || match behaviour {
            Behaviour::HeaderFlood => flood(server, &stopped),
            _ => crowd(server, behaviour, &stopped),
        });
        Self { behaviour, stop, clients }
    }

    /// Waits until most of them are connected, if they ever are.
    pub async fn gather(&self, server: &Server, meant: usize) -> Outcome<()> {
        let began = Instant::now();
        let enough = (meant as f64 * GATHERED) as usize;
        tokio::time::sleep(ROUND).await;
        while self.behaviour != Behaviour::HeaderFlood
            && connections(server).await? < enough
            && began.elapsed() < GATHER_WAIT_MAX
            && !self.clients.is_finished()
        {
            tokio::time::sleep(ROUND).await;
        }
        Ok(())
    }

    /// How many there were: as the server counts connections, but for floods, which do not last.
    ///
    /// # Errors
    /// If the clients panicked, or the server does not say.
    pub async fn stop(self, server: &Server) -> Outcome<usize> {
        let connected = connections(server).await?;
        self.stop.store(true, Ordering::Relaxed);
        let whose = self.behaviour.whose();
        let counted = self.clients.join().map_err(|_| format!("{whose}: the clients panicked"))?;
        Ok(match self.behaviour {
            Behaviour::HeaderFlood => counted,
            // Who can still write waits for nothing, and is as good as idle.
            Behaviour::NeverRead => counted.min(connected),
            Behaviour::Idle | Behaviour::SlowHeaders | Behaviour::HalfBodies => connected,
        })
    }
}

/// Connections that the server has, by its own account. Those who ask properly have a few, too.
async fn connections(server: &Server) -> Outcome<usize> {
    let mut admin = Connection::open(server.admin()?).await?;
    let answer = admin.ask(b"GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n").await?;
    let page = std::str::from_utf8(answer.body)?;
    let value = page.lines().find_map(|line| line.strip_prefix(CONNECTIONS)?.strip_prefix(' '));
    Ok(value.ok_or("the server does not tell its connections")?.parse::<f64>()? as usize)
}

/// Holds connections, and begins again what is broken. Returns how many were stuck in the end.
fn crowd(server: SocketAddr, behaviour: Behaviour, stop: &AtomicBool) -> usize {
    let (greeting, refrain) = (behaviour.greeting(), behaviour.refrain());
    let mut held: Vec<Option<Client>> = (0..CLIENTS).map(|_| None).collect();
    while !stop.load(Ordering::Relaxed) {
        for place in &mut held {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let standing = place.as_mut().map(|client| client.look(behaviour, &refrain));
            if matches!(standing, None | Some(Standing::Gone)) {
                *place = Client::connect(server, &greeting);
            }
        }
        std::thread::sleep(ROUND);
    }
    let standing = held.iter_mut().flatten().map(|client| client.look(behaviour, &refrain));
    standing.filter(|standing| *standing == Standing::Stuck).count()
}

impl Client {
    fn connect(server: SocketAddr, greeting: &[u8]) -> Option<Self> {
        let socket =
            Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP)).ok()?;
        socket.set_tcp_mss(SEGMENT_BYTES).ok()?;
        socket.set_send_buffer_size(BUFFER_BYTES).ok()?;
        socket.set_recv_buffer_size(BUFFER_BYTES).ok()?;
        socket.connect_timeout(&server.into(), PATIENCE).ok()?;
        socket.set_nonblocking(true).ok()?;
        let mut socket = TcpStream::from(socket);
        let _ = socket.write(greeting); // it is looked at soon enough
        Some(Self { socket, said: 0 })
    }

    /// Goes on with what it does. An end is seen by reading, but to read would be to accept an
    /// answer: those who do not are told by a write that fails.
    fn look(&mut self, behaviour: Behaviour, refrain: &[u8]) -> Standing {
        match behaviour {
            Behaviour::SlowHeaders => self.say(refrain, 1),
            Behaviour::NeverRead => self.say(refrain, WRITES_MAX),
            Behaviour::Idle | Behaviour::HalfBodies | Behaviour::HeaderFlood => {
                let heard = self.socket.read(&mut [0; 512]);
                let broken = self.socket.take_error().is_ok_and(|error| error.is_some());
                if matches!(heard, Ok(0)) || broken { Standing::Gone } else { Standing::Open }
            }
        }
    }

    /// Says it over and over, each time from where it was left: half a request and another one
    /// would be a mistake, and be answered as one.
    fn say(&mut self, refrain: &[u8], times: usize) -> Standing {
        for _ in 0..times {
            match self.socket.write(&refrain[self.said..]) {
                Ok(bytes) => self.said = (self.said + bytes) % refrain.len(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Standing::Stuck,
                Err(_) => return Standing::Gone,
            }
        }
        Standing::Open
    }
}

/// Floods one after the other. Returns how many the server did something about.
fn flood(server: SocketAddr, stop: &AtomicBool) -> usize {
    let greeting = Behaviour::HeaderFlood.greeting();
    let mut floods = 0;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..FLOODS {
            if !stop.load(Ordering::Relaxed) && flooded(server, &greeting) {
                floods += 1;
            }
        }
        std::thread::sleep(ROUND);
    }
    floods
}

/// Whether it was answered or broken off.
fn flooded(server: SocketAddr, greeting: &[u8]) -> bool {
    let Ok(mut socket) = TcpStream::connect_timeout(&server, PATIENCE) else { return false };
    let _ = socket.set_read_timeout(Some(PATIENCE));
    let _ = socket.set_write_timeout(Some(PATIENCE));
    let _ = socket.write_all(greeting); // nobody reads all of it
    let end = socket.read(&mut [0; 512]).map(|_read| ());
    end.is_ok() || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_never_reads_asks_until_nothing_more_goes_and_sees_when_it_is_put_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = Client::connect(listener.local_addr().unwrap(), b"").unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let refrain = Behaviour::NeverRead.refrain();
        assert!(client.look(Behaviour::NeverRead, &refrain) == Standing::Stuck);

        // It goes on where it was left: what is heard are whole requests, one after the other.
        server.set_nonblocking(true).unwrap();
        let mut heard = vec![];
        while heard.len() < 10 * refrain.len() {
            let _ = server.read_to_end(&mut heard); // all that is there, and then nothing
            assert!(client.look(Behaviour::NeverRead, &refrain) == Standing::Stuck);
        }
        assert!(heard.iter().zip(refrain.iter().cycle()).all(|(heard, said)| heard == said));

        drop(server);
        let put_out = || client.look(Behaviour::NeverRead, &refrain) == Standing::Gone;
        assert!(std::iter::repeat_with(put_out).take(10).any(|gone| gone));
    }

    #[test]
    fn a_flood_counts_when_it_is_answered_or_broken_off() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        // The kernel connects it, and nobody takes anything from it.
        assert!(!flooded(server, b"x"));
        let breaks_off = std::thread::spawn(move || listener.incoming().take(2).for_each(drop));
        assert!(flooded(server, b"x"));
        breaks_off.join().unwrap();
    }

    #[test]
    fn who_is_idle_sees_when_it_is_put_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = Client::connect(listener.local_addr().unwrap(), b"").unwrap();
        let (server, _) = listener.accept().unwrap();
        assert!(client.look(Behaviour::Idle, &[]) == Standing::Open);
        drop(server);
        assert!(client.look(Behaviour::Idle, &[]) == Standing::Gone);
    }
}
