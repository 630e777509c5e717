//! A server under load beside a bare hyper server: what is asked, who is asked, and what it took.

pub mod cards;
pub mod http;
pub mod load;
pub mod operation;
pub mod payers;
pub mod report;
pub mod server;

use std::error::Error;
use std::time::Duration;

use load::{Load, Measured};
use operation::{Operation, Session, Sizes};
use report::Sample;
use server::Server;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// One purchase with the real program tells how many bytes the floor has to return.
pub async fn sizes_of_our_answers() -> Outcome<Sizes> {
    let server = Server::paceline().await?;
    let samples = play(&server, 1, 1, None).await?;
    Ok(Sizes::of(samples.iter().map(|(operation, sample)| (*operation, sample.answer_bytes))))
}

/// Every operation once for each of `requests` sessions, an operation at a time. What an
/// operation needs beforehand was either measured just before it or is not counted.
pub async fn play(
    server: &Server,
    connections: usize,
    requests: usize,
    floor: Option<&Sizes>,
) -> Outcome<Vec<(Operation, Sample)>> {
    let mut load = Load::open(server.address(), connections).await?;
    let mut sessions = Session::named(requests);
    let mut samples = Vec::new();
    for operation in Operation::ALL {
        if operation == Operation::Cancel {
            // Those there are have been completed.
            sessions = Session::named(requests);
            open(&mut load, &mut sessions, floor).await?;
            server.settle().await?;
        }
        if operation == Operation::Capture && floor.is_none() {
            server.link_payers().await?;
            server.settle().await?;
        }
        let sample = sample(server, &mut load, operation, &mut sessions, floor).await?;
        samples.push((operation, sample));
    }
    Ok(samples)
}

/// One operation once for each session.
pub async fn sample(
    server: &Server,
    load: &mut Load,
    operation: Operation,
    sessions: &mut [Session],
    floor: Option<&Sizes>,
) -> Outcome<Sample> {
    let before = server.cpu()?;
    let measured = if operation == Operation::Create {
        open(load, sessions, floor).await?
    } else {
        let asked = sessions.iter().map(|session| operation.request(session, floor));
        load.run(asked.collect()).await?.0
    };
    // What a reply set going is part of its cost: wait until the server rests.
    server.settle().await?;
    Ok(measured.sample(server.cpu()? - before))
}

/// Creates the sessions and learns what they are called.
async fn open(
    load: &mut Load,
    sessions: &mut [Session],
    floor: Option<&Sizes>,
) -> Outcome<Measured> {
    let asked = sessions.iter().map(|session| Operation::Create.request(session, floor));
    let (measured, answers) = load.run(asked.collect()).await?;
    if floor.is_none() {
        for (session, answer) in sessions.iter_mut().zip(answers) {
            session.opened(answer)?;
        }
    }
    Ok(measured)
}

impl Measured {
    fn sample(&self, cpu: Duration) -> Sample {
        let requests = self.latency.len();
        let micros = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1_000.0;
        Sample {
            per_second: requests as f64 / self.took.as_secs_f64(),
            p50_micros: micros(0.5),
            p99_micros: micros(0.99),
            p999_micros: micros(0.999),
            cpu_micros: cpu.as_secs_f64() * 1e6 / requests as f64,
            answer_bytes: self.answer_bytes / requests as usize,
        }
    }
}
