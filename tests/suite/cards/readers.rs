//! The readers themselves, as a program of the system sees them.

use crate::support::cards::{Act, At, Card, Gate, Plain, Readers};
use crate::support::dir::TestDir;
use crate::support::{Running, run, start};
use std::process::Command;

fn opensc_tool(readers: &Readers, arguments: &[&str]) -> Command {
    let mut command = Command::new("opensc-tool");
    command.args(arguments).envs(readers.env());
    command
}

/// The ATR that `opensc-tool` reads in a slot, or nothing.
fn atr(readers: &Readers, slot: usize) -> Option<Vec<u8>> {
    let ran = run(&mut opensc_tool(readers, &["--reader", &slot.to_string(), "--atr"]), "");
    ran.ok.then(|| hex::decode(ran.stdout.trim().replace(':', "")).unwrap())
}

/// Sends one APDU and does not wait.
fn send(readers: &Readers, apdu: &str) -> Running {
    start(&mut opensc_tool(
        readers,
        &["--reader", "0", "--card-driver", "default", "--send-apdu", apdu],
    ))
}

#[test]
fn cards_come_and_go_and_change_places() {
    let dir = TestDir::new("cards");
    let mut readers = Readers::start(&dir);
    let (a, b) = (Plain::new(1), Plain::new(2));
    let (atr_a, atr_b) = (a.atr.clone(), b.atr.clone());
    let (a, b) = (Card::new(a), Card::new(b));
    let listed = run(&mut opensc_tool(&readers, &["--list-readers"]), "");
    assert!(
        (0..2).all(|slot| listed.stdout.contains(&readers.name(slot))),
        "{listed:?}"
    );
    assert_eq!((atr(&readers, 0), atr(&readers, 1)), (None, None));
    readers.insert(0, &a);
    assert_eq!((atr(&readers, 0), atr(&readers, 1)), (Some(atr_a.clone()), None));
    readers.insert(1, &b);
    assert_eq!(atr(&readers, 1).as_ref(), Some(&atr_b));
    readers.pull(0);
    assert_eq!((atr(&readers, 0), atr(&readers, 1)), (None, Some(atr_b)));
    readers.pull(1);
    readers.insert(1, &a);
    assert_eq!(atr(&readers, 1), Some(atr_a));
}

#[test]
fn two_pcscds_do_not_see_each_other() {
    let dirs = [TestDir::new("cards"), TestDir::new("cards")];
    let [mut one, two] = dirs.each_ref().map(|dir| Readers::start(dir));
    one.insert(0, &Card::new(Plain::new(1)));
    assert!(atr(&one, 0).is_some() && atr(&two, 0).is_none());
}

#[test]
fn a_pcscd_that_stops_returns_with_the_cards_that_were_in() {
    let dir = TestDir::new("cards");
    let mut readers = Readers::start(&dir);
    let card = Card::new(Plain::new(1));
    readers.insert(0, &card);
    readers.stop();
    let gone = run(&mut opensc_tool(&readers, &["--list-readers"]), "");
    assert!(!gone.stdout.contains("Hankod"), "{gone:?}");
    readers.start_again();
    assert!(atr(&readers, 0).is_some());
    assert_eq!(atr(&readers, 1), None);
}

#[test]
fn a_card_may_be_held_pulled_or_made_to_lie_at_any_command() {
    let dir = TestDir::new("cards");
    let mut readers = Readers::start(&dir);
    let card = Card::new(Plain::new(1));
    readers.insert(0, &card);
    card.fault(At::Verify, Act::Answer(vec![0x63, 0xc1]));
    let lie = send(&readers, "00200080023132").end();
    assert!(lie.stdout.contains("SW1=0x63, SW2=0xC1"), "{lie:?}");
    assert_eq!(card.tries(), 1);

    let gate = Gate::default();
    card.fault(At::Verify, Act::Hold(gate.clone()));
    let held = send(&readers, "00200080023132");
    gate.reached();
    assert_eq!(card.tries(), 1);
    gate.release();
    assert!(held.end().stdout.contains("SW1=0x6A, SW2=0x82"));

    let cases = [
        (At::Apdu(1), Act::PullBefore),
        (At::Verify, Act::PullAfter),
        (At::Sign, Act::Hold(Gate::default())),
    ];
    for (at, act) in cases {
        card.fault(at, act.clone());
        let apdu = if at == At::Sign {
            "002a9e9a023132"
        } else {
            "00200080023132"
        };
        let pulled = send(&readers, apdu);
        match &act {
            Act::Hold(gate) => {
                gate.reached();
                readers.pull(0);
            }
            _ => readers.gone(0),
        }
        let pulled = pulled.end();
        assert!(!pulled.ok, "{pulled:?}");
        readers.insert(0, &card);
        assert!(atr(&readers, 0).is_some());
    }
    assert_eq!(card.seen().iter().filter(|seen| seen.status.is_none()).count(), 3);
}
