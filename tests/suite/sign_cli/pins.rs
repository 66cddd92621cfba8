//! The PIN on its way to the token: one try a command, never the same wrong one twice, and what is refused before a try is spent.

use super::{contract, refusal};
use crate::support::holder::{Holder, PIN};
use crate::support::pinentry::{Answer, Pinentry};
use crate::support::shim::logins;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

const SIGN: [&str; 3] = ["a.pdf", "-o", "b.pdf"];

/// A holder whose token counts tries.
fn counted(orders: &[(&str, &str)], more: &str) -> Holder {
    let holder = Holder::new("pin");
    holder.document("a.pdf", &contract());
    holder.misbehave(orders, more);
    holder
}

fn refused(holder: &Holder) -> String {
    let (exit, code) = refusal(&holder.sign(&SIGN));
    assert_eq!(exit, 77, "{code}");
    assert!(!holder.dir.join("b.pdf").exists());
    assert_eq!(holder.leftovers(""), Vec::<std::path::PathBuf>::new());
    code
}

#[test]
fn a_wrong_pin_of_a_file_is_tried_once_until_the_file_changes() {
    let holder = counted(&[], "");
    holder.secret("pin", "135791");
    assert_eq!(refused(&holder), "pin_wrong_count_low");
    assert_eq!(refused(&holder), "pin_refused_before");
    assert_eq!(logins(&holder.dir), "w");
    assert_eq!(holder.count("pin_refused"), 1);
    holder.secret("pin", PIN);
    assert!(holder.sign(&SIGN).ok);
    assert_eq!(logins(&holder.dir), "wr");
    // Changed on the card, what was wrong may be right now.
    holder.secret("pin", "135791");
    fs::remove_file(holder.dir.join("b.pdf")).unwrap();
    assert_eq!(refused(&holder), "pin_wrong_count_low");
}

#[test]
fn wrong_pins_make_the_token_rest_and_a_locked_one_is_left_alone() {
    let holder = counted(&[], "");
    let codes: Vec<String> = ["135791", "135792", "135793", "135794"]
        .iter()
        .map(|wrong| {
            holder.secret("pin", wrong);
            refused(&holder)
        })
        .collect();
    assert_eq!(
        codes,
        [
            "pin_wrong_count_low",
            "pin_wrong_final_try",
            "pin_wrong_now_locked",
            "pin_locked"
        ]
    );
    holder.secret("pin", PIN);
    assert_eq!(refused(&holder), "pin_locked");
    assert_eq!(logins(&holder.dir), "www");
    // Unlocked by its issuer, it rests all the same.
    fs::remove_file(holder.dir.join("logins")).unwrap();
    assert_eq!(refused(&holder), "pin_cooling_down");
    assert_eq!(logins(&holder.dir), "");
}

#[test]
fn a_pin_file_that_is_not_the_owners_alone_is_not_used() {
    let holder = counted(&[], "");
    let path = holder.dir.join("pin");
    for mode in [0o644, 0o640, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(refused(&holder), "pin_file_exposed");
    }
    fs::rename(&path, holder.dir.join("elsewhere")).unwrap();
    assert_eq!(refused(&holder), "pin_file_unreadable");
    symlink("elsewhere", &path).unwrap();
    assert_eq!(refused(&holder), "pin_file_not_regular");
    fs::remove_file(&path).unwrap();
    holder.secret("pin", "\n");
    assert_eq!(refused(&holder), "pin_empty");
    holder.secret("pin", &"1".repeat(300));
    assert_eq!(refused(&holder), "pin_length");
    assert_eq!(logins(&holder.dir), "");
}

#[test]
fn the_prompt_shows_what_is_signed_and_can_be_cancelled() {
    let holder = counted(&[], "");
    let answers = [
        Answer::Cancel,
        Answer::Pin("135791"),
        Answer::Pin("135791"),
        // Whether to spend the last try.
        Answer::Confirm,
        Answer::Pin(PIN),
    ];
    let pinentry = Pinentry::new(&holder.dir, &answers);
    let prompt = format!("[prompt]\npinentry = \"{}\"", pinentry.program().display());
    holder.misbehave(&[], &prompt);
    let sign = || holder.run(&["--lang", "en", "sign", "a.pdf", "-o", "b.pdf"]);
    assert_eq!(refusal(&sign()), (77, "pin_cancelled".to_owned()));
    assert_eq!(logins(&holder.dir), "");
    // A person may mistype twice; what a person types is not remembered.
    assert_eq!(refusal(&sign()), (77, "pin_wrong_count_low".to_owned()));
    assert_eq!(refusal(&sign()), (77, "pin_wrong_final_try".to_owned()));
    let ran = sign();
    assert!(ran.ok, "{ran:?}");
    assert_eq!(logins(&holder.dir), "wwr");
    assert_eq!(pinentry.received("GETPIN").len(), 4);
    let mut shown = pinentry.received("SETDESC");
    assert!(shown[2].contains("A wrong PIN was typed before"), "{shown:?}");
    assert!(shown.remove(3).starts_with("One try is left."), "{shown:?}");
    assert!(
        shown
            .iter()
            .all(|text| text.contains("a.pdf") && text.contains("甲野太郎")),
        "{shown:?}"
    );
    assert!(shown[3].contains("one more wrong PIN locks the card"), "{shown:?}");
}

#[test]
fn a_missing_prompt_is_said() {
    let holder = counted(&[], "[prompt]\npinentry = \"/nonexistent/pinentry\"");
    let ran = holder.run(&["--lang", "en", "sign", "a.pdf", "-o", "b.pdf"]);
    assert_eq!(refusal(&ran), (77, "pin_prompt_failed".to_owned()));
    assert!(ran.stderr.contains("/nonexistent/pinentry"), "{ran:?}");
}

#[test]
fn a_pin_typed_on_the_reader_never_passes_here() {
    let holder = counted(&[("SHIM_PINPAD", PIN)], "");
    let ran = holder.run(&["sign", "a.pdf", "-o", "b.pdf"]);
    assert!(ran.ok, "{ran:?}");
    assert_eq!(logins(&holder.dir), "r");
    holder.misbehave(&[("SHIM_PINPAD", "cancel")], "");
    let ran = holder.run(&["sign", "a.pdf", "-o", "c.pdf"]);
    assert_eq!(refusal(&ran), (77, "pin_cancelled_at_reader".to_owned()));
}
