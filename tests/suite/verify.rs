//! The verifier on honest files: what other tools and later signers add does not make a signature invalid; and on damaged ones: none of them passes.

use crate::support::agreement::{NOTE, agreement, catalog, docmdp, field, page, sign, signature, text_look, with};
use crate::support::ca::Kind;
use crate::support::judges::judges_dir;
use crate::support::shapes::{self, Shape};
use crate::support::signer::SoftSigner;
use crate::support::updates::{Person, stream, update};
use crate::support::verified::{counted, refused, verify, verify_by};
use crate::support::{mutate, repository, run};
use hankod::trust::{Anchors, Use};
use hankod::verify::changes::What;
use hankod::verify::judge::{Coverage, Verdict};
use hankod::verify::level::Level;
use hankod::verify::report::{Changes, Kind as ReportKind};
use std::process::Command;

const TOKENS: &[&str] = &[
    "obj",
    "endobj",
    "/V",
    "/AP",
    "/Contents",
    "/ByteRange",
    "stream",
    "xref",
    "trailer",
    "startxref",
    "/Root",
    "/Kids",
    "R",
    "f",
    "n",
    "null",
];

#[test]
fn a_signature_is_reported_as_it_is() {
    let person = Person::new();
    let once = sign(&person, &agreement(), &signature(0, "/M(D:20261123144521+09'00')"));
    let report = verify(&once, &[&person]);
    let signature = &report.signatures[0];
    assert_eq!((report.verdict, report.revisions), (Verdict::TotalPassed, 2));
    assert_eq!(
        (signature.field.as_str(), signature.kind, signature.level),
        ("sig0", ReportKind::Signature, Level::BB)
    );
    assert_eq!(
        (signature.coverage, signature.changes),
        (Coverage::WholeFile, Changes::None)
    );
    assert_eq!(signature.claimed_time.as_deref(), Some("2026-11-23T05:45:21Z"));
    assert_eq!(signature.signer.as_ref().unwrap().subject["CN"], "甲野太郎");
    assert!(report.headline.ja.starts_with("有効"));
    let untrusted = verify(&once, &[]);
    assert_eq!(untrusted.verdict, Verdict::Indeterminate);
    assert!(untrusted.headline.ja.starts_with("確認できない点があります"));
    let json = serde_json::to_value(&untrusted).unwrap();
    assert_eq!(json["signatures"][0]["sub_indication"], "NO_CERTIFICATE_CHAIN_FOUND");
    assert_eq!(json["verdict"], "INDETERMINATE");
}

#[test]
fn a_file_without_signatures_is_indeterminate() {
    let report = verify(&agreement(), &[]);
    assert_eq!(
        (report.verdict, report.problems[0].code),
        (Verdict::Indeterminate, "no_signature")
    );
}

#[test]
fn changes_are_named() {
    let person = Person::new();
    let once = sign(&person, &agreement(), &signature(0, ""));
    let report = verify(&update(&once, &[(4, &stream("BT (We pay 900) Tj ET"))]), &[&person]);
    let signature = &report.signatures[0];
    assert!(signature.intact && report.headline.ja.starts_with("無効"));
    assert_eq!(
        (report.verdict, signature.changes),
        (Verdict::TotalFailed, Changes::Forbidden)
    );
    assert_eq!(
        (signature.change_list[0].what, signature.change_list[0].object.as_str()),
        (What::Other, "4 0 R object")
    );
    let note = NOTE.replace("/T(note)", "/T(note)/V(yes)/AP<</N 82 0 R>>");
    let report = verify(&update(&once, &[(22, &note), (82, &text_look("yes"))]), &[&person]);
    let change = &report.signatures[0].change_list[0];
    assert_eq!(
        (change.what, change.page, change.field.as_deref(), change.allowed),
        (What::FieldFilled, Some(1), Some("note"), true)
    );
}

