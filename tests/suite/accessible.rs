//! Every page for everybody (JIS X 8341-3:2016 AA): axe-core finds nothing, each control and picture has a name, a change is announced, time can be extended.

use crate::support::browser::browse;
use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::dir::TestDir;
use crate::support::http::Request;
use crate::support::pinentry::Answer;
use crate::support::shapes;
use hankod::clock::Timestamp;
use hankod::demo::contract::sample;
use hankod::render::Fonts;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::SystemTime;

/// A seal that a person keeps.
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\"><circle cx=\"20\" cy=\"20\" r=\"17\" fill=\"none\" stroke=\"#b23524\" stroke-width=\"3\"/></svg>";

#[test]
fn the_pages_in_japanese_on_a_wide_screen() {
    let seen = every_page("ja", 1280);
    let read = |name: &str| seen[name]["tree"].as_str().unwrap();
    // The text beside each picture; where there is none, that is said.
    assert!(
        read("confirm-ja-1280").contains("甲野太郎"),
        "{}",
        read("confirm-ja-1280")
    );
    assert!(read("confirm-ja-1280").contains("このページには、読み取れる文字がありません。"));
    said(&seen, "signed-ja-1280", "署名が終わりました。");
}

#[test]
fn the_pages_in_japanese_on_a_narrow_screen() {
    said(&every_page("ja", 360), "signed-ja-360", "署名が終わりました。");
}

#[test]
fn the_pages_in_english_on_a_wide_screen() {
    let seen = every_page("en", 1280);
    let confirm = seen["confirm-en-1280"]["tree"].as_str().unwrap();
    assert!(confirm.contains("No text can be read on this page."), "{confirm}");
    said(&seen, "signed-en-1280", "Signed.");
}

#[test]
fn the_pages_in_english_on_a_narrow_screen() {
    said(&every_page("en", 360), "signed-en-360", "Signed.");
}

