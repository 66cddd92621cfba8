//! What a signing could not have is completed later as the signing meant it, or ends with its reason.

use super::{Scene, contract, file, missing, only, refusal};
use crate::support::authority::{Authority, Mode};
use crate::support::ca::{self, Ca, IssueRequest};
use crate::support::holder::Holder;
use crate::support::shapes;
use crate::support::tsa;
use hankod::token::provision::NewKey;
use serde_json::Value;
use std::fs;

const LATER: [&str; 1] = ["--augment-later"];

#[test]
fn a_job_trusts_whom_the_command_named_and_goes_where_it_allowed() {
    // Nothing of this is configured.
    let scene = Scene::with_tsa(Mode::Delegated, tsa::Mode::Dead);
    let signed = file(&scene.sign_with("b.pdf", "b-lta", &LATER));
    assert_eq!(signed["level"], "b-b", "{signed}");
    scene.tsa.behave(tsa::Mode::Good);
    let root = fs::read(scene.holder.root()).unwrap();
    fs::remove_file(scene.holder.root()).unwrap();
    let (code, report) = scene.due(&[]);
    assert_eq!((code, only(&report)), (Some(0), ("done", None)), "{report}");
    fs::write(scene.holder.root(), root).unwrap();
    scene.holds("b.pdf", 2);
    assert_eq!(scene.verified("b.pdf").1, "B-LTA");
    assert_eq!(scene.judged("b.pdf"), Ok(true));
}

#[test]
fn a_job_trusts_nobody_else() {
    let scene = Scene::with_tsa(Mode::Delegated, tsa::Mode::Dead);
    let stranger = Ca::new("他人");
    scene.holder.document("stranger.pem", &stranger.pem());
    let words = ["a.pdf", "-o", "b.pdf", "--level", "b-t", "--augment-later", "--trust"];
    let ran = scene
        .holder
        .sign(&[&words[..], &["stranger.pem", "--tsa", &scene.tsa.url()]].concat());
    assert!(ran.ok, "{ran:?}");
    scene.tsa.behave(tsa::Mode::Good);
    scene.holder.behave("[trust]\nanchors = [\"root.pem\"]\n");
    let (code, report) = scene.due(&[]);
    assert_eq!(
        (code, only(&report)),
        (Some(69), ("waiting", Some("fetch_no_timestamp"))),
        "{report}"
    );
    assert!(report.to_string().contains("trust_issuer_missing"), "{report}");
}

#[test]
fn more_trust_than_a_job_can_keep_is_refused_before_anybody_types_a_pin() {
    let scene = Scene::with_tsa(Mode::Good, tsa::Mode::Dead);
    let key = ca::key(ca::Kind::P256);
    let long = format!("{}@example.jp", "a".repeat(4_000));
    let emails = [&*long];
    let request = IssueRequest {
        emails: &emails,
        ..IssueRequest::default()
    };
    let pem = |_| {
        let der = scene.holder.ca().issue(&key, &request);
        openssl::x509::X509::from_der(&der).unwrap().to_pem().unwrap()
    };
    let bundle: Vec<Vec<u8>> = (0..70).map(pem).collect();
    scene.holder.document("many.pem", &bundle.concat());
    let more = ["--augment-later", "--trust", "many.pem"];
    assert_eq!(refusal(&scene.sign_with("b.pdf", "b-t", &more)), "later_too_much_trust");
    assert_eq!(scene.holder.count("login_done"), 0);
}

#[test]
fn data_that_could_not_be_had_is_asked_for_again() {
    let scene = Scene::new(Mode::Dead);
    let signed = file(&scene.sign_with("b.pdf", "b-lt", &LATER));
    assert_eq!(
        (&signed["level"], missing(&signed).len()),
        (&"b-t".into(), 2),
        "{signed}"
    );
    let before = scene.read("b.pdf");
    let (code, report) = scene.due(&[]);
    assert_eq!(
        (code, only(&report)),
        (Some(69), ("waiting", Some("evidence_incomplete"))),
        "{report}"
    );
    assert_eq!(missing(&report["work"][0]), ["trust_revocation_missing"; 2]);
    // Nothing is said to have been let out that was not.
    let kinds = ["extension_begun", "extension_released", "job_step_done"];
    assert_eq!(kinds.map(|kind| scene.holder.count(kind)), [0, 0, 0]);
    assert_eq!(scene.read("b.pdf"), before);
    scene.authority.behave(Mode::Good);
    assert_eq!(only(&scene.due(&[]).1), ("done", None));
    assert_eq!(scene.verified("b.pdf"), ("TOTAL-PASSED".to_owned(), "B-LT".to_owned()));
}

