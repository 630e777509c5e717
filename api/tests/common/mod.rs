//! A running program, and a client that says exactly what it is told.
//!
//! Why: what is tested is what is delivered: the program itself, through its sockets, signals and
//! files. Nothing here knows how it works inside.

#![allow(dead_code, reason = "each test file takes what it needs")]

mod book;
pub mod caller;
pub mod guide;

pub use book::Book;
pub use caller::Caller;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The program that is tested, in a world of its own.
pub fn paceline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paceline"));
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// What a command says and how it ends.
pub fn run(command: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// `paceline serve` on spare ports, with a directory of its own. Killed when dropped.
pub struct Serving {
    process: Child,
    stdout: BufReader<ChildStdout>,
    pub greeting: String,
    pub public: SocketAddr,
    pub admin: SocketAddr,
    /// `None` only while it changes hands.
    home: Option<TempDir>,
}

impl Serving {
    /// Starts with what `config` says, and waits until it is ready.
    pub fn with(config: &str) -> Self {
        Self::of(tempfile::tempdir().unwrap(), config)
    }

    /// Starts beside the files in `home`.
    pub fn of(home: TempDir, config: &str) -> Self {
        fs::write(home.path().join("paceline.toml"), config).unwrap();
        let serve = serve_in(home.path());
        Self::in_home(home, serve)
    }

    /// Starts as a test says it.
    pub fn spawned(home: TempDir, serve: Command) -> Self {
        Self::in_home(home, serve)
    }

    /// Starts with the configuration, the data and the log that `home` already has.
    fn in_home(home: TempDir, mut serve: Command) -> Self {
        let mut process =
            serve.stdout(Stdio::piped()).stderr(log_file(home.path())).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("curl") {
            let read = stdout.read_line(&mut greeting).unwrap();
            assert!(read > 0, "it ended: {}", fs::read_to_string(home.path().join("log")).unwrap());
        }
        let address = |name: &str| {
            let line = greeting.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
            let (_, rest) = line.split_once("//").unwrap();
            rest.split([' ', '/']).next().unwrap().parse().unwrap()
        };
        let (public, admin) = (address("public"), address("admin"));
        Self { process, stdout, greeting, public, admin, home: Some(home) }
    }

    pub fn home(&self) -> &Path {
        self.home.as_ref().unwrap().path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home().join("data")
    }

    /// Whoever asks it something, as Google's first guide asks: without a `UCP-Agent`.
    pub fn caller(&self) -> Caller {
        Caller::of(self.public)
    }

    /// Ends it as a power cut would, at once and without a word. Idempotent.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts again with the same configuration and data, on other ports.
    pub fn again(mut self) -> Self {
        self.kill();
        let home = self.home.take().unwrap();
        let serve = serve_in(home.path());
        Self::in_home(home, serve)
    }

    /// The same in another environment.
    pub fn again_with(mut self, variable: &str, value: &Path) -> Self {
        self.kill();
        let home = self.home.take().unwrap();
        let mut serve = serve_in(home.path());
        serve.env(variable, value);
        Self::in_home(home, serve)
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// What the log says so far. The last lines may still be on their way.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home().join("log")).unwrap()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// How it ends, once it does.
    pub fn ended(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Stops it, and returns its whole log.
    pub fn stopped_log(mut self) -> String {
        self.signal("TERM");
        assert!(self.ended().success());
        self.log()
    }

    pub fn get(&self, path: &str) -> Answer {
        exchange(self.public, format!("GET {path} HTTP/1.1\r\n{CLOSE}\r\n"))
    }

    pub fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\n{CLOSE}content-length: {length}\r\n{headers}");
        exchange(self.public, format!("{head}\r\n{body}"))
    }

    pub fn create(&self, product: &str) -> Answer {
        let body = format!(r#"{{"line_items":[{{"item":{{"id":"{product}"}},"quantity":1}}]}}"#);
        self.post("/checkout-sessions", JSON, &body)
    }

    pub fn ask_admin(&self, method: &str, path: &str) -> Answer {
        exchange(self.admin, format!("{method} {path} HTTP/1.1\r\n{CLOSE}\r\n"))
    }

    /// Stops it once all that was bought since its start is paid for, and opens the book of the
    /// processor that it talked to.
    pub fn stopped_book(mut self) -> Book {
        let events =
            |event| self.metric(&format!("engine_session_events_total{{event=\"{event}\"}}"));
        until(|| events("completed") == events("settled"));
        self.signal("TERM");
        assert!(self.ended().success());
        Book::open(&self.data_dir())
    }

    /// The value of a line of `/metrics`, named with its labels.
    pub fn metric(&self, line: &str) -> Option<f64> {
        let metrics = self.ask_admin("GET", "/metrics").body;
        let value = metrics.lines().find_map(|each| each.strip_prefix(line)?.strip_prefix(' '));
        value.map(|value| value.parse().unwrap())
    }

    /// A request that is in progress: its headers are read, and its body is waited for.
    pub fn begin_create(&self, body: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.public).unwrap();
        let length = body.len();
        let head = format!(
            "POST /checkout-sessions HTTP/1.1\r\n{CLOSE}{JSON}content-length: {length}\r\n\
             expect: 100-continue\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).unwrap();
        let mut told = [0; 25];
        socket.read_exact(&mut told).unwrap();
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
        socket
    }
}

/// Where [`Serving`] writes its log, one process after the other.
pub fn log_file(home: &Path) -> fs::File {
    fs::OpenOptions::new().create(true).append(true).open(home.join("log")).unwrap()
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left running.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `paceline serve` as [`Serving`] starts it, with the configuration in `home`.
pub fn serve_in(home: &Path) -> Command {
    let mut command = paceline();
    command
        .arg("serve")
        .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
        .arg("--config")
        .arg(home.join("paceline.toml"))
        // What a file has to ask for; its keys end it.
        .env("PACELINE_TOKENIZED__DEVELOPMENT", "true")
        .current_dir(home);
    command
}

pub const CLOSE: &str = "host: x\r\nconnection: close\r\n";
pub const JSON: &str = "content-type: application/json\r\n";

pub struct Answer {
    pub status: u16,
    /// In lower case, a line each.
    pub headers: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        let parsed = serde_json::from_str(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The value of a header, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(each, _)| *each == name).map(|(_, value)| value)
    }
}

/// Says something on a new connection, and reads until its end.
pub fn exchange(address: SocketAddr, said: impl AsRef<[u8]>) -> Answer {
    answer(&mut say(address, said))
}

/// Says something on a new connection, and leaves the answer for later.
pub fn say(address: SocketAddr, said: impl AsRef<[u8]>) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    // Whoever answers early may not read all of it.
    let _ = socket.write_all(said.as_ref());
    socket
}

/// Reads an answer until the other side closes.
pub fn answer(socket: &mut TcpStream) -> Answer {
    parse(&read_to_end(socket))
}

/// What comes until the end, or until the connection is reset.
pub fn read_to_end(socket: &mut TcpStream) -> String {
    let mut heard = vec![];
    let mut part = [0; 4096];
    while let Ok(count @ 1..) = socket.read(&mut part) {
        heard.extend_from_slice(&part[..count]);
    }
    String::from_utf8(heard).unwrap()
}

pub fn parse(heard: &str) -> Answer {
    let (head, body) = heard.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{heard:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, headers: head.to_lowercase(), body: body.to_owned() }
}

/// Asks until it is so.
pub fn until(mut so: impl FnMut() -> bool) {
    awaited(|| so().then_some(()));
}

/// Asks until there is an answer; nothing that is waited for takes as long as the deadline.
pub fn awaited<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match look() {
            Some(found) => return found,
            None => assert!(Instant::now() < deadline, "what was waited for never came"),
        }
        thread::yield_now();
    }
}
