//! What a policy allows a key, and the second person: refused before the PIN, allowed once, by somebody with a passphrase of their own.

use crate::support::holder::Holder;
use crate::support::server::Service;
use crate::support::{Ran, shapes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hankod::token::provision::NewKey;
use serde_json::{Value, json};

const PASSPHRASE: &str = "otsu-no-aikotoba";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";

/// A person whose key has this policy, and an approver.
fn person(name: &str, policy: &str) -> Holder {
    let holder = Holder::new(name);
    holder.behave(&format!("[[policy]]\nlabel = \"sign\"\n{policy}"));
    holder.document("a.pdf", &shapes::classic("1.7", shapes::LF));
    holder.secret("passphrase", PASSPHRASE);
    holder
}

fn add_approver(holder: &Holder) {
    let added = holder.run(&["approver", "add", "乙野花子", "--passphrase-file", "passphrase"]);
    assert!(added.ok, "{added:?}");
}

fn answer(holder: &Holder, how: &str, id: &str) -> Ran {
    holder.run(&[
        "--lang",
        "en",
        "approval",
        how,
        id,
        "--as",
        "乙野花子",
        "--passphrase-file",
        "passphrase",
    ])
}

/// What waits.
fn waiting(holder: &Holder) -> Vec<Value> {
    let listed = holder.run(&["approval", "list", "--format", "json"]);
    assert!(listed.ok, "{listed:?}");
    serde_json::from_str(&listed.stdout).unwrap()
}

fn id_of(waiting: &Value) -> String {
    waiting["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_with_four_eyes_signs_what_another_person_has_seen_once() {
    let holder = person("four-eyes", "four_eyes = true");
    add_approver(&holder);
    let sign = |output: &str| holder.sign(&["a.pdf", "-o", output]);
    let ran = sign("b.pdf");
    assert!(!ran.ok && ran.stderr.contains("[approval_needed]"), "{ran:?}");
    let open = waiting(&holder);
    assert_eq!(open[0]["items"][0]["name"], "a.pdf");
    let id = id_of(&open[0]);
    // Asked again it is the same question, and still no PIN was used.
    assert!(sign("b.pdf").stderr.contains(&id));
    assert_eq!((waiting(&holder).len(), holder.count("login_done")), (1, 0));

    holder.secret("passphrase", "chigau-aikotoba");
    let wrong = answer(&holder, "give", &id);
    assert!(
        wrong.code == Some(77) && wrong.stderr.contains("[passphrase_wrong]"),
        "{wrong:?}"
    );
    holder.secret("passphrase", PASSPHRASE);
    let stranger = holder.run(&["approval", "give", &id, "--as", "丙", "--passphrase-file", "passphrase"]);
    assert!(stranger.stderr.contains("[approver_unknown]"), "{stranger:?}");
    assert!(sign("b.pdf").stderr.contains("[approval_needed]"));

    assert!(answer(&holder, "give", &id).ok);
    // Another document is another set.
    holder.document("other.pdf", &shapes::classic("1.4", shapes::LF));
    let other = holder.sign(&["other.pdf", "-o", "c.pdf"]);
    assert!(other.stderr.contains("[approval_needed]"), "{other:?}");
    // A wrong PIN does not use the approval up; the signature does.
    holder.secret("pin", "chigau-11111");
    assert!(sign("b.pdf").stderr.contains("[pin_wrong"));
    holder.secret("pin", crate::support::holder::PIN);
    let signed = sign("b.pdf");
    assert!(signed.ok, "{signed:?}");
    assert!(sign("b2.pdf").stderr.contains("[approval_needed]"));
    let kinds: Vec<String> = holder.audit().into_iter().map(|(kind, _)| kind).collect();
    let at = |kind: &str| kinds.iter().position(|one| one == kind).unwrap();
    assert!(at("approval_asked") < at("approval_given") && at("approval_given") < at("approval_used"));
    assert!(at("approval_used") < at("signature_intended"));
    assert_eq!(holder.count("signature_released"), 1);
    assert_eq!(holder.count("passphrase_refused"), 1);
}

#[test]
fn a_no_is_a_no_and_a_revoked_approvers_yes_is_void() {
    let holder = person("four-eyes-no", "four_eyes = true");
    add_approver(&holder);
    holder.document("other.pdf", &shapes::classic("1.4", shapes::LF));
    for input in ["a.pdf", "other.pdf"] {
        assert!(!holder.sign(&[input, "-o", "b.pdf"]).ok);
    }
    let open = waiting(&holder);
    let [first, second] = [&open[0], &open[1]].map(id_of);
    assert!(answer(&holder, "refuse", &first).ok);
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert!(ran.stderr.contains("[approval_refused]"), "{ran:?}");
    // Answered is answered.
    assert!(answer(&holder, "give", &first).stderr.contains("[approval_not_found]"));
    assert!(answer(&holder, "give", &second).ok);
    let listed = holder.run(&["approver", "list", "--format", "json"]);
    let approvers: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    assert!(holder.run(&["approver", "revoke", &id_of(&approvers[0])]).ok);
    let ran = holder.sign(&["other.pdf", "-o", "b.pdf"]);
    assert!(ran.stderr.contains("[approval_refused]"), "{ran:?}");
    assert_eq!(holder.count("signature_intended"), 0);
}

#[test]
fn digests_hours_and_numbers_are_kept() {
    let holder = person("policy", "digests = [\"sha384\"]");
    let code = |ran: Ran| {
        ran.stderr
            .trim_end()
            .rsplit_once('[')
            .unwrap()
            .1
            .trim_end_matches(']')
            .to_owned()
    };
    let sign = |output: &str| holder.sign(&["a.pdf", "-o", output]);
    assert_eq!(code(sign("b.pdf")), "policy_digest");
    // A span that ends a minute after it begins, twelve hours from now.
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let far = (now.as_secs() / 60 + 9 * 60 + 12 * 60) % (24 * 60);
    let clock = |minute: u64| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let hours = format!("hours = \"{}-{}\"", clock(far), clock(far + 1));
    holder.behave(&format!("[[policy]]\nlabel = \"sign\"\n{hours}"));
    assert_eq!(code(sign("b.pdf")), "policy_hours");
    holder.behave("[[policy]]\nlabel = \"sign\"\nmax_signatures = 2\nperiod_ms = 31536000000");
    for output in ["b.pdf", "c.pdf"] {
        let ran = sign(output);
        assert!(ran.ok, "{ran:?}");
    }
    assert_eq!(code(sign("d.pdf")), "policy_count");
    assert_eq!(holder.count("signature_intended"), 2);
    // Another key's policy is none of ours.
    holder.behave("[[policy]]\nlabel = \"other\"\nfour_eyes = true");
    assert!(sign("e.pdf").ok);
}

#[test]
fn a_client_waits_for_the_second_person_with_a_handle() {
    let policy = "[[policy]]\nlabel = \"ec\"\nfour_eyes = true\ndigests = [\"sha256\"]";
    let service = Service::start_with(&[("ec", NewKey::P256)], policy);
    let holder = &service.holder;
    holder.secret("passphrase", PASSPHRASE);
    add_approver(holder);
    let credential = service.credential("ec");
    let hashes = [STANDARD.encode([5; 32])];
    let body = json!({ "credentialID": credential, "numSignatures": 1, "hashes": hashes });
    let asked = service.post("/csc/v2/credentials/authorize", &service.key, &body);
    assert_eq!(asked.status, 202, "{}", asked.text());
    let handle = asked.json()["handle"].as_str().unwrap().to_owned();
    let check = json!({ "handle": handle });
    let pending = service.post("/csc/v2/credentials/authorizeCheck", &service.key, &check);
    assert_eq!(
        (pending.status, pending.json()["handle"].as_str()),
        (202, Some(handle.as_str()))
    );
    assert!(answer(holder, "give", &handle).ok);
    let sad = service.ask("credentials/authorizeCheck", &check)["SAD"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        service.refused("credentials/authorizeCheck", &check),
        (400, "Invalid parameter handle".to_owned())
    );
    let sign = |algorithm: &str, hash: &str| json!({ "credentialID": credential, "SAD": sad, "hashes": [hash], "signAlgo": algorithm });
    service.ask("signatures/signHash", &sign(ECDSA_SHA256, &hashes[0]));
    assert_eq!(holder.count("approval_used"), 1);

    // The digest is refused before anything is asked of the token.
    let long = STANDARD.encode([5; 48]);
    let body = json!({ "credentialID": credential, "numSignatures": 1, "hashes": [long] });
    let asked = service
        .post("/csc/v2/credentials/authorize", &service.key, &body)
        .json();
    let handle = asked["handle"].as_str().unwrap();
    assert!(answer(holder, "give", handle).ok);
    let ready = service.ask("credentials/authorizeCheck", &json!({ "handle": handle }));
    let body = json!({ "credentialID": credential, "SAD": ready["SAD"], "hashes": [long], "signAlgo": ECDSA_SHA384 });
    assert_eq!(service.refused("signatures/signHash", &body).0, 403);
    assert_eq!(holder.count("signature_intended"), 1);
}

#[test]
fn a_certificate_that_ends_soon_is_told() {
    let service = Service::start_with(
        &[("ec", NewKey::P256)],
        "[certificates]\nwarn_days = 3660\n[admin]\nlisten = \"127.0.0.1:0\"",
    );
    let listed = service.holder.run(&["--lang", "en", "certificate", "list"]);
    assert!(listed.stdout.contains("days are left"), "{listed:?}");
    let credential = service.credential("ec");
    let log = service.daemon.log();
    let line = log.lines().find(|line| line.contains("admin_ready")).unwrap();
    let port = line.split("address=127.0.0.1:").nth(1).unwrap();
    let port = port.split(' ').next().unwrap().parse().unwrap();
    let ready = crate::support::http::Request::new("GET", "/readyz").send(port);
    assert!(
        ready
            .text()
            .starts_with(&format!("ready\ncertificate_expires_soon {credential} days=")),
        "{}",
        ready.text()
    );
    let far = Holder::new("far");
    far.behave("[certificates]\nwarn_days = 1");
    assert!(
        !far.run(&["--lang", "en", "certificate", "list"])
            .stdout
            .contains("days are left")
    );
}
