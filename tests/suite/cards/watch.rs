//! What hankod tells of readers and cards: in the order in which it happened, also when the service dies and comes back.

use crate::support::cards::{Card, Plain, Readers};
use crate::support::daemon::Daemon;
use crate::support::dir::TestDir;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// `hankod token watch`, ended with the test.
struct Watch {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn start(dir: &TestDir, readers: &Readers) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hankod"));
        command
            .args(["token", "watch", "--format", "json", "--state"])
            .arg(dir.join("state"));
        command.envs(readers.env()).env("XDG_CONFIG_HOME", dir.join("none"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until the daemon hands on what happens from now on.
    fn begun(&mut self) {
        let line = self.lines.next().unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["event"], "token");
    }

    /// The next thing that happened to a reader or card, without its time.
    fn next(&mut self) -> Value {
        loop {
            let line = self.lines.next().unwrap().unwrap();
            let mut event: Value = serde_json::from_str(&line).unwrap();
            if event["event"] == "token" {
                continue;
            }
            assert!(event["at"].as_str().unwrap().ends_with('Z'));
            event.as_object_mut().unwrap().remove("at");
            return event;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn reader(readers: &Readers, slot: usize, present: bool) -> Value {
    json!({"event": "reader", "reader": readers.name(slot), "present": present})
}

fn came(readers: &Readers, slot: usize) -> Value {
    json!({"event": "card", "reader": readers.name(slot), "present": true, "kind": "unknown"})
}

fn left(readers: &Readers, slot: usize) -> Value {
    json!({"event": "card", "reader": readers.name(slot), "present": false, "kind": null})
}

#[test]
fn what_happens_at_the_readers_is_told_in_order() {
    let dir = TestDir::new("watch");
    let mut readers = Readers::start(&dir);
    let (card, twin) = (Card::new(Plain::new(1)), Card::new(Plain::new(1)));
    let mut watch = Watch::start(&dir, &readers);
    assert_eq!(
        [watch.next(), watch.next()],
        [reader(&readers, 0, true), reader(&readers, 1, true)]
    );
    readers.insert(0, &card);
    assert_eq!(watch.next(), came(&readers, 0));
    readers.insert(1, &Card::new(Plain::new(2)));
    assert_eq!(watch.next(), came(&readers, 1));
    // A card of the same make in its place.
    readers.pull(0);
    readers.insert(0, &twin);
    assert_eq!([watch.next(), watch.next()], [left(&readers, 0), came(&readers, 0)]);
    readers.pull(1);
    assert_eq!(watch.next(), left(&readers, 1));
    readers.stop();
    let gone = [
        left(&readers, 0),
        reader(&readers, 0, false),
        reader(&readers, 1, false),
    ];
    assert_eq!([watch.next(), watch.next(), watch.next()], gone);
    readers.start_again();
    // The card may be in before the service is found again, or a moment after.
    let back: Vec<Value> = (0..3).map(|_| watch.next()).collect();
    for event in [reader(&readers, 0, true), reader(&readers, 1, true), came(&readers, 0)] {
        assert!(back.contains(&event), "{back:?}");
    }
    assert!(
        twin.seen().iter().all(|seen| seen.ins == SELECT),
        "a card was asked more than its name"
    );
}

/// The one instruction that an unknown card gets.
const SELECT: u8 = 0xa4;

#[test]
fn a_daemon_hands_on_what_it_sees_and_ends_with_the_service_gone() {
    let dir = TestDir::new("watch");
    let mut readers = Readers::start(&dir);
    let env = readers.env();
    let env: Vec<(&str, &Path)> = env.iter().map(|(name, value)| (*name, value.as_path())).collect();
    let daemon = Daemon::start(&dir, "", &env);
    let card = Card::new(Plain::new(7));
    let mut watch = Watch::start(&dir, &readers);
    watch.begun();
    readers.insert(0, &card);
    // A daemon that is ready may see its readers a moment later.
    let mut event = watch.next();
    while event["event"] == "reader" && event["present"] == true {
        event = watch.next();
    }
    assert_eq!(event, came(&readers, 0));
    let tokens = Command::new(env!("CARGO_BIN_EXE_hankod"))
        .args(["token", "list", "--format", "json", "--state"])
        .arg(dir.join("state"))
        .output()
        .unwrap();
    let tokens: Value = serde_json::from_slice(&tokens.stdout).unwrap();
    assert_eq!(tokens[0]["problem"]["code"], "card_without_module", "{tokens}");
    readers.stop();
    assert_eq!(
        [watch.next(), watch.next()],
        [left(&readers, 0), reader(&readers, 0, false)]
    );
    drop(watch);
    daemon.stop();
}
