//! What the prompt for a PIN says of a signing that came over HTTP, and in which language.

use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::http::{Part, Request};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use serde_json::{Value, json};

/// Signs one document for a program whose language is English, and waits for its end.
fn sign(desk: &Desk, daemon: &Daemon, key: &str, choice: &Value) -> Value {
    let answer = send(daemon, key, choice, &shapes::classic("1.7", shapes::LF), None);
    assert_eq!(
        answer["state"],
        "done",
        "{answer} {:?}",
        desk.pinentry.received("SETDESC")
    );
    answer
}

fn send(daemon: &Daemon, key: &str, choice: &Value, document: &[u8], password: Option<&str>) -> Value {
    let certificates = Request::new("GET", "/v1/certificates").header("Authorization", &format!("Bearer {key}"));
    let certificates = certificates.send(daemon.port()).json();
    let list = certificates.as_array().unwrap();
    let person = list.iter().find(|certificate| certificate["name"] == "甲野太郎");
    let mut choice = choice.clone();
    choice["certificate"] = person.unwrap_or_else(|| panic!("{certificates}"))["select"].clone();
    let manifest = json!({ "sign": choice, "documents": [{ "name": "契約書.pdf" }] }).to_string();
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let mut parts = vec![part("manifest", "application/json", manifest.as_bytes())];
    parts.extend(password.map(|password| part("password-1", "text/plain", password.as_bytes())));
    parts.push(part("document", "application/pdf", document));
    let request = Request::new("POST", "/v1/signings")
        .header("Authorization", &format!("Bearer {key}"))
        .header("Accept-Language", "en")
        .header("Prefer", "wait=60")
        .multipart(&parts);
    request.send(daemon.port()).json()
}

#[test]
fn the_prompt_says_reason_place_and_certification() {
    let desk = Desk::new("prompt-terms", &[Answer::Pin(PIN)]);
    let key = desk.program_key();
    let daemon = desk.serve();
    let choice = json!({ "reason": "契約の締結", "location": "東京都千代田区", "certify": "form" });
    sign(&desk, &daemon, &key, &choice);
    let said = desk.pinentry.received("SETDESC").pop().unwrap();
    for words in [
        "契約の締結",
        "東京都千代田区",
        "フォームの入力と署名だけ",
        "契約書.pdf",
        "経理ソフト",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(desk.pinentry.received("SETPROMPT"), ["暗証番号(PIN):"]);
}

#[test]
fn the_configured_language_of_prompts_is_kept() {
    let desk = Desk::new("prompt-lang", &[Answer::Pin(PIN), Answer::Pin(PIN)]);
    let key = desk.program_key();
    let daemon = desk.serve();
    sign(&desk, &daemon, &key, &json!({}));
    assert!(desk.pinentry.received("SETDESC")[0].contains("照合番号"));
    assert_eq!(daemon.stop().code(), Some(0));
    let desk = desk.speaking("auto");
    sign(&desk, &desk.serve(), &key, &json!({}));
    assert!(desk.pinentry.received("SETDESC")[1].contains("Check number"));
}

#[test]
fn a_key_signs_without_a_person_only_where_that_key_may() {
    let desk = Desk::new("prompt-keys", &[Answer::Pin(PIN)])
        .configured("[[token]]\nlabel = \"hankod-demo\"\npin_file = \"pin.txt\"\n");
    let asked = desk.program_key();
    let alone = desk.says(&["site", "allow", "--program", "経理ソフト", "--unattended"]);
    let daemon = desk.serve();
    sign(&desk, &daemon, alone.trim(), &json!({}));
    assert_eq!(desk.pinentry.received("GETPIN").len(), 0);
    // The same program by its other key: a person is asked.
    sign(&desk, &daemon, &asked, &json!({}));
    assert_eq!(desk.pinentry.received("GETPIN").len(), 1);
}

#[test]
fn an_encrypted_document_is_signed_with_its_password_which_nobody_writes_down() {
    let desk = Desk::new("prompt-encrypted", &[Answer::Pin(PIN)]);
    let key = desk.program_key();
    let daemon = desk.serve();
    let shapes = shapes::all();
    let shape = shapes
        .iter()
        .find(|shape| shape.password.is_some_and(|p| !p.is_empty()))
        .unwrap();
    let password = shape.password.unwrap();
    for (given, code) in [
        (None, "pdf_password_needed"),
        (Some("himitsu-8361"), "pdf_password_wrong"),
    ] {
        let refused = send(&daemon, &key, &json!({}), &shape.bytes, given);
        assert_eq!(refused["error"]["code"], code, "{refused}");
        assert!(!refused.to_string().contains("himitsu-8361"), "{refused}");
    }
    assert_eq!(desk.pinentry.received("GETPIN").len(), 0);
    let signed = send(&daemon, &key, &json!({}), &shape.bytes, Some(password));
    assert_eq!(signed["state"], "done", "{signed}");
    let record = format!("{}{}", daemon.log(), desk.says(&["audit", "export"]));
    assert!(
        !record.contains("himitsu-8361") && !record.contains(password),
        "{record}"
    );
}
