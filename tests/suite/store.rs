//! The store as a whole: what was acknowledged is on disk, whatever ends the process.

use hankod::clock::Timestamp;
use hankod::store::{Ending, NewAttempt, NewOperation, OperationState, StateDir, Store, StoreError};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_399_200 + seconds)
}

async fn open(dir: &std::path::Path) -> Store {
    Store::open(StateDir::open(dir).unwrap()).await.unwrap()
}

fn operation(id: &str) -> NewOperation {
    NewOperation {
        id: id.to_owned(),
        caller: "cli".to_owned(),
        shown: [1; 32],
        inputs: vec![[2; 32], [3; 32]],
        at: at(0),
    }
}

async fn attempt(store: &Store, operation: &str, item: u32) -> Result<u32, StoreError> {
    let new = NewAttempt {
        operation: operation.to_owned(),
        item,
        credential: [4; 32],
        digest: vec![5; 32],
        at: at(1),
    };
    store
        .write(move |tx| Box::pin(async move { tx.begin_attempt(&new).await }))
        .await
}

async fn sign_and_release(store: &Store, operation: &str, item: u32, number: u32) -> Result<(), StoreError> {
    let operation = operation.to_owned();
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.end_attempt(&operation, item, number, Ending::Signed, at(2)).await?;
                tx.release(&operation, item, number, &[6; 32], at(3)).await
            })
        })
        .await
}

#[tokio::test]
async fn one_signature_of_an_item_is_released() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    let new = operation("o");
    store
        .write(move |tx| Box::pin(async move { tx.begin_operation(&new).await }))
        .await
        .unwrap();
    // The worker died on the first attempt; both of two further ones sign.
    let first = attempt(&store, "o", 1).await.unwrap();
    let second = attempt(&store, "o", 1).await.unwrap();
    let third = attempt(&store, "o", 1).await.unwrap();
    assert_eq!((first, second, third), (1, 2, 3));
    sign_and_release(&store, "o", 1, second).await.unwrap();
    let again = sign_and_release(&store, "o", 1, third).await;
    assert!(
        matches!(again, Err(StoreError::AlreadyReleased { item: 1, .. })),
        "{again:?}"
    );
    let more = attempt(&store, "o", 1).await;
    assert!(matches!(more, Err(StoreError::AlreadyReleased { .. })), "{more:?}");
    let other = attempt(&store, "o", 3).await;
    assert!(matches!(other, Err(StoreError::NotFound { .. })), "{other:?}");
    let states: Vec<_> = store
        .attempts("o", 1)
        .await
        .unwrap()
        .iter()
        .map(|a| a.state.name())
        .collect();
    assert_eq!(states, ["intended", "released", "intended"]);
    let open = store.open_operations().await.unwrap();
    assert_eq!(
        (open.len(), open[0].item_count, open[0].state),
        (1, 2, OperationState::Open)
    );
    store.close().await;
}
