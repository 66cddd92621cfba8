//! 電子契約締結証明書: what it says field by field, that it is signed and kept itself, and who may fetch it.

use super::stage::{Stage, two_signers, written};
use super::{code, text};
use crate::support::http::Request;
use crate::support::judges::{pdfsig, pyhanko, qpdf_check};
use crate::support::mailbox::Mail;
use crate::support::run;
use hankod::clock::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;

impl Stage {
    /// Signed by both and concluded: the contract's id, and the mails that tell it.
    pub(crate) fn concluded(&self, terms: &Value) -> (String, Vec<Mail>) {
        let id = self.ready(terms);
        self.send(&id);
        for values in [written(), json!({})] {
            let asked = self.mailbox.next();
            self.sign(&asked, &values);
        }
        let mut told: Vec<Mail> = (0..3).map(|_| self.mailbox.next()).collect();
        told.sort_by(|one, other| one.to.cmp(&other.to));
        (id, told)
    }

    /// The certificate, written into the office's directory.
    pub(crate) fn certificate(&self, id: &str) -> PathBuf {
        let answer = self
            .office
            .send(Request::new("GET", &format!("/v1/contracts/{id}/certificate")));
        assert_eq!(answer.status, 200, "{}", answer.text());
        self.office
            .holder
            .document(format!("{id}-certificate.pdf"), &answer.body)
    }
}

/// What a program prints about a file.
pub(crate) fn said(program: &str, arguments: &[&str], path: &Path) -> String {
    let ran = run(Command::new(program).args(arguments).arg(path), "");
    assert!(ran.ok, "{program}: {}", ran.stderr);
    ran.stdout
}

pub(crate) fn page(path: &Path) -> String {
    let ran = run(Command::new("pdftotext").arg("-layout").arg(path).arg("-"), "");
    assert!(ran.ok, "{}", ran.stderr);
    ran.stdout
}

/// S36, S37, S38, S40, S50.
#[test]
fn it_says_who_signed_what_when_from_where_and_how() {
    let stage = Stage::start(
        "certificate",
        "certificate_title = \"締結証明書(見本)\"\noperator_name = \"見本電子契約サービス\"\n",
    );
    let id = stage.ready(&two_signers());
    let early = || {
        stage
            .office
            .refused(Request::new("GET", &format!("/v1/contracts/{id}/certificate")))
    };
    assert_eq!(early(), (409, "contract_not_concluded".into()));
    stage.send(&id);
    let first = stage.mailbox.next();
    let behind = Request::new("GET", &format!("/s/{}/certificate", first.link())).send(stage.office.daemon.port());
    assert_eq!(code(&behind), (409, "contract_not_concluded".into()));

    let (id, told) = stage.concluded(&two_signers());
    let path = stage.certificate(&id);
    let view = stage.office.get(&format!("/v1/contracts/{id}"));
    // Without an account, by the link in the mail.
    let link = told[0].link();
    let behind = Request::new("GET", &format!("/s/{link}/certificate")).send(stage.office.daemon.port());
    assert_eq!((behind.status, &behind.body), (200, &std::fs::read(&path).unwrap()));

    let words = page(&path);
    let line = |label: &str| {
        let found = words.lines().find(|line| line.trim_start().starts_with(label));
        found.unwrap_or_else(|| panic!("no {label}: {words}")).to_owned()
    };
    for (label, wanted) in [
        ("締結証明書(見本)", "締結証明書(見本)".to_owned()),
        ("文書名", "業務委託契約書".to_owned()),
        ("管理番号", "0000002".to_owned()),
        ("文書作成者 ", "見本市 総務課(起案用)".to_owned()),
        ("文書作成者メールアドレス", "soumu@city.example.lg.jp".to_owned()),
        ("締結証明書ID", text(&view["certificate_id"])),
        ("証明書の発行者", "見本電子契約サービス".to_owned()),
    ] {
        assert!(line(label).contains(&wanted), "{label}: {words}");
    }
    // S38, S40: one row a signature, the address below the time.
    for signer in view["signers"].as_array().unwrap() {
        let at = Timestamp::parse_rfc3339(&text(&signer["signed_at"])).unwrap();
        let begin = line(&at.jst_minutes());
        assert!(
            begin.contains("契約印タイプ") && begin.contains("見本建設株式会社"),
            "{begin}"
        );
        let wanted = [text(&signer["name"]), text(&signer["reach"]["mail"])];
        assert!(wanted.iter().all(|one| words.contains(one)), "{words}");
    }
    assert_eq!(words.matches("[127.0.0.1]").count(), 2, "{words}");
    let verifier = format!("https://keiyaku.example.jp/verify#{}", text(&view["certificate_id"]));
    assert!(words.contains(&verifier), "{words}");
    for (number, document) in [(1, &view["documents"][0]), (2, &view["documents"][1])] {
        let sha256 = hex::encode(Sha256::digest(std::fs::read(stage.file(&id, number)).unwrap()));
        assert_eq!(document["sha256"], sha256);
        assert!(words.contains(&sha256), "{words}");
    }
}

