//! Seals kept and placed on the page, and the receipt that a signature leaves: by a person in real Chromium, and by those who may not.

use crate::support::browser::browse;
use crate::support::desk::{Desk, PIN};
use crate::support::http::Request;
use crate::support::judges::pdfsig;
use crate::support::pinentry::Answer;
use crate::support::shapes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\"><circle cx=\"20\" cy=\"20\" r=\"17\" fill=\"none\" stroke=\"#b23524\" stroke-width=\"3\"/></svg>";

#[test]
fn a_person_keeps_a_seal_places_it_and_reads_the_receipt() {
    let desk = Desk::new("seals", &[Answer::Pin(PIN)]);
    let daemon = desk.serve();
    let at = |name: &str, content: &[u8]| {
        let path = desk.dir.join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let file = at("契約書.pdf", &shapes::classic("1.7", shapes::LF));
    at("stranger.pdf", b"%PDF-1.7");
    let svg = at("seal.svg", SVG.as_bytes());
    let hostile = at("hostile.svg", SVG.replace("<circle", "<script/><circle").as_bytes());
    let own: &Path = &desk.dir;
    let folder = std::env::var_os("HANKOD_SCREENSHOTS").map_or_else(|| own.to_owned(), PathBuf::from);
    let address = format!("http://127.0.0.1:{}", daemon.port());
    let seen = browse(
        "seals",
        &json!({ "address": address, "file": file, "svg": svg, "hostile": hostile, "folder": folder }),
    );
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    assert_eq!(seen["kept"], json!(["甲野 甲野", "会社 "]), "{seen:#}");
    assert!(seen["refused"].as_str().unwrap().contains("script"), "{seen:#}");
    assert_eq!(seen["left"], json!(["会社 "]));
    placed(&seen);
    assert_eq!(seen["ended"], "署名が終わりました。", "{seen:#}");
    let saved = PathBuf::from(seen["saved"].as_str().unwrap());
    assert!(pdfsig(&saved)[0].valid);
    let signed = std::fs::read(&saved).unwrap();
    let look = String::from_utf8_lossy(&signed).into_owned();
    assert!(
        look.contains("/Width 1200/Height 1200"),
        "the kept seal stands in the file"
    );

    assert_eq!(
        (&seen["receipts"], &seen["bySigned"]),
        (&json!(["契約書.pdf"]), &json!(["契約書.pdf"]))
    );
    assert!(seen["stranger"][0].as_str().unwrap().contains("ありません"), "{seen:#}");
    // The receipt repeats what the prompt said, word for word.
    let prompts = desk.pinentry.received("SETDESC");
    assert_eq!(seen["prompts"][0].as_str().unwrap(), prompts.last().unwrap());
    in_the_log(&desk, &signed);
}

/// Where the seal went: percent of the page from the left and bottom, width, height.
fn placed(seen: &Value) {
    let numbers = |name: &str| -> Vec<f64> { serde_json::from_value(seen[name].clone()).unwrap() };
    let (drawn, moved, sized) = (numbers("drawn"), numbers("moved"), numbers("sized"));
    for (found, wanted) in drawn.iter().zip([20.0, 70.0, 20.0, 10.0]) {
        assert!((found - wanted).abs() < 1.0, "{drawn:?}");
    }
    assert!(moved[0] > drawn[0] && moved[2] == drawn[2], "{moved:?}");
    assert!(sized[2] > moved[2] && sized[0] == moved[0], "{sized:?}");
    assert_ne!(seen["saidDrawn"], seen["saidSized"]);
    assert!(seen["saidSized"].as_str().unwrap().contains("mm"), "{seen:#}");
    assert_eq!(seen["focused"], "seal-mark", "the keyboard keeps hold of the seal");
}

/// The audit log has the receipt's digest, and no name.
fn in_the_log(desk: &Desk, signed: &[u8]) {
    let lines = desk.says(&["audit", "export"]);
    assert!(!lines.contains("契約書"), "{lines}");
    let entries: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |kind: &str| entries.iter().find(|line| line["entry"]["kind"] == kind).unwrap()["entry"]["details"].clone();
    assert_eq!(of("signature_released")["output"], hex::encode(Sha256::digest(signed)));
    assert_eq!(of("receipt_left")["receipt"].as_str().unwrap().len(), 64);
    assert!(desk.hankod(&["audit", "verify"]).status.success());
}

#[test]
fn receipts_and_seals_are_the_persons_alone() {
    let desk = Desk::new("seals-alone", &[]);
    let key = desk.program_key();
    let daemon = desk.serve();
    for (method, path) in [
        ("GET", "/v1/receipts"),
        ("GET", "/v1/seals"),
        ("POST", "/v1/seals"),
        ("DELETE", "/v1/seals/0"),
        ("GET", "/v1/seals/0/picture"),
        ("GET", "/v1/name-seals?words=a&shape=round"),
    ] {
        let ask = || match method {
            "POST" => Request::new(method, path).json(&json!({})),
            _ => Request::new(method, path),
        };
        let program = ask()
            .header("Authorization", &format!("Bearer {key}"))
            .send(daemon.port());
        assert_eq!(
            (program.status, &program.json()["error"]),
            (403, &json!("own_page_only")),
            "{path}"
        );
        let nobody = ask().send(daemon.port());
        assert_eq!(
            (nobody.status, &nobody.json()["error"]),
            (401, &json!("missing_key")),
            "{path}"
        );
    }
}
