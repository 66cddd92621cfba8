//! `hankod token change-pin`: the old PIN and twice the new one are typed at the prompt; what does not fit changes nothing and spends no try.

use crate::support::Ran;
use crate::support::daemon::Daemon;
use crate::support::holder::{Holder, LABEL, PIN};
use crate::support::pinentry::{Answer, Pinentry};
use crate::support::shapes::{self, LF};
use std::fs;
use std::path::{Path, PathBuf};

const NEW: &str = "atarashii-97531";
const WRONG: &str = "chigau-86420";
/// SoftHSM takes PINs of 4 bytes and more.
const SHORT: &str = "zq7";

/// A person with a token who gives these answers.
fn person(answers: &[Answer<'_>]) -> (Holder, Pinentry) {
    let holder = Holder::new("change-pin");
    let pinentry = Pinentry::new(&holder.dir, answers);
    holder.behave(&prompt(&pinentry));
    holder.document("a.pdf", &shapes::classic("1.7", LF));
    (holder, pinentry)
}

fn prompt(pinentry: &Pinentry) -> String {
    format!("[prompt]\npinentry = \"{}\"", pinentry.program().display())
}

fn change(holder: &Holder) -> Ran {
    holder.run(&["--lang", "en", "token", "change-pin", LABEL])
}

/// Exit code and the stable name at the end of what was said.
fn refused(holder: &Holder) -> (i32, String) {
    let ran = change(holder);
    assert_eq!(ran.stdout, "", "{ran:?}");
    let code = ran.stderr.trim_end().rsplit_once('[');
    let code = code.and_then(|(_, end)| end.strip_suffix(']'));
    (ran.code.unwrap(), code.unwrap_or(&ran.stderr).to_owned())
}

/// Whether this PIN opens the token.
fn opens(holder: &Holder, pin: &str) -> bool {
    holder.secret("pin", pin);
    let ran = holder.sign(&["a.pdf", "-o", "b.pdf"]);
    assert!(ran.ok || ran.stderr.contains("[pin_wrong"), "{ran:?}");
    ran.ok
}

#[test]
fn the_right_pin_is_changed_and_only_the_new_one_signs() {
    let (holder, pinentry) = person(&[Answer::Pin(PIN), Answer::Pin(NEW), Answer::Pin(NEW)]);
    let ran = change(&holder);
    assert!(ran.ok && ran.stdout.contains(LABEL), "{ran:?}");
    let shown = pinentry.received("SETDESC");
    let asked = [
        "Type the present PIN.",
        "Type the new PIN.",
        "Type the new PIN once more.",
    ];
    assert_eq!(shown.len(), asked.len(), "{shown:?}");
    for (text, words) in shown.iter().zip(asked) {
        assert!(text.contains(LABEL) && text.contains(words), "{text}");
    }
    assert!(opens(&holder, NEW) && !opens(&holder, PIN));
    let entries = holder.audit();
    let changed: Vec<_> = entries.iter().filter(|(kind, _)| kind == "pin_changed").collect();
    assert_eq!(changed.len(), 1);
    assert!(changed[0].1["token"].as_str().unwrap().contains(LABEL), "{changed:?}");
}

#[test]
fn a_wrong_old_pin_changes_nothing_and_counts() {
    let (holder, _pinentry) = person(&[Answer::Pin(WRONG), Answer::Pin(NEW), Answer::Pin(NEW)]);
    assert_eq!(refused(&holder), (77, "pin_wrong_count_low".to_owned()));
    assert_eq!((holder.count("pin_refused"), holder.count("pin_changed")), (1, 0));
    assert!(opens(&holder, PIN));
}

#[test]
fn new_pins_that_differ_or_do_not_fit_never_reach_the_token() {
    let answers = [
        [Answer::Pin(PIN), Answer::Pin(NEW), Answer::Pin(WRONG)],
        [Answer::Pin(WRONG), Answer::Pin(SHORT), Answer::Pin(SHORT)],
        [Answer::Pin(PIN), Answer::Pin(NEW), Answer::Cancel],
    ];
    let (holder, pinentry) = person(&answers.concat());
    for code in ["pin_new_differs", "pin_length", "pin_cancelled"] {
        assert_eq!(refused(&holder), (77, code.to_owned()));
    }
    assert_eq!(pinentry.received("GETPIN").len(), 9);
    // The second one's old PIN was wrong: nobody tried it.
    assert_eq!((holder.count("pin_refused"), holder.count("pin_changed")), (0, 0));
    assert!(opens(&holder, PIN));
}

#[test]
fn a_name_of_no_token_asks_nobody() {
    let (holder, pinentry) = person(&[Answer::Pin(PIN), Answer::Pin(NEW), Answer::Pin(NEW)]);
    let ran = holder.run(&["--lang", "en", "token", "change-pin", "乙のカード"]);
    assert!(!ran.ok && ran.stderr.contains("[token_gone]"), "{ran:?}");
    assert_eq!(pinentry.received("GETPIN"), Vec::<String>::new());
}

#[test]
fn beside_a_daemon_the_daemon_changes_it_and_no_pin_stands_anywhere() {
    let (holder, _pinentry) = person(&[
        Answer::Pin(WRONG),
        Answer::Pin(NEW),
        Answer::Pin(NEW),
        Answer::Pin(PIN),
        Answer::Pin(NEW),
        Answer::Pin(NEW),
    ]);
    let config = fs::read_to_string(holder.config()).unwrap();
    let daemon = Daemon::start(&holder.dir, &config, &[]);
    assert_eq!(refused(&holder), (77, "pin_wrong_count_low".to_owned()));
    let ran = change(&holder);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(daemon.stop().code(), Some(0));
    let mut files = vec![holder.dir.join("daemon.log")];
    below(&holder.state(), &mut files);
    for path in files {
        let bytes = fs::read(&path).unwrap();
        for pin in [PIN, NEW, WRONG] {
            let found = bytes.windows(pin.len()).any(|window| window == pin.as_bytes());
            assert!(!found, "{pin} stands in {}", path.display());
        }
    }
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => below(&path, found),
            false => found.push(path),
        }
    }
}