/// Its own signature and timestamps by other people's programs, its profile, its structure; the levels are told (S51).
#[test]
fn it_is_signed_kept_archivable_and_readable_without_eyes() {
    let stage = Stage::start("certified", "");
    let (id, _) = stage.concluded(&two_signers());
    let path = stage.certificate(&id);
    qpdf_check(&*path).unwrap();
    let found = pdfsig(&path);
    assert!(
        found
            .iter()
            .filter(|one| one.subfilter != "unknown")
            .all(|one| one.valid),
        "{found:?}"
    );
    let judged = pyhanko(&path, &stage.office.holder.root()).unwrap();
    assert!(judged.len() >= 2, "{judged:?}");
    for one in &judged {
        assert!(
            one.intact && one.valid && one.trusted && one.docmdp_ok && one.bottom_line,
            "{judged:?}"
        );
    }
    let metadata = said("pdfinfo", &["-meta"], &path);
    for wanted in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(metadata.contains(wanted), "{metadata}");
    }
    let fonts = said("pdffonts", &[], &path);
    assert!(
        fonts.lines().skip(2).all(|line| line.contains("yes yes yes")),
        "{fonts}"
    );
    let structure = said("pdfinfo", &["-struct-text"], &path);
    let count = |kind: &str| {
        let of_kind = |line: &&str| line.split_ascii_whitespace().next() == Some(kind);
        structure.lines().filter(of_kind).count()
    };
    // A head of three cells over two signatures, a head of two over two documents.
    let counted = ["Table", "TR", "TH:", "TD"].map(count);
    assert_eq!(counted, [2, 6, 5, 10], "{structure}");
    assert!(
        structure.contains("Figure") && structure.contains("\"甲野太郎\""),
        "{structure}"
    );

    let view = stage.office.get(&format!("/v1/contracts/{id}"));
    let levels = [
        &view["level"],
        &view["documents"][0]["level"],
        &view["certificate"]["level"],
    ];
    assert_eq!(levels, [&json!("b-lta"); 3]);
    assert!(view["documents"][1]["level"].is_null());
    let verified = stage.office.holder.run(&[
        "verify",
        "--trust",
        "root.pem",
        "--offline",
        "--format",
        "json",
        path.to_str().unwrap(),
    ]);
    let report: Value = serde_json::from_str(&verified.stdout).unwrap();
    let file = &report["files"][0];
    assert_eq!(file["verdict"], "TOTAL-PASSED", "{report:#}");
    assert_eq!(file["signatures"][0]["docmdp"], 1);
    assert!(file["signatures"][0]["level"] == "B-LTA");

    // S39-S41 rest on it too: one byte changed, and it is nothing.
    let mut altered = std::fs::read(&path).unwrap();
    let at = altered.len() / 3;
    altered[at] ^= 1;
    let altered = stage.office.holder.document("altered.pdf", &altered);
    let judged = stage
        .office
        .holder
        .run(&["verify", "--trust", "root.pem", "--offline", altered.to_str().unwrap()]);
    assert!(!judged.ok, "{judged:?}");
}
