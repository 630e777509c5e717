//! Remittance statements: noted at once, reconciled afterwards. And what Google is owed.

use paceline_domain::ids::{IntegratorAccountId, NoticeId, RequestId};
use paceline_domain::notice::{self, Notice};
use paceline_domain::statement::{Command, Notify};
use paceline_storage::DueAt;

use super::StatementNotified;
use crate::asking::worded;
use crate::engine::Engine;
use crate::entity::{Entity, Kind, Notices, Statements};
use crate::error::EngineError;
use crate::idempotency::Keyed;
use crate::limits::DUE_PAGE;
use crate::timers::notices_until;
use crate::voice::Reply;

impl Engine {
    /// `remittanceStatementNotification`: receipt is all that is answered.
    ///
    /// # Errors
    /// [`EngineError`], as all the others.
    pub async fn statement_notified(
        &self,
        wanted: StatementNotified,
        keyed: Keyed,
    ) -> Result<Reply, EngineError> {
        self.over_the_wire(keyed, async |asking| {
            let StatementNotified { request, integrator, summary } = wanted.clone();
            let id = Statements::id(&integrator, &request);
            let answered = asking.send::<Statements>(Statements::stream(id), true, |world| {
                let (integrator, request) = (integrator.clone(), request.clone());
                let (summary, at) = (summary.clone(), world.now());
                Command::Notify(Box::new(Notify { id, integrator, request, summary, at }))
            });
            answered.await.map(worded)
        })
        .await
    }

    /// Reads a statement again, the name of which is the request that notified it.
    pub async fn statement(
        &self,
        integrator: &IntegratorAccountId,
        request: &RequestId,
    ) -> Option<Box<paceline_domain::statement::Statement>> {
        let stream = Statements::stream(Statements::id(integrator, request));
        self.ask_inside::<Statements>(stream, Command::Look).await.facts().ok()
    }

    /// Reads a statement anew that stopped, or the answer to which Google refused: somebody has
    /// looked. What waits to be tried again is tried at once. `None` if there is no such statement.
    pub async fn read_statement_again(
        &self,
        integrator: &IntegratorAccountId,
        request: &RequestId,
    ) -> Option<Box<paceline_domain::statement::Statement>> {
        let stream = Statements::stream(Statements::id(integrator, request));
        let world = &self.0.world;
        let again = Command::ReadAgain { now: world.now() };
        let statement = self.ask_inside::<Statements>(stream, again).await.facts().ok()?;
        Statements::directory(world).tick(world, stream);
        Some(statement)
    }

    /// What is owed to Google and has not been heard, at most `limit` of it, the next to be tried
    /// first.
    ///
    /// # Errors
    /// [`EngineError`] if the log cannot be read.
    pub async fn notices_owed(&self, limit: usize) -> Result<Vec<Notice>, EngineError> {
        let mut owed = vec![];
        let mut after: Option<DueAt> = None;
        let until = notices_until(&self.0.world);
        loop {
            let page = self.0.world.read(move |log| log.due(until, after, DUE_PAGE));
            let page = match page.await.ok_or(EngineError::Stopped)? {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "what is owed cannot be read");
                    return Err(EngineError::Damaged);
                }
            };
            for due in page.iter().filter(|due| Kind::of(due.stream) == Some(Kind::Notice)) {
                if owed.len() >= limit {
                    return Ok(owed);
                }
                owed.extend(self.ask_inside::<Notices>(due.stream, notice::Command::Look).await);
            }
            match page.last() {
                Some(last) if page.len() == DUE_PAGE => after = Some(*last),
                _ => return Ok(owed),
            }
        }
    }

    /// Tells Google once more what it refused, or has heard: somebody has looked. What waits to be
    /// tried again is tried at once. `None` if there is no such notice.
    pub async fn send_again(&self, id: NoticeId) -> Option<Notice> {
        let again = notice::Command::SendAgain { now: self.0.world.now() };
        self.ask_inside::<Notices>(Notices::stream(id), again).await.ok()
    }
}
