//! A processor that says nothing until it is told to, and remembers what it heard.

use std::sync::{Arc, Mutex};

use paceline_engine::Secret;
use paceline_engine::gateway::{Answer, Asking, Charge, Gateway};
use tokio::sync::watch;

/// Approves everything, but not before [`Silent::speak`].
pub struct Silent {
    heard: Mutex<Vec<(Charge, Secret)>>,
    speaks: watch::Sender<bool>,
}

impl Silent {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { heard: Mutex::default(), speaks: watch::Sender::new(false) })
    }

    pub fn speak(&self) {
        self.speaks.send_replace(true);
    }

    /// What it was asked to reserve, repeats included.
    pub fn heard(&self) -> Vec<(Charge, Secret)> {
        self.heard.lock().unwrap().clone()
    }

    async fn answer(&self) -> Answer {
        let mut speaks = self.speaks.subscribe();
        speaks.wait_for(|speaks| *speaks).await.map_or(Answer::Unknown, |_| Answer::Approved)
    }
}

impl Gateway for Silent {
    fn reserve(&self, charge: Charge, credential: Secret) -> Asking<'_> {
        self.heard.lock().unwrap().push((charge, credential));
        Box::pin(self.answer())
    }

    fn capture(&self, _: Charge) -> Asking<'_> {
        Box::pin(self.answer())
    }
}
