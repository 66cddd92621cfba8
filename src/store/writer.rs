//! The one writer: a task that commits what callers queued meanwhile as one group, and answers each after the commit.
//!
//! It never answers before the rows are on disk, and never lets one caller's refusal undo another's work.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use tokio::sync::{mpsc, oneshot};

use super::chain::HeadKeeper;
use super::dialect::{BEGIN, Connection};
use super::{MAX_GROUP, MAX_QUEUE, StoreError, Tx};

/// What [`super::Store::write`] runs.
pub type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

type Run = Box<
    dyn for<'t> FnOnce(Result<&'t mut Tx, StoreError>) -> Pin<Box<dyn Future<Output = Outcome> + Send + 't>> + Send,
>;

pub(super) enum Message {
    Job(Run),
    Close(oneshot::Sender<()>),
}

/// A finished piece of work whose caller has not been answered yet.
pub(super) struct Outcome {
    kept: bool,
    /// Answers the caller, with the group's failure if there was one.
    answer: Box<dyn FnOnce(Option<StoreError>) + Send>,
}

/// Wraps work for the queue; the receiver gets its answer after the commit.
pub(super) fn job<T, E, F>(work: F) -> (Message, oneshot::Receiver<Result<T, E>>)
where
    F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let run: Run = Box::new(move |tx| {
        Box::pin(async move {
            let result = match tx {
                Ok(tx) => work(tx).await,
                Err(error) => Err(error.into()),
            };
            Outcome {
                kept: result.is_ok(),
                answer: Box::new(move |failure| {
                    let result = match failure {
                        Some(failure) => result.and(Err(failure.into())),
                        None => result,
                    };
                    // The caller may be gone; its work is done all the same.
                    let _ = sender.send(result);
                }),
            }
        })
    });
    (Message::Job(run), receiver)
}

/// Starts the writer on its connection.
pub(super) fn start(connection: Connection, keeper: HeadKeeper, path: PathBuf) -> mpsc::Sender<Message> {
    let (sender, receiver) = mpsc::channel(MAX_QUEUE);
    tokio::spawn(serve(Tx::new(connection, path), keeper, receiver));
    sender
}

async fn serve(mut tx: Tx, keeper: HeadKeeper, mut queue: mpsc::Receiver<Message>) {
    let mut closing = None;
    while closing.is_none()
        && let Some(first) = queue.recv().await
    {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(run) => group.push(run),
                Message::Close(done) => closing = Some(done),
            }
            let room = closing.is_none() && group.len() < MAX_GROUP;
            next = if room { queue.try_recv().ok() } else { None };
        }
        commit_group(&mut tx, group, &keeper).await;
    }
    // What is still queued finds the channel closed and answers `state_closed`.
    drop(queue);
    if let Err(error) = sqlx::Connection::close(tx.connection).await {
        log::warn!(code = "state_close_failed", reason:% = error; "the database did not close cleanly");
    }
    // The last head is copied by a thread; waiting for it may block.
    let _ = tokio::task::spawn_blocking(move || drop(keeper)).await;
    if let Some(done) = closing {
        let _ = done.send(());
    }
}

async fn commit_group(tx: &mut Tx, group: Vec<Run>, keeper: &HeadKeeper) {
    if group.is_empty() {
        return;
    }
    (tx.head, tx.fault) = (None, None);
    let mut outcomes = Vec::with_capacity(group.len());
    let result = match tx.control(BEGIN).await {
        Ok(()) => run_group(tx, group, &mut outcomes).await,
        Err(error) => {
            for run in group {
                outcomes.push(run(Err(error.clone())).await);
            }
            Err(error)
        }
    };
    if result.is_err() {
        // SQLite may have rolled back by itself; a second time does no harm.
        let _ = tx.control("ROLLBACK").await;
    } else if let Some(head) = tx.head {
        keeper.advance(head);
    }
    for outcome in outcomes {
        (outcome.answer)(result.clone().err());
    }
}

/// Runs every piece between savepoints and commits. A single piece needs none: it is the whole transaction.
async fn run_group(tx: &mut Tx, group: Vec<Run>, outcomes: &mut Vec<Outcome>) -> Result<(), StoreError> {
    let alone = group.len() == 1;
    for run in group {
        let before = tx.head;
        if let (false, None) = (alone, &tx.fault) {
            let _ = tx.control("SAVEPOINT piece").await;
        }
        let given = match tx.fault.clone() {
            None => Ok(&mut *tx),
            Some(fault) => Err(fault),
        };
        let outcome = run(given).await;
        let kept = outcome.kept;
        outcomes.push(outcome);
        if tx.fault.is_some() {
            continue;
        }
        if !kept {
            tx.head = before;
            let undo = if alone {
                "ROLLBACK"
            } else {
                "ROLLBACK TO SAVEPOINT piece"
            };
            let _ = tx.control(undo).await;
        }
        if alone && !kept {
            return Ok(());
        }
        if !alone {
            let _ = tx.control("RELEASE SAVEPOINT piece").await;
        }
    }
    match tx.fault.clone() {
        Some(fault) => Err(fault),
        None => tx.control("COMMIT").await,
    }
}
