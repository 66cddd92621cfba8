//! The addresses of the server role against the table of rules and the snapshot.

use super::api;
use super::routes::{Need, READERS, SERVER};
use crate::access::person::Role;
use axum::http::Method;
use std::collections::BTreeSet;

/// What the addresses of pages, and those that the document describes, begin with.
const DESCRIBED: [&str; 9] = [
    "/assets/",
    "/console",
    "/v1/contracts",
    "/v1/verify",
    "/v1/session",
    "/v1/invitation",
    "/v1/people",
    "/s/",
    "/verify",
];

fn without_names(path: &str) -> String {
    let name = |segment: &str| if segment.starts_with('{') { "{}" } else { segment }.to_owned();
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

#[test]
fn every_described_address_has_its_rule() {
    let (_, document) = api();
    let described = serde_json::to_value(&document).unwrap();
    let pages = super::pages::PATHS.iter();
    let mut found: BTreeSet<String> = pages.map(|path| format!("GET {}", without_names(path))).collect();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            found.insert(format!("{} {}", method.to_uppercase(), without_names(path)));
        }
    }
    let rules = SERVER
        .iter()
        .filter(|rule| DESCRIBED.iter().any(|start| rule.path.starts_with(start)));
    let rules: BTreeSet<String> = rules.map(|rule| format!("{} {}", rule.method, rule.path)).collect();
    assert_eq!(found, rules);
}

/// A changed list is a changed promise: look at it before taking it over.
#[test]
fn the_addresses_are_those_of_the_snapshot() {
    let names = |roles: &[Role]| roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" ");
    let line = |rule: &super::routes::Rule| match rule.need {
        Need::Scope(scope) => format!("{} {} {}\n", rule.method, rule.path, scope.name()),
        Need::Either(one, other) => format!("{} {} {} or {}\n", rule.method, rule.path, one.name(), other.name()),
        // Every reader among staff.
        Need::Contracts(READERS) => format!("{} {} contracts\n", rule.method, rule.path),
        Need::Contracts(roles) => format!("{} {} contracts or {}\n", rule.method, rule.path, names(roles)),
        Need::Staff([]) => format!("{} {} staff\n", rule.method, rule.path),
        Need::Staff(roles) => format!("{} {} staff {}\n", rule.method, rule.path, names(roles)),
        other => format!("{} {} {other:?}\n", rule.method, rule.path),
    };
    let found: String = SERVER.iter().map(line).collect();
    assert_eq!(found, include_str!("addresses.txt"));
}

/// Whoever only reads changes nothing, and whoever decides about people reads no contract: also on addresses that are added later.
#[test]
fn readers_change_nothing_and_administrators_read_nothing() {
    for rule in SERVER {
        let Need::Contracts(roles) = rule.need else { continue };
        assert!(!roles.contains(&Role::Administrator), "{}", rule.path);
        for reader in [Role::Custodian, Role::Auditor] {
            assert_eq!(
                roles.contains(&reader),
                rule.method == Method::GET,
                "{} {}",
                rule.method,
                rule.path
            );
        }
    }
}
