//! `hankod extend --due` for archives: what is due is told and renewed, what is not ours any more is left alone.

use super::{Scene, file};
use crate::support::ahead::days_ahead;
use crate::support::authority::Mode;
use crate::support::ca::{self, IssueRequest};
use crate::support::judges::pyhanko_ltv;
use crate::support::tsa::{self, Tsa};
use crate::support::{Ran, run};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// A scene whose archives end in 1,500 days, and a TSA whose timestamps last for 3,000.
struct Archive {
    scene: Scene,
    tsa: Tsa,
}

impl Archive {
    /// `more` of the table `[renewal]`, `quota` of the TSA.
    fn new(more: &str, quota: &str) -> Self {
        let scene = Scene::new(Mode::Delegated);
        let [ocsp, crl] = scene.authority.urls();
        let request = IssueRequest {
            subject: &[("C", "JP"), ("O", "試験時刻認証局"), ("CN", "TSA 2")],
            key_usage: &[ca::DIGITAL_SIGNATURE],
            extended_key_usage: &["1.3.6.1.5.5.7.3.8"],
            extended_key_usage_critical: true,
            ocsp_url: Some(&ocsp),
            crl_url: Some(&crl),
            days: (-1, 3000),
            ..IssueRequest::default()
        };
        let tsa = Tsa::with_certificate(scene.holder.ca(), tsa::Mode::Good, &request);
        scene.authority.knows(tsa.certificate().der());
        scene.holder.behave(&format!(
            "[trust]\nanchors = [\"root.pem\"]\n[network]\nallow_private = [\"{}\"]\n[renewal]\n{more}\n[[tsa]]\nurl = \"{}\"\n{quota}\n",
            scene.authority.place(),
            tsa.url()
        ));
        Self { scene, tsa }
    }

    fn archive(&self, name: &str) -> Vec<u8> {
        assert_eq!(file(&self.scene.sign(name, "b-lta"))["level"], "b-lta");
        self.scene.read(name)
    }

    fn command(&self, more: &[&str]) -> Command {
        let words = ["--lang", "en", "extend", "--due", "--format", "json"];
        self.scene.holder.hankod(&[&words, more].concat())
    }

    fn due(&self, more: &[&str]) -> (Option<i32>, Value) {
        told(&run(&mut self.command(more), ""))
    }

    /// What pyHanko says of it so many days from now; `Ok(true)`: good, and archived.
    fn pyhanko(&self, name: &str, days: u32) -> Result<bool, String> {
        let holder = &self.scene.holder;
        pyhanko_ltv(&[holder.dir.join(name)], &holder.root(), days).remove(0)
    }

    /// Verdict of a file that is judged so many days from now, by what stands in it alone: whether the last TSA was revoked only it could say then.
    fn verdict(&self, name: &str, days: u64) -> String {
        let now = std::time::SystemTime::now() + std::time::Duration::from_secs(days * 86_400);
        let at = hankod::clock::Timestamp::from_system(now).rfc3339();
        let words = [
            "verify",
            "--offline",
            "--revocation",
            "if-present",
            "--trust",
            "root.pem",
            "--at",
            &at,
            "--format",
            "json",
            name,
        ];
        let ran = self.scene.holder.run(&words);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        report["files"][0]["verdict"].as_str().unwrap().to_owned()
    }
}

fn told(ran: &Ran) -> (Option<i32>, Value) {
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    (ran.code, report)
}

/// Name of the file, state and code of the reason of every job, by name.
fn work(report: &Value) -> Vec<(String, String, Option<String>)> {
    let work = report["work"].as_array().unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut rows: Vec<_> = work
        .iter()
        .map(|one| {
            let name = name(&one["file"]);
            (name, text(&one["state"]).unwrap(), text(&one["reason"]["code"]))
        })
        .collect();
    rows.sort();
    rows
}

