//! Operations that a killed process left open: ended with what is known of them, so that the log has no loose end.
//!
//! Only for the process that holds the folder's tokens: nobody else can be in the middle of one.

use super::App;
use super::failure::Failure;
use crate::audit::{self, AuditError, Event, Kind};
use crate::store::{Attempt, AttemptState, Ending, Operation, OperationState};

/// The error code of an operation that its process did not end.
const INTERRUPTED: &str = "interrupted";

impl App {
    /// Ends every open operation as failed; an attempt whose outcome nobody wrote is unknown.
    ///
    /// # Errors
    /// What the state refused.
    pub(crate) async fn end_interrupted(&self) -> Result<(), Failure> {
        for operation in self.store().open_operations().await? {
            self.end(operation).await?;
        }
        Ok(())
    }

    async fn end(&self, operation: Operation) -> Result<(), Failure> {
        let mut open: Vec<(u32, Attempt)> = Vec::new();
        for item in self.store().items(&operation.id).await? {
            let attempts = self.store().attempts(&operation.id, item.number).await?;
            let unended = attempts
                .into_iter()
                .filter(|attempt| attempt.state == AttemptState::Intended);
            open.extend(unended.map(|attempt| (item.number, attempt)));
        }
        let at = self.now();
        let written = self.store().write(move |tx| {
            Box::pin(async move {
                let Operation { id, caller, .. } = operation;
                for (item, attempt) in open {
                    tx.end_attempt(&id, item, attempt.number, Ending::Unknown, at).await?;
                    tx.fail_item(&id, item, INTERRUPTED).await?;
                    let event = Event::new(at, Kind::SignatureUnknown, &*caller, &*id);
                    let event = event
                        .with("item", item)
                        .with("attempt", attempt.number)
                        .with("error", INTERRUPTED);
                    audit::append(tx, &event).await?;
                }
                tx.end_operation(&id, OperationState::Failed, Some(INTERRUPTED), at)
                    .await?;
                let event = Event::new(at, Kind::OperationEnded, &*caller, &*id)
                    .with("state", OperationState::Failed.name())
                    .with("error", INTERRUPTED);
                audit::append(tx, &event).await?;
                Ok::<_, AuditError>(())
            })
        });
        Ok(written.await?)
    }
}
