//! What the admin listener knows of the program.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use metrics_exporter_prometheus::PrometheusHandle;
use metrics_process::Collector;
use paceline_engine::Engine;
use paceline_storage::EventLog;

use crate::card_keys::CardKeys;
use crate::standard_payments::Line;
use crate::standard_payments::development::Development;

/// How far the program has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Starting,
    Ready,
    /// Still serving whoever comes; whoever distributes requests should send no more.
    Draining,
}

/// Where stories are read.
#[derive(Clone)]
pub struct Logs {
    pub log: Arc<dyn EventLog>,
    /// The simulated processor's.
    pub book: Arc<dyn EventLog>,
}

pub struct Admin {
    stage: AtomicU8,
    metrics: PrometheusHandle,
    process: Collector,
    /// Known once they are open.
    logs: OnceLock<Logs>,
    /// Of the development mode only.
    development: OnceLock<Arc<Development>>,
    /// To Google, if it is known where he is.
    line: OnceLock<Arc<Line>>,
    /// Whose books are kept here.
    engine: OnceLock<Engine>,
    card_keys: OnceLock<Arc<CardKeys>>,
}

impl Admin {
    pub fn new(metrics: PrometheusHandle) -> Self {
        let process = Collector::default();
        process.describe();
        let stage = AtomicU8::new(Stage::Starting as u8);
        Self {
            stage,
            metrics,
            process,
            logs: OnceLock::new(),
            development: OnceLock::new(),
            line: OnceLock::new(),
            engine: OnceLock::new(),
            card_keys: OnceLock::new(),
        }
    }

    pub fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            stage if stage == Stage::Starting as u8 => Stage::Starting,
            stage if stage == Stage::Ready as u8 => Stage::Ready,
            _ => Stage::Draining,
        }
    }

    /// From here on requests are welcome, unless somebody has said to drain already.
    pub fn ready(
        &self,
        logs: Logs,
        development: Option<Arc<Development>>,
        line: Option<Arc<Line>>,
        engine: Engine,
        card_keys: Arc<CardKeys>,
    ) {
        let _ = self.card_keys.set(card_keys);
        let _ = self.engine.set(engine);
        let _ = self.logs.set(logs);
        line.map(|line| self.line.set(line));
        development.map(|development| self.development.set(development));
        let (from, to) = (Stage::Starting as u8, Stage::Ready as u8);
        let _ = self.stage.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }

    pub fn drain(&self) {
        self.stage.store(Stage::Draining as u8, Ordering::Release);
    }

    /// What stories are read from, once it is open.
    pub fn logs(&self) -> Option<Logs> {
        self.logs.get().cloned()
    }

    /// Known once it has started.
    pub fn engine(&self) -> Option<&Engine> {
        self.engine.get()
    }

    /// `None` where it is not known where Google is.
    pub fn line(&self) -> Option<&Line> {
        self.line.get().map(|line| &**line)
    }

    /// Known once it has started.
    pub fn card_keys(&self) -> Option<&Arc<CardKeys>> {
        self.card_keys.get()
    }

    /// `None` outside development mode.
    pub fn development(&self) -> Option<&Development> {
        self.development.get().map(|development| &**development)
    }

    /// All metrics in the text format of Prometheus.
    pub fn metrics(&self) -> String {
        self.process.collect();
        self.metrics.render()
    }

    pub fn tidy_metrics(&self) {
        self.metrics.run_upkeep();
    }
}
