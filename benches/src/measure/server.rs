//! A server under measurement: a process of its own, and the CPU time it has used.

use std::cell::Cell;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::Outcome;
use super::http::Connection;
use super::operation::Sizes;
use super::payers;

pub struct Server {
    process: Child,
    address: SocketAddr,
    /// `None`: the floor has none.
    admin: Option<SocketAddr>,
    payers_linked: Cell<bool>,
    /// Counts the CPU time of all its threads, those that ended included, in nanoseconds.
    clock: ClockId,
    /// From its start until it has answered a request; not told of the floor.
    pub ready_after: Duration,
    /// Its data, unless that was there before, and its log: gone with it.
    _home: TempDir,
}

/// Both servers listen within milliseconds; this is for a machine that is very busy.
const START_WAIT_MAX: Duration = Duration::from_secs(30);
/// A server rests once it uses less than [`RESTING_CPU`] over this long.
const RESTING_WATCH: Duration = Duration::from_millis(100);
const RESTING_CPU: Duration = Duration::from_millis(2);
/// Work left behind after this is no trail of the last requests, nor of millions written before
/// the start.
const RESTING_WAIT_MAX: Duration = Duration::from_secs(20 * 60);

impl Server {
    /// `paceline serve` on a fresh data directory, as shipped, but for a processor and an acquirer
    /// that answer at once: what a bank takes is not ours to measure.
    pub async fn paceline() -> Outcome<Self> {
        let home = home()?;
        let data = home.path().join("data");
        Self::serve(&data, home).await
    }

    /// The same on a data directory that is there, and stays.
    pub async fn paceline_on(data: &Path) -> Outcome<Self> {
        Self::serve(data, home()?).await
    }

    async fn serve(data: &Path, home: TempDir) -> Outcome<Self> {
        let (address, admin) = (spare_address()?, spare_address()?);
        let mut command = Command::new(sibling("paceline")?);
        command
            .args(["serve", "--listen", &address.to_string()])
            .args(["--admin-listen", &admin.to_string(), "--data-dir"])
            .arg(data)
            .env("PACELINE_PROCESSOR__LATENCY_MEDIAN", "0s")
            .env("PACELINE_PROCESSOR__LATENCY_P99", "0s")
            .env("PACELINE_ACQUIRER__LATENCY_MEDIAN", "0s")
            .env("PACELINE_ACQUIRER__LATENCY_P99", "0s");
        Self::start(command, address, Some(admin), home).await
    }

    /// The floor, returning as many bytes as Paceline did.
    pub async fn floor(sizes: &Sizes) -> Outcome<Self> {
        let address = spare_address()?;
        let mut command = Command::new(sibling("floor")?);
        command.args(["--listen", &address.to_string()]);
        for answer in sizes.answers() {
            command.args(["--answer", &answer]);
        }
        Self::start(command, address, None, home()?).await
    }

    async fn start(
        mut command: Command,
        address: SocketAddr,
        admin: Option<SocketAddr>,
        home: TempDir,
    ) -> Outcome<Self> {
        let log = home.path().join("log");
        let file = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let process = command.spawn()?;
        let clock = clock_getcpuclockid(Pid::from_raw(process.id().try_into()?))?;
        let began = Instant::now();
        let ready_after = Duration::ZERO;
        let payers_linked = Cell::new(false);
        let mut server =
            Self { process, address, admin, payers_linked, clock, ready_after, _home: home };
        while !answers(address).await {
            if server.process.try_wait()?.is_some() || began.elapsed() > START_WAIT_MAX {
                return Err(format!("no server: {}", std::fs::read_to_string(log)?).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.ready_after = began.elapsed();
        server.settle().await?;
        Ok(server)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where accounts are opened.
    pub fn admin(&self) -> Outcome<SocketAddr> {
        Ok(self.admin.ok_or("the floor has no accounts")?)
    }

    /// Links the accounts that captures are made from, once.
    pub async fn link_payers(&self) -> Outcome<()> {
        if !self.payers_linked.replace(true) {
            payers::link(self).await?;
        }
        Ok(())
    }

    /// User and system time used so far.
    pub fn cpu(&self) -> Outcome<Duration> {
        Ok(self.clock.now()?.into())
    }

    /// Bytes of memory that were resident at the most, so far.
    pub fn resident_most(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no VmHWM")?;
        Ok(kib.trim().parse::<u64>()? * 1024)
    }

    /// Waits until the server has nothing left to do.
    pub async fn settle(&self) -> Outcome<()> {
        settle(self.clock).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left running.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits until a process that uses CPU time by this clock has nothing left to do.
pub async fn settle(clock: ClockId) -> Outcome<()> {
    let began = Instant::now();
    let used = || Ok::<Duration, nix::Error>(clock.now()?.into());
    let mut before = used()?;
    loop {
        tokio::time::sleep(RESTING_WATCH).await;
        let now = used()?;
        if now - before < RESTING_CPU {
            return Ok(());
        }
        if began.elapsed() > RESTING_WAIT_MAX {
            return Err("it does not come to rest".into());
        }
        before = now;
    }
}

/// Whether anything is answered. A server may listen before it can answer: then this waits.
async fn answers(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    connection.ask(b"GET /.well-known/ucp HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.is_ok()
}

/// A program built beside this one.
fn sibling(name: &str) -> Outcome<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !path.exists() {
        return Err(format!("{} is not built; `make bench-floor` builds it", path.display()).into());
    }
    Ok(path)
}

/// Beside the programs: the temporary directory of many machines is memory, where syncing is free.
pub fn home() -> Outcome<TempDir> {
    Ok(tempfile::tempdir_in(sibling("")?)?)
}

/// An address that nobody listens on.
fn spare_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
