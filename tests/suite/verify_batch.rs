//! `hankod verify` over folders, lists and periods: stable order, one summary, nothing that ends the run; reports as PDF, signed and judged by others.

use crate::support::agreement::{PRICE, agreement, agreement_with, sign, signature, text_look};
use crate::support::ca::Ca;
use crate::support::holder::{Holder, LABEL};
use crate::support::judges::{pdfsig, qpdf_check};
use crate::support::shapes::{self, LF};
use crate::support::signer::SoftSigner;
use crate::support::tsa::{Mode, Tsa};
use crate::support::updates::{Person, find_last, stream, update};
use crate::support::{Ran, run};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

fn hankod(dir: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
    command.env("XDG_CONFIG_HOME", dir).current_dir(dir).args(arguments);
    run(&mut command, "")
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

fn text_of(pdf: &Path) -> String {
    let ran = run(Command::new("pdftotext").arg("-layout").arg(pdf).arg("-"), "");
    assert!(ran.ok, "{ran:?}");
    // Lines are broken where the page ends them.
    ran.stdout.chars().filter(|c| !c.is_whitespace()).collect()
}

fn once() -> Vec<u8> {
    sign(&Person::new(), &agreement(), &signature(0, ""))
}

#[test]
fn a_folder_is_verified_in_order_with_one_summary() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("in/sub")).unwrap();
    fs::write(at("in/b.pdf"), once()).unwrap();
    fs::write(at("in/a.pdf"), update(&once(), &[(4, &stream("x"))])).unwrap();
    fs::write(at("in/sub/\u{1b}[31mred\u{202e}.pdf"), once()).unwrap();
    fs::write(at("in/note.txt"), b"no PDF").unwrap();
    symlink(at("in"), at("in/sub/loop")).unwrap();
    symlink(at("gone"), at("in/gone.pdf")).unwrap();
    let ran = hankod(dir.path(), &["--lang", "en", "verify", "--format", "json", "in"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let report = json(&ran);
    let names: Vec<&str> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["in/a.pdf", "in/b.pdf", "in/sub/\u{fffd}[31mred\u{fffd}.pdf"]);
    let codes: Vec<&str> = report["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["input_unreadable", "folder_seen"]);
    let summary = &report["summary"];
    assert_eq!(
        (
            summary["files"].as_u64(),
            summary["open"].as_u64(),
            summary["bad"].as_u64()
        ),
        (Some(3), Some(2), Some(1))
    );
    assert_eq!(summary["not_valid"][0], "in/a.pdf", "the worst comes first");
    assert_eq!(
        ran,
        hankod(dir.path(), &["--lang", "en", "verify", "--format", "json", "in"]),
        "the same again"
    );
    let text = hankod(dir.path(), &["--lang", "ja", "verify", "in"]);
    assert!(
        !text.stdout.contains('\u{1b}')
            && text.stdout.contains(
                "3件を検証しました: 有効 0件、確認できない点があるもの 2件、無効 1件。検証できなかったもの 2件。"
            ),
        "{text:?}"
    );
    assert!(text.stderr.is_empty(), "no bar where there is no terminal: {text:?}");
}

#[test]
fn a_list_goes_on_past_a_file_that_is_not_there() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.pdf"), once()).unwrap();
    fs::write(dir.path().join("list.txt"), "missing.pdf\na.pdf\n").unwrap();
    let ran = hankod(dir.path(), &["verify", "--format", "json", "--list", "list.txt"]);
    let report = json(&ran);
    assert_eq!(
        (ran.code, &report["files"][0]["name"], &report["skipped"][0]["name"]),
        (Some(66), &Value::from("a.pdf"), &Value::from("missing.pdf"))
    );
    let alone = hankod(dir.path(), &["verify", "missing.pdf"]);
    assert_eq!((alone.code, alone.stdout.as_str()), (Some(66), ""));
    assert_eq!(hankod(dir.path(), &["verify"]).code, Some(64));
}

