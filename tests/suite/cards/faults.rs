//! Cards pulled, swapped, slow and hostile, and a pcscd that goes: what hankod says, and that nothing is left open and no PIN tried by itself.

use super::{refusal, signed};
use crate::support::ca::Kind;
use crate::support::cards::{Act, At, Bearer, Card, Gate, Jpki, Piv, jpki, piv};
use crate::support::start;
use std::time::Duration;

fn piv_bearer() -> (Bearer, Card) {
    Bearer::with("fault", |ca| Card::new(Piv::new(ca, Kind::P256, "Kono Taro", 1)))
}

const SIGN: [&str; 3] = ["a.pdf", "-o", "b.pdf"];

#[test]
fn a_card_pulled_in_the_middle_of_a_signature_is_named_and_put_back_it_signs() {
    for act in [Act::PullBefore, Act::PullAfter] {
        let (mut bearer, card) = piv_bearer();
        card.fault(At::Sign, act);
        let refused = refusal(&bearer.sign(piv::PIN, &SIGN));
        assert_eq!(refused, (69, "card_removed".to_owned()));
        assert!(!bearer.dir.join("b.pdf").exists() && !card.unlocked());
        bearer.readers.gone(0);
        bearer.readers.insert(0, &card);
        let ran = bearer.sign(piv::PIN, &SIGN);
        assert!(ran.ok, "{ran:?}");
        signed(&bearer, &bearer.dir.join("b.pdf"));
        // Twice the two of a signature.
        assert_eq!(card.tries(), 4);
    }
}

#[test]
fn a_my_number_card_pulled_in_the_middle_signs_when_it_is_back() {
    let (mut bearer, card) = Bearer::with("fault", |ca| Card::new(Jpki::new(ca)));
    let arguments = [&["--token", "JPKI (Digital Signature PIN)"], &SIGN[..]].concat();
    card.fault(At::Sign, Act::PullBefore);
    let refused = refusal(&bearer.sign(jpki::SIGNING_PASSWORD, &arguments));
    assert_eq!(refused, (69, "card_removed".to_owned()));
    bearer.readers.gone(0);
    bearer.readers.insert(0, &card);
    let ran = bearer.sign(jpki::SIGNING_PASSWORD, &arguments);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(card.tries(), 4);
}

#[test]
fn a_pin_whose_answer_was_lost_is_not_tried_again_by_itself() {
    let (mut bearer, card) = piv_bearer();
    card.fault(At::Verify, Act::PullAfter);
    let refused = refusal(&bearer.sign(piv::PIN, &SIGN));
    assert_eq!(refused, (69, "card_removed".to_owned()));
    bearer.readers.gone(0);
    bearer.readers.insert(0, &card);
    let refused = refusal(&bearer.sign(piv::PIN, &SIGN));
    assert_eq!(refused, (77, "pin_refused_before".to_owned()));
    assert_eq!(card.tries(), 1);
}

#[test]
fn a_card_swapped_in_the_middle_gets_no_pin_that_was_meant_for_the_other() {
    let (mut bearer, card) = piv_bearer();
    let other = Card::new(Piv::new(&bearer.ca, Kind::P256, "Otsuno Jiro", 2));
    let gate = Gate::default();
    card.fault(At::Sign, Act::Hold(gate.clone()));
    let signing = start(&mut bearer.signing(piv::PIN, &SIGN));
    gate.reached();
    bearer.readers.pull(0);
    bearer.readers.insert(0, &other);
    assert_eq!(refusal(&signing.end()), (69, "card_removed".to_owned()));
    assert_eq!((other.tries(), other.signatures()), (0, 0));
    let ran = bearer.sign(piv::PIN, &SIGN);
    assert!(ran.ok, "{ran:?}");
    assert_eq!((other.tries(), other.signatures()), (2, 1));
}

#[test]
fn a_swap_that_pcscd_cannot_see_gives_the_other_card_no_pin_either() {
    let (mut bearer, card) = piv_bearer();
    let other = Card::new(Piv::new(&bearer.ca, Kind::P256, "Otsuno Jiro", 2));
    let gate = Gate::default();
    card.fault(At::Sign, Act::Hold(gate.clone()));
    let signing = start(&mut bearer.signing(piv::PIN, &SIGN));
    gate.reached();
    bearer.readers.swap(0, &other);
    let (exit, code) = refusal(&signing.end());
    assert!(
        exit == 69 && ["card_removed", "token_refused"].contains(&code.as_str()),
        "{code}"
    );
    assert_eq!((other.tries(), other.signatures()), (0, 0));
    let ran = bearer.sign(piv::PIN, &SIGN);
    assert!(ran.ok, "{ran:?}");
    assert_eq!((other.tries(), other.signatures()), (2, 1));
}

#[test]
fn a_slow_card_is_waited_for() {
    let (bearer, card) = piv_bearer();
    let gate = Gate::default();
    card.fault(At::Sign, Act::Hold(gate.clone()));
    let signing = start(&mut bearer.signing(piv::PIN, &SIGN));
    gate.reached();
    gate.release();
    let ran = signing.end();
    assert!(ran.ok, "{ran:?}");
    assert_eq!(card.tries(), 2);
}

#[test]
fn a_hostile_card_costs_time_and_no_try_and_signs_when_it_has_come_to_its_senses() {
    let (bearer, card) = piv_bearer();
    let limits =
        "[limits]\ntoken_read_deadline_ms = 4000\ntoken_login_deadline_ms = 4000\ntoken_sign_deadline_ms = 4000";
    std::fs::write(bearer.dir.join("hankod.toml"), bearer.config(limits)).unwrap();
    let long = [vec![0x5a; 65_000], vec![0x90, 0]].concat();
    let answers = [
        ("no status", vec![0x90]),
        ("far too long", long),
        ("more for ever", vec![0xff, 0x61, 0x10]),
        (
            "a length that lies",
            vec![0x53, 0x82, 0xff, 0xff, 0x70, 0x84, 0xff, 0xff, 0xff, 0xff, 0x90, 0x00],
        ),
        ("always well", vec![0x90, 0x00]),
        ("wrong length for ever", vec![0x6c, 0x01]),
        ("garbage", (0..=255).collect()),
    ];
    for (name, answer) in answers {
        card.fault(At::Every, Act::Answer(answer));
        let before = card.tries();
        for mut command in [bearer.hankod(&["token", "list"]), bearer.signing(piv::PIN, &SIGN)] {
            let running = start(&mut command);
            assert!(running.ends_within(Duration::from_secs(60)), "{name}: it hangs");
            running.end();
        }
        assert!(card.tries() - before <= 1, "{name}: {} tries", card.tries() - before);
        assert!(!bearer.dir.join("b.pdf").exists(), "{name}: something was signed");
        card.behave();
    }
    let ran = bearer.sign(piv::PIN, &SIGN);
    assert!(ran.ok, "{ran:?}");
}

#[test]
fn a_pcscd_that_stops_in_the_middle_of_a_signature_ends_it_and_returns() {
    let (mut bearer, card) = piv_bearer();
    let gate = Gate::default();
    card.fault(At::Sign, Act::Hold(gate.clone()));
    let signing = start(&mut bearer.signing(piv::PIN, &SIGN));
    gate.reached();
    bearer.readers.kill();
    assert!(signing.ends_within(Duration::from_secs(60)), "it hangs");
    assert_eq!(refusal(&signing.end()).0, 69);
    bearer.readers.start_again();
    let ran = bearer.sign(piv::PIN, &SIGN);
    assert!(ran.ok, "{ran:?}");
    assert_eq!((card.tries(), card.unlocked()), (4, false));
}
