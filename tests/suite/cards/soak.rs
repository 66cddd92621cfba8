//! Faults as they come, the same ones for the same seed: cards pulled, swapped and held at any command, wrong PINs, a pcscd that dies.
//!
//! After each: the command has ended in time with a name for what happened, the card got no PIN but the person's, nobody else can use it, and another card has signed meanwhile.
//! 50 in the suite, 500 in `make soak`; `HANKOD_FUZZ_SEED` gives others.

use super::piv::RAW;
use super::{closed, refusal};
use crate::support::ca::Kind;
use crate::support::cards::{Act, At, Bearer, Card, Gate, Piv, piv};
use crate::support::mutate::Dice;
use crate::support::{Ran, Running, start};
use std::collections::BTreeMap;
use std::time::Duration;

/// Shorter than as installed: a call that waits for a sick card ends by them.
const LIMITS: &str =
    "[limits]\ntoken_read_deadline_ms = 4000\ntoken_login_deadline_ms = 4000\ntoken_sign_deadline_ms = 4000";
/// Beyond all of them one after the other: listing, objects, login, signature, logout.
const DEADLINE: Duration = Duration::from_secs(60);
/// APDUs of one command, about.
const APDUS: usize = 110;
/// What a command may end with when its card misbehaves.
const NAMES: [&str; 9] = [
    "card_removed",
    "certificate_not_found",
    "pin_wrong",
    "token_gone",
    "token_login_lost",
    "token_refused",
    "token_signature_mismatch",
    "token_key_missing",
    "token_timeout",
];

struct Soak {
    bearer: Bearer,
    /// The card that suffers, and the one that takes its place for a while.
    cards: [Card; 2],
    /// The one in the other reader.
    meanwhile: Card,
    dice: Dice,
    counts: BTreeMap<String, usize>,
}

