//! Which certificate may sign, said by the request: "only the mayor's card" finds one of two, and what may not sign is never asked for a PIN.

use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::http::{Part, Request};
use crate::support::pinentry::Answer;
use crate::support::shapes;
use serde_json::{Value, json};

/// Sends a document to be signed under this filter: its first answer, or how the signing ended.
fn sign(daemon: &Daemon, key: &str, filter: &Value) -> (u16, Value) {
    let manifest = json!({ "sign": { "filter": filter }, "documents": [{ "name": "契約書.pdf" }], "start": "at_once" });
    let (manifest, pdf) = (manifest.to_string(), shapes::classic("1.7", shapes::LF));
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let parts = [
        part("manifest", "application/json", manifest.as_bytes()),
        part("document", "application/pdf", pdf.as_slice()),
    ];
    let by = |request: Request| {
        request
            .header("Authorization", &format!("Bearer {key}"))
            .send(daemon.port())
    };
    let first = by(Request::new("POST", "/v1/signings").multipart(&parts));
    if first.status != 202 {
        return (first.status, first.json());
    }
    let address = format!("/v1/signings/{}", first.json()["id"].as_str().unwrap());
    loop {
        let view = by(Request::new("GET", &address)).json();
        match view["state"].as_str().unwrap() {
            "done" | "failed" | "cancelled" => return (202, view),
            _ => std::thread::yield_now(),
        }
    }
}

#[test]
fn only_a_certificate_that_the_request_admits_signs() {
    let pin = Answer::Pin(PIN);
    let desk = Desk::new("filtered", &[pin, pin, pin, pin]);
    let key = desk.program_key();
    let daemon = desk.serve();
    let asked = Request::new("GET", "/v1/certificates").header("Authorization", &format!("Bearer {key}"));
    let listed = asked.send(daemon.port()).json();
    let mayor = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["name"] == "見本市長")
        .unwrap();
    let thumbprint = mayor["select"]["sha256"].as_str().unwrap();
    let admitting = [
        json!({ "organizational_unit": "*職責*", "issuer": "*" }),
        json!({ "common_name": "見本*長" }),
        json!({ "sha256": ["0".repeat(64), thumbprint.to_uppercase()] }),
        json!({ "organizational_unit": "職責証明書", "key_usage": "digitalSignature" }),
    ];
    for (n, filter) in (1..).zip(&admitting) {
        let (_, view) = sign(&daemon, &key, filter);
        assert_eq!(view["state"], "done", "{filter}: {view}");
        let prompts = desk.pinentry.received("SETDESC");
        assert_eq!(prompts.len(), n);
        assert!(
            prompts[n - 1].contains("見本市長") && !prompts[n - 1].contains("甲野太郎"),
            "{prompts:?}"
        );
    }
    let refusing = [
        json!({ "organizational_unit": "職責証明書", "common_name": "甲野太郎" }),
        json!({ "policy": "1.2.3.4" }),
        json!({ "issuer": "LGPKI" }),
        json!({ "sha256": ["0".repeat(64)] }),
    ];
    for filter in &refusing {
        let (_, view) = sign(&daemon, &key, filter);
        assert_eq!(view["error"]["code"], "certificate_not_admitted", "{filter}: {view}");
    }
    let (_, both) = sign(&daemon, &key, &json!({ "issuer": "*" }));
    assert_eq!(both["error"]["code"], "certificate_ambiguous", "{both}");
    for filter in [
        json!({ "policy": "1.2.x" }),
        json!({ "key_usage": "signing" }),
        json!({ "sha256": ["00"] }),
    ] {
        let (status, answer) = sign(&daemon, &key, &filter);
        assert_eq!(
            (status, &answer["error"]),
            (422, &"manifest_bad_filter".into()),
            "{filter}: {answer}"
        );
    }
    assert_eq!(
        desk.pinentry.received("SETDESC").len(),
        admitting.len(),
        "nobody was asked for what may not sign"
    );
}
