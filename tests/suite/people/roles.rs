//! Each role at each call: who is let through and who is not, written down apart from the server's own table.

use super::{clerk, office};
use crate::support::repository;
use crate::support::staff::{Clerk, ORIGIN};
use serde_json::json;

/// Roles in the order of the letters below: drafter, approver, custodian, auditor, administrator.
const ROLES: [&str; 5] = ["drafter", "approver", "custodian", "auditor", "administrator"];

/// Method, address, and for whom: a letter a role, `-` for not.
const TABLE: &[(&str, &str, &str)] = &[
    ("POST", "/v1/contracts", "d----"),
    ("GET", "/v1/contracts", "dacu-"),
    ("GET", "/v1/contracts.csv", "dacu-"),
    ("GET", "/v1/contracts/{}", "dacu-"),
    ("PUT", "/v1/contracts/{}", "d----"),
    ("GET", "/v1/contracts/{}/signers", "dacu-"),
    ("PUT", "/v1/contracts/{}/signers", "d----"),
    ("GET", "/v1/contracts/{}/fields", "dacu-"),
    ("PUT", "/v1/contracts/{}/fields", "d----"),
    ("GET", "/v1/contracts/{}/documents", "dacu-"),
    ("POST", "/v1/contracts/{}/documents", "d----"),
    ("GET", "/v1/contracts/{}/documents/{}", "dacu-"),
    ("GET", "/v1/contracts/{}/documents/{}/pages/{}", "dacu-"),
    ("GET", "/v1/contracts/{}/documents/{}/verification", "dacu-"),
    ("GET", "/v1/contracts/{}/events", "dacu-"),
    ("POST", "/v1/contracts/{}/review", "d----"),
    ("POST", "/v1/contracts/{}/comment", "da---"),
    ("POST", "/v1/contracts/{}/approve", "-a---"),
    ("POST", "/v1/contracts/{}/correction", "da---"),
    ("POST", "/v1/contracts/{}/withdraw", "d----"),
    ("POST", "/v1/contracts/{}/send", "d----"),
    ("GET", "/v1/contracts/{}/mails", "dacu-"),
    ("GET", "/v1/contracts/{}/certificate", "dacu-"),
    ("GET", "/v1/contracts/{}/evidence", "dacu-"),
    ("GET", "/v1/contracts/{}/print", "dacu-"),
    ("GET", "/v1/session", "dacum"),
    ("PUT", "/v1/session", "dacum"),
    ("GET", "/v1/people", "----m"),
    ("POST", "/v1/people", "----m"),
    ("PUT", "/v1/people/{}", "----m"),
    ("DELETE", "/v1/people/{}", "----m"),
    ("POST", "/v1/people/{}/invitation", "----m"),
    // Last: it ends the session.
    ("DELETE", "/v1/session", "dacum"),
];

#[test]
fn each_role_at_each_call() {
    let office = office("roles");
    let nobody = Clerk::nobody(ORIGIN, office.daemon.port());
    for (at, role) in ROLES.into_iter().enumerate() {
        let clerk = clerk(&office, role, &[role]);
        for (method, path, allowed) in TABLE {
            let path = path.replace("{}", "0");
            let request = |clerk: &Clerk| clerk.request(method, &path).json(&json!({}));
            let answer = clerk.send(request(&clerk));
            let refused = answer.status == 403 && answer.json()["error"] == "role_missing";
            let let_through = !refused && answer.status != 401;
            assert_eq!(
                let_through,
                !allowed[at..].starts_with('-'),
                "{role}: {method} {path}: {}",
                answer.text()
            );
            assert_eq!(nobody.send(request(&nobody)).status, 401, "nobody: {method} {path}");
        }
    }
}

/// A call that is added later must be added here.
#[test]
fn the_table_above_holds_every_call_of_staff() {
    let addresses = std::fs::read_to_string(repository("src/http/service/addresses.txt")).unwrap();
    for line in addresses.lines() {
        let mut words = line.split(' ');
        let (method, path, need) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        if ["contracts", "staff"].contains(&need) {
            assert!(TABLE.iter().any(|row| (row.0, row.1) == (method, path)), "{line}");
        }
    }
}
