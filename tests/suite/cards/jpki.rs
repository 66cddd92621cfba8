//! My Number cards: two slots, two PINs, a certificate that nobody sees before the password.

use super::{closed, refusal, signed};
use crate::support::cards::{Act, At, Bearer, Card, Gate, Jpki, Status, jpki, opensc_module};
use crate::support::start;
use serde_json::Value;
use std::process::Command;

pub(super) const SIGNING: &str = "JPKI (Digital Signature PIN)";
/// Select the applet and the signing key, ask for a signature.
pub(super) const RAW: [&str; 3] = ["00a4040c0ad392f000260100000001", "00a4020c02001a", "802a00800430020400"];

fn bearer(make: impl FnOnce(Jpki) -> Jpki) -> (Bearer, Card) {
    Bearer::with("jpki", |ca| Card::new(make(Jpki::new(ca))))
}

fn sign(bearer: &Bearer, password: &str) -> crate::support::Ran {
    bearer.sign(password, &["--token", SIGNING, "a.pdf", "-o", "b.pdf"])
}

fn pin_states(bearer: &Bearer) -> Vec<(String, String)> {
    let listed = bearer.json(&["token", "list"]);
    let present = listed
        .as_array()
        .unwrap()
        .iter()
        .filter(|token| token["present"] == true);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    present
        .map(|token| (text(&token["label"]), text(&token["pin"])))
        .collect()
}

#[test]
fn one_card_is_two_slots_and_tells_nothing_of_its_holder() {
    let (bearer, card) = bearer(|card| card);
    let names = ["JPKI (User Authentication PIN)", SIGNING];
    let states = pin_states(&bearer);
    assert_eq!(states, names.map(|name| (name.to_owned(), "normal".to_owned())));
    let all = bearer.run(&["certificate", "list", "--all", "--format", "json"]);
    for told in [jpki::NAME, jpki::ADDRESS, jpki::BIRTH_DATE] {
        assert!(!all.stdout.contains(told), "{all:?}");
    }
    let listed = bearer.tool(
        "pkcs11-tool",
        &["--module", opensc_module().to_str().unwrap(), "--list-slots"],
    );
    assert!(names.iter().all(|name| listed.stdout.contains(name)), "{listed:?}");
    assert_eq!(card.tries(), 0);
}

#[test]
fn one_password_reads_the_certificate_and_signs() {
    let (bearer, card) = bearer(|card| card);
    let ran = sign(&bearer, jpki::SIGNING_PASSWORD);
    assert!(ran.ok, "{ran:?}");
    signed(&bearer, &bearer.dir.join("b.pdf"));
    assert_eq!((card.tries(), card.signatures()), (2, 1));
    closed(&bearer, &card, &RAW);
}

#[test]
fn one_password_signs_eighty_documents() {
    let (bearer, card) = bearer(|card| card);
    let names: Vec<String> = (1..=80).map(|n| format!("{n}.pdf")).collect();
    names.iter().for_each(|name| drop(bearer.document(name)));
    std::fs::create_dir(bearer.dir.join("out")).unwrap();
    let mut arguments: Vec<&str> = names.iter().map(String::as_str).collect();
    arguments.extend(["--token", SIGNING, "--out-dir", "out"]);
    let ran = bearer.sign(jpki::SIGNING_PASSWORD, &arguments);
    assert!(ran.ok, "{ran:?}");
    // A person typed it once; OpenSC gives it to the card again before each signature.
    assert_eq!((card.tries(), card.signatures()), (81, 80));
    closed(&bearer, &card, &RAW);
    for name in [&names[0], &names[79]] {
        signed(&bearer, &bearer.dir.join("out").join(name));
    }
    let out = std::fs::read_dir(bearer.dir.join("out")).unwrap();
    assert_eq!(out.count(), 80);
}

#[test]
fn a_program_that_waits_for_the_card_gets_it_closed() {
    let (bearer, card) = bearer(|card| card);
    let gate = Gate::default();
    card.fault(At::Sign, Act::Hold(gate.clone()));
    let arguments = ["--token", SIGNING, "a.pdf", "-o", "b.pdf"];
    let signing = start(&mut bearer.signing(jpki::SIGNING_PASSWORD, &arguments));
    gate.reached();
    assert!(card.unlocked());
    let mut raw = vec!["--reader", "0", "--card-driver", "default"];
    RAW.iter().for_each(|apdu| raw.extend(["--send-apdu", apdu]));
    let other = start(Command::new("opensc-tool").args(raw).envs(bearer.environment()));
    bearer.readers.said("Waiting for release of lock", 1);
    gate.release();
    let (ran, said) = (signing.end(), other.end());
    assert!(ran.ok, "{ran:?}");
    assert!(said.stdout.contains("SW1=0x69, SW2=0x82"), "{said:?}");
    assert_eq!(card.signatures(), 1);
}

#[test]
fn wrong_passwords_are_counted_and_told_until_the_last() {
    let (bearer, card) = bearer(|card| card);
    let expected = [
        ("WRONG1", "pin_wrong_count_low", "low"),
        ("WRONG2", "pin_wrong_count_low", "low"),
        ("WRONG3", "pin_wrong_count_low", "low"),
    ];
    for (tries, (password, code, shown)) in (1..).zip(expected) {
        assert_eq!(refusal(&sign(&bearer, password)), (77, code.to_owned()));
        let states = pin_states(&bearer);
        assert_eq!((states[0].1.as_str(), states[1].1.as_str()), ("normal", shown));
        assert_eq!(card.tries(), tries);
    }
}

#[test]
fn the_last_try_locks_and_says_so() {
    let (bearer, card) = bearer(|card| card.worn(3));
    assert_eq!(
        refusal(&sign(&bearer, "WRONG1")),
        (77, "pin_wrong_final_try".to_owned())
    );
    assert_eq!(
        refusal(&sign(&bearer, "WRONG2")),
        (77, "pin_wrong_now_locked".to_owned())
    );
    assert_eq!(
        refusal(&sign(&bearer, jpki::SIGNING_PASSWORD)),
        (77, "pin_locked".to_owned())
    );
    assert_eq!(card.tries(), 2);
}

#[test]
fn a_blocked_password_is_told_however_the_card_says_it() {
    for status in [0x6983, 0x6984, 0x63c0] {
        let (bearer, card) = bearer(|card| card.worn(5).blocked_says(Status(status)));
        assert_eq!(pin_states(&bearer)[1].1, "locked", "{status:x}");
        let refused = refusal(&sign(&bearer, jpki::SIGNING_PASSWORD));
        assert_eq!(refused, (77, "pin_locked".to_owned()), "{status:x}");
        assert_eq!(card.tries(), 0);
    }
}
