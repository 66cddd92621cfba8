//! `hankod sign` as a person meets it: the real program, a real token, exit codes, outputs, words.

mod options;
mod pins;
mod refusals;
mod secrecy;
mod timestamps;

use crate::support::holder::Holder;
use crate::support::judges::{openssl_cms_verify, pdfsig};
use crate::support::shapes::{self, LF};
use crate::support::{Ran, run};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

fn contract() -> Vec<u8> {
    shapes::classic("1.7", LF)
}

/// Exit code and the stable name in brackets at the end of what was said on standard error.
fn refusal(ran: &Ran) -> (i32, String) {
    assert_eq!(ran.stdout, "", "{ran:?}");
    let code = ran
        .stderr
        .trim_end()
        .rsplit_once('[')
        .and_then(|(_, end)| end.strip_suffix(']'));
    (ran.code.unwrap(), code.unwrap_or(&ran.stderr).to_owned())
}

/// The file is `original` with one good signature behind it.
fn signed(holder: &Holder, path: &Path, original: &[u8]) {
    let bytes = fs::read(path).unwrap();
    assert!(bytes.len() > original.len() && bytes.starts_with(original));
    let found: Vec<_> = pdfsig(path).into_iter().filter(|s| !s.subfilter.is_empty()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].valid && found[0].whole, "{found:?}");
    openssl_cms_verify(path, 0, &holder.root(), &holder.dir).unwrap();
}

