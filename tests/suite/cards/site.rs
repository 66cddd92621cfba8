//! A web site and a My Number card in real Chromium: `examples/site` has three contracts signed with one password, by its own script and on hankod's page, and a card that was pulled signs when it is back.

use super::closed;
use super::jpki::{RAW, SIGNING};
use crate::support::browser::browse;
use crate::support::cards::{Act, At, Bearer, Card, Gate, Jpki, jpki};
use crate::support::daemon::Daemon;
use crate::support::example::{Example, NAMES, all_signed};
use crate::support::http::Request;
use crate::support::pinentry::{Answer, Pinentry};
use serde_json::{Value, json};
use std::path::Path;

/// A person with a card, a daemon, and the site.
struct Visit {
    bearer: Bearer,
    card: Card,
    pinentry: Pinentry,
    daemon: Daemon,
    example: Example,
}

impl Visit {
    /// The person allows the site, then gives these answers.
    fn new(answers: &[Answer<'_>]) -> Self {
        let (bearer, card) = Bearer::with("visit", |ca| Card::new(Jpki::new(ca)));
        let pinentry = Pinentry::new(&bearer.dir, &[&[Answer::Confirm], answers].concat());
        let prompt = format!("lang = \"ja\"\n[prompt]\npinentry = {:?}\n", pinentry.program());
        let env = bearer.readers.env();
        let env: Vec<(&str, &Path)> = env.iter().map(|(name, value)| (*name, value.as_path())).collect();
        let daemon = Daemon::start(&bearer.dir, &bearer.config(&prompt), &env);
        let example = Example::start(&bearer.dir, &bearer.dir.join("root.pem"), &daemon);
        Self {
            bearer,
            card,
            pinentry,
            daemon,
            example,
        }
    }

    /// What a browser is told; the page counts as one of the internet.
    fn question(&self, granted: bool) -> Value {
        json!({
            "site": self.example.origin(), "isPublic": true, "granted": granted, "port": self.daemon.port(), "holder": SIGNING,
        })
    }

    /// The card made three signatures, is closed, and the person was asked once for the password.
    fn signed_once(&self) {
        assert_eq!(self.card.signatures(), 3);
        assert_eq!(
            self.card.tries(),
            4,
            "OpenSC gives the card its password before each signature"
        );
        closed(&self.bearer, &self.card, &RAW);
        assert_eq!(self.pinentry.received("GETPIN").len(), 1);
    }
}

#[test]
fn three_contracts_are_signed_by_the_sites_script_with_one_password() {
    let visit = Visit::new(&[Answer::Pin(jpki::SIGNING_PASSWORD), Answer::Confirm]);
    let seen = browse("example_site", &visit.question(true));
    assert_eq!(seen, json!({ "offered": NAMES, "answer": all_signed(), "left": false }));
    visit.signed_once();
}

#[test]
fn three_contracts_are_signed_on_hankods_page_where_the_browser_lets_no_script_through() {
    let visit = Visit::new(&[Answer::Pin(jpki::SIGNING_PASSWORD), Answer::Confirm]);
    let seen = browse("example_site", &visit.question(false));
    assert_eq!(
        (&seen["answer"], &seen["left"]),
        (&all_signed().into(), &true.into()),
        "{seen}"
    );
    assert_eq!((&seen["early"], &seen["complaints"]), (&json!([]), &json!([])));
    visit.signed_once();
}

#[test]
fn a_card_pulled_in_the_middle_is_told_and_put_back_it_signs() {
    let password = Answer::Pin(jpki::SIGNING_PASSWORD);
    let mut visit = Visit::new(&[password, Answer::Confirm, password, Answer::Confirm]);
    // The first signature is made, the card is out before the second.
    let first = Gate::default();
    first.release();
    visit.card.fault(At::Sign, Act::Hold(first));
    visit.card.fault(At::Sign, Act::PullBefore);
    let back = visit.bearer.dir.join("back");
    let mut question = visit.question(true);
    question["back"] = json!(back);
    let present = presence(&visit);
    let (card, readers) = (visit.card.clone(), &mut visit.bearer.readers);
    let seen = std::thread::scope(|scope| {
        let browsing = scope.spawn(|| browse("pulled_card", &question));
        readers.gone(0);
        // The daemon has seen it go, and come: what it listed before says nothing.
        while present() {
            std::thread::yield_now();
        }
        readers.insert(0, &card);
        while !present() {
            std::thread::yield_now();
        }
        std::fs::write(&back, "").unwrap();
        browsing.join().unwrap()
    });
    assert_eq!(
        (&seen["code"], &seen["answer"]),
        (&"card_removed".into(), &all_signed().into()),
        "{seen}"
    );
    assert_eq!(seen["signed"], 0, "nothing of the broken set is out");
    assert_eq!((visit.card.signatures(), visit.card.tries()), (4, 7));
    closed(&visit.bearer, &visit.card, &RAW);
}

/// Tells whether the daemon lists a card; as a program of the same person asks.
fn presence(visit: &Visit) -> impl Fn() -> bool + use<> {
    let mut allowing = visit.bearer.hankod(&["site", "allow", "--program", "look"]);
    let key = String::from_utf8(allowing.output().unwrap().stdout).unwrap();
    let asks = Request::new("GET", "/v1/tokens").header("Authorization", &format!("Bearer {}", key.trim()));
    let port = visit.daemon.port();
    move || {
        let listed = asks.send(port).json();
        listed.as_array().unwrap().iter().any(|token| token["present"] == true)
    }
}