#[test]
#[expect(clippy::print_stdout, reason = "the counts are the result of a long run")]
fn faults_of_cards_cost_no_pin_and_leave_nothing_open() {
    let faults = if std::env::var_os("HANKOD_SOAK").is_some() {
        500
    } else {
        50
    };
    let seed = std::env::var("HANKOD_FUZZ_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut soak = Soak::new(Dice::new(seed.unwrap_or(0)));
    for _ in 0..faults {
        soak.round();
    }
    println!("{faults} faults: {:?}", soak.counts);
    let count = |what: &str| soak.counts.get(what).copied().unwrap_or_default();
    assert!(count("card_removed") > 0 && count("signed meanwhile") > 0);
    assert!(count("token_timeout") * 5 <= faults, "cards keep each other waiting");
}

impl Soak {
    fn new(dice: Dice) -> Self {
        let mut bearer = Bearer::new("soak");
        std::fs::write(bearer.dir.join("hankod.toml"), bearer.config(LIMITS)).unwrap();
        let make = |name, mark| Card::new(Piv::new(&bearer.ca, Kind::P256, name, mark));
        let cards = [make("Kono Taro", 1), make("Kono Taro", 2)];
        let meanwhile = make("Otsuno Jiro", 3);
        bearer.readers.insert(0, &cards[0]);
        bearer.readers.insert(1, &meanwhile);
        Self {
            bearer,
            cards,
            meanwhile,
            dice,
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn round(&mut self) {
        let kind = [
            "pull",
            "held and pulled",
            "held and swapped",
            "pcscd killed",
            "wrong pin",
        ][self.dice.below(5)];
        self.count(kind);
        let before = self.tries();
        let (ran, allowed) = match kind {
            "pull" => (self.pull(), 2),
            "wrong pin" => (self.wrong_pin(), 1),
            held => (self.held(held), 2),
        };
        let code = if ran.ok { "signed".to_owned() } else { refusal(&ran).1 };
        assert!(ran.ok || NAMES.contains(&code.as_str()), "{kind}: {ran:?}");
        self.count(&code);
        let tried = self.tries() - before;
        assert!(tried <= allowed, "{kind}: {tried} tries, a person made one login");
        assert_eq!(
            self.cards[1].tries(),
            0,
            "{kind}: a PIN went to a card that nobody meant"
        );
        self.cards[0].behave();
        closed(&self.bearer, &self.cards[0], &RAW);
        if !ran.ok {
            // A person would look what became of the PIN before using its file again; that it waits for them is another test's matter.
            std::fs::remove_dir_all(self.bearer.dir.join("state")).unwrap();
        }
        if kind == "wrong pin" {
            // The right one gives the card its tries back.
            let ran = self.end(self.signing(piv::PIN));
            assert!(ran.ok, "{ran:?}");
        }
    }

    /// Out of the reader at any command, before or after it is carried out; while another card signs.
    fn pull(&mut self) -> Ran {
        let act = if self.dice.below(2) == 0 {
            Act::PullBefore
        } else {
            Act::PullAfter
        };
        let at = match self.dice.below(4) {
            0 => At::Verify,
            1 => At::Sign,
            _ => At::Apdu(1 + self.dice.below(APDUS)),
        };
        self.cards[0].fault(at, act);
        let before = self.meanwhile.tries();
        let signing = self.signing(piv::PIN);
        let arguments = [
            "sign",
            "--pin-file",
            "other-pin",
            "--token",
            "Otsuno Jiro",
            "a.pdf",
            "-o",
            "meanwhile.pdf",
        ];
        std::fs::copy(self.bearer.dir.join("pin"), self.bearer.dir.join("other-pin")).unwrap();
        let other = self.end(start(&mut self.bearer.hankod(&arguments)));
        // OpenSC asks both readers under one lock: rarely one call waits for the sick card until its limit. Then nothing was tried.
        let meanwhile = if other.ok {
            "signed meanwhile".to_owned()
        } else {
            refusal(&other).1
        };
        assert!(other.ok || meanwhile == "token_timeout", "{other:?}");
        assert_eq!(self.meanwhile.tries() - before, if other.ok { 2 } else { 0 });
        assert!(!self.meanwhile.unlocked());
        self.count(&meanwhile);
        let ran = self.end(signing);
        self.cards[0].behave();
        self.bearer.readers.pull(0);
        self.bearer.readers.insert(0, &self.cards[0]);
        ran
    }

    /// Held at a command that matters while something happens to it.
    fn held(&mut self, kind: &str) -> Ran {
        let gate = Gate::default();
        let at = if self.dice.below(2) == 0 { At::Verify } else { At::Sign };
        self.cards[0].fault(at, Act::Hold(gate.clone()));
        let signing = self.signing(piv::PIN);
        if !gate.reached_unless(|| signing.ends_within(Duration::ZERO)) {
            return self.end(signing);
        }
        let readers = &mut self.bearer.readers;
        match kind {
            "pcscd killed" => readers.kill(),
            _ => readers.pull(0),
        }
        if kind == "held and swapped" {
            readers.insert(0, &self.cards[1]);
        }
        let ran = self.end(signing);
        let readers = &mut self.bearer.readers;
        match kind {
            "pcscd killed" => readers.start_again(),
            "held and swapped" => {
                readers.pull(0);
                readers.insert(0, &self.cards[0]);
            }
            _ => readers.insert(0, &self.cards[0]),
        }
        ran
    }

    fn wrong_pin(&mut self) -> Ran {
        let wrong = format!("{:08}", self.dice.below(100_000_000));
        let ran = self.end(self.signing(&wrong));
        assert_eq!(refusal(&ran), (77, "pin_wrong".to_owned()));
        ran
    }

    fn signing(&self, pin: &str) -> Running {
        let arguments = ["--token", "Kono Taro", "a.pdf", "-o", "b.pdf"];
        start(&mut self.bearer.signing(pin, &arguments))
    }

    fn end(&self, running: Running) -> Ran {
        assert!(running.ends_within(DEADLINE), "a command hangs");
        running.end()
    }

    fn tries(&self) -> usize {
        self.cards[0].tries()
    }
}