/// The agreement, its price changed after the signature.
fn changed() -> Vec<u8> {
    let look = |text: &str| text_look(text).replace("BBox[0 0 600 850]", "BBox[0 0 80 20]");
    let signed = sign(
        &Person::new(),
        &agreement_with(&[(21, &look("100"))]),
        &signature(0, ""),
    );
    let price = PRICE.replace("/V(100)", "/V(900)").replace("/N 21 0 R", "/N 83 0 R");
    update(&signed, &[(20, &price), (83, &look("900"))])
}

#[test]
fn a_pdf_report_tells_what_was_found_with_pictures_and_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("契約書.pdf"), dir.path().join("report.pdf"));
    fs::write(&input, changed()).unwrap();
    let ran = hankod(
        dir.path(),
        &[
            "--lang",
            "ja",
            "verify",
            "契約書.pdf",
            "--format",
            "pdf",
            "-o",
            "report.pdf",
            "--pictures",
            "pics",
        ],
    );
    assert_eq!(ran.code, Some(2), "{ran:?}");
    qpdf_check(output.as_path()).unwrap();
    let text = text_of(&output);
    let sha256 = hex::encode(openssl::sha::sha256(&fs::read(&input).unwrap()));
    for told in [
        "署名検証報告書",
        "契約書.pdf",
        "確認できない点があります",
        "変更前「100」→変更後「900」",
        &sha256,
        concat!("hankod", env!("CARGO_PKG_VERSION")),
        "信頼する認証局が指定されていません",
        "1ページ:署名した時",
    ] {
        assert!(text.contains(told), "{told} is missing: {text}");
    }
    let images = run(Command::new("pdfimages").arg("-list").arg(&output), "");
    assert!(
        images.stdout.lines().filter(|line| line.contains(" image ")).count() >= 2,
        "{images:?}"
    );
    let xmp = run(Command::new("pdfinfo").arg(&output), "");
    assert!(
        xmp.stdout.contains("Tagged:") && xmp.stdout.contains("yes") && xmp.stdout.contains("署名検証報告書"),
        "{xmp:?}"
    );
    let mut kept: Vec<String> = fs::read_dir(dir.path().join("pics"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    kept.sort();
    assert_eq!(kept, ["0001-01-after.png", "0001-01-before.png"]);
    let none = hankod(dir.path(), &["verify", "契約書.pdf", "--format", "pdf"]);
    assert_eq!(none.code, Some(64), "a PDF report wants a place");
    let nowhere = hankod(
        dir.path(),
        &["verify", "契約書.pdf", "--format", "pdf", "-o", "no/such/report.pdf"],
    );
    assert!(
        nowhere.code == Some(1) && nowhere.stderr.contains("[output_unwritable]"),
        "{nowhere:?}"
    );
}

#[test]
fn a_pdf_report_tells_what_could_not_be_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let list = "http://127.0.0.1:9/list.crl";
    let signer = SoftSigner::naming(list);
    let signed = signer.sign(&agreement(), None, &signer.request()).unwrap();
    fs::write(dir.path().join("a.pdf"), signed).unwrap();
    signer.root(dir.path());
    let words = ["verify", "a.pdf", "--trust", "root.pem", "--format", "pdf", "-o"];
    let told = |output: &str, more: &[&str]| {
        let ran = hankod(dir.path(), &[&words[..], &[output], more].concat());
        assert_eq!(ran.code, Some(2), "{ran:?}");
        text_of(&dir.path().join(output))
    };
    let said = format!("取得できませんでした:{list}(net_private_address)");
    let online = told("online.pdf", &["--lang", "ja"]);
    assert!(online.contains(&said), "{online}");
    assert!(!told("offline.pdf", &["--lang", "ja", "--offline"]).contains(list));
}

