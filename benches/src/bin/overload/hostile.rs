//! Clients that mean no good, as many as there may be connections and more.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// They connect and say nothing.
    Idle,
    /// Their headers come a byte at a time.
    SlowHeaders,
    /// Their bodies never end.
    HalfBodies,
    /// They ask, and do not read what they are told.
    NeverRead,
    /// They send more headers than anybody reads.
    HeaderFlood,
}

/// Threads' worth of hostile clients, until they are stopped.
pub struct Hostile {
    stop: Arc<AtomicBool>,
    clients: JoinHandle<()>,
}

/// More than a server as shipped has connections.
const CONNECTIONS: usize = 10_500;
/// What is broken by the server is begun again this often.
const ROUND: Duration = Duration::from_millis(500);
/// Floods in a round; each is a connection, 64 KiB, and an answer.
const FLOODS: usize = 100;
const PATIENCE: Duration = Duration::from_millis(100);

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

    /// What is said at first.
    fn greeting(self) -> Vec<u8> {
        const GET: &str = "GET /.well-known/ucp HTTP/1.1\r\nhost: x\r\n";
        match self {
            Self::Idle => vec![],
            Self::SlowHeaders => format!("{GET}x-slow: ").into_bytes(),
            Self::HalfBodies => b"POST /checkout-sessions HTTP/1.1\r\nhost: x\r\n\
                content-type: application/json\r\ncontent-length: 100000\r\n\r\n{\"line_items\":"
                .to_vec(),
            Self::NeverRead => format!("{GET}\r\n").repeat(4).into_bytes(),
            Self::HeaderFlood => format!("{GET}{}", "x: y\r\n".repeat(10_000)).into_bytes(),
        }
    }
}

impl Hostile {
    pub fn start(server: SocketAddr, behaviour: Behaviour) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let clients = std::thread::spawn(move || annoy(server, behaviour, &stopped));
        Self { stop, clients }
    }

    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.clients.join(); // it may have run out of sockets: that was its business
    }
}

fn annoy(server: SocketAddr, behaviour: Behaviour, stop: &AtomicBool) {
    let greeting = behaviour.greeting();
    if matches!(behaviour, Behaviour::HeaderFlood) {
        while !stop.load(Ordering::Relaxed) {
            (0..FLOODS).for_each(|_| flood(server, &greeting));
            std::thread::sleep(ROUND);
        }
        return;
    }
    let mut held: Vec<Option<TcpStream>> = (0..CONNECTIONS).map(|_| None).collect();
    while !stop.load(Ordering::Relaxed) {
        for place in &mut held {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let keeps_on = place.as_mut().is_some_and(|socket| keeps_on(behaviour, socket));
            if !keeps_on {
                *place = connect(server, &greeting);
            }
        }
        std::thread::sleep(ROUND);
    }
}

fn connect(server: SocketAddr, greeting: &[u8]) -> Option<TcpStream> {
    let mut socket = TcpStream::connect_timeout(&server, PATIENCE).ok()?;
    socket.set_nonblocking(true).ok()?;
    let _ = socket.write(greeting);
    Some(socket)
}

/// Whether the server still listens to it.
fn keeps_on(behaviour: Behaviour, socket: &mut TcpStream) -> bool {
    match behaviour {
        Behaviour::SlowHeaders => socket.write(b"x").is_ok(),
        // To read would be to accept an answer, which these do not.
        Behaviour::NeverRead | Behaviour::HeaderFlood => true,
        Behaviour::Idle | Behaviour::HalfBodies => {
            let mut heard = [0; 512];
            !matches!(socket.read(&mut heard), Ok(0))
                && socket.take_error().is_ok_and(|e| e.is_none())
        }
    }
}

fn flood(server: SocketAddr, greeting: &[u8]) {
    let Ok(mut socket) = TcpStream::connect_timeout(&server, PATIENCE) else { return };
    let _ = socket.set_read_timeout(Some(PATIENCE));
    let _ = socket.write_all(greeting);
    let _ = socket.read(&mut [0; 512]);
}
