//! The store as a whole: what was acknowledged is on disk, whatever ends the process.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hankod::audit::{self, AuditError, Event, Kind};
use hankod::clock::Timestamp;
use hankod::store::{NewAttempts, NewOperation, OperationState, Release, StateDir, Store, StoreError};
use hankod::text::Explain;

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
    let new = NewAttempts {
        operation: operation.to_owned(),
        credential: [4; 32],
        digests: vec![(item, vec![5; 32])],
        at: at(1),
    };
    let numbers = store
        .write(move |tx| Box::pin(async move { tx.begin_attempts(&new).await }))
        .await?;
    assert_eq!(numbers.len(), 1);
    Ok(numbers[0])
}

async fn release(store: &Store, operation: &str, item: u32, number: u32) -> Result<(), StoreError> {
    let operation = operation.to_owned();
    let release = Release {
        item,
        number,
        output: [6; 32],
    };
    store
        .write(move |tx| Box::pin(async move { tx.release(&operation, &[release], at(3)).await }))
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
    release(&store, "o", 1, second).await.unwrap();
    let again = release(&store, "o", 1, third).await;
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

/// Not a test by itself: what the tests below start as a process of its own, by running this very binary.
#[tokio::test]
async fn child() {
    let (Ok(dir), Ok(role)) = (std::env::var("HANKOD_STORE_DIR"), std::env::var("HANKOD_STORE_CHILD")) else {
        return;
    };
    if role == "serve" {
        let _lock = StateDir::open(dir.as_ref()).unwrap().lock_for_serving().unwrap();
        say("held");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let store = open(dir.as_ref()).await;
    let writers = (0..8).map(|writer| tokio::spawn(write_until_refused(store.clone(), writer)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// Each write is an operation and its audit entry; its id is said only after it was acknowledged.
async fn write_until_refused(store: Store, writer: u32) {
    for n in 0.. {
        let id = format!("{}-{writer}-{n}", std::process::id());
        match record(&store, &id).await {
            Ok(()) => say(&format!("ack {id}")),
            Err(error) => return say(&format!("refused {}", error.code())),
        }
    }
}

async fn record(store: &Store, id: &str) -> Result<(), AuditError> {
    let (new, event) = (operation(id), Event::new(at(0), Kind::OperationBegun, "cli", id));
    store
        .write(move |tx| {
            Box::pin(async move {
                // The entry first: when the operation is refused, it must go too.
                audit::append(tx, &event).await?;
                tx.begin_operation(&new).await?;
                Ok(())
            })
        })
        .await
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

/// Starts this binary as [`child`], under a shell command that ends in `exec`.
fn start(shell: &str, dir: &Path, role: &str) -> Child {
    Command::new("sh")
        .args(["-c", shell])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "store::child", "--nocapture", "--test-threads=1"])
        .env("HANKOD_STORE_DIR", dir)
        .env("HANKOD_STORE_CHILD", role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

const PLAIN: &str = "exec \"$0\" \"$@\"";

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap)
}

fn acknowledged(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines
        .filter_map(|line| Some(line.strip_prefix("ack ")?.to_owned()))
        .collect()
}

/// Everything acknowledged is there, and nothing is there by half.
async fn check_whole(store: &Store, acknowledged: &[String]) {
    for id in acknowledged {
        assert!(
            store.operation(id).await.unwrap().is_some(),
            "{id} was acknowledged and is lost"
        );
        assert_eq!(store.items(id).await.unwrap().len(), 2);
    }
    let operations = store.open_operations().await.unwrap().len() as u64;
    let report = audit::verify(store).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(
        report.entries, operations,
        "an operation without its audit entry, or the other way round"
    );
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    for round in [1, 60, 200] {
        let mut child = start(PLAIN, &state, "write");
        let mut said = lines(&mut child);
        let mut acknowledged = acknowledged(said.by_ref().take_while({
            let mut seen = 0;
            move |line| {
                seen += u32::from(line.starts_with("ack "));
                seen <= round
            }
        }));
        child.kill().unwrap();
        acknowledged.extend(self::acknowledged(said));
        child.wait().unwrap();
        let store = open(&state).await;
        assert!(acknowledged.len() >= round as usize);
        check_whole(&store, &acknowledged).await;
        record(&store, &format!("after {round}")).await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_kept_by_half() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    // A file size limit refuses writes as a full disk does; ignoring its signal makes it an error.
    let mut child = start("trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"", &state, "write");
    let said: Vec<String> = lines(&mut child).collect();
    child.wait().unwrap();
    let refused: Vec<&String> = said.iter().filter(|line| line.starts_with("refused ")).collect();
    assert_eq!(refused, ["refused state_disk_full"; 8]);
    let acknowledged = acknowledged(said.into_iter());
    assert!(acknowledged.len() > 100, "only {}", acknowledged.len());
    let store = open(&state).await;
    check_whole(&store, &acknowledged).await;
    record(&store, "after").await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn two_processes_share_the_folder_and_its_one_chain() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    let mut child = start(PLAIN, &state, "write");
    let mut said = lines(&mut child);
    let mut theirs = acknowledged(said.by_ref().take(20));
    let store = open(&state).await;
    let mut ours = Vec::new();
    for n in 0..50 {
        let id = format!("ours {n}");
        record(&store, &id).await.unwrap();
        ours.push(id);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    theirs.extend(acknowledged(said));
    theirs.extend(ours);
    check_whole(&store, &theirs).await;
    store.close().await;
}

#[tokio::test]
async fn a_second_serve_names_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    let mut child = start(PLAIN, &state, "serve");
    assert!(lines(&mut child).any(|line| line == "held"));
    let folder = StateDir::open(&state).unwrap();
    let refused = folder.lock_for_serving();
    assert!(
        matches!(&refused, Err(StoreError::InUse { pid, .. }) if *pid == child.id()),
        "{refused:?}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    folder.lock_for_serving().unwrap();
}

#[tokio::test]
async fn one_refusal_in_a_group_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    let ids = ["a", "b", "a", "c", "b", "d"];
    let writes = ids.map(|id| {
        let store = store.clone();
        tokio::spawn(async move { record(&store, id).await })
    });
    let mut kept = 0;
    for write in writes {
        match write.await.unwrap() {
            Ok(()) => kept += 1,
            Err(error) => assert_eq!(error.code(), "state_exists"),
        }
    }
    assert_eq!(kept, 4);
    check_whole(&store, &["a", "b", "c", "d"].map(str::to_owned)).await;
    store.close().await;
    assert_eq!(record(&store, "e").await.unwrap_err().code(), "state_closed");
}

#[tokio::test]
async fn a_blob_lies_under_its_digest_and_orphans_are_swept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    let kept = store.keep_bytes(b"kept".to_vec()).await.unwrap();
    let orphan = store.keep_bytes(b"orphan".to_vec()).await.unwrap();
    store
        .write(move |tx| Box::pin(async move { tx.add_blob(&kept, at(0)).await }))
        .await
        .unwrap();
    let mut temp = store.temp_file().unwrap();
    temp.file().write_all(b"12345").unwrap();
    let refused = store.keep_blob(temp, 4).await;
    assert!(matches!(refused, Err(StoreError::TooLarge { max_bytes: 4 })));
    let held = store.temp_file().unwrap();
    std::fs::write(store.dir().path().join("tmp/1-other-0"), "").unwrap();
    std::fs::write(
        store.dir().path().join(format!("tmp/{}-earlier-0", std::process::id())),
        "",
    )
    .unwrap();
    let now = Timestamp::from_system(std::time::SystemTime::now());
    let early = store.sweep(now).await.unwrap();
    assert_eq!(early.orphans, 0, "a fresh blob may belong to a transaction under way");
    let swept = store
        .sweep(now.plus(std::time::Duration::from_secs(7200)))
        .await
        .unwrap();
    assert_eq!(swept.orphans, 1);
    assert!(
        held.path().exists()
            && !store
                .dir()
                .path()
                .join(format!("tmp/{}-earlier-0", std::process::id()))
                .exists()
    );
    store.check_blob(&kept.sha256).await.unwrap();
    assert!(matches!(
        store.open_blob(&orphan.sha256),
        Err(StoreError::NotFound { .. })
    ));
    let name = hex::encode(kept.sha256);
    std::fs::write(store.dir().path().join("blobs").join(&name[..2]).join(&name), "kepT").unwrap();
    assert!(matches!(
        store.check_blob(&kept.sha256).await,
        Err(StoreError::Damaged { .. })
    ));
    store.close().await;
}
