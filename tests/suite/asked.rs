//! The confirmation page in real Chromium shows everything that a program asked for, before the person agrees: reason, place, certification, and its seal.

use crate::support::browser::browse;
use crate::support::desk::Desk;
use crate::support::http::{Part, Request};
use crate::support::shapes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// 16 pixels square.
const SEAL: &str = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAASUlEQVR42mPYZKpCEmIgX8N/QgBFA4RPmgaCerBowK8HuwY8enBqwKUHnwaseghowNRDWAOaHqI0IOshVgNcDwka4KopS3xEIgCBFgvnZBotLQAAAABJRU5ErkJggg==";

#[test]
fn the_page_asks_for_the_password_of_an_encrypted_document() {
    let desk = Desk::new("asked-password", &[]);
    let daemon = desk.serve();
    let shapes = shapes::all();
    let shape = shapes
        .iter()
        .find(|shape| shape.password.is_some_and(|p| !p.is_empty()))
        .unwrap();
    let file = desk.dir.join("契約書.pdf");
    std::fs::write(&file, &shape.bytes).unwrap();
    let password = shape.password.unwrap();
    let seen = browse(
        "encrypted",
        &json!({
            "address": format!("http://127.0.0.1:{}/?lang=ja", daemon.port()),
            "file": file,
            "passwords": ["himitsu-8361", password],
        }),
    );
    let said = seen["said"].as_array().unwrap();
    assert!(said[0].as_str().unwrap().contains("契約書.pdf"), "{seen}");
    assert!(said[1].as_str().unwrap().contains("違います"), "{seen}");
    assert!(!seen["kept"].as_str().unwrap().contains(password), "{seen}");
    assert!(!daemon.log().contains("himitsu-8361"), "{}", daemon.log());
}

#[test]
fn what_a_program_asks_for_stands_on_the_page() {
    let desk = Desk::new("asked", &[]);
    let key = desk.program_key();
    let daemon = desk.serve();
    let manifest = json!({
        "sign": { "reason": "契約の締結", "location": "東京都千代田区", "certify": "form" },
        "documents": [{
            "name": "契約書.pdf",
            "appearance": { "seal": { "image": {} }, "page": 1, "rect": [59.5, 84.2, 119, 84.2] },
        }],
        "start": "after_confirmation",
    })
    .to_string();
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let (seal, document) = (STANDARD.decode(SEAL).unwrap(), shapes::classic("1.7", shapes::LF));
    let known = |request: Request| request.header("Authorization", &format!("Bearer {key}"));
    let asked = known(Request::new("POST", "/v1/signings").multipart(&[
        part("manifest", "application/json", manifest.as_bytes()),
        part("seal", "image/png", &seal),
        part("document", "application/pdf", &document),
    ]))
    .send(daemon.port())
    .json();
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("{asked}"));
    let address = format!("http://127.0.0.1:{}/confirm/{id}?lang=ja", daemon.port());
    let seen = browse("asked", &json!({ "address": address }));

    let terms = seen["terms"].as_array().unwrap();
    assert_eq!(terms[..2], [json!("契約の締結"), json!("東京都千代田区")], "{seen}");
    assert_eq!(terms.len(), 3, "{seen}");
    assert_eq!(seen["above"], true, "{seen}");
    assert_eq!(seen["seals"], 2, "{seen}");
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    let place: Vec<f64> = serde_json::from_value(seen["place"].clone()).unwrap();
    for (share, expected) in place.iter().zip([10.0, 10.0, 20.0, 10.0]) {
        assert!((share - expected).abs() < 0.01, "{seen}");
    }
    assert_eq!(place.len(), 4, "{seen}");

    let picture = known(Request::new("GET", &format!("/v1/signings/{id}/documents/1/seal"))).send(daemon.port());
    assert_eq!(
        (picture.status, &picture.json()["error"]),
        (403, &json!("own_page_only"))
    );
}
