//! The README's example for web pages, as it stands there in each language, in real Chromium: a site is allowed and has a PDF signed.

use crate::support::browser::browse;
use crate::support::desk::{Desk, PIN};
use crate::support::judges::pdfsig;
use crate::support::pinentry::Answer;
use crate::support::repository;
use crate::support::shapes;
use crate::support::site::Site;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

#[test]
fn the_example_for_pages_signs_a_pdf() {
    for readme in ["README.md", "README.ja.md"] {
        let desk = Desk::new("readme", &[Answer::Confirm, Answer::Pin(PIN)]);
        let daemon = desk.serve();
        let script = example(readme).replace("new Hankod()", &format!("new Hankod({{ ports: [{}] }})", daemon.port()));
        let page = format!(
            "<!doctype html><meta charset=utf-8><input type=file id=file><script type=module>{script}\nwindow.sign = sign;</script>"
        );
        let client = std::fs::read_to_string(repository("src/console/hankod.js")).unwrap();
        let shop = Site::new(vec![
            ("/", "text/html", page),
            ("/hankod.js", "text/javascript", client),
        ]);
        let input = shapes::classic("1.7", shapes::LF);
        let seen = browse(
            "readme",
            &json!({ "site": format!("http://localhost:{}", shop.port()), "pdf": STANDARD.encode(&input) }),
        );
        assert_eq!(seen["digits"].as_str().unwrap().len(), 6, "{readme}: {seen}");
        let signed = STANDARD.decode(seen["signed"].as_str().unwrap()).unwrap();
        assert!(signed.starts_with(&input), "{readme}");
        let path = desk.dir.join("signed.pdf");
        std::fs::write(&path, signed).unwrap();
        let judged = pdfsig(&path);
        assert!(judged.len() == 1 && judged[0].valid, "{readme}: {judged:?}");
    }
}

/// The one `js` block.
fn example(readme: &str) -> String {
    let text = std::fs::read_to_string(repository(readme)).unwrap();
    let (_, rest) = text.split_once("```js\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}
