//! Files that are not what a party was to sign, certificates that are not permitted, and people who may not.

use super::{Known, first_is_party, signed, written};
use crate::contracts::stage::Stage;
use crate::contracts::{code, text};
use crate::support::ca::{self, Ca, IssueRequest, Kind};
use crate::support::signer::SoftSigner;
use hankod::der::Preference;
use hankod::sign::{Certify, FieldChoice};
use serde_json::{Value, json};

fn field_of(manifest: &Value) -> String {
    text(&manifest["documents"][0]["request"]["field"])
}

/// S48 and the rules per post: each file that must not be taken, and why; at the end the right one is.
#[test]
fn what_must_not_be_taken_is_named() {
    let stage = Stage::start("refusals", "");
    let rules = json!([{ "issuer": "*CN=試験認証局*", "unit": "総務部", "policy": "1.2.392.200110.10.8.5.1" }]);
    let id = stage.ready(&first_is_party(&rules));
    stage.send(&id);
    let link = stage.mailbox.next().link();
    let known = Known::behind(&stage, link);
    let refused = |pdf: &[u8]| {
        let (status, code) = code(&known.give(1, pdf));
        assert!([409, 422].contains(&status), "{code}");
        code
    };
    let mayor = |unit: &'static str, usage: &'static [u8]| IssueRequest {
        subject: match unit {
            "総務部" => &[("C", "JP"), ("O", "見本市"), ("OU", "総務部"), ("CN", "見本市長")],
            _ => &[("C", "JP"), ("O", "見本市"), ("OU", "総務"), ("CN", "見本市長")],
        },
        policies: &["1.2.392.200110.10.8.5.1"],
        key_usage: usage,
        ..IssueRequest::default()
    };
    let signing: &[u8] = &[ca::DIGITAL_SIGNATURE, ca::CONTENT_COMMITMENT];
    let right = stage.somebody(&mayor("総務部", signing));

    // Nobody agreed yet.
    let plain = known.file(1);
    assert_eq!(refused(&plain), "party_not_agreed");
    let manifest = known.agree("party", &written());
    assert_eq!(manifest.json()["filters"][0]["organizational_unit"], "総務部");
    let name = field_of(&manifest.json());
    // Unfilled, as nobody's software but hankod's fills.
    assert_eq!(refused(&signed(&right, &plain, &name)), "party_values_differ");
    known.files(&written());
    let file = known.file(1);
    assert_eq!(refused(&file), "party_not_signed");
    assert_eq!(refused(b"%PDF-1.7 nothing"), "party_prefix_changed");
    let mut altered = signed(&right, &file, &name);
    altered[500] ^= 1;
    assert_eq!(refused(&altered), "party_prefix_changed");
    let mut broken = signed(&right, &file, &name);
    let at = broken.len() - 40;
    broken[at] ^= 1;
    assert_ne!(refused(&broken), "party_prefix_changed");

    let with = |change: &dyn Fn(&mut hankod::sign::Request)| {
        let mut request = right.request_with_room(super::ROOM);
        request.field = FieldChoice::Named(name.clone());
        change(&mut request);
        right.sign(&file, None, &request).unwrap()
    };
    let elsewhere = with(&|request| request.field = FieldChoice::Named("Other".to_owned()));
    assert_eq!(refused(&elsewhere), "party_other_field");
    let others = name.replace("-s1-", "-s2-").replace("-f1", "-f5");
    let elsewhere = with(&|request| request.field = FieldChoice::Named(others.clone()));
    assert_eq!(refused(&elsewhere), "party_other_field");
    let certified = with(&|request| request.certify = Some(Certify::FormFill));
    assert_eq!(refused(&certified), "party_changes_forbidden");
    let once = signed(&right, &file, &name);
    let twice = right.sign(&once, None, &right.request()).unwrap();
    assert!(["party_revisions", "party_changes_forbidden"].contains(&refused(&twice).as_str()));

    let wrong_unit = stage.somebody(&mayor("総務", signing));
    assert_eq!(refused(&signed(&wrong_unit, &file, &name)), "certificate_not_allowed");
    let encrypting = stage.somebody(&mayor("総務部", &[ca::KEY_ENCIPHERMENT]));
    assert_eq!(refused(&signed(&encrypting, &file, &name)), "party_certificate_unfit");
    let revoked = stage.somebody(&mayor("総務部", signing));
    stage.authority.revoked(revoked.certificate().der());
    assert_eq!(refused(&signed(&revoked, &file, &name)), "party_certificate_revoked");
    // The right name, from somebody whom nobody trusts.
    let stranger = SoftSigner::under(
        Ca::new("試験認証局"),
        (Kind::P256, Preference::Auto),
        &mayor("総務部", signing),
    );
    assert_eq!(refused(&signed(&stranger, &file, &name)), "party_certificate_untrusted");

    // Other values than those in the file.
    let mut other = written();
    other["2"] = json!("大阪市北区1-1");
    assert_eq!(known.agree("party", &other).status, 200);
    assert_eq!(refused(&once), "party_values_differ");
    assert_eq!(known.agree("party", &written()).status, 200);
    assert_eq!(stage.state(&id), "sent");
    known.land(1, &once);
    assert_eq!(stage.mailbox.next().to, "hanako@city.example.lg.jp");
}

/// The session is asked before a file is read, the turn before it is taken, the method before anything.
#[test]
fn who_may_not_is_told_so() {
    let stage = Stage::start("party-who", "");
    let id = stage.ready(&first_is_party(&json!([])));
    stage.send(&id);
    let link = stage.mailbox.next().link();
    let body = json!({ "session": "x", "values": written(), "checked": [1] });
    assert_eq!(
        code(&stage.act(&link, "party", &body)),
        (409, "request_not_opened".into())
    );
    let known = Known::behind(&stage, link.clone());
    assert_eq!(code(&stage.act(&link, "party", &body)), (403, "session_over".into()));
    let stranger = Known {
        stage: &stage,
        link,
        session: "x".to_owned(),
    };
    assert_eq!(code(&stranger.give(1, b"%PDF-")), (403, "session_over".into()));
    let empty = json!({ "session": known.session, "values": {}, "checked": [1] });
    assert_eq!(
        code(&stage.act(&known.link, "party", &empty)),
        (422, "field_value_missing".into())
    );
    let witness = json!({ "session": known.session, "values": written(), "checked": [1] });
    assert_eq!(
        code(&stage.act(&known.link, "sign", &witness)),
        (409, "signs_with_certificate".into())
    );
    let person = stage.somebody(&IssueRequest::default());
    let name = field_of(&known.files(&written()));
    let file = known.file(1);
    known.land(1, &signed(&person, &file, &name));
    let second = Known::next(&stage);
    let empty = json!({ "session": second.session, "values": {}, "checked": [1] });
    assert_eq!(
        code(&stage.act(&second.link, "party", &empty)),
        (409, "signs_by_mail".into())
    );
    // Another signature in the same place is none that was taken.
    let again = stage.somebody(&IssueRequest::default());
    let other = signed(&again, &file, &name);
    assert_eq!(code(&known.give(1, &other)), (409, "signed_already".into()));
}
