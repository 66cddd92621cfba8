//! The daemon's own page in real Chromium: cards, two PDFs, their pages, a seal, one PIN, the signed files.

use crate::support::browser::browse;
use crate::support::daemon::Daemon;
use crate::support::dir::TestDir;
use crate::support::judges::pdfsig;
use crate::support::pinentry::{Answer, Pinentry};
use crate::support::shapes;
use hankod::clock::Timestamp;
use hankod::demo::ca::DemoCa;
use hankod::demo::token::{DemoToken, LABEL};
use hankod::process::Program;
use serde_json::json;
use std::path::Path;
use std::time::SystemTime;

#[tokio::test]
async fn a_person_signs_two_documents_with_one_pin_and_compares_one_number() {
    let dir = TestDir::new("page");
    let now = Timestamp::from_system(SystemTime::now());
    let ca = DemoCa::open(&dir, None, now).unwrap();
    let program = Program::at(env!("CARGO_BIN_EXE_hankod"));
    let token = DemoToken::open(&dir, &program, &ca, now).await.unwrap();
    let pin = std::fs::read_to_string(&token.pin_file).unwrap();
    let pinentry = Pinentry::new(&dir, &[Answer::Pin(&pin)]);
    let config = format!(
        "[[module]]\npath = {:?}\nenv = {{ SOFTHSM2_CONF = {:?} }}\n[prompt]\npinentry = {:?}\n",
        token.module,
        token.conf,
        pinentry.program()
    );
    let inputs = [dir.join("契約書.pdf"), dir.join("覚書.pdf")];
    std::fs::write(&inputs[0], shapes::classic("1.7", shapes::LF)).unwrap();
    std::fs::write(&inputs[1], shapes::object_streams(true)).unwrap();

    let daemon = Daemon::start(&dir, &config, &[]);
    let address = format!("http://127.0.0.1:{}", daemon.port());
    let folder: &Path = &dir;
    let seen = tokio::task::spawn_blocking({
        let question = json!({ "address": address, "files": inputs, "folder": folder });
        move || browse("own_page", &question)
    })
    .await
    .unwrap();

    assert_eq!(seen["card"], LABEL);
    assert_eq!(seen["names"], json!(["契約書.pdf", "覚書.pdf"]));
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    assert_eq!(seen["wide"], false, "the page scrolls sideways");
    let prompts = pinentry.received("SETDESC");
    assert_eq!(prompts.len(), 1, "{prompts:?}");
    // The certificate and the seal chosen on the page are part of the number, so it is another one after the choice.
    let number = seen["after"].as_str().unwrap();
    assert!(
        prompts[0].contains(number),
        "the page shows {number}, the prompt says:\n{}",
        prompts[0]
    );
    assert_ne!(seen["before"], seen["after"]);
    for (n, input) in inputs.iter().enumerate() {
        let path = Path::new(seen["saved"][n]["path"].as_str().unwrap_or_else(|| panic!("{seen}")));
        let (signed, input) = (std::fs::read(path).unwrap(), std::fs::read(input).unwrap());
        assert!(signed.starts_with(&input), "the original bytes are an exact prefix");
        let signatures = pdfsig(path);
        assert_eq!(signatures.len(), 1);
        assert!(signatures[0].valid, "{signatures:?}");
    }
    assert_eq!(seen["saved"][0]["name"], "契約書.signed.pdf");
}
