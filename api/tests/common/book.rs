//! The simulated processor's own book, read when the program that it served has ended.
//!
//! Why: whether a buyer was charged is not for us to say. The processor knows.

use std::path::Path;

use paceline_domain::ids::{AttemptId, SessionId};
use paceline_engine::gateway::simulated::{Movement, Simulated};
use paceline_storage::RocksLog;

pub struct Book(RocksLog);

impl Book {
    /// - `data_dir`: of a program that has ended.
    pub fn open(data_dir: &Path) -> Self {
        Self(RocksLog::open_read_only(&data_dir.join("processor")).unwrap())
    }

    /// What was moved for a session, the attempts in their order: `reserved 11350 USD`, with a
    /// minus before what was declined.
    ///
    /// - `id`: as a body has it.
    pub fn of(&self, id: &str) -> Vec<String> {
        let session = SessionId::parse(id.rsplit('/').next().unwrap()).unwrap();
        let mut told = vec![];
        for number in 1.. {
            let page = Simulated::book_of(&self.0, AttemptId { session, number }).unwrap();
            if page.is_empty() {
                break;
            }
            told.extend(page.iter().map(|entry| {
                let movement = match entry.movement {
                    Movement::Reserved => "reserved",
                    Movement::Captured => "captured",
                };
                let sign = if entry.outcome.is_ok() { "" } else { "-" };
                format!("{sign}{movement} {} {}", entry.amount.0, entry.currency)
            }));
        }
        told
    }
}
