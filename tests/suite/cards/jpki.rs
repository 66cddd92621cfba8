//! My Number cards: two slots, two PINs, a certificate that nobody sees before the password.

use super::{closed, refusal, signed};
use crate::support::cards::{Bearer, Card, Jpki, Status, jpki, opensc_module};
use serde_json::Value;

const SIGNING: &str = "JPKI (Digital Signature PIN)";
/// Select the applet and the signing key, ask for a signature.
const RAW: [&str; 3] = ["00a4040c0ad392f000260100000001", "00a4020c02001a", "802a00800430020400"];

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