fn name(path: &Value) -> String {
    path.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Name, cause and problem of every file that is due, by name.
fn files(report: &Value) -> Vec<(String, String, Option<String>)> {
    let files = report["files"].as_array().unwrap();
    let mut rows: Vec<_> = files
        .iter()
        .map(|one| {
            let cause = one["cause"]["code"].as_str().unwrap().to_owned();
            (
                name(&one["file"]),
                cause,
                one["problem"]["code"].as_str().map(str::to_owned),
            )
        })
        .collect();
    rows.sort();
    rows
}

fn row(name: &str, word: &str, code: Option<&str>) -> (String, String, Option<String>) {
    (name.to_owned(), word.to_owned(), code.map(str::to_owned))
}

#[test]
fn an_archive_that_nears_its_end_is_renewed_in_its_place() {
    let archive = Archive::new("margin_days = 1600\nfolders = [\"box\"]", "");
    let before = archive.archive("b.pdf");
    fs::create_dir(archive.scene.holder.dir.join("box")).unwrap();
    archive.scene.holder.document("box/c.pdf", &before);
    archive.scene.holder.document("old.pdf", &before);

    let (code, report) = archive.due(&["--list"]);
    assert_eq!((code, work(&report)), (Some(0), vec![]));
    let due = ["b.pdf", "c.pdf"].map(|name| row(name, "certificate_ends", None));
    assert_eq!(files(&report), due);
    assert_eq!(archive.tsa.asked(), 0, "a list asks nobody");

    let (code, report) = archive.due(&[]);
    let done = ["b.pdf", "c.pdf"].map(|name| row(name, "done", None));
    assert_eq!(
        (code, work(&report), files(&report)),
        (Some(0), done.to_vec(), vec![]),
        "{report}"
    );
    for name in ["b.pdf", "box/c.pdf"] {
        let after = archive.scene.read(name);
        assert!(after.len() > before.len() && after.starts_with(&before), "{name}");
        archive.scene.holds(name, 3);
        // After the certificates of the signer and of the first TSA have ended.
        assert_eq!(archive.verdict(name, 1_700), "TOTAL-PASSED");
        assert_eq!(archive.pyhanko(name, 1_700), Ok(true), "{name}");
    }
    assert_ne!(archive.verdict("old.pdf", 1_700), "TOTAL-PASSED");
    let (code, report) = archive.due(&[]);
    assert_eq!((code, work(&report), files(&report)), (Some(0), vec![], vec![]));
    assert_eq!(
        ["job_put", "job_ended"].map(|kind| archive.scene.holder.count(kind)),
        [2, 2]
    );
    assert!(archive.scene.holder.leftovers("").is_empty());
}

#[test]
fn what_is_due_follows_the_clock() {
    let archive = Archive::new("", "");
    archive.archive("b.pdf");
    assert_eq!(files(&archive.due(&["--list"]).1), vec![]);
    let mut later = days_ahead(&archive.command(&["--list"]), 1_400);
    later.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let (code, report) = told(&run(&mut later, ""));
    let due = vec![row("b.pdf", "certificate_ends", None)];
    assert_eq!((code, files(&report)), (Some(0), due));
}

#[test]
fn a_moved_and_a_changed_file_are_told_and_left_alone() {
    let archive = Archive::new("margin_days = 1600", "");
    let before = archive.archive("b.pdf");
    archive.archive("c.pdf");
    let path = |name: &str| archive.scene.holder.dir.join(name);
    fs::rename(path("b.pdf"), path("d.pdf")).unwrap();
    fs::write(path("c.pdf"), "somebody's work").unwrap();

    let (code, report) = archive.due(&[]);
    let failed = vec![
        row("b.pdf", "failed", Some("renewal_moved")),
        row("c.pdf", "failed", Some("renewal_changed")),
    ];
    assert_eq!((code, work(&report)), (Some(1), failed));
    assert_eq!(archive.tsa.asked(), 0);
    let (code, report) = archive.due(&[]);
    let due = vec![
        row("b.pdf", "certificate_ends", Some("renewal_moved")),
        row("c.pdf", "certificate_ends", Some("renewal_changed")),
    ];
    assert_eq!((code, work(&report), files(&report)), (Some(1), vec![], due));
    assert!(!path("b.pdf").exists());
    assert_eq!(archive.scene.read("c.pdf"), b"somebody's work");
    assert_eq!(archive.scene.read("d.pdf"), before);

    fs::rename(path("d.pdf"), path("b.pdf")).unwrap();
    let (code, report) = archive.due(&[]);
    assert_eq!((code, work(&report)), (Some(1), vec![row("b.pdf", "done", None)]));
    assert!(archive.scene.read("b.pdf").starts_with(&before));
}

#[test]
fn what_is_beyond_a_quota_waits() {
    let archive = Archive::new("margin_days = 1600", "quota_requests = 1\nquota_window_ms = 3600000");
    for name in ["b.pdf", "c.pdf"] {
        archive.archive(name);
    }
    let (code, report) = archive.due(&[]);
    let rows = work(&report);
    let states: Vec<_> = rows
        .iter()
        .map(|(_, state, code)| (state.as_str(), code.as_deref()))
        .collect();
    assert_eq!(code, Some(69), "{report}");
    assert!(states.contains(&("done", None)), "{report}");
    assert!(states.contains(&("waiting", Some("fetch_no_timestamp"))), "{report}");
    assert_eq!(archive.tsa.asked(), 1);
}

#[test]
fn a_signature_that_waited_for_its_timestamp_becomes_an_archive_that_is_watched_over() {
    let archive = Archive::new("margin_days = 3650", "");
    archive.tsa.behave(tsa::Mode::Dead);
    let words = ["a.pdf", "-o", "b.pdf", "--level", "b-lta", "--augment-later"];
    let ran = archive.scene.holder.sign(&words);
    assert!(ran.ok && ran.stdout.contains("without a timestamp yet"), "{ran:?}");
    assert_eq!(files(&archive.due(&["--list"]).1), vec![]);

    archive.tsa.behave(tsa::Mode::Good);
    let (code, report) = archive.due(&[]);
    assert_eq!(
        (code, work(&report)),
        (Some(0), vec![row("b.pdf", "done", None)]),
        "{report}"
    );
    archive.scene.holds("b.pdf", 2);
    assert_eq!(archive.scene.verified("b.pdf").1, "B-LTA");
    assert_eq!(archive.pyhanko("b.pdf", 0), Ok(true));
    let due = vec![row("b.pdf", "certificate_ends", None)];
    assert_eq!(files(&archive.due(&["--list"]).1), due);
}

#[test]
fn an_archive_whose_algorithms_weaken_is_renewed_before_they_do() {
    let archive = Archive::new("margin_days = 1600", "");
    let Scene { holder, authority, .. } = &archive.scene;
    // 2,048 bits are trusted until the end of 2030, the certificate ends much later.
    let weak = super::tsa_with(ca::Kind::Rsa2048, holder, authority, tsa::Mode::Good, 5_000);
    let words = [
        "a.pdf",
        "-o",
        "b.pdf",
        "--level",
        "b-lta",
        "--format",
        "json",
        "--tsa",
        &weak.url(),
    ];
    assert_eq!(file(&holder.sign(&words))["level"], "b-lta");
    let due = vec![row("b.pdf", "algorithm_weakens", None)];
    assert_eq!(files(&archive.due(&["--list"]).1), due);
    let before = archive.scene.read("b.pdf");
    let (code, report) = archive.due(&[]);
    let done = vec![row("b.pdf", "done", None)];
    assert_eq!(
        (code, work(&report), files(&report)),
        (Some(0), done, vec![]),
        "{report}"
    );
    assert!(archive.scene.read("b.pdf").starts_with(&before));
    // In 2031: 2,048 bits are trusted no longer.
    assert_eq!(archive.verdict("b.pdf", 1_700), "TOTAL-PASSED");
    assert_eq!(archive.pyhanko("b.pdf", 0), Ok(true));
    holder.document("old.pdf", &before);
    assert_ne!(archive.verdict("old.pdf", 1_700), "TOTAL-PASSED");
}
