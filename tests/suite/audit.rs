//! Tampering: each way to touch the chain, and that the entry is named. The other hand on the database is the `sqlite3` program.

use std::path::Path;
use std::process::Command;

use hankod::audit::export::{Export, Format};
use hankod::audit::verify::Finding::{self, Changed, CutOff, HeadFileLost, Removed, Reordered, Rewritten};
use hankod::audit::{self, AuditError, Event, Kind, Report};
use hankod::clock::Timestamp;
use hankod::store::{StateDir, Store};

const ENTRIES: u32 = 9;

async fn open(dir: &Path) -> Store {
    Store::open(StateDir::open(dir).unwrap()).await.unwrap()
}

async fn append(store: &Store, n: u32) {
    let event = Event::new(Timestamp::from_seconds(n.into()), Kind::LoginDone, "cli", "t").with("n", n);
    let write = store.write(move |tx| Box::pin(async move { audit::append(tx, &event).await.map(drop) }));
    write.await.map_err(|e: AuditError| e).unwrap();
}

/// A chain of [`ENTRIES`] entries, closed, then `tamper`ed with, then verified.
async fn verify_after(tamper: impl FnOnce(&Path)) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    let store = open(&state).await;
    for n in 1..=ENTRIES {
        append(&store, n).await;
    }
    store.close().await;
    tamper(&state);
    let store = open(&state).await;
    let report = audit::verify(&store).await.unwrap();
    store.close().await;
    report
}

fn sql(state: &Path, statements: &str) {
    let text = format!("PRAGMA ignore_check_constraints=on; {statements}");
    let done = Command::new("sqlite3")
        .arg(state.join("hankod.sqlite3"))
        .arg(text)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn an_untouched_chain_is_sound_to_its_end() {
    let report = verify_after(|_| {}).await;
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.witnessed), (9, 9));
}

#[tokio::test]
async fn every_way_of_tampering_is_named() {
    let cases: &[(&str, &[Finding])] = &[
        (
            "UPDATE audit_entries SET bytes = CAST(replace(CAST(bytes AS TEXT), 'cli', 'cla') AS BLOB) WHERE seq = 4",
            &[Changed { seq: 4 }],
        ),
        (
            "UPDATE audit_entries SET bytes = x'00' WHERE seq = 9",
            &[Changed { seq: 9 }],
        ),
        (
            "UPDATE audit_entries SET bytes = 7 WHERE seq = 2",
            &[Changed { seq: 2 }],
        ),
        (
            "UPDATE audit_entries SET hash = zeroblob(32) WHERE seq = 4",
            &[Changed { seq: 4 }],
        ),
        (
            "UPDATE audit_entries SET prev = zeroblob(32) WHERE seq = 4",
            &[Changed { seq: 4 }],
        ),
        (
            "UPDATE audit_entries SET at = at + 1 WHERE seq = 1",
            &[Changed { seq: 1 }],
        ),
        (
            "UPDATE audit_entries SET kind = 'pin_changed' WHERE seq = 1",
            &[Changed { seq: 1 }],
        ),
        ("DELETE FROM audit_entries WHERE seq = 1", &[Removed { from: 1, to: 1 }]),
        (
            "DELETE FROM audit_entries WHERE seq IN (4, 5, 7)",
            &[Removed { from: 4, to: 5 }, Removed { from: 7, to: 7 }],
        ),
        // Removed and the gap closed.
        (
            "DELETE FROM audit_entries WHERE seq = 4; UPDATE audit_entries SET seq = seq - 1 WHERE seq > 4",
            &[Removed { from: 4, to: 4 }],
        ),
        (
            "UPDATE audit_entries SET seq = 100 WHERE seq = 5; UPDATE audit_entries SET seq = 5 WHERE seq = 6; UPDATE audit_entries SET seq = 6 WHERE seq = 100",
            &[Reordered { seq: 5 }, Reordered { seq: 6 }],
        ),
        (
            "UPDATE audit_entries SET seq = 100 WHERE seq = 2",
            &[Reordered { seq: 2 }],
        ),
        ("DELETE FROM audit_entries WHERE seq = 9", &[CutOff { from: 9, to: 9 }]),
        ("DELETE FROM audit_entries WHERE seq > 3", &[CutOff { from: 4, to: 9 }]),
        ("DELETE FROM audit_entries", &[CutOff { from: 1, to: 9 }]),
        (
            "UPDATE audit_entries SET bytes = x'00' WHERE seq = 2; DELETE FROM audit_entries WHERE seq IN (5, 9)",
            &[
                Changed { seq: 2 },
                Removed { from: 5, to: 5 },
                CutOff { from: 9, to: 9 },
            ],
        ),
    ];
    for (statements, findings) in cases {
        let report = verify_after(|state| sql(state, statements)).await;
        assert_eq!(report.findings, *findings, "{statements}");
    }
}