#[test]
fn honest_updates_by_hand_are_not_refused() {
    let (person, other) = (Person::new(), Person::new());
    let once = sign(&person, &agreement(), &signature(0, ""));
    let certified = |level| sign(&person, &agreement(), &signature(0, &docmdp(level)));
    let note = NOTE.replace("/T(note)", "/T(note)/V(yes)/AP<</N 82 0 R>>");
    let store = catalog(
        "30 0 R",
        "/DSS<</Certs[41 0 R]/VRI<<>>>>/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>",
    );
    let stored = |file: &[u8]| update(file, &[(1, &store), (41, &stream("c"))]);
    let more = store.replace("[41 0 R]", "[41 0 R 43 0 R]");
    let seal =
        "<</FT/Sig/T(sig1)/V 33 0 R/Subtype/Widget/Type/Annot/Rect[300 300 340 340]/F 4/P 3 0 R/AP<</N 86 0 R>>>>";
    let sealed = with(
        with(signature(1, ""), 32, seal),
        86,
        &crate::support::agreement::form("1 0 0 rg 0 0 9 9 re f", ""),
    );
    let filled_too = with(with(signature(1, ""), 22, &note), 82, &text_look("yes"));
    let mark = "<</Type/Annot/Subtype/Highlight/Rect[40 690 300 720]/QuadPoints[40 720 300 720 40 690 300 690]/F 4/P 3 0 R/C[1 1 0]/AP<</N 87 0 R>>>>";
    let yellow = crate::support::agreement::form(
        "/G gs 1 1 0 rg 0 0 300 30 re f",
        "/Resources<</ExtGState<</G<</BM/Multiply>>>>>>",
    );
    let files = [
        ("a second signer", sign(&other, &once, &signature(1, ""))),
        ("a second signer with a seal", sign(&other, &once, &sealed)),
        ("a second signer who fills a field", sign(&other, &once, &filled_too)),
        (
            "a second signer after a certification",
            sign(&other, &certified(2), &signature(1, "")),
        ),
        ("a field filled", update(&once, &[(22, &note), (82, &text_look("yes"))])),
        (
            "a field filled in a certified file",
            update(&certified(2), &[(22, &note), (82, &text_look("yes"))]),
        ),
        (
            "a box ticked",
            update(
                &once,
                &[(
                    26,
                    &crate::support::agreement::AGREED.replace("/AS/Off", "/AS/Yes/V/Yes"),
                )],
            ),
        ),
        (
            "a highlight at level 3",
            update(&certified(3), &[(3, &page("30 0 R 80 0 R")), (80, mark), (87, &yellow)]),
        ),
        ("validation data", stored(&once)),
        ("validation data at level 1", stored(&certified(1))),
        (
            "more validation data",
            update(&stored(&once), &[(1, &more), (43, &stream("d"))]),
        ),
        (
            "an object repeated as it was",
            update(&once, &[(9, "<< /BaseFont /Helvetica /Type /Font /Subtype /Type1 >>")]),
        ),
        (
            "the field written otherwise",
            update(&once, &[(30, &field(0).replace("[0 0 0 0]", "[0.0 0 +0 00]"))]),
        ),
    ];
    assert_eq!(
        refused("updates that signatures allow", &files, &[&person, &other]),
        [""; 0]
    );
}

