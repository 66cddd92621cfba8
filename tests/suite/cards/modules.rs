//! Several libraries over the same cards, and a reader that another program keeps for itself.

use super::{refusal, signed};
use crate::support::ca::Kind;
use crate::support::cards::{Act, At, Bearer, Card, Gate, Jpki, Piv, piv};
use crate::support::start;
use serde_json::Value;
use std::fs;
use std::process::Command;

/// The card's name and its reader, row by row.
fn shown(bearer: &Bearer) -> Vec<(String, String)> {
    let listed = bearer.json(&["token", "list"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = listed.as_array().unwrap().iter();
    rows.map(|row| (text(&row["label"]), text(&row["reader"]))).collect()
}

/// OpenSC twice, as two libraries that read the same cards; these lines name the second one's.
fn twice(bearer: &Bearer, second: &str) {
    let once = bearer.config("");
    let (_, module) = once.split_once("[[module]]").unwrap();
    let other = module.replacen("env = {", "env = { HANKOD_TEST = \"second\",", 1);
    let text = format!("{once}[[module]]{other}{second}\n");
    fs::write(bearer.dir.join("hankod.toml"), text).unwrap();
}

#[test]
fn a_card_that_two_libraries_read_is_listed_once_and_signs() {
    let (mut bearer, _) = Bearer::with("modules", |ca| Card::new(Piv::new(ca, Kind::P256, "Kono Taro", 1)));
    let jpki = Card::new(Jpki::new(&bearer.ca));
    bearer.readers.insert(1, &jpki);
    let all = [
        ("Kono Taro", 0),
        ("JPKI (User Authentication PIN)", 1),
        ("JPKI (Digital Signature PIN)", 1),
    ];
    let mut all = all.map(|(label, slot)| (label.to_owned(), bearer.readers.name(slot)));
    all.sort();
    for second in ["", "atr = [\"3be000ff8131fe45..\"]", "label = [\"kono*\"]"] {
        twice(&bearer, second);
        let mut rows = shown(&bearer);
        rows.sort();
        assert_eq!(rows, all, "{second}");
        let ran = bearer.sign(piv::PIN, &["--token", "Kono Taro", "a.pdf", "-o", "b.pdf"]);
        assert!(ran.ok, "{second}: {ran:?}");
        signed(&bearer, &bearer.dir.join("b.pdf"));
    }
}

#[test]
fn a_reader_that_another_program_keeps_for_itself_is_told_with_its_name() {
    let (bearer, card) = Bearer::with("held", |ca| Card::new(Piv::new(ca, Kind::P256, "Kono Taro", 1)));
    let alone = bearer.dir.join("alone.conf");
    fs::write(
        &alone,
        "app default { card_drivers = default; reader_driver pcsc { connect_exclusive = true; } }\n",
    )
    .unwrap();
    let gate = Gate::default();
    card.fault(At::Verify, Act::Hold(gate.clone()));
    let mut tool = Command::new("opensc-tool");
    tool.args([
        "--reader",
        "0",
        "--card-driver",
        "default",
        "--send-apdu",
        "00200080023132",
    ]);
    let other = start(tool.envs(bearer.environment()).env("OPENSC_CONF", alone));
    gate.reached();
    let row = &bearer.json(&["token", "list"])[0];
    assert_eq!(
        (&row["present"], &row["problem"]["code"]),
        (&false.into(), &"reader_held_by".into()),
        "{row}"
    );
    assert!(
        row["problem"]["message"].as_str().unwrap().starts_with("opensc-tool "),
        "{row}"
    );
    let ran = bearer.sign(piv::PIN, &["a.pdf", "-o", "b.pdf"]);
    assert_eq!(refusal(&ran), (69, "reader_held_by".to_owned()));
    gate.release();
    other.end();
    let ran = bearer.sign(piv::PIN, &["a.pdf", "-o", "b.pdf"]);
    assert!(ran.ok, "{ran:?}");
}
