//! Two cards in two readers: while one keeps its worker waiting, the other signs.

use super::jpki::{RAW, SIGNING};
use super::{closed, signed};
use crate::support::ca::Kind;
use crate::support::cards::{Act, At, Bearer, Card, Gate, Jpki, Piv, jpki, piv};
use crate::support::daemon::Daemon;
use crate::support::{Running, start};
use std::path::Path;

/// A call that waits for a card ends by them.
const LIMITS: &str = "[limits]\ntoken_read_deadline_ms = 4000\n";
const NAMES: [&str; 2] = [SIGNING, "Otsuno Jiro"];

/// A daemon over a My Number card, known by its answer to reset, and a PIV card; `before` it starts the first one is ill.
fn bench(before: impl FnOnce(&Card)) -> (Bearer, [Card; 2], Daemon) {
    let mut bearer = Bearer::new("beside");
    let cards = [
        Card::new(Jpki::new(&bearer.ca)),
        Card::new(Piv::new(&bearer.ca, Kind::P256, NAMES[1], 2)),
    ];
    for (slot, card) in cards.iter().enumerate() {
        bearer.readers.insert(slot, card);
    }
    before(&cards[0]);
    let env = bearer.readers.env();
    let env: Vec<(&str, &Path)> = env.iter().map(|(name, value)| (*name, value.as_path())).collect();
    let daemon = Daemon::start(&bearer.dir, &bearer.config(LIMITS), &env);
    (bearer, cards, daemon)
}

/// The daemon signs for this command.
fn signing(bearer: &Bearer, name: &str, out: &str) -> Running {
    let (file, pin) = match name == SIGNING {
        true => ("jpki-pin", jpki::SIGNING_PASSWORD),
        false => ("piv-pin", piv::PIN),
    };
    bearer.pin(pin);
    std::fs::rename(bearer.dir.join("pin"), bearer.dir.join(file)).unwrap();
    start(&mut bearer.hankod(&["sign", "--pin-file", file, "--token", name, "a.pdf", "-o", out]))
}

#[test]
fn a_card_that_stands_still_in_a_signature_keeps_no_other_waiting() {
    let (bearer, cards, daemon) = bench(|_| ());
    let gate = Gate::default();
    cards[0].fault(At::Sign, Act::Hold(gate.clone()));
    let slow = signing(&bearer, NAMES[0], "slow.pdf");
    gate.reached();
    let present = bearer.json(&["token", "list"]);
    let present: Vec<_> = present.as_array().unwrap().iter().map(|row| &row["label"]).collect();
    let three = ["JPKI (User Authentication PIN)", NAMES[0], NAMES[1]];
    assert_eq!(present, three, "the card at work is listed too, and not asked");
    let ran = signing(&bearer, NAMES[1], "meanwhile.pdf").end();
    assert!(ran.ok, "{ran:?}");
    signed(&bearer, &bearer.dir.join("meanwhile.pdf"));
    assert_eq!((cards[0].signatures(), cards[1].signatures()), (0, 1));
    gate.release();
    let ran = slow.end();
    assert!(ran.ok, "{ran:?}");
    signed(&bearer, &bearer.dir.join("slow.pdf"));
    closed(&bearer, &cards[0], &RAW);
    assert!(cards.iter().all(|card| card.tries() == 2));
    daemon.stop();
}

#[test]
fn a_card_that_answers_nobody_is_told_and_the_other_signs() {
    let (bearer, cards, daemon) = bench(|card| card.fault(At::Every, Act::Hold(Gate::default())));
    let ran = signing(&bearer, NAMES[1], "b.pdf").end();
    assert!(ran.ok, "{ran:?}");
    signed(&bearer, &bearer.dir.join("b.pdf"));
    let listed = bearer.json(&["token", "list"]);
    let rows = (&listed[0]["problem"]["code"], &listed[1]["label"]);
    assert_eq!(rows, (&"token_timeout".into(), &NAMES[1].into()), "{listed}");
    assert_eq!(cards[0].tries(), 0);
    daemon.stop();
}
