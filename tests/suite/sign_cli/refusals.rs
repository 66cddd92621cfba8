//! What `hankod sign` refuses, with its exit code and reason, and that nothing is left behind.

use super::{contract, refusal};
use crate::support::ca::{self, IssueRequest};
use crate::support::holder::Holder;
use crate::support::run;
use crate::support::shim::logins;
use hankod::token::provision::NewKey;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

fn is(exit: i32, code: &str) -> (i32, String) {
    (exit, code.to_owned())
}

#[test]
fn words_that_do_not_fit_together_are_wrong_usage() {
    let holder = Holder::without_key("refuse");
    holder.document("a.pdf", &contract());
    fs::create_dir(holder.dir.join("d")).unwrap();
    holder.document("d/a.pdf", &contract());
    let wrong: [&[&str]; 9] = [
        &["a.pdf"],
        &["-o", "b.pdf"],
        &["a.pdf", "-o", "b.pdf", "--out-dir", "d"],
        &["a.pdf", "-o", "b.pdf", "--rect", "1,2,3"],
        &["a.pdf", "-o", "b.pdf", "--date"],
        &["a.pdf", "-o", "b.pdf", "--level", "b-z"],
        &["a.pdf", "-o", "b.pdf", "--pin", "1234"],
        &[
            "a.pdf",
            "-o",
            "b.pdf",
            "--seal",
            "s.png",
            "--name-seal",
            "甲",
            "--rect",
            "1,2,3,4",
        ],
        &["a.pdf", "-o", "b.pdf", "--format", "xml"],
    ];
    for arguments in wrong {
        let ran = holder.sign(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(64), ""), "{arguments:?} {ran:?}");
    }
    let several = ["a.pdf", "d/a.pdf", "-o", "b.pdf"];
    assert_eq!(refusal(&holder.sign(&several)), is(64, "one_output_for_many"));
    let twice = ["a.pdf", "d/a.pdf", "--out-dir", "."];
    assert_eq!(refusal(&holder.sign(&twice)), is(64, "output_twice"));
    let no_seal = ["a.pdf", "-o", "b.pdf", "--rect", "1,2,30,40"];
    assert_eq!(refusal(&holder.sign(&no_seal)), is(64, "rect_without_seal"));
    assert_eq!(holder.leftovers(""), Vec::<PathBuf>::new());
}

