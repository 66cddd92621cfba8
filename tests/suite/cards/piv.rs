//! PIV cards: listed, signed with, their tries counted.

use super::{closed, refusal, signed};
use crate::support::ca::Kind;
use crate::support::cards::{Bearer, Card, Piv, piv};

const NAME: &str = "Kono Taro";
/// Select the application, ask 9A for a signature.
pub(super) const RAW: [&str; 2] = ["00a4040009a00000030800001000", "0087119a0a7c08820081040001020300"];

fn bearer(kind: Kind) -> (Bearer, Card) {
    Bearer::with("piv", |ca| Card::new(Piv::new(ca, kind, NAME, 1)))
}

/// The PIN's state in `hankod token list`.
fn state(bearer: &Bearer) -> String {
    bearer.json(&["token", "list"])[0]["pin"].as_str().unwrap().to_owned()
}

#[test]
fn opensc_and_hankod_show_the_same_card() {
    let (bearer, card) = bearer(Kind::P256);
    let token = &bearer.json(&["token", "list"])[0];
    assert_eq!(
        (&token["label"], &token["serial"]),
        (&NAME.into(), &"1111111111111101".into())
    );
    let listed = bearer.json(&["certificate", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1, "9A authenticates only: {listed}");
    let module = crate::support::cards::opensc_module();
    let read = [
        "--read-object",
        "--type",
        "cert",
        "--id",
        "02",
        "--output-file",
        "9c.der",
    ];
    let arguments = [&["--module", module.to_str().unwrap()], &read[..]].concat();
    let ran = bearer.tool("pkcs11-tool", &arguments);
    assert!(ran.ok, "{ran:?}");
    let der = std::fs::read(bearer.dir.join("9c.der")).unwrap();
    let digest = hankod::der::DigestAlgorithm::Sha256.digest(&der);
    assert_eq!(listed[0]["select"]["sha256"], hex::encode(digest));
    assert_eq!(card.tries(), 0);
}

#[test]
fn the_signing_key_signs_twice_and_takes_the_pin_each_time() {
    for kind in [Kind::P256, Kind::Rsa2048] {
        let (bearer, card) = bearer(kind);
        bearer.document("b.pdf");
        std::fs::create_dir(bearer.dir.join("out")).unwrap();
        let ran = bearer.sign(piv::PIN, &["a.pdf", "b.pdf", "--out-dir", "out"]);
        assert!(ran.ok, "{ran:?}");
        for name in ["a.pdf", "b.pdf"] {
            signed(&bearer, &bearer.dir.join("out").join(name));
        }
        // One opens the card, one goes with each signature; a person typed it once.
        assert_eq!((card.tries(), card.signatures()), (3, 2));
        closed(&bearer, &card, &RAW);
    }
}

#[test]
fn pkcs11_tool_signs_with_both_keys_until_the_card_asks_again() {
    let (bearer, card) = bearer(Kind::P256);
    std::fs::write(bearer.dir.join("digest"), [7; 32]).unwrap();
    let module = crate::support::cards::opensc_module();
    for id in ["01", "02"] {
        let line = format!(
            "--login --pin {} --sign -m ECDSA --id {id} -i digest -o signature",
            piv::PIN
        );
        let arguments: Vec<&str> = ["--module", module.to_str().unwrap()]
            .into_iter()
            .chain(line.split(' '))
            .collect();
        let ran = bearer.tool("pkcs11-tool", &arguments);
        assert!(ran.ok, "{ran:?}");
    }
    assert_eq!(card.signatures(), 2);
}

#[test]
fn wrong_pins_are_counted_and_told_and_a_locked_card_is_left_alone() {
    let (bearer, card) = bearer(Kind::P256);
    assert_eq!(state(&bearer), "normal");
    let expected = [
        ("111111", "pin_wrong", "normal", 1),
        ("111111", "pin_refused_before", "normal", 1),
        ("222222", "pin_wrong_final_try", "final", 2),
        ("333333", "pin_wrong_now_locked", "locked", 3),
        (piv::PIN, "pin_locked", "locked", 3),
    ];
    for (pin, code, shown, tries) in expected {
        let ran = bearer.sign(pin, &["a.pdf", "-o", "b.pdf"]);
        assert_eq!(refusal(&ran), (77, code.to_owned()));
        assert_eq!((state(&bearer).as_str(), card.tries()), (shown, tries), "after {code}");
    }
    assert!(!bearer.dir.join("b.pdf").exists());
}

#[test]
fn a_pin_of_a_wrong_length_costs_no_try() {
    let (bearer, card) = bearer(Kind::P256);
    for pin in ["123", "123456789"] {
        let ran = bearer.sign(pin, &["a.pdf", "-o", "b.pdf"]);
        assert_eq!(refusal(&ran), (77, "pin_length".to_owned()));
    }
    assert_eq!(card.tries(), 0);
}

#[test]
fn a_card_that_was_locked_elsewhere_gets_no_pin() {
    let (bearer, card) = Bearer::with("piv", |ca| Card::new(Piv::new(ca, Kind::P256, NAME, 1).worn(3)));
    assert_eq!(state(&bearer), "locked");
    let ran = bearer.sign(piv::PIN, &["a.pdf", "-o", "b.pdf"]);
    assert_eq!(refusal(&ran), (77, "pin_locked".to_owned()));
    assert_eq!(card.tries(), 0);
    let opened = bearer.tool(
        "opensc-tool",
        &[
            "--reader",
            "0",
            "--card-driver",
            "default",
            "--send-apdu",
            RAW[0],
            "--send-apdu",
            "002c0080103837363534333231393939393939ffff",
        ],
    );
    assert!(
        opened.stdout.ends_with("(SW1=0x90, SW2=0x00)\n"),
        "the PUK {}: {opened:?}",
        piv::PUK
    );
    assert_eq!(state(&bearer), "normal");
}