/// One who knows the format replaces an entry and hashes it anew: the next one still names the old.
#[tokio::test]
async fn a_replaced_entry_is_named_even_with_a_fitting_hash() {
    let report = verify_after(|state| replace_from(state, 4, 4)).await;
    assert_eq!(report.findings, [Changed { seq: 4 }]);
    // The whole rest rewritten: only the witness of the head knows.
    let report = verify_after(|state| replace_from(state, 4, 9)).await;
    assert_eq!(report.findings, [Rewritten { seq: 9 }]);
}

fn replace_from(state: &Path, first: u32, last: u32) {
    let read = |column: &str, seq: u32| {
        let question = format!("SELECT hex({column}) FROM audit_entries WHERE seq = {seq}");
        let said = Command::new("sqlite3")
            .arg(state.join("hankod.sqlite3"))
            .arg(question)
            .output()
            .unwrap();
        hex::decode(String::from_utf8(said.stdout).unwrap().trim()).unwrap()
    };
    let mut prev: [u8; 32] = read("hash", first - 1).try_into().unwrap();
    for seq in first..=last {
        let bytes = String::from_utf8(read("bytes", seq)).unwrap().replace("cli", "cla");
        let hash = audit::chain_hash(&prev, bytes.as_bytes());
        let (b, p, h) = (hex::encode(&bytes), hex::encode(prev), hex::encode(hash));
        sql(
            state,
            &format!("UPDATE audit_entries SET bytes = x'{b}', prev = x'{p}', hash = x'{h}' WHERE seq = {seq}"),
        );
        prev = hash;
    }
}

#[tokio::test]
async fn a_lost_head_file_is_said() {
    let report = verify_after(|state| std::fs::remove_file(state.join("audit-head")).unwrap()).await;
    assert_eq!(report.findings, [HeadFileLost]);
    let report = verify_after(|state| std::fs::write(state.join("audit-head"), "x").unwrap()).await;
    assert_eq!(report.findings, [HeadFileLost]);
}

#[tokio::test]
async fn a_cut_stays_visible_when_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("s");
    let store = open(&state).await;
    for n in 1..=ENTRIES {
        append(&store, n).await;
    }
    store.close().await;
    sql(&state, "DELETE FROM audit_entries WHERE seq > 6");
    let store = open(&state).await;
    for n in 1..=ENTRIES {
        append(&store, n).await;
    }
    store.close().await;
    let store = open(&state).await;
    assert_eq!(audit::verify(&store).await.unwrap().findings, [Rewritten { seq: 9 }]);
    store.close().await;
}

#[tokio::test]
async fn the_documented_program_verifies_an_export() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("s")).await;
    for n in 1..=1_100 {
        append(&store, n).await;
    }
    let (mut export, mut text) = (Export::new(store.clone(), Format::JsonLines), String::new());
    while let Some(piece) = export.next().await.unwrap() {
        text.push_str(&piece);
    }
    let file = dir.path().join("audit.jsonl");
    std::fs::write(&file, &text).unwrap();
    let page = include_str!("../../docs/audit-format.md");
    let program = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let run = || {
        Command::new("python3")
            .args(["-c", program])
            .arg(&file)
            .output()
            .unwrap()
    };
    let said = String::from_utf8(run().stdout).unwrap();
    let head = store.chain_head().await.unwrap();
    assert_eq!(said.trim(), format!("1100 {}", hex::encode(head.hash)));
    std::fs::write(&file, text.replacen("\"n\":700}", "\"n\":701}", 1)).unwrap();
    assert!(!run().status.success());
    store.close().await;
}