#[test]
fn what_cannot_be_read_or_written_is_said_before_a_pin_is_used() {
    let holder = Holder::new("refuse");
    holder.misbehave(&[], "");
    holder.document("a.pdf", &contract());
    holder.document("text.pdf", "契約書".as_bytes());
    holder.document("cut.pdf", &contract()[..200]);
    fs::create_dir(holder.dir.join("d")).unwrap();
    mknodat(
        CWD,
        holder.dir.join("pipe"),
        FileType::Fifo,
        Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let cases: [(&[&str], _); 9] = [
        (&["absent.pdf", "-o", "b.pdf"], is(66, "input_unreadable")),
        (&["d", "-o", "b.pdf"], is(66, "input_unreadable")),
        (&["pipe", "-o", "b.pdf"], is(66, "input_unreadable")),
        (&["/dev/zero", "-o", "b.pdf"], is(66, "input_unreadable")),
        (&["text.pdf", "-o", "b.pdf"], is(66, "pdf_not_a_pdf")),
        (&["cut.pdf", "-o", "b.pdf"], is(66, "pdf_damaged")),
        (
            &["a.pdf", "-o", "b.pdf", "--password-file", "/dev/zero"],
            is(66, "input_unreadable"),
        ),
        (&["a.pdf", "-o", "absent/b.pdf"], is(1, "output_unwritable")),
        (&["a.pdf", "-o", "d"], is(1, "output_unwritable")),
    ];
    for (arguments, expected) in cases {
        assert_eq!(refusal(&holder.sign(arguments)), expected, "{arguments:?}");
    }
    assert_eq!(logins(&holder.dir), "");
    assert!(!holder.dir.join("b.pdf").exists());
    assert_eq!(holder.leftovers(""), Vec::<PathBuf>::new());
    assert_eq!(holder.audit(), []);
}

#[test]
fn a_certificate_that_cannot_sign_says_why() {
    let holder = Holder::without_key("refuse");
    let days = |days| IssueRequest {
        days,
        ..IssueRequest::default()
    };
    let encryption = IssueRequest {
        key_usage: &[ca::KEY_ENCIPHERMENT],
        ..IssueRequest::default()
    };
    holder.add("certificate_expired", NewKey::P256, &days((-30, -2)));
    holder.add("certificate_not_yet_valid", NewKey::P256, &days((2, 30)));
    holder.add("certificate_encryption_only", NewKey::P256, &encryption);
    holder.add_certificate_alone("certificate_without_key");
    holder.misbehave(&[], "");
    holder.document("a.pdf", &contract());
    for reason in [
        "certificate_expired",
        "certificate_not_yet_valid",
        "certificate_encryption_only",
        "certificate_without_key",
    ] {
        let ran = holder.sign(&["a.pdf", "-o", "b.pdf", "--certificate", reason]);
        assert_eq!(refusal(&ran), is(1, reason));
    }
    assert_eq!(logins(&holder.dir), "");
    let listed = holder.run(&["certificate", "list", "--usage", "all", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let usable = listed.as_array().unwrap().iter().filter(|c| c["usable"] == true);
    assert_eq!((listed.as_array().unwrap().len(), usable.count()), (4, 0));
}

#[test]
fn a_module_that_is_none_is_unavailable() {
    let holder = Holder::new("refuse");
    holder.document("a.pdf", &contract());
    let with = |module: &str| holder.sign(&["a.pdf", "-o", "b.pdf", "--module", module]);
    assert_eq!(refusal(&with("/nonexistent/p11.so")), is(69, "token_module_missing"));
    let text = holder.document("p11.so", b"no library");
    assert_eq!(
        refusal(&with(text.to_str().unwrap())),
        is(69, "token_module_not_pkcs11")
    );
    let library = fs::read_dir("/usr/lib/x86_64-linux-gnu")
        .into_iter()
        .flatten()
        .flatten();
    let library = library.map(|e| e.path()).find(|p| p.ends_with("libz.so.1"));
    if let Some(library) = library {
        assert_eq!(
            refusal(&with(library.to_str().unwrap())),
            is(69, "token_module_not_pkcs11")
        );
    }
}

#[test]
fn a_token_that_fails_in_the_middle_releases_nothing() {
    let holder = Holder::new("refuse");
    for name in ["a.pdf", "b.pdf", "c.pdf"] {
        holder.document(name, &contract());
    }
    fs::create_dir(holder.dir.join("out")).unwrap();
    let impatient = "[limits]\ntoken_sign_deadline_ms = 3000";
    let cases = [
        ("gone:2", "card_removed", "signature_unknown"),
        ("abort:2", "token_module_crashed", "signature_unknown"),
        ("hang:2", "token_timeout", "signature_unknown"),
        ("garbage:7", "token_signature_mismatch", "signature_failed"),
    ];
    for (fault, code, outcome) in cases {
        let before = holder.audit().len();
        holder.misbehave(&[("SHIM_FAULT", fault)], impatient);
        let ran = holder.sign(&["a.pdf", "b.pdf", "c.pdf", "--out-dir", "out"]);
        let exit = if fault.starts_with("garbage") { 1 } else { 69 };
        assert_eq!(refusal(&ran), is(exit, code));
        assert_eq!(fs::read_dir(holder.dir.join("out")).unwrap().count(), 0);
        let audit = holder.audit().split_off(before);
        let of = |kind: &str| audit.iter().filter(|(k, _)| k == kind).count();
        assert!(of(outcome) >= 1, "{fault}: {audit:?}");
        assert_eq!(of("signature_intended"), 3);
        let outcomes = ["signature_made", "signature_failed", "signature_unknown"];
        assert_eq!(outcomes.map(of).iter().sum::<usize>(), 3, "{fault}: {audit:?}");
        assert_eq!((of("signature_released"), of("operation_ended")), (0, 1));
    }
    holder.behave("");
    let ran = holder.sign(&["a.pdf", "b.pdf", "c.pdf", "--out-dir", "out"]);
    assert!(ran.ok, "{ran:?}");
}

#[test]
fn a_full_disk_leaves_no_half_file() {
    let holder = Holder::new("refuse");
    // Above what the log of the database may take, below the document.
    let large = shapes_of(4 << 20);
    holder.document("a.pdf", &contract());
    holder.document("b.pdf", &large);
    fs::create_dir(holder.dir.join("out")).unwrap();
    let command = holder.signing(&["a.pdf", "b.pdf", "--out-dir", "out"]);
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(&*holder.dir);
    assert_eq!(refusal(&run(&mut limited, "")), is(1, "disk_full"));
    assert_eq!(fs::read_dir(holder.dir.join("out")).unwrap().count(), 0);
    assert_eq!(holder.count("signature_released"), 0);
    assert!(holder.sign(&["a.pdf", "b.pdf", "--out-dir", "out"]).ok);
}

/// A document of more than `bytes`.
fn shapes_of(bytes: usize) -> Vec<u8> {
    let mut file = crate::support::shapes::one_page("1.7", "", "");
    file.stream(7, "", &vec![b' '; bytes]);
    file.table(crate::support::shapes::LF, "");
    file.bytes
}

#[test]
fn a_state_folder_that_others_can_read_is_refused() {
    let holder = Holder::new("refuse");
    holder.document("a.pdf", &contract());
    assert!(holder.sign(&["a.pdf", "-o", "b.pdf"]).ok);
    fs::set_permissions(holder.state(), fs::Permissions::from_mode(0o750)).unwrap();
    let ran = holder.sign(&["a.pdf", "-o", "c.pdf"]);
    assert_eq!(refusal(&ran), is(1, "state_not_private"));
    assert!(!holder.dir.join("c.pdf").exists());
}
