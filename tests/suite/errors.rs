//! `docs/errors.md` against the code: every code stands there once, with its English words and the kind that its status and exit code follow from.

use crate::style::{codes_of, read, tracked};
use axum::response::IntoResponse as _;
use hankod::app::failure::{Failure, FailureKind};
use hankod::http::error::HttpError;
use hankod::text::{Lang, say};
use std::collections::{BTreeMap, BTreeSet};

/// Codes that a function is handed by name, where no `Failure::new` shows them.
const HANDED: &[(&str, &str)] = &[
    ("contract_moved_on", "conflict"),
    ("disk_full", "internal"),
    ("mail_outcome_unknown", "unavailable"),
    ("output_unwritable", "internal"),
    ("renewal_changed", "conflict"),
    ("renewal_moved", "conflict"),
    ("renewal_too_late", "conflict"),
];

/// The names of kinds in the document.
const KINDS: &[(&str, FailureKind)] = &[
    ("invalid", FailureKind::Invalid),
    ("unknown", FailureKind::Unknown),
    ("forbidden", FailureKind::Forbidden),
    ("not found", FailureKind::NotFound),
    ("conflict", FailureKind::Conflict),
    ("unreadable", FailureKind::Unreadable),
    ("too large", FailureKind::TooLarge),
    ("too many", FailureKind::TooMany),
    ("pin", FailureKind::Pin),
    ("unavailable", FailureKind::Unavailable),
    ("timeout", FailureKind::Timeout),
    ("cancelled", FailureKind::Cancelled),
    ("usage", FailureKind::Usage),
    ("internal", FailureKind::Internal),
];

#[test]
fn every_code_stands_in_the_list_with_its_words() {
    let listed = listed();
    let codes = codes();
    for code in &codes {
        let words = say(Lang::En, &code.replace('_', "-"), &[]);
        let found = listed.get(code).map(|row| row.words.as_str());
        assert_eq!(found, Some(words.as_str()), "docs/errors.md, `{code}`");
    }
    let gone: Vec<_> = listed.keys().filter(|code| !codes.contains(*code)).collect();
    assert!(gone.is_empty(), "docs/errors.md lists what no source has: {gone:?}");
}

#[test]
fn a_use_cases_failures_have_the_kind_that_the_list_says() {
    let listed = listed();
    let failures = failures();
    assert!(failures.len() > 20);
    for (code, kind) in failures {
        assert!(
            listed[&code].kinds.contains(&kind),
            "docs/errors.md, `{code}`: {kind} is missing"
        );
    }
}

#[test]
fn the_kinds_have_the_status_that_the_list_says() {
    let page = read("docs/errors.md");
    for (name, kind) in KINDS {
        let answer = HttpError::from(Failure::new(*kind, "internal_error")).into_response();
        let row = format!("| {name} | {} | ", answer.status().as_u16());
        assert!(page.contains(&row), "docs/errors.md has no row `{row}`");
    }
    for row in listed().values() {
        for kind in &row.kinds {
            let of_one_skin = kind.starts_with("HTTP ") || kind.starts_with("exit ") || kind == "–";
            assert!(of_one_skin || KINDS.iter().any(|(name, _)| name == kind), "kind {kind}");
        }
    }
}

struct Row {
    kinds: Vec<String>,
    words: String,
}

fn listed() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in read("docs/errors.md").lines() {
        let Some(rest) = line.strip_prefix("| `") else { continue };
        let (code, rest) = rest.split_once("` | ").unwrap();
        let (kinds, words) = rest.trim_end_matches(" |").split_once(" | ").unwrap();
        let row = Row {
            kinds: kinds.split(", ").map(str::to_owned).collect(),
            words: words.to_owned(),
        };
        let twice = rows.insert(code.to_owned(), row).is_some();
        assert!(!twice, "docs/errors.md lists `{code}` twice");
    }
    rows
}

fn codes() -> BTreeSet<String> {
    let sources = sources().into_iter();
    let explained = sources.flat_map(|source| codes_of(&source));
    explained.chain(failures().into_iter().map(|(code, _)| code)).collect()
}

/// Every `Failure::new(FailureKind::Kind, "code"`, with the kind's name.
fn failures() -> BTreeSet<(String, String)> {
    let mut found: BTreeSet<_> = HANDED.iter().map(|(c, k)| ((*c).to_owned(), (*k).to_owned())).collect();
    for source in sources() {
        for call in source.split("Failure::new(").skip(1) {
            let Some((first, second)) = call.split_once(',') else {
                continue;
            };
            let literal = second
                .trim_start()
                .strip_prefix('"')
                .and_then(|text| text.split('"').next());
            let kind = first.rsplit("FailureKind::").next().unwrap_or_default();
            let kind = KINDS.iter().find(|(_, known)| format!("{known:?}") == kind);
            if let (Some(code), Some((kind, _))) = (literal, kind) {
                found.insert((code.to_owned(), (*kind).to_owned()));
            }
        }
    }
    found
}

fn sources() -> Vec<String> {
    let files = tracked().into_iter();
    let files = files.filter(|path| path.starts_with("src/") && path.ends_with(".rs"));
    files.map(|path| read(&path)).collect()
}
