//! `hankod doctor` on machines of several kinds: each module is loaded for real, and what is wrong is said with its remedy.

use crate::support::cards::opensc_module;
use crate::support::desk::Desk;
use crate::support::run;
use std::path::Path;
use std::process::Command;

/// Runs it without a card service; gives what it printed and whether all was good.
fn examined(desk: &Desk) -> (String, bool) {
    let mut command = desk.command(&["doctor"]);
    command.env("PCSCLITE_CSOCK_NAME", desk.dir.join("no-pcscd"));
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

fn module(path: &Path) -> String {
    format!("[[module]]\npath = {path:?}\n")
}

#[test]
fn a_machine_with_an_hsm_alone_lacks_nothing_without_the_card_service() {
    let desk = Desk::new("doctor", &[]);
    let (said, good) = examined(&desk);
    assert!(good && !said.contains('✗'), "{said}");
    assert!(
        said.contains("libsofthsm2.so(スロット") && said.contains("pcscd)は不要です"),
        "{said}"
    );
    // Looking changed nothing: not even the state folder was made.
    assert!(!desk.dir.join("state").exists());
}

#[test]
fn a_card_module_wants_the_card_service() {
    let desk = Desk::new("doctor", &[]).configured(&module(&opensc_module()));
    let (said, good) = examined(&desk);
    assert!(
        !good && said.contains("apt install pcscd && systemctl start pcscd.socket"),
        "{said}"
    );
    assert!(said.contains("opensc-pkcs11.so(スロット 0"), "{said}");
}

#[test]
fn what_is_wrong_with_each_module_is_said_with_a_command() {
    let desk = Desk::new("doctor", &[]);
    let text = desk.dir.join("text.so");
    std::fs::write(&text, "not a library").unwrap();
    let absent = desk.dir.join("absent.so");
    let crashing = desk.dir.join("crashing.so");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-x", "c", "-", "-o"]).arg(&crashing);
    let source = "#include <stdlib.h>\n__attribute__((constructor)) static void die(void) { abort(); }\n";
    assert!(run(&mut cc, source).ok);
    let tables: String = [&text, &absent, &crashing].map(|path| module(path)).concat();
    let (said, good) = examined(&desk.configured(&tables));
    assert!(!good, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let after = |what: &Path| {
        let broken = |line: &&&str| line.starts_with('✗') && line.contains(what.to_str().unwrap());
        let at = lines.iter().position(|line| broken(&line));
        lines[at.unwrap_or_else(|| panic!("{what:?}: {said}")) + 1].trim()
    };
    assert_eq!(after(&text), format!("file -L '{}'", text.display()));
    assert!(after(&absent).starts_with("find /usr/lib"));
    assert_eq!(after(&crashing), format!("file -L '{}'", crashing.display()));
    // One that works is told so beside them.
    assert!(said.contains("✓ モジュールを使えます"), "{said}");
}