/// A signer of an authority that gives its data to nobody like us, and a TSA of one that does.
#[test]
fn data_that_is_closed_to_us_is_said_once_and_ends_the_job_at_the_level_reached() {
    let holder = Holder::under("closed", Ca::of("JPKI", "署名用認証局"));
    let closed = Authority::open(holder.ca(), Mode::Dead);
    let [ocsp, crl] = closed.urls();
    let request = IssueRequest {
        ocsp_url: Some(&ocsp),
        crl_url: Some(&crl),
        ..IssueRequest::default()
    };
    holder.add("sign", NewKey::P256, &request);
    let others = Holder::without_key("open");
    let authority = Authority::open(others.ca(), Mode::Delegated);
    let tsa = super::tsa(&others, &authority, tsa::Mode::Dead, 1_500);
    holder.document("a.pdf", &contract());
    holder.document("tsa-root.pem", &others.ca().pem());
    let (url, places) = (tsa.url(), [authority.place(), closed.place()]);
    let words = |output| {
        [
            "a.pdf",
            "-o",
            output,
            "--level",
            "b-lta",
            "--format",
            "json",
            "--augment-later",
            "--tsa",
            &url,
        ]
        .into_iter()
        .chain(["--trust", "root.pem", "--trust", "tsa-root.pem"])
        .chain(places.iter().flat_map(|place| ["--allow-private", place]))
        .map(str::to_owned)
        .collect::<Vec<_>>()
    };
    assert_eq!(file(&holder.sign(&words("b.pdf")))["level"], "b-b");
    tsa.behave(tsa::Mode::Good);
    let scene = Scene {
        holder,
        authority,
        tsa,
        signer: Vec::new(),
    };
    let (code, report) = scene.due(&[]);
    assert_eq!(
        (code, only(&report)),
        (Some(0), ("done", Some("evidence_unobtainable"))),
        "{report}"
    );
    assert_eq!(missing(&report["work"][0]), ["trust_revocation_closed"], "{report}");
    assert!(report.to_string().contains("失効情報なし"), "{report}");
    scene.holds("b.pdf", 1);
    assert_eq!(scene.verified("b.pdf").1, "B-T");
    let kinds = ["job_ended", "extension_begun", "extension_released", "job_step_done"];
    // Stamped, delivered; and the end.
    assert_eq!(kinds.map(|kind| scene.holder.count(kind)), [1, 0, 0, 2]);
    assert_eq!(scene.due(&[]).1["work"], Value::Array(Vec::new()));

    // With a timestamp at once there is nothing to wait for, and no job.
    let signed = file(&scene.holder.sign(&words("c.pdf")));
    assert_eq!(
        (&signed["level"], &signed["later"]),
        (&"b-t".into(), &Value::Null),
        "{signed}"
    );
    assert_eq!(missing(&signed), ["trust_revocation_closed"]);
    assert_eq!(scene.holder.count("job_put"), 1);
}

#[test]
fn work_that_waits_can_be_called_off() {
    let scene = Scene::new(Mode::Dead);
    file(&scene.sign_with("b.pdf", "b-lt", &LATER));
    let before = scene.read("b.pdf");
    let (_, report) = scene.due(&["--list"]);
    let id = report["work"][0]["id"].as_str().unwrap().to_owned();
    let cancel = |id: &str| scene.holder.run(&["--lang", "en", "extend", "--due", "--cancel", id]);
    assert_eq!(refusal(&cancel("0000")), "work_not_found");
    let ran = cancel(&id);
    assert!(
        ran.ok && ran.stdout.contains("Called off: ") && ran.stdout.contains("b.pdf"),
        "{ran:?}"
    );
    assert_eq!(refusal(&cancel(&id)), "work_not_found");
    scene.authority.behave(Mode::Good);
    assert_eq!(scene.due(&[]).1["work"], Value::Array(Vec::new()));
    assert_eq!(scene.read("b.pdf"), before);
    let audit = scene.holder.audit();
    let (_, end) = audit.iter().find(|(kind, _)| kind == "job_ended").unwrap();
    assert_eq!(end["state"], "cancelled");
}

#[test]
fn an_encrypted_document_is_not_completed_later_and_that_is_said_before_anybody_types_a_pin() {
    let scene = Scene::with_tsa(Mode::Good, tsa::Mode::Dead);
    let encrypted = shapes::qpdf(&contract(), &["--encrypt", "himitsu", "owner", "256", "--"]);
    scene.holder.document("a.pdf", &encrypted);
    scene.holder.secret("password", "himitsu");
    let more = ["--augment-later", "--password-file", "password"];
    for level in ["b-t", "b-lt"] {
        assert_eq!(refusal(&scene.sign_with("b.pdf", level, &more)), "later_encrypted");
    }
    assert_eq!((scene.holder.count("login_done"), scene.tsa.asked()), (0, 0));
    assert!(!scene.holder.dir.join("b.pdf").exists());
    // Where nothing is to come later, nothing is refused.
    assert_eq!(file(&scene.sign_with("b.pdf", "b-b", &more))["level"], "b-b");
}
