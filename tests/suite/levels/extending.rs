//! `hankod extend`.

use super::{Scene, file, missing, refusal};
use crate::support::authority::Mode;
use crate::support::ca::{self, IssueRequest, Kind};
use crate::support::judges::{judges_dir, pdfsig, pyhanko, qpdf_check};
use crate::support::shapes;
use crate::support::{repository, run, tsa};
use openssl::x509::X509;
use std::process::Command;

#[test]
fn a_signed_file_is_raised_step_by_step_and_renewed() {
    let scene = Scene::new(Mode::Good);
    file(&scene.sign("b-b.pdf", "b-b"));
    let mut before = "b-b.pdf".to_owned();
    let steps = [
        ("b-t", "b-t", 2),
        ("b-lt", "b-lt", 2),
        ("b-lta", "b-lta", 3),
        ("b-lta", "renewed", 4),
    ];
    for (level, name, signatures) in steps {
        let output = format!("{name}.pdf");
        let extended = file(&scene.extend(&before, &output, level));
        assert_eq!((&extended["level"], missing(&extended)), (&level.into(), vec![]));
        assert!(scene.read(&output).starts_with(&scene.read(&before)), "{name}");
        scene.holds(&output, signatures);
        let verified = scene.verified(&output);
        assert_eq!(verified.1, level.to_uppercase(), "{name}");
        assert!(level == "b-t" || verified.0 == "TOTAL-PASSED", "{name}: {verified:?}");
        before = output;
    }
    assert_eq!(scene.holder.count("extension_released"), 4);
}

#[test]
fn archives_and_their_renewals_are_good_to_another_verifier() {
    let scene = Scene::new(Mode::Delegated);
    // It wants the first timestamp in the signature itself.
    file(&scene.sign("b-t.pdf", "b-t"));
    file(&scene.extend("b-t.pdf", "b-lt.pdf", "b-lt"));
    file(&scene.extend("b-lt.pdf", "b-lta.pdf", "b-lta"));
    file(&scene.extend("b-lta.pdf", "renewed.pdf", "b-lta"));
    for (name, archived) in [("b-lt.pdf", false), ("b-lta.pdf", true), ("renewed.pdf", true)] {
        assert_eq!(scene.judged(name), Ok(archived), "{name}");
    }
}

/// Shapes that pyHanko signs: table and streams.
const ELSEWHERE: [&str; 2] = ["PDF 1.7", "object streams"];

/// `input` signed by pyHanko under a certificate of the scene's authority; `stamped`: with a timestamp by the scene's TSA.
fn signed_elsewhere(scene: &Scene, input: &str, output: &str, stamped: bool) {
    let [ocsp, crl] = scene.authority.urls();
    let key = ca::key(Kind::Rsa2048);
    let request = IssueRequest {
        ocsp_url: Some(&ocsp),
        crl_url: Some(&crl),
        ..IssueRequest::default()
    };
    let certificate = scene.holder.ca().issue(&key, &request);
    scene.authority.knows(&certificate);
    let pem = X509::from_der(&certificate).unwrap().to_pem().unwrap();
    scene.holder.document("other.pem", &pem);
    scene
        .holder
        .document("other.key", &key.private_key_to_pem_pkcs8().unwrap());
    let mut command = Command::new(judges_dir().join("bin/python"));
    command
        .arg(repository("tests/judges/pyhanko_sign.py"))
        .args([input, output, "other.key", "other.pem", "root.pem"])
        .args(stamped.then(|| scene.tsa.url()))
        .current_dir(&*scene.holder.dir);
    let said = run(&mut command, "");
    assert!(said.ok, "{said:?}");
}

