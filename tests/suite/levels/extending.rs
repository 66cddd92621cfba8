//! `hankod extend`.

use super::{Scene, file, missing, refusal};
use crate::support::authority::Mode;
use crate::support::{run, tsa};

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
