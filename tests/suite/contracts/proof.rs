//! What others get to check a concluded contract by themselves: the evidence ZIP with its own instructions, the verifier for anybody, renewed evidence.

use super::certificate::said;
use super::stage::{Stage, two_signers};
use super::text;
use crate::support::http::{Request, Response};
use crate::support::judges::pyhanko;
use crate::support::run;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Unpacked, every command of both instructions is run as it stands there, by a shell that knows nothing of the server.
#[test]
fn the_evidence_is_checked_by_the_commands_that_it_brings() {
    let stage = Stage::start("evidence", "");
    let (id, told) = stage.concluded(&two_signers());
    let answer = stage
        .office
        .send(Request::new("GET", &format!("/v1/contracts/{id}/evidence")));
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/zip"))
    );
    let zip = stage.office.holder.document("evidence.zip", &answer.body);
    let folder = stage.office.holder.dir.join("unpacked");
    let unpacked = run(Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&folder), "");
    assert!(unpacked.ok, "{unpacked:?}");
    let bin = Path::new(env!("CARGO_BIN_EXE_hankod")).parent().unwrap();
    for readme in ["README.ja.txt", "README.en.txt"] {
        let text = std::fs::read_to_string(folder.join(readme)).unwrap();
        assert!(text.contains("業務委託契約書") && text.contains("0000001"), "{text}");
        let commands: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("    ")).collect();
        assert_eq!(commands.len(), 2, "{text}");
        for command in commands {
            let mut shell = Command::new("sh");
            shell.env_clear().env("HOME", &folder).current_dir(&folder);
            shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
            let ran = run(shell.args(["-c", command]), "");
            assert!(ran.ok, "{command}: {ran:?}");
        }
    }
    // Nothing that opens anything stands in it.
    let texts =
        ["contract.json", "events.json", "audit.jsonl"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    let link = told[0].link();
    assert!(texts.iter().all(|text| !text.contains(&link)));
    let acts = |text: &str| text.matches("\"act\":").count();
    assert!(
        acts(&texts[1]) >= 7 && texts[2].lines().count() >= acts(&texts[1]),
        "{texts:?}"
    );
    for line in texts[2].lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let entry = &line["entry"];
        let ours = entry["subject"] == id || text(&entry["actor"]).starts_with(&format!("signer:{id}/"));
        assert!(ours && line["hash"].is_string(), "{line}");
    }
    // One changed byte of a document is found by both commands.
    let document = std::fs::read_dir(folder.join("documents"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&document).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    std::fs::write(&document, bytes).unwrap();
    let mut sums = Command::new("sha256sum");
    assert!(!run(sums.args(["-c", "SHA256SUMS"]).current_dir(&folder), "").ok);
    assert_eq!(
        stage
            .office
            .refused(Request::new("GET", "/v1/contracts/0123/evidence"))
            .0,
        404
    );
}

/// What anybody is told about a file; without a key.
fn verified(stage: &Stage, query: &str, pdf: &[u8]) -> Response {
    let request = Request::new("POST", &format!("/v1/verify{query}")).body("application/pdf", pdf);
    request.send(stage.office.daemon.port())
}

