//! The addresses of the server role against the table of rules and the snapshot.

use super::api;
use super::routes::{Need, SERVER};
use std::collections::BTreeSet;

fn without_names(path: &str) -> String {
    let name = |segment: &str| if segment.starts_with('{') { "{}" } else { segment }.to_owned();
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

#[test]
fn every_described_address_has_its_rule() {
    let (_, document) = api();
    let described = serde_json::to_value(&document).unwrap();
    let mut found = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            found.insert(format!("{} {}", method.to_uppercase(), without_names(path)));
        }
    }
    let rules = SERVER
        .iter()
        .filter(|rule| rule.path.starts_with("/v1/contracts") || rule.path.starts_with("/s/"));
    let rules: BTreeSet<String> = rules.map(|rule| format!("{} {}", rule.method, rule.path)).collect();
    assert_eq!(found, rules);
}

/// A changed list is a changed promise: look at it before taking it over.
#[test]
fn the_addresses_are_those_of_the_snapshot() {
    let line = |rule: &super::routes::Rule| match rule.need {
        Need::Scope(scope) => format!("{} {} {}\n", rule.method, rule.path, scope.name()),
        Need::Either(one, other) => format!("{} {} {} or {}\n", rule.method, rule.path, one.name(), other.name()),
        other => format!("{} {} {other:?}\n", rule.method, rule.path),
    };
    let found: String = SERVER.iter().map(line).collect();
    assert_eq!(found, include_str!("addresses.txt"));
}