#[test]
fn a_file_is_signed_and_told_in_both_languages_and_as_json() {
    let holder = Holder::new("sign");
    holder.document("a.pdf", &contract());
    let ja = holder.run(&["sign", "a.pdf", "-o", "b.pdf", "--pin-file", "pin"]);
    assert_eq!((ja.code, ja.stderr.as_str()), (Some(0), ""));
    assert!(
        ja.stdout.starts_with("署名しました: ") && ja.stdout.contains("b.pdf"),
        "{ja:?}"
    );
    signed(&holder, &holder.dir.join("b.pdf"), &contract());
    assert_eq!(fs::read(holder.dir.join("a.pdf")).unwrap(), contract());

    let en = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert!(en.ok && en.stdout.starts_with("Signed: "), "{en:?}");
    let json = holder.sign(&["a.pdf", "-o", "b.pdf", "--format", "json"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    let file = &report["files"][0];
    assert_eq!(file["output"], holder.dir.join("b.pdf").to_str().unwrap());
    let bytes = fs::read(holder.dir.join("b.pdf")).unwrap();
    let sha256 = hankod::der::DigestAlgorithm::Sha256.digest(&bytes);
    assert_eq!(file["sha256"], hex::encode(sha256));
    assert_eq!(report["files"].as_array().unwrap().len(), 1);
    let failed = holder.sign(&["absent.pdf", "-o", "c.pdf", "--format", "json"]);
    let report: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!((failed.code, &report["error"]), (Some(66), &"input_unreadable".into()));
    assert!(
        failed.stderr.contains(report["message"].as_str().unwrap()),
        "{failed:?}"
    );
    assert_eq!(holder.leftovers(""), Vec::<PathBuf>::new());
}

#[test]
fn several_files_take_one_login() {
    let holder = Holder::new("sign");
    let names = ["一.pdf", "二.pdf", "三.pdf"];
    names.iter().for_each(|name| drop(holder.document(name, &contract())));
    fs::create_dir(holder.dir.join("out")).unwrap();
    let ran = holder.sign(&["一.pdf", "二.pdf", "三.pdf", "--out-dir", "out"]);
    assert!(ran.ok && ran.stdout.lines().count() == 3, "{ran:?}");
    for name in names {
        signed(&holder, &holder.dir.join("out").join(name), &contract());
    }
    let kinds: Vec<String> = holder.audit().into_iter().map(|(kind, _)| kind).collect();
    let count = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!(
        ["login_done", "signature_intended", "signature_released"].map(count),
        [1, 3, 3]
    );
    assert_eq!(kinds.last().unwrap(), "operation_ended");
    assert_eq!(holder.leftovers("out"), Vec::<PathBuf>::new());
}

#[test]
fn a_file_may_be_signed_in_its_place() {
    let holder = Holder::new("sign");
    let path = holder.document("a.pdf", &contract());
    assert!(holder.sign(&["a.pdf", "-o", "a.pdf"]).ok);
    signed(&holder, &path, &contract());
    let once = fs::read(&path).unwrap();
    assert!(holder.sign(&["a.pdf", "-o", "a.pdf"]).ok);
    assert!(fs::read(&path).unwrap().starts_with(&once));
    let found = pdfsig(&path);
    assert!(found.len() == 2 && found.iter().all(|s| s.valid), "{found:?}");
}

#[test]
fn one_bad_file_of_several_leaves_every_output_as_it_was() {
    let holder = Holder::new("sign");
    holder.document("a.pdf", &contract());
    holder.document("b.pdf", b"%PDF-1.7 no more than that");
    fs::create_dir(holder.dir.join("out")).unwrap();
    holder.document("out/a.pdf", b"what stood here before");
    let ran = holder.sign(&["a.pdf", "b.pdf", "--out-dir", "out"]);
    assert_eq!(refusal(&ran), (66, "pdf_damaged".to_owned()));
    assert!(ran.stderr.contains("b.pdf"), "{ran:?}");
    assert_eq!(
        fs::read(holder.dir.join("out/a.pdf")).unwrap(),
        b"what stood here before"
    );
    assert_eq!(fs::read_dir(holder.dir.join("out")).unwrap().count(), 1);
    assert_eq!(holder.audit(), []);
}

#[test]
fn any_name_that_the_file_system_takes_is_taken() {
    let holder = Holder::new("sign");
    fs::create_dir(holder.dir.join("out")).unwrap();
    let longest = format!("{}あ.pdf", "x".repeat(248));
    assert_eq!(longest.len(), 255);
    let names: Vec<OsString> = vec![
        "契約\n書.pdf".into(),
        "契約\u{202e}fdp.exe".into(),
        longest.into(),
        " -".into(),
        OsString::from_vec(b"\x8c_\x96\xf1\xff.pdf".to_vec()),
    ];
    let mut arguments: Vec<OsString> = vec!["--out-dir".into(), "out".into()];
    for name in &names {
        holder.document(Path::new(name), &contract());
    }
    arguments.extend(names.iter().cloned());
    let ran = holder.sign(&arguments);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), names.len(), "{ran:?}");
    assert!(!ran.stdout.contains('\u{202e}'), "{ran:?}");
    for name in &names {
        let path = holder.dir.join("out").join(name);
        assert!(fs::read(&path).unwrap().starts_with(&contract()), "{name:?}");
        assert!(pdfsig(&path)[0].valid, "{name:?}");
    }
    assert_eq!(holder.leftovers("out"), Vec::<PathBuf>::new());

    let json = holder.sign(&[&arguments[..], &["--format".into(), "json".into()]].concat());
    assert_eq!(json.code, Some(0), "{json:?}");
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["files"].as_array().unwrap().len(), names.len());
}

#[test]
fn two_commands_share_one_state_folder() {
    let (one, two) = (Holder::new("sign"), Holder::new("sign"));
    one.document("a.pdf", &contract());
    two.document("a.pdf", &contract());
    let state = one.state();
    let mut commands = [&one, &two].map(|holder| {
        let mut command = holder.signing(&["a.pdf", "-o", "b.pdf"]);
        command.arg("--state").arg(&state);
        command
    });
    let [first, second] = &mut commands;
    let (a, b) = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(second, ""));
        (run(first, ""), other.join().unwrap())
    });
    assert!(a.ok && b.ok, "{a:?} {b:?}");
    assert_eq!(one.count("signature_released"), 2);
}
