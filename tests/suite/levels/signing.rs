//! `hankod sign --level b-lt|b-lta`.

use super::{Scene, file, has_data, missing, refusal};
use crate::support::authority::Mode;
use crate::support::tsa;

#[test]
fn a_file_gets_the_level_that_was_asked_for() {
    let scene = Scene::new(Mode::Delegated);
    for (level, signatures, archived) in [("b-lt", 1, false), ("b-lta", 2, true)] {
        let signed = file(&scene.sign("b.pdf", level));
        assert_eq!((&signed["level"], missing(&signed)), (&level.into(), vec![]));
        scene.holds("b.pdf", signatures);
        assert_eq!(scene.judged("b.pdf"), Ok(archived));
        assert!(scene.read("b.pdf").starts_with(&scene.read("a.pdf")));
    }
}

#[test]
fn lists_serve_where_nobody_answers_and_a_delegated_responder_speaks_for_its_authority() {
    for mode in [Mode::ListsOnly, Mode::Delegated] {
        let scene = Scene::new(mode);
        let signed = file(&scene.sign("b.pdf", "b-lta"));
        assert_eq!(
            (&signed["level"], missing(&signed)),
            (&"b-lta".into(), vec![]),
            "{mode:?}"
        );
        assert_eq!(scene.judged("b.pdf"), Ok(true), "{mode:?}");
    }
}

#[test]
fn what_is_missing_is_named_and_the_level_told_is_the_level_reached() {
    for (mode, code) in [
        (Mode::Dead, "trust_revocation_missing"),
        (Mode::Lying, "trust_revocation_untrusted"),
        (Mode::Replaying, "trust_revocation_missing"),
    ] {
        let scene = Scene::new(mode);
        let signed = file(&scene.sign("b.pdf", "b-lta"));
        assert_eq!(signed["level"], "b-t", "{mode:?}");
        assert!(missing(&signed).contains(&code.to_owned()), "{mode:?}: {signed}");
        let said = signed["missing"].to_string();
        assert!(said.contains("TSA"), "{mode:?}: {said}");
        scene.holds("b.pdf", 1);
        assert!(!has_data(&scene.holder.dir.join("b.pdf")), "{mode:?}");
    }
}

#[test]
fn a_revoked_signer_gets_no_file() {
    let scene = Scene::new(Mode::Good);
    scene.authority.revoked(&scene.signer);
    let ran = scene.sign("b.pdf", "b-lt");
    assert!(ran.stderr.trim_end().ends_with("[trust_revoked]"), "{ran:?}");
    assert!(!scene.holder.dir.join("b.pdf").exists());
}

#[test]
fn nobody_is_asked_for_a_pin_for_a_level_that_cannot_be_reached() {
    let scene = Scene::new(Mode::Good);
    let no_anchors = scene
        .holder
        .sign(&["a.pdf", "-o", "b.pdf", "--level", "b-lt", "--tsa", &scene.tsa.url()]);
    assert_eq!(refusal(&no_anchors), "levels_without_anchors");
    let no_tsa = scene
        .holder
        .sign(&["a.pdf", "-o", "b.pdf", "--level", "b-lt", "--trust", "root.pem"]);
    assert_eq!(refusal(&no_tsa), "fetch_no_tsa");
    assert_eq!(scene.holder.count("login_done"), 0);
}

#[test]
fn a_tsa_that_leads_to_no_anchor_is_not_used() {
    let scene = Scene::new(Mode::Good);
    let stranger = tsa::Tsa::start(&crate::support::ca::Ca::new("他人"), tsa::Mode::Good);
    let arguments = ["a.pdf", "-o", "b.pdf", "--level", "b-t", "--trust", "root.pem", "--tsa"];
    let ran = scene.holder.sign(&[&arguments[..], &[&stranger.url()]].concat());
    assert_eq!(refusal(&ran), "fetch_no_timestamp");
    assert!(ran.stderr.contains("trust_issuer_missing"), "{ran:?}");
    assert!(!scene.holder.dir.join("b.pdf").exists());
    let ran = scene
        .holder
        .sign(&[&arguments[..], &[&stranger.url(), "--tsa", &scene.tsa.url()]].concat());
    assert!(ran.ok, "{ran:?}");
}

#[test]
fn a_timestamp_whose_authority_nobody_checked_is_told_as_such() {
    let scene = Scene::new(Mode::Good);
    let words = ["a.pdf", "-o", "b.pdf", "--level", "b-t", "--tsa", &scene.tsa.url()];
    let signed = file(&scene.holder.sign(&[&words[..], &["--format", "json"]].concat()));
    assert_eq!(
        (&signed["level"], missing(&signed)),
        (&"b-t".into(), vec!["trust_authority_unchecked".to_owned()])
    );
    let told = scene.holder.sign(&[&words[..], &["--trust", "root.pem"]].concat());
    assert!(told.ok && !told.stdout.contains("was not checked"), "{told:?}");
    let told = scene.holder.sign(&words);
    assert!(told.ok && told.stdout.contains("was not checked"), "{told:?}");

    file(&scene.sign("c.pdf", "b-b"));
    let words = ["extend", "c.pdf", "-o", "d.pdf", "--level", "b-t", "--format", "json"];
    let extended = file(&scene.holder.run(&[&words[..], &["--tsa", &scene.tsa.url()]].concat()));
    assert_eq!(
        (&extended["level"], missing(&extended)),
        (&"b-t".into(), vec!["trust_authority_unchecked".to_owned()])
    );
}