#[test]
fn the_timestamps_of_a_period_are_judged_and_the_report_is_signed() {
    let holder = Holder::new("period");
    let ca = Ca::new("時刻認証局");
    let tsa = Tsa::start(&ca, Mode::Good);
    holder.document("tsa.pem", &ca.pem());
    fs::create_dir(holder.dir.join("year")).unwrap();
    for name in ["a.pdf", "b.pdf"] {
        holder.document(name, &shapes::classic("1.7", LF));
        let out = format!("year/{name}");
        let ran = holder.sign(&[name, "-o", &out, "--level", "b-t", "--tsa", &tsa.url()]);
        assert!(ran.ok, "{ran:?}");
    }
    let altered = fs::read(holder.dir.join("year/b.pdf")).unwrap();
    let mut bytes = altered.clone();
    let at = find_last(&bytes[..altered.len() / 2], b"(").map_or(20, |at| at + 1);
    bytes[at] ^= 1;
    holder.document("year/b.pdf", &bytes);
    holder.document("year/none.pdf", &once());
    let today =
        hankod::clock::Day::of_jst(hankod::clock::Timestamp::from_system(std::time::SystemTime::now())).unwrap();
    let (from, to) = (
        today.plus_days(-1).unwrap().to_string(),
        today.plus_days(1).unwrap().to_string(),
    );
    let period = [
        "--lang",
        "en",
        "verify",
        "--timestamps",
        "--from",
        &from,
        "--to",
        &to,
        "--trust",
        "tsa.pem",
        "--revocation",
        "none",
        "year",
    ];
    let ran = holder.run(&[&period[..], &["--format", "json"]].concat());
    let report = json(&ran);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let verdicts: Vec<&str> = report["timestamps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["TOTAL-PASSED", "TOTAL-FAILED"], "{report:#}");
    assert_eq!(
        (
            report["summary"]["files"].as_u64(),
            report["summary"]["files_without"].as_u64()
        ),
        (Some(3), Some(1))
    );
    assert_eq!(report["zone"], "Asia/Tokyo (UTC+09:00)");
    let untrusted = holder.run(&["verify", "--timestamps", "--from", &from, "--to", &to, "year/a.pdf"]);
    assert_eq!(untrusted.code, Some(2), "{untrusted:?}");
    let past = holder.run(&[
        "verify",
        "--timestamps",
        "--from",
        "2001-01-01",
        "--to",
        "2001-12-31",
        "year",
        "--format",
        "json",
    ]);
    assert_eq!(
        (past.code, json(&past)["timestamps"].as_array().unwrap().len()),
        (Some(2), 0)
    );
    let backwards = holder.run(&["verify", "--timestamps", "--from", &to, "--to", &from, "year"]);
    assert_eq!(backwards.code, Some(64), "{backwards:?}");

    let signing = [
        "--format",
        "pdf",
        "-o",
        "report.pdf",
        "--sign",
        "--token",
        LABEL,
        "--pin-file",
        "pin",
    ];
    let ran = holder.run(&[&period[..], &signing].concat());
    assert_eq!(ran.code, Some(1), "the verdict, not the signing, decides: {ran:?}");
    let output = holder.dir.join("report.pdf");
    let signatures = pdfsig(output.as_path());
    assert!(signatures.iter().any(|s| s.valid && s.whole), "{signatures:?}");
    let text = text_of(&output);
    for told in [
        "year/a.pdf",
        "year/b.pdf",
        "UTC+09:00",
        "Valid:nothinghaschanged",
        "Invalid(tamperingorsimilar)",
    ] {
        assert!(text.contains(told), "{told} is missing: {text}");
    }
    assert!(
        fs::read_dir(&*holder.dir)
            .unwrap()
            .all(|e| !e.unwrap().file_name().to_string_lossy().starts_with(".hankod")),
        "nothing is left beside the report"
    );
    let wrong = holder.secret("wrong", "000000");
    let refused = holder.run(
        &[
            &period[..],
            &[
                "--format",
                "pdf",
                "-o",
                "other.pdf",
                "--sign",
                "--token",
                LABEL,
                "--pin-file",
                wrong.to_str().unwrap(),
            ],
        ]
        .concat(),
    );
    assert!(
        refused.code == Some(77) && !holder.dir.join("other.pdf").exists(),
        "{refused:?}"
    );
}