/// Looks at every page, and holds each to what holds for all.
fn every_page(lang: &str, width: u32) -> Value {
    let desk = Desk::new(
        &format!("accessible-{lang}-{width}"),
        &[Answer::Pin(PIN), Answer::Silence],
    );
    let daemon = desk.serve();
    let without = TestDir::new("accessible-empty");
    let empty = Daemon::start(&without, "", &[]);
    let (file, blank, signed) = documents(&desk);
    let svg = desk.dir.join("seal.svg");
    std::fs::write(&svg, SVG).unwrap();
    let folder = std::env::var_os("HANKOD_SCREENSHOTS").map_or_else(|| desk.dir.join("pictures"), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let seen = browse(
        "accessible",
        &json!({
            "address": format!("http://127.0.0.1:{}", daemon.port()), "empty": format!("http://127.0.0.1:{}", empty.port()),
            "file": file, "blank": blank, "signed": signed, "svg": svg, "folder": folder, "lang": lang, "width": width,
        }),
    );
    assert_eq!(seen["complaints"], json!([]));
    let looks = seen["seen"].as_object().unwrap();
    assert_eq!(looks.len(), LOOKS, "{:?}", looks.keys());
    let found = looks.iter().filter(|(_, look)| look["violations"] != json!([]));
    let found: Vec<String> = found
        .map(|(name, look)| format!("{name}: {:#}", look["violations"]))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (name, look) in looks {
        assert_eq!(look["wide"], false, "{name} scrolls sideways");
        tree(name, look["tree"].as_str().unwrap());
    }
    seen["seen"].clone()
}

/// A change was put where it is read aloud.
fn said(seen: &Value, name: &str, words: &str) {
    let tree = seen[name]["tree"].as_str().unwrap();
    assert!(tree.contains(&format!("- status: {words}")), "{tree}");
}

/// Pages and states of pages that the scenario looks at.
const LOOKS: usize = 11;

/// What every page has, by roles.
pub(crate) fn tree(name: &str, tree: &str) {
    let count = |start: &str| tree.lines().filter(|line| line.trim_start().starts_with(start)).count();
    assert_eq!(
        count("- heading") - levels(tree),
        1,
        "{name} has one main heading:\n{tree}"
    );
    for landmark in ["- banner", "- main", "- navigation"] {
        assert!(count(landmark) > 0, "{name} has no {landmark}:\n{tree}");
    }
    for nameless in [
        "- button",
        "- img",
        "- textbox",
        "- radio",
        "- combobox",
        "- link",
        "- spinbutton",
        "- checkbox",
    ] {
        let bare = |line: &&str| {
            let rest = line.trim_start().strip_prefix(nameless);
            rest.is_some_and(|rest| !rest.starts_with(" \"") && !rest.starts_with(" /"))
        };
        let found: Vec<&str> = tree.lines().filter(bare).collect();
        assert!(found.is_empty(), "{name}: without a name: {found:?}\n{tree}");
    }
}

/// Headings below the first level.
fn levels(tree: &str) -> usize {
    tree.lines()
        .filter(|line| line.contains("- heading") && !line.contains("[level=1]"))
        .count()
}

#[test]
fn time_that_ends_is_said_and_given_again() {
    let desk = Desk::new("accessible-time", &[]);
    let daemon = desk.serve();
    let file = desk.dir.join("契約書.pdf");
    std::fs::write(&file, shapes::classic("1.7", shapes::LF)).unwrap();
    let address = format!("http://127.0.0.1:{}", daemon.port());
    let seen = browse("time", &json!({ "address": address, "file": file }));
    assert_eq!(seen["before"], "", "{seen}");
    let warned = seen["warned"].as_str().unwrap();
    assert!(
        warned.starts_with("- alert") && warned.contains("button \"時間を延ばす\""),
        "{seen}"
    );
    assert!(
        seen["given"].as_str().unwrap().contains("時間を延ばしました。"),
        "{seen}"
    );
    assert!(seen["seconds_left"].as_u64().is_some_and(|left| left > 0), "{seen}");
}

/// A contract, a document without words, and a signed file.
fn documents(desk: &Desk) -> (PathBuf, PathBuf, PathBuf) {
    let at = |name: &str| desk.dir.join(name);
    let now = Timestamp::from_system(SystemTime::now());
    let contract = sample(now, &Fonts::find(None).unwrap()).unwrap();
    let (file, blank, signed) = (at("業務委託契約書.pdf"), at("図面.pdf"), at("署名済み.pdf"));
    std::fs::write(&file, contract.pdf).unwrap();
    std::fs::write(&blank, wordless()).unwrap();
    let mut sign = desk.command(&["sign", "--certificate", "甲野太郎"]);
    sign.arg("--pin-file").arg(at("pin.txt"));
    sign.arg(&file).arg("-o").arg(&signed);
    let done = sign.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    (file, blank, signed)
}

/// One page that has a drawing and no text.
fn wordless() -> Vec<u8> {
    let mut pdf = shapes::classic("1.4", shapes::LF);
    let words = b"BT /F1 24 Tf 72 700 Td (Agreement) Tj ET";
    let at = pdf.windows(words.len()).position(|part| part == words).unwrap();
    let drawing = format!("{:<1$}", "72 400 200 99 re f", words.len());
    pdf[at..at + words.len()].copy_from_slice(drawing.as_bytes());
    pdf
}

#[test]
fn time_is_given_to_the_person_alone() {
    let desk = Desk::new("accessible-key", &[]);
    let key = desk.program_key();
    let daemon = desk.serve();
    let asks = |path: &str| Request::new("POST", path).header("Authorization", &format!("Bearer {key}"));
    let answer = asks("/v1/signings/0123/time").send(daemon.port());
    assert_eq!((answer.status, &answer.json()["error"]), (403, &json!("own_page_only")));
    let nobody = Request::new("POST", "/v1/signings/0123/time").send(daemon.port());
    assert_eq!((nobody.status, &nobody.json()["error"]), (401, &json!("missing_key")));
}
