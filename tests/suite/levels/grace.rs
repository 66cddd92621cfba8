//! `--evidence after-grace`: revocation data that was issued so long after the signature that a revocation which was under way has become known.

use super::{Scene, file, has_data, missing, only, refusal};
use crate::support::ahead::Moved;
use crate::support::authority::Mode;
use crate::support::daemon::Daemon;
use crate::support::dir::appears;
use crate::support::shapes;
use serde_json::Value;

const AFTER_GRACE: [&str; 2] = ["--evidence", "after-grace"];

#[test]
fn the_level_comes_when_data_was_issued_after_the_grace_period() {
    for (mode, level, signatures) in [(Mode::Delegated, "b-lt", 1), (Mode::ListsOnly, "b-lta", 2)] {
        let scene = Scene::new(mode);
        let signed = file(&scene.sign_with("b.pdf", level, &AFTER_GRACE));
        assert_eq!(signed["level"], "b-t", "{mode:?}");
        assert!(
            missing(&signed).contains(&"trust_revocation_too_early".to_owned()),
            "{signed}"
        );
        assert!(signed["later"].is_string(), "{signed}");
        assert!(!has_data(&scene.holder.dir.join("b.pdf")));
        let before = scene.read("b.pdf");

        // Whoever asks for it now gets it no earlier.
        let (code, report) = scene.due(&[]);
        assert_eq!(
            (code, only(&report)),
            (Some(69), ("waiting", Some("grace_period"))),
            "{report}"
        );
        assert_eq!(report["work"][0]["next_try"], signed["later"]);
        assert_eq!(scene.read("b.pdf"), before);

        // The period is over, and what the authority gives out is older than that.
        let (code, report) = scene.due_after(2, &[]);
        assert_eq!(
            (code, only(&report)),
            (Some(69), ("waiting", Some("evidence_not_fresh"))),
            "{report}"
        );
        assert_eq!(missing(&report["work"][0]), ["trust_revocation_too_early"], "{report}");
        assert_eq!(scene.read("b.pdf"), before);

        scene.live(2);
        let (code, report) = scene.due_after(2, &[]);
        assert_eq!((code, only(&report)), (Some(0), ("done", None)), "{report}");
        assert!(scene.read("b.pdf").starts_with(&before));
        scene.holds("b.pdf", signatures);
        assert_eq!(scene.judged_after("b.pdf", 3), Ok(signatures == 2), "{mode:?}");
        let data = issued(&scene.read("b.pdf"));
        assert!(!data.is_empty());
        // No extension was begun that was not let out, and the wait is no step.
        let kinds = [
            "job_put",
            "job_step_done",
            "job_ended",
            "extension_begun",
            "extension_released",
        ];
        assert_eq!(kinds.map(|kind| scene.holder.count(kind)), [1, 1, 1, 0, 0]);
        let (code, report) = scene.due_after(2, &[]);
        assert_eq!((code, &report["work"]), (Some(0), &Value::Array(Vec::new())));
    }
}

/// OCSP answers and lists in the DSS.
fn issued(pdf: &[u8]) -> Vec<Vec<u8>> {
    let document = hankod::pdf::Document::open(pdf, None).unwrap();
    let dss = hankod::pdf::dss::read(&document).unwrap();
    [dss.ocsps, dss.crls].concat()
}

#[test]
fn a_revocation_that_was_under_way_is_seen_and_the_file_keeps_its_level() {
    let scene = Scene::new(Mode::Good);
    assert_eq!(file(&scene.sign_with("b.pdf", "b-lt", &AFTER_GRACE))["level"], "b-t");
    scene.authority.revoked(&scene.signer);
    scene.live(2);
    let (code, report) = scene.due_after(2, &[]);
    assert_eq!(
        (code, only(&report)),
        (Some(0), ("done", Some("evidence_unobtainable"))),
        "{report}"
    );
    assert_eq!(missing(&report["work"][0]), ["trust_revoked"]);
    assert!(!has_data(&scene.holder.dir.join("b.pdf")));
}

#[test]
fn the_configuration_can_demand_it_and_say_how_long() {
    let scene = Scene::new(Mode::Delegated);
    scene
        .holder
        .behave("[evidence]\nrevocation = \"after_grace\"\ngrace_hours = 72\n");
    assert_eq!(file(&scene.sign("b.pdf", "b-lt"))["level"], "b-t");
    // What was asked for is kept, whatever the configuration says later.
    scene.holder.behave("");
    scene.live(4);
    assert_eq!(only(&scene.due_after(2, &[]).1), ("waiting", Some("grace_period")));
    assert_eq!(only(&scene.due_after(4, &[]).1), ("done", None));
    assert_eq!(scene.verified_after("b.pdf", 5).1, "B-LT");
}

#[test]
fn an_encrypted_document_is_refused_before_anybody_types_a_pin() {
    let scene = Scene::new(Mode::Good);
    let encrypted = shapes::qpdf(&super::contract(), &["--encrypt", "himitsu", "owner", "256", "--"]);
    scene.holder.document("a.pdf", &encrypted);
    scene.holder.secret("password", "himitsu");
    let more = ["--evidence", "after-grace", "--password-file", "password"];
    assert_eq!(refusal(&scene.sign_with("b.pdf", "b-lt", &more)), "grace_encrypted");
    assert_eq!(scene.holder.count("login_done"), 0);
    assert!(!scene.holder.dir.join("b.pdf").exists());
}

#[test]
fn a_daemon_wakes_by_itself_when_the_grace_period_is_over() {
    let scene = Scene::new(Mode::Delegated);
    let signed = file(&scene.sign_with("b.pdf", "b-lta", &AFTER_GRACE));
    assert_eq!(signed["level"], "b-t");
    let before = scene.read("b.pdf");
    let dir = &scene.holder.dir;
    let clock = Moved::new(&scene.holder.state());
    let config = std::fs::read_to_string(scene.holder.config()).unwrap();
    let daemon = Daemon::start(dir, &config, &clock.environment());
    assert_eq!(only(&scene.due(&["--list"]).1).0, "waiting");

    // Nobody asks it for anything: time goes by.
    appears(dir, || {
        scene.live(2);
        clock.to(2);
    });
    assert!(daemon.stop().success());
    assert!(scene.read("b.pdf").starts_with(&before));
    scene.holds("b.pdf", 2);
    assert_eq!(scene.verified_after("b.pdf", 3).1, "B-LTA");
    assert_eq!(scene.judged_after("b.pdf", 3), Ok(true));
    assert_eq!(scene.holder.count("job_ended"), 1);
}
