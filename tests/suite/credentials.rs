//! A PIN that systemd hands over as a credential (`pin_credential`), through the interfaces that use one: HTTP for who may sign alone, and the command.

use crate::support::daemon::Daemon;
use crate::support::desk::{Desk, PIN};
use crate::support::http::{Part, Request};
use crate::support::judges::pdfsig;
use crate::support::pinentry::Answer;
use crate::support::shapes;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const TABLE: &str = "[[token]]\nlabel = \"hankod-demo\"\npin_credential = \"card.pin\"\n";

/// A unit's folder of credentials, as systemd makes it: only its user can read it.
fn credentials(desk: &Desk, pin: &str) -> PathBuf {
    let folder = desk.dir.join("credentials");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("card.pin");
    std::fs::write(&file, pin).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o500)).unwrap();
    folder
}

/// Signs one document for the key, and gives how it ended.
fn sign(daemon: &Daemon, key: &str) -> Value {
    let by = |method, path: &str| {
        Request::new(method, path)
            .header("Authorization", &format!("Bearer {key}"))
            .header("Prefer", "wait=60")
    };
    let certificates = by("GET", "/v1/certificates").send(daemon.port()).json();
    let manifest = json!({ "sign": { "certificate": certificates[0]["select"] }, "documents": [{ "name": "a.pdf" }] });
    let manifest = manifest.to_string();
    let part = |name, content_type, content| Part {
        name,
        file_name: None,
        content_type,
        content,
    };
    let pdf = shapes::classic("1.7", shapes::LF);
    let parts = [
        part("manifest", "application/json", manifest.as_bytes()),
        part("document", "application/pdf", &pdf),
    ];
    by("POST", "/v1/signings").multipart(&parts).send(daemon.port()).json()
}

fn alone(desk: &Desk) -> String {
    let printed = desk.says(&["site", "allow", "--program", "夜間処理", "--unattended"]);
    printed.trim().to_owned()
}

#[test]
fn a_program_that_may_sign_alone_uses_the_units_credential_and_others_are_asked() {
    let desk = Desk::new("credentials", &[Answer::Pin(PIN)]).configured(TABLE);
    let folder = credentials(&desk, &format!("{PIN}\n"));
    let (alone, asked) = (alone(&desk), desk.program_key());
    let daemon = desk.serve_in(&[("CREDENTIALS_DIRECTORY", &folder)]);
    assert_eq!(sign(&daemon, &alone)["state"], "done");
    assert_eq!(desk.pinentry.received("GETPIN").len(), 0);
    assert_eq!(sign(&daemon, &asked)["state"], "done");
    assert_eq!(desk.pinentry.received("GETPIN").len(), 1);
    let record = format!("{}{}", daemon.log(), desk.says(&["audit", "export"]));
    assert!(!record.contains(PIN), "{record}");
}

#[test]
fn a_credential_that_the_token_refused_is_not_tried_again_before_it_changes() {
    let desk = Desk::new("credentials", &[]).configured(TABLE);
    let folder = credentials(&desk, "999999");
    let alone = alone(&desk);
    let daemon = desk.serve_in(&[("CREDENTIALS_DIRECTORY", &folder)]);
    let code = |view: Value| view["error"]["code"].as_str().unwrap_or_default().to_owned();
    assert!(code(sign(&daemon, &alone)).starts_with("pin_wrong"));
    assert_eq!(code(sign(&daemon, &alone)), "pin_refused_before");
    assert_eq!(daemon.stop().code(), Some(0));
    let daemon = desk.serve_in(&[("CREDENTIALS_DIRECTORY", &folder)]);
    assert_eq!(code(sign(&daemon, &alone)), "pin_refused_before");
    assert_eq!(desk.happened("pin_refused"), 1);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::remove_file(folder.join("card.pin")).unwrap();
    credentials(&desk, PIN);
    assert_eq!(sign(&daemon, &alone)["state"], "done");
}

#[test]
fn the_command_signs_with_a_credential_and_says_where_none_was_given() {
    let desk = Desk::new("credentials", &[]).configured(TABLE);
    let folder = credentials(&desk, PIN);
    let (input, output) = (desk.dir.join("a.pdf"), desk.dir.join("b.pdf"));
    std::fs::write(&input, shapes::classic("1.7", shapes::LF)).unwrap();
    let arguments = ["sign", input.to_str().unwrap(), "-o", output.to_str().unwrap()];
    let command = || {
        let mut command = desk.command(&arguments);
        command
            .args(["--certificate", "甲野太郎"])
            .env_remove("CREDENTIALS_DIRECTORY");
        command
    };
    let refused = command().output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.status.code() == Some(77) && said.contains("[pin_credential_absent]"),
        "{said}"
    );
    assert!(!output.exists());
    let done = command().env("CREDENTIALS_DIRECTORY", &folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(pdfsig(&output)[0].valid);
}
