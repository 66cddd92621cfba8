//! The table of jobs under two openings of one database, as two processes have it; time is given, so leases end when the test says.

use hankod::clock::Timestamp;
use hankod::store::blob::Blob;
use hankod::store::{Claim, Job, JobState, Lease, Moved, NewJob, Put, StateDir, Store, StoreError};

const KIND: &str = "augment";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_399_200 + seconds)
}

/// Two openings of one state folder.
struct Two {
    here: Store,
    there: Store,
    _dir: tempfile::TempDir,
}

impl Two {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let open = || async {
            Store::open(StateDir::open(&dir.path().join("s")).unwrap())
                .await
                .unwrap()
        };
        Self {
            here: open().await,
            there: open().await,
            _dir: dir,
        }
    }
}

async fn put(store: &Store, key: &str, priority: i32, version: u32, not_before: i64) -> Put {
    let new = NewJob {
        id: format!("id-{key}"),
        kind: KIND,
        key: key.to_owned(),
        version,
        payload: "{}".to_owned(),
        step: "stamp",
        priority,
        at: at(0),
        not_before: at(not_before),
    };
    store
        .write(move |tx| Box::pin(async move { tx.put_job(&new).await }))
        .await
        .unwrap()
}

/// Keys of what `owner` gets at that second, for a minute.
async fn claim(store: &Store, owner: &str, second: i64, unanswered: std::ops::Range<u32>, count: usize) -> Vec<Job> {
    let claim = Claim {
        kind: KIND,
        max_version: 1,
        min_unanswered: unanswered.start,
        max_unanswered: unanswered.end,
        count,
        owner: owner.to_owned(),
        at: at(second),
        until: at(second + 60),
    };
    store
        .write(move |tx| Box::pin(async move { tx.claim_jobs(&claim).await }))
        .await
        .unwrap()
}

fn keys(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.key.as_str()).collect()
}

async fn answer(store: &Store, lease: Lease, moved: Moved) -> Result<Job, StoreError> {
    store
        .write(move |tx| Box::pin(async move { tx.move_job(&lease, &moved).await }))
        .await
}

fn done(second: i64) -> Moved {
    Moved {
        state: JobState::Done,
        next: None,
        attempts: 0,
        not_before: at(second),
        reason: None,
        detail: None,
        hold: None,
        at: at(second),
    }
}

#[tokio::test]
async fn the_same_work_is_put_once_and_the_urgent_goes_first() {
    let two = Two::open().await;
    for (key, priority, version, not_before) in [
        ("late", 0, 1, 50),
        ("low", 0, 1, 5),
        ("high", 9, 1, 9),
        ("first", 0, 1, 1),
        ("newer", 9, 2, 0),
        ("next", 0, 1, 6),
    ] {
        assert_eq!(
            put(&two.here, key, priority, version, not_before).await,
            Put::New(format!("id-{key}"))
        );
    }
    assert!(
        matches!(put(&two.there, "low", 5, 1, 0).await, Put::Known(job) if job.priority == 0 && job.state == JobState::Open)
    );
    assert_eq!(two.here.next_job(KIND, 1).await.unwrap(), Some(at(1)));
    assert_eq!(two.here.next_job("other", 1).await.unwrap(), None);
    let first = claim(&two.here, "a", 10, 0..9, 2).await;
    let second = claim(&two.there, "b", 10, 0..9, 9).await;
    assert_eq!(
        (keys(&first), keys(&second)),
        (vec!["high", "first"], vec!["low", "next"])
    );
    assert!(claim(&two.here, "a", 10, 0..9, 9).await.is_empty());
    assert_eq!(two.here.next_job(KIND, 1).await.unwrap(), Some(at(50)));
}

#[tokio::test]
async fn a_lease_that_ended_is_taken_over_and_its_late_answer_refused() {
    let two = Two::open().await;
    put(&two.here, "k", 0, 1, 0).await;
    let early = claim(&two.here, "a", 0, 0..9, 1).await.remove(0);
    assert!(claim(&two.there, "b", 59, 0..9, 1).await.is_empty());
    // A worker that gives signs of life keeps it.
    let lease = early.lease();
    two.here
        .write(move |tx| Box::pin(async move { tx.keep_lease(&lease, at(120)).await }))
        .await
        .unwrap();
    assert!(claim(&two.there, "b", 119, 0..9, 1).await.is_empty());
    assert_eq!(two.there.next_job(KIND, 1).await.unwrap(), Some(at(120)));
    let late = claim(&two.there, "b", 120, 0..9, 1).await.remove(0);
    assert_eq!((late.unanswered, late.lease), (2, early.lease + 1));

    let refused = answer(&two.here, early.lease(), done(121)).await.unwrap_err();
    assert!(refused.is_lost_lease());
    let lease = early.lease();
    let kept = two
        .here
        .write(move |tx| Box::pin(async move { tx.keep_lease(&lease, at(999)).await }))
        .await;
    assert!(kept.unwrap_err().is_lost_lease());
    assert_eq!(
        answer(&two.there, late.lease(), done(122)).await.unwrap().state,
        JobState::Done
    );
    assert!(
        answer(&two.there, late.lease(), done(123))
            .await
            .unwrap_err()
            .is_lost_lease()
    );
    assert!(claim(&two.here, "a", 999, 0..9, 1).await.is_empty());
}