#[test]
fn files_that_other_software_signed_are_raised_and_archived() {
    let scene = Scene::new(Mode::Delegated);
    let shapes = shapes::plain()
        .into_iter()
        .filter(|shape| ELSEWHERE.contains(&shape.name));
    let both = shapes.flat_map(|shape| {
        [
            (shape.name, shape.bytes.clone(), true),
            (shape.name, shape.bytes, false),
        ]
    });
    let both: Vec<_> = both.collect();
    assert_eq!(both.len(), 2 * ELSEWHERE.len());
    for (at, (shape, bytes, stamped)) in both.into_iter().enumerate() {
        let name = |what: &str| format!("{what}-{at}.pdf");
        scene.holder.document(name("input"), &bytes);
        signed_elsewhere(&scene, &name("input"), &name("signed"), stamped);
        let mut before = name("signed");
        let mut signatures = 1;
        for level in ["b-t", "b-lt", "b-lta"] {
            let output = name(level);
            let extended = file(&scene.extend(&before, &output, level));
            assert_eq!(
                (&extended["level"], missing(&extended)),
                (&level.into(), vec![]),
                "{shape}"
            );
            assert!(scene.read(&output).starts_with(&scene.read(&before)));
            signatures += extended["timestamps"].as_array().unwrap().len();
            let found = pdfsig(&scene.holder.dir.join(&output));
            assert!(
                found.len() == signatures && found[0].valid,
                "{shape}, {level}: {found:?}"
            );
            qpdf_check(&*scene.holder.dir.join(&output)).unwrap();
            let verified = scene.verified(&output);
            assert_eq!(verified.1, level.to_uppercase(), "{shape}");
            assert!(level == "b-t" || verified.0 == "TOTAL-PASSED", "{shape}: {verified:?}");
            before = output;
        }
        // It wants the first timestamp in the signature itself; of the others it is asked about trust and changes.
        match stamped {
            true => assert_eq!(scene.judged(&name("b-lta")), Ok(true), "{shape}"),
            false => {
                let judged = pyhanko(&scene.holder.dir.join(name("b-lta")), &scene.holder.root()).unwrap();
                let good = judged
                    .iter()
                    .all(|one| one.intact && one.valid && one.trusted && one.docmdp_ok);
                assert!(good && judged.len() == signatures, "{shape}: {judged:?}");
            }
        }
    }
}

#[test]
fn what_was_fetched_is_kept_for_the_next_file() {
    let scene = Scene::new(Mode::ListsOnly);
    file(&scene.sign("b.pdf", "b-t"));
    file(&scene.extend("b.pdf", "c.pdf", "b-lt"));
    scene.authority.behave(Mode::Dead);
    let extended = file(&scene.extend("b.pdf", "d.pdf", "b-lt"));
    assert_eq!((&extended["level"], missing(&extended)), (&"b-lt".into(), vec![]));
}

#[test]
fn a_file_that_is_not_whole_gets_no_evidence() {
    let scene = Scene::new(Mode::Good);
    file(&scene.sign("b.pdf", "b-t"));
    let good = scene.read("b.pdf");
    let mut altered = good.clone();
    altered[20] ^= 1;
    scene.holder.document("altered.pdf", &altered);
    scene.holder.document("tail.pdf", &[&good[..], b"x"].concat());
    for (input, code) in [
        ("altered.pdf", "cms_digest_mismatch"),
        ("a.pdf", "no_signature"),
        ("tail.pdf", ""),
    ] {
        let refused = refusal(&scene.extend(input, "c.pdf", "b-lta"));
        assert!(refused == code || code.is_empty(), "{input}: {refused}");
        assert!(!scene.holder.dir.join("c.pdf").exists());
    }
}

#[test]
fn without_a_timestamp_there_is_no_file() {
    let scene = Scene::with_tsa(Mode::Good, tsa::Mode::Dead);
    file(&scene.sign("b.pdf", "b-b"));
    assert_eq!(refusal(&scene.extend("b.pdf", "c.pdf", "b-t")), "fetch_no_timestamp");
    assert!(!scene.holder.dir.join("c.pdf").exists());
    assert_eq!(scene.holder.leftovers(""), Vec::<std::path::PathBuf>::new());
    let kinds = ["extension_begun", "extension_failed", "extension_released"];
    assert_eq!(kinds.map(|kind| scene.holder.count(kind)), [1, 1, 0]);
}

#[test]
fn several_files_are_extended_at_once() {
    let scene = Scene::new(Mode::Delegated);
    for name in ["一.pdf", "二.pdf"] {
        file(&scene.sign(name, "b-t"));
    }
    std::fs::create_dir(scene.holder.dir.join("out")).unwrap();
    let words = [
        "--lang",
        "en",
        "extend",
        "一.pdf",
        "二.pdf",
        "--out-dir",
        "out",
        "--level",
        "b-lta",
    ];
    let mut words: Vec<String> = words.map(str::to_owned).into();
    words.extend(scene.sources());
    let ran = run(&mut scene.holder.hankod(&words), "");
    assert!(ran.ok && ran.stdout.matches("B-LTA").count() == 2, "{ran:?}");
    for name in ["out/一.pdf", "out/二.pdf"] {
        assert_eq!(scene.judged(name), Ok(true));
    }
}