#[test]
fn every_shape_signed_twice_passes() {
    let signer = SoftSigner::new(Kind::P256);
    let mut trust = Anchors::new();
    trust.add(signer.certificate().clone(), &[Use::Signers]);
    let (mut refused, mut count) = (Vec::new(), 0);
    for Shape { name, bytes, password } in shapes::all() {
        if password.is_some() {
            continue;
        }
        let once = signer.sign(&bytes, None, &signer.request()).unwrap();
        let twice = signer.sign(&once, None, &signer.request()).unwrap();
        for (number, file) in [(1, once), (2, twice)] {
            count += 1;
            let report = verify_by(&file, &trust);
            if report.verdict != Verdict::TotalPassed || report.signatures.len() != number {
                refused.push(format!("{name} x{number}: {}", serde_json::to_string(&report).unwrap()));
            }
        }
    }
    counted("good: shapes signed once and twice", count);
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn updates_by_other_tools_do_not_harm() {
    let signer = SoftSigner::new(Kind::P256);
    let mut trust = Anchors::new();
    trust.add(signer.certificate().clone(), &[Use::Signers]);
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("update.js");
    let javascript = "var d = new PDFDocument(scriptArgs[0]); var t = d.getTrailer(); var info = t.get('Info');
        if (info && !info.isNull()) info.put('Producer', d.newString('x'));
        else t.get('Root').put('Version', d.newName('2.0'));
        d.save(scriptArgs[1], 'incremental');";
    std::fs::write(&script, javascript).unwrap();
    let (mut refused, mut count) = (Vec::new(), 0);
    let plain = shapes::plain();
    let wanted = [
        "PDF 1.7",
        "PDF 2.0",
        "object streams",
        "cross-reference stream",
        "incremental update",
        "tagged",
    ];
    for shape in plain.iter().filter(|s| wanted.contains(&s.name)) {
        let once = signer.sign(&shape.bytes, None, &signer.request()).unwrap();
        let (input, output) = (dir.path().join("in.pdf"), dir.path().join("out.pdf"));
        std::fs::write(&input, &once).unwrap();
        for kind in ["info", "xmp", "catalogue", "timestamp", "mutool"] {
            let mut command = match kind {
                "mutool" => Command::new("mutool"),
                _ => Command::new(judges_dir().join("bin/python")),
            };
            let command = match kind {
                "mutool" => command.arg("run").arg(&script),
                _ => command.arg(repository("tests/judges/pyhanko_update.py")).arg(kind),
            };
            let said = run(command.arg(&input).arg(&output), "");
            assert!(said.ok, "{kind}: {}", said.stderr);
            let file = std::fs::read(&output).unwrap();
            assert!(
                file.len() > once.len() && file.starts_with(&once),
                "{kind} rewrote the file"
            );
            count += 1;
            let report = verify_by(&file, &trust);
            let first = &report.signatures[0];
            let stamped = report
                .signatures
                .iter()
                .skip(1)
                .all(|s| s.kind == ReportKind::DocumentTimestamp && s.intact);
            if first.verdict != Verdict::TotalPassed
                || !stamped
                || (kind == "timestamp") != (report.signatures.len() == 2)
            {
                refused.push(format!(
                    "{} {kind}: {}",
                    shape.name,
                    serde_json::to_string(&report).unwrap()
                ));
            }
        }
    }
    counted("good: updates by pyHanko and mutool", count);
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn a_page_of_very_many_annotations_keeps_nobody_waiting() {
    let signer = SoftSigner::new(Kind::P256);
    let once = signer.sign(&shapes::objects(50_000), None, &signer.request()).unwrap();
    let twice = signer.sign(&once, None, &signer.request()).unwrap();
    let report = verify_by(&twice, &Anchors::new());
    assert_eq!(report.signatures[0].changes, Changes::Allowed);
}

#[test]
fn damaged_files_never_pass() {
    let (person, other) = (Person::new(), Person::new());
    let once = sign(&person, &agreement(), &signature(0, ""));
    let twice = sign(&other, &once, &signature(1, ""));
    let ranges = crate::support::judges::byte_ranges(&twice);
    let mut intact = 0;
    for file in mutate::grammar_mutations(3, &twice, mutate::count(), TOKENS) {
        let report = verify(&file, &[&person, &other]);
        for signature in report.signatures.iter().filter(|s| s.intact) {
            intact += 1;
            let [_, start, end, rest] = ranges[usize::from(signature.field == "sig1")];
            let same = |range: std::ops::Range<usize>| file.get(range.clone()) == twice.get(range);
            assert!(
                same(0..start) && same(end..end + rest),
                "{} is intact over other bytes",
                signature.field
            );
        }
        if report.verdict == Verdict::TotalPassed {
            let passed = report
                .signatures
                .iter()
                .any(|s| s.intact && s.coverage == Coverage::WholeFile);
            assert!(passed && report.signatures.iter().all(|s| s.intact), "{report:?}");
        }
    }
    assert!(intact > 0, "some mutations leave the first signature whole");
}

#[test]
fn the_command_line_tells_by_text_json_and_exit_code() {
    let person = Person::new();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("契約書.pdf");
    let hankod = |lang: &str, format: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_hankod"))
            .args(["--lang", lang, "verify", "--format", format])
            .arg(&path)
            .env("XDG_CONFIG_HOME", dir.path())
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let once = sign(&person, &agreement(), &signature(0, ""));
    std::fs::write(&path, &once).unwrap();
    let (code, text) = hankod("ja", "text");
    assert!(
        code == 2 && text.starts_with("契約書.pdf: 確認できない点があります"),
        "{code} {text}"
    );
    let (code, json) = hankod("en", "json");
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (code, report["files"][0]["signatures"][0]["intact"].as_bool()),
        (2, Some(true))
    );
    std::fs::write(&path, update(&once, &[(4, &stream("x"))])).unwrap();
    let (code, text) = hankod("en", "text");
    assert!(
        code == 1 && text.contains("Invalid (tampering or similar)"),
        "{code} {text}"
    );
    std::fs::write(&path, "no PDF").unwrap();
    assert_eq!(hankod("ja", "json").0, 66);
}