/// S9, S51: for anybody, without an account, telling of a contract no more than which file of it this is; nothing is kept.
#[test]
fn anybody_verifies_and_learns_which_file_it_is_and_no_name() {
    let stage = Stage::start("anybody", "");
    let (id, _) = stage.concluded(&two_signers());
    let view = stage.office.get(&format!("/v1/contracts/{id}"));
    let query = format!("?certificate_id={}", text(&view["certificate_id"]));
    let read = |path: &Path| std::fs::read(path).unwrap();
    let concluded = read(&stage.file(&id, 1));
    let attachment = read(&stage.file(&id, 2));
    let certificate = read(&stage.certificate(&id));
    let uploads = || std::fs::read_dir(stage.office.holder.state().join("uploads")).map_or(0, Iterator::count);
    let before = uploads();
    let file = |query: &str, pdf: &[u8]| {
        let answer = verified(&stage, query, pdf);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let said = answer.json();
        (text(&said["files"][0]["verdict"]), said["contract_file"].clone())
    };
    assert_eq!(file(&query, &concluded), ("TOTAL-PASSED".into(), json!("concluded")));
    assert_eq!(
        file(&query, &certificate),
        ("TOTAL-PASSED".into(), json!("certificate"))
    );
    assert_eq!(file(&query, &attachment), ("INDETERMINATE".into(), json!("attachment")));
    assert_eq!(file("", &concluded), ("TOTAL-PASSED".into(), Value::Null));
    // The file as it was sent out, and one of nobody.
    let prepared = &concluded[..concluded.len() / 2];
    assert_eq!(file(&query, prepared).1, "unknown");
    let other = "?certificate_id=00000000000000000000000000000000";
    assert_eq!(file(other, &concluded), ("TOTAL-PASSED".into(), json!("unknown")));
    let mut altered = concluded.clone();
    let at = altered.len() / 3;
    altered[at] ^= 1;
    let (verdict, known) = file(&query, &altered);
    assert!(verdict != "TOTAL-PASSED" && known == "unknown");
    let told = verified(&stage, &query, &attachment);
    let told = told.text();
    assert!(!told.contains("甲野") && !told.contains("見本市"), "{told}");
    assert_eq!(uploads(), before, "an upload was kept");
    // A strange page's script may not ask in a visitor's name.
    let strange = Request::new("POST", "/v1/verify").header("Origin", "https://evil.example");
    assert_eq!(
        strange
            .body("application/pdf", attachment.as_slice())
            .send(stage.office.daemon.port())
            .status,
        403
    );
    // So many a minute and no more: the next one is told to wait.
    let refused = (0..60)
        .map(|_| verified(&stage, "", b"x"))
        .find(|answer| answer.status == 429);
    assert_eq!(super::code(&refused.unwrap()), (429, "client_too_often".into()));
}

/// S51: what was concluded is renewed before its evidence ends; the file that was handed out is the beginning of the new one.
#[test]
fn the_evidence_of_a_concluded_contract_is_renewed() {
    let stage = Stage::start("renewed", "[renewal]\nmargin_days = 3650\n");
    let (id, _) = stage.concluded(&two_signers());
    let path = format!("/v1/contracts/{id}");
    let before = [stage.file(&id, 1), stage.certificate(&id)].map(|path| std::fs::read(path).unwrap());
    let due = stage.office.holder.run(&["extend", "--due", "--format", "json"]);
    assert!(due.ok, "{due:?}");
    let report: Value = serde_json::from_str(&due.stdout).unwrap();
    let kept = report["work"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["kind"] == "keep");
    assert_eq!(kept.filter(|one| one["state"] == "done").count(), 2, "{report:#}");
    let after = [stage.file(&id, 1), stage.certificate(&id)];
    let view = stage.office.get(&path);
    assert_eq!((&view["state"], &view["level"]), (&json!("concluded"), &json!("b-lta")));
    for (before, after) in before.iter().zip(&after) {
        let bytes = std::fs::read(after).unwrap();
        assert!(bytes.len() > before.len() && bytes.starts_with(before));
        let judged = pyhanko(after, &stage.office.holder.root()).unwrap();
        assert!(judged.iter().all(|one| one.bottom_line), "{judged:?}");
    }
    // The one that was handed out is still known.
    let query = format!("?certificate_id={}", text(&view["certificate_id"]));
    for (pdf, wanted) in [(&before[0], "concluded"), (&before[1], "certificate")] {
        assert_eq!(verified(&stage, &query, pdf).json()["contract_file"], wanted);
    }
    assert!(said("pdfinfo", &["-meta"], &after[1]).contains("<pdfuaid:part>1</pdfuaid:part>"));
}
