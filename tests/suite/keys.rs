//! The operator's key, from an empty token to its certificate, with OpenSSL as the judge of the request; and beside a server that goes on signing.

use crate::support::ca::{self, Ca, IssueRequest};
use crate::support::holder::{Holder, LABEL, PIN};
use crate::support::judges::pyhanko;
use crate::support::pinentry::{Answer, Pinentry};
use crate::support::server::Service;
use crate::support::{Ran, run, shapes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const KINDS: [&str; 6] = ["rsa-2048", "rsa-3072", "p-256", "p-384", "p-521", "ed25519"];

/// `hankod token ...` with the holder's PIN file, told as JSON.
fn token(holder: &Holder, arguments: &[&str]) -> Ran {
    let mut words = vec!["--lang", "en", "token"];
    words.extend(arguments);
    words.extend(["--pin-file", "pin", "--format", "json"]);
    holder.run(&words)
}

fn told(holder: &Holder, arguments: &[&str]) -> Value {
    let ran = token(holder, arguments);
    assert!(ran.ok, "{arguments:?}: {ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The stable name of a refusal.
fn refused(holder: &Holder, arguments: &[&str]) -> String {
    let ran = token(holder, arguments);
    assert!(!ran.ok, "{arguments:?}: {ran:?}");
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["error"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn openssl(dir: &Path, words: &[&str]) -> Ran {
    run(Command::new("openssl").args(words).current_dir(dir), "")
}

/// A certificate for the key of a request, by the holder's own CA, as a PEM file with its issuer.
fn certify(holder: &Holder, request: &str, file: &str) {
    certify_by(holder.ca(), holder, request, file);
}

fn certify_by(ca: &Ca, holder: &Holder, request: &str, file: &str) {
    let request = openssl::x509::X509Req::from_pem(request.as_bytes()).unwrap();
    let der = ca.issue(&request.public_key().unwrap(), &IssueRequest::default());
    let pem = openssl::x509::X509::from_der(&der).unwrap().to_pem().unwrap();
    std::fs::write(holder.dir.join(file), [pem, ca.pem()].concat()).unwrap();
}

#[test]
fn from_an_empty_slot_to_a_signature_with_every_kind_of_key() {
    let holder = Holder::without_key("keys");
    holder.secret("so", "87654321");
    let made = told(&holder, &["init", "新しいトークン", "--so-pin-file", "so"]);
    let token = made["serial"].as_str().unwrap().to_owned();
    holder.document("a.pdf", &shapes::classic("1.7", shapes::LF));
    for kind in KINDS {
        let key = told(&holder, &["keygen", &token, "--label", kind, "--kind", kind]);
        let subject = r"CN=見本市長,OU=契約課\, 二係,O=見本市,C=JP";
        let request = told(&holder, &["csr", &token, "--key", kind, "--subject", subject]);
        assert_eq!(request["public_key_sha256"], key["public_key_sha256"]);
        let pem = request["request"].as_str().unwrap();
        std::fs::write(holder.dir.join("r.pem"), pem).unwrap();
        let judged = openssl(
            &holder.dir,
            &[
                "req", "-in", "r.pem", "-verify", "-noout", "-subject", "-nameopt", "utf8",
            ],
        );
        assert!(judged.ok && judged.stderr.contains("verify OK"), "{kind}: {judged:?}");
        assert!(
            judged.stdout.contains("見本市長") && judged.stdout.contains("契約課, 二係"),
            "{kind}: {judged:?}"
        );
        certify(&holder, pem, "c.pem");
        let stored = told(&holder, &["import-certificate", &token, "c.pem"]);
        assert_eq!(
            refused(&holder, &["import-certificate", &token, "c.pem"]),
            "certificate_on_token"
        );
        let output = format!("{kind}.pdf");
        let certificate = stored["certificate"].as_str().unwrap();
        let signed = holder.sign(&["a.pdf", "-o", &output, "--certificate", certificate]);
        assert!(signed.ok, "{kind}: {signed:?}");
        let judged = pyhanko(holder.dir.join(&output).as_path(), &holder.root()).unwrap();
        assert!(judged.len() == 1 && judged[0].bottom_line, "{kind}: {judged:?}");
    }
    assert_eq!(holder.count("key_generated"), KINDS.len());
    assert_eq!(holder.count("certificate_requested"), KINDS.len());
    assert_eq!(holder.count("certificate_imported"), KINDS.len());
    assert_eq!(holder.count("token_initialised"), 1);
}

#[test]
fn what_does_not_fit_the_token_is_refused_and_changes_nothing() {
    let holder = Holder::without_key("keys-refused");
    told(&holder, &["keygen", LABEL, "--label", "mine", "--kind", "p-256"]);
    assert_eq!(
        refused(&holder, &["keygen", LABEL, "--label", "mine", "--kind", "p-384"]),
        "key_label_taken"
    );
    assert_eq!(
        refused(&holder, &["keygen", LABEL, "--label", "a\u{7}", "--kind", "p-256"]),
        "key_label_invalid"
    );
    assert_eq!(
        refused(&holder, &["csr", LABEL, "--key", "other", "--subject", "CN=a"]),
        "key_not_found"
    );
    assert_eq!(
        refused(&holder, &["csr", LABEL, "--key", "mine", "--subject", "CN=a,C=Japan"]),
        "name_malformed"
    );
    assert_eq!(
        refused(&holder, &["csr", "nowhere", "--key", "mine", "--subject", "CN=a"]),
        "token_gone"
    );
    let foreign = holder.ca().issue(&ca::key(ca::Kind::P256), &IssueRequest::default());
    holder.document("foreign.der", &foreign);
    assert_eq!(
        refused(&holder, &["import-certificate", LABEL, "foreign.der"]),
        "certificate_key_elsewhere"
    );
    holder.document("empty.pem", b"");
    assert_eq!(
        refused(&holder, &["import-certificate", LABEL, "empty.pem"]),
        "bundle_malformed"
    );
    holder.secret("pin", "chigau-11111");
    assert!(refused(&holder, &["keygen", LABEL, "--label", "b"]).starts_with("pin_wrong"));
    // The same wrong PIN is not tried a second time.
    assert_eq!(
        refused(&holder, &["keygen", LABEL, "--label", "b"]),
        "pin_refused_before"
    );
    assert_eq!(
        (holder.count("key_generated"), holder.count("certificate_requested")),
        (1, 0)
    );
    assert_eq!(holder.count("certificate_imported"), 0);
}

#[test]
fn pins_that_no_file_holds_are_typed() {
    let holder = Holder::without_key("keys-typed");
    let answers = [
        Answer::Pin("so-1234567"),
        Answer::Pin("so-1234567"),
        Answer::Pin("user-123"),
        Answer::Pin("user-124"),
        Answer::Pin(PIN),
    ];
    let pinentry = Pinentry::new(&holder.dir, &answers);
    holder.behave(&format!("[prompt]\npinentry = \"{}\"", pinentry.program().display()));
    let ran = holder.run(&["--lang", "en", "token", "init", "typed"]);
    assert!(!ran.ok && ran.stderr.contains("[pin_new_differs]"), "{ran:?}");
    assert!(pinentry.received("SETDESC")[0].contains("security officer"));
    assert!(!holder.run(&["token", "list"]).stdout.contains("typed"));
    let ran = holder.run(&[
        "--lang", "en", "token", "keygen", LABEL, "--label", "k", "--kind", "p-256",
    ]);
    assert!(ran.ok && ran.stdout.contains("P-256"), "{ran:?}");
}

#[test]
fn a_key_is_renewed_while_the_server_signs_with_the_old_one() {
    let service = Service::start(&[("old", hankod::token::provision::NewKey::P256)]);
    let old = service.credential("old");
    let hash = STANDARD.encode([7; 32]);
    let sign = |credential: &str| {
        let hashes = [hash.clone()];
        let sad = service.sad(credential, &hashes);
        service.ask(
            "signatures/signHash",
            &json!({ "credentialID": credential, "SAD": sad, "hashes": hashes, "signAlgo": "1.2.840.10045.4.3.2" }),
        )
    };
    sign(&old);
    // The right to sign with the old key was given before the new one came.
    let open = service.sad(&old, std::slice::from_ref(&hash));
    let holder = &service.holder;
    told(holder, &["keygen", LABEL, "--label", "new", "--kind", "p-256"]);
    let request = told(holder, &["csr", LABEL, "--key", "new", "--subject", "CN=new,C=JP"]);
    certify(holder, request["request"].as_str().unwrap(), "new.pem");
    let stored = told(holder, &["import-certificate", LABEL, "new.pem"]);
    let new = stored["certificate"].as_str().unwrap();
    sign(new);
    service.ask(
        "signatures/signHash",
        &json!({ "credentialID": old, "SAD": open, "hashes": [hash], "signAlgo": "1.2.840.10045.4.3.2" }),
    );
    sign(&old);
    // With another PIN than the configured one the operator has the token alone for a moment; then the server opens it again.
    holder.secret("other", PIN);
    let ran = holder.run(&[
        "token",
        "keygen",
        LABEL,
        "--label",
        "third",
        "--kind",
        "p-256",
        "--pin-file",
        "other",
    ]);
    assert!(ran.ok, "{ran:?}");
    sign(new);
    assert_eq!(holder.count("signature_released"), 5);
}

#[test]
fn a_file_is_signed_beside_a_server_whose_token_is_open() {
    let service = Service::start(&[("key", hankod::token::provision::NewKey::P256)]);
    let holder = &service.holder;
    let hash = STANDARD.encode([7; 32]);
    let credential = service.credential("key");
    service.sad(&credential, &[hash]);
    holder.document("a.pdf", &shapes::classic("1.7", shapes::LF));
    // As configured: under the server's own login.
    let ran = holder.run(&["--lang", "en", "sign", "a.pdf", "-o", "b.pdf"]);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(holder.count("login_done"), 1);
    // With a PIN of one's own: the server makes way.
    holder.secret("own", PIN);
    let ran = holder.run(&["--lang", "en", "sign", "a.pdf", "-o", "c.pdf", "--pin-file", "own"]);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(holder.count("login_done"), 2);
}
