//! Care with a My Number card: no try is spent on what cannot be right, the person is asked before the last one, and told what the certificate shows.

use super::{closed, refusal, signed};
use crate::support::Ran;
use crate::support::cards::{Bearer, Card, Jpki, jpki};
use crate::support::pinentry::{Answer, Pinentry};
use std::fs;

const SIGNING: &str = "JPKI (Digital Signature PIN)";
const RAW: [&str; 3] = ["00a4040c0ad392f000260100000001", "00a4020c02001a", "802a00800430020400"];

/// A person with a card who gives these answers.
struct Person {
    bearer: Bearer,
    card: Card,
    pinentry: Pinentry,
}

impl Person {
    fn new(make: impl FnOnce(Jpki) -> Jpki, answers: &[Answer<'_>]) -> Self {
        let (bearer, card) = Bearer::with("care", |ca| Card::new(make(Jpki::new(ca))));
        let pinentry = Pinentry::new(&bearer.dir, answers);
        let prompt = format!("[prompt]\npinentry = {:?}\n", pinentry.program());
        fs::write(bearer.dir.join("hankod.toml"), bearer.config(&prompt)).unwrap();
        Self { bearer, card, pinentry }
    }

    fn sign(&self) -> Ran {
        self.bearer.run(&["sign", "--token", SIGNING, "a.pdf", "-o", "b.pdf"])
    }

    /// What stood on the screen, window after window.
    fn shown(&self) -> Vec<String> {
        self.pinentry.received("SETDESC")
    }
}

#[test]
fn a_password_of_another_shape_is_not_sent() {
    let mistaken = ["abcdef1", "ABCDEF", "SHORT"].map(Answer::Pin);
    let person = Person::new(|card| card, &mistaken);
    for _ in mistaken {
        assert_eq!(refusal(&person.sign()), (77, "pin_jpki_password".to_owned()));
    }
    assert_eq!(person.card.tries(), 0);
    assert!(
        person.shown().iter().all(|text| text.contains('5')),
        "{:?}",
        person.shown()
    );
}

#[test]
fn full_width_is_folded_if_the_person_says_so_and_the_certificate_is_told_after_the_password() {
    let wide: String = jpki::SIGNING_PASSWORD
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
        .collect();
    let answers = [
        Answer::Pin(&wide),
        Answer::Cancel,
        Answer::Pin(&wide),
        Answer::Confirm,
        Answer::Confirm,
    ];
    let person = Person::new(|card| card, &answers);
    assert_eq!(refusal(&person.sign()), (77, "pin_cancelled".to_owned()));
    assert_eq!(person.card.tries(), 0);
    let ran = person.sign();
    assert!(ran.ok, "{ran:?}");
    signed(&person.bearer, &person.bearer.dir.join("b.pdf"));
    closed(&person.bearer, &person.card, &RAW);
    let shown = person.shown();
    let personal = [jpki::NAME, jpki::ADDRESS];
    assert!(personal.iter().all(|told| shown[4].contains(told)), "{shown:?}");
    assert!(
        shown[4].contains("Whoever receives the signed documents can read"),
        "{shown:?}"
    );
    assert!(
        !shown[..4]
            .iter()
            .any(|text| personal.iter().any(|told| text.contains(told))),
        "{shown:?}"
    );
    let log = person.bearer.run(&["audit", "export"]);
    assert!(
        !personal
            .iter()
            .any(|told| log.stdout.contains(told) || ran.stderr.contains(told))
    );
}

#[test]
fn whoever_does_not_want_to_show_it_signs_nothing() {
    let person = Person::new(|card| card, &[Answer::Pin(jpki::SIGNING_PASSWORD), Answer::Cancel]);
    assert_eq!(refusal(&person.sign()), (77, "pin_cancelled".to_owned()));
    assert_eq!(person.card.signatures(), 0);
    assert!(!person.bearer.dir.join("b.pdf").exists());
    closed(&person.bearer, &person.card, &RAW);
}

#[test]
fn the_last_try_is_asked_about_before_the_password_is() {
    let answers = [
        Answer::Cancel,
        Answer::Confirm,
        Answer::Pin(jpki::SIGNING_PASSWORD),
        Answer::Confirm,
    ];
    let person = Person::new(|card| card.worn(4), &answers);
    assert_eq!(refusal(&person.sign()), (77, "pin_cancelled".to_owned()));
    assert!(person.shown()[0].contains("municipal office"), "{:?}", person.shown());
    assert_eq!(person.card.tries(), 0);
    let ran = person.sign();
    assert!(ran.ok, "{ran:?}");
    assert!(
        person.shown()[2].contains("one more wrong PIN locks the card"),
        "{:?}",
        person.shown()
    );
}

#[test]
fn opensc_is_given_a_configuration_that_locks_the_card() {
    let (bearer, card) = Bearer::with("care", |ca| Card::new(Jpki::new(ca)));
    let ran = bearer.sign(jpki::SIGNING_PASSWORD, &["--token", SIGNING, "a.pdf", "-o", "b.pdf"]);
    assert!(ran.ok, "{ran:?}");
    closed(&bearer, &card, &RAW);
    let written = configurations(&bearer);
    assert_eq!(
        written.len(),
        2,
        "one that sees no reader, one of the reader in use: {written:?}"
    );
    for text in &written {
        assert!(
            text.contains("lock_login = true") && text.contains("card_drivers = jpki"),
            "{text}"
        );
    }
    let ignored = |name: &str| {
        written
            .iter()
            .filter(|text| text.contains(&format!("= {name:?};")))
            .count()
    };
    assert_eq!((ignored(" "), ignored(&bearer.readers.name(1))), (1, 1), "{written:?}");
}

/// What hankod has written for OpenSC.
fn configurations(bearer: &Bearer) -> Vec<String> {
    let entries = fs::read_dir(bearer.dir.join("state")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "conf"));
    files.map(|path| fs::read_to_string(path).unwrap()).collect()
}