#[tokio::test]
async fn unanswered_leases_are_counted_until_there_is_an_answer() {
    let two = Two::open().await;
    put(&two.here, "k", 0, 1, 0).await;
    for n in 1..=3 {
        let job = claim(&two.here, "a", n, 0..9, 1).await.remove(0);
        assert_eq!(i64::from(job.unanswered), n);
        let ended = two.there.write(|tx| Box::pin(async move { tx.end_leases("a").await }));
        let ended: Result<u64, StoreError> = ended.await;
        assert_eq!(ended.unwrap(), 1);
    }
    assert!(claim(&two.here, "a", 9, 0..3, 1).await.is_empty(), "it is suspect");
    let job = claim(&two.here, "a", 9, 3..9, 1).await.remove(0);
    let goes_on = Moved {
        state: JobState::Open,
        next: Some(("deliver", 1, "{\"a\":1}".to_owned())),
        hold: Some(at(90)),
        ..done(10)
    };
    let job = answer(&two.here, job.lease(), goes_on).await.unwrap();
    assert_eq!((&*job.step, &*job.payload, job.unanswered), ("deliver", "{\"a\":1}", 0));
    assert_eq!((job.owner.as_deref(), job.lease_until), (Some("a"), Some(at(90))));
}

#[tokio::test]
async fn what_is_called_off_takes_no_answer_and_can_be_opened_again() {
    let two = Two::open().await;
    put(&two.here, "k", 0, 1, 100).await;
    let hurried = two
        .here
        .write(|tx| Box::pin(async move { tx.hurry_jobs(KIND, at(5)).await }));
    let hurried: Result<u64, StoreError> = hurried.await;
    assert_eq!(hurried.unwrap(), 1);
    let job = claim(&two.here, "a", 5, 0..9, 1).await.remove(0);
    let cancel = || {
        two.there
            .write(|tx| Box::pin(async move { tx.cancel_job("id-k", at(6)).await }))
    };
    let _: () = cancel().await.unwrap();
    assert!(matches!(cancel().await, Err(StoreError::NotFound { what: "job" })));
    assert!(
        answer(&two.here, job.lease(), done(7))
            .await
            .unwrap_err()
            .is_lost_lease()
    );
    assert_eq!(
        two.here.job_of(KIND, "k").await.unwrap().unwrap().state,
        JobState::Cancelled
    );
    let _: Result<(), StoreError> = two
        .here
        .write(|tx| Box::pin(async move { tx.reopen_job("id-k", at(8)).await }))
        .await;
    assert_eq!(keys(&claim(&two.here, "a", 8, 0..9, 1).await), ["k"]);
}

#[tokio::test]
async fn documents_are_kept_as_long_as_a_job_needs_them() {
    let two = Two::open().await;
    let blobs: Vec<Blob> = [1, 2]
        .map(|n| Blob {
            sha256: [n; 32],
            bytes: 1,
        })
        .to_vec();
    for key in ["k", "l"] {
        put(&two.here, key, 0, 1, 0).await;
        let blobs = blobs.clone();
        let held = two.here.write(move |tx| {
            Box::pin(async move {
                for blob in &blobs {
                    tx.add_blob(blob, at(0)).await?;
                    tx.hold_blob(&format!("id-{key}"), &blob.sha256).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        held.await.unwrap();
    }
    let rows = async || {
        let mut known = Vec::new();
        for n in [1, 2] {
            known.push(two.there.knows_blob(&[n; 32]).await.unwrap());
        }
        known
    };
    let drop = |id: &'static str, keep: Option<[u8; 32]>| {
        two.here
            .write(move |tx| Box::pin(async move { tx.drop_blobs(id, keep.as_ref()).await }))
    };
    let _: () = drop("id-k", Some([2; 32])).await.unwrap();
    assert_eq!(rows().await, [true, true], "the other still needs both");
    let _: () = drop("id-l", None).await.unwrap();
    assert_eq!(rows().await, [false, true]);
    let lease = claim(&two.here, "a", 1, 0..9, 9).await.remove(0).lease();
    assert_eq!(lease.job, "id-k");
    answer(&two.here, lease, done(2)).await.unwrap();
    let forget = |second| {
        two.here
            .write(move |tx| Box::pin(async move { tx.forget_jobs(at(second), 10).await }))
    };
    let counts: [Result<usize, StoreError>; 2] = [forget(2).await, forget(3).await];
    assert_eq!(counts.map(Result::unwrap), [0, 1]);
    assert_eq!(rows().await, [false, false]);
    assert!(two.here.job("id-k").await.unwrap().is_none() && two.here.job("id-l").await.unwrap().is_some());
}
